#pragma once
#include <string>

namespace lacuna {

/// "2026-03-01T12:00:00Z": now.
std::string nowUtc();

}  // namespace lacuna
