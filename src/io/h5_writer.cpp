#include "io/h5_writer.hpp"

#include <fcntl.h>
#include <hdf5_hl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace lacuna {
namespace {

constexpr std::int64_t slack = 1 << 13;  ///< bytes for what HDF5 itself notes down with a dataset or attribute
constexpr std::int64_t ofChunk = 256;    ///< and with a chunk
constexpr std::int64_t checksumBytes = 4;
constexpr std::int64_t page = 1 << 12;  ///< large chunks start at pages: no two ranks write to one page

H5Id makeGroups() {
  H5Id plist(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  H5Pset_create_intermediate_group(plist, 1);
  return plist;
}

std::vector<hsize_t> sizes(const std::vector<std::int64_t>& numbers) { return {numbers.begin(), numbers.end()}; }

}  // namespace

H5Writer::H5Writer(MPI_Comm comm, std::string path, Metadata metadata)
    : comm_(comm), path_(std::move(path)), metadata_(metadata), chunks_(comm, path_) {
  prepareH5();
  onRankZero(comm_, [&] {
    const H5Id access = skeleton_->access();
    H5Pset_alignment(access, 16 * page, page);
    if (metadata == Metadata::Checked) H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_LATEST);
    H5Eclear2(H5E_DEFAULT);
    file_ = H5Id(H5Fcreate(path_.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access), H5Fclose);
    const int failure = skeleton_->failure;
    if (!file_ || failure != 0)
      throw Error(ExitCode::CannotCreate,
                  "cannot create " + path_ + ": " + (failure != 0 ? std::strerror(failure) : h5Message()));
  });
}

H5Writer::~H5Writer() {
  if (file_ && skeleton_->failure == 0) skeleton_->failure = ECANCELED;  // nothing more is written
}

void H5Writer::onRoot(const std::string& what, const std::function<bool()>& work) {
  if (rankOf(comm_) != 0 || failure_) return;
  try {
    const bool ok = work();
    const std::string cannot = path_ + ": cannot write " + what + ": ";
    if (skeleton_->failure != 0) throw Error(ExitCode::IoError, cannot + std::strerror(skeleton_->failure));
    if (!ok) throw Error(ExitCode::IoError, cannot + h5Message());
  } catch (...) {
    failure_ = std::current_exception();
  }
}

void H5Writer::settle() { onRankZero(comm_, failure_); }

void H5Writer::reserve(std::int64_t bytes, const std::string& what) {
  planned_ += bytes + slack;  // an upper bound of the file's length: HDF5 does not tell the length before it closes
  const int fd = open(path_.c_str(), O_WRONLY | O_CLOEXEC);
  const int got = fd < 0 ? -1 : fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, planned_);
  const int why = got == 0 ? 0 : errno;
  if (fd >= 0) ::close(fd);
  if (got == 0) return;
  const std::string cannot = path_ + ": cannot write " + what + " (" + std::to_string(bytes) + " bytes): ";
  if (why != EOPNOTSUPP && why != ENOSYS) throw Error(ExitCode::IoError, cannot + std::strerror(why));
  struct statvfs disk {};  // no fallocate here: the best that can be known is what is free now
  if (statvfs(path_.c_str(), &disk) == 0 &&
      static_cast<double>(disk.f_bavail) * static_cast<double>(disk.f_frsize) < static_cast<double>(bytes + slack))
    throw Error(ExitCode::IoError, cannot + std::strerror(ENOSPC));
}

H5Id H5Writer::createDataset(const std::string& name, const std::vector<std::int64_t>& extents, hid_t type) {
  const auto valueBytes = static_cast<std::int64_t>(H5Tget_size(type));
  const ChunkGrid grid(extents, valueBytes);
  const bool empty = grid.chunks() == 0;  // such a dataset cannot have chunks
  if (!empty) reserve(grid.chunks() * (grid.values() * valueBytes + page + ofChunk), name);
  const H5Id create(H5Pcreate(H5P_DATASET_CREATE), H5Pclose), links = makeGroups();
  const int axes = static_cast<int>(extents.size());
  const H5Id space(H5Screate_simple(axes, sizes(extents).data(), nullptr), H5Sclose);
  bool ok = create && links && space && H5Pset_obj_track_times(create, false) >= 0;
  if (!empty) ok = ok && H5Pset_chunk(create, axes, sizes(grid.chunk()).data()) >= 0 && H5Pset_fletcher32(create) >= 0;
  if (!ok) return {};
  return {H5Dcreate2(file_, name.c_str(), type, space, links, create, H5P_DEFAULT), H5Dclose};
}

void H5Writer::group(const std::string& name) {
  onRoot(name, [&] {
    const H5Id links = makeGroups();
    reserve(0, name);
    return static_cast<bool>(H5Id(H5Gcreate2(file_, name.c_str(), links, H5P_DEFAULT, H5P_DEFAULT), H5Gclose));
  });
}

void H5Writer::writeRegion(const std::string& name, const FileRegion& mine, const double* values,
                           const std::string& units, const std::string& longName) {
  const ChunkGrid grid(mine.extents);
  std::vector<std::int64_t> places(static_cast<std::size_t>(grid.chunks()));
  onRoot(name, [&] {
    const H5Id dataset = createDataset(name, mine.extents, H5T_IEEE_F64LE);
    if (!dataset) return false;
    const std::vector<char> nothing(static_cast<std::size_t>(8 * grid.values() + checksumBytes));
    bool ok = true;
    skeleton_->leaveOut = true;
    for (std::size_t i = 0; ok && i < places.size(); ++i) {
      const std::vector<hsize_t> corner = sizes(grid.corner(static_cast<std::int64_t>(i)));
      skeleton_->place = HADDR_UNDEF;
      ok = H5Dwrite_chunk(dataset, H5P_DEFAULT, 0, corner.data(), nothing.size(), nothing.data()) >= 0 &&
           skeleton_->place != HADDR_UNDEF;
      places[i] = static_cast<std::int64_t>(skeleton_->place);
    }
    skeleton_->leaveOut = false;
    stored_.push_back({name, static_cast<std::int64_t>(nothing.size() * places.size())});
    return ok;
  });
  settle();
  checkMpi(MPI_Bcast(places.data(), static_cast<int>(places.size()), MPI_INT64_T, 0, comm_));
  chunks_.write(name, grid, places, mine, values);
  attribute(name, "units", units.empty() ? "1" : units);
  attribute(name, "long_name", longName);
}

void H5Writer::writeField(const std::string& name, const Cube& cube, const Window& window, PetscInt channel, Vec x,
                          const std::string& units, const std::string& longName) {
  if (!cube.space().holds(x)) throw Error("writeField: the vector is not in the space of the field");
  const ReadLocal values(x);
  writeRegion(name, fieldRegion(cube, window, windowPart(cube, window, channel)), values.data(), units, longName);
}

void H5Writer::writeColumn(const std::string& name, std::span<const double> values, const std::string& units,
                           const std::string& longName) {
  const auto mine = static_cast<std::int64_t>(values.size());
  std::int64_t total = 0, start = 0;
  checkMpi(MPI_Allreduce(&mine, &total, 1, MPI_INT64_T, MPI_SUM, comm_));
  checkMpi(MPI_Exscan(&mine, &start, 1, MPI_INT64_T, MPI_SUM, comm_));
  if (rankOf(comm_) == 0) start = 0;  // MPI_Exscan leaves it undefined
  writeRegion(name, columnRegion(total, start, mine), values.data(), units, longName);
}

void H5Writer::writeRoot(const std::string& name, std::size_t count, hid_t memoryType, hid_t fileType,
                         const void* data) {
  onRoot(name, [&] {
    const H5Id dataset = createDataset(name, {static_cast<std::int64_t>(count)}, fileType);
    return dataset && (count == 0 || H5Dwrite(dataset, memoryType, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0);
  });
}

void H5Writer::writeValues(const std::string& name, const std::vector<double>& values, const std::string& units,
                           const std::string& longName) {
  writeRoot(name, values.size(), H5T_NATIVE_DOUBLE, H5T_IEEE_F64LE, values.data());
  if (!units.empty()) attribute(name, "units", units);
  if (!longName.empty()) attribute(name, "long_name", longName);
}

void H5Writer::writeIntegers(const std::string& name, const std::vector<std::int64_t>& values) {
  writeRoot(name, values.size(), H5T_NATIVE_INT64, H5T_STD_I64LE, values.data());
}

void H5Writer::writeStrings(const std::string& name, const std::vector<std::string>& strings) {
  std::size_t size = 1;
  for (const std::string& text : strings) size = std::max(size, text.size());
  const H5Id type(H5Tcopy(H5T_C_S1), H5Tclose);
  std::vector<char> bytes;
  onRoot(name, [&] {
    bytes.assign(strings.size() * size, '\0');
    for (std::size_t i = 0; i < strings.size(); ++i) strings[i].copy(bytes.data() + i * size, size);
    return H5Tset_size(type, size) >= 0 && H5Tset_strpad(type, H5T_STR_NULLPAD) >= 0 &&
           H5Tset_cset(type, H5T_CSET_UTF8) >= 0;
  });
  writeRoot(name, strings.size(), type, type, bytes.data());
}

void H5Writer::makeScale(const std::string& scale) {
  const std::string label = scale.substr(scale.rfind('/') + 1);
  onRoot(scale, [&] {
    reserve(0, scale);
    const H5Id dataset(H5Dopen2(file_, scale.c_str(), H5P_DEFAULT), H5Dclose);
    return dataset && H5DSset_scale(dataset, label.c_str()) >= 0;
  });
}

void H5Writer::attachScale(const std::string& dataset, int axis, const std::string& scale) {
  onRoot(dataset + " (scale " + scale + ")", [&] {
    reserve(0, scale);
    const H5Id data(H5Dopen2(file_, dataset.c_str(), H5P_DEFAULT), H5Dclose);
    const H5Id along(H5Dopen2(file_, scale.c_str(), H5P_DEFAULT), H5Dclose);
    const std::string label = scale.substr(scale.rfind('/') + 1);
    const auto index = static_cast<unsigned>(axis);
    return data && along && H5DSattach_scale(data, along, index) >= 0 && H5DSset_label(data, index, label.c_str()) >= 0;
  });
}

void H5Writer::setAttribute(const std::string& object, const std::string& name, hid_t type, const void* data) {
  onRoot("attribute " + name + " of " + object, [&] {
    reserve(static_cast<std::int64_t>(H5Tget_size(type)), name);
    const H5Id owner(H5Oopen(file_, object.c_str(), H5P_DEFAULT), H5Oclose), space(H5Screate(H5S_SCALAR), H5Sclose);
    bool ok = owner && space;
    if (ok && H5Aexists(owner, name.c_str()) > 0) ok = H5Adelete(owner, name.c_str()) >= 0;
    if (!ok) return false;
    const H5Id made(H5Acreate2(owner, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
    return made && H5Awrite(made, type, data) >= 0;
  });
}

void H5Writer::attribute(const std::string& object, const std::string& name, double value) {
  setAttribute(object, name, H5T_NATIVE_DOUBLE, &value);
}

void H5Writer::attribute(const std::string& object, const std::string& name, std::int64_t value) {
  setAttribute(object, name, H5T_NATIVE_INT64, &value);
}

void H5Writer::attribute(const std::string& object, const std::string& name, const std::string& value) {
  const H5Id type(H5Tcopy(H5T_C_S1), H5Tclose);
  const bool heap = metadata_ == Metadata::Compatible;  // the heap of texts has no checksum in any version
  onRoot(name, [&] {
    if (heap) reserve(static_cast<std::int64_t>(value.size()), name);
    return H5Tset_size(type, heap ? H5T_VARIABLE : value.size() + 1) >= 0 && H5Tset_cset(type, H5T_CSET_UTF8) >= 0;
  });
  const char* text = value.c_str();
  setAttribute(object, name, type, heap ? static_cast<const void*>(&text) : text);
}

void H5Writer::flush() {
  chunks_.sync();
  onRoot("metadata", [&] {
    reserve(0, "metadata");
    return H5Fflush(file_, H5F_SCOPE_GLOBAL) >= 0;
  });
  settle();
}

void H5Writer::close() {
  flush();
  onRoot("metadata", [&] { return file_.reset() >= 0; });
  settle();
  chunks_.requireReadBack();
  onRankZero(comm_, [&] {
    struct stat info {};  // gives back what was reserved and not needed
    if (stat(path_.c_str(), &info) != 0 || truncate(path_.c_str(), info.st_size) != 0)
      throw Error(ExitCode::IoError, path_ + ": " + std::strerror(errno));
    const H5Id file(H5Fopen(path_.c_str(), H5F_ACC_RDONLY, h5SerialAccess()),
                    H5Fclose);  // sees whether it has its length
    for (const Stored& field : stored_) {
      const H5Id dataset(file ? H5Dopen2(file, field.name.c_str(), H5P_DEFAULT) : -1, H5Dclose);
      if (!dataset || H5Dget_storage_size(dataset) != static_cast<hsize_t>(field.bytes))
        throw Error(ExitCode::IoError,
                    "read back after writing: " + path_ + ": dataset '" + field.name + "' is not what was written");
    }
    if (!file) throw Error(ExitCode::IoError, "read back after writing: " + path_ + ": " + h5Message());
  });
}

}  // namespace lacuna
