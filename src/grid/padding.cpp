#include "grid/padding.hpp"

#include <cmath>
#include <limits>

namespace lacuna {
namespace {

bool fast(std::int64_t m) {
  for (int prime : {2, 3, 5, 7})
    while (m % prime == 0) m /= prime;
  return m == 1;
}

}  // namespace

PetscInt paddedExtent(PetscInt n, double factor) {
  if (factor == 1) return n;
  const double least =
      std::ceil(factor * static_cast<double>(n) * (1 - 1e-12));  // 1.1 * 10 is 11, not 11.000000000000002
  // There is a power of two below twice any number.
  if (!(factor > 1) || !(least < 0.5 * static_cast<double>(std::numeric_limits<PetscInt>::max())))
    throw Error(ExitCode::BadConfig,
                "padding: " + std::to_string(n) + " pixels cannot be padded by a factor of " + std::to_string(factor));
  auto m = static_cast<std::int64_t>(least);
  while (!fast(m)) ++m;
  return static_cast<PetscInt>(m);
}

PetscInt fastExtent(PetscInt n) { return fast(n) ? n : paddedExtent(n, std::nextafter(1.0, 2.0)); }

PaddedImage paddedImage(PetscInt ny, PetscInt nx, double factor) {
  const PetscInt y = paddedExtent(ny, factor), x = paddedExtent(nx, factor);
  return {{1, 1, 1, y, x}, {{0, (y - ny) / 2, (x - nx) / 2}, {1, ny, nx}}};
}

}  // namespace lacuna
