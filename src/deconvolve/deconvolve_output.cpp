#include "deconvolve/deconvolve_output.hpp"

namespace lacuna {

DeconvolveOutput::DeconvolveOutput(MPI_Comm comm, const std::filesystem::path& folder, const std::string& name,
                                   bool withStd, bool overwrite)
    : product_(comm, "lacuna-deconvolve", folder, name, overwrite),
      log_((folder / (name + ".jsonl")).string()),
      withStd_(withStd) {}

void DeconvolveOutput::requireSpace(const Cube& data, const Cube& unknown) const {
  product_.requireSpace(8 * (4 * data.shape().size() + (withStd_ ? 3 : 2) * unknown.shape().size()));
}

std::vector<std::string> DeconvolveOutput::commit() {
  product_.commit();
  return {product_.path()};
}

}  // namespace lacuna
