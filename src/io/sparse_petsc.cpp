#include <algorithm>
#include <bit>
#include <cmath>

#include "io/byte_file.hpp"
#include "io/sparse_file.hpp"
#include "io/sparse_part.hpp"

namespace lacuna {
namespace {

constexpr std::int64_t classId = 1211216;  ///< of a Mat

/// Big-endian numbers of `bytes` bytes each.
std::vector<std::int64_t> integersAt(const ByteFile& file, std::int64_t offset, std::int64_t count, int bytes) {
  std::vector<unsigned char> raw(static_cast<std::size_t>(count * bytes));
  file.read(offset, count * bytes, raw.data());
  std::vector<std::int64_t> out(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < out.size(); ++i) {
    std::uint64_t v = 0;
    for (std::size_t b = 0; b < static_cast<std::size_t>(bytes); ++b)
      v = v << 8 | raw[i * static_cast<std::size_t>(bytes) + b];
    out[i] = bytes == 4 ? static_cast<std::int32_t>(static_cast<std::uint32_t>(v)) : static_cast<std::int64_t>(v);
  }
  return out;
}

/// class id, rows, columns, entries; and the size of integers.
struct Header {
  std::int64_t rows = 0, columns = 0, entries = 0, bytes = 4;
};
Header readHeader(const ByteFile& file) {
  for (const int bytes : {4, 8}) {
    if (file.size() < 4 * bytes) break;
    const std::vector<std::int64_t> n = integersAt(file, 0, 4, bytes);
    if (n[0] != classId) continue;
    const Header h{n[1], n[2], n[3], bytes};
    if (h.entries < 0) throw Error(ExitCode::BadData, file.path() + ": holds a dense matrix, a sparse one is expected");
    if (h.rows < 1 || h.rows > file.size() || h.entries > file.size() ||
        file.size() < (4 + h.rows) * bytes + h.entries * (bytes + 8))
      throw Error(ExitCode::BadData, file.path() + ": is too short for a matrix of " + std::to_string(h.rows) +
                                         " rows with " + std::to_string(h.entries) + " entries");
    return h;
  }
  throw Error(ExitCode::BadData, file.path() + ": is not a matrix in PETSc's binary format");
}

}  // namespace

SparseEntries readPetscMatrix(MPI_Comm comm, const std::string& path) {
  Header h;
  ByteFile file;
  onRankZero(comm, [&] {
    file = ByteFile(path);
    h = readHeader(file);
  });
  checkMpi(MPI_Bcast(&h, sizeof h, MPI_BYTE, 0, comm));
  SparseEntries m = emptyMatrix(path, h.rows, h.columns);
  const int bytes = static_cast<int>(h.bytes);
  const PartOfFile rows = partOfFile(comm, h.rows);
  long long count = 0, before = 0, all = 0;
  std::vector<std::int64_t> lengths;
  together(comm, [&] {
    if (rankOf(comm) > 0) file = ByteFile(path);
    lengths = integersAt(file, (4 + rows.start) * bytes, rows.count, bytes);
    for (std::size_t i = 0; i < lengths.size(); ++i) {
      if (lengths[i] < 0 || lengths[i] > h.entries)
        throw Error(ExitCode::BadData, path + ": row " + std::to_string(rows.start + static_cast<std::int64_t>(i)) +
                                           " has a length of " + std::to_string(lengths[i]));
      count += lengths[i];
    }
  });
  checkMpi(MPI_Exscan(&count, &before, 1, MPI_LONG_LONG, MPI_SUM, comm));
  if (rankOf(comm) == 0) before = 0;
  checkMpi(MPI_Allreduce(&count, &all, 1, MPI_LONG_LONG, MPI_SUM, comm));
  if (all != h.entries)
    throw Error(ExitCode::BadData, path + ": the rows have " + std::to_string(all) + " entries, the header says " +
                                       std::to_string(h.entries));
  together(comm, [&] {
    const std::int64_t indices = (4 + h.rows) * bytes, values = indices + h.entries * bytes;
    const std::vector<std::int64_t> columns = integersAt(file, indices + before * bytes, count, bytes);
    const std::vector<std::int64_t> bits = integersAt(file, values + before * 8, count, 8);
    for (std::size_t r = 0, k = 0; r < lengths.size(); ++r)
      for (std::int64_t n = 0; n < lengths[r]; ++n, ++k) {
        const auto value = std::bit_cast<double>(bits[k]);
        const std::int64_t row = rows.start + static_cast<std::int64_t>(r);
        const auto where = [&] { return path + ": row " + std::to_string(row) + ": entry " + std::to_string(n); };
        if (columns[k] < 0 || columns[k] >= h.columns)
          throw Error(ExitCode::BadData,
                      where() + ": " + std::to_string(columns[k]) + " is not a column of " + std::to_string(h.columns));
        if (!std::isfinite(value)) throw Error(ExitCode::BadData, where() + " is not finite");
        m.add(row, columns[k], value);
      }
  });
  return m;
}

}  // namespace lacuna
