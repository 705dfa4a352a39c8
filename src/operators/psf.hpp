#pragma once
#include <petscsys.h>

#include <array>
#include <vector>

namespace lacuna {

/// A point-spread function: a small array on every rank. Its convolution is y(p) = sum_q h(q) x(p - (q - center)).
struct Psf {
  PetscInt nz = 1, ny = 1, nx = 1;
  std::array<PetscInt, 3> center{};  ///< z, y, x: the entry that stays where it is
  std::vector<double> values;        ///< [z][y][x]
};

}  // namespace lacuna
