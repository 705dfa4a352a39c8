#include "config/build_imaging.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "config/rules.hpp"
#include "io/map_check.hpp"
#include "operators/convolution.hpp"

namespace lacuna {
namespace {

std::string nameInFile(const Inputs& in) {
  if (in.has("data.dataset")) return in.text("data.dataset");
  if (!in.has("data.hdu")) return {};
  return in.isText("data.hdu") ? in.text("data.hdu") : fmt::format("{:.0f}", in.number("data.hdu"));
}

AxisRange range(double first, double end) { return {static_cast<std::int64_t>(first), static_cast<std::int64_t>(end)}; }

StackSource openData(MPI_Comm comm, const Inputs& in) {
  StackRanges ranges;
  const auto channel = static_cast<std::int64_t>(in.integer("data.channel"));
  const std::string axes = in.has("data.axes") ? in.text("data.axes") : "";
  if (in.given("data.channel") || axes.find('c') != std::string::npos) ranges['c'] = {channel, channel + 1};
  if (in.has("data.frames")) ranges['t'] = range(in.numbers("data.frames")[0], in.numbers("data.frames")[1]);
  if (in.has("data.roi")) {
    const auto& roi = in.numbers("data.roi");
    const std::string letters = "zyx";
    for (std::size_t i = 0; i < roi.size() / 2; ++i)
      ranges[letters[3 - roi.size() / 2 + i]] = range(roi[2 * i], roi[2 * i + 1]);
  }
  return StackSource(comm, {in.path("data.file").string(), nameInFile(in)}, axes, ranges);
}

FrameChoice frameChoice(const StackSource& source) {
  return {static_cast<PetscInt>(source.extent('t')), static_cast<PetscInt>(source.range('t').first)};
}

}  // namespace

ImagingProblem::ImagingProblem(MPI_Comm comm, const Inputs& inputs)
    : comm_(comm),
      inputs_(inputs),
      source_(openData(comm, inputs)),
      data_(dataCube()),
      psfs_(buildPsfs(comm, inputs, data_.shape(), frameChoice(source_))),
      unknown_(unknownCube()),
      times_(readTimes()),
      priors_(buildPriors(comm, inputs, unknown_, times_)) {
  notes_.push_back(sizeText());
  notes_.insert(notes_.end(), psfs_.notes.begin(), psfs_.notes.end());
  if (!(unknown_.shape() == data_.shape()))
    notes_.push_back(fmt::format("estimate: {} frames of {} x {} x {} pixels", unknown_.shape().frames,
                                 unknown_.shape().nz, unknown_.shape().ny, unknown_.shape().nx));
  notes_.push_back(fmt::format("noise {}, boundary {}, region {}", inputs.text("model.noise"),
                               inputs.text("model.boundary"), inputs.text("model.region")));
  notes_.insert(notes_.end(), priors_.notes.begin(), priors_.notes.end());
  const ProcessGrid& grid = data_.grid();
  const PetscInt rows = data_.shape().extents()[static_cast<std::size_t>(data_.slabAxis())];
  if (grid.spaceSize() > rows || grid.timeSize() > data_.shape().frames)
    notes_.push_back(
        fmt::format("warning: {} ranks as {} in time x {} in space have more parts than there are frames "
                    "({}) or rows ({}): some idle",
                    sizeOf(comm), grid.timeSize(), grid.spaceSize(), data_.shape().frames, rows));
  files_.push_back(inputs.path("data.file").string());
  for (const char* key : {"psf.file", "prior.space.spectrum"})
    if (inputs.given(key) && inputs.counts(key)) files_.push_back(inputs.path(key).string());
  for (const char* key : {"data.mask", "data.exposure", "data.background", "data.gain", "data.offset",
                          "data.read_noise", "model.noise_sd"}) {
    if (!inputs.has(key) || !inputs.isText(key) || inputs.text(key).empty()) continue;
    const std::string file = mapSource(key).file;
    if (std::find(files_.begin(), files_.end(), file) == files_.end()) files_.push_back(file);
  }
}

std::string ImagingProblem::sizeText() const {
  const Shape& s = data_.shape();
  const std::string pixels = s.nz > 1           ? fmt::format("{} x {} x {}", s.nz, s.ny, s.nx)
                             : source_.isLine() ? fmt::format("{}", s.nx)
                                                : fmt::format("{} x {}", s.ny, s.nx);
  return fmt::format("{}: {} frame{} of {} pixels", source_.header().text(), s.frames, s.frames == 1 ? "" : "s",
                     pixels);
}

Cube ImagingProblem::dataCube() const {
  const Shape shape = source_.shape();
  const bool stack = inputs_.text("model.epochs") == "stack";
  int groups = stack ? 1 : 0;  // the epochs of one image share its pixels
  if (inputs_.has("solver.time_groups")) groups = static_cast<int>(inputs_.integer("solver.time_groups"));
  if (stack && groups > 1) throw inputs_.bad("solver.time_groups", "[model] epochs = \"stack\" has one image: 1");
  return Cube(std::make_shared<ProcessGrid>(comm_, shape.frames, groups), shape);
}

Cube ImagingProblem::unknownCube() const {
  Shape shape = data_.shape();
  if (inputs_.text("model.region") == "valid") shape = imageShapeOfValid(shape, psfs_.psfs.front());
  if (inputs_.text("model.epochs") == "stack") shape.frames = 1;
  return shape == data_.shape() ? data_ : Cube(data_.gridPointer(), shape);
}

std::vector<double> ImagingProblem::readTimes() const {
  if (!inputs_.has("data.times")) return {};
  std::size_t first = 0;
  const auto& given = perFrame("data.times", first);
  return {given.begin() + static_cast<std::ptrdiff_t>(first),
          given.begin() + static_cast<std::ptrdiff_t>(first + static_cast<std::size_t>(data_.shape().frames))};
}

/// A list of one number a frame, of those that are taken or of all of the file.
const std::vector<double>& ImagingProblem::perFrame(const char* key, std::size_t& first) const {
  const auto& list = inputs_.numbers(key);
  const auto frames = static_cast<std::size_t>(data_.shape().frames);
  const auto inFile = static_cast<std::size_t>(source_.extent('t'));
  if (list.size() != frames && list.size() != inFile)
    throw inputs_.bad(key, fmt::format("{} numbers, but there are {} frames", list.size(), frames));
  first = list.size() == frames ? 0 : static_cast<std::size_t>(source_.range('t').first);
  return list;
}

MapSource ImagingProblem::mapSource(const char* key) const {
  return resolveMap(inputs_.text(key), inputs_.path("data.file").string(), inputs_.folder(key).string());
}

VecHandle ImagingProblem::map(const char* key) const {
  VecHandle x = data_.space().vec();
  source_.companion(mapSource(key)).read(data_, data_.wholeWindow(), 0, x);
  return x;
}

/// A number, a list of one a frame, or a map, as a vector of the data; null where it is `trivial` everywhere.
VecHandle ImagingProblem::quantity(const char* key, double trivial, const std::string& fault,
                                   const std::function<bool(double)>& good, Vec mask) const {
  if (!inputs_.has(key)) return {};
  if (inputs_.isText(key)) {
    VecHandle x = map(key);
    requireValues(data_, data_.wholeWindow(), 0, mask, x,
                  fmt::format("[{}] {}", std::string(key).substr(0, std::string(key).find('.')), mapSource(key).text()),
                  fault, good);
    return x;
  }
  const auto& given = inputs_.numbers(key);
  if (std::all_of(given.begin(), given.end(), [&](double v) { return v == trivial; }) && given.size() == 1) return {};
  VecHandle x = data_.space().vec();
  if (given.size() == 1) {
    check(VecSet(x, given[0]));
    return x;
  }
  std::size_t first = 0;
  const auto& list = perFrame(key, first);
  const Box& box = data_.box();
  const PetscInt plane = box.count[1] * box.count[2] * box.count[3] * box.count[4];
  const WriteLocal out(x);
  for (PetscInt t = 0; t < box.count[0]; ++t)
    std::fill_n(out.data() + t * plane, plane, list[first + static_cast<std::size_t>(box.start[0] + t)]);
  return x;
}

ImagingData ImagingProblem::read() const {
  const auto notNegative = [](double v) { return v >= 0 && std::isfinite(v); };
  const auto positive = [](double v) { return v > 0 && std::isfinite(v); };
  const auto finite = [](double v) { return std::isfinite(v); };
  ImagingData d;
  d.cube = data_;
  const Window window = data_.wholeWindow();
  if (!inputs_.text("data.mask").empty()) {
    d.mask = map("data.mask");
    requireFinite(data_, window, 0, nullptr, d.mask, "the mask " + mapSource("data.mask").text());
  }
  d.exposure = quantity("data.exposure", 1, "negative or not finite", notNegative, d.mask);
  d.background = quantity("data.background", 0, "negative or not finite", notNegative, d.mask);
  const VecHandle gain = quantity("data.gain", 1, "not positive", positive, d.mask);
  const VecHandle offset = quantity("data.offset", 0, "not finite", finite, d.mask);
  const std::string& noise = inputs_.text("model.noise");
  if (noise == "gaussian" && inputs_.has("model.noise_sd"))
    d.variance = quantity("model.noise_sd", std::nan(""), "not positive", positive, d.mask);
  if (noise == "poisson-gaussian")
    d.variance = quantity("data.read_noise", std::nan(""), "negative or not finite", notNegative, d.mask);
  if (d.variance) check(VecPointwiseMult(d.variance, d.variance, d.variance));
  d.counts = data_.space().vec();
  source_.read(data_, window, 0, d.counts);
  if (offset) check(VecAXPY(d.counts, -1, offset));
  if (gain) {
    const ReadLocal g(gain);
    const WriteLocal y(d.counts);
    for (PetscInt i = 0; i < y.size(); ++i) y[i] /= g[i];
  }
  const std::string what = "the data " + source_.header().text();
  requireFinite(data_, window, 0, d.mask, d.counts, what);
  const std::string& method = inputs_.text("solver.method");
  if ((method == "map" || method == "richardson-lucy") &&
      (noise == "poisson" || noise == "truncated-poisson" || noise == "censored-poisson"))
    requireValues(data_, window, 0, d.mask, d.counts, what + ", in counts", "negative",
                  [](double v) { return v >= 0; });
  if (noise == "truncated-poisson" && method == "map") {
    const double ceiling = inputs_.number("model.ceiling");
    requireValues(data_, window, 0, d.mask, d.counts, what + ", in counts",
                  fmt::format("above the ceiling {:g}", ceiling), [ceiling](double v) { return v <= ceiling; });
  }
  return d;
}

DeconvolveOptions ImagingProblem::options() const {
  const Inputs& in = inputs_;
  DeconvolveOptions o;
  const std::string& method = in.text("solver.method");
  o.method = method == "map"               ? DeconvolveMethod::Map
             : method == "richardson-lucy" ? DeconvolveMethod::RichardsonLucy
             : method == "wiener"          ? DeconvolveMethod::Wiener
                                           : DeconvolveMethod::PseudoInverse;
  const std::string positivity = wantedPositivity(in), &boundary = in.text("model.boundary");
  o.positivity = positivity == "bound" ? Positivity::Bound
                 : positivity == "exp" ? Positivity::Exponential
                                       : Positivity::None;
  o.algorithm = in.text("solver.algorithm");
  // The pseudo-inverse knows nothing of noise; its residual is shown in counts.
  o.noise = o.method == DeconvolveMethod::PseudoInverse ? "gaussian" : in.text("model.noise");
  o.ceiling = in.has("model.ceiling") ? in.number("model.ceiling") : 0;
  o.boundary = boundary == "zero" ? Boundary::Zero : boundary == "periodic" ? Boundary::Periodic : Boundary::Reflect;
  o.region = in.text("model.region") == "valid" ? Region::Valid : Region::Same;
  o.stack = in.text("model.epochs") == "stack";
  o.pad = static_cast<PetscInt>(in.integer("model.pad"));
  const std::int64_t standard = o.method == DeconvolveMethod::RichardsonLucy ? 30 : 1000;
  o.iterations = static_cast<int>(std::min<std::int64_t>(
      in.has("solver.iterations") ? in.integer("solver.iterations") : standard, std::numeric_limits<int>::max()));
  o.rtol = in.number("solver.rtol");
  o.acceleration = in.flag("solver.acceleration");
  o.cutoff = in.number("solver.cutoff");
  o.engine = in.text("convolution.engine");
  o.deterministic = in.flag("convolution.deterministic");
  o.samples = static_cast<int>(in.integer("posterior.samples"));
  o.seed = static_cast<std::uint64_t>(in.integer("posterior.seed"));
  o.sampleRtol = in.number("posterior.rtol");
  return o;
}

}  // namespace lacuna
