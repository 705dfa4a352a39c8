#include <cmath>

#include "io/h5_reader.hpp"
#include "io/sparse_file.hpp"
#include "io/sparse_part.hpp"

namespace lacuna {
namespace {

std::int64_t lengthOf(const H5Reader& file, const std::string& dataset) {
  const std::vector<std::int64_t> shape = file.shape(dataset);
  if (shape.size() != 1) throw Error(ExitCode::BadData, file.path() + ": dataset '" + dataset + "' must have one axis");
  return shape[0];
}

std::vector<std::int64_t> matrixShape(const H5Reader& file, const std::string& name, const std::string& prefix) {
  std::vector<std::int64_t> shape;
  if (file.exists(prefix + "shape")) {
    if (lengthOf(file, prefix + "shape") == 2) shape = file.readIntegerPart(prefix + "shape", 0, 2);
  } else {
    for (const char* attribute : {"h5sparse_shape", "shape"})
      if (shape.empty() && file.hasAttribute(name, attribute)) shape = file.readIntegers(name, attribute);
    if (shape.empty())
      throw Error(ExitCode::BadData, file.path() + ": '" + name + "' has no dataset and no attribute 'shape'");
  }
  if (shape.size() != 2) throw Error(ExitCode::BadData, file.path() + ": 'shape' of '" + name + "' is not two numbers");
  return shape;
}

}  // namespace

SparseEntries readSparseHdf5(MPI_Comm comm, const std::string& path, const std::string& name) {
  const H5Reader file(comm, path);
  const std::string group = name.empty() ? "/" : name, prefix = group.back() == '/' ? group : group + "/";
  if (!file.exists(group)) throw Error(ExitCode::BadData, path + ": there is no '" + group + "'");
  const std::vector<std::int64_t> shape = matrixShape(file, group, prefix);
  SparseEntries m = emptyMatrix(path, shape[0], shape[1]);
  const auto dataset = [&](const char* what) { return path + ": dataset '" + prefix + what + "'"; };
  const std::int64_t entries = lengthOf(file, prefix + "data"), pointers = lengthOf(file, prefix + "indptr");
  if (lengthOf(file, prefix + "indices") != entries)
    throw Error(ExitCode::BadData, dataset("indices") + " and 'data' differ in length");
  if (pointers != m.rows + 1)
    throw Error(ExitCode::BadData, dataset("indptr") + " has " + std::to_string(pointers) + " entries, " +
                                       std::to_string(m.rows + 1) + " are expected for " + std::to_string(m.rows) +
                                       " rows");
  // My rows, and where they begin and end.
  const PartOfFile rows = partOfFile(comm, m.rows);
  const std::vector<std::int64_t> ends =
      file.readIntegerPart(prefix + "indptr", rows.start, rows.count > 0 ? rows.count + 1 : 0);
  together(comm, [&] {
    for (std::size_t i = 0; i < ends.size(); ++i) {
      const std::int64_t at = rows.start + static_cast<std::int64_t>(i), before = i > 0 ? ends[i - 1] : 0;
      const std::string item = itemText(dataset("indptr"), at) + ", " + std::to_string(ends[i]);
      if (ends[i] < before)
        throw Error(ExitCode::BadData, item + (i > 0 ? ", is below the one before" : ", is negative"));
      if (ends[i] > entries) throw Error(ExitCode::BadData, item + ", is beyond the end of 'data'");
      if (at == 0 && ends[i] != 0) throw Error(ExitCode::BadData, item + ", is not 0");
      if (at == m.rows && ends[i] != entries)
        throw Error(ExitCode::BadData, item + ", is not the length of 'data', " + std::to_string(entries));
    }
  });
  const std::int64_t first = ends.empty() ? 0 : ends.front(), count = ends.empty() ? 0 : ends.back() - first;
  const std::vector<std::int64_t> columns = file.readIntegerPart(prefix + "indices", first, count);
  m.value = file.readPart(prefix + "data", first, count);
  m.column.reserve(columns.size());
  m.row.reserve(columns.size());
  together(comm, [&] {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const std::int64_t at = first + static_cast<std::int64_t>(i);
      if (columns[i] < 0 || columns[i] >= m.columns)
        throw Error(ExitCode::BadData, itemText(dataset("indices"), at) + ", " + std::to_string(columns[i]) +
                                           ", is not a column of " + std::to_string(m.columns));
      if (!std::isfinite(m.value[i])) throw Error(ExitCode::BadData, itemText(dataset("data"), at) + " is not finite");
      m.column.push_back(static_cast<PetscInt>(columns[i]));
    }
    for (std::int64_t r = 0; r < rows.count; ++r)
      m.row.insert(m.row.end(),
                   static_cast<std::size_t>(ends[static_cast<std::size_t>(r) + 1] - ends[static_cast<std::size_t>(r)]),
                   static_cast<PetscInt>(rows.start + r));
  });
  return m;
}

}  // namespace lacuna
