#include "solvers/spectral_preconditioner.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "grid/padding.hpp"
#include "operators/psf_transfer.hpp"
#include "solvers/spectral_kernels.hpp"

namespace lacuna {
namespace {

using Complex = Fft::Complex;

/// No mode of M counts less than this part of the strongest data term: some, nothing else holds.
constexpr double leastPart = 1e-4;

double phaseOf(const Mode& k, PetscInt z, PetscInt y, PetscInt x) {
  return 2 * std::numbers::pi *
         (k.fz * static_cast<double>(z) + k.fy * static_cast<double>(y) + k.fx * static_cast<double>(x));
}

/// |h(k)|^2
double squaredTransfer(const Psf& h, const Mode& k) {
  if (k.zero()) return std::pow(std::accumulate(h.values.begin(), h.values.end(), 0.0), 2);
  Complex sum = 0;
  std::size_t i = 0;
  for (PetscInt z = 0; z < h.nz; ++z)
    for (PetscInt y = 0; y < h.ny; ++y)
      for (PetscInt x = 0; x < h.nx; ++x) sum += h.values[i++] * std::polar(1.0, -phaseOf(k, z, y, x));
  return std::norm(sum);
}

/// Where a mode does not vary no prior is thought of: what is solved for has none of it.
double precision(double P) { return P > 0 ? 1 / P : 0; }

}  // namespace

/// The preconditioner as an operator, which solvers hold.
class SpectralPreconditioner::Inverse final : public LinearOperator {
 public:
  explicit Inverse(SpectralPreconditioner& of) : LinearOperator(of.image_.space(), of.image_.space()), of_(of) {}

 private:
  void doApplyForward(Vec x, Vec y) const override { of_.apply(x, y); }
  void doApplyAdjoint(Vec y, Vec x) const override { of_.apply(y, x); }
  SpectralPreconditioner& of_;
};

Shape SpectralPreconditioner::gridShape(const Cube& image, const std::vector<Psf>& psfs, RowBoundary boundary) {
  Shape s = image.shape();
  if (boundary == RowBoundary::Periodic) return s;
  std::array<PetscInt, 3> reach{1, 1, 1};
  for (const Psf& h : psfs) reach = {std::max(reach[0], h.nz), std::max(reach[1], h.ny), std::max(reach[2], h.nx)};
  const auto padded = [](PetscInt n, PetscInt r) { return n > 1 ? fastExtent(n + r - 1) : n; };
  return {s.frames, 1, padded(s.nz, reach[0]), padded(s.ny, reach[1]), padded(s.nx, reach[2])};
}

SpectralPreconditioner::SpectralPreconditioner(const ConvexProblem& p)
    : image_(p.image),
      grid_(p.image.gridPointer(), gridShape(p.image, p.psfs, p.boundary)),
      fft_(grid_, p.planning),
      rows_(grid_, image_, {}),
      chain_(p.chain),
      share_(fft_.modes().share()) {
  const PetscInt frames = image_.shape().frames, epochs = p.data.shape().frames;
  if (frames != epochs && frames != 1)
    throw Error(ExitCode::BadConfig, "preconditioner: " + std::to_string(epochs) + " frames of data for " +
                                         std::to_string(frames) + " of the image");
  if (p.power) probe_ = probeOf(p.power);
  for (double& s : share_) s /= static_cast<double>(grid_.shape().pixels());
  const auto squares = [this](const Psf& h) {
    std::vector<double> s;
    for (const Complex& v : psfTransfer(fft_.modes(), h)) s.push_back(std::norm(v));
    return s;
  };
  seen0_.assign(static_cast<std::size_t>(frames), 0);
  if (p.stack()) {
    auto& sum = seen_.emplace_back(share_.size(), 0.0);
    for (PetscInt e = 0; e < epochs; ++e) {
      const Psf& h = p.psfs[p.psfs.size() == 1 ? 0 : static_cast<std::size_t>(e)];
      const std::vector<double> s = squares(h);
      for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += s[k];
      seen0_[0] += squaredTransfer(h, probe_);
    }
  } else {
    const auto first = static_cast<std::size_t>(grid_.box().start[0]);
    seen0_[0] = squaredTransfer(p.psfs[0], probe_);
    for (std::size_t t = 1; t < seen0_.size(); ++t)
      seen0_[t] = p.psfs.size() == 1 ? seen0_[0] : squaredTransfer(p.psfs[t], probe_);
    const std::size_t own = p.psfs.size() == 1 ? 1 : static_cast<std::size_t>(grid_.box().count[0]);
    for (std::size_t t = 0; t < own; ++t) seen_.push_back(squares(p.psfs[p.psfs.size() == 1 ? 0 : first + t]));
  }
  std::vector<double> link;
  fft_.modes().forEach([&](const Mode& k) {
    const double g = squaredDifferences(k, p.spacing);
    quadratic_.push_back(p.smooth * (p.order == 2 ? g * g : g) + (p.power ? precision(p.power(k)) : 0));
    if (p.chain && p.chainPower) link.push_back(1 / p.chainPower(k));
  });
  if (p.power) quadratic0_ = precision(p.power(probe_));
  if (p.chain && p.chainPower) link0_ = 1 / p.chainPower(probe_);
  inverse_ = std::make_unique<SpectralChain>(grid_, fft_.modes().perPlane(), p.chain, std::move(link));
}

/// k = 0, or where it has no power the mode of lowest frequency that has.
Mode SpectralPreconditioner::probeOf(const Transfer& power) const {
  if (power(Mode()) > 0) return {};
  std::array<double, 4> best{std::numeric_limits<double>::infinity()};  // |f|^2, f
  fft_.modes().forEach([&](const Mode& k) {
    if (power(k) > 0) best = std::min(best, {k.fz * k.fz + k.fy * k.fy + k.fx * k.fx, k.fz, k.fy, k.fx});
  });
  std::vector<double> all(4 * static_cast<std::size_t>(sizeOf(image_.comm())));
  checkMpi(MPI_Allgather(best.data(), 4, MPI_DOUBLE, all.data(), 4, MPI_DOUBLE, image_.comm()));
  for (std::size_t i = 0; i < all.size(); i += 4) best = std::min(best, {all[i], all[i + 1], all[i + 2], all[i + 3]});
  Mode k;
  if (std::isfinite(best[0])) k.fz = best[1], k.fy = best[2], k.fx = best[3];
  return k;
}

/// cos(2 pi k x), in every frame.
void SpectralPreconditioner::fillProbe(Vec v) const {
  if (probe_.zero()) return check(VecSet(v, 1));
  const Box& box = image_.box();
  const WriteLocal out(v);
  PetscInt i = 0;
  for (PetscInt t = 0; t < box.count[0]; ++t)
    for (PetscInt z = 0; z < box.count[2]; ++z)
      for (PetscInt y = 0; y < box.count[3]; ++y)
        for (PetscInt x = 0; x < box.count[4]; ++x)
          out[i++] = std::cos(phaseOf(probe_, box.start[2] + z, box.start[3] + y, box.start[4] + x));
}

OperatorPointer SpectralPreconditioner::at(const TermAt& point) {
  // v.M v of a frame is w_t |h|^2 + what the priors say of the probe v, which is known, times v.v.
  const ScratchVec probe = image_.space().scratch(), product = image_.space().scratch();
  fillProbe(probe);
  point.curvature(Curvature::Fisher)->apply(probe, product);
  check(VecPointwiseMult(product, product, probe));
  std::vector<double> sums(seen0_.size(), 0), all(seen0_.size(), 0);
  {
    const ReadLocal v(product);
    const Box& box = image_.box();
    const auto first = static_cast<std::size_t>(box.start[0]), count = static_cast<std::size_t>(box.count[0]);
    const std::size_t own = count > 0 ? static_cast<std::size_t>(v.size()) / count : 0;
    for (std::size_t t = 0; t < count; ++t)
      sums[first + t] = std::accumulate(v.data() + t * own, v.data() + (t + 1) * own, 0.0);
  }
  checkMpi(MPI_Allreduce(sums.data(), all.data(), static_cast<int>(all.size()), MPI_DOUBLE, MPI_SUM, image_.comm()));
  PetscScalar squares = 0;
  check(VecDot(probe, probe, &squares));
  squares /= static_cast<double>(all.size());
  double largest = 0;
  for (std::size_t t = 0; t < all.size(); ++t) {
    double known = quadratic0_;
    if (chain_) {
      known += link0_ * chain_->diagonal(t);
      if (t > 0) known += link0_ * chain_->offDiagonal(t - 1);
      if (t + 1 < all.size()) known += link0_ * chain_->offDiagonal(t);
    }
    all[t] = std::max(all[t] / squares - known, 0.0) / std::max(seen0_[t], 1e-300);
    largest = std::max(largest, all[t]);
  }
  for (double& w : all) w = std::max(w, leastPart * largest);
  factor(all);
  return std::make_shared<Inverse>(*this);
}

void SpectralPreconditioner::factor(const std::vector<double>& weights) {
  double least = 0;
  for (std::size_t t = 0; t < weights.size(); ++t) least = std::max(least, leastPart * weights[t] * seen0_[t]);
  if (least == 0) least = 1;  // data that say nothing, and perhaps no prior: the identity
  inverse_->factor([&](PetscInt frame, double* d) {
    const std::vector<double>& seen =
        seen_.size() == 1 ? seen_[0] : seen_[static_cast<std::size_t>(frame - grid_.box().start[0])];
    const double w = weights[static_cast<std::size_t>(frame)];
    for (std::size_t k = 0; k < seen.size(); ++k) d[k] += std::max(w * seen[k] + quadratic_[k], least);
  });
}

void SpectralPreconditioner::apply(Vec x, Vec y) {
  const PetscInt frames = grid_.box().count[0];
  auto timed = phase_.scope(2.0 * static_cast<double>(frames));
  const auto line =
      static_cast<std::size_t>(fft_.modes().lineLength()) * static_cast<std::size_t>(fft_.modes().inner());
  const ReadLocal in(x);
  const WriteLocal out(y);
  rows_.sendField(in.data());
  const auto modesOf = [line](PetscInt n) { return static_cast<PetscInt>(line) * n; };
  for (PetscInt step = 0; step < frames; ++step) {
    const PetscInt t = inverse_->frameAt(step);
    fft_.forward(
        1,
        [&](PetscInt, PetscInt first, PetscInt count, double* rows) {
          std::fill_n(rows, static_cast<std::size_t>(count) * static_cast<std::size_t>(rows_.rowLength()), 0.0);
          rows_.toGrid(in.data(), t, first, count, rows);
        },
        [&](PetscInt, PetscInt first, PetscInt count, Complex* lines) {
          for (std::size_t k = 0, n = static_cast<std::size_t>(modesOf(count)); k < n; ++k)
            lines[k] *= share_[static_cast<std::size_t>(modesOf(first)) + k];
          inverse_->eliminate(t, modesOf(first), modesOf(count), lines);
        });
  }
  inverse_->couple();
  for (PetscInt step = frames - 1; step >= 0; --step) {
    const PetscInt t = inverse_->frameAt(step);
    fft_.backward(
        1,
        [&](PetscInt, PetscInt first, PetscInt count, Complex* lines) {
          inverse_->substitute(t, modesOf(first), modesOf(count), lines);
        },
        [&](PetscInt, PetscInt first, PetscInt count, double* rows) {
          rows_.toField(rows, t, first, count, out.data());
        });
  }
  rows_.receiveField(out.data());
}

}  // namespace lacuna
