#include "solvers/data_split.hpp"

#include <algorithm>
#include <cmath>

#include "base/vector_clones.hpp"

namespace lacuna {
namespace {

/// u_old and s_old: u = (s + r) / 2.
LACUNA_VECTOR_CLONES void keepOld(std::size_t n, const double* s, const double* r, double* oldU, double* oldS) {
#pragma GCC ivdep
  for (std::size_t i = 0; i < n; ++i) {
    oldU[i] = 0.5 * (s[i] + r[i]);
    oldS[i] = s[i];
  }
}
/// s <- s + relaxation (h * x - u).
LACUNA_VECTOR_CLONES void advance(std::size_t n, double relaxation, const double* hx, const double* r, double* s) {
#pragma GCC ivdep
  for (std::size_t i = 0; i < n; ++i) s[i] += relaxation * (hx[i] - 0.5 * (s[i] + r[i]));
}
LACUNA_VECTOR_CLONES void relax(std::size_t n, double relaxation, const double* hx, double* s, double* r) {
#pragma GCC ivdep
  for (std::size_t i = 0; i < n; ++i) {
    s[i] += relaxation * (hx[i] - 0.5 * (s[i] + r[i]));
    r[i] = s[i];
  }
}
/// Counts expected of s, and back: r <- 2 u - s. A u that is no number (a masked datum of unknown exposure or
/// background) is free.
LACUNA_VECTOR_CLONES void shift(std::size_t n, double level, const double* s, double* mu) {
#pragma GCC ivdep
  for (std::size_t i = 0; i < n; ++i) mu[i] = s[i] + level;
}
LACUNA_VECTOR_CLONES void shift(std::size_t n, const double* background, const double* s, double* mu) {
#pragma GCC ivdep
  for (std::size_t i = 0; i < n; ++i) mu[i] = s[i] + background[i];
}
LACUNA_VECTOR_CLONES void reflect(std::size_t n, double level, const double* mu, const double* s, double* r) {
#pragma GCC ivdep
  for (std::size_t i = 0; i < n; ++i) {
    const double u = mu[i] - level;
    r[i] = u == u ? 2 * u - s[i] : s[i];
  }
}
LACUNA_VECTOR_CLONES void reflect(std::size_t n, const double* background, const double* mu, const double* s,
                                  double* r) {
#pragma GCC ivdep
  for (std::size_t i = 0; i < n; ++i) {
    const double u = mu[i] - background[i];
    r[i] = u == u ? 2 * u - s[i] : s[i];
  }
}

/// Where nothing holds u back: no datum, or one that says nothing.
bool masked(double s, double u) { return std::abs(s - u) <= 1e-10 * (std::abs(s) + std::abs(u)); }

}  // namespace

DataSplit::DataSplit(const ConvexProblem& problem, const Cube& grid, double relaxation)
    : problem_(problem),
      space_(grid.space()),
      rows_(grid, problem.data, problem.offset),
      relaxation_(relaxation),
      curvature_(static_cast<std::size_t>(grid.box().count[0]), 1.0) {
  if (problem.exposure) exposure_.emplace(problem.exposure);
  if (problem.background) background_.emplace(problem.background);
  const std::size_t size = at(frames(), 0), line = static_cast<std::size_t>(rows_.lineLength());
  const auto row = static_cast<std::size_t>(rows_.rowLength());
  const std::size_t away = static_cast<std::size_t>(frames()) * static_cast<std::size_t>(rows_.awayRows()) * row;
  for (auto* v : {&s_, &r_}) v->resize(size);
  for (auto* v : {&awayU_, &awayS_}) v->resize(away);
  for (auto* v : {&v_, &weight_, &mu_}) v->resize(line);
  for (auto* v : {&oldU_, &oldS_}) v->resize(std::max(row, line));
}

double DataSplit::weight(PetscInt frame) const { return rho_ * curvature(frame); }

void DataSplit::start(PetscInt frame, PetscInt firstRow, PetscInt count, const double* hx) {
  const std::size_t n = static_cast<std::size_t>(count) * static_cast<std::size_t>(rows_.rowLength());
  std::copy_n(hx, n, point(frame, firstRow));
  std::copy_n(hx, n, reflection(frame, firstRow));
}

/// Of the noise in h * x, where `weight` is that in the mean. 0 where it is infinite or not a number.
double DataSplit::curvatureAt(double weight, PetscInt entry) const {
  const double e = exposure_ ? (*exposure_)[entry] : 1, c = weight * e * e;
  return std::isfinite(c) ? c : 0;
}

double DataSplit::begin() {
  const ScratchVec mean = problem_.data.space().scratch(), w = problem_.data.space().scratch();
  {
    const WriteLocal mu(mean);
    rows_.toField(s_.data(), mu.data());
    for (PetscInt i = 0; i < mu.size(); ++i) {
      mu[i] = (exposure_ ? (*exposure_)[i] : 1) * mu[i] + (background_ ? (*background_)[i] : problem_.level);
      if (!(mu[i] > 0)) mu[i] = 0;  // nothing to learn of a start that is not feasible
    }
  }
  problem_.noise->weights(mean, Curvature::Fisher, w);
  // The harmonic mean over the data that count, of each frame and of all: for counts the inverse of their mean. Data
  // that were hardly exposed would decide alone.
  constexpr double hardly = 1e-12;
  const std::size_t n = curvature_.size();
  double most = 0, brightest = 0;
  {
    const ReadLocal in(w);
    for (PetscInt i = 0; i < in.size(); ++i) most = std::max(most, curvatureAt(in[i], i));
  }
  checkMpi(MPI_Allreduce(&most, &brightest, 1, MPI_DOUBLE, MPI_MAX, problem_.data.comm()));
  std::vector<double> sums(2 * n + 2, 0), all(2 * n + 2, 0);
  {
    const ReadLocal in(w);
    const PetscInt plane = n ? in.size() / static_cast<PetscInt>(n) : 0;
    for (PetscInt i = 0; i < in.size(); ++i) {
      const double c = curvatureAt(in[i], i);
      if (!(c > hardly * brightest) || !std::isfinite(1 / c)) continue;
      const auto t = static_cast<std::size_t>(i / plane);
      sums[2 * t] += 1;
      sums[2 * t + 1] += 1 / c;
    }
  }
  checkMpi(MPI_Allreduce(sums.data(), all.data(), static_cast<int>(2 * n), MPI_DOUBLE, MPI_SUM,
                         problem_.data.grid().space()));
  double mine[2] = {0, 0}, total[2] = {0, 0};
  for (std::size_t t = 0; t < n; ++t)
    for (std::size_t j = 0; j < 2; ++j) mine[j] += all[2 * t + j];
  checkMpi(MPI_Allreduce(mine, total, 2, MPI_DOUBLE, MPI_SUM, problem_.data.grid().time()));
  const double typical = total[1] > 0 ? total[0] / total[1] : 1;
  for (std::size_t t = 0; t < n; ++t) curvature_[t] = all[2 * t + 1] > 0 ? all[2 * t] / all[2 * t + 1] / typical : 0;
  return typical;
}

void DataSplit::fill(PetscInt frame, PetscInt firstRow, PetscInt count, double* rows) const {
  std::copy_n(r_.data() + at(frame, firstRow), static_cast<std::size_t>(count) * rows_.rowLength(), rows);
}

void DataSplit::update(PetscInt frame, PetscInt firstRow, PetscInt count, const double* hx) {
  const PetscInt nx = rows_.lineLength(), x0 = rows_.firstPixel(), n = rows_.pixels();
  for (PetscInt i = firstRow; i < firstRow + count; ++i) {
    const WindowRows::Row& row = rows_.row(i);
    double *s = point(frame, i), *r = reflection(frame, i);
    if (row.place == WindowRows::Place::Away) {
      const auto size = static_cast<std::size_t>(rows_.rowLength());
      const std::size_t slot = (static_cast<std::size_t>(frame) * rows_.awayRows() + row.index) * size;
      keepOld(size, s, r, awayU_.data() + slot, awayS_.data() + slot);
      advance(size, relaxation_, hx, r, s);
      std::copy_n(s, size, rows_.slot(frame, row.index));
      hx += size;
      continue;
    }
    for (PetscInt y = 0; y < rows_.lines(); ++y, s += nx, r += nx, hx += nx) {
      const PetscInt line = row.place == WindowRows::Place::Here ? rows_.lineOf(y) : -1;
      if (line < 0) {
        relax(static_cast<std::size_t>(nx), relaxation_, hx, s, r);
        continue;
      }
      relax(static_cast<std::size_t>(x0), relaxation_, hx, s, r);
      if (measuring_) keepOld(static_cast<std::size_t>(n), s + x0, r + x0, oldU_.data(), oldS_.data());
      advance(static_cast<std::size_t>(n), relaxation_, hx + x0, r + x0, s + x0);
      proxLine(frame, rows_.entry(frame, row.index, line), n, s + x0, r + x0, oldU_.data(), oldS_.data());
      const PetscInt after = x0 + n;
      relax(static_cast<std::size_t>(nx - after), relaxation_, hx + after, s + after, r + after);
    }
  }
}

/// s is the point of the step: r <- 2 u - s.
void DataSplit::proxLine(PetscInt frame, PetscInt entry, PetscInt count, double* s, double* r, const double* oldU,
                         const double* oldS) {
  const auto n = static_cast<std::size_t>(count);
  const double rho = weight(frame);
  double* mu = mu_.data();
  if (!(rho > 0)) {  // no datum of this frame counts
    std::copy_n(s, n, r);
    return;
  }
  const double* b = background_ ? background_->data() + entry : nullptr;
  const double level = problem_.level;
  if (!exposure_) {
    b ? shift(n, b, s, v_.data()) : shift(n, level, s, v_.data());
    std::fill_n(weight_.data(), n, rho);
    problem_.noise->prox(entry, count, v_.data(), weight_.data(), mu);
    b ? reflect(n, b, mu, s, r) : reflect(n, level, mu, s, r);
  } else {
    const double* e = exposure_->data() + entry;
    for (std::size_t i = 0; i < n; ++i) {
      v_[i] = e[i] * s[i] + (b ? b[i] : level);
      weight_[i] = e[i] > 0 ? rho / (e[i] * e[i]) : 1;
    }
    problem_.noise->prox(entry, count, v_.data(), weight_.data(), mu);
    for (std::size_t i = 0; i < n; ++i) mu[i] = e[i] > 0 ? (mu[i] - (b ? b[i] : level)) / e[i] : s[i];
    reflect(n, 0.0, mu, s, r);
  }
  if (!measuring_) return;
  double moved = 0, turned = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double u = 0.5 * (s[i] + r[i]);
    if (masked(s[i], u)) continue;
    const double du = u - oldU[i];
    moved += du * du;
    turned += du * ((s[i] - u) - (oldS[i] - oldU[i]));
  }
  moved_ += curvature(frame) * moved;
  turned_ += rho * turned;
}

void DataSplit::finish() {
  finishAway();
  if (!measuring_) return;
  const double mine[2] = {moved_, turned_};
  double all[2] = {0, 0};
  checkMpi(MPI_Allreduce(mine, all, 2, MPI_DOUBLE, MPI_SUM, space_.comm()));
  moved_ = turned_ = 0;
  allMoved_ += all[0];
  allTurned_ += all[1];
}

void DataSplit::finishAway() {
  if (!rows_.exchanges()) return;
  rows_.sendSlots();
  // The owners of the data take the step; what they return is 2 (u - s), so that what has no data stays free.
  const PetscInt nx = rows_.lineLength(), x0 = rows_.firstPixel(), n = rows_.pixels();
  const bool measuring = std::exchange(measuring_, false);
  for (PetscInt t = 0; t < frames(); ++t)
    for (std::size_t g = 0; g < rows_.guestRows().size(); ++g) {
      double* s = rows_.guest(t, g);
      for (PetscInt y = 0; y < rows_.lines(); ++y, s += nx) {
        const PetscInt line = rows_.lineOf(y);
        if (line < 0) {
          std::fill_n(s, nx, 0.0);
          continue;
        }
        std::fill_n(s, x0, 0.0);
        proxLine(t, rows_.entry(t, rows_.guestRows()[g], line), n, s + x0, oldU_.data(), nullptr, nullptr);
        for (PetscInt i = 0; i < n; ++i) s[x0 + i] = oldU_[static_cast<std::size_t>(i)] - s[x0 + i];
        std::fill_n(s + x0 + n, nx - x0 - n, 0.0);
      }
    }
  measuring_ = measuring;
  rows_.returnGuests();
  for (PetscInt t = 0; t < frames(); ++t)
    for (PetscInt i = 0; i < rows_.rows(); ++i) {
      if (rows_.row(i).place != WindowRows::Place::Away) continue;
      const PetscInt slot = rows_.row(i).index;
      const double *s = point(t, i), *change = rows_.slot(t, slot);
      double *r = reflection(t, i), moved = 0, turned = 0;
      const std::size_t old = (static_cast<std::size_t>(t) * rows_.awayRows() + slot) * rows_.rowLength();
      for (PetscInt k = 0; k < rows_.rowLength(); ++k) {
        r[k] = s[k] + change[k];
        if (!measuring_) continue;
        const std::size_t o = old + static_cast<std::size_t>(k);
        const double u = 0.5 * (s[k] + r[k]);
        if (masked(s[k], u)) continue;
        const double du = u - awayU_[o];
        moved += du * du;
        turned += du * ((s[k] - u) - (awayS_[o] - awayU_[o]));
      }
      moved_ += curvature(t) * moved;
      turned_ += weight(t) * turned;
    }
}

void DataSplit::measure(bool on) { measuring_ = on; }

double DataSplit::measured() {
  const double moved = std::exchange(allMoved_, 0), turned = std::exchange(allTurned_, 0);
  return moved > 0 ? turned / moved : 0;
}

void DataSplit::keepIn(State& state, ArrayViews& views) {
  state.field("data_point", space_, views.of(space_, s_))
      .field("data_reflection", space_, views.of(space_, r_))
      .value("data_rho", rho_)
      .value("moved", allMoved_)
      .value("turned", allTurned_);
}

void DataSplit::setPenalty(double rho) {
  const double c = rho_ / rho;
  for (std::size_t i = 0; i < s_.size(); ++i) {
    const double u = 0.5 * (s_[i] + r_[i]), d = c * 0.5 * (s_[i] - r_[i]);
    s_[i] = u + d;
    r_[i] = u - d;
  }
  rho_ = rho;
}

}  // namespace lacuna
