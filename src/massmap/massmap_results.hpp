#pragma once
#include <memory>
#include <string>
#include <vector>

#include "io/leftover_files.hpp"
#include "io/product.hpp"
#include "massmap/mass_mapper.hpp"

namespace lacuna {

/// Everything a mass-mapping run makes; vectors of ShearField::image unless said. Null handles: not made.
struct MassmapResults {
  MassMap e;  ///< kappa_E and how its solve went
  VecHandle kappaB, kappaKs, std, snr;
  VecHandle residual;  ///< of ShearField::shear: (gamma - L kappa_E) / sd, NaN where masked
  double chi2PerDatum = 0;
  std::vector<Peak> peaks;
  /// What the run found, in a few lines. Rank-local.
  std::string summary() const;
};

/// (gamma - L kappa) / sd in the mask, NaN elsewhere, and its mean square.
VecHandle standardisedResidual(const ShearField& field, const MassMapper& mapper, Vec kappa, double& chi2PerDatum);
/// kappa / std.
VecHandle signalToNoise(const ShearField& field, Vec kappa, Vec std);

/// The grid of the product.
ProductGrid productGrid(const ShearField& field);
/// /maps, /peaks and /notes. Collective.
void writeMaps(Product& product, const ShearField& field, const MassmapResults& results, MassMethod method,
               const std::string& prior);

/// The files of a run: NAME.h5, NAME.jsonl, NAME_kappa_E.fits and the other main maps, NAME_peaks.csv. All are claimed
/// before the computation, so that what would go wrong at the end goes wrong at the start; they appear together at the
/// end, and what an earlier run left of these names (the std of another map) goes.
class MassmapOutput {
 public:
  MassmapOutput(MPI_Comm comm, const std::filesystem::path& folder, const std::string& name, bool fits, bool withStd,
                bool overwrite);
  Product& product() { return product_; }
  std::string logPath() const { return log_; }
  /// Collective. Throws 74 where the disk has no room for the maps of a run on this window: before the run, not after.
  void requireSpace(const Window& window, std::int64_t rotations) const;
  /// Collective. Writes the FITS images and the list of peaks, commits everything; the paths written.
  std::vector<std::string> commit(const ShearField& field, const MassmapResults& results);

 private:
  struct Image {
    std::string map;
    OutputFile file;
  };
  Product product_;
  std::string log_;
  LeftoverFiles leftovers_;
  std::vector<Image> images_;
  std::unique_ptr<OutputFile> peaks_;
};

}  // namespace lacuna
