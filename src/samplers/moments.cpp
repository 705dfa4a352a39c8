#include "samplers/moments.hpp"

#include <cmath>

namespace lacuna {

Moments::Moments(const Space& space) : space_(space), mean_(space.vec()), squares_(space.vec()) {}

void Moments::add(Vec x) {
  if (!space_.holds(x)) throw Error("Moments: the draw is not in the space");
  ++count_;
  const ReadLocal v(x);
  const WriteLocal m(mean_), s(squares_);
  for (PetscInt i = 0; i < v.size(); ++i) {
    const double before = v[i] - m[i];
    m[i] += before / count_;
    s[i] += before * (v[i] - m[i]);
  }
}

void Moments::mean(Vec m) const { check(VecCopy(mean_, m)); }

void Moments::standardDeviation(Vec sd) const {
  if (count_ < 2) throw Error("Moments: a standard deviation needs two draws");
  const ReadLocal s(squares_);
  const WriteLocal out(sd);
  for (PetscInt i = 0; i < s.size(); ++i) out[i] = std::sqrt(s[i] / (count_ - 1));
}

void Moments::rootMeanSquare(Vec sd) const {
  if (count_ < 1) throw Error("Moments: a root mean square needs a draw");
  const ReadLocal m(mean_), s(squares_);
  const WriteLocal out(sd);
  for (PetscInt i = 0; i < s.size(); ++i) out[i] = std::sqrt(s[i] / count_ + m[i] * m[i]);
}

}  // namespace lacuna
