#include "survey/binning.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/phase.hpp"
#include "survey/pixel_sums.hpp"

namespace lacuna {
namespace {

void demandFit(const SkyGrid& grid, const Cube& cube, const Window& window) {
  const Shape& shape = cube.shape();
  const bool fits = shape.frames == 1 && shape.nz == 1 && window.start[1] >= 0 && window.start[2] >= 0 &&
                    window.count[1] == grid.ny() && window.count[2] == grid.nx() &&
                    window.start[1] + window.count[1] <= shape.ny && window.start[2] + window.count[2] <= shape.nx;
  if (!fits)
    throw Error(ExitCode::BadConfig,
                fmt::format("bin: the grid of {} x {} pixels (rows x columns) is not the window {} x {} "
                            "of a field {}",
                            grid.ny(), grid.nx(), window.count[1], window.count[2], shape.text()));
}

/// Collective. Throws if no galaxy was used, with what a user needs to see why.
void demandGalaxies(const BinCounts& counts, const Extents& mine, const Table& table, const SkyGrid& grid,
                    MPI_Comm comm) {
  if (counts.used > 0) return;
  const std::string sum = fmt::format(
      "{}: no galaxy is left to make a map of: {} rows, {} not selected, {} of weight 0, "
      "{} outside the grid, {} masked",
      table.name(), counts.read, counts.unselected, counts.weightless, counts.outside, counts.masked);
  const std::array<double, 4> local{mine.raMin, -mine.raMax, mine.decMin, -mine.decMax};
  std::array<double, 4> all{};
  checkMpi(MPI_Allreduce(local.data(), all.data(), 4, MPI_DOUBLE, MPI_MIN, comm));
  std::string hint;
  if (counts.outside > 0) {
    const double halfX = static_cast<double>(grid.nx()) * grid.pixelArcmin() / 120;
    const double halfY = static_cast<double>(grid.ny()) * grid.pixelArcmin() / 120;
    hint = fmt::format(
        ". The selected galaxies lie at RA {:.6g} .. {:.6g}, Dec {:.6g} .. {:.6g} deg; the grid is centred at "
        "RA {:.6g}, Dec {:.6g} deg and reaches {:.4g} deg to the sides, {:.4g} deg up and down",
        all[0], -all[1], all[2], -all[3], grid.centerRa(), grid.centerDec(), halfX, halfY);
    if (std::max(std::abs(all[0]), std::abs(all[1])) < 6.3 && std::max(std::abs(all[2]), std::abs(all[3])) < 1.6)
      hint += " (are the columns in radians?)";
  }
  throw Error(ExitCode::BadData, sum + hint);
}

}  // namespace

BinnedShear bin(const Table& table, const CatalogueFormat& format, const SkyGrid& grid, const Cube& cube,
                const Window& window, const BinOptions& options) {
  demandFit(grid, cube, window);
  if (options.shapeSd && !(*options.shapeSd > 0 && std::isfinite(*options.shapeSd)))
    throw Error(ExitCode::BadConfig, fmt::format("shape_sd is {}, it must be positive", *options.shapeSd));
  static const Phase reading("catalogue: read", "rows"), placing("catalogue: place", "rows"),
      sending("catalogue: send");
  const MPI_Comm comm = cube.comm();
  BinnedShear out;
  out.shear = cube.withChannels(2);
  out.image = cube.withChannels(1);
  out.gamma = out.shear.space().vec();
  out.count = out.image.space().vec();
  out.mask = out.image.space().vec();
  out.noiseVariance = out.image.space().vec();

  PixelSums sums(grid, out.image, window, options);
  Catalogue catalogue(table, format, Catalogue::Want::Shapes);
  // Rows between two exchanges. One rank may get those of all others at the same time: at most 8 million records.
  const std::int64_t roundRows = std::clamp<std::int64_t>((std::int64_t{1} << 23) / sizeOf(comm), 2048, 1 << 17);
  Galaxies piece;
  for (bool more = true; more;) {
    std::exception_ptr failure;
    bool mine = false;
    try {
      for (const std::int64_t end = catalogue.read() + roundRows; catalogue.read() < end;) {
        {
          const auto timed = reading.scope();
          if (!catalogue.next(4096, piece)) break;  // small: a piece goes through all steps inside the cache
        }
        mine = true;
        const auto timed = placing.scope(static_cast<double>(piece.size()));
        sums.place(piece);
      }
    } catch (...) {
      failure = std::current_exception();
    }
    const std::array<int, 2> flags{failure ? 1 : 0, mine ? 1 : 0};
    std::array<int, 2> any{};
    checkMpi(MPI_Allreduce(flags.data(), any.data(), 2, MPI_INT, MPI_MAX, comm));
    if (any[0]) agree(comm, failure);
    const auto timed = sending.scope();
    more = any[1] != 0;
    if (more) sums.exchange();
  }
  catalogue.verify();

  const std::array<std::int64_t, 6> local{
      catalogue.read(), catalogue.unselected(), catalogue.weightless(), sums.outside, sums.masked, sums.used};
  std::array<std::int64_t, 6> all{};
  checkMpi(MPI_Allreduce(local.data(), all.data(), 6, MPI_INT64_T, MPI_SUM, comm));
  out.counts = {all[0], all[1], all[2], all[3], all[4], all[5]};
  demandGalaxies(out.counts, sums.extents, table, grid, comm);
  out.shapeSd = options.shapeSd.value_or(0);
  sums.finish(out);
  if (!(out.shapeSd > 0))
    throw Error(ExitCode::BadData,
                table.name() +
                    ": the shapes of all galaxies used are 0, so that no shape noise can be measured: are these the "
                    "right columns? If so, give shape_sd");
  return out;
}

}  // namespace lacuna
