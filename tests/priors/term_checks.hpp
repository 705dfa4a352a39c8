#pragma once
/// What every prior on a cube must pass: an energy written down from its formula, the Taylor test, and the same values
/// on one rank.
#include <functional>

#include "natural.hpp"
#include "taylor.hpp"

namespace lacuna {

using Numbers = std::vector<double>;

/// Entry (t, z, y, x) of a one-channel field in natural order.
struct Field {
  const Shape& s;
  const Numbers& v;
  double operator()(PetscInt t, PetscInt z, PetscInt y, PetscInt x) const {
    return v[static_cast<std::size_t>(((t * s.nz + z) * s.ny + y) * s.nx + x)];
  }
};
template <class F>
void eachPixel(const Shape& s, F&& f) {
  for (PetscInt t = 0; t < s.frames; ++t)
    for (PetscInt z = 0; z < s.nz; ++z)
      for (PetscInt y = 0; y < s.ny; ++y)
        for (PetscInt x = 0; x < s.nx; ++x) f(t, z, y, x);
}

inline double normalAt(std::int64_t i) { return Rng(77).normalPair(i).first; }
inline double positiveAt(std::int64_t i) { return 0.6 + std::abs(normalAt(i)); }

/// make(Cube) -> shared_ptr to a Term; `energy`, of all pixels in natural order, may differ from it by a constant;
/// `point` gives a point in its domain.
template <class Make>
void requirePrior(const Shape& shape, Make&& make, const std::function<double(const Numbers&)>& energy,
                  double (*point)(std::int64_t) = normalAt, int timeRanks = 0) {
  BOOST_TEST_CONTEXT(shape.text() << ", " << timeRanks << " time groups") {
    const Cube cube = cubeOf(shape, timeRanks);
    const Cube alone(std::make_shared<ProcessGrid>(PETSC_COMM_SELF, shape.frames), shape);
    const auto E = make(cube), single = make(alone);
    const Space &space = cube.space(), &whole = alone.space();
    VecHandle x = space.vec(), y = space.vec(), g = space.vec(), ones = whole.vec(), slope = whole.vec();
    fillNatural(space, x, point);
    fillNatural(space, y, [&](std::int64_t i) { return point(i + 100000); });
    fillNatural(whole, ones, point);
    const auto here = E->at(x);
    const double value = here->value(), other = E->at(y)->value();
    const Numbers nx = inNaturalOrder(space, x), ny = inNaturalOrder(space, y);
    const double expected = energy(nx) - energy(ny), size = std::abs(value) + std::abs(other) + std::abs(expected);
    BOOST_TEST(std::abs(value - other - expected) <= 1e-11 * size, value - other << " != " << expected);
    here->gradient(g);
    const auto there = single->at(ones);
    there->gradient(slope);
    BOOST_TEST(std::abs(there->value() - value) <= 1e-12 * std::abs(value));
    BOOST_TEST(worstDifference(inNaturalOrder(space, g), inNaturalOrder(whole, slope)) < 1e-12);
    for (const Curvature kind : {Curvature::Hessian, Curvature::Fisher}) {
      VecHandle Hy = space.vec(), Hz = whole.vec(), z = whole.vec();
      fillNatural(whole, z, [&](std::int64_t i) { return point(i + 100000); });
      const auto H = here->curvature(kind);
      H->apply(y, Hy);
      there->curvature(kind)->apply(z, Hz);
      BOOST_TEST(worstDifference(inNaturalOrder(space, Hy), inNaturalOrder(whole, Hz)) < 1e-12);
      requireAdjoint(*H);
      if (kind == Curvature::Fisher) BOOST_TEST(dot(y, Hy) > 0);
    }
    check(VecSet(y, 0));
    check(VecSwap(x, y));  // the point is kept
    BOOST_TEST(here->value() == value);
    requireTaylor(*E, y);
  }
}

}  // namespace lacuna
