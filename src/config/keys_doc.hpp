#pragma once
/// The table of keys as text for people.
#include <string>
#include <string_view>

#include "config/keys.hpp"

namespace lacuna {

/// --help-keys: at most 100 columns wide.
std::string helpKeys(Program program);

/// docs/inputs.md: how a configuration is read, and the keys of all programs.
std::string keysMarkdown();

/// Words of `text` in lines of at most `width` characters, each after `indent` spaces and with a newline.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t width);

}  // namespace lacuna
