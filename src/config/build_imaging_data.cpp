#include "config/build_imaging_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "config/rules.hpp"
#include "io/fits_stack.hpp"
#include "io/map_check.hpp"
#include "io/window_part.hpp"

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
  if (in.program() == Program::Deconvolve && in.has("data.roi")) {
    const auto& roi = in.numbers("data.roi");
    const std::string letters = "zyx";
    for (std::size_t i = 0; i < roi.size() / 2; ++i)
      ranges[letters[3 - roi.size() / 2 + i]] = range(roi[2 * i], roi[2 * i + 1]);
  }
  return StackSource(comm, {in.path("data.file").string(), nameInFile(in)}, axes, ranges);
}

Cube cubeOf(MPI_Comm comm, const Inputs& in, const StackSource& source, bool oneGroup, bool linesAlongY) {
  Shape shape = source.shape();
  if (linesAlongY && source.isLine()) std::swap(shape.ny, shape.nx);
  int groups = oneGroup ? 1 : 0;
  if (in.has("solver.time_groups")) groups = static_cast<int>(in.integer("solver.time_groups"));
  if (oneGroup && groups > 1) throw in.bad("solver.time_groups", "[model] epochs = \"stack\" has one image: 1");
  return Cube(std::make_shared<ProcessGrid>(comm, shape.frames, groups), shape);
}

/// Exposure and background of masked data may be unknown; they multiply what counts nothing.
void clearMasked(Vec mask, Vec x) {
  if (!mask || !x) return;
  const ReadLocal use(mask);
  const WriteLocal v(x);
  for (PetscInt i = 0; i < v.size(); ++i)
    if (use[i] == 0 && !std::isfinite(v[i])) v[i] = 0;
}

}  // namespace

ImagingSource::ImagingSource(MPI_Comm comm, const Inputs& inputs, bool oneGroup, bool linesAlongY)
    : comm_(comm),
      inputs_(inputs),
      source_(openData(comm, inputs)),
      cube_(cubeOf(comm, inputs, source_, oneGroup, linesAlongY)),
      times_(readTimes()) {}

std::string ImagingSource::sizeText() const {
  const Shape& s = cube_.shape();
  const std::string pixels = s.nz > 1           ? fmt::format("{} x {} x {}", s.nz, s.ny, s.nx)
                             : source_.isLine() ? fmt::format("{}", s.nx * s.ny)
                                                : fmt::format("{} x {}", s.ny, s.nx);
  return fmt::format("{}: {} frame{} of {} pixels", source_.header().text(), s.frames, s.frames == 1 ? "" : "s",
                     pixels);
}

std::string ImagingSource::idleText() const {
  const ProcessGrid& grid = cube_.grid();
  const PetscInt rows = cube_.shape().extents()[static_cast<std::size_t>(cube_.slabAxis())];
  if (grid.spaceSize() <= rows && grid.timeSize() <= cube_.shape().frames) return {};
  return fmt::format(
      "warning: {} ranks as {} in time x {} in space have more parts than there are frames ({}) or rows "
      "({}): some idle",
      sizeOf(comm_), grid.timeSize(), grid.spaceSize(), cube_.shape().frames, rows);
}

std::vector<std::string> ImagingSource::files() const {
  std::vector<std::string> files{inputs_.path("data.file").string()};
  for (const char* key : {"data.mask", "data.exposure", "data.background", "data.gain", "data.offset",
                          "data.read_noise", "model.noise_sd"}) {
    if (!inputs_.has(key) || !inputs_.isText(key) || inputs_.text(key).empty()) continue;
    const std::string file = mapSource(key).file;
    if (std::find(files.begin(), files.end(), file) == files.end()) files.push_back(file);
  }
  return files;
}

/// Lines that lie along y: every rank reads the frames and pixels that it owns.
void ImagingSource::readLines(const StackSource& from, Vec x) const {
  const Box& box = cube_.box();
  const auto& header = from.header();
  together(comm_, [&] {
    if (box.size() == 0) return;
    const std::unique_ptr<StackFile> file = openStack(header);
    const WriteLocal out(x);
    const std::string axes = from.axes();
    const bool oneFrame = from.shape().frames == 1;
    for (PetscInt t = 0; t < box.count[0]; ++t) {
      std::vector<std::int64_t> start(header.extents.size(), 0), count(header.extents.size(), 1);
      // The file's axes in order, those of length 1 that have no part in it passed over.
      std::size_t next = 0;
      for (std::size_t i = 0; i < header.extents.size() && next < axes.size(); ++i) {
        if (header.extents[i] != from.extent(axes[next])) continue;
        const char axis = axes[next++];
        start[i] = from.range(axis).first;
        if (axis == 't') start[i] += oneFrame ? 0 : box.start[0] + t;
        if (axis == 'x') start[i] += box.start[3], count[i] = box.count[3];
      }
      file->read(start, count,
                 std::span<double>(out.data() + t * box.count[3], static_cast<std::size_t>(box.count[3])));
    }
  });
}

void ImagingSource::readInto(const StackSource& from, Vec x) const {
  if (from.isLine() && cube_.shape().ny > 1)
    readLines(from, x);
  else
    from.read(cube_, cube_.wholeWindow(), 0, x);
}

std::vector<double> ImagingSource::readTimes() const {
  if (!inputs_.has("data.times")) return {};
  std::size_t first = 0;
  const auto& given = perFrame("data.times", first);
  return {given.begin() + static_cast<std::ptrdiff_t>(first),
          given.begin() + static_cast<std::ptrdiff_t>(first + static_cast<std::size_t>(cube_.shape().frames))};
}

/// A list of one number a frame, of those that are taken or of all of the file.
const std::vector<double>& ImagingSource::perFrame(const char* key, std::size_t& first) const {
  const auto& list = inputs_.numbers(key);
  const auto frames = static_cast<std::size_t>(cube_.shape().frames);
  const auto inFile = static_cast<std::size_t>(source_.extent('t'));
  if (list.size() != frames && list.size() != inFile)
    throw inputs_.bad(key, fmt::format("{} numbers, but there are {} frames", list.size(), frames));
  first = list.size() == frames ? 0 : static_cast<std::size_t>(source_.range('t').first);
  return list;
}

MapSource ImagingSource::mapSource(const char* key) const {
  return resolveMap(inputs_.text(key), inputs_.path("data.file").string(), inputs_.folder(key).string());
}

VecHandle ImagingSource::map(const char* key) const {
  VecHandle x = cube_.space().vec();
  readInto(source_.companion(mapSource(key)), x);
  return x;
}

/// A number, a list of one a frame, or a map, as a vector of the data; null where it is `trivial` everywhere.
VecHandle ImagingSource::quantity(const char* key, double trivial, const std::string& fault,
                                  const std::function<bool(double)>& good, Vec mask) const {
  if (!inputs_.has(key)) return {};
  if (inputs_.isText(key)) {
    VecHandle x = map(key);
    requireValues(cube_, cube_.wholeWindow(), 0, mask, x,
                  fmt::format("[{}] {}", std::string(key).substr(0, std::string(key).find('.')), mapSource(key).text()),
                  fault, good);
    return x;
  }
  const auto& given = inputs_.numbers(key);
  if (std::all_of(given.begin(), given.end(), [&](double v) { return v == trivial; }) && given.size() == 1) return {};
  VecHandle x = cube_.space().vec();
  if (given.size() == 1) {
    check(VecSet(x, given[0]));
    return x;
  }
  std::size_t first = 0;
  const auto& list = perFrame(key, first);
  const Box& box = cube_.box();
  const PetscInt plane = box.count[1] * box.count[2] * box.count[3] * box.count[4];
  const WriteLocal out(x);
  for (PetscInt t = 0; t < box.count[0]; ++t)
    std::fill_n(out.data() + t * plane, plane, list[first + static_cast<std::size_t>(box.start[0] + t)]);
  return x;
}

const double* ImagingSource::oneNumber(const char* key) const {
  if (!inputs_.has(key) || inputs_.isText(key) || inputs_.numbers(key).size() != 1) return nullptr;
  return inputs_.numbers(key).data();
}

int ImagingSource::fields() const {
  const auto varies = [&](const char* key, double trivial) {
    if (!inputs_.has(key)) return false;
    return inputs_.isText(key) || inputs_.numbers(key).size() > 1 || inputs_.numbers(key)[0] != trivial;
  };
  const std::string& noise = inputs_.text("model.noise");
  const bool variance = (noise == "gaussian" && inputs_.has("model.noise_sd")) || noise == "poisson-gaussian";
  // Poisson noise has counts of its own where there is a mask; else it shares them.
  const int masks = inputs_.text("data.mask").empty() ? 0 : noise == "poisson" ? 2 : 1;
  return 1 + masks + varies("data.exposure", 1) + (varies("data.background", 0) && !oneNumber("data.background")) +
         variance;
}

ImagingData ImagingSource::read() const {
  const auto notNegative = [](double v) { return v >= 0 && std::isfinite(v); };
  const auto positive = [](double v) { return v > 0 && std::isfinite(v); };
  const auto finite = [](double v) { return std::isfinite(v); };
  ImagingData d;
  d.cube = cube_;
  const Window window = cube_.wholeWindow();
  if (!inputs_.text("data.mask").empty()) {
    d.mask = map("data.mask");
    requireFinite(cube_, window, 0, nullptr, d.mask, "the mask " + mapSource("data.mask").text());
  }
  d.exposure = quantity("data.exposure", 1, "negative or not finite", notNegative, d.mask);
  if (const double* level = oneNumber("data.background"))
    d.level = *level;
  else
    d.background = quantity("data.background", 0, "negative or not finite", notNegative, d.mask);
  clearMasked(d.mask, d.exposure);
  clearMasked(d.mask, d.background);
  const VecHandle gain = quantity("data.gain", 1, "not positive", positive, d.mask);
  const VecHandle offset = quantity("data.offset", 0, "not finite", finite, d.mask);
  const std::string& noise = inputs_.text("model.noise");
  if (noise == "gaussian" && inputs_.has("model.noise_sd"))
    d.variance = quantity("model.noise_sd", std::nan(""), "not positive", positive, d.mask);
  if (noise == "poisson-gaussian")
    d.variance = quantity("data.read_noise", std::nan(""), "negative or not finite", notNegative, d.mask);
  if (d.variance) check(VecPointwiseMult(d.variance, d.variance, d.variance));
  d.counts = cube_.space().vec();
  readInto(source_, d.counts);
  if (offset) check(VecAXPY(d.counts, -1, offset));
  if (gain) {
    const ReadLocal g(gain);
    const WriteLocal y(d.counts);
    for (PetscInt i = 0; i < y.size(); ++i) y[i] /= g[i];
  }
  const std::string what = "the data " + source_.header().text();
  requireFinite(cube_, window, 0, d.mask, d.counts, what);
  const std::string& method = inputs_.text("solver.method");
  if ((method == "map" || method == "richardson-lucy") &&
      (noise == "poisson" || noise == "truncated-poisson" || noise == "censored-poisson"))
    requireValues(cube_, window, 0, d.mask, d.counts, what + ", in counts", "negative",
                  [](double v) { return v >= 0; });
  if (noise == "truncated-poisson" && method == "map") {
    const double ceiling = inputs_.number("model.ceiling");
    requireValues(cube_, window, 0, d.mask, d.counts, what + ", in counts",
                  fmt::format("above the ceiling {:g}", ceiling), [ceiling](double v) { return v <= ceiling; });
  }
  return d;
}

ImageFormats ImagingSource::formats() const {
  const StackFormat format = source_.header().format;
  const auto wanted = [&](const char* key, StackFormat same) {
    return inputs_.has(key) ? inputs_.flag(key) : format == same;
  };
  return {wanted("output.fits", StackFormat::Fits), wanted("output.tiff", StackFormat::Tiff)};
}

ProductStack ImagingSource::stack(const ImagingModel& model) const {
  ProductStack stack;
  stack.times = times_;
  stack.firstFrame = source_.range('t').first;
  stack.corner = {source_.range('z').first, source_.range('y').first, source_.range('x').first};
  stack.fitsCards = stack.estimateCards = fitsCards(comm_, source_);
  if (model.convolution) {
    const auto& [z, y, x] = model.convolution->offset();
    stack.estimateCards = fitsCards(comm_, source_, {model.unknown.shape().frames == 1, {z, y, x}});
  } else if (fileExtents(model.unknown, model.unknownWindow()) != fileExtents(cube_, model.dataWindow())) {
    stack.estimateCards.clear();  // what a matrix sees need not lie where the data do
  }
  return stack;
}

DeconvolveOptions commonOptions(const Inputs& in) {
  DeconvolveOptions o;
  const std::string& method = in.text("solver.method");
  o.method = method == "map"               ? DeconvolveMethod::Map
             : method == "richardson-lucy" ? DeconvolveMethod::RichardsonLucy
             : method == "wiener"          ? DeconvolveMethod::Wiener
                                           : DeconvolveMethod::PseudoInverse;
  const std::string positivity = solvedPositivity(in);
  o.positivity = positivity == "bound" ? Positivity::Bound
                 : positivity == "exp" ? Positivity::Exponential
                                       : Positivity::None;
  o.algorithm = in.text("solver.algorithm");
  // The pseudo-inverse knows nothing of noise; its residual is shown in counts.
  o.noise = o.method == DeconvolveMethod::PseudoInverse ? "gaussian" : in.text("model.noise");
  o.ceiling = in.has("model.ceiling") ? in.number("model.ceiling") : 0;
  const std::int64_t standard = o.method == DeconvolveMethod::RichardsonLucy ? 30 : 5000;
  o.iterations = static_cast<int>(std::min<std::int64_t>(
      in.has("solver.iterations") ? in.integer("solver.iterations") : standard, std::numeric_limits<int>::max()));
  o.rtol = in.number("solver.rtol");
  o.acceleration = in.flag("solver.acceleration");
  o.samples = static_cast<int>(in.integer("posterior.samples"));
  o.seed = static_cast<std::uint64_t>(in.integer("posterior.seed"));
  o.sampleRtol = in.number("posterior.rtol");
  return o;
}

}  // namespace lacuna
