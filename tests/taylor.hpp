#pragma once
/// Derivatives of Terms.
#include "derivatives.hpp"
#include "model/term.hpp"

namespace lacuna {

/// |E(x+hd) - E(x) - h g.d - h^2/2 d.Hd| = O(h^3): the order is 3, or only rounding is left (a quadratic). A Likelihood
/// of a nonlinear model has the Fisher curvature J^T W J for want of its Hessian: the order is 2, and the gradient is
/// tested.
inline void requireTaylor(const Term& E, Vec x, double h0 = 1e-2, double expectedOrder = 3) {
  Rng rng(2);
  VecHandle d = like(x), g = like(x), Hd = like(x), xh = like(x);
  rng.normal(E.space(), d);
  const auto here = E.at(x);
  const double f0 = here->value();
  here->gradient(g);
  here->curvature(Curvature::Hessian)->apply(d, Hd);
  const double gd = dot(g, d), dHd = dot(d, Hd);
  double rest[2];
  for (int k = 0; k < 2; ++k) {
    const double h = h0 / (1 << k);
    check(VecWAXPY(xh, h, d, x));
    rest[k] = std::abs(E.at(xh)->value() - f0 - h * gd - 0.5 * h * h * dHd);
  }
  BOOST_TEST(std::abs(gd) > 0);
  BOOST_TEST(std::abs(dHd) > 0);
  const double rounding = 1e-13 * (std::abs(f0) + h0 * std::abs(gd) + h0 * h0 * std::abs(dHd));
  if (rest[1] <= rounding) return;
  const double order = std::log2(rest[0] / rest[1]);
  BOOST_TEST(std::abs(order - expectedOrder) < 0.2, "Taylor order " << order);
}

/// The Fisher curvature is J^T J with the factor that samplers use.
inline void requireFactor(const FactoredTerm& E, Vec x) {
  Rng rng(3);
  VecHandle d = like(x), Md = like(x), JtJd = like(x);
  rng.normal(E.space(), d);
  const auto here = E.factoredAt(x);
  here->curvature(Curvature::Fisher)->apply(d, Md);
  const auto J = here->factor();
  VecHandle Jd = J->range().vec();
  J->apply(d, Jd);
  J->applyAdjoint(Jd, JtJd);
  BOOST_TEST(distance(JtJd, Md) < 1e-12);
}

}  // namespace lacuna
