#include "operators/psf_check.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace lacuna {
namespace {

[[noreturn]] void refuse(std::size_t index, std::size_t count, const std::string& why) {
  throw Error(ExitCode::BadData, (count > 1 ? "PSF " + std::to_string(index) : std::string("PSF")) + ": " + why);
}
std::string size(PetscInt nz, PetscInt ny, PetscInt nx) {
  return (nz > 1 ? std::to_string(nz) + " x " : std::string()) + std::to_string(ny) + " x " + std::to_string(nx);
}

}  // namespace

void checkPsf(const Psf& psf, std::size_t index, std::size_t count) {
  const double pixels = double(psf.nz) * double(psf.ny) * double(psf.nx);
  if (psf.nz < 1 || psf.ny < 1 || psf.nx < 1 || pixels != double(psf.values.size()))
    refuse(index, count, std::to_string(psf.values.size()) + " values for " + size(psf.nz, psf.ny, psf.nx) + " pixels");
  const auto& v = psf.values;
  if (std::all_of(v.begin(), v.end(), [](double h) { return std::isnan(h); }))
    refuse(index, count, "every value is NaN");
  const auto bad = std::find_if(v.begin(), v.end(), [](double h) { return !std::isfinite(h); });
  if (bad != v.end()) {
    const auto i = static_cast<PetscInt>(bad - v.begin());
    refuse(index, count,
           std::string("the value at (z, y, x) = (") + std::to_string(i / psf.nx / psf.ny) + ", " +
               std::to_string(i / psf.nx % psf.ny) + ", " + std::to_string(i % psf.nx) + ") is " +
               (std::isnan(*bad) ? "NaN" : "infinite"));
  }
  double sum = 0, weight = 0;
  for (double h : v) sum += h, weight += std::abs(h);
  if (!(std::abs(sum) > 1e-12 * weight)) refuse(index, count, "the values sum to zero");
  const std::array<PetscInt, 3> extent{psf.nz, psf.ny, psf.nx};
  for (std::size_t a = 0; a < 3; ++a)
    if (psf.center[a] < 0 || psf.center[a] >= extent[a])
      refuse(index, count,
             "the center (z, y, x) = (" + std::to_string(psf.center[0]) + ", " + std::to_string(psf.center[1]) + ", " +
                 std::to_string(psf.center[2]) + ") lies outside its " + size(psf.nz, psf.ny, psf.nx) + " pixels");
}

void checkPsf(const Psf& psf, const Shape& image, std::size_t index, std::size_t count) {
  checkPsf(psf, index, count);
  if (psf.nz > image.nz || psf.ny > image.ny || psf.nx > image.nx)
    refuse(index, count,
           size(psf.nz, psf.ny, psf.nx) + " pixels are larger than the image of " + size(image.nz, image.ny, image.nx));
}

}  // namespace lacuna
