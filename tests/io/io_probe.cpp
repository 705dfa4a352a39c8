/// A small program over io, for check_files.py: it writes and reads files as the real ones do, and fails as they do.
#include <sys/resource.h>

#include <csignal>
#include <cstdio>

#include "base/error.hpp"
#include "base/run.hpp"
#include "io/fits_image.hpp"
#include "io/map_check.hpp"
#include "io/map_source.hpp"
#include "io/product.hpp"

using namespace lacuna;

namespace {

using Words = std::vector<std::string>;
const MPI_Comm world = MPI_COMM_WORLD;

/// A field of two channels, padded by three rows below and two columns left: pixel (row, column) of channel c of the
/// window is 1000 row + column + c/3.
struct Field {
  Field(PetscInt ny, PetscInt nx)
      : cube(std::make_shared<ProcessGrid>(world, 1, 1), Shape{1, 2, 1, ny + 4, nx + 5}),
        window{{0, 3, 2}, {1, ny, nx}},
        x(cube.space().vec()) {
    WriteLocal out(x);
    const Shape& s = cube.shape();
    for (const NaturalRun& run : cube.space().naturalRuns())
      for (PetscInt i = 0; i < run.count; ++i) {
        const std::int64_t n = run.natural + i;
        out[run.local + i] = 1000.0 * static_cast<double>(n / s.nx % s.ny - 3) + static_cast<double>(n % s.nx - 2) +
                             static_cast<double>(n / s.pixels()) / 3.0;
      }
  }
  Cube cube;
  Window window;
  VecHandle x;
};

PetscInt integer(const std::string& word) { return static_cast<PetscInt>(std::stol(word)); }

/// product FOLDER NAME NY NX INPUT [overwrite]
void writeProduct(const Words& w) {
  const PetscInt ny = integer(w.at(3)), nx = integer(w.at(4));
  Product product(world, "lacuna-probe", w.at(1), w.at(2), w.size() > 6);
  const InputDigest input = digestFile(world, w.at(5));
  const Field f(ny, nx);
  SkyWcs wcs;
  wcs.crpix1 = 0.5 * (static_cast<double>(nx) + 1);
  wcs.crval1 = 150.1;
  product.grid({nx, ny, 0.29, "gnomonic", 150.1, 2.2, wcs});
  product.map("kappa_E", f.cube, f.window, 0, f.x, "", "convergence, E-mode");
  product.map("std", f.cube, f.window, 1, f.x, "arcmin", "standard deviation");
  product.origin({"lacuna-probe product", 42, {input}, "[data]\nfile = \"caf\xc3\xa9\"\n", "probe.toml"});
  Progress p;
  p.iteration = 1;
  p.gradientNorm = 0.25;
  product.convergence({"wiener", "converged", 1e-6, {p, p}});
  product.performance({{"fft", "transforms", 7, 1.0, 1.5, 70}});
  const std::vector<Peak> peaks{{150.125, 2.25, 4.5, 10, 11.5, 0.06}};
  product.peaks(peaks);
  product.note("mean_convention", "the mean is zero");
  OutputFile csv(world, std::filesystem::path(w.at(1)) / (w.at(2) + "_peaks.csv"), w.size() > 6);
  csv.write(peaksCsv(peaks));
  csv.commit();
  product.commit();
}

/// fits FILE NY NX CTYPE1 CTYPE2 CRPIX1 CRPIX2 CRVAL1 CRVAL2 CDELT1 CDELT2
void writeFits(const Words& w) {
  OutputFile out(world, w.at(1), false);
  const Field f(integer(w.at(2)), integer(w.at(3)));
  SkyWcs wcs{w.at(4),
             w.at(5),
             std::stod(w.at(6)),
             std::stod(w.at(7)),
             std::stod(w.at(8)),
             std::stod(w.at(9)),
             std::stod(w.at(10)),
             std::stod(w.at(11))};
  writeFitsImage(out, f.cube, f.window, 1, f.x,
                 {"arcmin",
                  "what a map of a very long name shows, in so many words that "
                  "they do not fit on one card",
                  "KAPPA", "probe"},
                 wcs);
  out.commit();
}

/// Prints the shape, the sum, and the sum weighted by the natural index.
void readSums(const MapSource& source) {
  const ImageShape shape = imageShape(world, source);
  const Cube cube(std::make_shared<ProcessGrid>(world, 1, 1),
                  Shape{1, 1, 1, static_cast<PetscInt>(shape.ny), static_cast<PetscInt>(shape.nx)});
  const VecHandle x = cube.space().vec();
  readMap(world, source, cube, cube.wholeWindow(), 0, x);
  requireFinite(cube, cube.wholeWindow(), 0, nullptr, x, source.text());
  double sum = 0, weighted = 0;
  const ReadLocal in(x);
  for (const NaturalRun& run : cube.space().naturalRuns())
    for (PetscInt i = 0; i < run.count; ++i)
      sum += in[run.local + i], weighted += in[run.local + i] * static_cast<double>(run.natural + i);
  sum = sumOver(world, sum, nullptr);
  weighted = sumOver(world, weighted, nullptr);
  if (rankOf(world) == 0)
    std::printf("%lld %lld %.17g %.17g\n", static_cast<long long>(shape.ny), static_cast<long long>(shape.nx), sum,
                weighted);
}

/// read FILE NAME [FILE NAME]...
void readMaps(const Words& w) {
  for (std::size_t i = 1; i < w.size(); i += 2) readSums({w[i], w.at(i + 1)});
}

/// broken-disk FOLDER NY NX: every write beyond 64 KiB of a file fails, whatever was reserved.
void writeOnBrokenDisk(const Words& w) {
  const Field f(integer(w.at(2)), integer(w.at(3)));
  Product product(world, "lacuna-probe", w.at(1), "broken", false);
  product.file();
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{1 << 16, 1 << 16};
  setrlimit(RLIMIT_FSIZE, &limit);
  product.map("kappa_E", f.cube, f.window, 0, f.x, "", "");
  product.commit();
}

/// one-fails FOLDER: a rank throws alone while the file is open.
void failAlone(const Words& w) {
  Product product(world, "lacuna-probe", w.at(1), "alone", false);
  product.note("a", "b");
  if (rankOf(world) == sizeOf(world) - 1) throw Error(ExitCode::BadData, "this rank alone has bad data");
  double sum = 0;
  checkMpi(MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_DOUBLE, MPI_SUM, world));
}

}  // namespace

int main(int argc, char** argv) {
  return run(argc, argv, [](const Words& words) {
    const std::string mode = words.at(0);
    if (mode == "product")
      writeProduct(words);
    else if (mode == "fits")
      writeFits(words);
    else if (mode == "read")
      readMaps(words);
    else if (mode == "broken-disk")
      writeOnBrokenDisk(words);
    else if (mode == "one-fails")
      failAlone(words);
    else if (mode == "again")
      for (int i = 0; i < 1000; ++i) writeProduct(words);
    else
      throw Error(ExitCode::Usage, "unknown mode " + mode);
    return ExitCode::Success;
  });
}
