#include "massmap/peaks.hpp"

#include <algorithm>
#include <cmath>

#include "grid/halo.hpp"

namespace lacuna {
namespace {

/// What is exchanged of a peak: S/N, kappa, x, y.
constexpr int fields = 4;

}  // namespace

std::vector<Peak> findPeaks(const ShearField& field, Vec snr, Vec kappa, double threshold) {
  const Cube& cube = field.image;
  const Halo halo(cube, {1, 1, RowBoundary::Zero});
  const PaddedShape& padded = halo.padded();
  std::vector<double> rows(padded.size());
  halo.fill(snr, rows);

  const Box& box = cube.box();
  const auto [z0, wy, wx] = field.window.start;
  const auto [nz, ny, nx] = field.window.count;
  const ReadLocal mask(field.mask), k(kappa);
  std::vector<double> mine;
  for (PetscInt j = 0; j < box.count[3]; ++j)
    for (PetscInt x = wx; x < wx + nx; ++x) {
      const PetscInt y = box.start[3] + j, local = j * cube.shape().nx + x;
      if (y < wy || y >= wy + ny || mask[local] == 0) continue;
      const double here = rows[padded.offset(0, 0, j + 1) + static_cast<std::size_t>(x)];
      if (!(here >= threshold)) continue;
      bool highest = true;
      for (PetscInt dy = -1; dy <= 1; ++dy)
        for (PetscInt dx = -1; dx <= 1; ++dx) {
          if ((dx == 0 && dy == 0) || x + dx < wx || x + dx >= wx + nx || y + dy < wy || y + dy >= wy + ny) continue;
          const double there = rows[padded.offset(0, 0, j + 1 + dy) + static_cast<std::size_t>(x + dx)];
          const bool before = dy < 0 || (dy == 0 && dx < 0);
          highest = highest && (before ? here > there : here >= there);
        }
      if (highest) mine.insert(mine.end(), {here, k[local], static_cast<double>(x - wx), static_cast<double>(y - wy)});
    }

  const int ranks = sizeOf(cube.comm());
  std::vector<int> counts(static_cast<std::size_t>(ranks)), starts(counts.size());
  const int count = static_cast<int>(mine.size());
  checkMpi(MPI_Allgather(&count, 1, MPI_INT, counts.data(), 1, MPI_INT, cube.comm()));
  for (std::size_t r = 1; r < counts.size(); ++r) starts[r] = starts[r - 1] + counts[r - 1];
  std::vector<double> all(static_cast<std::size_t>(starts.back() + counts.back()));
  checkMpi(MPI_Allgatherv(mine.data(), count, MPI_DOUBLE, all.data(), counts.data(), starts.data(), MPI_DOUBLE,
                          cube.comm()));

  std::vector<Peak> peaks;
  for (std::size_t i = 0; i < all.size(); i += fields) {
    Peak p;
    p.snr = all[i], p.kappa = all[i + 1], p.x = all[i + 2], p.y = all[i + 3];
    const SkyGrid::Direction sky = field.sky.skyOf(p.x, p.y);
    p.ra = field.onSky ? sky.ra : std::nan("");
    p.dec = field.onSky ? sky.dec : std::nan("");
    peaks.push_back(p);
  }
  std::stable_sort(peaks.begin(), peaks.end(), [](const Peak& a, const Peak& b) { return a.snr > b.snr; });
  return peaks;
}

}  // namespace lacuna
