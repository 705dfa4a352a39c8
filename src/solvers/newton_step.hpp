#pragma once
#include <cstdint>

#include "base/observer.hpp"
#include "operators/linear_operator.hpp"

namespace lacuna {

/// How far newtonStep goes.
struct NewtonStepOptions {
  /// A step is good enough when the last iteration j of CG gained less than this share of the mean gain of the j (Nash
  /// & Sofer 1990, doi:10.1016/0167-6377(90)90059-B).
  double share = 0.5;
  /// nats: when the gain is below, it is wanted to 10 %, and the iteration goes on until it is.
  double known = 0;
  int iterations = 1000;  ///< limit
  /// This goes on from a step d, with the slope there for g: the iterations that d took, and its gain, which count for
  /// `share`. 0: d is nothing yet.
  int iterationsBefore = 0;
  double gainBefore = 0;
  Observer* observer = nullptr;  ///< gets a tick at every iteration
};

struct NewtonStep {
  double gain = 0;  ///< nats: -(g.d + 1/2 d.H d), d from here on
  int iterations = 0;
  bool known = false;  ///< the gain is known to 10 %, or to be nothing beside `known` of the options
};

/// d <- argmin g.d + 1/2 d.H d over the free entries (free_i = 1; d_i stays where free_i = 0; null: all are free), by
/// conjugate gradients from 0, or from the d that is there (iterationsBefore), preconditioned by `inverse` (null: not),
/// which sees vectors that are 0 where not free. Collective.
NewtonStep newtonStep(const LinearOperator& H, const LinearOperator* inverse, Vec g, Vec free,
                      const NewtonStepOptions& options, Vec d);

}  // namespace lacuna
