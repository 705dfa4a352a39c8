#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/space.hpp"

namespace lacuna {

/// What a computation needs to go on where it was interrupted, declared once for saving and restoring: fields in the
/// layout of a Space (stored in natural order, so that any number of ranks can read them), and numbers and texts that
/// are the same on all ranks. Names and addresses only: what they stand for must outlive the State.
///   State().field("x", space, x).value("iteration", k)
/// A value called "iteration" is where a resumed run says that it goes on.
class State {
 public:
  /// Fills a vector of the space for saving, where the field is not at hand as one. Collective.
  using Build = std::function<void(Vec)>;
  struct Field {
    std::string name;
    Space space;
    Vec x = nullptr;  ///< saved from, unless there is `build`, and restored to; a view
    Build build;
  };
  struct Value {
    std::string name;
    std::variant<bool*, int*, std::int64_t*, double*, std::string*, std::vector<double>*, std::vector<std::string>*> at;
  };

  State& field(std::string name, const Space& space, Vec x, Build build = {}) {
    fields_.push_back({std::move(name), space, x, std::move(build)});
    return *this;
  }
  template <class T>
  State& value(std::string name, T& at) {
    values_.push_back({std::move(name), &at});
    return *this;
  }
  /// What a restart from here does not have, in words.
  State& loses(std::string what) {
    lost_ = std::move(what);
    return *this;
  }

  const std::vector<Field>& fields() const { return fields_; }
  const std::vector<Value>& values() const { return values_; }
  const std::string& lost() const { return lost_; }

 private:
  std::vector<Field> fields_;
  std::vector<Value> values_;
  std::string lost_;
};

}  // namespace lacuna
