#pragma once
#include <map>
#include <string>

namespace lacuna {

/// What this process has chosen by timing, by a name of the question: a choice that a checkpoint keeps, so that a
/// resumed run does the same sums (as FFTW's wisdom does for transforms).
inline std::map<std::string, std::string>& choices() {
  static std::map<std::string, std::string> all;
  return all;
}

}  // namespace lacuna
