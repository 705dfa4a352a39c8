#pragma once
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "grid/cube.hpp"
#include "grid/row_exchange.hpp"

namespace lacuna {

/// What lies beyond the first and last row of the image.
enum class RowBoundary {
  Zero,
  Periodic,  ///< row r is row r mod n
  Reflect    ///< whole-sample symmetric, numpy's 'reflect': row -1 is row 1; period 2(n - 1); a single row repeats
};
/// Row of an image of n rows that lies at row `r` of the endless line of rows, or -1 where there is none.
PetscInt sourceRow(std::int64_t r, PetscInt n, RowBoundary boundary);
/// Ghost rows along the slab axis (z of a volume, y of an image) that every slab gets on either side.
struct RowHalo {
  PetscInt below = 0, above = 0;
  RowBoundary boundary = RowBoundary::Zero;
};

/// What lies before the first and after the last frame.
enum class FrameBoundary {
  None,  ///< nothing: the padded array of the first (last) frames has fewer ghost frames, or none
  Zero
};
/// Ghost frames that every time group gets before and after its own.
struct FrameHalo {
  PetscInt before = 0, after = 0;
  FrameBoundary boundary = FrameBoundary::None;
};

/// Extents of a rank's padded array [frame][channel][row][rest], in this order, and how many ghost frames and rows come
/// before the rank's own. `rest` counts the pixels of a row: nx of an image, ny * nx of a volume. A rank without
/// pixels has no padded array: frames = rows = 0.
struct PaddedShape {
  PetscInt before = 0, frames = 0, after = 0;  ///< frames: own, without ghosts
  PetscInt channels = 0;
  PetscInt below = 0, rows = 0, above = 0;  ///< rows: own, without ghosts
  PetscInt rest = 0;

  PetscInt paddedFrames() const { return frames > 0 ? before + frames + after : 0; }
  PetscInt paddedRows() const { return rows > 0 ? below + rows + above : 0; }
  /// Index of the first pixel of a padded row; frame 0 and row 0 are the first ghosts.
  std::size_t offset(PetscInt frame, PetscInt channel, PetscInt row) const {
    return ((static_cast<std::size_t>(frame) * channels + channel) * paddedRows() + row) *
           static_cast<std::size_t>(rest);
  }
  std::size_t size() const { return offset(paddedFrames(), 0, 0); }
};

/// Where a row of the endless line of rows comes from, `mine` not set; none where no pixel feeds it.
std::optional<RowLink> linkToRow(const Cube& cube, std::int64_t frame, PetscInt channel, std::int64_t row,
                                 RowBoundary boundary);
/// Collective. Throws (exit 78) on negative depths and where the array has more rows than PetscInt can count.
PaddedShape paddedShape(const Cube& cube, const RowHalo& rows, const FrameHalo& frames);

/// Ghost rows and frames of a Cube: G of ghosted = G x, a copy of the rank's own box with the neighbours' rows (and
/// frames) around it, and its exact adjoint. A halo may be deeper than a slab, and deeper than the image: what lies
/// there follows from the boundary. Row lists and message buffers are made once.
class Halo {
 public:
  /// Collective. Throws as paddedShape.
  explicit Halo(const Cube& cube, const RowHalo& rows, const FrameHalo& frames = {});

  const PaddedShape& padded() const { return padded_; }

  /// Collective. ghosted = G x. `ghosted` has padded().size() entries. Throws if x is not in the cube's space.
  void fill(Vec x, std::span<double> ghosted) const;
  /// Collective. x = G^T ghosted: every pixel of x is the sum of its copies in all padded arrays.
  void addBack(std::span<const double> ghosted, Vec x) const;

 private:
  /// Rank-local, so that an exchange costs no reduction.
  void checkArguments(Vec x, std::size_t ghosted) const;
  /// Calls f(offset in the padded array, offset in the box, count) for every contiguous piece of the rank's own pixels.
  template <class F>
  void eachOwn(F&& f) const;

  Cube cube_;
  PaddedShape padded_;
  std::unique_ptr<RowExchange> ghosts_;  ///< own rows of some rank -> ghost rows here
  std::vector<PetscInt> zeroRows_;       ///< padded rows that no pixel feeds
};

}  // namespace lacuna
