#include "movie/simulate_movie.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/memory_plan.hpp"
#include "base/run.hpp"
#include "io/fits_stack.hpp"
#include "io/product.hpp"
#include "io/run_log.hpp"
#include "io/tiff_image.hpp"
#include "model/poisson_draw.hpp"
#include "movie/movie_blur.hpp"

namespace lacuna {
namespace {

constexpr std::uint32_t noiseStream = 200;

SceneSettings sceneOf(const Inputs& inputs) {
  const auto source = [&](const char* name) { return inputs.number(std::string("movie.sources.") + name); };
  const auto diffuse = [&](const char* name) { return inputs.number(std::string("movie.diffuse.") + name); };
  const auto& width = inputs.numbers("movie.sources.width_px");
  return {.sources = inputs.integer("movie.sources.number"),
          .counts = source("counts"),
          .scatter = source("counts_scatter"),
          .width = {width[0], width[1]},
          .speed = source("speed_px"),
          .diffusion = source("diffusion_px"),
          .blinking = source("blinking"),
          .appearing = source("appearing"),
          .on = source("on_frames"),
          .off = source("off_frames"),
          .diffuse = diffuse("counts"),
          .contrast = diffuse("contrast"),
          .correlation = diffuse("correlation_px"),
          .diffuseFrames = diffuse("correlation_frames"),
          .seed = static_cast<std::uint64_t>(inputs.integer("random.seed"))};
}

/// The movie and its truth: expected counts without blur and background, with both, and the counts.
struct MovieFields {
  VecHandle truth, mean, data;
};

MovieFields drawMovie(const Cube& cube, const MovieSize& size, const SceneSettings& settings, const Psf& psf,
                      double background) {
  static const Phase phase("draw movie", "Mpixels");
  const auto timed = phase.scope(static_cast<double>(cube.box().size()) * 1e-6);
  MovieFields out{cube.space().vec(), cube.space().vec(), cube.space().vec()};
  const Box& box = cube.box();
  const std::int64_t pixels = box.count[2] * static_cast<std::int64_t>(box.count[3]) * box.count[4];
  together(cube.comm(), [&] {
    if (box.size() == 0) return;
    const WriteLocal truth(out.truth), mean(out.mean);
    MovieScene scene(size, settings);
    for (PetscInt f = 0; f < box.start[0] + box.count[0]; ++f) {
      if (f > 0) scene.step();
      if (f < box.start[0]) continue;
      const std::int64_t first = (f - box.start[0]) * pixels;
      drawBlurred(scene, size, psf, {box.start[2], box.start[3], box.start[4]},
                  {box.count[2], box.count[3], box.count[4]}, truth.data() + first, mean.data() + first);
    }
    for (PetscInt i = 0; i < mean.size(); ++i) mean[i] += background;
  });
  const Rng rng(settings.seed, noiseStream);
  const ReadLocal mean(out.mean);
  const WriteLocal data(out.data);
  for (const NaturalRun& part : cube.space().naturalRuns())
    for (PetscInt i = 0; i < part.count; ++i) {
      Uniforms uniforms(rng, part.natural + i * part.stride);
      data[part.local + i] = drawPoisson(mean[part.local + i], uniforms);
    }
  return out;
}

/// Sum over every frame, on all ranks.
std::vector<double> fluxOf(const Cube& cube, Vec x) {
  std::vector<double> mine(static_cast<std::size_t>(cube.shape().frames), 0.0), all(mine.size());
  const Box& box = cube.box();
  const ReadLocal values(x);
  const PetscInt pixels = box.count[0] > 0 ? values.size() / box.count[0] : 0;
  for (PetscInt i = 0; i < values.size(); ++i) mine[static_cast<std::size_t>(box.start[0] + i / pixels)] += values[i];
  checkMpi(MPI_Allreduce(mine.data(), all.data(), static_cast<int>(all.size()), MPI_DOUBLE, MPI_SUM, cube.comm()));
  return all;
}

void writePsf(Product& product, const Cube& movie, const Psf& psf, bool line) {
  const Cube cube(movie.gridPointer(), {1, 1, psf.nz, psf.ny, psf.nx});
  const VecHandle h = cube.space().vec();
  {
    const WriteLocal out(h);
    for (const NaturalRun& run : cube.space().naturalRuns())
      for (PetscInt i = 0; i < run.count; ++i)
        out[run.local + i] = psf.values[static_cast<std::size_t>(run.natural + i)];
  }
  Window window = cube.wholeWindow();
  window.line = line;
  product.file().writeField("psf", cube, window, 0, h, "1", "point-spread function, sum 1, its centre in the middle");
}

void writeSources(H5Writer& h5, const std::vector<MovieSource>& sources) {
  const auto column = [&](const char* name, const char* units, const char* what, auto&& member) {
    std::vector<double> values;
    for (const MovieSource& s : sources) values.push_back(static_cast<double>(member(s)));
    h5.writeValues(std::string("sources/") + name, values, units, what);
  };
  h5.group("sources");
  column("z", "pixel", "place in the first frame", [](const auto& s) { return s.place[0]; });
  column("y", "pixel", "place in the first frame", [](const auto& s) { return s.place[1]; });
  column("x", "pixel", "place in the first frame", [](const auto& s) { return s.place[2]; });
  column("counts", "counts", "mean counts in a frame while it shines", [](const auto& s) { return s.counts; });
  column("width", "pixel", "standard deviation", [](const auto& s) { return s.width; });
  column("blinks", "1", "1 where it blinks", [](const auto& s) { return s.blinks; });
  column("first_frame", "frame", "frame in which it appears", [](const auto& s) { return s.first; });
}

}  // namespace

ExitCode simulateMovie(MPI_Comm comm, const StartedRun& run) {
  // 1. What is wanted.
  const double begin = MPI_Wtime();
  const Inputs& inputs = run.inputs;
  const MovieSize size{inputs.integer("movie.frames"), inputs.integer("movie.nz"), inputs.integer("movie.ny"),
                       inputs.integer("movie.nx")};
  const SceneSettings settings = sceneOf(inputs);
  const Cube cube(std::make_shared<ProcessGrid>(comm, static_cast<PetscInt>(size.frames)),
                  {static_cast<PetscInt>(size.frames), 1, static_cast<PetscInt>(size.nz),
                   static_cast<PetscInt>(size.ny), static_cast<PetscInt>(size.nx)});
  Window window = cube.wholeWindow();
  window.line = size.ny == 1 && size.nz == 1;
  const Psf psf = gaussianMoviePsf(size, inputs.number("movie.psf_sigma_z_px"), inputs.number("movie.psf_sigma_px"));
  const std::int64_t frame = cube.box().count[0] > 0 ? cube.box().size() / cube.box().count[0] : 0;
  const MemoryPlan plan{
      {{"truth, mean and counts", 24 * cube.box().size()}, {"a frame, its margin and buffers", 32 * frame}}};
  if (run.line.plan) {
    check(PetscPrintf(comm, "%s", plan.text(comm).c_str()));
    return ExitCode::Success;
  }
  rejectUnusedPetscOptions();
  if (run.line.check) throw Error(ExitCode::Usage, "--check: a simulated movie has no operator to check");
  plan.requireRoom(comm, "[movie] frames, nz, ny and nx");

  // 2. The names of the files, before the work.
  const std::filesystem::path folder = inputs.path("output.folder");
  const std::string& name = inputs.text("output.name");
  Product product(comm, "lacuna-simulate", folder, name, run.line.overwrite);
  std::vector<OutputFile> files;
  for (const char* ending : {".fits", ".tif"})
    if (inputs.flag(std::string("output.") + (ending[1] == 'f' ? "fits" : "tiff")))
      for (const char* map : {"_data", "_truth"})
        files.emplace_back(comm, folder / (name + map + ending), run.line.overwrite);
  RunLog log(comm, (folder / (name + ".jsonl")).string());
  log.start("lacuna-simulate", inputs.echo());

  // 3. The scene, blurred, and its counts.
  const MovieFields fields = drawMovie(cube, size, settings, psf, inputs.number("movie.background"));
  const std::vector<double> fluxTruth = fluxOf(cube, fields.truth), fluxData = fluxOf(cube, fields.data);
  const auto [least, most] = std::ranges::minmax(fluxData);
  log.message(fmt::format("movie: {} counts a frame at least, {} at most", least, most));

  // 4. The files.
  product.stack(cube, window, {});
  product.map("data", cube, window, 0, fields.data, "counts", "simulated counts");
  product.map("truth", cube, window, 0, fields.truth, "counts", "expected counts of the scene, before the blur");
  product.map("mean", cube, window, 0, fields.mean, "counts", "expected counts: the scene blurred, and the background");
  writePsf(product, cube, psf, window.line);
  writeSources(product.file(), MovieScene(size, settings).sources());
  product.file().writeValues("series/flux_data", fluxData, "counts", "counts of every frame");
  product.file().writeValues("series/flux_truth", fluxTruth, "counts", "expected counts of the scene in every frame");
  product.note("boundary", "nothing shines from outside the movie; light that the PSF throws out is lost");
  std::vector<std::string> written{product.path()};
  for (OutputFile& file : files) {
    const bool truth = file.path().find("_truth.") != std::string::npos;
    const Vec x = truth ? fields.truth : fields.data;
    if (file.path().ends_with(".fits"))
      writeFitsStack(file, cube, window, 0, x,
                     {"counts", truth ? "truth" : "simulated counts", truth ? "TRUTH" : "DATA", "lacuna-simulate"});
    else
      writeTiffStack(file, cube, window, 0, x);
    file.commit();
    written.push_back(file.path());
  }
  product.origin({run.command, settings.seed, {}, inputs.echo(), inputs.fileName()});
  const std::vector<PhaseTimes> phases = phaseTimes(comm);
  product.performance(phases);
  product.commit();
  log.finish("the movie is drawn", phases, MPI_Wtime() - begin, written);
  return ExitCode::Success;
}

}  // namespace lacuna
