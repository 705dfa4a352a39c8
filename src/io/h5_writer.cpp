#include "io/h5_writer.hpp"

#include <fcntl.h>
#include <hdf5_hl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstdio>
#include <cstring>
#include <thread>

namespace lacuna {
namespace {

constexpr std::int64_t chunkBytes = 1 << 21;
constexpr std::int64_t slack = 1 << 13;  ///< bytes for what HDF5 itself notes down with a dataset or attribute
constexpr std::chrono::seconds patience{3};
constexpr std::chrono::seconds farewellPatience{1};  ///< ranks that leave together do so at once

/// Chunks of up to 2 MiB: whole rows first, then rows, planes, frames.
std::vector<hsize_t> chunkOf(const std::vector<hsize_t>& extents, std::size_t valueBytes) {
  std::vector<hsize_t> chunk(extents.size(), 1);
  auto left = std::max<hsize_t>(chunkBytes / valueBytes, 1);
  for (std::size_t i = extents.size(); i-- > 0 && left > 1; left /= chunk[i])
    chunk[i] = std::clamp<hsize_t>(extents[i], 1, left);
  return chunk;
}

H5Id makeGroups() {
  H5Id plist(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  H5Pset_create_intermediate_group(plist, 1);
  return plist;
}

H5Id collectively() {
  H5Id plist(H5Pcreate(H5P_DATASET_XFER), H5Pclose);
  H5Pset_dxpl_mpio(plist, H5FD_MPIO_COLLECTIVE);
  return plist;
}

/// One of the pieces in which a rank's part is written, cut along the frames or the slowest spatial axis at chunk
/// boundaries of the file, so that no chunk of a rank is written twice. `step` = 0: the whole part.
WindowPart pieceOf(const WindowPart& part, std::size_t axis, PetscInt chunk, PetscInt step, PetscInt index) {
  if (part.empty() || step == 0) return part;
  const PetscInt origin = part.inFile[axis] / chunk * chunk + index * step;
  const PetscInt lo = std::max(origin, part.inFile[axis]);
  const PetscInt hi = std::min(origin + step, part.inFile[axis] + part.count[axis]);
  if (hi <= lo) return {};
  WindowPart piece = part;
  piece.inBox[axis] += lo - part.inFile[axis];
  piece.inFile[axis] = lo;
  piece.count[axis] = hi - lo;
  return piece;
}

}  // namespace

H5Writer::H5Writer(MPI_Comm comm, std::string path, std::int64_t pieceBytes, Metadata metadata)
    : path_(std::move(path)), pieceBytes_(pieceBytes), metadata_(metadata) {
  prepareH5();
  const H5Id access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_fapl_mpio(access, comm, MPI_INFO_NULL);
  H5Pset_coll_metadata_write(access, true);
  if (metadata == Metadata::Checked) H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_LATEST);
  together(comm, [&] {
    H5Eclear2(H5E_DEFAULT);
    file_ = H5Id(H5Fcreate(path_.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access), H5Fclose);
    if (!file_) throw Error(ExitCode::CannotCreate, "cannot create " + path_ + ": " + h5Message());
  });
  checkMpi(MPI_Comm_dup(comm, &comm_));
}

H5Writer::~H5Writer() {
  if (comm_ == MPI_COMM_NULL) return;
  // One rank alone may be here, on its way out after an error: closing is collective and would hang.
  MPI_Request request = MPI_REQUEST_NULL;
  int allHere = 0;
  const auto start = std::chrono::steady_clock::now();
  if (MPI_Ibarrier(comm_, &request) != MPI_SUCCESS) request = MPI_REQUEST_NULL;
  while (request != MPI_REQUEST_NULL && !allHere && std::chrono::steady_clock::now() - start < farewellPatience) {
    MPI_Test(&request, &allHere, MPI_STATUS_IGNORE);
    if (!allHere) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  if (!allHere) {
    file_.forget();
    return;
  }
  file_.reset();
  MPI_Comm_free(&comm_);
}

void H5Writer::require(bool ok, const std::string& what) {
  const std::string why = ok ? std::string() : h5Message();
  const int rank = rankOf(comm_);
  int mine = ok ? INT_MAX : rank, first = INT_MAX;
  MPI_Request request = MPI_REQUEST_NULL;
  checkMpi(MPI_Iallreduce(&mine, &first, 1, MPI_INT, MPI_MIN, comm_, &request));
  if (ok) {
    checkMpi(MPI_Wait(&request, MPI_STATUS_IGNORE));
    if (first == INT_MAX) return;
  }
  int done = ok ? 1 : 0;  // the others may hang inside HDF5: a failed rank does not wait for them for ever
  for (const auto start = std::chrono::steady_clock::now(); !done;) {
    MPI_Test(&request, &done, MPI_STATUS_IGNORE);
    if (!done && std::chrono::steady_clock::now() - start > patience) first = rank, done = 1;
  }
  if (rank == first) {
    unlink(path_.c_str());
    std::fprintf(stderr, "error: %s: cannot write %s: %s\n", path_.c_str(), what.c_str(), why.c_str());
    std::fflush(nullptr);
  } else {
    std::this_thread::sleep_for(2 * patience);  // for the one that tells
  }
  MPI_Abort(comm_, static_cast<int>(ExitCode::IoError));
}

void H5Writer::reserve(std::int64_t bytes, const std::string& what) {
  planned_ += bytes + slack;  // an upper bound of the file's length: HDF5 does not tell the length before it closes
  onRankZero(comm_, [&] {
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
  });
}

H5Id H5Writer::createDataset(const std::string& name, const std::vector<hsize_t>& extents, hid_t type) {
  std::int64_t bytes = static_cast<std::int64_t>(H5Tget_size(type));
  const std::vector<hsize_t> chunk = chunkOf(extents, static_cast<std::size_t>(bytes));
  for (std::size_t i = 0; i < extents.size(); ++i)  // edge chunks are stored whole
    bytes *= static_cast<std::int64_t>((extents[i] + chunk[i] - 1) / chunk[i] * chunk[i]);
  reserve(bytes + bytes / 1024, name);
  const H5Id create(H5Pcreate(H5P_DATASET_CREATE), H5Pclose), links = makeGroups();
  const H5Id space(H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr), H5Sclose);
  bool ok = create && links && space && H5Pset_obj_track_times(create, false) >= 0;
  if (bytes > 0)  // an empty dataset cannot have chunks
    ok =
        ok && H5Pset_chunk(create, static_cast<int>(chunk.size()), chunk.data()) >= 0 && H5Pset_fletcher32(create) >= 0;
  H5Id dataset;
  if (ok) dataset = H5Id(H5Dcreate2(file_, name.c_str(), type, space, links, create, H5P_DEFAULT), H5Dclose);
  require(static_cast<bool>(dataset), name);
  return dataset;
}

void H5Writer::group(const std::string& name) {
  const H5Id links = makeGroups();
  reserve(0, name);
  require(static_cast<bool>(H5Id(H5Gcreate2(file_, name.c_str(), links, H5P_DEFAULT, H5P_DEFAULT), H5Gclose)), name);
}

void H5Writer::writeField(const std::string& name, const Cube& cube, const Window& window, PetscInt channel, Vec x,
                          const std::string& units, const std::string& longName) {
  if (!cube.space().holds(x)) throw Error("writeField: the vector is not in the space of the field");
  const WindowPart part = windowPart(cube, window, channel);
  const std::vector<std::int64_t> extents = fileExtents(cube, window);
  const std::vector<hsize_t> total(extents.begin(), extents.end());
  const H5Id dataset = createDataset(name, total, H5T_IEEE_F64LE), transfer = collectively();

  // HDF5 holds all the chunks of one call in memory: large parts go in pieces.
  const bool byFrames = cube.shape().frames > 1;
  const std::size_t axis = byFrames ? 0 : static_cast<std::size_t>(cube.slabAxis());
  const auto chunk = static_cast<PetscInt>(chunkOf(total, sizeof(double))[0]);
  PetscInt step = 0;
  int mine = 1, pieces = 1;
  if (const std::int64_t bytes = part.size() * 8; !part.empty() && bytes > pieceBytes_) {
    step = static_cast<PetscInt>(std::max<std::int64_t>(pieceBytes_ * part.count[axis] / bytes / chunk, 1)) * chunk;
    mine = static_cast<int>((part.inFile[axis] % chunk + part.count[axis] + step - 1) / step);
  }
  checkMpi(MPI_Allreduce(&mine, &pieces, 1, MPI_INT, MPI_MAX, comm_));
  const ReadLocal values(x);
  const std::span<const double> local = values;
  for (int p = 0; p < pieces; ++p) {
    const WindowPart piece = p < mine ? pieceOf(part, axis, chunk, step, p) : WindowPart{};
    const H5Selection at = h5Selection(cube, window, piece);
    require(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, at.memory, at.file, transfer, local.data()) >= 0, name);
  }
  written_.push_back({name, cube, window, channel, hashOfPart(cube, window, channel, x)});
  attribute(name, "units", units.empty() ? "1" : units);
  attribute(name, "long_name", longName);
}

void H5Writer::writeRoot(const std::string& name, std::size_t count, hid_t memoryType, hid_t fileType,
                         const void* data) {
  auto n = static_cast<hsize_t>(count);
  checkMpi(MPI_Bcast(&n, 1, MPI_UINT64_T, 0, comm_));
  const H5Id dataset = createDataset(name, {n}, fileType), transfer = collectively();
  if (n == 0) return;
  const H5Id space(H5Screate_simple(1, &n, nullptr), H5Sclose);
  bool ok = static_cast<bool>(space);
  if (rankOf(comm_) != 0) ok = H5Sselect_none(space) >= 0;
  require(ok && H5Dwrite(dataset, memoryType, space, space, transfer, data) >= 0, name);
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
  unsigned long long size = 1;  // parallel HDF5 cannot write strings of variable length
  for (const std::string& text : strings) size = std::max<unsigned long long>(size, text.size());
  checkMpi(MPI_Bcast(&size, 1, MPI_UNSIGNED_LONG_LONG, 0, comm_));
  const H5Id type(H5Tcopy(H5T_C_S1), H5Tclose);
  require(H5Tset_size(type, size) >= 0 && H5Tset_strpad(type, H5T_STR_NULLPAD) >= 0 &&
              H5Tset_cset(type, H5T_CSET_UTF8) >= 0,
          name);
  std::vector<char> bytes(strings.size() * size, '\0');
  if (rankOf(comm_) == 0)
    for (std::size_t i = 0; i < strings.size(); ++i) strings[i].copy(bytes.data() + i * size, size);
  writeRoot(name, strings.size(), type, type, bytes.data());
}

void H5Writer::makeScale(const std::string& scale) {
  const std::string label = scale.substr(scale.rfind('/') + 1);
  reserve(0, scale);
  const H5Id dataset(H5Dopen2(file_, scale.c_str(), H5P_DEFAULT), H5Dclose);
  require(dataset && H5DSset_scale(dataset, label.c_str()) >= 0, scale);
}

void H5Writer::attachScale(const std::string& dataset, int axis, const std::string& scale) {
  reserve(0, scale);
  const H5Id data(H5Dopen2(file_, dataset.c_str(), H5P_DEFAULT), H5Dclose);
  const H5Id along(H5Dopen2(file_, scale.c_str(), H5P_DEFAULT), H5Dclose);
  const std::string label = scale.substr(scale.rfind('/') + 1);
  const auto index = static_cast<unsigned>(axis);
  require(data && along && H5DSattach_scale(data, along, index) >= 0 && H5DSset_label(data, index, label.c_str()) >= 0,
          dataset + " (scale " + scale + ")");
}

void H5Writer::setAttribute(const std::string& object, const std::string& name, hid_t type, const void* data) {
  const std::string what = "attribute " + name + " of " + object;
  const H5Id owner(H5Oopen(file_, object.c_str(), H5P_DEFAULT), H5Oclose), space(H5Screate(H5S_SCALAR), H5Sclose);
  bool ok = owner && space;
  if (ok && H5Aexists(owner, name.c_str()) > 0) ok = H5Adelete(owner, name.c_str()) >= 0;
  H5Id made;
  if (ok) made = H5Id(H5Acreate2(owner, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  require(made && H5Awrite(made, type, data) >= 0, what);
}

void H5Writer::attribute(const std::string& object, const std::string& name, double value) {
  reserve(0, name);
  setAttribute(object, name, H5T_NATIVE_DOUBLE, &value);
}

void H5Writer::attribute(const std::string& object, const std::string& name, std::int64_t value) {
  reserve(0, name);
  setAttribute(object, name, H5T_NATIVE_INT64, &value);
}

void H5Writer::attribute(const std::string& object, const std::string& name, const std::string& value) {
  const std::string shared = broadcast(comm_, value);
  reserve(static_cast<std::int64_t>(shared.size()), name);
  const H5Id type(H5Tcopy(H5T_C_S1), H5Tclose);
  const bool heap = metadata_ == Metadata::Compatible;  // the heap of texts has no checksum in any version
  require(H5Tset_size(type, heap ? H5T_VARIABLE : shared.size() + 1) >= 0 && H5Tset_cset(type, H5T_CSET_UTF8) >= 0,
          name);
  const char* text = shared.c_str();
  setAttribute(object, name, type, heap ? static_cast<const void*>(&text) : text);
}

void H5Writer::flush() {
  reserve(0, "metadata");
  require(H5Fflush(file_, H5F_SCOPE_GLOBAL) >= 0, "metadata");
}

void H5Writer::close() {
  flush();
  require(file_.reset() >= 0, "metadata");
  requireReadBack(comm_, path_, written_);
  onRankZero(comm_, [&] {  // gives back what was reserved and not needed
    struct stat info {};
    if (stat(path_.c_str(), &info) != 0 || truncate(path_.c_str(), info.st_size) != 0)
      throw Error(ExitCode::IoError, path_ + ": " + std::strerror(errno));
  });
}

}  // namespace lacuna
