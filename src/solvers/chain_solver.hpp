#pragma once
#include <complex>
#include <functional>
#include <optional>
#include <vector>

#include "grid/cube.hpp"
#include "priors/time_chain.hpp"

namespace lacuna {

/// Solves, for every Fourier mode k of a periodic grid (Value complex) or every pixel k of an image (Value double), the
/// tridiagonal system in time
///   (D_t(k) + L(k) Q_tt) X_t(k) + L(k) (Q_t,t-1 X_t-1(k) + Q_t,t+1 X_t+1(k)) = R_t(k),
/// with Q the precision of a TimeChain (none: the frames are independent), L(k) the inverse of its innovations'
/// normalised spatial spectrum (1 where white) and any D_t(k) >= 0; infinity makes X zero. Of modes it is the exact
/// x-step of ADMM, and the preconditioner of Newton's method; of pixels that of unknowns that are logarithms.
///
/// The solve is made of callbacks for Fft, so that it costs no pass over memory of its own: eliminate() for the lines
/// of every frame in the order of frameAt(0), frameAt(1), ...; couple(); substitute() in the opposite order. Across the
/// time groups it is partitioned: the first group eliminates its frames upwards in time, the last one downwards, those
/// between them upwards all but their first frame, on which the others then depend (a separator, in an arrow-shaped
/// matrix). What remains is a tridiagonal system of the first frames of all groups but the first; each group solves it
/// for its share of the modes, between two exchanges of two frames' modes (Polizzi & Sameh 2006 solve the same
/// systems by the SPIKE algorithm). With two groups this is the twisted factorisation.
///
/// Factors are computed in double precision and kept in that of Value.
template <class Value>
class ChainSolver {
 public:
  /// Of the numbers of Value.
  using Real = decltype(std::real(Value()));
  /// Adds to d[mode] what D is in `frame` (counted over all groups).
  using Diagonal = std::function<void(PetscInt frame, double* d)>;

  /// Collective over time(). `grid`: one with the frames of the unknown and one channel. `modes`: how many a frame has
  /// on this rank, the same in all time groups. `link` = L, one number a local mode; empty: 1.
  ChainSolver(const Cube& grid, PetscInt modes, std::optional<TimeChain> chain, std::vector<double> link = {});

  /// Another chain over the same frames; factor() must follow. There must have been one.
  void setChain(const TimeChain& chain) { chain_ = chain; }
  /// Collective over time(). Must be called before the first solve, and whenever D changes.
  void factor(const Diagonal& diagonal);

  PetscInt frames() const { return frames_; }  ///< of this group
  /// Local frame that step 0 ... frames()-1 of the elimination takes.
  PetscInt frameAt(PetscInt step) const { return role_ == Role::Last ? frames_ - 1 - step : step; }
  /// Takes R of `count` modes of a local frame; r may be spectrum(frame) + first. Rank-local.
  void eliminate(PetscInt frame, PetscInt first, PetscInt count, const Value* r);
  /// Collective over time(): between the two sweeps.
  void couple();
  /// out <- X of `count` modes of a local frame, which stay in spectrum(frame) + first, too. Rank-local.
  void substitute(PetscInt frame, PetscInt first, PetscInt count, Value* out);
  /// R, or X: the modes of a local frame.
  Value* spectrum(PetscInt frame) { return x_.data() + static_cast<std::size_t>(frame) * modes_; }

  /// Bytes that it keeps on this rank.
  static std::int64_t bytes(const Cube& grid, PetscInt modes);

 private:
  static constexpr int tuple = sizeof(Value) / sizeof(double);  ///< doubles in whose place a message holds one
  static_assert(tuple > 0);
  enum class Role { Alone, First, Middle, Last, Idle };
  double link(std::size_t mode) const { return link_.empty() ? 1 : link_[mode]; }
  /// Q_t,t+1 of a local frame.
  double off(PetscInt frame) const { return chain_->offDiagonal(static_cast<std::size_t>(start_ + frame)); }
  Real* inverse(PetscInt frame) { return inverse_.data() + static_cast<std::size_t>(frame) * modes_; }
  Real* arrow(PetscInt frame) { return arrow_.data() + static_cast<std::size_t>(frame) * modes_; }
  bool ownsSeparator() const { return role_ == Role::Middle || role_ == Role::Last; }
  bool hasNext() const { return role_ == Role::First || role_ == Role::Middle; }
  void factorInterface(const std::vector<double>& own, const std::vector<double>& next,
                       const std::vector<double>& across);
  /// Every group's `own` (of its separator) and `next` (of the next group's) to the groups that solve for these modes,
  /// or back. Numbers of `each` doubles.
  void scatter(int each, const double* own, const double* next);
  void gather(int each, double* own, double* next);

  Cube grid_;
  std::optional<TimeChain> chain_;
  std::vector<double> link_;
  std::size_t modes_ = 0;
  PetscInt start_ = 0, frames_ = 0;
  Role role_ = Role::Alone;
  int groups_ = 1;                      ///< that have frames
  std::vector<Value> x_;                ///< [frame][mode]
  std::vector<Value> next_;             ///< [mode] first frame of the next group
  std::vector<Real> inverse_;           ///< [frame][mode] 1 / pivot
  std::vector<Real> arrow_;             ///< [frame][mode] coupling to the separator (Middle)
  Block share_;                         ///< modes whose interface this rank solves
  std::vector<double> pivot_, across_;  ///< [group][mode of share] of the interface: 1 / pivot, coupling to the next
  std::vector<double> packed_, interface_;  ///< messages: [group][own, next][mode]; interface_ holds the solver's side
};

using SpectralChain = ChainSolver<std::complex<double>>;
using SingleSpectralChain = ChainSolver<std::complex<float>>;
using PixelChain = ChainSolver<double>;

}  // namespace lacuna
