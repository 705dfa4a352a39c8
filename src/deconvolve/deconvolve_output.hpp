#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "deconvolve/deconvolve_results.hpp"
#include "deconvolve/imaging_model.hpp"
#include "io/output_file.hpp"

namespace lacuna {

/// Besides HDF5.
struct ImageFormats {
  bool fits = false, tiff = false;
};

/// The files of a run: NAME.h5, NAME.jsonl, and NAME_estimate, NAME_model, NAME_residual, NAME_std as FITS and TIFF.
/// All are claimed before the computation, so that what would go wrong at the end goes wrong at the start; they appear
/// together at the end.
class DeconvolveOutput {
 public:
  DeconvolveOutput(MPI_Comm comm, const std::string& program, const std::filesystem::path& folder,
                   const std::string& name, const ImageFormats& formats, bool withStd, bool overwrite);
  Product& product() { return product_; }
  std::string logPath() const { return log_; }
  /// Collective. Throws 74 where the disk has no room for the maps: before the run, not after.
  void requireSpace(const Cube& data, const Cube& unknown) const;
  /// Collective. Writes the images, commits everything; the paths written. `stack` has the cards of FITS images.
  std::vector<std::string> commit(const ImagingModel& model, const DeconvolveResults& results,
                                  const ProductStack& stack);

 private:
  struct Image {
    std::string map;
    bool fits = false;
    OutputFile file;
  };
  Product product_;
  std::string program_, log_;
  bool withStd_;
  std::vector<Image> images_;
};

}  // namespace lacuna
