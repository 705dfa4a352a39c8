#include "operators/convolution.hpp"

#include <algorithm>

#include "operators/convolution_planner.hpp"

namespace lacuna {

std::shared_ptr<const Convolution> Convolution::make(const Cube& image, const Cube& data, std::vector<Psf> psfs,
                                                     const ConvolutionOptions& options) {
  return std::make_shared<Convolution>(
      ConvolutionProblem(image, data, std::move(psfs), options.boundary, options.region), options);
}

Convolution::Convolution(ConvolutionProblem problem, const ConvolutionOptions& options)
    : LinearOperator(problem.image.space(), problem.data.space()), problem_(std::move(problem)) {
  PlannedEngine planned = planConvolution(problem_, options.engine, options.deterministic);
  engine_ = std::move(planned.engine);
  choice_ = std::move(planned.text);
}

void Convolution::doApplyForward(Vec x, Vec y) const {
  const ReadLocal in(x);
  const WriteLocal out(y);
  const auto timed = phase_.scope(1e-6 * double(out.size()));
  engine_->forward(
      [&](PetscInt first, PetscInt count, double* values) { std::copy_n(in.data() + first, count, values); },
      [&](PetscInt first, PetscInt count, const double* values) { std::copy_n(values, count, out.data() + first); });
}

void Convolution::doApplyAdjoint(Vec y, Vec x) const {
  const ReadLocal in(y);
  const WriteLocal out(x);
  const auto timed = phase_.scope(1e-6 * double(in.size()));
  engine_->adjoint(
      [&](PetscInt first, PetscInt count, double* values) { std::copy_n(in.data() + first, count, values); },
      [&](PetscInt first, PetscInt count, const double* values) { std::copy_n(values, count, out.data() + first); });
}

void Convolution::doApplyGram(Vec w, Vec x, Vec y) const {
  const ReadLocal weight(w), in(x);
  const WriteLocal out(y);
  const auto timed = phase_.scope(2e-6 * double(weight.size()));
  engine_->forwardKept(
      [&](PetscInt first, PetscInt count, double* values) { std::copy_n(in.data() + first, count, values); },
      [&](PetscInt first, PetscInt count, double* values) {
        for (PetscInt i = 0; i < count; ++i) values[i] *= weight[first + i];
      });
  engine_->adjointOfKept(
      [&](PetscInt first, PetscInt count, const double* values) { std::copy_n(values, count, out.data() + first); });
}

}  // namespace lacuna
