#include "solvers/bounds.hpp"

#include <algorithm>
#include <cmath>

namespace lacuna {

Bounds::Bounds(const Space& space, double number, Vec each)
    : space_(space), number_(number), any_(std::isfinite(number)) {
  if (each) {
    if (!space.holds(each)) throw Error("MAP: the bounds are not in the space of the unknown");
    const ReadLocal v(each);
    each_.assign(v.data(), v.data() + v.size());
    number_ = 0;
    any_ = true;
  }
  const auto bad = [](double b) { return std::isnan(b) || b > std::numeric_limits<double>::max(); };
  const double wrong =
      sumOver(space.comm(), bad(number_) || std::any_of(each_.begin(), each_.end(), bad) ? 1 : 0, nullptr);
  if (wrong > 0) throw RankError(ExitCode::BadConfig, 0, "MAP: a lower bound is not a number, or is infinite");
}

void Bounds::project(Vec x) const {
  if (!any_) return;
  const WriteLocal v(x);
  for (PetscInt i = 0; i < v.size(); ++i) v[i] = std::max(v[i], lower(i));
}

double Bounds::kktResidual(Vec x, Vec g) const {
  return std::sqrt(sumOver(space_.comm(), [&] {
    const ReadLocal at(x), slope(g);
    double sum = 0;
    for (PetscInt i = 0; i < at.size(); ++i)
      if (slope[i] < 0 || at[i] > lower(i)) sum += slope[i] * slope[i];
    return sum;
  }));
}

std::int64_t Bounds::atBound(Vec x) const {
  return static_cast<std::int64_t>(sumOver(space_.comm(), [&] {
    const ReadLocal at(x);
    double n = 0;
    for (PetscInt i = 0; any_ && i < at.size(); ++i) n += at[i] <= lower(i);
    return n;
  }));
}

VecHandle Bounds::vec() const {
  VecHandle b = space_.vec();
  const WriteLocal v(b);
  for (PetscInt i = 0; i < v.size(); ++i) v[i] = std::max(lower(i), static_cast<double>(PETSC_NINFINITY));
  return b;
}

}  // namespace lacuna
