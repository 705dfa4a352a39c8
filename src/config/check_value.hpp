#pragma once
#include <string>

#include "config/keys.hpp"
#include "config/toml_reader.hpp"

namespace lacuna {

/// The value of a key, if it has the key's type and lies in its range or among its choices.
/// Throws TomlError: what was found, what is allowed, where.
Value checkValue(const Key& key, const TomlValue& found);

/// What a key may hold: "an integer in [1, 8]", "one of "deg", "rad"", "a list of 2 numbers".
std::string allowedText(const Key& key);

}  // namespace lacuna
