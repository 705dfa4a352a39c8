#include "config/key_change.hpp"

namespace lacuna {
namespace {

bool saysWhere(const Key& key) {
  return key.section == "output" || key.section == "checkpoint" || key.fullName() == "solver.time_groups";
}

}  // namespace

bool mayChangeOnResume(const Key& key) { return saysWhere(key) || key.fullName() == "solver.iterations"; }

std::optional<KeyChange> changedKey(const std::string& echo, const Inputs& inputs, bool resuming) {
  try {
    const Inputs before = Inputs::parseText(inputs.program(), echo, inputs.fileName());
    for (const Key& key : keysOf(inputs.program())) {
      const std::string name = key.fullName();
      if (resuming ? mayChangeOnResume(key) : saysWhere(key)) continue;
      if (!before.counts(name) && !inputs.counts(name)) continue;
      const std::string old = before.echoed(name), now = inputs.echoed(name);
      if (old != now) return KeyChange{name, old, now};
    }
  } catch (const Error& e) {
    return KeyChange{{}, {}, e.what()};
  }
  return {};
}

}  // namespace lacuna
