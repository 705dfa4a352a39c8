#pragma once
#include <complex>
#include <functional>
#include <memory>

#include "grid/modes.hpp"

namespace lacuna {

/// How plans are chosen. Measured ones are faster, and may differ in the last bit from run to run. Measuring takes
/// about a second: MeasureLater estimates, and measures when the transforms have taken about as long.
enum class Planning { Measure, MeasureLater, Estimate };

/// Real-to-complex transforms over the two (images) or three (volumes) spatial axes of every local plane of a Cube,
/// in the layout of Modes: serial FFTW plans along the local axes, one FFTW3-MPI transposition, serial plans along the
/// last axis. Forward: X_k = sum_x f_x e^(-2 pi i k x); backward: f_x = sum over
/// the kept modes of 2 Re[X_k e^(2 pi i k x)], twice the exact adjoint of forward; with Modes::share() / N it is the
/// inverse.
///
/// Data go in and come out in cache-sized blocks through callbacks, so that what is done to them (weights, transfer
/// functions) costs no pass of its own over memory. A block of `count` *rows* (lines along x of images, planes of
/// volumes), starting at local row `first` of plane `plane`, is contiguous, as in the Cube; a block of *lines* is
/// `count` local lines of the split spectral axis (see Modes). Callbacks must not throw and make no MPI calls.
///
/// Transforms and spectra are of precision Real, rows always double.
///
/// Collective over space() of the process grid. Const, but with one set of work buffers: not for several threads.
template <class Real>
class BasicFft {
 public:
  using Complex = std::complex<Real>;
  using Rows = std::function<void(PetscInt plane, PetscInt first, PetscInt count, double* rows)>;
  using Lines = std::function<void(PetscInt plane, PetscInt first, PetscInt count, Complex* lines)>;
  using TwoLines = std::function<void(PetscInt first, PetscInt count, Complex* a, Complex* b)>;

  /// `measureAfter`: pixels that a rank transforms before MeasureLater measures. Measuring takes about a second, and
  /// saves some 0.5 to 1 ns a pixel after that: an effort that is made when as much could have been saved already.
  explicit BasicFft(const Cube& cube, Planning planning = Planning::Measure, double measureAfter = 6e8);
  ~BasicFft();
  BasicFft(const BasicFft&) = delete;
  BasicFft& operator=(const BasicFft&) = delete;

  const Cube& cube() const;
  const Modes& modes() const;
  PetscInt rowLength() const;  ///< doubles in a row

  /// `fill` writes rows, `use` gets lines, for planes 0 ... planes-1.
  void forward(PetscInt planes, const Rows& fill, const Lines& use) const;
  /// `fill` writes lines, `use` gets rows.
  void backward(PetscInt planes, const Lines& fill, const Rows& use) const;
  /// backward, `work` on the rows, forward: the rows never leave the cache.
  void sandwich(PetscInt planes, const Lines& fill, const Rows& work, const Lines& use) const;

  /// The parts of transforms of plane 0, of two at once where work needs both spectra: rows come in to a and b, turn()
  /// ends their forward transforms, works on lines and begins the backward ones, rows go out. Between these calls
  /// rows stay in the work buffers, which forward, backward and sandwich use, too, and so lose them. prepare() comes
  /// before `transforms` whole ones: it may measure plans, and is true where that loses rows that had come in.
  bool prepare(PetscInt transforms) const;
  void rowsIn(const Rows& fill) const;
  void rowsOut(const Rows& use) const;
  void rowsOutAndIn(const Rows& work) const;
  static void turn(const BasicFft& a, const BasicFft& b, const TwoLines& work);

  /// Bytes that a transform of this cube keeps on this rank (work buffers, not plans): for the memory plan.
  static std::int64_t bytes(const Cube& cube);

 private:
  struct Plans;
  std::unique_ptr<Plans> plans_;
};

using Fft = BasicFft<double>;
/// Half the time and memory, with errors of some 1e-7 of the rms.
using SingleFft = BasicFft<float>;

}  // namespace lacuna
