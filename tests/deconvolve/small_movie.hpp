#pragma once
/// A small movie of counts, and its energy and gradient written down as sums over pixels.
#include <cmath>
#include <optional>
#include <vector>

#include "deconvolve/estimate_image.hpp"
#include "natural.hpp"
#include "testing.hpp"

namespace small {

using namespace lacuna;

inline std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

/// Counts of E frames [E][ny][nx], seen through PSFs; the image is as large, or larger by `margin` on every side.
struct Movie {
  PetscInt frames = 3, ny = 5, nx = 6, margin = 0;
  bool stack = false;
  std::vector<Psf> psfs{{1, 3, 3, {0, 1, 1}, {0.05, 0.1, 0.05, 0.1, 0.4, 0.1, 0.05, 0.1, 0.05}}};
  std::vector<double> counts, mask, exposure, background;
  double smooth = 0.2;
  std::optional<TimeChain> chain;

  PetscInt height() const { return ny + 2 * margin; }
  PetscInt width() const { return nx + 2 * margin; }
  PetscInt imageFrames() const { return stack ? 1 : frames; }

  Movie() {
    for (PetscInt i = 0; i < frames * ny * nx; ++i) {
      counts.push_back(i % 3 == 0 ? 0 : static_cast<double>((7 * i) % 11));
      mask.push_back(i % 13 != 5);
      exposure.push_back(i % 17 == 4 ? 0 : 1 + 0.1 * static_cast<double>(i % 5));
      background.push_back(0.3);
    }
    counts[20] = std::nan("");
    mask[20] = 0;
    chain = randomWalk(at(frames), 1.5, 1, 4);
  }
  double& pixel(std::vector<double>& x, PetscInt t, PetscInt r, PetscInt c) const {
    return x[at((t * height() + r) * width() + c)];
  }
  /// Calls f(datum, image pixel, weight) for every tap.
  template <class F>
  void eachTap(F&& f) const {
    for (PetscInt t = 0; t < frames; ++t) {
      const Psf& h = psfs[psfs.size() == 1 ? 0 : at(t)];
      for (PetscInt r = 0; r < ny; ++r)
        for (PetscInt c = 0; c < nx; ++c)
          for (PetscInt a = 0; a < h.ny; ++a)
            for (PetscInt b = 0; b < h.nx; ++b) {
              const PetscInt i = r + margin - (a - h.center[1]), j = c + margin - (b - h.center[2]);
              if (i < 0 || i >= height() || j < 0 || j >= width()) continue;
              f(at((t * ny + r) * nx + c), at(((stack ? 0 : t) * height() + i) * width() + j),
                h.values[at(a * h.nx + b)]);
            }
    }
  }
  /// Energy at x (of s = ln x for the chain, where `log`), and its gradient in x, the chain's in s.
  double energy(const std::vector<double>& x, std::vector<double>& gradient,
                std::vector<double>* inLog = nullptr) const {
    std::vector<double> mu = background, slope(counts.size(), 0);
    eachTap([&](std::size_t d, std::size_t p, double w) { mu[d] += exposure[d] * w * x[p]; });
    double E = 0;
    for (std::size_t d = 0; d < counts.size(); ++d)
      if (mask[d] != 0)
        E += mu[d] - (counts[d] > 0 ? counts[d] * std::log(mu[d]) : 0), slope[d] = 1 - counts[d] / mu[d];
    gradient.assign(x.size(), 0);
    eachTap([&](std::size_t d, std::size_t p, double w) { gradient[p] += exposure[d] * w * slope[d]; });
    for (PetscInt t = 0; t < imageFrames(); ++t)
      for (PetscInt r = 0; r < height(); ++r)
        for (PetscInt c = 0; c < width(); ++c)
          for (const auto& [i, j] : {std::pair{r + 1, c}, std::pair{r, c + 1}}) {
            if (i >= height() || j >= width()) continue;
            const std::size_t p = at((t * height() + r) * width() + c), q = at((t * height() + i) * width() + j);
            E += 0.5 * smooth * (x[p] - x[q]) * (x[p] - x[q]);
            gradient[p] += smooth * (x[p] - x[q]), gradient[q] += smooth * (x[q] - x[p]);
          }
    if (!chain || stack) return E;
    std::vector<double>& g = inLog ? *inLog : gradient;
    if (inLog) inLog->assign(x.size(), 0);
    const auto v = [&](std::size_t i) { return inLog ? std::log(x[i]) : x[i]; };
    const std::size_t plane = at(height() * width());
    for (std::size_t p = 0; p < plane; ++p)
      for (std::size_t t = 0; t < at(frames); ++t) {
        const double sd = t == 0 ? chain->initialSd : chain->sd[t];
        const double r = (v(t * plane + p) - (t == 0 ? chain->initialMean : v((t - 1) * plane + p))) / sd;
        E += 0.5 * r * r;
        g[t * plane + p] += r / sd;
        if (t > 0) g[(t - 1) * plane + p] -= r / sd;
      }
    return E;
  }

  struct Built {
    ImagingModel model;
    ImagingPriors priors;
  };
  Built build(const DeconvolveOptions& options, bool chainOnLog = false) const {
    const Cube data = cubeOf({frames, 1, 1, ny, nx}, stack ? 1 : 0);
    const Cube image(data.gridPointer(), {imageFrames(), 1, 1, height(), width()});
    ImagingData d;
    d.cube = data;
    const auto vec = [&](const std::vector<double>& values) {
      VecHandle x = data.space().vec();
      fillNatural(data.space(), x, [&](std::int64_t i) { return values[at(i)]; });
      return x;
    };
    d.counts = vec(counts), d.mask = vec(mask), d.exposure = vec(exposure), d.background = vec(background);
    Built built{imagingModel(std::move(d), image, psfs, options), {}};
    built.priors.space.kind = SpacePrior::Kind::Smooth;
    built.priors.space.strength = smooth;
    if (chain && !stack) {
      built.priors.time.kind = TimePrior::Kind::Chain;
      built.priors.time.chain = chain;
      built.priors.time.onLog = chainOnLog;
    }
    return built;
  }
};

}  // namespace small
