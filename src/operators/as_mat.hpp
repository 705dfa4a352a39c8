#pragma once
#include "operators/linear_operator.hpp"

namespace lacuna {

/// The operator as a PETSc shell matrix, for KSP, TAO and SLEPc. The Mat shares ownership of it. Collective.
MatHandle asMat(OperatorPointer op);

}  // namespace lacuna
