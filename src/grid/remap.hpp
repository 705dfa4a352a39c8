#pragma once
#include <array>
#include <functional>
#include <memory>
#include <vector>

#include "grid/cube.hpp"
#include "grid/row_exchange.hpp"

namespace lacuna {

/// Copies pixels between two cubes of the same frames, channels and process grid: every axis by itself,
///   y(z, y, x) = x(source(0, z), source(1, y), source(2, x)),  0 where a source is negative.
/// Rows of the slab axis come from the ranks that own them.
class Remap {
 public:
  /// Collective. `source(axis, i)`: index in `from` of index i of `to`, on axis 0 (z), 1 (y), 2 (x).
  Remap(const Cube& from, const Cube& to, const std::function<PetscInt(int axis, PetscInt i)>& source);
  /// Collective.
  void apply(Vec x, Vec y) const;

 private:
  Cube from_, to_;
  std::array<std::vector<PetscInt>, 3> source_;
  std::unique_ptr<RowExchange> exchange_;
};

/// Index in an axis of n pixels of place i, which may lie beyond its ends: whole-sample reflection, numpy's 'reflect'.
PetscInt reflected(std::int64_t i, PetscInt n);

}  // namespace lacuna
