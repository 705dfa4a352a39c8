#include "operators/psf_models.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <numbers>
#include <utility>

#include "operators/psf_check.hpp"

namespace lacuna {
namespace {

using std::numbers::pi;

[[noreturn]] void refuse(const std::string& why) { throw Error(ExitCode::BadConfig, "PSF: " + why); }
void require(bool ok, const char* why) {
  if (!ok) refuse(why);
}
void checkExtent(const PsfExtent& e) {
  require(e.outside > 0 && e.outside < 0.5, "the fraction of light that may be cut off must lie between 0 and 0.5");
  require(e.most >= 0, "the largest extent must not be negative");
}

/// Pixels on either side of the middle, for a radius.
PetscInt half(double radius, const PsfExtent& e) {
  constexpr double largest = 1 << 14;
  if (!(radius < largest) && e.most == 0)
    refuse("it would be " + std::to_string(2 * radius + 1) + " pixels wide: limit it, or cut off more light");
  const auto pixels = static_cast<PetscInt>(std::ceil(std::min(radius, largest)));
  return e.most > 0 ? std::min<PetscInt>(pixels, (e.most - 1) / 2) : pixels;
}

/// Points and weights on [-1/2, 1/2] of Gauss and Legendre's rule, roots by Newton's method.
struct Rule {
  std::vector<double> points, weights;
  explicit Rule(int n) {
    for (int i = 0; i < n; ++i) {
      double x = std::cos(pi * (i + 0.75) / (n + 0.5)), slope = 1;
      for (int step = 0; step < 50; ++step) {
        double p = 1, before = 0;
        for (int k = 1; k <= n; ++k) before = std::exchange(p, ((2 * k - 1) * x * p - (k - 1) * before) / k);
        slope = n * (x * p - before) / (x * x - 1);
        const double change = p / slope;
        x -= change;
        if (std::abs(change) < 1e-16) break;
      }
      points.push_back(0.5 * x);
      weights.push_back(1 / ((1 - x * x) * slope * slope));
    }
  }
};

/// The integral over every pixel of a plane of f(r), r in pixels from the middle of the plane.
template <class F>
std::vector<double> radial(PetscInt h, int points, F&& f) {
  const Rule rule(points);
  const PetscInt n = 2 * h + 1;
  std::vector<double> plane(static_cast<std::size_t>(n) * static_cast<std::size_t>(n));
  for (PetscInt y = 0; y <= h; ++y)
    for (PetscInt x = y; x <= h; ++x) {  // one of eight octants
      double value = 0;
      for (std::size_t i = 0; i < rule.points.size(); ++i)
        for (std::size_t j = 0; j < rule.points.size(); ++j)
          value +=
              rule.weights[i] * rule.weights[j] * f(std::hypot(double(y) + rule.points[i], double(x) + rule.points[j]));
      for (const auto& [a, b] : {std::pair{y, x}, {x, y}})
        for (PetscInt sa : {-1, 1})
          for (PetscInt sb : {-1, 1}) plane[static_cast<std::size_t>((h + sa * a) * n + h + sb * b)] = value;
    }
  return plane;
}
template <class F>
Psf radialPsf(PetscInt h, int points, F&& f) {
  Psf psf{1, 2 * h + 1, 2 * h + 1, {0, h, h}, radial(h, points, f)};
  normalisePsf(psf);
  return psf;
}

}  // namespace

Psf gaussianPsf(const std::array<double, 3>& sigma, const PsfExtent& extent) {
  checkExtent(extent);
  // Each of the axes that blur may cut its share; a Gaussian has erfc(R / (sqrt 2 sigma)) beyond R.
  const auto axes = std::count_if(sigma.begin(), sigma.end(), [](double s) { return s > 0; });
  double reach = 0;  // in sigma
  while (std::erfc(reach / std::numbers::sqrt2) * static_cast<double>(std::max<std::ptrdiff_t>(axes, 1)) >
         extent.outside)
    reach += 0.01;
  std::array<std::vector<double>, 3> line;
  std::array<PetscInt, 3> center{};
  for (std::size_t a = 0; a < 3; ++a) {
    require(sigma[a] >= 0 && std::isfinite(sigma[a]), "sigma must not be negative");
    center[a] = sigma[a] > 0 ? half(std::max(reach * sigma[a] - 0.5, 0.0), extent) : 0;
    for (PetscInt i = -center[a]; i <= center[a]; ++i) {
      // erfc keeps the digits of the wings
      const double scale = 1 / (std::numbers::sqrt2 * sigma[a]), at = std::abs(static_cast<double>(i));
      line[a].push_back(sigma[a] > 0 ? 0.5 * (std::erfc((at - 0.5) * scale) - std::erfc((at + 0.5) * scale)) : 1);
    }
  }
  Psf psf{2 * center[0] + 1, 2 * center[1] + 1, 2 * center[2] + 1, center, {}};
  for (double z : line[0])
    for (double y : line[1])
      for (double x : line[2]) psf.values.push_back(z * y * x);
  normalisePsf(psf);
  return psf;
}

Psf moffatPsf(double fwhm, double beta, const PsfExtent& extent) {
  checkExtent(extent);
  require(fwhm > 0 && std::isfinite(fwhm), "the FWHM must be positive");
  require(beta > 1 && std::isfinite(beta), "beta must be above 1, or the light does not add up");
  const double a = fwhm / (2 * std::sqrt(std::pow(2.0, 1 / beta) - 1));
  const double radius = a * std::sqrt(std::pow(extent.outside, 1 / (1 - beta)) - 1);
  return radialPsf(half(radius, extent), 9, [&](double r) { return std::pow(1 + r * r / (a * a), -beta); });
}

Psf airyPsf(double na, double wavelength, double pixel, const PsfExtent& extent) {
  checkExtent(extent);
  require(na > 0 && wavelength > 0 && pixel > 0, "NA, wavelength and pixel must be positive");
  const double scale = 2 * pi * na * pixel / wavelength;
  double v = 0;  // the light beyond falls with v
  while (std::pow(::j0(v), 2) + std::pow(::j1(v), 2) > extent.outside) v += 0.1 * std::max(1.0, 0.01 * v);
  // Rings are pi apart in v.
  return radialPsf(half(v / scale, extent), 6 + static_cast<int>(std::min(scale, 100.0)),
                   [&](double r) { return r > 0 ? std::pow(2 * ::j1(scale * r) / (scale * r), 2) : 1.0; });
}

Psf microscopePsf(const Microscope& m) {
  require(m.na > 0 && m.wavelengthNm > 0 && m.pixelNm > 0 && m.zStepNm > 0,
          "NA, wavelength, pixel and z step must be positive");
  require(m.refractiveIndex > m.na, "the refractive index must be above NA");
  require(m.planes >= 0 && m.size >= 0 && (m.planes == 0 || m.planes % 2) && (m.size == 0 || m.size % 2),
          "the extents of a microscope's PSF must be odd");
  const double k = 2 * pi / m.wavelengthNm, n = m.refractiveIndex;
  const double depth = n * m.wavelengthNm / (m.na * m.na);
  const PetscInt hz = m.planes ? (m.planes - 1) / 2 : half(4 * depth / m.zStepNm, {});
  const double cone = static_cast<double>(hz) * m.zStepNm * m.na / std::sqrt(n * n - m.na * m.na);
  const PetscInt h = m.size ? (m.size - 1) / 2 : half((cone + 4 * m.wavelengthNm / m.na) / m.pixelNm, {});

  // The integral at radii a quarter of a pixel apart; between them the amplitude is smooth on the scale of wavelength /
  // NA, and a cubic through four of them errs by less than 1e-5 of the peak.
  const double finest = std::min(m.pixelNm, m.wavelengthNm / (4 * m.na)) / 4;
  const double widest = std::numbers::sqrt2 * (static_cast<double>(h) + 0.5) * m.pixelNm;
  const auto radii = static_cast<std::size_t>(widest / finest) + 4;
  const PetscInt width = 2 * h + 1;
  Psf psf{2 * hz + 1, width, width, {hz, h, h}, {}};
  psf.values.resize(static_cast<std::size_t>(psf.nz) * static_cast<std::size_t>(width) *
                    static_cast<std::size_t>(width));
  // Enough points for the fastest oscillation: the phases of the rim at the corner and at the last plane.
  const double phase =
      k * m.na * widest + k * static_cast<double>(hz) * m.zStepNm * (n - std::sqrt(n * n - m.na * m.na));
  const Rule rule(static_cast<int>(std::min(40 + phase, 5000.0)));
  std::vector<std::vector<double>> bessel(radii);
  for (std::size_t i = 0; i < radii; ++i)
    for (std::size_t q = 0; q < rule.points.size(); ++q)
      bessel[i].push_back(::j0(k * m.na * static_cast<double>(i) * finest * (rule.points[q] + 0.5)));

  for (PetscInt z = 0; z <= hz; ++z) {
    std::vector<std::complex<double>> amplitude(radii), pupil;
    for (std::size_t q = 0; q < rule.points.size(); ++q) {
      const double p = rule.points[q] + 0.5, s = m.na * p;
      pupil.push_back(rule.weights[q] * p *
                      std::polar(1.0, k * static_cast<double>(z) * m.zStepNm * (std::sqrt(n * n - s * s) - n)));
    }
    for (std::size_t i = 0; i < radii; ++i)
      for (std::size_t q = 0; q < pupil.size(); ++q) amplitude[i] += bessel[i][q] * pupil[q];
    const auto at = [&](double r) {
      const double t = r / finest;
      const auto i = std::clamp<std::size_t>(static_cast<std::size_t>(t), 1, radii - 3);
      const double u = t - static_cast<double>(i);
      return std::norm(
          amplitude[i - 1] * (-u * (u - 1) * (u - 2) / 6) + amplitude[i] * ((u + 1) * (u - 1) * (u - 2) / 2) +
          amplitude[i + 1] * (-(u + 1) * u * (u - 2) / 2) + amplitude[i + 2] * ((u + 1) * u * (u - 1) / 6));
    };
    const auto plane = radial(h, 5, [&](double r) { return at(r * m.pixelNm); });
    for (PetscInt side : {-z, z})
      std::copy(plane.begin(), plane.end(),
                psf.values.begin() + (hz + side) * static_cast<std::ptrdiff_t>(width) * width);
  }
  normalisePsf(psf);
  return psf;
}

double normalisePsf(Psf& psf) {
  checkPsf(psf);
  double sum = 0;
  for (double h : psf.values) sum += h;
  for (double& h : psf.values) h /= sum;
  return sum;
}

std::array<PetscInt, 3> centerOf(const Psf& psf, const std::string& how) {
  if (how == "middle") return {(psf.nz - 1) / 2, (psf.ny - 1) / 2, (psf.nx - 1) / 2};
  if (how != "peak" && how != "centroid") refuse("the center '" + how + "' is not one of peak, centroid, middle");
  std::array<double, 3> centroid{};
  double sum = 0;
  const auto place = [&](std::size_t i) {
    const auto n = static_cast<PetscInt>(i);
    return std::array<PetscInt, 3>{n / (psf.ny * psf.nx), n / psf.nx % psf.ny, n % psf.nx};
  };
  for (std::size_t i = 0; i < psf.values.size(); ++i) {
    const auto p = place(i);
    for (std::size_t a = 0; a < 3; ++a) centroid[a] += psf.values[i] * static_cast<double>(p[a]);
    sum += psf.values[i];
  }
  if (!(sum > 0)) throw Error(ExitCode::BadData, "PSF: without light it has no centroid");
  for (double& c : centroid) c /= sum;
  const std::array<PetscInt, 3> last{psf.nz - 1, psf.ny - 1, psf.nx - 1};
  std::array<PetscInt, 3> best{};
  for (std::size_t a = 0; a < 3; ++a)
    best[a] = static_cast<PetscInt>(std::clamp(std::floor(centroid[a] + 0.5), 0.0, static_cast<double>(last[a])));
  if (how == "centroid") return best;
  const double peak = *std::max_element(psf.values.begin(), psf.values.end());
  double nearest = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < psf.values.size(); ++i) {
    if (psf.values[i] < peak * (1 - 1e-12)) continue;
    const auto p = place(i);
    double distance = 0;
    for (std::size_t a = 0; a < 3; ++a) distance += std::pow(static_cast<double>(p[a]) - centroid[a], 2);
    if (distance < nearest - 1e-9) nearest = distance, best = p;
  }
  return best;
}

}  // namespace lacuna
