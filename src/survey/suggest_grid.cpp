#include "survey/suggest_grid.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "base/error.hpp"

namespace lacuna {
namespace {

constexpr double radian = std::numbers::pi / 180;
constexpr double perPixel = 15;  ///< galaxies
constexpr double perCell = 30;   ///< the same where density is measured
constexpr std::int64_t largest = 32768;
constexpr std::array<double, 31> niceArcmin{0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.8, 1,
                                            1.5,  2,   2.5,  3,   4,    5,   6,   8,   10,  12,  15,
                                            20,   30,  40,   60,  90,   120, 180, 240, 300};

/// Where the selected galaxies are. RA by bins of half a degree, each with its extremes: the widest stretch of
/// empty ones is outside the survey, wherever RA wraps.
struct Spread {
  static constexpr std::size_t bins = 720;
  std::array<double, bins> raMin, raMax;
  double decMin = INFINITY, decMax = -INFINITY;
  double count = 0;
  Spread() {
    raMin.fill(INFINITY);
    raMax.fill(-INFINITY);
  }
  void add(const Galaxies& piece) {
    for (std::size_t i = 0; i < piece.size(); ++i) {
      const double ra = piece.ra[i], r = ra >= 0 && ra < 360 ? ra : ra - 360 * std::floor(ra / 360);
      const auto b = std::min(static_cast<std::size_t>(2 * r), bins - 1);
      raMin[b] = std::min(raMin[b], r);
      raMax[b] = std::max(raMax[b], r);
      decMin = std::min(decMin, piece.dec[i]);
      decMax = std::max(decMax, piece.dec[i]);
    }
    count += static_cast<double>(piece.size());
  }
  void reduce(MPI_Comm comm) {
    const auto all = [comm](double* x, std::size_t n, MPI_Op op) {
      checkMpi(MPI_Allreduce(MPI_IN_PLACE, x, static_cast<int>(n), MPI_DOUBLE, op, comm));
    };
    all(raMin.data(), bins, MPI_MIN);
    all(raMax.data(), bins, MPI_MAX);
    all(&decMin, 1, MPI_MIN);
    all(&decMax, 1, MPI_MAX);
    all(&count, 1, MPI_SUM);
  }
  /// First RA and width of the stretch that holds all galaxies.
  std::pair<double, double> raRange() const {
    std::vector<std::size_t> filled;
    for (std::size_t b = 0; b < bins; ++b)
      if (raMax[b] >= 0) filled.push_back(b);
    double widest = -1, start = 0;
    for (std::size_t i = 0; i < filled.size(); ++i) {
      const std::size_t next = filled[(i + 1) % filled.size()];
      double gap = raMin[next] - raMax[filled[i]];
      if (i + 1 == filled.size()) gap += 360;
      if (gap > widest) {
        widest = gap;
        start = raMin[next];
      }
    }
    return {start, 360 - widest};
  }
};

/// Extremes and occupied area of the galaxies in the plane of a grid.
struct Footprint {
  static constexpr std::int64_t cells = 128;
  std::array<double, 4> extremes{INFINITY, INFINITY, INFINITY, INFINITY};  ///< min x, min y, min -x, min -y
  std::vector<double> counts = std::vector<double>(cells * cells);
  double hidden = 0;  ///< beyond 90 deg

  /// A point in arcmin; the cells cover -reach .. reach.
  void add(double x, double y, double reach) {
    if (!(std::abs(x) < 1e5 && std::abs(y) < 1e5)) {
      hidden += 1;
      return;
    }
    extremes = {std::min(extremes[0], x), std::min(extremes[1], y), std::min(extremes[2], -x),
                std::min(extremes[3], -y)};
    const auto cell = [reach](double v) {
      return std::clamp<std::int64_t>(static_cast<std::int64_t>((v + reach) * cells / (2 * reach)), 0, cells - 1);
    };
    counts[static_cast<std::size_t>(cell(y) * cells + cell(x))] += 1;
  }
  /// Area where there are galaxies, arcmin^2 of the plane. A cell counts as far as it is filled, and cells are joined
  /// until they hold tens of galaxies: those of a sparse catalogue are full or empty by chance.
  double occupied(double reach) const {
    std::vector<double> joined = counts;
    for (std::int64_t side = cells;; side /= 2) {
      double sum = 0, filled = 0, occupied = 0;
      for (double n : joined) sum += n, filled += n > 0;
      for (double n : joined) occupied += std::min(1.0, n * filled / sum);
      const double cell = 2 * reach / static_cast<double>(side);
      if (sum >= perCell * filled || side == 1) return occupied * cell * cell;
      const auto width = static_cast<std::size_t>(side), half = width / 2;
      std::vector<double> blocks(half * half);
      for (std::size_t i = 0; i < joined.size(); ++i) blocks[i / width / 2 * half + i % width / 2] += joined[i];
      joined = std::move(blocks);
    }
  }
  double halfWidth() const { return std::max(-extremes[0], -extremes[2]); }
  double halfHeight() const { return std::max(-extremes[1], -extremes[3]); }
  void reduce(MPI_Comm comm) {
    checkMpi(MPI_Allreduce(MPI_IN_PLACE, extremes.data(), 4, MPI_DOUBLE, MPI_MIN, comm));
    checkMpi(MPI_Allreduce(MPI_IN_PLACE, counts.data(), static_cast<int>(counts.size()), MPI_DOUBLE, MPI_SUM, comm));
    checkMpi(MPI_Allreduce(MPI_IN_PLACE, &hidden, 1, MPI_DOUBLE, MPI_SUM, comm));
  }
};

/// Collective. Calls take(piece) for all selected galaxies of this rank.
template <class F>
void forEach(Catalogue& catalogue, F&& take) {
  catalogue.rewind();
  together(catalogue.table().comm(), [&] {
    Galaxies piece;
    while (catalogue.next(4096, piece)) take(piece);
  });
  catalogue.verify();
}

/// Collective. RA and Dec of the sum of all unit vectors.
SkyGrid::Direction meanDirection(Catalogue& catalogue) {
  std::array<double, 3> sum{};
  forEach(catalogue, [&sum](const Galaxies& piece) {
    for (std::size_t i = 0; i < piece.size(); ++i) {
      const auto [sd, cd] = sinCosDegrees(piece.dec[i]);
      const auto [sa, ca] = sinCosDegrees(piece.ra[i]);
      sum[0] += cd * ca;
      sum[1] += cd * sa;
      sum[2] += sd;
    }
  });
  checkMpi(MPI_Allreduce(MPI_IN_PLACE, sum.data(), 3, MPI_DOUBLE, MPI_SUM, catalogue.table().comm()));
  return {std::fmod(std::atan2(sum[1], sum[0]) / radian + 360, 360.0),
          std::atan2(sum[2], std::hypot(sum[0], sum[1])) / radian};
}

/// How far the box of RA and Dec that holds all galaxies reaches in a plane of 1-arcmin pixels, arcmin.
double reachIn(const SkyGrid& plane, const Spread& spread) {
  constexpr int steps = 64;
  const auto [raStart, raWidth] = spread.raRange();
  double reach = 1e-3;
  for (int i = 0; i <= steps; ++i)
    for (int j = 0; j <= steps; ++j) {
      const auto p =
          plane.pixelOf(raStart + raWidth * i / steps, spread.decMin + (spread.decMax - spread.decMin) * j / steps);
      for (double v : {p.x, p.y}) reach = std::max(reach, std::abs(v) < 1e5 ? std::abs(v) : 0.0);
    }
  return std::min(60 * 90.0, 1.01 * reach);  // the steps miss a little
}

/// The least number of three digits that makes `count` pixels hold a field of this half-width.
double sizeToHold(double half, std::int64_t count) {
  const double exact = 2 * half / static_cast<double>(count);
  if (!(exact > 0)) return 0;
  const double step = std::pow(10, std::floor(std::log10(exact)) - 2);
  return std::ceil(exact / step * (1 + 1e-9)) * step;  // a galaxy on the very edge would be outside
}

}  // namespace

SuggestedGrid suggestGrid(const Table& table, const CatalogueFormat& format, const GridRequest& request) {
  const auto [projection, center, pixel, nx, ny] = request;
  if (center && pixel && nx && ny) return {SkyGrid(projection, center->ra, center->dec, *pixel, *nx, *ny), {}};
  const MPI_Comm comm = table.comm();
  std::vector<std::string> notes;
  Catalogue catalogue(table, format, Catalogue::Want::Positions);

  Spread spread;
  forEach(catalogue, [&](const Galaxies& piece) { spread.add(piece); });
  spread.reduce(comm);
  if (table.rows() == 0) throw Error(ExitCode::BadData, table.name() + ": there are no rows in it");
  if (spread.count == 0)
    throw Error(ExitCode::BadData, fmt::format("{}: none of its {} rows is selected and has a weight above 0",
                                               table.name(), table.rows()));
  const auto [raStart, raWidth] = spread.raRange();
  SkyGrid::Direction middle{std::fmod(raStart + raWidth / 2, 360.0), (spread.decMin + spread.decMax) / 2};
  std::string how = "the middle of the galaxies' extents";
  if (!center && projection == Projection::Gnomonic &&
      (raWidth > 180 || std::max(spread.decMax, -spread.decMin) > 85)) {
    middle = meanDirection(catalogue);
    how = "the mean direction of the galaxies";
  }
  if (center)
    middle = *center;
  else
    notes.push_back(fmt::format("centre: RA {:.6f}, Dec {:.6f} deg, {}", middle.ra, middle.dec, how));

  // The plane in arcmin from the centre, in coarse cells.
  const SkyGrid plane(projection, middle.ra, middle.dec, 1, 1, 1);
  const double reach = reachIn(plane, spread);
  Footprint foot;
  std::vector<SkyGrid::Placed> placed;
  forEach(catalogue, [&](const Galaxies& piece) {
    placed.resize(piece.size());
    plane.place(piece.ra, piece.dec, placed);
    for (const SkyGrid::Placed& p : placed) foot.add(p.x, p.y, reach);
  });
  foot.reduce(comm);
  if (foot.hidden > 0)
    throw Error(ExitCode::BadData,
                fmt::format("{}: {} selected galaxies are too far from the centre of the projection: select "
                            "a field, or give the grid in full",
                            table.name(), foot.hidden));

  double size = pixel.value_or(0);
  if (!pixel) {
    if (foot.halfWidth() + foot.halfHeight() < 1e-6)
      throw Error(ExitCode::BadData, fmt::format("{}: the only galaxy, or all {:.0f} of them, lie at RA {:.6f}, Dec "
                                                 "{:.6f} deg: no pixel can be chosen, give pixel_arcmin",
                                                 table.name(), spread.count, middle.ra, middle.dec));
    const double density = spread.count / (foot.occupied(reach) * plane.pixelArea());
    const double ideal = std::sqrt(perPixel / (density * plane.pixelArea()));
    if (nx) size = sizeToHold(foot.halfWidth(), *nx);
    if (ny) size = std::max(size, sizeToHold(foot.halfHeight(), *ny));
    const bool fits = size > 0;
    if (!fits)
      size = *std::min_element(niceArcmin.begin(), niceArcmin.end(), [&](double a, double b) {
        return std::abs(std::log(a / ideal)) < std::abs(std::log(b / ideal));
      });
    const double each = density * size * size * plane.pixelArea();
    notes.push_back(fmt::format("pixel: {:.6g} arcmin{}, about {:.{}f} galaxies in each ({:.3g} per arcmin^2)", size,
                                fits ? ", so that the grid holds all galaxies" : "", each, each < 10 ? 1 : 0, density));
  }
  const auto cover = [&](double half) { return 2 * static_cast<std::int64_t>(std::floor(half / size + 0.5)) + 1; };
  const std::int64_t wide = cover(foot.halfWidth()), high = cover(foot.halfHeight());
  const std::int64_t columns = nx.value_or(wide), rows = ny.value_or(high);
  if (!nx || !ny) notes.push_back(fmt::format("grid: {} x {} pixels (columns x rows)", columns, rows));
  if ((!nx && columns > largest) || (!ny && rows > largest))
    throw Error(ExitCode::BadData,
                fmt::format("{}: the selected galaxies spread over {} x {} pixels of {} arcmin (RA {:.4f} deg "
                            "on over {:.4f} deg, Dec {:.4f} .. {:.4f} deg): select a field, or give the grid in "
                            "full",
                            table.name(), wide, high, size, raStart, raWidth, spread.decMin, spread.decMax));
  return {SkyGrid(projection, middle.ra, middle.dec, size, columns, rows), notes};
}

}  // namespace lacuna
