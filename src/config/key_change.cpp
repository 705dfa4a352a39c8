#include "config/key_change.hpp"

namespace lacuna {
namespace {

constexpr const char* limitKey = "solver.iterations";

bool saysWhere(const Key& key) {
  return key.section == "output" || key.section == "checkpoint" || key.fullName() == "solver.time_groups";
}

}  // namespace

bool mayChangeOnResume(const Key& key) { return saysWhere(key) || key.fullName() == limitKey; }

bool raisesLimit(const std::string& echo, const Inputs& inputs) {
  constexpr std::int64_t standard = 5000;  // of the methods that can stop there, where the key has no default
  const auto limitOf = [&](const Inputs& of) { return of.has(limitKey) ? of.integer(limitKey) : standard; };
  try {
    return inputs.counts(limitKey) &&
           limitOf(inputs) > limitOf(Inputs::parseText(inputs.program(), echo, inputs.fileName()));
  } catch (const Error&) {  // an echo with keys that this version does not know
    return false;
  }
}

std::optional<KeyChange> changedKey(const std::string& echo, const Inputs& inputs, bool resuming) {
  try {
    const Inputs before = Inputs::parseText(inputs.program(), echo, inputs.fileName());
    for (const Key& key : keysOf(inputs.program())) {
      const std::string name = key.fullName();
      if (resuming ? mayChangeOnResume(key) : saysWhere(key)) continue;
      if (!before.counts(name) && !inputs.counts(name)) continue;
      const std::string old = before.echoed(name), now = inputs.echoed(name);
      if (old == now || (key.type == KeyType::Path && !old.empty() && !now.empty())) continue;
      return KeyChange{name, old, now};
    }
  } catch (const Error& e) {
    return KeyChange{{}, {}, e.what()};
  }
  return {};
}

}  // namespace lacuna
