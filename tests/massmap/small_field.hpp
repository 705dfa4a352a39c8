#pragma once
/// A small masked ShearField and the same as a dense problem: noise keyed by natural index, so equal on any ranks.
#include <cmath>

#include "base/rng.hpp"
#include "dense_lensing.hpp"
#include "massmap/mass_mapper.hpp"
#include "testing.hpp"

namespace lacuna {

constexpr double smallPixel = 1e-3;  // rad
/// C(ell) such that the pixel power is 1 / (0.02 + f^2), f in cycles per pixel; zero above f = 0.45.
inline double smallSpectrum(double ell) {
  const double f = ell * smallPixel / (2 * std::numbers::pi);
  return f > 0.45 ? 0 : smallPixel * smallPixel / (0.02 + f * f);
}
inline bool smallMasked(std::int64_t i, PetscInt nx) { return i % 7 == 3 || (i / nx == 2 && i % nx < 3); }
inline double smallVariance(std::int64_t i, PetscInt nx) {
  return smallMasked(i, nx) ? INFINITY : 0.5 + 0.1 * static_cast<double>(i % 5);
}
inline double smallGamma(std::int64_t i, PetscInt nx, int component, std::uint32_t draw = 0) {
  return smallMasked(i, nx) ? 0 : 3 * Rng(21, static_cast<std::uint32_t>(component)).at(draw).normalPair(i).first;
}

inline ShearField smallField(PetscInt ny, PetscInt nx) {
  const Cube image = imageOf(ny, nx);
  ShearField f{
      image, image.withChannels(2), image.wholeWindow(), SkyGrid(Projection::None, 10, 0, 1, nx, ny), true, {}, {}, {},
      {}};
  f.gamma = f.shear.space().vec();
  f.mask = image.space().vec();
  f.variance = image.space().vec();
  const WriteLocal g(f.gamma), m(f.mask), v(f.variance);
  const PetscInt n = m.size();
  for (const NaturalRun& run : image.space().naturalRuns())
    for (PetscInt k = 0; k < run.count; ++k) {
      const std::int64_t i = run.natural + k;
      v[run.local + k] = smallVariance(i, nx);
      m[run.local + k] = smallMasked(i, nx) ? 0 : 1;
      g[run.local + k] = smallGamma(i, nx, 1);
      g[n + run.local + k] = smallGamma(i, nx, 2);
    }
  return f;
}

inline dense::Problem smallDense(PetscInt ny, PetscInt nx) {
  dense::Problem p;
  p.ny = static_cast<int>(ny), p.nx = static_cast<int>(nx);
  p.power = [](double f) { return f > 0.45 ? 0 : 1 / (0.02 + f * f); };
  for (int c : {1, 2})
    for (std::int64_t i = 0; i < ny * nx; ++i) p.gamma.push_back(smallGamma(i, nx, c));
  for (std::int64_t i = 0; i < ny * nx; ++i) p.variance.push_back(smallVariance(i, nx));
  return p;
}

/// max |x - expected| / max |expected| over the image, expected in natural order.
inline double worstAgainst(const Space& space, Vec x, const std::vector<double>& expected) {
  double worst = 0, size = 0, all = 0;
  const ReadLocal v(x);
  for (double e : expected) size = std::max(size, std::abs(e));
  for (const NaturalRun& run : space.naturalRuns())
    for (PetscInt k = 0; k < run.count; ++k)
      worst = std::max(worst, std::abs(v[run.local + k] - expected[static_cast<std::size_t>(run.natural + k)]));
  checkMpi(MPI_Allreduce(&worst, &all, 1, MPI_DOUBLE, MPI_MAX, space.comm()));
  return all / size;
}

}  // namespace lacuna
