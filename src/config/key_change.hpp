#pragma once
#include <optional>
#include <string>

#include "config/inputs.hpp"

namespace lacuna {

/// A key that has another value than before, both as TOML; empty: not given.
struct KeyChange {
  std::string key, before, now;
};

/// Whether a resumed run may have another value: limits, checkpoints, files, and what depends on the number of ranks.
bool mayChangeOnResume(const Key& key);

/// Whether this run allows more iterations than the one whose echo this is.
bool raisesLimit(const std::string& echo, const Inputs& inputs);

/// The first key that differs from an earlier run's Inputs::echo(). `resuming`: keys that may change then are passed
/// over; else those alone that say where files go. An input file may have moved: that it is the same file, its sha256
/// tells. Where the echo does not parse (it has keys that this version does not know), `key` is empty and `now` tells
/// why.
std::optional<KeyChange> changedKey(const std::string& echo, const Inputs& inputs, bool resuming);

}  // namespace lacuna
