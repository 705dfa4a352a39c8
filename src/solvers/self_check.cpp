#include "solvers/self_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/rng.hpp"

namespace lacuna {
namespace {

double dot(Vec a, Vec b) {
  PetscScalar d = 0;
  check(VecDot(a, b, &d));
  return d;
}
double norm(Vec a) {
  PetscReal n = 0;
  check(VecNorm(a, NORM_2, &n));
  return n;
}
double ratio(double difference, double scale) {
  return scale > 0 ? std::abs(difference) / scale : std::abs(difference);
}

/// ||A x||, ||A^T y|| and <A x, y> / ||y|| for keyed white noise.
std::array<double, 3> fingerprint(const LinearOperator& A) {
  const ScratchVec x = A.domain().scratch(), y = A.range().scratch(), Ax = A.range().scratch(),
                   Aty = A.domain().scratch();
  Rng(11, 1).normal(A.domain(), x);
  Rng(11, 2).normal(A.range(), y);
  A.apply(x, Ax);
  A.applyAdjoint(y, Aty);
  return {norm(Ax), norm(Aty), dot(Ax, y) / norm(y)};
}

}  // namespace

CheckLine checkAdjoint(const std::string& name, const LinearOperator& A) {
  const ScratchVec x = A.domain().scratch(), y = A.range().scratch(), Ax = A.range().scratch(),
                   Aty = A.domain().scratch();
  Rng(12, 1).normal(A.domain(), x);
  Rng(12, 2).normal(A.range(), y);
  A.apply(x, Ax);
  A.applyAdjoint(y, Aty);
  return {"adjoint of " + name, ratio(dot(Ax, y) - dot(x, Aty), norm(Ax) * norm(y)), 1e-12};
}

CheckLine checkSymmetry(const std::string& name, const LinearOperator& M) {
  const ScratchVec x = M.domain().scratch(), y = M.domain().scratch(), Mx = M.domain().scratch(),
                   My = M.domain().scratch();
  Rng(13, 1).normal(M.domain(), x);
  Rng(13, 2).normal(M.domain(), y);
  M.apply(x, Mx);
  M.apply(y, My);
  return {"symmetry of " + name, ratio(dot(Mx, y) - dot(x, My), norm(Mx) * norm(y)), 1e-12};
}

CheckLine checkGradient(const std::string& name, const Term& term, Vec x) {
  const Space& space = term.space();
  const ScratchVec d = space.scratch(), g = space.scratch(), moved = space.scratch();
  Rng(14).normal(space, d);
  term.at(x)->gradient(g);
  const double slope = dot(g, d);
  double best = 1e300;  // the best of a few steps: the error falls with h^2, then rounding rises
  for (const double h : {1e-1, 1e-2, 1e-3, 1e-4}) {
    check(VecWAXPY(moved, h, d, x));
    const double up = term.at(moved)->value();
    check(VecWAXPY(moved, -h, d, x));
    best = std::min(best, ratio((up - term.at(moved)->value()) / (2 * h) - slope, norm(g) * norm(d)));
  }
  return {"gradient of " + name, best, 1e-8};
}

CheckLine checkRanks(const std::string& name, const LinearOperator& here, const LinearOperator* there) {
  const std::array<double, 3> mine = fingerprint(here);
  double worst = 0;
  const auto note = [&](double r) {
    worst = std::isnan(r) ? INFINITY : std::max(worst, r);
  };  // NaN would get lost in max
  if (there) {
    const std::array<double, 3> fewer = fingerprint(*there);
    for (std::size_t i = 0; i < 2; ++i) note(ratio(mine[i] - fewer[i], mine[i]));
    note(ratio(mine[2] - fewer[2], mine[0]));
  }
  double all = 0;
  checkMpi(MPI_Allreduce(&worst, &all, 1, MPI_DOUBLE, MPI_MAX, here.domain().comm()));
  return {"ranks: " + name, all, 1e-12};
}

bool allPassed(const std::vector<CheckLine>& lines) {
  return std::all_of(lines.begin(), lines.end(), [](const CheckLine& line) { return line.passed(); });
}

std::string checkTable(const std::vector<CheckLine>& lines) {
  std::string out = fmt::format("{:<44}{:>12}{:>12}  {}\n", "check", "found", "allowed", "verdict");
  for (const CheckLine& line : lines)
    out += fmt::format("{:<44}{:>12.2e}{:>12.0e}  {}\n", line.what, line.found, line.allowed,
                       line.passed() ? "passed" : "FAILED");
  return out;
}

}  // namespace lacuna
