#include "model/term.hpp"

#include <cmath>

namespace lacuna {

std::unique_ptr<TermAt> Term::at(Vec x) const {
  if (!space_.holds(x)) throw Error("Term::at: x is not in the space of the term");
  return doAt(x);
}

double Term::valueAndGradient(Vec x, Vec g) const {
  if (!space_.holds(x) || !space_.holds(g))
    throw Error("Term::valueAndGradient: a vector is not in the space of the term");
  return doValueAndGradient(x, g);
}

double Term::doValueAndGradient(Vec x, Vec g) const {
  const auto here = doAt(x);
  const double value = here->value();
  if (std::isfinite(value)) here->gradient(g);
  return value;
}

std::unique_ptr<FactoredAt> FactoredTerm::factoredAt(Vec x) const {
  if (!space().holds(x)) throw Error("FactoredTerm::factoredAt: x is not in the space of the term");
  return doFactoredAt(x);
}

}  // namespace lacuna
