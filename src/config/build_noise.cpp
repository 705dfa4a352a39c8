#include "config/build_noise.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/stage.hpp"
#include "massmap/realisation_files.hpp"
#include "samplers/moments.hpp"

namespace lacuna {
namespace {

/// Whether a run that is killed now would lose more than it may; rank 0's clock.
bool worthKeeping(MPI_Comm comm, double secondsOfAll, double mayLose) {
  int worth = secondsOfAll > mayLose;
  checkMpi(MPI_Bcast(&worth, 1, MPI_INT, 0, comm));
  return worth != 0;
}

/// Whether it could be kept: a disk that is full ends no run that goes on, and is not asked again.
bool keep(const RealisationFiles& files, int n, Vec gamma, Checkpointer& keeper) try {
  files.write(n, gamma);
  return true;
} catch (const RankError& e) {  // the same on all ranks
  if (e.code() != ExitCode::IoError && e.code() != ExitCode::CannotCreate) throw;
  keeper.message(std::string("WARNING: noise realisations are no longer kept for a resumed run: ") + e.what());
  return false;
}

}  // namespace

void writeNoiseRealisations(Product& product, const MassmapProblem& problem, const MassMapper& mapper, int rotations,
                            Checkpointer& keeper) {
  if (rotations < 1) return;
  const double since = MPI_Wtime();
  const Cube &image = problem.image(), shear = image.withChannels(2);
  const Window& window = problem.window();
  const RealisationFiles files(keeper.folder(), keeper.run().uuid, shear, window);
  const VecHandle kappa = image.space().vec();
  VecHandle gamma = shear.space().vec();
  Moments moments(image.space());
  H5Writer& file = product.file();
  int found = 0, done = 0;
  bool keeps = true;
  const Stage stage(&keeper, "rotations", State().value("iteration", done));
  for (int n = 1; n <= rotations; ++n) {
    if (files.read(n, gamma)) {
      ++found;
    } else {
      gamma = problem.read(nullptr, static_cast<std::uint32_t>(n)).gamma;
      const double all = (MPI_Wtime() - since) / (n - found) * rotations;
      keeps = keeps && (!worthKeeping(image.comm(), all, keeper.everySeconds()) || keep(files, n, gamma, keeper));
    }
    mapper.kaiserSquires(gamma, kappa);
    moments.add(kappa);
    const std::string group = fmt::format("noise/{:04}/", n);
    file.writeField(group + "gamma1", shear, window, 0, gamma, "1",
                    "shear of randomly turned galaxies, first component");
    file.writeField(group + "gamma2", shear, window, 1, gamma, "1",
                    "shear of randomly turned galaxies, second component");
    file.writeField(group + "kappa_ks", image, window, 0, kappa, "1",
                    "Kaiser-Squires map of this realisation, smoothed");
    done = n;
    Progress p;
    p.solver = "rotation";
    p.iteration = n;
    p.seconds = MPI_Wtime() - since;
    keeper.iteration(p);
  }
  if (rotations < 2) return;
  moments.rootMeanSquare(kappa);
  file.writeField("noise/kappa_ks_std", image, window, 0, kappa, "1",
                  "noise of kappa_ks: root mean square over the realisations");
}

}  // namespace lacuna
