#include "config/build_imaging.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace lacuna {
namespace {

bool isStack(const Inputs& in) { return in.text("model.epochs") == "stack"; }

FrameChoice frameChoice(const StackSource& source) {
  return {static_cast<PetscInt>(source.extent('t')), static_cast<PetscInt>(source.range('t').first)};
}

}  // namespace

ImagingProblem::ImagingProblem(MPI_Comm comm, const Inputs& inputs)
    : inputs_(inputs),
      source_(comm, inputs, isStack(inputs), false),
      psfs_(buildPsfs(comm, inputs, data().shape(), frameChoice(source_.stackSource()))),
      unknown_(unknownCube()),
      priors_(buildPriors(comm, inputs, unknown_, source_.times())) {
  notes_.push_back(source_.sizeText());
  notes_.insert(notes_.end(), psfs_.notes.begin(), psfs_.notes.end());
  if (!(unknown_.shape() == data().shape()))
    notes_.push_back(fmt::format("estimate: {} frames of {} x {} x {} pixels", unknown_.shape().frames,
                                 unknown_.shape().nz, unknown_.shape().ny, unknown_.shape().nx));
  notes_.push_back(fmt::format("noise {}, boundary {}, region {}", inputs.text("model.noise"),
                               inputs.text("model.boundary"), inputs.text("model.region")));
  notes_.insert(notes_.end(), priors_.notes.begin(), priors_.notes.end());
  if (!source_.idleText().empty()) notes_.push_back(source_.idleText());
  files_ = source_.files();
  for (const char* key : {"psf.file", "prior.space.spectrum", "prior.time.spectrum"})
    if (inputs.given(key) && inputs.counts(key)) files_.push_back(inputs.path(key).string());
}

Cube ImagingProblem::unknownCube() const {
  Shape shape = data().shape();
  if (inputs_.text("model.region") == "valid") shape = imageShapeOfValid(shape, psfs_.psfs);
  if (isStack(inputs_)) shape.frames = 1;
  return shape == data().shape() ? data() : Cube(data().gridPointer(), shape);
}

DeconvolveOptions ImagingProblem::options() const {
  const Inputs& in = inputs_;
  DeconvolveOptions o = commonOptions(in);
  const std::string& boundary = in.text("model.boundary");
  o.boundary = boundary == "zero" ? Boundary::Zero : boundary == "periodic" ? Boundary::Periodic : Boundary::Reflect;
  o.region = in.text("model.region") == "valid" ? Region::Valid : Region::Same;
  o.stack = isStack(in);
  o.pad = static_cast<PetscInt>(in.integer("model.pad"));
  o.cutoff = in.number("solver.cutoff");
  o.mixedPrecision = in.text("solver.precision") == "mixed";
  o.engine = in.text("convolution.engine");
  o.deterministic = in.flag("convolution.deterministic");
  return o;
}

}  // namespace lacuna
