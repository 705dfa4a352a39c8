#pragma once
#include <petscsys.h>

namespace lacuna {

/// Eight doubles at any address of a double: one register of AVX-512, two of AVX2. The compiler keeps a few variables
/// of this type in registers, which it does not do for arrays. Not for signatures: its ABI depends on the instruction
/// set.
using Eight [[gnu::vector_size(64), gnu::aligned(8), gnu::may_alias]] = double;
constexpr PetscInt eight = 8;

inline const Eight& eightAt(const double* p) { return *reinterpret_cast<const Eight*>(p); }
inline Eight& eightAt(double* p) { return *reinterpret_cast<Eight*>(p); }

}  // namespace lacuna
