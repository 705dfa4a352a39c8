#include "solvers/richardson_lucy.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "base/phase.hpp"
#include "base/stage.hpp"
#include "model/bad_entries.hpp"
#include "model/counts.hpp"
#include "operators/convolution.hpp"
#include "solvers/poisson_ratio.hpp"

namespace lacuna {
namespace {

VecHandle shared(Vec v) {
  check(PetscObjectReference(reinterpret_cast<PetscObject>(v)));
  return VecHandle(v);
}

/// Entries of `v` where `counts` says that they are used; zero elsewhere.
VecHandle usedOf(const Space& space, Vec v, const Counts& counts) {
  VecHandle out = space.vec();
  const ReadLocal in(v);
  const WriteLocal to(out);
  for (PetscInt i = 0; i < to.size(); ++i) to[i] = std::isnan(counts.values[static_cast<std::size_t>(i)]) ? 0 : in[i];
  return out;
}

/// `v`, which must be finite and not negative where it is used.
VecHandle checkedFactor(const Space& space, Vec v, const Counts& counts, Vec mask, const char* what) {
  if (!space.holds(v)) throw Error(std::string("Richardson-Lucy: the ") + what + " is not in the space of the data");
  BadEntries bad;
  {
    const ReadLocal in(v);
    for (const NaturalRun& run : space.naturalRuns())
      for (PetscInt k = 0; k < run.count; ++k) {
        const PetscInt i = run.local + k;
        const bool used = !std::isnan(counts.values[static_cast<std::size_t>(i)]);
        if (used && !(in[i] >= 0 && std::isfinite(in[i]))) bad.add(run.natural + k * run.stride);
      }
  }
  bad.throwIfAny(space.comm(), std::string("Richardson-Lucy: ") + what + " that is negative or not finite");
  return mask ? usedOf(space, v, counts) : shared(v);
}

/// The entries of a vector that may be missing.
class OptionalRead {
 public:
  explicit OptionalRead(Vec v) {
    if (v) read_.emplace(v);
  }
  const double* from(PetscInt first) const { return read_ ? read_->data() + first : nullptr; }

 private:
  std::optional<ReadLocal> read_;
};

constexpr double mostMomentum = 0.999;
/// Not to 0, which multiplication never leaves: a count that only such a pixel explains would have no mean.
double extrapolated(double x, double previous, double factor) { return std::max(x + factor * (x - previous), 0.1 * x); }

void requireStart(const Space& space, Vec x) {
  if (!space.holds(x)) throw Error("Richardson-Lucy: x is not in the domain");
  BadEntries bad;
  {
    const ReadLocal in(x);
    for (const NaturalRun& run : space.naturalRuns())
      for (PetscInt k = 0; k < run.count; ++k)
        if (const double value = in[run.local + k]; !(value >= 0 && std::isfinite(value)))
          bad.add(run.natural + k * run.stride);
  }
  bad.throwIfAny(space.comm(), "Richardson-Lucy: a start that is negative or not finite");
}

}  // namespace

/// H x through `work`, and H^T of it: line by line where H is a Convolution, through vectors elsewhere.
class RichardsonLucy::Projector {
 public:
  using Fill = ConvolutionEngine::Fill;
  using Use = ConvolutionEngine::Use;
  using Work = ConvolutionEngine::Work;

  explicit Projector(const LinearOperator& H) : H_(H), lines_(dynamic_cast<const Convolution*>(&H)) {
    if (!lines_) data_.emplace(H.range().scratch());
  }
  void forward(const Fill& fill, const Work& work) const {
    if (lines_) {
      const auto timed = phase_.scope(pixels());
      return lines_->forwardKept(fill, work);
    }
    const ScratchVec x = H_.domain().scratch();
    {
      const WriteLocal in(x);
      fill(0, in.size(), in.data());
    }
    H_.apply(x, *data_);
    const WriteLocal out(*data_);
    work(0, out.size(), out.data());
  }
  void adjoint(const Use& use) const {
    if (lines_) {
      const auto timed = phase_.scope(pixels());
      return lines_->adjointOfKept(use);
    }
    const ScratchVec x = H_.domain().scratch();
    H_.applyAdjoint(*data_, x);
    const ReadLocal out(x);
    use(0, out.size(), out.data());
  }

 private:
  double pixels() const { return 1e-6 * static_cast<double>(H_.range().local()); }

  const LinearOperator& H_;
  const Convolution* lines_;
  std::optional<ScratchVec> data_;
  Phase phase_{"convolution", "Mpixel"};  ///< with what is done to the lines on the way
};

/// What the extrapolation remembers.
struct RichardsonLucy::Momentum {
  VecHandle previous, step;  ///< x_(k-1), and x_k less where the step to it began
  double factor = 0;
};

RichardsonLucy::RichardsonLucy(OperatorPointer H, Vec counts, Vec exposure, Vec background, Vec mask, double level)
    : H_(std::move(H)), level_(level) {
  const Space& data = H_->range();
  {
    const Counts read = readCounts("Richardson-Lucy", data, counts, mask);
    if (exposure) e_ = checkedFactor(data, exposure, read, mask, "an exposure");
    if (background) b_ = checkedFactor(data, background, read, mask, "a background");
    y_ = mask ? usedOf(data, counts, read) : shared(counts);
    if (mask && !(exposure && background)) {
      const ScratchVec flat = data.scratch();
      check(VecSet(flat, 1));
      if (!exposure) e_ = usedOf(data, flat, read);
      check(VecSet(flat, level));
      if (!background && level > 0) b_ = usedOf(data, flat, read);
    }
  }
  inverse_ = H_->domain().vec();
  {
    const ScratchVec ones = data.scratch();
    check(VecSet(ones, 1));
    H_->applyAdjoint(e_ ? Vec(e_) : Vec(ones), inverse_);
  }
  PetscReal largest = 0;
  check(VecMax(inverse_, nullptr, &largest));
  const WriteLocal s(inverse_);
  for (PetscInt i = 0; i < s.size(); ++i) s[i] = s[i] > 1e-13 * largest ? 1 / s[i] : 0;
}

/// H x or, with momentum, H of the extrapolated x becomes e y / mu. Returns the energy, or 0 where nobody asks for it.
double RichardsonLucy::evaluate(const Projector& project, Vec x, const Momentum* momentum, bool energy) const {
  const ReadLocal in(x), y(y_);
  const OptionalRead e(e_), b(b_), previous(momentum ? Vec(momentum->previous) : nullptr);
  const double factor = momentum ? momentum->factor : 0;
  std::vector<double> flat;  // a background that is one number, for a line
  double sum = 0;
  project.forward(
      [&](PetscInt first, PetscInt count, double* values) {
        if (factor > 0)
          for (PetscInt i = 0; i < count; ++i) values[i] = extrapolated(in[first + i], previous.from(first)[i], factor);
        else
          std::copy_n(in.data() + first, count, values);
      },
      [&](PetscInt first, PetscInt count, double* values) {
        if (!b_ && level_ > 0 && flat.size() < static_cast<std::size_t>(count))
          flat.assign(static_cast<std::size_t>(count), level_);
        const double* background = flat.empty() ? b.from(first) : flat.data();
        sum += poissonRatio(count, y.data() + first, e.from(first), background, energy, values);
      });
  return energy ? sumOver(H_->range().comm(), [&] { return sum; }) : 0;
}

/// x <- x * H^T (e y / mu) / H^T e, from the (extrapolated) x that was evaluated.
void RichardsonLucy::advance(const Projector& project, Vec x, Momentum* momentum) const {
  const ReadLocal inverse(inverse_);
  if (!momentum) {
    const WriteLocal out(x);
    project.adjoint([&](PetscInt first, PetscInt count, const double* values) {
      double* to = out.data() + first;
      const double* s = inverse.data() + first;
      // A transform may leave a sum of positive terms just below zero.
      for (PetscInt i = 0; i < count; ++i) to[i] *= std::max(values[i], 0.0) * s[i];
    });
    return;
  }
  double products[2] = {0, 0}, all[2];
  {
    const WriteLocal out(x), previous(momentum->previous), step(momentum->step);
    project.adjoint([&](PetscInt first, PetscInt count, const double* values) {
      for (PetscInt i = first; i < first + count; ++i) {
        const double start = extrapolated(out[i], previous[i], momentum->factor);
        const double next = start * std::max(values[i - first], 0.0) * inverse[i], g = next - start;
        products[0] += g * step[i];
        products[1] += step[i] * step[i];
        previous[i] = out[i];
        out[i] = next;
        step[i] = g;
      }
    });
  }
  checkMpi(MPI_Allreduce(products, all, 2, MPI_DOUBLE, MPI_SUM, H_->domain().comm()));
  momentum->factor = all[1] > 0 ? std::clamp(all[0] / all[1], 0.0, mostMomentum) : 0;
}

RichardsonLucyResult RichardsonLucy::solve(Vec x, const RichardsonLucyOptions& options, Observer* observer) const {
  requireStart(H_->domain(), x);
  const double started = MPI_Wtime();
  {
    const ReadLocal s(inverse_);
    const WriteLocal start(x);
    for (PetscInt i = 0; i < start.size(); ++i)
      if (s[i] == 0) start[i] = 0;
  }
  std::optional<Momentum> momentum;
  if (options.accelerate) {
    momentum.emplace(Momentum{H_->domain().vec(), H_->domain().vec(), 0});
    check(VecCopy(x, momentum->previous));
  }
  Momentum* const m = momentum ? &*momentum : nullptr;

  int k = 0;
  State state;
  state.field("x", H_->domain(), x).value("iteration", k);
  if (m)
    state.field("previous", H_->domain(), m->previous).field("step", H_->domain(), m->step).value("factor", m->factor);
  const Stage stage(observer, "richardson-lucy", state);
  const int first = k;  // of an earlier run

  const Projector project(*H_);
  RichardsonLucyResult result;
  for (;; ++k) {
    const bool last = k >= options.iterations;
    if (last && m) m->factor = 0;  // the result itself, not where a next step would begin
    const double energy = evaluate(project, x, m, observer || last || k == first);
    if (k == 0 && std::isinf(energy))
      throw Error(ExitCode::BadData,
                  "Richardson-Lucy: there are counts where the mean is zero (no exposure, no background, or nothing of "
                  "the start reaches them)");
    // Without an observer it is not known before the end.
    if (!std::isfinite(energy) && (observer || last))
      throw RankError(ExitCode::Diverged, 0,
                      "Richardson-Lucy: the energy is not finite in iteration " + std::to_string(k));
    if (observer && k > first) {
      Progress progress;
      progress.solver = "richardson-lucy";
      progress.iteration = k;
      progress.energy = energy;
      progress.seconds = MPI_Wtime() - started;
      progress.x = x;
      observer->iteration(progress);
    }
    result.iterations = k;
    result.energy = energy;
    if (last) break;
    advance(project, x, m);
  }
  result.converged = true;
  result.reason = k > options.iterations
                      ? "was beyond the " + std::to_string(options.iterations) + " iterations that are asked for now"
                      : "did the " + std::to_string(k) + " iterations that were asked for";
  return result;
}

}  // namespace lacuna
