#include "config/rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "config/utf8.hpp"

namespace lacuna {
namespace {

/// Not both spectrum and spectrum_model.
void checkSpectrum(const Inputs& inputs, const std::string& section) {
  const std::string file = section + ".spectrum", model = section + ".spectrum_model";
  if (inputs.counts(file) && inputs.given(file) && inputs.given(model))
    throw inputs.bad(model, "spectrum is given too: give one of them");
}

void checkCenter(const Inputs& inputs) {
  if (inputs.has("grid.center_deg") && std::abs(inputs.numbers("grid.center_deg")[1]) > 90)
    throw inputs.bad("grid.center_deg", "the second number is a Dec and must be in [-90, 90]");
}

void checkName(const Inputs& inputs) {
  const auto& name = inputs.text("output.name");
  const bool printable =
      std::ranges::none_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos || name.size() > 200 ||
      !printable || !isUtf8(name))
    throw inputs.bad("output.name",
                     "must be a plain file name: 1 to 200 bytes of UTF-8, no / and no control characters");
}

bool parseEnd(std::string_view text, double open, double& end) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  end = open;
  if (text.empty()) return true;
  const auto [stop, status] = std::from_chars(text.data(), text.data() + text.size(), end);
  return status == std::errc() && stop == text.data() + text.size() && std::isfinite(end);
}

void checkCatalogue(const Inputs& inputs) {
  if (!inputs.has("data.file")) throw inputs.bad("data.file", "missing: the path of the catalogue");
  for (const char* key : {"data.ra", "data.dec", "data.e1", "data.e2", "data.mask_dataset"})
    if (inputs.text(key).empty()) throw inputs.bad(key, "must not be empty");
  if (inputs.isText("data.m") && inputs.text("data.m").empty()) throw inputs.bad("data.m", "must not be empty");
  selectedRanges(inputs);
}

void checkMaps(const Inputs& inputs) {
  const bool weighted = inputs.text("solver.method") != "kaiser-squires";
  const bool variance = !inputs.text("data.noise_variance").empty();
  if (variance && inputs.has("data.noise_sd"))
    throw inputs.bad("data.noise_sd", "noise_variance is given too: give one of them");
  if (weighted && !variance && !inputs.has("data.noise_sd"))
    throw inputs.bad("data.noise_variance", "give noise_variance (a map) or noise_sd (a number)");
  for (const char* key : {"data.gamma1", "data.gamma2", "data.mask", "data.noise_variance"}) {
    const auto& name = inputs.text(key);
    const bool optional = std::string_view(key) == "data.mask" || std::string_view(key) == "data.noise_variance";
    if (name.empty() && optional) continue;
    if (name.empty()) throw inputs.bad(key, "must not be empty");
    // A name with a dot ("g1.fits", "maps.h5:gamma1") is a file of its own.
    if (!inputs.has("data.file") && name.find('.') == std::string::npos)
      throw inputs.bad("data.file", fmt::format("missing: {} = \"{}\" is a dataset of it", key + 5, clipped(name)));
  }
}

void checkMassmap(const Inputs& inputs) {
  checkCenter(inputs);
  if (inputs.text("data.kind") == "catalogue")
    checkCatalogue(inputs);
  else
    checkMaps(inputs);
  for (const double column : inputs.numbers("data.clusters_columns"))
    if (column != std::trunc(column)) throw inputs.bad("data.clusters_columns", "must be whole numbers");
  checkSpectrum(inputs, "prior");
}

void checkMovie(const Inputs& inputs) {
  const auto& width = inputs.numbers("movie.sources.width_px");
  if (width[0] > width[1]) throw inputs.bad("movie.sources.width_px", "must be [min, max] with min <= max");
  if (inputs.number("movie.sources.blinking") + inputs.number("movie.sources.appearing") > 1)
    throw inputs.bad("movie.sources.appearing",
                     "blinking and appearing are shares of all sources: more than 1 together");
}

void checkSimulate(const Inputs& inputs) {
  if (inputs.text("simulation.kind") == "movie") return checkMovie(inputs);
  checkCenter(inputs);
  const auto haloes = inputs.numbers("haloes.ra").size();
  for (const char* key : {"haloes.dec", "haloes.m200_1e14_msun", "haloes.concentration", "haloes.redshift"})
    if (inputs.numbers(key).size() != haloes)
      throw inputs.bad(key, fmt::format("{} entries, but ra has {}: the lists of [haloes] need one for each halo",
                                        inputs.numbers(key).size(), haloes));
  const auto stars = inputs.numbers("mask.star_ra").size();
  for (const char* key : {"mask.star_dec", "mask.star_radius_arcmin"})
    if (inputs.numbers(key).size() != stars)
      throw inputs.bad(key, fmt::format("{} entries, but star_ra has {}: the lists star_... need one for each star",
                                        inputs.numbers(key).size(), stars));
  const auto& radius = inputs.numbers("mask.hole_radius_arcmin");
  if (radius[0] > radius[1]) throw inputs.bad("mask.hole_radius_arcmin", "must be [min, max] with min <= max");
  checkSpectrum(inputs, "sky");
}

}  // namespace

void checkRules(const Inputs& inputs) {
  checkName(inputs);
  if (inputs.program() == Program::Massmap) checkMassmap(inputs);
  if (inputs.program() == Program::Deconvolve) checkDeconvolve(inputs);
  if (inputs.program() == Program::Solve) checkSolve(inputs);
  if (inputs.program() == Program::Simulate) checkSimulate(inputs);
}

std::vector<ColumnRange> selectedRanges(const Inputs& inputs) {
  std::vector<ColumnRange> all;
  constexpr double inf = std::numeric_limits<double>::infinity();
  for (const auto& text : inputs.texts("data.select")) {
    // The last two commas: the name of a column may hold some.
    const auto second = text.rfind(',');
    const auto first = second == std::string::npos || second == 0 ? std::string::npos : text.rfind(',', second - 1);
    ColumnRange cut;
    if (first == std::string::npos || first == 0 ||
        !parseEnd(std::string_view(text).substr(first + 1, second - first - 1), -inf, cut.minimum) ||
        !parseEnd(std::string_view(text).substr(second + 1), inf, cut.maximum))
      throw inputs.bad("data.select", fmt::format("\"{}\" is not of the form \"column,min,max\"", clipped(text)));
    if (cut.minimum > cut.maximum)
      throw inputs.bad("data.select", fmt::format("\"{}\" has min > max: nothing would be left", clipped(text)));
    cut.column = text.substr(0, first);
    all.push_back(std::move(cut));
  }
  return all;
}

}  // namespace lacuna
