#include "massmap/realisation_files.hpp"

#include "base/error.hpp"
#include "io/h5_reader.hpp"
#include "io/h5_writer.hpp"
#include "io/output_file.hpp"

namespace lacuna {
namespace {

constexpr const char* components[] = {"gamma1", "gamma2"};

}  // namespace

bool RealisationFiles::read(int n, Vec gamma) const try {
  const H5Reader file(shear_.comm(), folder_.partPath(n).string());
  if (!file.hasAttribute("/", "run") || file.readString("/", "run") != run_) return false;
  for (PetscInt c = 0; c < 2; ++c) file.readField(components[c], shear_, window_, c, gamma);
  return true;
} catch (const RankError& e) {  // the same on all ranks; it is made again
  if (e.code() != ExitCode::NoInput && e.code() != ExitCode::BadData) throw;
  return false;
}

void RealisationFiles::write(int n, Vec gamma) const {
  OutputFile out(shear_.comm(), folder_.partPath(n), true);
  const std::int64_t pixels = std::int64_t{window_.count[1]} * window_.count[2];
  out.requireSpace(2 * 8 * pixels + (1 << 16));
  H5Writer file(shear_.comm(), out.temporary(), H5Writer::Metadata::Checked);
  file.attribute("/", "run", run_);
  for (PetscInt c = 0; c < 2; ++c)
    file.writeField(components[c], shear_, window_, c, gamma, "1", "shear of randomly turned galaxies");
  file.flush();
  file.close();
  out.commit();
}

}  // namespace lacuna
