#pragma once
#include <petscsys.h>

#include "solvers/penalties.hpp"

namespace lacuna {

/// What ADMM's splits give to the quadratic step in x and take from it: rows of the periodic grid, as they pass through
/// the cache. Rank-local.
class SplitRows {
 public:
  virtual ~SplitRows() = default;
  virtual PetscInt dataFrames() const = 0;  ///< local
  /// Typical curvature of a local frame of the data relative to that of all.
  virtual double curvature(PetscInt dataFrame) const = 0;
  /// Whether rows may be filled for the next step as soon as they were taken, block by block: what comes after the last
  /// takeData changes nothing of what fillData gives; and of takePixels, pixelsTaken and fillPixels. The same on all
  /// ranks of space().
  virtual bool dataSettleAtOnce() const = 0;
  virtual bool pixelsSettleAtOnce() const = 0;
  /// Rows of the point that h * x is drawn to, and of the sum over all other splits of penalty times such a point.
  virtual void fillData(PetscInt frame, PetscInt firstRow, PetscInt count, double* rows) const = 0;
  virtual void fillPixels(PetscInt frame, PetscInt firstRow, PetscInt count, double* rows) const = 0;
  /// Rows of h * x and of x. A frame of x ends with pixelsTaken, Collective over space().
  virtual void takeData(PetscInt frame, PetscInt firstRow, PetscInt count, const double* hx) = 0;
  virtual void takePixels(PetscInt frame, PetscInt firstRow, PetscInt count, const double* x) = 0;
  virtual void pixelsTaken(PetscInt frame) = 0;
};

/// The quadratic step of ADMM: x <- argmin of the priors that are diagonal in Fourier space, the chain in time, and the
/// penalties,
///   (sum_e rho_u |h_e|^2 + rho_z + rho_w |D|^2 + ... + priors + chain) X = what the splits ask for.
class QuadraticStep {
 public:
  virtual ~QuadraticStep() = default;
  virtual double gain() const = 0;  ///< largest |h(k)|^2: what the data say of the best-seen mode
  /// Collective. Before the first solve, and whenever the penalties change or the splits were changed from outside.
  virtual void factor(const Penalties& penalties) = 0;
  /// Collective. Rows of x (fillPixels) to rows of h * x (takeData).
  virtual void blur() = 0;
  /// Collective. From fillData, fillPixels to takePixels, takeData.
  virtual void solve() = 0;
};

}  // namespace lacuna
