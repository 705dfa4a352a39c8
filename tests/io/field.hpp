#pragma once
/// A field whose pixels tell where they are.
#include <fstream>
#include <iterator>
#include <string>

#include "grid/cube.hpp"

/// The value of a pixel, from its natural index in the whole field.
inline double valueAt(std::int64_t natural) { return 1.0 / 3.0 + static_cast<double>(natural) * 1.25; }

inline void fillNatural(const lacuna::Cube& cube, Vec x) {
  lacuna::WriteLocal out(x);
  for (const lacuna::NaturalRun& run : cube.space().naturalRuns())
    for (PetscInt i = 0; i < run.count; ++i) out[run.local + i] = valueAt(run.natural + i * run.stride);
}

/// All entries of the channel: as fillNatural() inside the window, `fill` outside; the other channels untouched (zero).
inline bool isField(const lacuna::Cube& cube, const lacuna::Window& w, PetscInt channel, Vec x, double fill) {
  const lacuna::ReadLocal in(x);
  const lacuna::Shape& s = cube.shape();
  bool ok = true;
  for (const lacuna::NaturalRun& run : cube.space().naturalRuns())
    for (PetscInt i = 0; i < run.count; ++i) {
      std::int64_t n = run.natural + i * run.stride;
      const std::int64_t xx = n % s.nx, yy = n / s.nx % s.ny, zz = n / s.nx / s.ny % s.nz;
      const std::int64_t c = n / s.pixels() % s.channels;
      const auto in1 = [&](std::int64_t at, int axis) {
        return at >= w.start[axis] && at < w.start[axis] + w.count[axis];
      };
      const bool inside = in1(zz, 0) && in1(yy, 1) && in1(xx, 2);
      const double expected = c != channel ? 0 : inside ? valueAt(n) : fill;
      ok = ok && in[run.local + i] == expected;
    }
  return ok;
}

/// The bytes of a file.
inline std::string contentOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
