#pragma once
#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "grid/fft.hpp"
#include "model/noise.hpp"
#include "operators/convolution.hpp"
#include "operators/gradient.hpp"
#include "operators/spectral_synthesis.hpp"
#include "priors/time_chain.hpp"

namespace lacuna {

/// What the proximal solver minimises over images x (frames of a movie, or one frame seen in several epochs):
///   E(x) = noise(exposure (h * x) + background; y) + smooth/2 |D x|^2 or |K x|^2 + totalVariation sum |D x|_2
///          + starlet sum_{j <= scales} |W_j x|_1
///          + timeVariation sum_t |x_t - x_{t-1}|_1 + chain(x) + 1/2 sum_k |FFT(x - mean)(k)|^2 / (N P(k)),      x >= 0
///          where `positive`,
/// D forward differences over spacing, K = D^T D (order 2), both with free boundary and frame by frame, |.|_2 over the
/// axes of a pixel, W_j the coefficients of scale j of the Starlet transform. Small things are copied, fields are views
/// that must outlive the solve.
struct ConvexProblem {
  ConvexProblem() = default;
  /// With the images, PSFs and boundary of h * x.
  explicit ConvexProblem(const Convolution& h)
      : image(h.image()), data(h.data()), psfs(h.psfs()), boundary(h.boundary()), offset(h.offset()) {}

  Cube image;             ///< of the unknown; one channel
  Cube data;              ///< as many frames as the image, or any number of epochs of an image of one frame
  std::vector<Psf> psfs;  ///< one for all data frames, or one each
  RowBoundary boundary = RowBoundary::Zero;      ///< zero or periodic
  std::array<PetscInt, 3> offset{};              ///< image pixel (z, y, x) that data pixel (0, 0, 0) looks at
  std::shared_ptr<const Noise> noise;            ///< in the space of the data; masked data count nothing
  Vec exposure = nullptr, background = nullptr;  ///< in the space of the data; null: 1, `level`
  double level = 0;
  bool positive = true;

  Spacing spacing{1, 1, 1};
  double smooth = 0;
  int order = 1;
  double totalVariation = 0;
  double starlet = 0;
  int scales = 4;  ///< of the starlets
  double timeVariation = 0;
  std::optional<TimeChain> chain;
  Transfer chainPower;  ///< P(k) of the chain's innovations and first frame; none: white. Periodic images only
  Transfer power;       ///< P(k) of a Gaussian field; a mode where it is 0 is that of the mean. Periodic images only
  double mean = 0;      ///< of that field
  Planning planning = Planning::MeasureLater;  ///< of the transforms

  bool varies() const { return timeVariation > 0 && image.shape().frames > 1; }  ///< has steps in time to split
  bool stack() const { return image.shape().frames == 1 && data.shape().frames > 1; }
};

}  // namespace lacuna
