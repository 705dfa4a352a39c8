#pragma once
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "grid/cube.hpp"
#include "io/map_source.hpp"
#include "io/stack_axes.hpp"

namespace lacuna {

/// An image, stack or movie in an HDF5, FITS or TIFF file (its first bytes decide, never its name), of which a part may
/// be taken. Rank 0 looks at the file once and tells the others; then every rank reads what it owns by itself, in
/// pieces of 16 MiB: frames are read by the time group that owns them, and nobody holds more than its own part. All
/// methods are collective over `comm` and throw the same error on all ranks, unless they say otherwise.
class StackSource {
 public:
  /// `axes`: the letters t c z y x of the file's axes, slowest first; see assignAxes(). Of an axis c one entry must be
  /// left. Throws 66, 65, 78.
  StackSource(MPI_Comm comm, const MapSource& where, const std::string& axes = {}, const StackRanges& ranges = {});

  /// A map that goes with this stack (mask, exposure, ...): the same file axes, or without c, or t, or both, and as
  /// long as this stack's; the same part of it is taken. Throws 65 where nothing of this fits.
  StackSource companion(const MapSource& where) const;

  // Rank-local from here to read().
  const StackHeader& header() const { return header_; }
  /// Letters of the axes, in the order of the file: "tyx".
  std::string axes() const;
  /// Length of an axis in the file; 1 where it has none of this letter.
  std::int64_t extent(char axis) const;
  /// What is taken of an axis: [first, end).
  AxisRange range(char axis) const;
  /// Of what is taken; channels = 1.
  Shape shape() const;
  /// Lines: no axis y, so that products have none.
  bool isLine() const { return letters_.find('y') == std::string::npos; }

  /// Reads into one channel of x (in the layout of cube). The window must have the size of shape(), and the cube its
  /// frames; a single frame goes into all frames of the cube. The rest of the channel becomes `fill`. Throws 65, 74.
  void read(const Cube& cube, const Window& window, PetscInt channel, Vec x, double fill = 0) const;
  /// Everything that is taken, [t][z][y][x], on every rank: for small things such as PSFs. 65 above `cap` values.
  std::vector<double> readAll(std::int64_t cap = 1 << 24) const;

 private:
  StackSource(MPI_Comm comm, StackHeader header, std::string letters, const StackRanges& ranges);
  /// The block of the file with these starts and counts of t, c, z, y, x (counted from the part that is taken) into
  /// out[t stride[0] + ...]. Rank-local.
  void readBlock(const std::array<std::int64_t, 5>& start, const std::array<std::int64_t, 5>& count,
                 const std::array<std::int64_t, 5>& stride, double* out) const;

  MPI_Comm comm_;
  StackHeader header_;
  std::string letters_;                            ///< one a file axis, ' ' for none
  std::array<AxisRange, 5> ranges_{};              ///< of t, c, z, y, x
  mutable std::shared_ptr<const StackFile> file_;  ///< opened where it is needed first
};

}  // namespace lacuna
