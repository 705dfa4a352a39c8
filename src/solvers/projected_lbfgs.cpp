#include "solvers/projected_lbfgs.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <deque>
#include <limits>
#include <vector>

#include "base/stage.hpp"
#include "solvers/newton_step.hpp"
#include "solvers/projected_point.hpp"

namespace lacuna {
namespace {

/// The inverse Hessian: the last steps s, what the gradient changed by along them, y, and the diagonal D that they are
/// added to, which learns from each pair (Gilbert & Lemarechal 1989, doi:10.1007/BF01589113, eq. 4.9). They shape the
/// direction and no more, and so are kept in single precision: a pair takes the room of one vector. One that its range
/// does not hold is forgotten.
class InverseHessian {
 public:
  explicit InverseHessian(const Space& space) : space_(space), diagonal_(static_cast<std::size_t>(space.local())) {}
  /// Nothing is known but this much.
  void start(double diagonal) {
    forgetPairs();
    std::fill(diagonal_.begin(), diagonal_.end(), static_cast<float>(diagonal));
    length_ = diagonal;
  }
  void forgetPairs() { pairs_.clear(); }
  /// Length of a step along the gradient, by the last pair: s.y / y.y.
  double length() const { return length_; }

  /// Room for a new pair, that of the oldest if need be: until end(), or cancel(), a vector in double precision.
  Vec begin() {
    if (pairs_.size() == most) pairs_.pop_front();
    pairs_.push_back(space_.scratch());
    return pairs_.back();
  }
  void cancel() { pairs_.pop_back(); }
  /// The pair s = x - start, y = g - slope, with `start` what begin() gave: forgotten where the energy does not curve
  /// upwards along the step.
  void end(Vec slope, Vec x, Vec g) {
    const auto [sy, yy, ss, yDy, sBs] = sums<5>([&](auto& sum) {
      const ReadLocal oldG(slope), newX(x), newG(g);
      const WriteLocal pair(pairs_.back());
      for (PetscInt i = 0; i < pair.size(); ++i) {
        const Entry e{static_cast<float>(newX[i] - pair[i]), static_cast<float>(newG[i] - oldG[i])};
        pair[i] = std::bit_cast<double>(e);
        const double s = e.s, y = e.y, D = diagonal(i);
        sum[0] += s * y;
        sum[1] += y * y;
        sum[2] += s * s;
        sum[3] += y * D * y;
        sum[4] += s / D * s;
      }
    });
    if (!(sy > 1e-10 * std::sqrt(ss * yy)) || !std::isfinite(sy)) return cancel();
    length_ = sy / yy;
    const ReadLocal pair(pairs_.back());
    for (PetscInt i = 0; i < pair.size(); ++i) {
      const auto e = std::bit_cast<Entry>(pair[i]);
      const double s = e.s, y = e.y, B = 1 / diagonal(i), along = B * s;
      const double next = 1 / (yDy / sy * (B - along * along / sBs) + y * y / sy);
      if (next >= std::numeric_limits<float>::min() && next <= std::numeric_limits<float>::max())
        diagonal_[static_cast<std::size_t>(i)] = static_cast<float>(next);
    }
  }
  /// d <- -H g where free, of the pairs restricted to these variables; where a step of length() along the gradient gets
  /// to a bound that it pushes against, the way there.
  void direction(const ProjectedPoint& here, Vec d) const {
    std::vector<unsigned char> free(diagonal_.size());
    const ReadLocal x(here.x), g(here.g);
    const WriteLocal q(d);
    const double length = here.bounds.any() ? length_ : 0;
    const auto above = [&](PetscInt i) { return x[i] - here.bounds.lower(i); };
    const auto on = [&](PetscInt i) { return free[static_cast<std::size_t>(i)] != 0; };
    for (PetscInt i = 0; i < q.size(); ++i) {
      const bool bound = g[i] > 0 && above(i) <= length * g[i];
      free[static_cast<std::size_t>(i)] = !bound;
      q[i] = bound ? 0 : -g[i];
    }
    std::array<double, most> alpha{}, curvature{};
    for (std::size_t k = pairs_.size(); k-- > 0;) {
      const ReadLocal pair(pairs_[k]);
      const auto [sy, sd] = sums<2>([&](auto& sum) {
        for (PetscInt i = 0; i < q.size(); ++i) {
          if (!on(i)) continue;
          const auto e = std::bit_cast<Entry>(pair[i]);
          sum[0] += double{e.s} * e.y;
          sum[1] += e.s * q[i];
        }
      });
      if (!(sy > 0)) continue;
      curvature[k] = sy;
      alpha[k] = sd / sy;
      for (PetscInt i = 0; i < q.size(); ++i)
        if (on(i)) q[i] -= alpha[k] * std::bit_cast<Entry>(pair[i]).y;
    }
    for (PetscInt i = 0; i < q.size(); ++i) q[i] *= diagonal(i);
    for (std::size_t k = 0; k < pairs_.size(); ++k) {
      if (curvature[k] == 0) continue;
      const ReadLocal pair(pairs_[k]);
      const auto [yd] = sums<1>([&](auto& sum) {
        for (PetscInt i = 0; i < q.size(); ++i) sum[0] += std::bit_cast<Entry>(pair[i]).y * q[i];
      });
      for (PetscInt i = 0; i < q.size(); ++i)
        if (on(i)) q[i] += (alpha[k] - yd / curvature[k]) * std::bit_cast<Entry>(pair[i]).s;
    }
    for (PetscInt i = 0; i < q.size(); ++i)
      if (!on(i)) q[i] = -above(i);
  }

 private:
  static constexpr std::size_t most = 4;
  struct Entry {
    float s, y;
  };
  static_assert(sizeof(Entry) == sizeof(PetscScalar));

  double diagonal(PetscInt i) const { return diagonal_[static_cast<std::size_t>(i)]; }
  /// Sums over all ranks of what `local` adds up.
  template <std::size_t N, class F>
  std::array<double, N> sums(F&& local) const {
    std::array<double, N> mine{}, all{};
    local(mine);
    checkMpi(MPI_Allreduce(mine.data(), all.data(), static_cast<int>(N), MPI_DOUBLE, MPI_SUM, space_.comm()));
    return all;
  }

  Space space_;
  std::vector<float> diagonal_;
  std::deque<ScratchVec> pairs_;  ///< oldest first; an Entry in the room of a number
  double length_ = 0;
};

/// The gap of a quadratic with this gradient and the Fisher curvature over the variables that are free.
NewtonStep gapEstimate(ProjectedPoint& here, int iterations, Observer* observer) {
  const Space& space = here.term.space();
  const OperatorPointer H = here.term.at(here.x)->curvature(Curvature::Fisher);
  const double length = here.bounds.any() ? here.cauchyLength(*H) : 0;
  const ScratchVec free = space.scratch(), d = space.scratch();
  const double boundGain = here.chooseFree(length, free, d);
  NewtonStep step =
      newtonStep(*H, nullptr, here.g, free,
                 {.known = std::numeric_limits<double>::infinity(), .iterations = iterations, .observer = observer}, d);
  step.gain += boundGain;
  return step;
}

}  // namespace

MapResult projectedLbfgs(const Term& term, const MapOptions& options, const Bounds& bounds, Vec x, Observer* observer) {
  const Space& space = term.space();
  const double started = std::isnan(options.started) ? MPI_Wtime() : options.started;
  bounds.project(x);
  MapResult r;
  r.iterations = options.iterationsBefore;
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
  ProjectedPoint here(term, bounds, x, ProjectedPoint::Keeps::Numbers);
  here.begin(observer, r, stage.restored());
  if (!stage.restored()) startKkt = here.kkt;
  const double reference = std::isnan(options.startEnergy) ? r.startEnergy : options.startEnergy;
  InverseHessian inverse(space);
  const auto restart = [&] {
    inverse.forgetPairs();
    const double length = here.cauchyLength(*term.at(here.x)->curvature(Curvature::Fisher));
    ++r.products;
    inverse.start(length > 0 ? length : 1);
  };
  const auto step = [&] {
    const ScratchVec d = space.scratch(), slope = space.scratch();
    inverse.direction(here, d);
    const bool moved = here.search(d, inverse.begin(), slope) > 0;
    moved ? inverse.end(slope, here.x, here.g) : inverse.cancel();
    return moved;
  };
  if (here.kkt > 0) restart();
  bool fresh = true;  // nothing is known but the length of the first step
  while (true) {
    const bool last = r.iterations >= options.iterations;
    bool stuck = false;
    if (!last && here.kkt > tolerance * startKkt) {
      if (step()) {
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
    // The pairs make room for conjugate gradients, and these for pairs.
    inverse.forgetPairs();
    const NewtonStep gap = gapEstimate(here, last ? 100 : 1000, observer);
    r.products += gap.iterations;
    r.gap = gap.gain;
    const double enough = options.rtol * (reference - here.energy + r.gap);
    r.converged = here.kkt == 0 || (gap.known && r.gap <= enough) || r.gap <= 1e-15 * std::abs(here.energy) ||
                  (stuck && r.gap <= ProjectedPoint::rounding * std::abs(here.energy));
    r.limited = !r.converged && last;
    if (r.converged || r.limited || stuck) break;
    // The gap goes with the square of the gradient.
    tolerance = std::min(0.5 * tolerance, tolerance * std::sqrt(enough / r.gap));
    tolerance = std::min(tolerance, 0.5 * here.kkt / startKkt);
  }
  here.conclude(r, "the method");
  return r;
}

}  // namespace lacuna
