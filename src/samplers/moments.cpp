#include "samplers/moments.hpp"

#include <cmath>
#include <string>

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

void Moments::require(Vec out, int draws, const char* what) const {
  if (!space_.holds(out)) throw Error("Moments: the result is not in the space");
  if (count_ < draws) throw Error(std::string("Moments: ") + what + " needs " + (draws == 1 ? "a draw" : "two draws"));
}

void Moments::mean(Vec m) const {
  require(m, 1, "a mean");
  check(VecCopy(mean_, m));
}

void Moments::standardDeviation(Vec sd) const {
  require(sd, 2, "a standard deviation");
  const ReadLocal s(squares_);
  const WriteLocal out(sd);
  for (PetscInt i = 0; i < s.size(); ++i) out[i] = std::sqrt(s[i] / (count_ - 1));
}

void Moments::rootMeanSquare(Vec sd) const {
  require(sd, 1, "a root mean square");
  const ReadLocal m(mean_), s(squares_);
  const WriteLocal out(sd);
  for (PetscInt i = 0; i < s.size(); ++i) out[i] = std::sqrt(s[i] / count_ + m[i] * m[i]);
}

}  // namespace lacuna
