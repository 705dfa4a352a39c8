#include "massmap/sign_check.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <numbers>

#include "base/rng.hpp"
#include "operators/lensing.hpp"

namespace lacuna {
namespace {

constexpr double significance = 3;
constexpr std::uint32_t rotationStream = 0x71;

/// Figures of one shear field: the E map of (g1, g2) and of (g1, -g2); the other two flips follow from their signs.
struct Figures {
  std::array<double, 2> e{}, b{}, skewness{}, clusters{};  ///< [0]: as given, [1]: g2 flipped
};

class Measure {
 public:
  Measure(const ShearField& field, std::shared_ptr<const Fft> fft, const ClusterList& clusters)
      : field_(field), inversion_(kaiserSquires(std::move(fft), 1)), clusters_(clusters) {}

  Figures operator()(Vec gamma) const {
    Figures f;
    const Space& image = field_.image.space();
    const ScratchVec flipped = field_.shear.space().scratch(), other = field_.shear.space().scratch(),
                     map = image.scratch();
    for (std::size_t k = 0; k < 2; ++k) {
      check(VecCopy(gamma, flipped));
      if (k == 1) negateSecond(flipped);
      inversion_->applyAdjoint(flipped, map);
      const auto [power, skewness] = moments(map);
      f.e[k] = power;
      f.skewness[k] = skewness;
      f.clusters[k] = atClusters(map, std::sqrt(power));
      rotateToB(flipped, other);
      inversion_->applyAdjoint(other, map);
      f.b[k] = moments(map).first;
    }
    return f;
  }

 private:
  static void negateSecond(Vec gamma) {
    const WriteLocal g(gamma);
    for (PetscInt i = g.size() / 2; i < g.size(); ++i) g[i] = -g[i];
  }
  /// Mean square and skewness inside the mask.
  std::pair<double, double> moments(Vec map) const {
    std::array<double, 4> mine{}, all{};
    {
      const ReadLocal k(map), m(field_.mask);
      for (PetscInt i = 0; i < k.size(); ++i)
        if (m[i] != 0) mine[0] += 1, mine[1] += k[i], mine[2] += k[i] * k[i], mine[3] += k[i] * k[i] * k[i];
    }
    checkMpi(MPI_Allreduce(mine.data(), all.data(), 4, MPI_DOUBLE, MPI_SUM, field_.image.comm()));
    const double n = all[0], mean = all[1] / n, square = all[2] / n, variance = square - mean * mean;
    const double third = all[3] / n - 3 * mean * square + 2 * mean * mean * mean;
    return {square, variance > 0 ? third / std::pow(variance, 1.5) : 0};
  }
  /// Mean of the map over the clusters inside the mask, in units of `unit`; NaN without any.
  double atClusters(Vec map, double unit) const {
    std::array<double, 2> mine{}, all{};
    const ReadLocal k(map), m(field_.mask);
    const Box& box = field_.image.box();
    const PetscInt nx = field_.image.shape().nx;
    for (const auto& c : clusters_) {
      const auto x = std::lround(c.x) + field_.window.start[2], y = std::lround(c.y) + field_.window.start[1];
      if (!std::isfinite(c.x) || x < 0 || x >= nx || y < box.start[3] || y >= box.start[3] + box.count[3]) continue;
      const auto i = static_cast<PetscInt>((y - box.start[3]) * nx + x);
      if (m[i] != 0) mine[0] += 1, mine[1] += k[i];
    }
    checkMpi(MPI_Allreduce(mine.data(), all.data(), 2, MPI_DOUBLE, MPI_SUM, field_.image.comm()));
    return all[0] > 0 && unit > 0 ? all[1] / all[0] / unit : std::nan("");
  }

  const ShearField& field_;
  std::shared_ptr<const SpectralFilter> inversion_;
  const ClusterList& clusters_;
};

/// Every pixel's shear turned by an angle of its own.
void turn(const ShearField& field, const Rng& rng, Vec gamma) {
  const ReadLocal in(field.gamma);
  const WriteLocal out(gamma);
  const PetscInt n = in.size() / 2;
  for (const NaturalRun& run : field.image.space().naturalRuns())
    for (PetscInt k = 0; k < run.count; ++k) {
      const PetscInt i = run.local + k;
      const double angle = 2 * std::numbers::pi * rng.uniformPair(run.natural + k).first;
      const double c = std::cos(angle), s = std::sin(angle);
      out[i] = c * in[i] - s * in[n + i];
      out[n + i] = s * in[i] + c * in[n + i];
    }
}

/// (E - B)[as given] - (E - B)[flipped]: positive if the parity is right.
double parityFigure(const Figures& f) { return (f.e[0] - f.b[0]) - (f.e[1] - f.b[1]); }

double rms(const std::vector<double>& v) {
  double sum = 0;
  for (double x : v) sum += x * x;
  return std::sqrt(sum / static_cast<double>(v.size()));
}

/// 0 where there is nothing to measure: one pixel has no power but in its mean.
double inUnits(double value, double unit) { return unit > 0 ? value / unit : 0; }

}  // namespace

SignCheck checkSigns(const ShearField& field, std::shared_ptr<const Fft> fft, const ClusterList& clusters,
                     std::uint64_t seed, int realisations) {
  const Measure measure(field, std::move(fft), clusters);
  const Figures data = measure(field.gamma);
  SignCheck check;
  for (int s1 : {1, -1})
    for (int s2 : {1, -1}) {
      const std::size_t k = s1 == s2 ? 0 : 1;  // (-,-) is minus the map of (+,+), (-,+) minus that of (+,-)
      check.flips.push_back({s1, s2, data.e[k], data.b[k], s1 * data.skewness[k], s1 * data.clusters[k]});
    }
  std::vector<double> parity, skewness[2], atClusters[2];
  const ScratchVec turned = field.shear.space().scratch();
  for (int i = 0; i < realisations; ++i) {
    turn(field, Rng(seed, rotationStream).at(static_cast<std::uint32_t>(i)), turned);
    const Figures f = measure(turned);
    parity.push_back(parityFigure(f));
    for (std::size_t k = 0; k < 2; ++k) {
      skewness[k].push_back(f.skewness[k]);
      atClusters[k].push_back(f.clusters[k]);
    }
  }
  check.parity = inUnits(parityFigure(data), rms(parity));
  check.parityDecided = std::abs(check.parity) > significance;
  const std::size_t k = check.parity >= 0 ? 0 : 1;
  check.fromClusters = std::isfinite(data.clusters[k]);
  check.sign =
      check.fromClusters ? inUnits(data.clusters[k], rms(atClusters[k])) : inUnits(data.skewness[k], rms(skewness[k]));
  check.signDecided = check.parityDecided && std::abs(check.sign) > significance;
  const int s1 = check.sign >= 0 ? 1 : -1, s2 = k == 0 ? s1 : -s1;
  check.best = (s1 > 0 ? 0 : 2) + (s2 > 0 ? 0 : 1);
  return check;
}

std::string SignCheck::text() const {
  std::string out = fmt::format("{:>10}{:>10}{:>12}{:>12}{:>8}{:>10}{:>12}\n", "flip_e1", "flip_e2", "E power",
                                "B power", "E/B", "skewness", "clusters");
  for (const FlipResult& f : flips)
    out += fmt::format("{:>10}{:>10}{:>12.4g}{:>12.4g}{:>8}{:>10.3f}{:>12}\n", f.s1 < 0,
                       f.s2<0, f.ePower, f.bPower, f.bPower> 0 ? fmt::format("{:.3f}", f.ePower / f.bPower) : "-",
                       f.skewness, std::isfinite(f.clusters) ? fmt::format("{:.2f}", f.clusters) : "-");
  out += fmt::format("parity: (e1, e2) against (e1, -e2) by E/B power: {:+.1f} sd{}\n", parity,
                     parityDecided ? "" : " - undecided");
  out += fmt::format("overall sign by {}: {:+.1f} sd{}\n",
                     fromClusters ? "the clusters" : "the skewness of the 1-pixel-smoothed map", sign,
                     signDecided ? "" : " - undecided");
  if (signDecided)
    out += fmt::format("verdict: relative to the data as read now, set flip_e1 = {}, flip_e2 = {}\n",
                       flips[static_cast<std::size_t>(best)].s1 < 0, flips[static_cast<std::size_t>(best)].s2 < 0);
  else if (parityDecided)
    out +=
        fmt::format("verdict: e1 and e2 {}; the overall sign is undecided: give a list of clusters ([data] clusters)\n",
                    parity > 0 ? "have the right relative sign" : "have opposite conventions: flip one of them");
  else
    out += "verdict: undecided: neither parity nor sign is significant in these data\n";
  return out;
}

}  // namespace lacuna
