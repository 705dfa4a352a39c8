#pragma once
#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "io/table.hpp"

namespace lacuna {

/// Keep the rows with minimum <= value <= maximum; NaN is in no range.
struct Selection {
  std::string column;
  double minimum = -std::numeric_limits<double>::infinity();
  double maximum = std::numeric_limits<double>::infinity();
};

/// What the columns of a shear catalogue mean. e1, e2 refer to the axes (+RA, +Dec) after the flips. In this order:
/// flip; subtract c1, c2; divide by the responsivity R. Calibration by m is of sums: gamma = sum w e / sum w (1 + m).
struct CatalogueFormat {
  std::string ra = "ra", dec = "dec", e1 = "e1", e2 = "e2";
  std::string weight;   ///< empty: every weight is 1
  std::string mColumn;  ///< empty: every m is `m`
  double m = 0;
  bool radians = false;  ///< RA and Dec in rad instead of deg
  bool flipE1 = false, flipE2 = false;
  double c1 = 0, c2 = 0, responsivity = 1;
  std::vector<Selection> select;

  /// Every column named here: for openTable.
  std::vector<std::string> needed() const;
};

/// A piece of a catalogue: selected, calibrated, of positive weight. Arrays of equal length; e1, e2 and onePlusM are
/// empty where only positions are wanted.
struct Galaxies {
  std::vector<std::int64_t> row;  ///< in the file, from 0
  std::vector<double> ra, dec;    ///< deg
  std::vector<double> e1, e2, weight, onePlusM;
  std::size_t size() const { return row.size(); }
  void resize(std::size_t n, bool shapes);
};

/// The rows of one rank, read in pieces, selected, checked and calibrated. A row with a bad value is counted and left
/// out; `verify` tells all of them at the end, so that the message has the count.
class Catalogue {
 public:
  enum class Want { Positions, Shapes };
  /// Rank-local. Views `table`. Throws (exit 65) where a column is missing, 78 where a number makes no sense.
  Catalogue(const Table& table, const CatalogueFormat& format, Want want);

  /// Rank-local. At most `rows` further rows of this rank's share; false when there were none left. `piece` is
  /// overwritten.
  bool next(std::int64_t rows, Galaxies& piece);
  /// Back to this rank's first row; counters at zero.
  void rewind();

  /// Collective. Throws (exit 65) if any rank met a value that is not finite, a weight that is negative or would
  /// overflow, |RA| > 720 deg, |Dec| > 90 deg, |e| > 10 or m <= -1, naming the column, the first row (from 0) over all
  /// ranks and the number of such rows.
  void verify() const;

  const Table& table() const { return table_; }
  RowRange share() const { return share_; }
  std::int64_t read() const { return read_; }              ///< rows read so far on this rank
  std::int64_t unselected() const { return unselected_; }  ///< of them outside a selection
  std::int64_t weightless() const { return weightless_; }  ///< of the others, those with weight 0

 private:
  /// Bad rows of one kind on this rank.
  struct Fault {
    std::int64_t count = 0, first = std::numeric_limits<std::int64_t>::max();
    double value = 0;  ///< of the first
  };
  enum Role : std::size_t { Ra, Dec, E1, E2, Weight, M, Roles };
  bool sound(Role role, double value, std::int64_t row);
  void fill(std::int64_t count);

  const Table& table_;
  CatalogueFormat format_;
  RowRange share_;
  std::array<int, Roles> place_{};    ///< in buffers_, -1: no such column
  std::vector<std::size_t> columns_;  ///< read, in the order of buffers_
  std::vector<int> selectPlace_;
  std::vector<std::vector<double>> buffers_;
  std::int64_t position_ = 0, buffered_ = 0, used_ = 0;  ///< next row in the share; rows in buffers_; handed out
  std::int64_t read_ = 0, unselected_ = 0, weightless_ = 0;
  std::array<Fault, Roles> faults_{};
};

}  // namespace lacuna
