#include "config/build_psf.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "base/error.hpp"
#include "io/stack_file.hpp"
#include "operators/psf_models.hpp"

namespace lacuna {
namespace {

constexpr std::int64_t mostValues = std::int64_t{1} << 27;  ///< of a file of PSFs, which every rank keeps

struct SmallArray {
  std::vector<std::int64_t> extents;
  std::vector<double> values;
};

/// Collective. A whole array on every rank.
SmallArray readSmall(MPI_Comm comm, const std::string& path, const std::string& name) {
  SmallArray a;
  onRankZero(comm, [&] {
    const StackHeader header = inspectStack(path, name);
    std::int64_t n = 1;
    for (const std::int64_t e : header.extents) n = n > mostValues ? n : n * e;
    if (n > mostValues)
      throw Error(ExitCode::BadData,
                  header.text() + ": is too large for a point-spread function, which every rank keeps");
    a.extents = header.extents;
    a.values.resize(static_cast<std::size_t>(n));
    const std::vector<std::int64_t> zero(a.extents.size(), 0);
    openStack(header)->read(zero, a.extents, a.values);
  });
  int axes = static_cast<int>(a.extents.size());
  checkMpi(MPI_Bcast(&axes, 1, MPI_INT, 0, comm));
  a.extents.resize(static_cast<std::size_t>(axes));
  checkMpi(MPI_Bcast(a.extents.data(), axes, MPI_INT64_T, 0, comm));
  a.values.resize(static_cast<std::size_t>(
      std::accumulate(a.extents.begin(), a.extents.end(), std::int64_t{1}, std::multiplies<>())));
  checkMpi(MPI_Bcast(a.values.data(), static_cast<int>(a.values.size()), MPI_DOUBLE, 0, comm));
  return a;
}

std::string hduText(const Inputs& in, const std::string& section) {
  const std::string key = section + ".hdu";
  if (!in.has(key)) return {};
  return in.isText(key) ? in.text(key) : fmt::format("{:.0f}", in.number(key));
}

std::string extentsOf(const std::vector<std::int64_t>& extents) { return fmt::format("{}", fmt::join(extents, " x ")); }

/// The PSFs of a file, uncentred.
std::vector<Psf> filePsfs(MPI_Comm comm, const Inputs& in, const Shape& data, const FrameChoice& frames) {
  const std::string path = in.path("psf.file").string();
  const std::string name = in.has("psf.dataset") ? in.text("psf.dataset") : hduText(in, "psf");
  SmallArray a = readSmall(comm, path, name);
  const std::string what = "PSF " + path + (name.empty() ? "" : ":" + name);
  const std::size_t axes = data.nz > 1 ? 3 : data.ny > 1 ? 2 : 1;
  std::vector<std::int64_t> e = a.extents;
  while (e.size() > axes && e.front() == 1) e.erase(e.begin());
  PetscInt count = 1;
  if (e.size() == axes + 1) {
    count = static_cast<PetscInt>(e.front());
    e.erase(e.begin());
    if (count != data.frames && count != frames.inFile)
      throw Error(ExitCode::BadData, fmt::format("{}: holds {} PSFs (shape {}), the data have {} frames", what, count,
                                                 extentsOf(a.extents), data.frames));
  }
  if (e.size() > axes || (e.size() < axes && axes < 3) || e.empty())
    throw Error(ExitCode::BadData, fmt::format("{}: has the shape {}; for these data it needs {} axes, or one more for "
                                               "one PSF a frame",
                                               what, extentsOf(a.extents), axes));
  while (e.size() < 3) e.insert(e.begin(), 1);
  if (e[0] > data.nz || e[1] > data.ny || e[2] > data.nx)
    throw Error(ExitCode::BadData, fmt::format("{}: {} pixels are more than the {} x {} x {} of the data: cut it down",
                                               what, extentsOf(e), data.nz, data.ny, data.nx));
  const PetscInt first = count == 1 || count == data.frames ? 0 : frames.first, taken = count == 1 ? 1 : data.frames;
  const auto size = static_cast<std::size_t>(e[0] * e[1] * e[2]);
  std::vector<Psf> psfs;
  for (PetscInt t = first; t < first + taken; ++t) {
    Psf psf{static_cast<PetscInt>(e[0]), static_cast<PetscInt>(e[1]), static_cast<PetscInt>(e[2]), {}, {}};
    const auto from = a.values.begin() + static_cast<std::ptrdiff_t>(size) * t;
    psf.values.assign(from, from + static_cast<std::ptrdiff_t>(size));
    const auto bad = std::find_if(psf.values.begin(), psf.values.end(), [](double v) { return !std::isfinite(v); });
    if (bad != psf.values.end()) {
      const auto i = bad - psf.values.begin();
      throw Error(
          ExitCode::BadData,
          fmt::format("{}: {} at z {}, row {}, column {}{} ({} of {} values are not finite)", what, *bad,
                      i / (e[1] * e[2]), i / e[2] % e[1], i % e[2], count > 1 ? fmt::format(" of PSF {}", t) : "",
                      std::count_if(bad, psf.values.end(), [](double v) { return !std::isfinite(v); }), size));
    }
    const double sum = std::accumulate(psf.values.begin(), psf.values.end(), 0.0);
    if (!(sum > 0))
      throw Error(ExitCode::BadData, fmt::format("{}{}: its sum is {}: it lets no light through", what,
                                                 count > 1 ? fmt::format(", number {}", t) : "", sum));
    psfs.push_back(std::move(psf));
  }
  return psfs;
}

/// The largest odd extent that neither the image nor the user's limit exceeds.
PetscInt mostPixels(const Inputs& in, const char* key, PetscInt image) {
  const PetscInt most = in.has(key) ? std::min(image, static_cast<PetscInt>(in.integer(key))) : image;
  return most - (most % 2 == 0);
}

/// Widths along z, y, x from one number, or one an axis.
std::array<double, 3> widths(const Inputs& in, const char* key, double unit, std::size_t axes) {
  const auto& given = in.numbers(key);
  if (given.size() != 1 && given.size() != axes)
    throw in.bad(key, fmt::format("{} numbers; these data have {} axes", given.size(), axes));
  std::array<double, 3> all{0, 0, 0};
  for (std::size_t i = 0; i < axes; ++i) all[3 - axes + i] = unit * (given.size() == 1 ? given[0] : given[i]);
  return all;
}

Psf modelPsf(const Inputs& in, const Shape& data, std::size_t axes) {
  const std::string& kind = in.text("psf.kind");
  PetscInt smallest = data.nx;
  if (axes > 1) smallest = std::min(smallest, data.ny);
  const PetscInt most = mostPixels(in, "psf.size_px", smallest);
  if (kind == "gaussian") {
    const bool sigma = in.has("psf.sigma_px");
    const double perFwhm = 1 / std::sqrt(8 * std::numbers::ln2);
    PsfExtent extent;
    extent.most = axes == 3 ? std::min(most, mostPixels(in, "psf.size_px", data.nz)) : most;
    return gaussianPsf(sigma ? widths(in, "psf.sigma_px", 1, axes) : widths(in, "psf.fwhm_px", perFwhm, axes), extent);
  }
  if (axes == 1) throw in.bad("psf.kind", "is a model of images and volumes: for lines there are gaussian and file");
  if (kind == "moffat") return moffatPsf(in.numbers("psf.fwhm_px")[0], in.number("psf.beta"), {1e-4, most});
  const double na = in.number("psf.numerical_aperture"), wavelength = in.number("psf.wavelength_nm"),
               pixel = in.number("psf.pixel_nm");
  if (kind == "airy") return airyPsf(na, wavelength, pixel, {1e-2, most});
  if (axes == 3 && !in.has("psf.z_step_nm")) throw in.bad("psf.kind", "a volume needs z_step_nm");
  Microscope m{na, wavelength, in.number("psf.refractive_index"), pixel, 0, 1, 0};
  if (axes == 3) {
    m.zStepNm = in.number("psf.z_step_nm");
    const double depth = m.refractiveIndex * wavelength / (na * na);
    const auto planes = static_cast<PetscInt>(2 * std::ceil(4 * depth / m.zStepNm) + 1);
    m.planes = std::min(mostPixels(in, "psf.planes", data.nz), in.has("psf.planes") ? data.nz : planes);
  } else {
    m.zStepNm = pixel;  // of no consequence in focus
  }
  m.size = most;
  if (!in.has("psf.size_px")) {  // the model's own, where the image has room for it
    Microscope wide = m;
    wide.size = 0;
    const Psf psf = microscopePsf(wide);
    if (psf.nx <= most) return psf;
  }
  return microscopePsf(m);
}

std::array<PetscInt, 3> givenCenter(const Inputs& in, const Psf& psf, std::size_t axes) {
  if (in.isText("psf.center")) return centerOf(psf, in.text("psf.center"));
  const auto& at = in.numbers("psf.center");
  if (at.size() != axes)
    throw in.bad("psf.center", fmt::format("{} coordinates; these data have {} axes", at.size(), axes));
  std::array<PetscInt, 3> center{};
  for (std::size_t i = 0; i < axes; ++i) center[3 - axes + i] = static_cast<PetscInt>(at[i]);
  if (center[0] >= psf.nz || center[1] >= psf.ny || center[2] >= psf.nx)
    throw in.bad("psf.center", fmt::format("lies outside the PSF of {} x {} x {} pixels", psf.nz, psf.ny, psf.nx));
  return center;
}

}  // namespace

BuiltPsfs buildPsfs(MPI_Comm comm, const Inputs& in, const Shape& data, const FrameChoice& frames) {
  BuiltPsfs built;
  const std::size_t axes = data.nz > 1 ? 3 : data.ny > 1 ? 2 : 1;
  const bool file = in.text("psf.kind") == "file";
  built.psfs = file ? filePsfs(comm, in, data, frames) : std::vector<Psf>{modelPsf(in, data, axes)};
  for (Psf& psf : built.psfs)
    if (file) psf.center = givenCenter(in, psf, axes);
  for (std::size_t i = 0; i < built.psfs.size(); ++i) {
    Psf& psf = built.psfs[i];
    const bool normalise = in.flag("psf.normalise");
    const double sum = normalise ? normalisePsf(psf) : std::accumulate(psf.values.begin(), psf.values.end(), 0.0);
    const auto negative = std::count_if(psf.values.begin(), psf.values.end(), [](double v) { return v < 0; });
    if (i < 4)
      built.notes.push_back(fmt::format("PSF{}: {} x {} x {} pixels, centre z {}, row {}, column {}, sum {:.6g}{}{}",
                                        built.psfs.size() > 1 ? fmt::format(" of frame {}", i) : "", psf.nz, psf.ny,
                                        psf.nx, psf.center[0], psf.center[1], psf.center[2], sum,
                                        normalise ? ", normalised to 1" : ", kept",
                                        negative ? fmt::format("; warning: {} values are negative", negative) : ""));
  }
  if (built.psfs.size() > 4) built.notes.push_back(fmt::format("... {} PSFs in all", built.psfs.size()));
  return built;
}

}  // namespace lacuna
