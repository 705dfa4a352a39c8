#include "model/noise.hpp"

#include <string>

namespace lacuna {

void Noise::require(Vec v, const char* what) const {
  if (!space_.holds(v)) throw Error(std::string("Noise: ") + what + " is not in the space of the data");
}
double Noise::value(Vec mu) const {
  require(mu, "mu");
  return doValue(mu);
}
double Noise::valueAndGradient(Vec mu, Vec g) const {
  require(mu, "mu");
  require(g, "the gradient");
  return doValueAndGradient(mu, g);
}
void Noise::weights(Vec mu, Curvature kind, Vec w) const {
  require(mu, "mu");
  require(w, "the weights");
  doWeights(mu, kind, w);
}
void Noise::sample(Rng& rng, Vec mu, Vec y) const {
  require(mu, "mu");
  require(y, "y");
  if (mu == y) throw Error("Noise: sample: mu and y are the same vector");
  doSample(rng, mu, y);
}
double Noise::deviance(Vec mu) const {
  require(mu, "mu");
  return doDeviance(mu);
}
void Noise::prox(PetscInt first, PetscInt count, const double* v, const double* weight, double* mu) const {
  if (first < 0 || count < 0 || count > space_.local() - first) throw Error("Noise: prox: no such entries");
  if (count > 0) doProx(first, count, v, weight, mu);
}

}  // namespace lacuna
