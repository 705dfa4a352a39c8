#include "survey/catalogue_writer.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <optional>
#include <vector>

#include "base/error.hpp"
#include "io/fits_file.hpp"
#include "io/h5_writer.hpp"

namespace lacuna {
namespace {

constexpr std::int64_t pieceRows = 1 << 15;

std::int64_t demandEqual(std::span<const OutputColumn> columns) {
  if (columns.empty()) throw Error("writeCatalogue: there are no columns");
  for (const OutputColumn& c : columns)
    if (c.values.size() != columns[0].values.size())
      throw Error("writeCatalogue: column '" + c.name + "' has " + std::to_string(c.values.size()) + " rows, '" +
                  columns[0].name + "' has " + std::to_string(columns[0].values.size()));
  return static_cast<std::int64_t>(columns[0].values.size());
}

void writeHdf5(OutputFile& file, std::span<const OutputColumn> columns) {
  H5Writer writer(file.comm(), file.temporary());
  for (const OutputColumn& c : columns) writer.writeColumn(c.name, c.values, c.unit, c.description);
  writer.close();
}

/// Rows [first, first + count) as they stand in a FITS table: values side by side, big-endian.
std::vector<unsigned char> fitsRows(std::span<const OutputColumn> columns, std::int64_t first, std::int64_t count) {
  std::vector<unsigned char> bytes(static_cast<std::size_t>(count) * columns.size() * 8);
  unsigned char* place = bytes.data();
  for (std::int64_t i = first; i < first + count; ++i)
    for (const OutputColumn& c : columns) {
      auto bits = std::bit_cast<std::uint64_t>(c.values[static_cast<std::size_t>(i)]);
      if constexpr (std::endian::native == std::endian::little) bits = __builtin_bswap64(bits);
      std::memcpy(place, &bits, 8);
      place += 8;
    }
  return bytes;
}

FitsFile createTable(const std::string& path, std::span<const OutputColumn> columns, std::int64_t rows) {
  FitsFile fits = FitsFile::create(path);
  std::vector<std::string> names, units, forms(columns.size(), "1D");
  for (const OutputColumn& c : columns) {
    names.push_back(c.name);
    units.push_back(c.unit);
  }
  const auto pointers = [](std::vector<std::string>& list) {
    std::vector<char*> out;
    for (std::string& s : list) out.push_back(s.data());
    return out;
  };
  std::vector<char*> type = pointers(names), form = pointers(forms), unit = pointers(units);
  int status = 0;
  fits_create_tbl(fits, BINARY_TBL, rows, static_cast<int>(columns.size()), type.data(), form.data(), unit.data(),
                  "CATALOGUE", &status);
  for (std::size_t i = 0; i < columns.size(); ++i)
    fits_modify_comment(fits, ("TTYPE" + std::to_string(i + 1)).c_str(), columns[i].description.c_str(), &status);
  fits.check(status, "writing the header");
  return fits;
}

void writeFits(OutputFile& file, std::span<const OutputColumn> columns, std::int64_t mine) {
  const MPI_Comm comm = file.comm();
  const int ranks = sizeOf(comm), rank = rankOf(comm);
  std::vector<std::int64_t> rows(static_cast<std::size_t>(ranks));
  checkMpi(MPI_Allgather(&mine, 1, MPI_INT64_T, rows.data(), 1, MPI_INT64_T, comm));
  const auto bytesOf = [&](std::int64_t n) {
    return static_cast<int>(n * static_cast<std::int64_t>(columns.size()) * 8);
  };
  if (rank != 0) {
    for (std::int64_t at = 0; at < mine; at += pieceRows) {
      const std::int64_t n = std::min(pieceRows, mine - at);
      checkMpi(MPI_Send(fitsRows(columns, at, n).data(), bytesOf(n), MPI_BYTE, 0, 0, comm));
    }
    return onRankZero(comm, nullptr);
  }
  // After a failure rank 0 goes on receiving: the others are waiting to get rid of their rows.
  std::exception_ptr failure;
  std::optional<FitsFile> fits;
  const auto guarded = [&](auto&& work) {
    if (failure) return;
    try {
      work();
    } catch (...) {
      failure = std::current_exception();
    }
  };
  std::int64_t all = 0, next = 1;
  for (const std::int64_t n : rows) all += n;
  guarded([&] { fits.emplace(createTable(file.temporary(), columns, all)); });
  for (int from = 0; from < ranks; ++from)
    for (std::int64_t at = 0, end = rows[static_cast<std::size_t>(from)]; at < end; at += pieceRows) {
      const std::int64_t n = std::min(pieceRows, end - at);
      std::vector<unsigned char> bytes;
      if (from == 0) {
        bytes = fitsRows(columns, at, n);
      } else {
        bytes.resize(static_cast<std::size_t>(bytesOf(n)));
        checkMpi(MPI_Recv(bytes.data(), bytesOf(n), MPI_BYTE, from, 0, comm, MPI_STATUS_IGNORE));
      }
      guarded([&] {
        int status = 0;
        fits_write_tblbytes(*fits, next, 1, bytesOf(n), bytes.data(), &status);
        fits->check(status, "writing row " + std::to_string(next));
        next += n;
      });
    }
  guarded([&] {
    int status = 0;
    fits_write_chksum(*fits, &status);
    fits->check(status, "writing the checksum");
    fits->close();
  });
  onRankZero(comm, failure);
}

}  // namespace

void writeCatalogue(OutputFile& file, CatalogueFile format, std::span<const OutputColumn> columns) {
  std::int64_t mine = 0;
  together(file.comm(), [&] { mine = demandEqual(columns); });
  if (format == CatalogueFile::Hdf5)
    writeHdf5(file, columns);
  else
    writeFits(file, columns, mine);
  file.commit();
}

}  // namespace lacuna
