#include "priors/time_chain.hpp"

#include <cmath>
#include <string>

#include "base/failure.hpp"

namespace lacuna {
namespace {

void requirePositive(double value, const char* what, bool infiniteToo = false) {
  if (!(value > 0) || (std::isinf(value) && !infiniteToo))
    throw Error(ExitCode::BadConfig,
                std::string("prior in time: ") + what + " is " + std::to_string(value) + "; it must be positive");
}
void requireFinite(double value, const char* what) {
  if (!std::isfinite(value)) throw Error(ExitCode::BadConfig, std::string("prior in time: ") + what + " is not finite");
}

/// dt before frame t >= 1; entry 0 is not used.
std::vector<double> steps(std::size_t frames, const std::vector<double>& times) {
  if (frames == 0) throw Error(ExitCode::BadConfig, "prior in time: there are no frames");
  if (times.empty()) return std::vector<double>(frames, 1.0);
  if (times.size() != frames)
    throw Error(ExitCode::BadData, "prior in time: " + std::to_string(times.size()) + " times of frames for " +
                                       std::to_string(frames) + " frames");
  std::vector<double> dt(frames, 0.0);
  for (std::size_t t = 0; t < frames; ++t) {
    if (!std::isfinite(times[t]))
      throw Error(ExitCode::BadData, "prior in time: the time of frame " + std::to_string(t) + " is not finite");
    if (t > 0) dt[t] = times[t] - times[t - 1];
    if (t > 0 && !(dt[t] > 0))
      throw Error(ExitCode::BadData,
                  "prior in time: frame " + std::to_string(t) + " is not later than the frame before it");
  }
  return dt;
}

}  // namespace

TimeChain randomWalk(std::size_t frames, double sd, double initialMean, double initialSd,
                     const std::vector<double>& times) {
  requirePositive(sd, "sd");
  requirePositive(initialSd, "the sd of the first frame", true);
  requireFinite(initialMean, "the mean of the first frame");
  const std::vector<double> dt = steps(frames, times);
  TimeChain chain{initialMean, initialSd, std::vector<double>(frames, 1.0), std::vector<double>(frames, 0.0), {}};
  for (double step : dt) chain.sd.push_back(sd * std::sqrt(step));
  return chain;
}

TimeChain ar1(std::size_t frames, double sd, double correlationTime, double mean, const std::vector<double>& times) {
  requirePositive(sd, "sd");
  requirePositive(correlationTime, "the correlation time");
  requireFinite(mean, "the mean");
  TimeChain chain{mean, sd, {}, {}, {}};
  for (double step : steps(frames, times)) {
    const double lag = step / correlationTime;  // expm1: a correlation over very many frames keeps its digits
    chain.phi.push_back(std::exp(-lag));
    chain.constant.push_back(-std::expm1(-lag) * mean);
    chain.sd.push_back(sd * std::sqrt(-std::expm1(-2 * lag)));
  }
  return chain;
}

}  // namespace lacuna
