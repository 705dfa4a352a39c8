#pragma once
#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/observer.hpp"
#include "base/phase.hpp"
#include "io/digest.hpp"
#include "io/h5_writer.hpp"
#include "io/output_file.hpp"
#include "io/sky_wcs.hpp"

namespace lacuna {

/// The grid of an image product: /grid.
struct ProductGrid {
  PetscInt nx = 0, ny = 0;
  double pixelArcmin = 0;
  std::string projection = "none";  ///< "gnomonic" or "none"
  double centerRaDeg = 0, centerDecDeg = 0;
  std::optional<SkyWcs> wcs;
};

/// The grid of a stack or movie: /grid, with a dimension scale for every axis of its maps.
struct ProductStack {
  std::vector<double> times;  ///< of the frames; empty: firstFrame, firstFrame + 1, ...
  std::string timeUnits = "frame";
  std::int64_t firstFrame = 0;                  ///< of the input, where a part of it was taken
  std::array<std::int64_t, 3> corner{};         ///< z, y, x: pixel of the input that is the first one here
  std::vector<std::string> fitsCards;           ///< header of a FITS input, for the data's maps; see fitsCards()
  std::vector<std::string> estimateCards = {};  ///< the same for the estimate's; empty where it lies elsewhere
};

/// How a run went: /convergence.
struct ProductConvergence {
  std::string method;   ///< "wiener", ...
  std::string stopped;  ///< why, in words
  double rtol = Progress::none;
  std::vector<Progress> history;
};

/// Where the numbers come from: /provenance and /config. Versions, host, date and SLURM ids are added by the writer.
struct ProductOrigin {
  std::string command;  ///< the command line
  std::uint64_t seed = 0;
  std::vector<InputDigest> inputs;
  std::string configToml;                 ///< all keys with their values, defaults included
  std::string configSource;               ///< the file they came from
  std::string run = {};                   ///< its UUID, where it can be resumed
  std::vector<std::string> resumed = {};  ///< where it was, a line each
};

/// A peak of the map: /peaks and NAME_peaks.csv.
struct Peak {
  double ra = 0, dec = 0;  ///< deg
  double snr = 0;
  double x = 0, y = 0;  ///< pixel, 0-based
  double kappa = 0;
};

/// The standard output file of all programs; layout in docs/files.md. Made before the computation, which claims the
/// name (see OutputFile) and creates nothing else; HDF5 is opened by the first write. All methods are collective.
class Product {
 public:
  /// NAME.h5 in `folder`. Throws 73.
  Product(MPI_Comm comm, std::string program, const std::filesystem::path& folder, const std::string& name,
          bool overwrite);

  const std::string& path() const { return out_.path(); }
  /// Throws 74 where the disk has no room for so many bytes.
  void requireSpace(std::int64_t bytes) const { out_.requireSpace(bytes); }

  void grid(const ProductGrid& grid);
  /// For maps in the layout of this cube, cut to this window.
  void stack(const Cube& cube, const Window& window, const ProductStack& stack);
  /// /maps/<name>: see H5Writer::writeField. The scales /grid/t z y x are attached to axes of their length if grid() or
  /// stack() came first.
  void map(const std::string& name, const Cube& cube, const Window& window, PetscInt channel, Vec x,
           const std::string& units, const std::string& longName);
  void origin(const ProductOrigin& origin);
  void convergence(const ProductConvergence& convergence);
  void performance(const std::vector<PhaseTimes>& phases);
  void peaks(const std::vector<Peak>& peaks);
  /// /notes: what a reader must know to use the maps.
  void note(const std::string& key, const std::string& text);
  /// Anything else that a program adds.
  H5Writer& file();

  /// Writes complete = 1 as the last thing, closes, and gives the file its name.
  void commit();

 private:
  MPI_Comm comm_;
  std::string program_;
  OutputFile out_;
  std::unique_ptr<H5Writer> file_;       ///< after out_: closed before the temporary file is removed
  std::map<char, std::int64_t> scales_;  ///< their lengths, by axis
};

/// The list of peaks as CSV: ra_deg,dec_deg,snr,kappa,x,y.
std::string peaksCsv(const std::vector<Peak>& peaks);

}  // namespace lacuna
