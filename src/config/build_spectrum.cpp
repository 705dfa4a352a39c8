#include "config/build_spectrum.hpp"

#include <fmt/format.h>

#include <array>
#include <numbers>

#include "base/error.hpp"

namespace lacuna {
namespace {

constexpr double radiansPerArcmin = std::numbers::pi / (180 * 60);

SpectrumTable readTogether(MPI_Comm comm, const std::string& path) {
  SpectrumTable table;
  onRankZero(comm, [&] { table = readSpectrum(path); });
  long long rows = static_cast<long long>(table.ell.size());
  checkMpi(MPI_Bcast(&rows, 1, MPI_LONG_LONG, 0, comm));
  for (auto* column : {&table.ell, &table.power}) {
    column->resize(static_cast<std::size_t>(rows));
    checkMpi(MPI_Bcast(column->data(), static_cast<int>(rows), MPI_DOUBLE, 0, comm));
  }
  return table;
}

}  // namespace

std::string BuiltSpectrum::warning(double gridLowestEll, double gridHighestEll) const {
  if (gridLowestEll >= lowestEll && gridHighestEll <= highestEll) return {};
  return fmt::format(
      "{} covers ell {:.4g} to {:.4g}, the grid {:.4g} to {:.4g}: beyond the table its end values are held", text,
      lowestEll, highestEll, gridLowestEll, gridHighestEll);
}

BuiltSpectrum buildSpectrum(MPI_Comm comm, const Inputs& inputs, const std::string& section) {
  const auto number = [&](const char* name) { return inputs.number(section + "." + name); };
  if (inputs.has(section + ".spectrum")) {
    const std::string path = inputs.path(section + ".spectrum").string();
    SpectrumTable table = readTogether(comm, path);
    const std::array<double, 2> ends{table.ell.front(), table.ell.back()};
    const std::string text = fmt::format("spectrum {} ({} rows)", path, table.ell.size());
    return {std::move(table), text, ends[0], ends[1]};
  }
  const std::string& model = inputs.text(section + ".spectrum_model");
  if (model == "power-law") {
    const double amplitude = number("amplitude"), slope = number("slope");
    return {powerLaw(amplitude, slope),
            fmt::format("power law, C_ell = {:.6g} sr (ell/1000)^{:.6g}", amplitude, slope)};
  }
  const double sd = number("sd"), length = number("correlation_arcmin");
  if (model == "matern") {
    const double nu = number("smoothness");
    return {matern(sd, length * radiansPerArcmin, nu),
            fmt::format("Matern, sd {:.6g}, correlation {:.6g} arcmin, smoothness {:.6g}", sd, length, nu)};
  }
  if (model == "squared-exponential")
    return {squaredExponential(sd, length * radiansPerArcmin),
            fmt::format("squared exponential, sd {:.6g}, correlation {:.6g} arcmin", sd, length)};
  throw Error("buildSpectrum: unknown model " + model);  // the table of keys has let it through
}

}  // namespace lacuna
