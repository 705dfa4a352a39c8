#pragma once
#include <mpi.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lacuna {

/// A file of columns of numbers: a FITS binary table, one-dimensional HDF5 datasets, or CSV. Every rank reads the
/// rows that it wants, in pieces; nobody holds the whole. What the file says about its size is checked against
/// its length when it is opened.
class Table {
 public:
  virtual ~Table() = default;
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  /// "survey.fits[GALAXIES]": for messages.
  const std::string& name() const { return name_; }
  MPI_Comm comm() const { return comm_; }
  std::int64_t rows() const { return rows_; }
  /// Every column that could be read, in the order of the file.
  const std::vector<std::string>& columns() const { return columns_; }

  /// Rank-local, same answer everywhere. A name equal letter by letter wins; else one that differs in case only.
  bool has(std::string_view column) const;
  /// Place in columns(). Throws (exit 65) naming the file, the column and the nearest names; also where two
  /// columns differ from `column` in case only.
  std::size_t find(std::string_view column) const;

  /// Rank-local. Rows firstRow .. firstRow + count - 1 of several columns (places in columns()), column c into
  /// out[c][0 .. count - 1], in one pass over the file. Undefined values (TNULL) come as NaN. Not for use by
  /// several threads. Throws exit 65 (what stands there is not a number), 74 (reading failed).
  void read(std::span<const std::size_t> columns, std::int64_t firstRow, std::int64_t count,
            std::span<double* const> out) const;
  void read(std::string_view column, std::int64_t firstRow, std::int64_t count, double* out) const;

 protected:
  Table(MPI_Comm comm, std::string name) : comm_(comm), name_(std::move(name)) {}
  /// Collective. What rank 0 found out (the members below) on all ranks.
  void shareHeader();
  MPI_Comm comm_;
  std::string name_;
  std::int64_t rows_ = 0;
  std::string otherTables_;  ///< rank 0: a hint for who misses a column
  std::vector<std::string> columns_;
  /// Columns that the file has but that are no plain numbers, with the reason: for the message of find().
  std::vector<std::pair<std::string, std::string>> unreadable_;

 private:
  virtual void doRead(std::span<const std::size_t> columns, std::int64_t firstRow, std::int64_t count,
                      std::span<double* const> out) const = 0;
};

/// What part of the rows belongs to this rank: contiguous, equal to one row.
struct RowRange {
  std::int64_t first = 0, count = 0;
};
RowRange rowsOf(std::int64_t rows, int ranks, int rank);

/// Collective. Opens a table, told by its first bytes: FITS, HDF5, or else CSV. `hdu` may be empty (the first binary
/// table; all datasets), a number (FITS: counted from 0 = primary; else ignored), or a name (FITS: EXTNAME; HDF5: a
/// group, or a dataset of records; CSV: refused).
/// `needed` columns are looked up at once; in HDF5 they must agree on the number of rows (without any: all
/// one-dimensional datasets must). A FITS CHECKSUM/DATASUM is verified where present, all ranks sharing the work.
/// Throws exit 66 (no such file, a directory, no permission), 65 (empty, truncated, corrupted, no such HDU or column).
std::unique_ptr<Table> openTable(MPI_Comm comm, const std::string& path, const std::string& hdu = {},
                                 std::span<const std::string> needed = {});

}  // namespace lacuna
