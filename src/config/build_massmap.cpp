#include "config/build_massmap.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "config/build_spectrum.hpp"
#include "config/rules.hpp"
#include "grid/padding.hpp"
#include "io/map_check.hpp"
#include "io/map_place.hpp"
#include "io/map_source.hpp"
#include "massmap/cluster_list.hpp"

namespace lacuna {

namespace {

/// The posterior under a flat prior is the likelihood, whose maximum is the null-B map.
MassMethod methodOf(const Inputs& inputs) {
  const std::string& method = inputs.text("solver.method");
  if (method == "kaiser-squires") return MassMethod::KaiserSquires;
  return method == "wiener" && inputs.text("prior.kind") == "gaussian" ? MassMethod::Wiener : MassMethod::NullB;
}

}  // namespace

bool wantsStd(const Inputs& inputs) {
  return methodOf(inputs) == MassMethod::Wiener &&
         (inputs.text("posterior.std") == "exact" || inputs.integer("posterior.samples") >= 2);
}

MassmapProblem::MassmapProblem(MPI_Comm comm, const Inputs& inputs) : comm_(comm), inputs_(inputs) {
  inputs.text("data.kind") == "catalogue" ? gridFromCatalogue() : gridFromMaps();
  padGrid();
  const Shape& shape = image_.shape();
  if (methodOf(inputs) == MassMethod::Wiener) {
    const BuiltSpectrum built = buildSpectrum(comm, inputs, "prior");
    if (inputs.given("prior.spectrum")) files_.push_back(inputs.path("prior.spectrum").string());
    spectrum_ = built.power;
    priorText_ = built.text;
    const double ellPerCycle = 2 * std::numbers::pi / pixelRadian();
    const std::string warning = built.warning(ellPerCycle / static_cast<double>(std::max(shape.nx, shape.ny)),
                                              ellPerCycle * std::numbers::sqrt2 / 2);
    notes_.push_back("prior: Gaussian field, " + built.text);
    if (!warning.empty()) notes_.push_back("warning: " + warning);
  }
  if (inputs.text("solver.method") == "wiener" && methodOf(inputs) == MassMethod::NullB)
    notes_.push_back(
        "prior: flat, so this is the map of method = \"null-b\": least squares, of minimum norm where masked, and no "
        "error bars, which nothing would bound there");
  if (inputs.given("data.clusters")) files_.push_back(inputs.path("data.clusters").string());
}

void MassmapProblem::padGrid() {
  const auto [shape, window] = paddedImage(static_cast<PetscInt>(sky_->ny()), static_cast<PetscInt>(sky_->nx()),
                                           inputs_.number("grid.pad_factor"));
  window_ = window;
  try {  // the largest of the fields is the shear, with two components
    image_ = Cube(std::make_shared<ProcessGrid>(comm_, 1), shape);
    image_.withChannels(2);
  } catch (const Error& e) {
    throw Error(e.code(), fmt::format("[grid] nx = {}, ny = {}, padded to {} x {}: {}", sky_->nx(), sky_->ny(),
                                      shape.nx, shape.ny, e.what()));
  }
  if (wantsStd(inputs_) && posterior().exact && shape.pixels() > mostExactUnknowns)
    throw inputs_.bad(
        "posterior.std",
        fmt::format(
            "makes one solve for each pixel of the padded grid and takes at most {}; {}, has {}: use \"samples\"",
            mostExactUnknowns, gridText(), shape.pixels()));
}

std::string MassmapProblem::gridText() const {
  return fmt::format("[grid] nx = {}, ny = {}, padded to {} x {}", sky_->nx(), sky_->ny(), image_.shape().nx,
                     image_.shape().ny);
}

double MassmapProblem::pixelRadian() const { return sky_->pixelArcmin() / 60 * std::numbers::pi / 180; }

CatalogueFormat MassmapProblem::format() const {
  const Inputs& in = inputs_;
  CatalogueFormat f;
  f.ra = in.text("data.ra");
  f.dec = in.text("data.dec");
  f.e1 = in.text("data.e1");
  f.e2 = in.text("data.e2");
  f.weight = in.text("data.weight");
  if (in.isText("data.m"))
    f.mColumn = in.text("data.m");
  else
    f.m = in.number("data.m");
  f.radians = in.text("data.angle_unit") == "rad";
  f.flipE1 = in.flag("data.flip_e1");
  f.flipE2 = in.flag("data.flip_e2");
  f.c1 = in.number("data.c1");
  f.c2 = in.number("data.c2");
  f.responsivity = in.number("data.responsivity");
  for (const ColumnRange& range : selectedRanges(in)) f.select.push_back({range.column, range.minimum, range.maximum});
  return f;
}

void MassmapProblem::gridFromCatalogue() {
  const Inputs& in = inputs_;
  const std::string path = in.path("data.file").string();
  files_.push_back(path);
  const CatalogueFormat columns = format();
  const std::vector<std::string> needed = columns.needed();
  // The default HDU is the first table; a name or number only counts where the user gave one.
  table_ = openTable(comm_, path, in.given("data.hdu") ? std::to_string(in.integer("data.hdu")) : "", needed);
  GridRequest request;
  request.projection = in.text("grid.projection") == "none" ? Projection::None : Projection::Gnomonic;
  if (in.given("grid.center_deg"))
    request.center = SkyGrid::Direction{in.numbers("grid.center_deg")[0], in.numbers("grid.center_deg")[1]};
  if (in.given("grid.pixel_arcmin")) request.pixelArcmin = in.number("grid.pixel_arcmin");
  if (in.given("grid.nx")) request.nx = in.integer("grid.nx");
  if (in.given("grid.ny")) request.ny = in.integer("grid.ny");
  SuggestedGrid suggested = suggestGrid(*table_, columns, request);
  sky_ = suggested.grid;
  notes_ = std::move(suggested.notes);
  if (in.given("data.mask_file")) files_.push_back(in.path("data.mask_file").string());
}

MapSource MassmapProblem::map(const char* key) const {
  const std::string dataFile = inputs_.given("data.file") ? inputs_.path("data.file").string() : "";
  return resolveMap(inputs_.text(key), dataFile, inputs_.folder(key).string());
}

void MassmapProblem::gridFromMaps() {
  const Inputs& in = inputs_;
  const MapSource first = map("data.gamma1");
  const ImageShape shape = imageShape(comm_, first);
  for (const char* key : {"data.gamma1", "data.gamma2", "data.mask", "data.noise_variance"}) {
    if (in.text(key).empty()) continue;
    const MapSource source = map(key);
    if (std::find(files_.begin(), files_.end(), source.file) == files_.end()) files_.push_back(source.file);
  }
  for (const auto& [key, n] : {std::pair{"grid.nx", shape.nx}, std::pair{"grid.ny", shape.ny}})
    if (in.given(key) && in.integer(key) != n)
      throw in.bad(key, "the map " + first.text() + " has " + std::to_string(shape.ny) + " rows of " +
                            std::to_string(shape.nx) + " pixels");
  placeMaps(first, shape);
}

void MassmapProblem::placeMaps(const MapSource& first, const ImageShape& shape) {
  const Inputs& in = inputs_;
  const MapPlace place = mapPlace(comm_, first, shape);
  if (!place.trouble.empty()) notes_.push_back("warning: " + first.text() + ": " + place.trouble);
  std::vector<std::string> taken;
  // What the configuration says counts; where it contradicts the file the user should know.
  const auto choose = [&](const char* key, bool told, bool same, const std::string& value) {
    if (in.given(key) && told && !same)
      notes_.push_back(fmt::format("warning: {} has {}, which the configuration overrules", first.text(), value));
    if (!in.given(key) && told) taken.push_back(value);
  };
  const bool pixelTold = std::isfinite(place.pixelArcmin) && place.pixelArcmin > 0;
  if (!in.given("grid.pixel_arcmin") && !pixelTold)
    throw in.bad("grid.pixel_arcmin", "maps need the side of their pixels, and " + first.text() + " does not tell it");
  const double pixel = in.given("grid.pixel_arcmin") ? in.number("grid.pixel_arcmin") : place.pixelArcmin;
  choose("grid.pixel_arcmin", pixelTold, std::abs(pixel / place.pixelArcmin - 1) < 1e-6,
         fmt::format("pixels of {:.8g} arcmin", place.pixelArcmin));

  const std::string& wanted = in.text("grid.projection");
  const bool none = in.given("grid.projection") ? wanted == "none" : place.projection == "none";
  choose("grid.projection", !place.projection.empty(), place.projection == wanted,
         "the projection \"" + place.projection + "\"");

  const bool centreTold = std::isfinite(place.raDeg) && std::isfinite(place.decDeg);
  double ra = place.raDeg, dec = place.decDeg;
  if (in.given("grid.center_deg")) ra = in.numbers("grid.center_deg")[0], dec = in.numbers("grid.center_deg")[1];
  onSky_ = centreTold || in.given("grid.center_deg");
  choose("grid.center_deg", centreTold,
         std::abs(std::remainder(ra - place.raDeg, 360)) + std::abs(dec - place.decDeg) < 1e-6,
         fmt::format("its centre at RA {:.6f}, Dec {:.6f} deg", place.raDeg, place.decDeg));
  if (!onSky_) notes_.push_back("no center_deg: the maps have no place on the sky, so neither has the result");
  if (!taken.empty()) notes_.push_back(fmt::format("{} has {}", first.text(), fmt::join(taken, ", ")));
  sky_.emplace(none ? Projection::None : Projection::Gnomonic, onSky_ ? ra : 0, onSky_ ? dec : 0, pixel, shape.nx,
               shape.ny);
}

ShearField MassmapProblem::emptyField() const {
  ShearField f{image_, image_.withChannels(2), window_, *sky_, onSky_, {}, {}, {}, {}};
  f.gamma = f.shear.space().vec();
  f.mask = image_.space().vec();
  f.variance = image_.space().vec();
  return f;
}

ShearField MassmapProblem::read(std::vector<std::string>* notes, std::uint32_t realisation) const {
  return table_ ? readCatalogue(notes, realisation) : readMaps();
}

ShearField MassmapProblem::readCatalogue(std::vector<std::string>* notes, std::uint32_t realisation) const {
  const Inputs& in = inputs_;
  BinOptions options;
  if (in.given("noise.shape_sd")) options.shapeSd = in.number("noise.shape_sd");
  options.realisation = realisation;
  options.seed = static_cast<std::uint64_t>(in.integer("posterior.seed"));
  VecHandle mask;
  if (in.given("data.mask_file")) {
    mask = image_.space().vec();
    const std::string file = in.path("data.mask_file").string();
    // The default name is that of an HDF5 dataset; of a FITS file the first image is taken.
    const bool named = in.given("data.mask_dataset") || isHdf5(comm_, file);
    const MapSource source{file, named ? in.text("data.mask_dataset") : ""};
    readMap(comm_, source, image_, window_, 0, mask);
    requireFinite(image_, window_, 0, nullptr, mask, "the mask " + source.text());
    options.mask = mask;
  }
  BinnedShear binned = bin(*table_, format(), *sky_, image_, window_, options);
  ShearField f{binned.image,
               binned.shear,
               window_,
               *sky_,
               true,
               std::move(binned.gamma),
               std::move(binned.mask),
               std::move(binned.noiseVariance),
               std::move(binned.count)};
  if (notes) {
    const BinCounts& c = binned.counts;
    notes->push_back(std::to_string(c.used) + " of " + std::to_string(c.read) + " galaxies used (" +
                     std::to_string(c.unselected) + " not selected, " + std::to_string(c.weightless) +
                     " of weight 0, " + std::to_string(c.outside) + " off the grid, " + std::to_string(c.masked) +
                     " masked), " + std::to_string(binned.densityPerArcmin2) + " per arcmin^2 in " +
                     std::to_string(binned.pixels) + " pixels");
    notes->push_back("shape noise per component: " + std::to_string(binned.shapeSd) +
                     (options.shapeSd ? " (given; measured " + std::to_string(binned.measuredShapeSd) + ")"
                                      : std::string(" (measured)")));
  }
  requireUsable(f, table_->name(), "gamma1 of " + table_->name(), "gamma2 of " + table_->name());
  return f;
}

ShearField MassmapProblem::readMaps() const {
  const Inputs& in = inputs_;
  ShearField f = emptyField();
  readMap(comm_, map("data.gamma1"), f.shear, window_, 0, f.gamma);
  readMap(comm_, map("data.gamma2"), f.shear, window_, 1, f.gamma);
  const VecHandle inside = image_.space().vec();  // 1 in the window
  {
    const WriteLocal w(inside);
    const Box& box = image_.box();
    for (PetscInt j = 0, i = 0; j < box.count[3]; ++j)
      for (PetscInt x = 0; x < box.count[4]; ++x, ++i) {
        const PetscInt y = box.start[3] + j;
        w[i] = y >= window_.start[1] && y < window_.start[1] + window_.count[1] && x >= window_.start[2] &&
               x < window_.start[2] + window_.count[2];
      }
  }
  if (in.text("data.mask").empty()) {
    check(VecCopy(inside, f.mask));
  } else {
    const MapSource source = map("data.mask");
    readMap(comm_, source, image_, window_, 0, f.mask);
    requireFinite(image_, window_, 0, nullptr, f.mask, "the mask " + source.text());
  }
  if (in.text("data.noise_variance").empty()) {
    const double sd =
        in.given("data.noise_sd") ? in.number("data.noise_sd") : 1;  // without: Kaiser-Squires, which has no weights
    check(VecSet(f.variance, sd * sd));
  } else {
    const MapSource source = map("data.noise_variance");
    readMap(comm_, source, image_, window_, 0, f.variance);
    requireValues(image_, window_, 0, f.mask, f.variance, "the noise variance " + source.text(), "not positive",
                  [](double v) { return v > 0; });
  }
  {
    const WriteLocal g(f.gamma), m(f.mask), v(f.variance);
    const PetscInt n = m.size();
    const double s1 = in.flag("data.flip_e1") ? -1 : 1, s2 = in.flag("data.flip_e2") ? -1 : 1;
    for (PetscInt i = 0; i < n; ++i) {
      m[i] = m[i] != 0 && !std::isinf(v[i]) ? 1 : 0;  // an infinite variance masks a pixel
      g[i] = m[i] != 0 ? s1 * g[i] : 0;
      g[n + i] = m[i] != 0 ? s2 * g[n + i] : 0;
      if (m[i] == 0) v[i] = std::numeric_limits<double>::infinity();
    }
  }
  const MapSource gamma1 = map("data.gamma1"), gamma2 = map("data.gamma2");
  requireUsable(f, in.text("data.mask").empty() ? gamma1.text() : "the mask " + map("data.mask").text(),
                "gamma1 " + gamma1.text(), "gamma2 " + gamma2.text());
  return f;
}

MassMapOptions MassmapProblem::options() const {
  MassMapOptions o;
  o.method = methodOf(inputs_);
  o.smoothingPixels = inputs_.number("solver.smoothing_arcmin") / sky_->pixelArcmin();
  o.linear.rtol = inputs_.has("solver.rtol")      ? inputs_.number("solver.rtol")
                  : o.method == MassMethod::NullB ? 1e-2
                                                  : 1e-6;
  o.linear.iterations =
      static_cast<int>(std::min<std::int64_t>(inputs_.integer("solver.iterations"), std::numeric_limits<int>::max()));
  return o;
}

PosteriorOptions MassmapProblem::posterior() const {
  PosteriorOptions o;
  o.exact = inputs_.text("posterior.std") == "exact";
  o.samples = static_cast<int>(inputs_.integer("posterior.samples"));
  o.seed = static_cast<std::uint64_t>(inputs_.integer("posterior.seed"));
  o.rtol = inputs_.number("posterior.rtol");
  return o;
}

ClusterList MassmapProblem::clusters() const {
  if (!inputs_.given("data.clusters")) return {};
  const auto& columns = inputs_.numbers("data.clusters_columns");
  return readClusters(comm_, inputs_.path("data.clusters").string(), static_cast<int>(columns[0]),
                      static_cast<int>(columns[1]), *sky_);
}

}  // namespace lacuna
