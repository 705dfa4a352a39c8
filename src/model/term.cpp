#include "model/term.hpp"

namespace lacuna {

std::unique_ptr<TermAt> Term::at(Vec x) const {
  if (!space_.holds(x)) throw Error("Term::at: x is not in the space of the term");
  return doAt(x);
}

std::unique_ptr<FactoredAt> FactoredTerm::factoredAt(Vec x) const {
  if (!space().holds(x)) throw Error("FactoredTerm::factoredAt: x is not in the space of the term");
  return doFactoredAt(x);
}

}  // namespace lacuna
