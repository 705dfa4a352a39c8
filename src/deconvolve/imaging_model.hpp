#pragma once
#include <memory>
#include <vector>

#include "deconvolve/imaging_data.hpp"
#include "deconvolve/options.hpp"
#include "model/noise.hpp"

namespace lacuna {

/// The likelihood of images in its parts: counts ~ noise(exposure * (H x) + background).
struct ImagingModel {
  Cube unknown;  ///< of x
  ImagingData data;
  bool line = false, unknownLine = false;          ///< data, unknown: there is no axis y, files have none
  std::shared_ptr<const Convolution> convolution;  ///< H, if it is one
  OperatorPointer blur;                            ///< H
  std::string blurText;                            ///< what it is, in words
  OperatorPointer seen;                            ///< diag(exposure) H
  std::shared_ptr<const Model> mean;               ///< seen + background
  std::shared_ptr<const Noise> noise;

  /// The parts of the cubes that files hold: all of them.
  Window dataWindow() const { return windowOf(data.cube, line); }
  Window unknownWindow() const { return windowOf(unknown, unknownLine); }

 private:
  static Window windowOf(const Cube& cube, bool isLine) {
    Window window = cube.wholeWindow();
    window.line = isLine;
    return window;
  }
};

/// Collective. H is a convolution with these PSFs, or any operator, described by `text`. Throws 65 where counts can
/// come from nothing (no exposure, or none of the PSF's light, and no background), and what the noise and the
/// convolution throw.
ImagingModel imagingModel(ImagingData data, const Cube& unknown, const std::vector<Psf>& psfs,
                          const DeconvolveOptions& options);
ImagingModel imagingModel(ImagingData data, const Cube& unknown, OperatorPointer H, const std::string& text,
                          const DeconvolveOptions& options);

/// Collective. An image without features, of which every frame predicts as many counts as its data have (and at least a
/// ten-thousandth of the brightest frame's), positive: where solvers start.
VecHandle flatStart(const ImagingModel& model);

}  // namespace lacuna
