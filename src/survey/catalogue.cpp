#include "survey/catalogue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.hpp"

namespace lacuna {
namespace {

/// Rows read at a time: the columns stay in the second-level cache between reading and use.
constexpr std::int64_t readRows = 1 << 15;
/// What no measurement gives, but -99 and -9999, the marks of failed ones, do.
constexpr double mostEllipticity = 10, mostRa = 720;
/// Beyond these, sums of squares overflow or vanish.
constexpr double leastWeight = 1e-100, mostWeight = 1e100;

void demand(bool ok, const std::string& text) {
  if (!ok) throw Error(ExitCode::BadConfig, "catalogue: " + text);
}

}  // namespace

std::vector<std::string> CatalogueFormat::needed() const {
  std::vector<std::string> out{ra, dec, e1, e2};
  for (const std::string& column : {weight, mColumn})
    if (!column.empty()) out.push_back(column);
  for (const Selection& s : select) out.push_back(s.column);
  return out;
}

void Galaxies::resize(std::size_t n, bool shapes) {
  row.resize(n);
  for (auto* column : {&ra, &dec, &weight}) column->resize(n);
  for (auto* column : {&e1, &e2, &onePlusM}) column->resize(shapes ? n : 0);
}

Catalogue::Catalogue(const Table& table, const CatalogueFormat& format, Want want)
    : table_(table), format_(format), share_(rowsOf(table.rows(), sizeOf(table.comm()), rankOf(table.comm()))) {
  demand(std::isfinite(format.c1) && std::isfinite(format.c2), "c1 or c2 is not finite");
  demand(std::isfinite(format.responsivity) && format.responsivity > 0,
         fmt::format("responsivity is {}, it must be positive", format.responsivity));
  demand(std::isfinite(format.m) && format.m > -1, fmt::format("m is {}, it must be above -1", format.m));
  const auto place = [this](const std::string& column) {
    const std::size_t index = table_.find(column);
    const auto known = std::find(columns_.begin(), columns_.end(), index);
    if (known == columns_.end()) columns_.push_back(index);
    return static_cast<int>(std::find(columns_.begin(), columns_.end(), index) - columns_.begin());
  };
  const bool shapes = want == Want::Shapes;
  const std::array<std::string, Roles> names{format.ra,
                                             format.dec,
                                             shapes ? format.e1 : "",
                                             shapes ? format.e2 : "",
                                             format.weight,
                                             shapes ? format.mColumn : ""};
  for (std::size_t r = 0; r < Roles; ++r) place_[r] = names[r].empty() ? -1 : place(names[r]);
  for (const Selection& s : format.select) {
    demand(s.minimum <= s.maximum,
           fmt::format("select: column '{}': the range {} .. {} is empty", s.column, s.minimum, s.maximum));
    selectPlace_.push_back(place(s.column));
  }
  buffers_.resize(columns_.size());
  for (auto& buffer : buffers_) buffer.resize(static_cast<std::size_t>(std::min(readRows, share_.count)));
}

void Catalogue::rewind() {
  position_ = buffered_ = used_ = 0;
  read_ = unselected_ = weightless_ = 0;
  faults_ = {};
}

void Catalogue::fill(std::int64_t count) {
  std::vector<double*> outs;
  for (auto& buffer : buffers_) outs.push_back(buffer.data());
  table_.read(columns_, share_.first + position_, count, outs);
  position_ += count;
  buffered_ = count;
  used_ = 0;
}

bool Catalogue::sound(Role role, double value, std::int64_t row) {
  bool ok = std::isfinite(value);
  if (role == Dec) ok = ok && std::abs(value) <= 90;
  if (role == Ra) ok = ok && std::abs(value) <= mostRa;
  if (role == E1 || role == E2) ok = ok && std::abs(value) <= mostEllipticity;
  if (role == Weight) ok = ok && value >= leastWeight && value <= mostWeight;
  if (role == M) ok = ok && value > -1;
  if (ok) [[likely]]
    return true;
  Fault& fault = faults_[role];
  if (fault.count++ == 0) {
    fault.first = row;
    fault.value = value;
  }
  return false;
}

bool Catalogue::next(std::int64_t rows, Galaxies& piece) {
  if (used_ == buffered_) {
    if (position_ == share_.count) {
      piece.resize(0, false);
      return false;
    }
    fill(std::min(readRows, share_.count - position_));
  }
  const std::int64_t n = std::min(rows, buffered_ - used_);
  const std::int64_t firstRow = share_.first + position_ - buffered_;
  const auto column = [this](Role role) -> const double* {
    return place_[role] < 0 ? nullptr : buffers_[static_cast<std::size_t>(place_[role])].data();
  };
  const double *ra = column(Ra), *dec = column(Dec), *e1 = column(E1), *e2 = column(E2), *w = column(Weight),
               *m = column(M);
  const double toDegrees = format_.radians ? 180 / std::numbers::pi : 1;
  const double scale = 1 / format_.responsivity, c1 = format_.c1, c2 = format_.c2, m0 = format_.m;
  const double sign1 = format_.flipE1 ? -1 : 1, sign2 = format_.flipE2 ? -1 : 1;
  piece.resize(static_cast<std::size_t>(n), e1 != nullptr);
  std::int64_t* const outRow = piece.row.data();
  double *const outRa = piece.ra.data(), *const outDec = piece.dec.data(), *const outWeight = piece.weight.data();
  double *const outE1 = piece.e1.data(), *const outE2 = piece.e2.data(), *const outM = piece.onePlusM.data();
  std::size_t kept = 0;
  for (std::int64_t i = used_; i < used_ + n; ++i) {
    bool selected = true;
    for (std::size_t s = 0; s < selectPlace_.size(); ++s) {
      const double value = buffers_[static_cast<std::size_t>(selectPlace_[s])][static_cast<std::size_t>(i)];
      selected = selected && value >= format_.select[s].minimum && value <= format_.select[s].maximum;
    }
    if (!selected) {
      ++unselected_;
      continue;
    }
    const std::int64_t row = firstRow + i;
    const double weight = w ? w[i] : 1;
    if (weight == 0) {
      ++weightless_;
      continue;
    }
    const double raDeg = ra[i] * toDegrees, decDeg = dec[i] * toDegrees;
    // One test for the row; only a bad one is looked at value by value.
    bool ok = std::abs(raDeg) <= mostRa && std::abs(decDeg) <= 90 && weight >= leastWeight && weight <= mostWeight;
    if (e1)
      ok = ok && std::abs(e1[i]) <= mostEllipticity && std::abs(e2[i]) <= mostEllipticity &&
           (!m || (m[i] > -1 && std::isfinite(m[i])));
    if (!ok) [[unlikely]] {
      sound(Ra, raDeg, row);
      sound(Dec, decDeg, row);
      sound(Weight, weight, row);
      if (e1) sound(E1, e1[i], row);
      if (e2) sound(E2, e2[i], row);
      if (m) sound(M, m[i], row);
      continue;
    }
    outRow[kept] = row;
    outRa[kept] = raDeg;
    outDec[kept] = decDeg;
    outWeight[kept] = weight;
    if (e1) {
      outE1[kept] = (sign1 * e1[i] - c1) * scale;
      outE2[kept] = (sign2 * e2[i] - c2) * scale;
      outM[kept] = 1 + (m ? m[i] : m0);
    }
    ++kept;
  }
  piece.resize(kept, e1 != nullptr);
  used_ += n;
  read_ += n;
  return true;
}

void Catalogue::verify() const {
  const std::array<std::string, Roles> names{format_.ra, format_.dec,    format_.e1,
                                             format_.e2, format_.weight, format_.mColumn};
  const std::array<const char*, Roles> rules{
      "not an RA within -720 .. 720 deg",     "not a Dec within -90 .. 90 deg",
      "not an ellipticity within -10 .. 10",  "not an ellipticity within -10 .. 10",
      "not a weight (0, or 1e-100 to 1e100)", "not an m (finite, above -1)"};
  std::array<std::int64_t, Roles> count{}, first{};
  for (std::size_t r = 0; r < Roles; ++r) {
    count[r] = faults_[r].count;
    first[r] = faults_[r].first;
  }
  const MPI_Comm comm = table_.comm();
  std::array<std::int64_t, Roles> counts{}, firsts{};
  checkMpi(MPI_Allreduce(count.data(), counts.data(), Roles, MPI_INT64_T, MPI_SUM, comm));
  checkMpi(MPI_Allreduce(first.data(), firsts.data(), Roles, MPI_INT64_T, MPI_MIN, comm));
  for (std::size_t r = 0; r < Roles; ++r) {
    if (counts[r] == 0) continue;
    const bool mine = first[r] == firsts[r];
    double value = mine ? faults_[r].value : 0, found = 0;
    int owner = mine ? rankOf(comm) : -1, root = 0;
    checkMpi(MPI_Allreduce(&owner, &root, 1, MPI_INT, MPI_MAX, comm));
    found = value;
    checkMpi(MPI_Bcast(&found, 1, MPI_DOUBLE, root, comm));
    throw Error(
        ExitCode::BadData,
        fmt::format("{}: column '{}': row {} (counted from 0) holds {}{}, which is {}; {} of the selected rows {} so. "
                    "Leave them out with `select`, or correct the catalogue",
                    table_.name(), names[r], firsts[r], found,
                    format_.radians && r <= Dec ? " deg (angle_unit = \"rad\")" : "", rules[r], counts[r],
                    counts[r] == 1 ? "is" : "are"));
  }
}

}  // namespace lacuna
