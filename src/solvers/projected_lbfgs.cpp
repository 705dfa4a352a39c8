#include "solvers/projected_lbfgs.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <limits>

#include "base/stage.hpp"
#include "solvers/newton_step.hpp"
#include "solvers/projected_point.hpp"

namespace lacuna {
namespace {

/// The inverse Hessian: the last steps s, what the gradient changed by along them, y, and the diagonal D that they are
/// added to, which learns from each pair (Gilbert & Lemarechal 1989, doi:10.1007/BF01589113, eq. 4.9).
class InverseHessian {
 public:
  explicit InverseHessian(const Space& space) : space_(space), diagonal_(space.scratch()) {}
  /// Nothing is known but this much.
  void start(double diagonal) {
    forgetPairs();
    check(VecSet(diagonal_, diagonal));
    length_ = diagonal;
  }
  void forgetPairs() { pairs_.clear(); }
  /// Length of a step along the gradient, by the last pair: s.y / y.y.
  double length() const { return length_; }

  /// A new pair, in the room of the oldest if need be; its s <- x, y <- g.
  void begin(Vec x, Vec g) {
    if (pairs_.size() == most) pairs_.pop_front();
    pairs_.push_back({space_.scratch(), space_.scratch()});
    check(VecCopy(x, pairs_.back().s));
    check(VecCopy(g, pairs_.back().y));
  }
  /// s <- x - s, y <- g - y: forgotten where the energy does not curve upwards along the step.
  void end(Vec x, Vec g) {
    const Pair& p = pairs_.back();
    check(VecAYPX(p.s, -1, x));
    check(VecAYPX(p.y, -1, g));
    const auto [sy, yy, ss, yDy, sBs] = sums<5>([&](auto& sum) {
      const ReadLocal s(p.s), y(p.y), D(diagonal_);
      for (PetscInt i = 0; i < s.size(); ++i) {
        sum[0] += s[i] * y[i];
        sum[1] += y[i] * y[i];
        sum[2] += s[i] * s[i];
        sum[3] += y[i] * D[i] * y[i];
        sum[4] += s[i] / D[i] * s[i];
      }
    });
    if (!(sy > 1e-10 * std::sqrt(ss * yy))) return pairs_.pop_back();
    length_ = sy / yy;
    const ReadLocal s(p.s), y(p.y);
    const WriteLocal D(diagonal_);
    for (PetscInt i = 0; i < D.size(); ++i) {
      const double B = 1 / D[i], along = B * s[i];
      const double next = 1 / (yDy / sy * (B - along * along / sBs) + y[i] * y[i] / sy);
      if (next > 0 && next < std::numeric_limits<double>::max()) D[i] = next;
    }
  }
  /// d_i <- -(H g)_i where free, of the pairs restricted to these variables.
  void direction(Vec g, Vec free, Vec d) const {
    {
      const ReadLocal slope(g), on(free);
      const WriteLocal out(d);
      for (PetscInt i = 0; i < out.size(); ++i)
        if (on[i] != 0) out[i] = -slope[i];
    }
    std::array<double, most> alpha{}, curvature{};
    for (std::size_t k = pairs_.size(); k-- > 0;) {
      const auto [sy, sd] = sums<2>([&](auto& sum) {
        const ReadLocal s(pairs_[k].s), y(pairs_[k].y), on(free), q(d);
        for (PetscInt i = 0; i < s.size(); ++i) {
          sum[0] += on[i] * s[i] * y[i];
          sum[1] += on[i] * s[i] * q[i];
        }
      });
      if (!(sy > 0)) continue;
      curvature[k] = sy;
      alpha[k] = sd / sy;
      add(-alpha[k], pairs_[k].y, free, d);
    }
    {
      const ReadLocal D(diagonal_), on(free);
      const WriteLocal out(d);
      for (PetscInt i = 0; i < out.size(); ++i)
        if (on[i] != 0) out[i] *= D[i];
    }
    for (std::size_t k = 0; k < pairs_.size(); ++k) {
      if (curvature[k] == 0) continue;
      const auto [yd] = sums<1>([&](auto& sum) {
        const ReadLocal y(pairs_[k].y), on(free), q(d);
        for (PetscInt i = 0; i < y.size(); ++i) sum[0] += on[i] * y[i] * q[i];
      });
      add(alpha[k] - yd / curvature[k], pairs_[k].s, free, d);
    }
  }

 private:
  static constexpr std::size_t most = 4;
  struct Pair {
    ScratchVec s, y;
  };

  /// Sums over all ranks of what `local` adds up.
  template <std::size_t N, class F>
  std::array<double, N> sums(F&& local) const {
    std::array<double, N> mine{}, all{};
    local(mine);
    checkMpi(MPI_Allreduce(mine.data(), all.data(), static_cast<int>(N), MPI_DOUBLE, MPI_SUM, space_.comm()));
    return all;
  }
  /// d <- d + c v where free
  static void add(double c, Vec v, Vec free, Vec d) {
    const ReadLocal in(v), on(free);
    const WriteLocal out(d);
    for (PetscInt i = 0; i < out.size(); ++i)
      if (on[i] != 0) out[i] += c * in[i];
  }

  Space space_;
  ScratchVec diagonal_;
  std::deque<Pair> pairs_;  ///< oldest first
  double length_ = 0;
};

/// The gap of a quadratic with this gradient and the Fisher curvature over the variables that are free.
NewtonStep gapEstimate(ProjectedPoint& here, Vec d, int iterations, Observer* observer) {
  const ScratchVec free = here.term.space().scratch();
  const OperatorPointer H = here.at->curvature(Curvature::Fisher);
  const double boundGain = here.chooseFree(here.bounds.any() ? here.cauchyLength(*H) : 0, free, d);
  NewtonStep step =
      newtonStep(*H, nullptr, here.g, free,
                 {.known = std::numeric_limits<double>::infinity(), .iterations = iterations, .observer = observer}, d);
  step.gain += boundGain;
  return step;
}

}  // namespace

MapResult projectedLbfgs(const Term& term, const MapOptions& options, const Bounds& bounds, Vec x, Observer* observer) {
  const Space& space = term.space();
  const double started = MPI_Wtime();
  bounds.project(x);
  MapResult r;
  double tolerance = std::sqrt(options.rtol), startKkt = 0;
  const Stage stage(observer, "map",
                    State()
                        .field("x", space, x)
                        .value("iteration", r.iterations)
                        .value("start_energy", r.startEnergy)
                        .value("start_kkt", startKkt)
                        .value("products", r.products)
                        .value("tolerance", tolerance)
                        .loses("L-BFGS begins anew from its estimate, without what it has learnt of the curvature"));
  ProjectedPoint here(term, bounds, x);
  if (!stage.restored()) {
    r.startEnergy = here.energy;
    startKkt = here.kkt;
    here.report(observer, 0, 0);
  }
  const double reference = std::isnan(options.startEnergy) ? r.startEnergy : options.startEnergy;
  const ScratchVec d = space.scratch();
  InverseHessian inverse(space);
  const auto restart = [&] {
    const double length = here.cauchyLength(*here.at->curvature(Curvature::Fisher));
    ++r.products;
    inverse.start(length > 0 ? length : 1);
  };
  if (here.kkt > 0) restart();
  bool fresh = true;  // nothing is known but the length of the first step
  while (true) {
    const bool last = r.iterations >= options.iterations;
    bool stuck = false;
    if (!last && here.kkt > tolerance * startKkt) {
      {
        const ScratchVec free = space.scratch();
        here.chooseFree(bounds.any() ? inverse.length() : 0, free, d);
        inverse.direction(here.g, free, d);
      }
      inverse.begin(here.x, here.g);
      if (here.search(d) > 0) {
        inverse.end(here.x, here.g);
        fresh = false;
        ++r.iterations;
        here.report(observer, r.iterations, MPI_Wtime() - started, r.iterations >= options.iterations);
        continue;
      }
      stuck = fresh;
      restart();
      fresh = true;
      if (!stuck) continue;  // once more along the gradient
    }
    // The pairs make room for conjugate gradients.
    inverse.forgetPairs();
    const NewtonStep step = gapEstimate(here, d, last ? 100 : 1000, observer);
    r.products += step.iterations;
    r.gap = step.gain;
    const double enough = options.rtol * (reference - here.energy + r.gap);
    r.converged = here.kkt == 0 || (step.known && r.gap <= enough) || r.gap <= 1e-15 * std::abs(here.energy) ||
                  (stuck && r.gap <= ProjectedPoint::rounding * std::abs(here.energy));
    r.limited = !r.converged && last;
    if (r.converged || r.limited || stuck) break;
    // The gap goes with the square of the gradient.
    tolerance = std::min(0.5 * tolerance, tolerance * std::sqrt(enough / r.gap));
    tolerance = std::min(tolerance, 0.5 * here.kkt / startKkt);
  }
  r.energy = here.energy;
  r.gradientNorm = here.kkt;
  r.atBound = bounds.atBound(x);
  r.reason = r.converged ? "reached rtol"
             : r.limited ? "stopped at the limit of iterations"
                         : "no step along the direction of the method lowers the energy";
  return r;
}

}  // namespace lacuna
