#pragma once
#include <functional>
#include <vector>

#include "operators/local_convolver.hpp"
#include "operators/padded_field.hpp"
#include "operators/reflected_fold.hpp"

namespace lacuna {

/// A convolution that needs neighbours' rows only: padded fields, and a local convolver for H and one for H^T. The
/// adjoint is the correlation with the same PSF of data that are zero (or periodic) outside; where the image is
/// reflected at its borders, the result outside is folded back inside.
class HaloEngine final : public ConvolutionEngine {
 public:
  using MakeConvolver = std::function<std::unique_ptr<LocalConvolver>(std::vector<Psf> taps, const LocalExtents&)>;
  /// Collective.
  HaloEngine(const ConvolutionProblem& problem, const MakeConvolver& make);

  void forward(const Fill& fill, const Use& use) const override;
  void adjoint(const Fill& fill, const Use& use) const override;
  void forwardKept(const Fill& fill, const Work& work) const override;
  void adjointOfKept(const Use& use) const override { correlateData(use); }
  std::string text() const override { return forward_->text(); }
  std::int64_t bytes() const override;

 private:
  Stencil forwardStencil() const;
  Stencil adjointStencil() const;
  /// `use` gets the entries of H x, where x is in image_.
  void convolveImage(const Use& use) const;
  void correlateData(const Use& use) const;

  ConvolutionProblem problem_;
  mutable PaddedField image_, data_;
  LocalExtents toData_, toImage_;
  std::unique_ptr<LocalConvolver> forward_, adjoint_;
  std::unique_ptr<ReflectedFold> fold_;
};

}  // namespace lacuna
