/// A thousand solves in one process: nothing may pile up.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "derivatives.hpp"
#include "massmap/small_field.hpp"
#include "model/gaussian_noise.hpp"
#include "model/sum_of_terms.hpp"
#include "priors/white_prior.hpp"
#include "samplers/perturb_and_solve.hpp"
#include "solvers/map_solver.hpp"

using namespace lacuna;

namespace {

double residentMiB() {
  std::ifstream in("/proc/self/statm");
  double size = 0, resident = 0;
  in >> size >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
}
/// The id of the last of 64 new communicators: Open MPI takes the lowest ids that are free, so each one that lives on
/// pushes it up.
int highestNewId() {
  std::array<MPI_Comm, 64> comms{};
  int id = 0;
  for (MPI_Comm& comm : comms) {
    checkMpi(MPI_Comm_dup(PETSC_COMM_WORLD, &comm));
    id = std::max<int>(id, MPI_Comm_c2f(comm));
  }
  for (MPI_Comm& comm : comms) checkMpi(MPI_Comm_free(&comm));
  return id;
}
/// PETSc objects that were created and not destroyed, by PETSc's own log.
int living() {
  PetscStageLog log = nullptr;
  check(PetscLogGetStageLog(&log));
  int n = 0;
  for (int i = 0; i < log->stageInfo[0].classLog->numClasses; ++i) {
    const PetscClassPerfInfo& c = log->stageInfo[0].classLog->classInfo[i];
    n += c.creations - c.destructions;
  }
  return n;
}

/// Everything that a program does, from the process grid to a sample.
void everything(PetscInt ny, PetscInt nx) {
  const ShearField field = smallField(ny, nx);
  const auto fft = std::make_shared<Fft>(field.image, Planning::Estimate);
  const GaussianField prior(fft, smallSpectrum, smallPixel);
  const MassMapper mapper(field, fft, &prior, {MassMethod::Wiener, 0, {.rtol = 1e-4, .iterations = 100, .prefix = {}}});
  const MassMap map = mapper.estimate(field.gamma);
  VecHandle z = mapper.synthesis()->domain().vec();
  PerturbAndSolve(*map.filter, Rng(1)).draw(0, z);
  const VecHandle both = bothComponents(field, field.variance);
  const auto data = std::make_shared<Likelihood>(
      mapper.forward(), std::make_shared<GaussianNoise>(field.shear.space(), field.gamma, both));
  const SumOfTerms E({data, std::make_shared<WhitePrior>(data->space())});
  check(VecSet(z, 0));
  solveMap(E, {.method = "nls", .rtol = 1e-2, .iterations = 20, .prefix = {}}, z);
  // Failures must not leave anything behind either.
  try {
    together(PETSC_COMM_WORLD, [] { throw Error("as usual"); });
  } catch (const RankError&) {
  }
  VecHandle broken = like(field.gamma);
  check(VecSet(broken, std::nan("")));
  BOOST_CHECK_THROW(mapper.estimate(broken), Error);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_thousand_solves_leave_nothing_behind) {
  check(PetscLogDefaultBegin());
  for (int i = 0; i < 20; ++i) everything(6, 5);  // warm: plans, registries, pools of MPI
  const int before = living(), id = highestNewId();
  const double memory = residentMiB();
  for (int i = 0; i < 180; ++i) everything(6, 5);
  BOOST_TEST(living() == before, before << " PETSc objects became " << living());
  BOOST_TEST(highestNewId() == id);
  BOOST_TEST(residentMiB() < memory + 4, memory << " MiB became " << residentMiB());
}
