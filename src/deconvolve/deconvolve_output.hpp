#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "deconvolve/deconvolve_results.hpp"
#include "deconvolve/imaging_model.hpp"

namespace lacuna {

/// The files of a run: NAME.h5 and NAME.jsonl. All are claimed before the computation, so that what would go wrong at
/// the end goes wrong at the start; they appear together at the end.
class DeconvolveOutput {
 public:
  DeconvolveOutput(MPI_Comm comm, const std::filesystem::path& folder, const std::string& name, bool withStd,
                   bool overwrite);
  Product& product() { return product_; }
  std::string logPath() const { return log_; }
  /// Collective. Throws 74 where the disk has no room for the maps: before the run, not after.
  void requireSpace(const Cube& data, const Cube& unknown) const;
  /// Collective. Commits everything; the paths written.
  std::vector<std::string> commit();

 private:
  Product product_;
  std::string log_;
  bool withStd_;
};

}  // namespace lacuna
