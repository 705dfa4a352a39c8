#include "survey/pixel_sums.hpp"

#include <algorithm>
#include <numbers>
#include <numeric>

namespace lacuna {
namespace {

constexpr std::uint32_t rotationStream = 0x726f7461;  // "rota": of Rng, used for nothing else

}  // namespace

PixelSums::PixelSums(const SkyGrid& grid, const Cube& image, const Window& window, const BinOptions& options)
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

void PixelSums::place(const Galaxies& piece) {
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

void PixelSums::exchange() {
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

void PixelSums::add(std::span<const Record> records) {
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

void PixelSums::finish(BinnedShear& out) const {
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

}  // namespace lacuna
