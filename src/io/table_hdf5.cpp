#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "io/crash_guard.hpp"
#include "io/h5_guard.hpp"
#include "io/table_kinds.hpp"

namespace lacuna {
namespace {

/// A column: a one-dimensional dataset of numbers, or a member of one of records.
struct Source {
  std::string dataset, member;
  std::int64_t rows = 0;
};
enum class Kind { Number, Truth, Records, Other };

Kind kindOf(hid_t type) {
  switch (H5Tget_class(type)) {
    case H5T_INTEGER:
    case H5T_FLOAT:
      return isH5Number(type) ? Kind::Number : Kind::Other;
    case H5T_ENUM:
      return H5Tget_size(type) == 1 && isH5Number(type) ? Kind::Truth : Kind::Other;  // h5py's bool
    case H5T_COMPOUND:
      return Kind::Records;
    default:
      return Kind::Other;
  }
}

class Hdf5Table final : public Table {
 public:
  Hdf5Table(MPI_Comm comm, const std::string& path, const std::string& hdu, std::span<const std::string> needed);

 private:
  struct Column {
    H5Id dataset;
    H5Id memoryType;
    Kind kind = Kind::Number;
  };
  void open(const std::string& path);
  void list(const std::string& hdu);
  void add(hid_t dataset, const std::string& place, const std::string& columnName);
  void settleRows(std::span<const std::string> needed);
  Column openColumn(std::size_t index) const;
  void doRead(std::span<const std::size_t> columns, std::int64_t firstRow, std::int64_t count,
              std::span<double* const> out) const override;

  H5Id file_;
  std::vector<Source> sources_;  ///< as columns_
  mutable std::vector<Column> open_;
};

Hdf5Table::Hdf5Table(MPI_Comm comm, const std::string& path, const std::string& hdu,
                     std::span<const std::string> needed)
    : Table(comm, hdu.empty() ? path : path + "[" + hdu + "]") {
  prepareH5();
  onRankZero(comm, [&] {
    const CrashGuard guard(path);
    open(path);
    list(hdu);
    for (const std::string& column : needed) {
      if (!has(column) && hdu.empty()) openH5Object(file_, path, column);  // refuses links to other files
      openColumn(find(column));
    }
    settleRows(needed);
  });
  shareHeader();
  std::vector<std::string> places;
  for (const Source& source : sources_) places.insert(places.end(), {source.dataset, source.member});
  places = broadcast(comm, places);
  sources_.resize(columns_.size());
  for (std::size_t i = 0; i < sources_.size(); ++i) sources_[i] = {places[2 * i], places[2 * i + 1], rows_};
  together(comm, [&] {
    const CrashGuard guard(path);
    if (!file_) open(path);
    open_.resize(columns_.size());
  });
}

void Hdf5Table::open(const std::string& path) {
  const H5Id access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_file_locking(access, false, true);  // not every parallel file system has locks, and nothing is written
  file_ = H5Id(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access), H5Fclose);
  if (!file_) throw Error(ExitCode::BadData, path + ": cannot be opened as HDF5 (truncated?): " + h5Message());
}

/// Finds the columns below the group or in the dataset `hdu`. Rank 0.
void Hdf5Table::list(const std::string& hdu) {
  const H5Id base = openH5Object(file_, name_, hdu.empty() ? "/" : hdu);
  if (!base) throw Error(ExitCode::BadData, name_ + ": there is no group or dataset '" + hdu + "'");
  if (H5Iget_type(base) == H5I_DATASET) return add(base, hdu, {});

  std::vector<std::string> found;
  const auto collect = [](hid_t, const char* name, const H5O_info_t* info, void* out) -> herr_t {
    auto& list = *static_cast<std::vector<std::string>*>(out);
    if (info->type == H5O_TYPE_DATASET) list.emplace_back(name);
    return list.size() < 10000 ? 0 : 1;
  };
  if (H5Ovisit(base, H5_INDEX_NAME, H5_ITER_NATIVE, collect, &found) < 0)
    throw Error(ExitCode::BadData, name_ + ": its contents cannot be listed: " + h5Message());
  for (const std::string& name : found) {
    const H5Id dataset(H5Dopen2(base, name.c_str(), H5P_DEFAULT), H5Dclose);
    if (!dataset) throw Error(ExitCode::BadData, name_ + ": '" + name + "' cannot be opened: " + h5Message());
    add(dataset, hdu.empty() ? name : hdu + "/" + name, name);
  }
}

void Hdf5Table::add(hid_t dataset, const std::string& place, const std::string& columnName) {
  const H5Id space(H5Dget_space(dataset), H5Sclose), type(H5Dget_type(dataset), H5Tclose);
  const int axes = H5Sget_simple_extent_ndims(space);
  const Kind kind = kindOf(type);
  hsize_t rows = 0;
  const std::string shown = columnName.empty() ? place : columnName;
  if (axes != 1) return unreadable_.emplace_back(shown, fmt::format("it has {} axes instead of one", axes)), void();
  H5Sget_simple_extent_dims(space, &rows, nullptr);
  const auto count = static_cast<std::int64_t>(rows);
  if (kind == Kind::Number || kind == Kind::Truth) {
    columns_.push_back(shown);
    sources_.push_back({place, {}, count});
  } else if (kind == Kind::Records) {
    for (int i = 0; i < H5Tget_nmembers(type); ++i) {
      char* text = H5Tget_member_name(type, static_cast<unsigned>(i));
      const std::string member = text ? text : "";
      H5free_memory(text);
      const H5Id memberType(H5Tget_member_type(type, static_cast<unsigned>(i)), H5Tclose);
      const std::string name = columnName.empty() ? member : columnName + "/" + member;
      if (kindOf(memberType) != Kind::Number) {
        unreadable_.emplace_back(name, "its values are no plain numbers");
      } else {
        columns_.push_back(name);
        sources_.push_back({place, member, count});
      }
    }
  } else {
    unreadable_.emplace_back(shown, "its values are no plain numbers");
  }
}

/// All needed columns (or else all that there are) must have the same length. Others of another length are set aside.
void Hdf5Table::settleRows(std::span<const std::string> needed) {
  std::vector<std::size_t> binding;
  for (const std::string& column : needed) binding.push_back(find(column));
  if (needed.empty())
    for (std::size_t i = 0; i < columns_.size(); ++i) binding.push_back(i);
  if (binding.empty())
    throw Error(ExitCode::BadData, name_ + ": there are no one-dimensional datasets of numbers in it");
  rows_ = sources_[binding.front()].rows;
  for (std::size_t i : binding)
    if (sources_[i].rows != rows_)
      throw Error(ExitCode::BadData, fmt::format("{}: column '{}' has {} rows, column '{}' has {}", name_,
                                                 columns_[binding.front()], rows_, columns_[i], sources_[i].rows));
  std::vector<std::string> columns;
  std::vector<Source> sources;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (sources_[i].rows != rows_) {
      unreadable_.emplace_back(columns_[i], fmt::format("it has {} rows instead of {}", sources_[i].rows, rows_));
    } else {
      columns.push_back(columns_[i]);
      sources.push_back(sources_[i]);
    }
  }
  columns_ = std::move(columns);
  sources_ = std::move(sources);
}

Hdf5Table::Column Hdf5Table::openColumn(std::size_t index) const {
  const Source& source = sources_[index];
  const std::string what = name_ + ": column '" + columns_[index] + "' ";
  const auto demand = [&](bool ok, const std::string& text) {
    if (!ok) throw Error(ExitCode::BadData, what + text);
  };
  Column column;
  column.dataset = openH5Dataset(file_, name_, source.dataset);
  const H5Id create(H5Dget_create_plist(column.dataset), H5Pclose), space(H5Dget_space(column.dataset), H5Sclose);
  if (H5Pget_layout(create) == H5D_CHUNKED) {
    hsize_t chunk = 1, chunks = 0;
    H5Pget_chunk(create, 1, &chunk);
    demand(H5Dget_num_chunks(column.dataset, space, &chunks) >= 0, "has chunks that cannot be listed");
    const hsize_t expected = (static_cast<hsize_t>(source.rows) + chunk - 1) / chunk;
    demand(chunks >= expected,
           fmt::format("has {} of its {} chunks: the file was not written to its end", chunks, expected));
    // Pieces of rows rarely end where a chunk does: keep two chunks, so that none is read twice.
    const H5Id type(H5Dget_type(column.dataset), H5Tclose), access(H5Pcreate(H5P_DATASET_ACCESS), H5Pclose);
    const std::size_t bytes = std::clamp<std::size_t>(2 * chunk * H5Tget_size(type), 4 << 20, 128 << 20);
    H5Pset_chunk_cache(access, 521, bytes, 1.0);
    column.dataset = H5Id();  // HDF5 shares the cache of a dataset that is open already
    column.dataset = H5Id(H5Dopen2(file_, source.dataset.c_str(), access), H5Dclose);
    demand(static_cast<bool>(column.dataset), "cannot be opened");
  } else {
    demand(source.rows == 0 || H5Dget_storage_size(column.dataset) > 0, "was never written");
  }
  const H5Id type(H5Dget_type(column.dataset), H5Tclose);
  column.kind = kindOf(type);
  if (column.kind == Kind::Records) {
    column.memoryType = H5Id(H5Tcreate(H5T_COMPOUND, sizeof(double)), H5Tclose);
    demand(H5Tinsert(column.memoryType, source.member.c_str(), 0, H5T_NATIVE_DOUBLE) >= 0, "cannot be taken out");
  } else {
    column.memoryType = H5Id(H5Tcopy(column.kind == Kind::Truth ? hid_t{type} : H5T_NATIVE_DOUBLE), H5Tclose);
  }
  return column;
}

void Hdf5Table::doRead(std::span<const std::size_t> columns, std::int64_t firstRow, std::int64_t count,
                       std::span<double* const> out) const {
  const auto start = static_cast<hsize_t>(firstRow), rows = static_cast<hsize_t>(count);
  for (std::size_t c = 0; c < columns.size(); ++c) {
    Column& column = open_[columns[c]];
    if (!column.dataset) column = openColumn(columns[c]);
    const H5Id file(H5Dget_space(column.dataset), H5Sclose), memory(H5Screate_simple(1, &rows, nullptr), H5Sclose);
    std::vector<signed char> truths(column.kind == Kind::Truth ? rows : 0);
    void* place = column.kind == Kind::Truth ? static_cast<void*>(truths.data()) : out[c];
    if (H5Sselect_hyperslab(file, H5S_SELECT_SET, &start, nullptr, &rows, nullptr) < 0 ||
        H5Dread(column.dataset, column.memoryType, memory, file, H5P_DEFAULT, place) < 0)
      throw Error(ExitCode::BadData,
                  fmt::format("{}: column '{}', rows {} to {}: cannot be read (corrupted or truncated): {}", name_,
                              columns_[columns[c]], firstRow, firstRow + count - 1, h5Message()));
    if (column.kind == Kind::Truth) std::copy(truths.begin(), truths.end(), out[c]);
  }
}

}  // namespace

std::unique_ptr<Table> openHdf5Table(MPI_Comm comm, const std::string& path, const std::string& hdu,
                                     std::span<const std::string> needed) {
  return std::make_unique<Hdf5Table>(comm, path, hdu, needed);
}

}  // namespace lacuna
