#pragma once
#include <complex>
#include <vector>

#include "grid/cube.hpp"

namespace lacuna {

/// One Fourier mode of a real field, as stored.
struct Mode {
  PetscInt local = 0;             ///< index among this rank's modes of one plane
  double fx = 0, fy = 0, fz = 0;  ///< frequency in cycles per pixel, in [-1/2, 1/2]
  bool nyquistX = false, nyquistY = false,
       nyquistZ = false;  ///< frequency 1/2 of an even axis (its sign means nothing)
  bool zero() const { return fx == 0 && fy == 0 && fz == 0; }
};

/// The half spectrum of the planes (one frame, one channel) of a Cube, and how it is spread over `space`: only the
/// modes with kx >= 0 are kept, and axes are transposed, so that a transform needs one exchange:
///   images  [plane][kx, split][ky]           volumes  [plane][ky, split][kz][kx]
/// As a vector of unknowns the modes are *packed*: two doubles (a, b) a mode, such that the plain dot product of packed
/// vectors is that of the fields, and white noise stays white:
///   f(x) = N^(-1/2) sum_k s_k Re[(a_k + i b_k) e^(2 pi i k x)],
/// with s_k of packingScale(). A mode whose mirror image is kept too has s = 0: a dead entry, without effect.
class Modes {
 public:
  explicit Modes(const Cube& cube);

  const Cube& cube() const { return cube_; }
  /// The packed vectors: 2 doubles a mode, natural index = 2 * (plane * modes + mode) + (0 or 1).
  const Space& space() const { return space_; }
  PetscInt planes() const { return planes_; }                                ///< local frames times channels
  PetscInt perPlane() const { return lines_.count * lineLength_ * inner_; }  ///< local modes of a plane
  Block lines() const { return lines_; }  ///< the split axis: kx of images, ky of volumes
  PetscInt allLines() const { return allLines_; }
  PetscInt lineLength() const { return lineLength_; }  ///< ky of images, kz of volumes
  PetscInt inner() const { return inner_; }            ///< 1 for images, nx/2 + 1 for volumes

  /// Calls f(Mode) for every local mode of a plane, in storage order.
  template <class F>
  void forEach(F&& f) const {
    PetscInt i = 0;
    forEachIndex([&](PetscInt x, PetscInt y, PetscInt z) { f(mode(i++, x, y, z)); });
  }

  /// s_k of every local mode of a plane: sqrt(2), but 0 for one of the two where a mode and its mirror image are both
  /// kept (kx = 0 and Nyquist), and 1 where a mode is its own image (its b has no effect).
  std::vector<double> packingScale() const;
  /// 1/2 where the mirror image of a mode is kept too (kx = 0 and Nyquist), else 1: a sum over kept modes of
  /// share * 2 Re[X e^(2 pi i k x)] is the full sum over a Hermitian spectrum X.
  std::vector<double> share() const;

  /// Throws if x is not a packed vector of these modes.
  void require(Vec x, const char* who) const;

 private:
  template <class F>
  void forEachIndex(F&& f) const {
    const bool volume = cube_.shape().nz > 1;
    for (PetscInt a = lines_.start; a < lines_.start + lines_.count; ++a)
      for (PetscInt b = 0; b < lineLength_; ++b)
        for (PetscInt c = 0; c < inner_; ++c) volume ? f(c, a, b) : f(a, b, 0);
  }
  Mode mode(PetscInt local, PetscInt x, PetscInt y, PetscInt z) const;
  Cube cube_;
  PetscInt planes_ = 0, allLines_ = 0, lineLength_ = 0, inner_ = 1;
  Block lines_;
  Space space_;
};

}  // namespace lacuna
