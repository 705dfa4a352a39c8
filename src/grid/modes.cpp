#include "grid/modes.hpp"

#include <cmath>
#include <numbers>

namespace lacuna {
namespace {

double frequency(PetscInt i, PetscInt n) {
  return static_cast<double>(2 * i <= n ? i : i - n) / static_cast<double>(n);
}
bool nyquist(PetscInt i, PetscInt n) { return 2 * i == n; }
PetscInt mirror(PetscInt i, PetscInt n) { return i == 0 ? 0 : n - i; }

}  // namespace

Modes::Modes(const Cube& cube) : cube_(cube) {
  const Shape& s = cube.shape();
  const PetscInt half = s.nx / 2 + 1;
  const bool volume = s.nz > 1;
  allLines_ = volume ? s.ny : half;
  lineLength_ = volume ? s.nz : s.ny;
  inner_ = volume ? half : 1;
  planes_ = cube.box().count[0] * cube.box().count[1];
  lines_ = blockOf(allLines_, cube.grid().spaceSize(), cube.grid().spaceRank());

  const std::int64_t mine = static_cast<std::int64_t>(lines_.count) * lineLength_ * inner_;
  const std::int64_t all = static_cast<std::int64_t>(allLines_) * lineLength_ * inner_;
  const std::int64_t before = static_cast<std::int64_t>(lines_.start) * lineLength_ * inner_;
  const std::int64_t firstPlane = static_cast<std::int64_t>(cube.box().start[0]) * s.channels;
  std::vector<NaturalRun> runs;
  for (PetscInt p = 0; p < planes_ && mine > 0; ++p)
    runs.push_back({static_cast<PetscInt>(2 * mine * p), static_cast<PetscInt>(2 * mine),
                    2 * (all * (firstPlane + p) + before), 1});
  space_ = Space(cube.comm(), 2 * mine * planes_, std::move(runs), cube.gridPointer());
}

Mode Modes::mode(PetscInt local, PetscInt x, PetscInt y, PetscInt z) const {
  const Shape& s = cube_.shape();
  return {
      local,           frequency(x, s.nx), frequency(y, s.ny), frequency(z, s.nz), nyquist(x, s.nx), nyquist(y, s.ny),
      nyquist(z, s.nz)};
}

std::vector<double> Modes::packingScale() const {
  const Shape& s = cube_.shape();
  std::vector<double> scale;
  scale.reserve(static_cast<std::size_t>(perPlane()));
  forEachIndex([&](PetscInt x, PetscInt y, PetscInt z) {
    const std::int64_t me = static_cast<std::int64_t>(z) * s.ny + y;
    const std::int64_t image = static_cast<std::int64_t>(mirror(z, s.nz)) * s.ny + mirror(y, s.ny);
    const bool imageIsKept = x == 0 || nyquist(x, s.nx);
    scale.push_back(!imageIsKept || me < image ? std::numbers::sqrt2 : me == image ? 1 : 0);
  });
  return scale;
}

std::vector<double> Modes::share() const {
  std::vector<double> out;
  out.reserve(static_cast<std::size_t>(perPlane()));
  forEachIndex(
      [&](PetscInt x, PetscInt, PetscInt) { out.push_back(x == 0 || nyquist(x, cube_.shape().nx) ? 0.5 : 1); });
  return out;
}

void Modes::require(Vec x, const char* who) const {
  if (!space_.holds(x)) throw Error(std::string(who) + ": the vector is not in the space of the modes");
}

}  // namespace lacuna
