#pragma once
#include <memory>
#include <vector>

#include "grid/cube.hpp"
#include "grid/row_exchange.hpp"

namespace lacuna {

/// How a field lies in a larger grid, both split over `space` in rows of their slab axis, in general not the same ones:
/// pixel (z, y, x) of the field is pixel (z, y, x) + offset of the grid. Fields and grids have the same local frames.
///
/// Rows of the grid on this rank whose pixels of the field are on another rank are *away*. Their values go there and
/// come back in one message a pair of ranks, for all frames at once: as `slots` [frame][away row][grid row] on the side
/// of the grid and `guests` [frame][guest row][grid row] on the side of the field.
class WindowRows {
 public:
  enum class Place { Outside, Here, Away };
  struct Row {
    Place place = Place::Outside;
    PetscInt index = 0;  ///< row of the field, here; or slot of a frame
  };

  /// Collective over space(). Throws (exit 78) where the field does not fit, or is split along another axis.
  WindowRows(const Cube& grid, const Cube& field, const std::array<PetscInt, 3>& offset);

  PetscInt rows() const { return static_cast<PetscInt>(rows_.size()); }  ///< of the grid, here
  const Row& row(PetscInt r) const { return rows_[static_cast<std::size_t>(r)]; }
  PetscInt lines() const { return lines_; }    ///< lines along x of a row of the grid
  PetscInt lineLength() const { return nx_; }  ///< pixels of a line of the grid
  PetscInt rowLength() const { return lines_ * nx_; }
  /// Line of the field's row that line y of a row of the grid is, or -1.
  PetscInt lineOf(PetscInt y) const { return y >= firstLine_ && y < firstLine_ + fieldLines_ ? y - firstLine_ : -1; }
  PetscInt firstPixel() const { return firstPixel_; }  ///< of a line, inside the field
  PetscInt pixels() const { return fieldPixels_; }     ///< of a line, inside the field
  /// Local entry of the field where line `line` of row `row` of a local frame begins.
  PetscInt entry(PetscInt frame, PetscInt row, PetscInt line) const {
    return ((frame * fieldRows_ + row) * fieldLines_ + line) * fieldPixels_;
  }

  PetscInt awayRows() const { return away_; }                            ///< slots of a frame
  const std::vector<PetscInt>& guestRows() const { return guestRows_; }  ///< rows of the field, here
  bool exchanges() const { return exchange_ != nullptr; }                ///< the same on all ranks of space()
  double* slot(PetscInt frame, PetscInt index) const {
    return slots_.data() + (static_cast<std::size_t>(frame) * away_ + index) * static_cast<std::size_t>(rowLength());
  }
  double* guest(PetscInt frame, std::size_t index) const {
    return guests_.data() +
           (static_cast<std::size_t>(frame) * guestRows_.size() + index) * static_cast<std::size_t>(rowLength());
  }
  void sendSlots() const;     ///< Collective over space(). guests <- slots
  void returnGuests() const;  ///< Collective over space(). slots <- guests

  /// Collective over space(). Between the local arrays of a field and [frame][row][pixel] of the grid, where pixels
  /// outside the field are left alone.
  void toGrid(const double* field, double* grid) const;
  void toField(const double* grid, double* field) const;
  /// The same by blocks of rows of a local frame, as transforms take and give them: sendField() first, or
  /// receiveField() last, which are Collective over space().
  void sendField(const double* field) const;
  void toGrid(const double* field, PetscInt frame, PetscInt first, PetscInt count, double* rows) const;
  void toField(const double* rows, PetscInt frame, PetscInt first, PetscInt count, double* field) const;
  void receiveField(double* field) const;

 private:
  /// f(pixels of the grid's line, entry of the field, count)
  template <class F>
  void eachLine(PetscInt frame, PetscInt fieldRow, F&& f) const {
    for (PetscInt y = 0; y < lines_; ++y)
      if (lineOf(y) >= 0) f(y * nx_ + firstPixel_, entry(frame, fieldRow, lineOf(y)));
  }

  PetscInt frames_ = 0, lines_ = 1, nx_ = 0, firstLine_ = 0, fieldLines_ = 1, firstPixel_ = 0, fieldPixels_ = 0,
           fieldRows_ = 0, away_ = 0;
  std::vector<Row> rows_;
  std::vector<PetscInt> guestRows_;
  mutable std::vector<double> slots_, guests_;
  std::unique_ptr<RowExchange> exchange_;
};

}  // namespace lacuna
