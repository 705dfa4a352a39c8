/// A small program over stacks, for check_stacks.py.
#include "base/error.hpp"
#include "base/run.hpp"
#include "io/fits_stack.hpp"
#include "io/product.hpp"
#include "io/tiff_image.hpp"

using namespace lacuna;

namespace {

using Words = std::vector<std::string>;
const MPI_Comm world = MPI_COMM_WORLD;

PetscInt integer(const std::string& word) { return static_cast<PetscInt>(std::stol(word)); }

/// write FOLDER FRAMES NZ NY NX: a padded field whose pixel n of the window is n + 0.25, as stack.h5, .tif and .fits.
/// NY = 0: lines.
void write(const Words& w) {
  const std::filesystem::path folder = w.at(1);
  const PetscInt frames = integer(w.at(2)), nz = integer(w.at(3)), nx = integer(w.at(5));
  const bool line = integer(w.at(4)) == 0;
  const PetscInt ny = line ? 1 : integer(w.at(4));
  const Shape s{frames, 1, nz > 1 ? nz + 2 : 1, line ? 1 : ny + 1, nx + 3};
  const Cube cube(std::make_shared<ProcessGrid>(world, frames), s);
  const Window window{{nz > 1 ? 1 : 0, line ? 0 : 1, 2}, {nz, ny, nx}, line};
  const VecHandle x = cube.space().vec();
  {
    WriteLocal out(x);
    for (const NaturalRun& run : cube.space().naturalRuns())
      for (PetscInt i = 0; i < run.count; ++i) {
        const std::int64_t n = run.natural + i, t = n / s.pixels();
        const std::int64_t z = n / s.nx / s.ny % s.nz - window.start[0], y = n / s.nx % s.ny - window.start[1];
        out[run.local + i] = 0.25 + static_cast<double>(((t * nz + z) * ny + y) * nx + n % s.nx - window.start[2]);
      }
  }
  Product product(world, "lacuna-probe", folder, "stack", true);
  ProductStack grid;
  grid.firstFrame = 5;
  grid.corner = {1, 20, 300};
  if (frames == 3) grid.times = {0, 1.5, 4}, grid.timeUnits = "s";
  product.stack(cube, window, grid);
  product.map("estimate", cube, window, 0, x, "counts", "an estimate");
  product.commit();
  OutputFile tiff(world, folder / "stack.tif", true), fits(world, folder / "stack.fits", true);
  writeTiffStack(tiff, cube, window, 0, x, "made by a test");
  writeFitsStack(fits, cube, window, 0, x, {"counts", "an estimate", "ESTIMATE", "probe"});
  tiff.commit();
  fits.commit();
}

/// copy IN OUT AXES T0 T1 Y0 Y1 X0 X1: part of a FITS image as FITS, with its world coordinates.
void copy(const Words& w) {
  const auto range = [&](std::size_t i) { return AxisRange{std::stol(w.at(i)), std::stol(w.at(i + 1))}; };
  StackRanges ranges{{'y', range(6)}, {'x', range(8)}};
  if (w.at(3).find('t') != std::string::npos) ranges['t'] = range(4);
  const StackSource source(world, {w.at(1), ""}, w.at(3), ranges);
  const Cube cube(std::make_shared<ProcessGrid>(world, source.shape().frames), source.shape());
  const VecHandle x = cube.space().vec();
  source.read(cube, cube.wholeWindow(), 0, x);
  OutputFile out(world, w.at(2), true);
  writeFitsStack(out, cube, cube.wholeWindow(), 0, x, {}, fitsCards(world, source));
  out.commit();
}

}  // namespace

int main(int argc, char** argv) {
  return run(argc, argv, [](const Words& words) {
    words.at(0) == "write" ? write(words) : copy(words);
    return ExitCode::Success;
  });
}
