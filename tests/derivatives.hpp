#pragma once
/// Properties that every operator and every term must have, whatever it is.
#include <cmath>

#include "base/rng.hpp"
#include "operators/linear_operator.hpp"
#include "testing.hpp"

namespace lacuna {

inline double dot(Vec a, Vec b) {
  PetscScalar d = 0;
  check(VecDot(a, b, &d));
  return d;
}
inline double norm(Vec a) {
  PetscReal n = 0;
  check(VecNorm(a, NORM_2, &n));
  return n;
}
/// ||a - b|| / ||b||
inline double distance(Vec a, Vec b) {
  VecHandle d = like(a);
  check(VecWAXPY(d, -1, b, a));
  const double size = norm(b);
  return size > 0 ? norm(d) / size : norm(d);
}

/// <A x, y> == <x, A^T y>, and the fused Gram operator equals its parts.
inline void requireAdjoint(const LinearOperator& A, double rtol = 1e-12) {
  Rng rng(1);
  VecHandle x = A.domain().vec(), y = A.range().vec(), Ax = like(y), Aty = like(x);
  rng.normal(A.domain(), x);
  rng.normal(A.range(), y);
  A.apply(x, Ax);
  A.applyAdjoint(y, Aty);
  const double l = dot(Ax, y), r = dot(x, Aty), scale = std::sqrt(dot(Ax, Ax) * dot(y, y));
  BOOST_TEST(std::abs(l - r) <= rtol * scale, l << " != " << r << ", scale " << scale);
  VecHandle w = like(y), fused = like(x), parts = like(x);
  rng.uniform(A.range(), w);
  A.applyGram(w, x, fused);
  check(VecPointwiseMult(Ax, Ax, w));
  A.applyAdjoint(Ax, parts);
  BOOST_TEST(distance(fused, parts) <= 1e-13);
}

}  // namespace lacuna
