#pragma once
#include <memory>
#include <string>
#include <vector>

#include "operators/convolution_engine.hpp"
#include "operators/linear_operator.hpp"

namespace lacuna {

struct ConvolutionOptions {
  Boundary boundary = Boundary::Zero;
  Region region = Region::Same;
  /// "auto", or one of convolutionEngines().
  std::string engine = "auto";
  /// "auto" chooses by a rule instead of timings, and FFTW by its own estimates: the same sums on every run.
  bool deterministic = false;
};

/// The names of the engines: "separable", "dense", "tiled", "global".
const std::vector<std::string>& convolutionEngines();

/// Blur by a point-spread function, y(p) = sum_q h(q) x(p - (q - center)), of images, volumes and lines (channels = 1),
/// with the exact adjoint. One PSF for all frames or one for each frame of the data; where the image has one frame and
/// the data have several (a stack of epochs), y_e = h_e * x. Collective over space() of the process grid; neighbours
/// only, but for the engine "global".
class Convolution final : public LinearOperator {
 public:
  using Fill = ConvolutionEngine::Fill;
  using Use = ConvolutionEngine::Use;
  using Work = ConvolutionEngine::Work;

  /// Collective. Domain: image.space(); range: data.space(). Throws 65 on a PSF that cannot be used (see checkPsf), 78
  /// on shapes that do not fit and on an engine that is unknown or cannot do it.
  static std::shared_ptr<const Convolution> make(const Cube& image, const Cube& data, std::vector<Psf> psfs,
                                                 const ConvolutionOptions& options = {});
  Convolution(ConvolutionProblem problem, const ConvolutionOptions& options);

  const Cube& image() const { return problem_.image; }
  const Cube& data() const { return problem_.data; }
  /// As used: on their common support.
  const std::vector<Psf>& psfs() const { return problem_.psfs; }
  Boundary boundary() const { return problem_.boundary; }
  Region region() const { return problem_.region; }
  /// Image pixel (z, y, x) that data pixel (0, 0, 0) looks at: zero, or where the `valid` data begin.
  const std::array<PetscInt, 3>& offset() const { return problem_.offset; }

  /// The engine and why, for the log: "separable, rank 1 (ms: separable 12.1, tiled 30.2)".
  const std::string& choiceText() const { return choice_; }
  std::int64_t bytes() const { return engine_->bytes(); }  ///< kept on this rank

  /// The same with fields through callbacks, see ConvolutionEngine. Not counted as applications.
  void forward(const Fill& fill, const Use& use) const { engine_->forward(fill, use); }
  void transposed(const Fill& fill, const Use& use) const { engine_->adjoint(fill, use); }
  void forwardKept(const Fill& fill, const Work& work) const { engine_->forwardKept(fill, work); }
  void adjointOfKept(const Use& use) const { engine_->adjointOfKept(use); }

 private:
  void doApplyForward(Vec x, Vec y) const override;
  void doApplyAdjoint(Vec y, Vec x) const override;
  void doApplyGram(Vec w, Vec x, Vec y) const override;

  ConvolutionProblem problem_;
  std::unique_ptr<const ConvolutionEngine> engine_;
  std::string choice_;
  Phase phase_{"convolution", "Mpixel"};
};

}  // namespace lacuna
