#include "grid/window_rows.hpp"

#include <algorithm>
#include <string>

#include "base/error.hpp"

namespace lacuna {
namespace {

int ownerOf(PetscInt row, PetscInt rows, int ranks) {
  return static_cast<int>(row / std::max<PetscInt>(blockOf(rows, ranks, 0).count, 1));
}

}  // namespace

WindowRows::WindowRows(const Cube& grid, const Cube& field, const std::array<PetscInt, 3>& offset)
    : frames_(field.box().count[0]) {
  const Shape &g = grid.shape(), &f = field.shape();
  const bool volume = g.nz > 1;
  const std::array<PetscInt, 3> big{g.nz, g.ny, g.nx}, small{f.nz, f.ny, f.nx};
  for (std::size_t a = 0; a < 3; ++a)
    if (offset[a] < 0 || offset[a] + small[a] > big[a])
      throw Error(ExitCode::BadConfig, "a field of " + f.text() + " does not fit into a grid of " + g.text());
  if (g.channels != 1 || f.channels != 1 || field.slabAxis() != grid.slabAxis())
    throw Error(ExitCode::BadConfig,
                "a field of " + f.text() + " cannot be placed in a grid of " + g.text() + ": it is split differently");
  nx_ = g.nx;
  firstPixel_ = offset[2];
  fieldPixels_ = f.nx;
  if (volume) {
    lines_ = g.ny;
    firstLine_ = offset[1];
    fieldLines_ = f.ny;
  }
  const PetscInt allRows = volume ? g.nz : g.ny, allFieldRows = volume ? f.nz : f.ny, shift = offset[volume ? 0 : 1];
  const int ranks = grid.grid().spaceSize(), me = grid.grid().spaceRank();
  fieldRows_ = blockOf(allFieldRows, ranks, me).count;
  rows_.resize(static_cast<std::size_t>(blockOf(allRows, ranks, me).count));

  // Every rank knows where all rows are: the slots of each rank, and who its guests are.
  std::vector<PetscInt> slots(static_cast<std::size_t>(ranks), 0);
  std::vector<RowLink> links;
  const PetscInt firstRow = blockOf(allRows, ranks, me).start, firstFieldRow = blockOf(allFieldRows, ranks, me).start;
  for (PetscInt r = shift; r < shift + allFieldRows; ++r) {
    const int holder = ownerOf(r, allRows, ranks), owner = ownerOf(r - shift, allFieldRows, ranks);
    PetscInt slot = 0;
    if (holder != owner) slot = slots[static_cast<std::size_t>(holder)]++;
    if (holder == me)
      rows_[static_cast<std::size_t>(r - firstRow)] =
          holder == owner ? Row{Place::Here, r - shift - firstFieldRow} : Row{Place::Away, slot};
    if (owner == me && holder != me) {
      links.push_back({holder, slot, static_cast<PetscInt>(guestRows_.size())});
      guestRows_.push_back(r - shift - firstFieldRow);
    }
  }
  away_ = slots[static_cast<std::size_t>(me)];
  if (std::all_of(slots.begin(), slots.end(), [](PetscInt n) { return n == 0; })) return;
  std::vector<RowLink> all;
  for (PetscInt t = 0; t < frames_; ++t)
    for (const RowLink& link : links)
      all.push_back({link.rank, t * slots[static_cast<std::size_t>(link.rank)] + link.theirs,
                     t * static_cast<PetscInt>(guestRows_.size()) + link.mine});
  const auto size = static_cast<std::size_t>(frames_) * static_cast<std::size_t>(rowLength());
  together(grid.grid().space(), [&] {
    slots_.resize(size * static_cast<std::size_t>(away_));
    guests_.resize(size * guestRows_.size());
  });
  exchange_ = std::make_unique<RowExchange>(grid.grid().space(), rowLength(), all);
}

void WindowRows::sendSlots() const {
  if (!exchange_) return;
  exchange_->beginCopy(slots_.data());
  exchange_->endCopy(slots_.data(), guests_.data());
}
void WindowRows::returnGuests() const {
  if (!exchange_) return;
  std::fill(slots_.begin(), slots_.end(), 0.0);
  exchange_->addBack(guests_.data(), slots_.data());
}

void WindowRows::sendField(const double* field) const {
  for (PetscInt t = 0; t < frames_; ++t)
    for (std::size_t i = 0; i < guestRows_.size(); ++i)
      eachLine(t, guestRows_[i],
               [&](PetscInt at, PetscInt from) { std::copy_n(field + from, fieldPixels_, guest(t, i) + at); });
  returnGuests();
}

void WindowRows::toGrid(const double* field, PetscInt frame, PetscInt first, PetscInt count, double* rows) const {
  for (PetscInt r = first; r < first + count; ++r, rows += rowLength()) {
    const Row& it = row(r);
    if (it.place == Place::Here)
      eachLine(frame, it.index,
               [&](PetscInt at, PetscInt from) { std::copy_n(field + from, fieldPixels_, rows + at); });
    if (it.place == Place::Away)
      eachLine(frame, 0,
               [&](PetscInt at, PetscInt) { std::copy_n(slot(frame, it.index) + at, fieldPixels_, rows + at); });
  }
}

void WindowRows::toField(const double* rows, PetscInt frame, PetscInt first, PetscInt count, double* field) const {
  for (PetscInt r = first; r < first + count; ++r, rows += rowLength()) {
    const Row& it = row(r);
    if (it.place == Place::Here)
      eachLine(frame, it.index, [&](PetscInt at, PetscInt to) { std::copy_n(rows + at, fieldPixels_, field + to); });
    if (it.place == Place::Away) std::copy_n(rows, rowLength(), slot(frame, it.index));
  }
}

void WindowRows::receiveField(double* field) const {
  sendSlots();
  for (PetscInt t = 0; t < frames_; ++t)
    for (std::size_t i = 0; i < guestRows_.size(); ++i)
      eachLine(t, guestRows_[i],
               [&](PetscInt at, PetscInt to) { std::copy_n(guest(t, i) + at, fieldPixels_, field + to); });
}

void WindowRows::toGrid(const double* field, double* grid) const {
  sendField(field);
  const std::size_t plane = static_cast<std::size_t>(rows()) * static_cast<std::size_t>(rowLength());
  for (PetscInt t = 0; t < frames_; ++t) toGrid(field, t, 0, rows(), grid + static_cast<std::size_t>(t) * plane);
}

void WindowRows::toField(const double* grid, double* field) const {
  const std::size_t plane = static_cast<std::size_t>(rows()) * static_cast<std::size_t>(rowLength());
  for (PetscInt t = 0; t < frames_; ++t) toField(grid + static_cast<std::size_t>(t) * plane, t, 0, rows(), field);
  receiveField(field);
}

}  // namespace lacuna
