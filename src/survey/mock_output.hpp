#pragma once
#include <mpi.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "io/leftover_files.hpp"
#include "io/output_file.hpp"
#include "io/product.hpp"
#include "survey/mock_galaxies.hpp"
#include "survey/mock_haloes.hpp"

namespace lacuna {

/// The truth of a simulated survey. Vectors are views in the space of `cube`, gamma of cube.withChannels(2).
struct MockTruth {
  Cube cube;
  Window window;
  SkyGrid grid;
  Vec kappa = nullptr, gamma = nullptr, count = nullptr, mask = nullptr;
  std::vector<MockHalo> haloes;
};

/// The files of lacuna-simulate: NAME.h5 (product with the truth), NAME_catalogue.h5 and, where FITS is wanted,
/// NAME_catalogue.fits and NAME_kappa_true.fits, _gamma1_true, _gamma2_true, _mask. Made before the computation, so
/// that what exists already stops the run at once. All methods are collective.
class MockOutput {
 public:
  /// Throws 73 where a file exists and `overwrite` is false, or cannot be created.
  MockOutput(MPI_Comm comm, const std::filesystem::path& folder, const std::string& name, bool fits, bool overwrite);

  /// Maps, grid and haloes; notes, origin and performance are left to the caller.
  Product& product() { return product_; }
  void truth(const MockTruth& truth);
  void catalogue(const std::vector<OutputColumn>& columns);
  /// Ends the product. The paths of everything that was written.
  std::vector<std::string> commit();

 private:
  OutputFile* file(const std::string& suffix);  ///< null where it is not wanted

  Product product_;
  LeftoverFiles leftovers_;
  std::map<std::string, OutputFile> files_;  ///< by suffix: "_catalogue.h5"
};

}  // namespace lacuna
