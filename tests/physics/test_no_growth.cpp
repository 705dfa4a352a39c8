/// A thousand solves in one process: nothing may pile up.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <regex>

#include "deconvolve/posterior.hpp"
#include "deconvolve/small_movie.hpp"
#include "derivatives.hpp"
#include "io/folder.hpp"
#include "io/h5_reader.hpp"
#include "io/product.hpp"
#include "massmap/small_field.hpp"
#include "model/gaussian_noise.hpp"
#include "model/sum_of_terms.hpp"
#include "priors/white_prior.hpp"
#include "samplers/perturb_and_solve.hpp"
#include "solvers/map_solver.hpp"

using namespace lacuna;
using small::Movie;

#ifdef __SANITIZE_ADDRESS__
extern "C" std::size_t __sanitizer_get_current_allocated_bytes();  // GCC brings it without a header
#endif

namespace {

double usedMiB() {
#ifdef __SANITIZE_ADDRESS__
  // AddressSanitizer keeps what was freed for a while, to see who touches it: 256 MiB that are resident and not in use.
  return static_cast<double>(__sanitizer_get_current_allocated_bytes()) / (1 << 20);
#else
  std::ifstream in("/proc/self/statm");
  double size = 0, resident = 0;
  in >> size >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
#endif
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
/// Collective. PETSc objects of the first rank that were created and not destroyed: what PETSc prints about them, since
/// the structures behind it are others in every few releases. 0 on the other ranks.
int living() {
  const std::string name =
      (std::filesystem::temp_directory_path() / fmt::format("lacuna_log_{}.txt", getpid())).string();
  PetscViewer viewer = nullptr;
  check(PetscViewerASCIIOpen(PETSC_COMM_WORLD, name.c_str(), &viewer));
  check(PetscLogView(viewer));
  check(PetscViewerDestroy(&viewer));
  if (rankOf(PETSC_COMM_WORLD) != 0) return 0;
  int n = 0;
  bool inTable = false;
  const std::regex row(R"(\s*\S.*?\s+(\d+)\s+(\d+)(\s+\d+\s+\S+)?\s*)");  // type, creations, destructions, memory
  std::ifstream in(name);
  std::smatch match;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("Object Type")) inTable = true;
    if (inTable && std::regex_match(line, match, row)) n += std::stoi(match[1]) - std::stoi(match[2]);
  }
  BOOST_REQUIRE_MESSAGE(inTable && n > 0, "PETSc's log has no table of objects");
  std::filesystem::remove(name);
  return n;
}

int openFiles() {
  const std::filesystem::directory_iterator files("/proc/self/fd");
  return static_cast<int>(std::distance(begin(files), end(files)));
}

/// Everything that lacuna-massmap does, from the process grid to a sample.
void mapMass(PetscInt ny, PetscInt nx) {
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

/// What lacuna-deconvolve does with a movie of counts: MAP by ADMM, by Newton's method, in ln x and by TAO,
/// Richardson-Lucy, samples, and a product, written and read.
void deconvolve(const Folder& folder) {
  Movie movie;
  movie.smooth = 0.02;
  DeconvolveOptions o;
  o.rtol = 1e-3;
  o.deterministic = true;
  o.samples = 2;
  for (const char* algorithm : {"admm", "newton", "quasi-newton"}) {
    o.algorithm = algorithm;
    const auto [model, priors] = movie.build(o);
    const Estimate e = estimateImage(model, priors, o, nullptr);
    const VecHandle std = posteriorStd(model, priors, o, e, nullptr);
    if (o.algorithm != "admm") continue;
    Product product(PETSC_COMM_WORLD, "test", folder.path(), "movie", true);
    product.stack(model.unknown, model.unknown.wholeWindow(), {});
    product.map("estimate", model.unknown, model.unknown.wholeWindow(), 0, e.x, "counts", "an estimate");
    product.commit();
    const VecHandle again = model.unknown.space().vec();
    H5Reader(PETSC_COMM_WORLD, folder / "movie.h5")
        .readField("maps/estimate", model.unknown, model.unknown.wholeWindow(), 0, again);
  }
  o.algorithm = "auto";
  o.positivity = Positivity::Exponential;
  const auto [logModel, logPriors] = movie.build(o, true);
  estimateImage(logModel, logPriors, o, nullptr);
  o.method = DeconvolveMethod::RichardsonLucy;
  o.positivity = Positivity::Bound;
  o.iterations = 10;
  const auto [plain, none] = movie.build(o);
  estimateImage(plain, none, o, nullptr);
}

/// Rounds after a tenth of them for warmth: plans, registries, pools of MPI.
template <class F>
void leavesNothing(int rounds, F&& round) {
  for (int i = 0; i < rounds / 9; ++i) round();
  const int before = living(), id = highestNewId(), files = openFiles();
  const double memory = usedMiB();
  for (int i = 0; i < rounds; ++i) round();
  const int after = living();
  BOOST_TEST(after == before, before << " PETSc objects became " << after);
  BOOST_TEST(highestNewId() == id);
  BOOST_TEST(openFiles() == files, files << " open files became " << openFiles());
  BOOST_TEST(usedMiB() < memory + 4, memory << " MiB became " << usedMiB());
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_thousand_solves_leave_nothing_behind) {
  check(PetscLogDefaultBegin());
  leavesNothing(180, [] { mapMass(6, 5); });
}

BOOST_AUTO_TEST_CASE(counts_samples_and_files_leave_nothing_behind) {
  const Folder folder;
  leavesNothing(50, [&] { deconvolve(folder); });
}
