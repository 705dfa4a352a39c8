#pragma once
#include <vector>

#include "base/space.hpp"

namespace lacuna {

/// Rank-local arrays as vectors of a Space, for a State: views, which end with this. An array must not be resized.
class ArrayViews {
 public:
  Vec of(const Space& space, std::vector<double>& array) {
    if (array.size() != static_cast<std::size_t>(space.local())) throw Error("ArrayViews: an array of another size");
    VecHandle view;
    check(VecCreateMPIWithArray(space.comm(), 1, space.local(), space.global(), array.data(), view.out()));
    views_.push_back(std::move(view));
    return views_.back();
  }

 private:
  std::vector<VecHandle> views_;
};

}  // namespace lacuna
