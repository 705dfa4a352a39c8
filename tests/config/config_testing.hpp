#pragma once
/// Needs no MPI.
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "base/failure.hpp"
#include "config/inputs.hpp"

namespace lacuna {

/// The least that lacuna-massmap accepts.
inline const std::string minimal = "[data]\nfile = \"cat.fits\"\n[prior]\nspectrum = \"cl.txt\"\n";

inline Inputs massmap(const std::string& text, const std::vector<std::string>& settings = {},
                      const std::string& fileName = "run.toml") {
  return Inputs::parseText(Program::Massmap, text, fileName, settings);
}

/// Fails unless `work` throws an Error with this exit code whose text holds all fragments.
template <class F>
void expectError(ExitCode code, const std::vector<std::string>& fragments, F&& work) {
  try {
    work();
  } catch (const Error& e) {
    const std::string text = e.what();
    BOOST_TEST(static_cast<int>(e.code()) == static_cast<int>(code), text);
    for (const auto& fragment : fragments)
      BOOST_TEST(text.find(fragment) != std::string::npos, "\"" << fragment << "\" is not in: " << text);
    BOOST_TEST(text.size() < 1000u);
    return;
  }
  BOOST_ERROR("nothing was thrown; expected: " << (fragments.empty() ? "" : fragments[0]));
}

}  // namespace lacuna
