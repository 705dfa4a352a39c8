#include "priors/spectrum.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <numbers>
#include <sstream>
#include <string_view>

#include "base/failure.hpp"
#include "base/printable.hpp"

namespace lacuna {
namespace {

/// Takes the next number off `line`; false at the end of the line or where there is no finite number.
bool takeNumber(std::string_view& line, double& value) {
  const auto first = line.find_first_not_of(" \t\r,");
  if (first == std::string_view::npos) return false;
  line.remove_prefix(first);
  if (line.front() == '+') line.remove_prefix(1);
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
  if (error != std::errc() || !std::isfinite(value)) return false;
  line.remove_prefix(static_cast<std::size_t>(end - line.data()));
  return line.empty() || line.front() == ' ' || line.front() == '\t' || line.front() == ',' || line.front() == '\r';
}

}  // namespace

double SpectrumTable::operator()(double l) const {
  const auto above = std::upper_bound(ell.begin(), ell.end(), l);
  if (above == ell.begin()) return power.front();
  if (above == ell.end()) return power.back();
  const auto i = static_cast<std::size_t>(above - ell.begin());
  const double t = (l - ell[i - 1]) / (ell[i] - ell[i - 1]);
  return (1 - t) * power[i - 1] + t * power[i];
}

SpectrumTable parseSpectrum(const std::string& text, const std::string& name) {
  SpectrumTable table;
  std::istringstream in(text);
  std::string raw;
  for (int number = 1; std::getline(in, raw); ++number) {
    std::string_view line(raw);
    line = line.substr(0, line.find('#'));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    auto refuse = [&](const std::string& why) {
      throw Error(ExitCode::BadData, "spectrum " + name + ", line " + std::to_string(number) + ": " + why);
    };
    double l = 0, c = 0;
    if (!takeNumber(line, l) || !takeNumber(line, c))
      refuse("two finite numbers (ell, C_ell) expected, found '" + printable(raw, 60) + "'");
    if (line.find_first_not_of(" \t\r,") != std::string_view::npos)
      refuse("more than two columns (ell, C_ell): '" + printable(raw, 60) + "'");
    if (l < 0) refuse("ell is negative");
    if (c < 0) refuse("C_ell is negative");
    if (!table.ell.empty() && l <= table.ell.back()) refuse("ell does not rise");
    table.ell.push_back(l);
    table.power.push_back(c);
  }
  if (table.ell.size() < 2)
    throw Error(ExitCode::BadData, "spectrum " + name + ": at least two rows (ell, C_ell) are needed");
  if (std::none_of(table.power.begin(), table.power.end(), [](double c) { return c > 0; }))
    throw Error(ExitCode::BadData, "spectrum " + name + ": C_ell is 0 everywhere: the map could only be 0");
  return table;
}

SpectrumTable readSpectrum(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  const bool empty =
      in.peek() == std::ifstream::traits_type::eof() && !in.bad();  // `text << rdbuf` takes this for a failure
  if (!in.is_open() || (!empty && !(text << in.rdbuf())))
    throw Error(ExitCode::NoInput, "cannot read the spectrum file " + path);
  return parseSpectrum(text.str(), path);
}

Spectrum powerLaw(double amplitude, double slope) {
  return [=](double l) { return l > 0 ? amplitude * std::pow(l / 1000, slope) : 0.0; };
}

Spectrum matern(double sd, double lengthRadian, double nu) {
  const double kappa2 = 2 * nu / (lengthRadian * lengthRadian);
  return
      [=](double l) { return sd * sd * 4 * std::numbers::pi * nu / kappa2 * std::pow(1 + l * l / kappa2, -(nu + 1)); };
}

Spectrum squaredExponential(double sd, double lengthRadian) {
  return [=](double l) {
    const double ll = l * lengthRadian;
    return 2 * std::numbers::pi * sd * sd * lengthRadian * lengthRadian * std::exp(-0.5 * ll * ll);
  };
}

}  // namespace lacuna
