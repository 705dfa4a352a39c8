#include "io/sparse_file.hpp"

#include <algorithm>
#include <string_view>

#include "base/error.hpp"
#include "io/byte_file.hpp"

namespace lacuna {

SparseEntries readSparse(MPI_Comm comm, const std::string& path, const std::string& name) {
  std::string first;
  onRankZero(comm, [&] {
    const ByteFile file(path);
    first.resize(static_cast<std::size_t>(std::min<std::int64_t>(file.size(), 14)));
    file.read(0, static_cast<std::int64_t>(first.size()), first.data());
  });
  first = broadcast(comm, std::move(first));
  if (first.starts_with("%%")) return readMatrixMarket(comm, path);
  if (first.find(std::string_view("\x00\x12\x7b\x50", 4)) != std::string::npos) return readPetscMatrix(comm, path);
  return readSparseHdf5(comm, path, name);
}

}  // namespace lacuna
