#include "io/map_check.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>

#include "io/window_part.hpp"

namespace lacuna {

void requireValues(const Cube& cube, const Window& window, PetscInt channel, Vec mask, Vec values,
                   const std::string& what, const std::string& fault, const std::function<bool(double)>& good) {
  if (!cube.space().holds(values)) throw Error("requireValues: the vector is not in the space of the field");
  const std::int64_t perChannel = cube.box().size() / cube.box().count[1];
  PetscInt maskSize = 0;
  if (mask) check(VecGetLocalSize(mask, &maskSize));
  struct Found {
    long long first = std::numeric_limits<long long>::max();  ///< natural index within the window
    long long count = 0;
    double value = 0;
  } mine;
  together(cube.comm(), [&] {
    if (mask && maskSize != perChannel) throw Error("requireValues: the mask is not one channel of the field");
    const WindowPart part = windowPart(cube, window, channel), inMask = [&] {
      WindowPart p = part;
      p.inBox[1] = 0;
      return p;
    }();
    if (part.empty()) return;
    Box maskBox = cube.box();
    maskBox.count[1] = 1;
    const ReadLocal x(values), m(mask ? mask : values);
    for (PetscInt f = 0; f < part.count[0]; ++f)
      for (PetscInt z = 0; z < part.count[2]; ++z)
        for (PetscInt y = 0; y < part.count[3]; ++y) {
          const PetscInt row = part.localRow(cube.box(), f, z, y), maskRow = inMask.localRow(maskBox, f, z, y);
          for (PetscInt i = 0; i < part.count[4]; ++i) {
            const double value = x[row + i];
            if ((mask && m[maskRow + i] == 0) || good(value)) continue;
            if (mine.count++ > 0) continue;
            mine.value = value;
            mine.first = part.inFile[0] + f;
            mine.first = mine.first * window.count[0] + part.inFile[2] + z;
            mine.first = mine.first * window.count[1] + part.inFile[3] + y;
            mine.first = mine.first * window.count[2] + part.inFile[4] + i;
          }
        }
  });
  Found all = mine;
  checkMpi(MPI_Allreduce(&mine.count, &all.count, 1, MPI_LONG_LONG, MPI_SUM, cube.comm()));
  if (all.count == 0) return;
  checkMpi(MPI_Allreduce(&mine.first, &all.first, 1, MPI_LONG_LONG, MPI_MIN, cube.comm()));
  // The value comes from the one rank that holds the first fault.
  const int rank = rankOf(cube.comm());
  int holder = mine.count > 0 && mine.first == all.first ? rank : -1, root = 0;
  checkMpi(MPI_Allreduce(&holder, &root, 1, MPI_INT, MPI_MAX, cube.comm()));
  checkMpi(MPI_Bcast(&mine.value, 1, MPI_DOUBLE, root, cube.comm()));

  const long long column = all.first % window.count[2], row = all.first / window.count[2] % window.count[1];
  const long long plane = all.first / window.count[2] / window.count[1];
  std::string where = fmt::format("row {}, column {}", row, column);
  if (cube.shape().nz > 1) where = fmt::format("z {}, ", plane % window.count[0]) + where;
  if (cube.shape().frames > 1) where = fmt::format("frame {}, ", plane / window.count[0]) + where;
  throw Error(ExitCode::BadData,
              fmt::format("{}: {}: {} at {} (counted from 0){}; {} such value{} in all", what, fault, mine.value, where,
                          mask ? " inside the mask" : "", all.count, all.count == 1 ? "" : "s"));
}

void requireFinite(const Cube& cube, const Window& window, PetscInt channel, Vec mask, Vec values,
                   const std::string& what) {
  requireValues(cube, window, channel, mask, values, what, "not finite", [](double v) { return std::isfinite(v); });
}

}  // namespace lacuna
