#include "survey/binning.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <numeric>
#include <span>
#include <vector>

#include "base/phase.hpp"
#include "base/rng.hpp"

namespace lacuna {
namespace {

constexpr std::uint32_t rotationStream = 0x726f7461;  // "rota": of Rng, used for nothing else

/// A galaxy on its way to the owner of its pixel.
struct Record {
  std::int64_t pixel;      ///< local index at the owner
  double w, we1, we2, wm;  ///< w, w e1, w e2 (rotated to the grid), w (1 + m)
};

/// What a pixel collects. One array of these instead of five arrays: galaxies come in any order, and a pixel costs
/// one cache line.
struct Sums {
  double count = 0, we1 = 0, we2 = 0, wm = 0, ww = 0;
};

/// Smallest and largest position of what is left after the selection, for the message if none falls on the grid.
struct Extents {
  double raMin = INFINITY, raMax = -INFINITY, decMin = INFINITY, decMax = -INFINITY;
};

class RecordType {
 public:
  RecordType() {
    checkMpi(MPI_Type_contiguous(sizeof(Record), MPI_BYTE, &type_));
    checkMpi(MPI_Type_commit(&type_));
  }
  ~RecordType() { MPI_Type_free(&type_); }
  RecordType(const RecordType&) = delete;
  RecordType& operator=(const RecordType&) = delete;
  operator MPI_Datatype() const { return type_; }

 private:
  MPI_Datatype type_ = MPI_DATATYPE_NULL;
};

class Binner {
 public:
  Binner(const SkyGrid& grid, const Cube& image, const Window& window, const BinOptions& options);

  /// Rank-local. Adds the galaxies whose pixels this rank owns; keeps the others for exchange().
  void place(const Galaxies& piece);
  /// Collective. Sends what was kept to the owners of the pixels, who add it.
  void exchange();
  void finish(BinnedShear& out) const;

  Extents extents;
  std::int64_t outside = 0, masked = 0, used = 0;

 private:
  void add(std::span<const Record> records);

  const SkyGrid& grid_;
  MPI_Comm comm_;
  int rank_;
  PetscInt width_, rowsPerOwner_, shiftX_, shiftY_;  ///< of the padded image
  std::optional<Rng> rotation_;
  RecordType type_;
  std::vector<double> mask_;
  std::vector<Sums> sums_;
  std::array<double, 3> squares_{};
  std::vector<SkyGrid::Placed> placed_;
  std::vector<Record> own_, others_, sending_, receiving_;
  std::vector<int> owners_, sendCount_, sendStart_, receiveCount_, receiveStart_;
};

Binner::Binner(const SkyGrid& grid, const Cube& image, const Window& window, const BinOptions& options)
    : grid_(grid),
      comm_(image.comm()),
      rank_(rankOf(comm_)),
      width_(image.shape().nx),
      rowsPerOwner_(std::max<PetscInt>(1, image.boxOf(0, 0).count[3])),
      shiftX_(window.start[2]),
      shiftY_(window.start[1]),
      sums_(static_cast<std::size_t>(image.box().size())) {
  if (options.realisation > 0) rotation_ = Rng(options.seed, rotationStream).at(options.realisation);
  if (options.mask) {
    if (!image.space().holds(options.mask)) throw Error("bin: the mask does not have the layout of the image");
    const ReadLocal mask(options.mask);
    const std::span<const double> values = mask;
    mask_.assign(values.begin(), values.end());
  }
  for (auto* list : {&sendCount_, &sendStart_, &receiveCount_, &receiveStart_})
    list->resize(static_cast<std::size_t>(sizeOf(comm_)));
}

void Binner::place(const Galaxies& piece) {
  own_.clear();
  placed_.resize(piece.size());
  grid_.place(piece.ra, piece.dec, placed_);
  for (std::size_t i = 0; i < piece.size(); ++i) {
    extents.raMin = std::min(extents.raMin, piece.ra[i]);
    extents.raMax = std::max(extents.raMax, piece.ra[i]);
    extents.decMin = std::min(extents.decMin, piece.dec[i]);
    extents.decMax = std::max(extents.decMax, piece.dec[i]);
    const SkyGrid::Placed& p = placed_[i];
    if (!grid_.holds(p.x, p.y)) {
      ++outside;
      continue;
    }
    double c = p.cos2, s = p.sin2;
    if (rotation_) {  // uniform: the rotation of the grid on top of it would change nothing
      const double angle = 2 * std::numbers::pi * rotation_->uniformPair(piece.row[i]).first;
      c = std::cos(angle);
      s = std::sin(angle);
    }
    // x + 1/2 may round up to nx.
    const auto column = std::min(static_cast<PetscInt>(p.x + 0.5), static_cast<PetscInt>(grid_.nx() - 1)) + shiftX_;
    const auto row = std::min(static_cast<PetscInt>(p.y + 0.5), static_cast<PetscInt>(grid_.ny() - 1)) + shiftY_;
    const PetscInt owner = row / rowsPerOwner_;  // frames = 1: rank 0 of `time` has it, whose rank is that in `space`
    const double w = piece.weight[i];
    const Record record{static_cast<std::int64_t>(row - owner * rowsPerOwner_) * width_ + column, w,
                        w * (piece.e1[i] * c - piece.e2[i] * s), w * (piece.e1[i] * s + piece.e2[i] * c),
                        w * piece.onePlusM[i]};
    if (owner == rank_) {
      own_.push_back(record);
    } else {
      others_.push_back(record);
      owners_.push_back(static_cast<int>(owner));
    }
  }
  add(own_);
}

void Binner::exchange() {
  if (sendCount_.size() == 1) return;
  std::fill(sendCount_.begin(), sendCount_.end(), 0);
  for (const int owner : owners_) ++sendCount_[static_cast<std::size_t>(owner)];
  std::exclusive_scan(sendCount_.begin(), sendCount_.end(), sendStart_.begin(), 0);
  sending_.resize(others_.size());
  std::vector<int> next = sendStart_;
  for (std::size_t i = 0; i < others_.size(); ++i)
    sending_[static_cast<std::size_t>(next[static_cast<std::size_t>(owners_[i])]++)] = others_[i];
  others_.clear();
  owners_.clear();
  checkMpi(MPI_Alltoall(sendCount_.data(), 1, MPI_INT, receiveCount_.data(), 1, MPI_INT, comm_));
  std::exclusive_scan(receiveCount_.begin(), receiveCount_.end(), receiveStart_.begin(), 0);
  receiving_.resize(static_cast<std::size_t>(receiveStart_.back() + receiveCount_.back()));
  checkMpi(MPI_Alltoallv(sending_.data(), sendCount_.data(), sendStart_.data(), type_, receiving_.data(),
                         receiveCount_.data(), receiveStart_.data(), type_, comm_));
  add(receiving_);
}

void Binner::add(std::span<const Record> records) {
  // Pixels come in no order and the map exceeds the cache: without the prefetch this waits 130 ns for every galaxy.
  constexpr std::size_t ahead = 24;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (i + ahead < records.size()) {
      const auto* soon = &sums_[static_cast<std::size_t>(records[i + ahead].pixel)];
      __builtin_prefetch(soon, 1);
      __builtin_prefetch(reinterpret_cast<const char*>(soon + 1) - 1, 1);
    }
    const Record& r = records[i];
    if (!mask_.empty() && mask_[static_cast<std::size_t>(r.pixel)] == 0) {
      ++masked;
      continue;
    }
    Sums& s = sums_[static_cast<std::size_t>(r.pixel)];
    s.count += 1;
    s.we1 += r.we1;
    s.we2 += r.we2;
    s.wm += r.wm;
    s.ww += r.w * r.w;
    squares_[0] += r.we1 * r.we1;
    squares_[1] += r.we2 * r.we2;
    squares_[2] += r.w * r.w;
    ++used;
  }
}

void Binner::finish(BinnedShear& out) const {
  std::array<double, 3> squares{};
  checkMpi(MPI_Allreduce(squares_.data(), squares.data(), 3, MPI_DOUBLE, MPI_SUM, comm_));
  out.measuredShapeSd1 = std::sqrt(squares[0] / squares[2]);
  out.measuredShapeSd2 = std::sqrt(squares[1] / squares[2]);
  out.measuredShapeSd = std::sqrt((squares[0] + squares[1]) / (2 * squares[2]));

  const WriteLocal gamma(out.gamma), count(out.count), mask(out.mask), variance(out.noiseVariance);
  const auto n = static_cast<PetscInt>(sums_.size());
  const double perWeight = out.shapeSd > 0 ? out.shapeSd : out.measuredShapeSd;
  std::int64_t filled = 0;
  for (PetscInt i = 0; i < n; ++i) {
    const Sums& s = sums_[static_cast<std::size_t>(i)];
    const bool any = s.count > 0;
    filled += any;
    count[i] = s.count;
    mask[i] = any ? 1 : 0;
    gamma[i] = any ? s.we1 / s.wm : 0;
    gamma[n + i] = any ? s.we2 / s.wm : 0;
    variance[i] = any ? perWeight * perWeight * s.ww / (s.wm * s.wm) : INFINITY;
  }
  out.shapeSd = perWeight;
  checkMpi(MPI_Allreduce(&filled, &out.pixels, 1, MPI_INT64_T, MPI_SUM, comm_));
  out.densityPerArcmin2 = static_cast<double>(out.counts.used) / (static_cast<double>(out.pixels) * grid_.pixelArea());
}

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

  Binner binner(grid, out.image, window, options);
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
        binner.place(piece);
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
    if (more) binner.exchange();
  }
  catalogue.verify();

  const std::array<std::int64_t, 6> local{catalogue.read(), catalogue.unselected(), catalogue.weightless(),
                                          binner.outside,   binner.masked,          binner.used};
  std::array<std::int64_t, 6> all{};
  checkMpi(MPI_Allreduce(local.data(), all.data(), 6, MPI_INT64_T, MPI_SUM, comm));
  out.counts = {all[0], all[1], all[2], all[3], all[4], all[5]};
  demandGalaxies(out.counts, binner.extents, table, grid, comm);
  out.shapeSd = options.shapeSd.value_or(0);
  binner.finish(out);
  return out;
}

}  // namespace lacuna
