#include "solvers/chain_solver.hpp"

#include <algorithm>
#include <climits>
#include <string>

#include "base/error.hpp"
#include "solvers/spectral_kernels.hpp"

namespace lacuna {

template <class Value>
ChainSolver<Value>::ChainSolver(const Cube& grid, PetscInt modes, std::optional<TimeChain> chain,
                                std::vector<double> link)
    : grid_(grid), chain_(std::move(chain)), link_(std::move(link)), modes_(static_cast<std::size_t>(modes)) {
  const Shape& s = grid.shape();
  const ProcessGrid& ranks = grid.grid();
  if (s.channels != 1) throw Error("ChainSolver: the grid must have one channel");
  if (chain_ && chain_->frames() != static_cast<std::size_t>(s.frames))
    throw Error("ChainSolver: a chain of " + std::to_string(chain_->frames()) + " frames for " +
                std::to_string(s.frames));
  if (!link_.empty() && link_.size() != modes_) throw Error("ChainSolver: the links are not those of the modes");
  start_ = grid.box().start[0];
  frames_ = grid.box().count[0];
  const PetscInt perGroup = blockOf(s.frames, ranks.timeSize(), 0).count;
  if (chain_) groups_ = static_cast<int>((s.frames + perGroup - 1) / perGroup);
  const int group = ranks.timeRank();
  role_ = groups_ == 1           ? Role::Alone
          : group >= groups_     ? Role::Idle
          : group == 0           ? Role::First
          : group == groups_ - 1 ? Role::Last
                                 : Role::Middle;
  const std::size_t all = modes_ * static_cast<std::size_t>(frames_);
  x_.resize(all);
  inverse_.resize(all);
  if (role_ == Role::Middle) arrow_.resize(all);
  if (hasNext()) next_.resize(modes_);
  if (groups_ == 1) return;
  together(ranks.time(), [&] {
    if (modes_ > static_cast<std::size_t>(INT_MAX / 4))
      throw Error(ExitCode::BadConfig, "a chain in time over " + std::to_string(modes_) +
                                           " modes a rank exceeds the counts of MPI: use more ranks in space");
  });
  if (group < groups_) share_ = blockOf(static_cast<PetscInt>(modes_), groups_, group);
  packed_.resize(4 * modes_);
  interface_.resize(static_cast<std::size_t>(groups_) * 4 * static_cast<std::size_t>(share_.count));
}

template <class Value>
std::int64_t ChainSolver<Value>::bytes(const Cube& grid, PetscInt modes) {
  const int groups = grid.grid().timeSize();
  const std::int64_t plane = 8 * static_cast<std::int64_t>(modes), frames = grid.box().count[0];
  return plane * ((groups > 2 ? 2 + tuple : 1 + tuple) * frames + (groups > 1 ? 12 : 0));
}

template <class Value>
void ChainSolver<Value>::factor(const Diagonal& diagonal) {
  constexpr bool narrow = sizeof(Real) < sizeof(double);
  std::vector<double> own(role_ == Role::Alone ? 0 : modes_), next(own), across(own);
  std::vector<double> pivots(narrow ? modes_ : 0), last(pivots);  // 1 / pivot of this frame and of the one before
  std::vector<double> tips(narrow && role_ == Role::Middle ? modes_ : 0);
  const auto wide = [](Real* kept, std::vector<double>& copy) -> double* {
    if constexpr (narrow)
      return copy.data();
    else
      return kept;
  };
  const auto keep = [this](const std::vector<double>& copy, Real* kept) {
    if constexpr (narrow)
      for (std::size_t k = 0; k < modes_; ++k) kept[k] = static_cast<Real>(copy[k]);
  };
  for (PetscInt step = 0; step < frames_; ++step) {
    const PetscInt t = frameAt(step);
    const PetscInt before = role_ == Role::Last ? t + 1 : t - 1;  // eliminated just before
    std::swap(pivots, last);
    double* d = wide(inverse(t), pivots);
    std::fill_n(d, modes_, 0.0);
    diagonal(start_ + t, d);
    if (!chain_) {
      for (std::size_t k = 0; k < modes_; ++k) d[k] = 1 / d[k];
      keep(pivots, inverse(t));
      continue;
    }
    const double chain = chain_->diagonal(static_cast<std::size_t>(start_ + t));
    for (std::size_t k = 0; k < modes_; ++k) d[k] += chain * link(k);
    const bool separator = ownsSeparator() && t == 0;
    if (step > (role_ == Role::Middle ? 1 : 0)) {
      const double o = off(std::min(t, before));
      const double* p = wide(inverse(before), last);
      for (std::size_t k = 0; k < modes_; ++k) d[k] -= o * link(k) * o * link(k) * p[k];
    }
    if (separator) {
      std::copy_n(d, modes_, own.data());
      continue;
    }
    for (std::size_t k = 0; k < modes_; ++k) d[k] = 1 / d[k];
    keep(pivots, inverse(t));
    if (role_ != Role::Middle) continue;
    const double o = off(t - 1);
    const double* p = t > 1 ? wide(inverse(t - 1), last) : nullptr;
    const double* tip = t > 1 ? wide(arrow(t - 1), tips) : nullptr;
    double* e = wide(arrow(t), tips);
    for (std::size_t k = 0; k < modes_; ++k) {
      e[k] = t == 1 ? o * link(k) : -o * link(k) * p[k] * tip[k];
      own[k] -= e[k] * e[k] * d[k];
    }
    keep(tips, arrow(t));
  }
  if (groups_ == 1) return;
  if (hasNext()) {
    const double o = off(frames_ - 1);
    const bool bare = role_ == Role::Middle && frames_ == 1;
    const Real *p = inverse(frames_ - 1), *tip = role_ == Role::Middle ? arrow(frames_ - 1) : nullptr;
    for (std::size_t k = 0; k < modes_; ++k) {
      const double c = o * link(k);
      next[k] = bare ? 0 : -c * c * p[k];
      across[k] = bare ? c : tip ? -c * p[k] * tip[k] : 0;
    }
  }
  factorInterface(own, next, across);
}

template <class Value>
void ChainSolver<Value>::factorInterface(const std::vector<double>& own, const std::vector<double>& next,
                                         const std::vector<double>& across) {
  const auto n = static_cast<std::size_t>(share_.count);
  const auto at = [&](int group, int which) { return interface_.data() + (2 * group + which) * n; };
  pivot_.assign(static_cast<std::size_t>(groups_) * n, 0);
  across_.assign(pivot_.size(), 0);
  scatter(1, across.data(), across.data());
  for (int g = 1; g + 1 < groups_; ++g) std::copy_n(at(g, 0), n, across_.data() + g * n);
  scatter(1, own.data(), next.data());
  for (int g = 1; g < groups_; ++g)
    for (std::size_t k = 0; k < n; ++k) {
      const double e = across_[(g - 1) * n + k];
      pivot_[g * n + k] = 1 / (at(g, 0)[k] + at(g - 1, 1)[k] - e * e * pivot_[(g - 1) * n + k]);
    }
}

template <class Value>
void ChainSolver<Value>::eliminate(PetscInt frame, PetscInt first, PetscInt count, const Value* r) {
  const auto n = static_cast<std::size_t>(count);
  Value* x = spectrum(frame) + first;
  const Real* p = inverse(frame) + first;
  const bool separator = ownsSeparator() && frame == 0;
  const PetscInt before = role_ == Role::Last ? frame + 1 : frame - 1;
  const bool linked = chain_ && before < frames_ && before >= (role_ == Role::Middle ? 1 : 0);
  const double* L = link_.empty() ? nullptr : link_.data() + first;
  if (!linked) {
    if (separator)
      std::copy_n(r, n, x);
    else
      for (std::size_t k = 0; k < n; ++k) x[k] = p[k] * r[k];
  } else {
    const Real o = static_cast<Real>(off(std::min(frame, before)));
    const Value* y = spectrum(before) + first;
    if (L)
      for (std::size_t k = 0; k < n; ++k)
        x[k] = (separator ? Real(1) : p[k]) * (r[k] - o * static_cast<Real>(L[k]) * y[k]);
    else if (separator)
      for (std::size_t k = 0; k < n; ++k) x[k] = r[k] - o * y[k];
    else
      sweepForward(n, o, p, y, r, x);
  }
  if (role_ == Role::Middle && !separator) {
    Value* s = spectrum(0) + first;
    const Real* e = arrow(frame) + first;
    for (std::size_t k = 0; k < n; ++k) s[k] -= e[k] * x[k];
  }
}

template <class Value>
void ChainSolver<Value>::couple() {
  if (groups_ == 1) return;
  const auto doubles = [](Value* p) { return reinterpret_cast<double*>(p); };
  if (hasNext()) {
    const bool bare = role_ == Role::Middle && frames_ == 1;
    const double o = bare ? 0 : off(frames_ - 1);
    const Value* last = spectrum(frames_ - 1);
    for (std::size_t k = 0; k < modes_; ++k) next_[k] = static_cast<Real>(-o * link(k)) * last[k];
  }
  scatter(tuple, ownsSeparator() ? doubles(spectrum(0)) : nullptr, doubles(next_.data()));

  // The interface: x_g of groups 1, 2, ..., for my modes.
  const auto n = static_cast<std::size_t>(share_.count);
  auto* all = reinterpret_cast<Value*>(interface_.data());
  const auto at = [&](int group, int which) { return all + (2 * group + which) * n; };
  for (int g = 1; g < groups_; ++g)
    for (std::size_t k = 0; k < n; ++k) {
      Value r = at(g, 0)[k] + at(g - 1, 1)[k];
      if (g > 1) r -= static_cast<Real>(across_[(g - 1) * n + k]) * at(g - 1, 0)[k];
      at(g, 0)[k] = static_cast<Real>(pivot_[g * n + k]) * r;
    }
  for (int g = groups_ - 1; g >= 1; --g) {
    if (g + 1 < groups_)
      for (std::size_t k = 0; k < n; ++k)
        at(g, 0)[k] -= static_cast<Real>(pivot_[g * n + k] * across_[g * n + k]) * at(g + 1, 0)[k];
    std::copy_n(at(g, 0), n, at(g - 1, 1));
  }
  gather(tuple, ownsSeparator() ? doubles(spectrum(0)) : nullptr, doubles(next_.data()));
}

template <class Value>
void ChainSolver<Value>::substitute(PetscInt frame, PetscInt first, PetscInt count, Value* out) {
  const auto n = static_cast<std::size_t>(count);
  Value* x = spectrum(frame) + first;
  const bool separator = ownsSeparator() && frame == 0, last = frame + 1 == frames_ && !hasNext();
  if (!chain_ || separator || (role_ != Role::Last && last)) {
    std::copy_n(x, n, out);
    return;
  }
  const Real* p = inverse(frame) + first;
  const bool down = role_ == Role::Last;
  const Value* after = down                  ? spectrum(frame - 1) + first
                       : frame + 1 < frames_ ? spectrum(frame + 1) + first
                                             : next_.data() + first;
  const Real o = static_cast<Real>(off(down ? frame - 1 : frame));
  if (!link_.empty()) {
    const double* L = link_.data() + first;
    for (std::size_t k = 0; k < n; ++k) out[k] = x[k] -= p[k] * o * static_cast<Real>(L[k]) * after[k];
  } else {
    sweepBackward(n, o, p, after, x, out);
  }
  if (role_ == Role::Middle) {
    const Value* s = spectrum(0) + first;
    const Real* e = arrow(frame) + first;
    for (std::size_t k = 0; k < n; ++k) out[k] = x[k] -= p[k] * e[k] * s[k];
  }
}

namespace {

/// Doubles from one group to each other, and where they begin.
struct Counts {
  std::vector<int> counts, starts;
  explicit Counts(std::size_t groups) : counts(groups, 0), starts(groups, 0) {}
};

/// Two blocks for every active group: mine to all (`modes` cut in shares), theirs to me.
std::pair<Counts, Counts> counts(int ranks, int groups, PetscInt modes, int share, bool active, int tuple) {
  Counts out(static_cast<std::size_t>(ranks)), in(static_cast<std::size_t>(ranks));
  int to = 0;
  for (int g = 0; g < groups && active; ++g) {
    const auto i = static_cast<std::size_t>(g);
    out.counts[i] = 2 * tuple * static_cast<int>(blockOf(modes, groups, g).count);
    out.starts[i] = to;
    to += out.counts[i];
    in.counts[i] = 2 * tuple * share;
    in.starts[i] = g * in.counts[i];
  }
  return {out, in};
}

}  // namespace

template <class Value>
void ChainSolver<Value>::scatter(int each, const double* own, const double* next) {
  const ProcessGrid& ranks = grid_.grid();
  const auto [out, in] = counts(ranks.timeSize(), groups_, static_cast<PetscInt>(modes_),
                                static_cast<int>(share_.count), role_ != Role::Idle, each);
  double* to = packed_.data();
  for (int g = 0; g < groups_ && role_ != Role::Idle; ++g) {
    const Block b = blockOf(static_cast<PetscInt>(modes_), groups_, g);
    const auto n = static_cast<std::size_t>(each) * static_cast<std::size_t>(b.count);
    const auto from = static_cast<std::size_t>(each) * static_cast<std::size_t>(b.start);
    to = ownsSeparator() ? std::copy_n(own + from, n, to) : std::fill_n(to, n, 0.0);
    to = hasNext() ? std::copy_n(next + from, n, to) : std::fill_n(to, n, 0.0);
  }
  checkMpi(MPI_Alltoallv(packed_.data(), out.counts.data(), out.starts.data(), MPI_DOUBLE, interface_.data(),
                         in.counts.data(), in.starts.data(), MPI_DOUBLE, ranks.time()));
}

template <class Value>
void ChainSolver<Value>::gather(int each, double* own, double* next) {
  const ProcessGrid& ranks = grid_.grid();
  const auto [in, out] = counts(ranks.timeSize(), groups_, static_cast<PetscInt>(modes_),
                                static_cast<int>(share_.count), role_ != Role::Idle, each);
  checkMpi(MPI_Alltoallv(interface_.data(), out.counts.data(), out.starts.data(), MPI_DOUBLE, packed_.data(),
                         in.counts.data(), in.starts.data(), MPI_DOUBLE, ranks.time()));
  const double* from = packed_.data();
  for (int g = 0; g < groups_ && role_ != Role::Idle; ++g) {
    const Block b = blockOf(static_cast<PetscInt>(modes_), groups_, g);
    const auto n = static_cast<std::size_t>(each) * static_cast<std::size_t>(b.count);
    const auto to = static_cast<std::size_t>(each) * static_cast<std::size_t>(b.start);
    if (ownsSeparator()) std::copy_n(from, n, own + to);
    if (hasNext()) std::copy_n(from + n, n, next + to);
    from += 2 * n;
  }
}

template class ChainSolver<double>;
template class ChainSolver<std::complex<float>>;
template class ChainSolver<std::complex<double>>;

}  // namespace lacuna
