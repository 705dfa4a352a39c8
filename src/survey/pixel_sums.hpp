#pragma once
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/rng.hpp"
#include "survey/binning.hpp"

namespace lacuna {

/// Smallest and largest position of what is left after the selection, for the message if none falls on the grid.
struct Extents {
  double raMin = INFINITY, raMax = -INFINITY, decMin = INFINITY, decMax = -INFINITY;
};

/// The sums that make a binned map, per pixel: of the galaxies that fall in it, wherever they are read. Each rank holds
/// the pixels that it owns of the image.
class PixelSums {
 public:
  PixelSums(const SkyGrid& grid, const Cube& image, const Window& window, const BinOptions& options);

  /// Rank-local. Adds the galaxies whose pixels this rank owns; keeps the others for exchange().
  void place(const Galaxies& piece);
  /// Collective. Sends what was kept to the owners of the pixels, who add it.
  void exchange();
  /// Collective. Maps, scatter and density; `out` has its vectors, counts, and shapeSd where it is given (else 0).
  void finish(BinnedShear& out) const;

  Extents extents;
  std::int64_t outside = 0, masked = 0, used = 0;

 private:
  /// A galaxy on its way to the owner of its pixel.
  struct Record {
    std::int64_t pixel;      ///< local index at the owner
    double w, we1, we2, wm;  ///< w, w e1, w e2 (rotated to the grid), w (1 + m)
  };
  /// What a pixel collects. One array of these instead of five arrays: galaxies come in any order, and every
  /// array would cost a cache line.
  struct Sums {
    double count = 0, we1 = 0, we2 = 0, wm = 0, ww = 0;
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

}  // namespace lacuna
