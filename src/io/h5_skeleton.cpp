#include "io/h5_skeleton.hpp"

#if __has_include(<H5FDdevelop.h>)  // drivers, from HDF5 1.14 on
#include <H5FDdevelop.h>
#endif

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <memory>

#include "io/byte_range.hpp"

namespace lacuna {
namespace {

/// Reads and writes go through descriptors of their own: a network file system that never read through the one that
/// writes sends just the bytes that were written, not whole pages with what other nodes put there meanwhile.
struct OpenFile : H5FD_t {
  std::shared_ptr<H5Skeleton> skeleton;
  int out = -1, in = -1;
  haddr_t end = 0, allocated = 0;
};

OpenFile& fileOf(H5FD_t* file) { return *static_cast<OpenFile*>(file); }
const OpenFile& fileOf(const H5FD_t* file) { return *static_cast<const OpenFile*>(file); }

H5FD_t* openFile(const char* name, unsigned flags, hid_t access, haddr_t) {
  H5Skeleton* skeleton = *static_cast<H5Skeleton* const*>(H5Pget_driver_info(access));
  const int create = (flags & H5F_ACC_CREAT ? O_CREAT : 0) | (flags & H5F_ACC_TRUNC ? O_TRUNC : 0);
  auto file = std::make_unique<OpenFile>();
  file->skeleton = skeleton->shared_from_this();
  file->out = open(name, O_WRONLY | create | O_CLOEXEC, 0666);
  if (file->out >= 0) file->in = open(name, O_RDONLY | O_CLOEXEC);
  struct stat info {};
  if (file->in < 0 || fstat(file->in, &info) != 0) {
    skeleton->failure = errno;
    if (file->in >= 0) close(file->in);
    if (file->out >= 0) close(file->out);
    return nullptr;
  }
  file->end = static_cast<haddr_t>(info.st_size);
  return file.release();
}

herr_t closeFile(H5FD_t* opened) {
  const std::unique_ptr<OpenFile> file(&fileOf(opened));
  close(file->in);
  if (close(file->out) != 0 && file->skeleton->failure == 0) file->skeleton->failure = errno;
  return 0;
}

herr_t query(const H5FD_t*, unsigned long* features) {
  *features = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
              H5FD_FEAT_AGGREGATE_SMALLDATA | H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
  return 0;
}

haddr_t allocated(const H5FD_t* file, H5FD_mem_t) { return fileOf(file).allocated; }
herr_t allocate(H5FD_t* file, H5FD_mem_t, haddr_t to) {
  fileOf(file).allocated = to;
  return 0;
}
haddr_t endOf(const H5FD_t* file, H5FD_mem_t) { return fileOf(file).end; }

herr_t read(H5FD_t* opened, H5FD_mem_t, hid_t, haddr_t at, std::size_t bytes, void* data) {
  const ssize_t got = readBytes(fileOf(opened).in, data, bytes, static_cast<std::int64_t>(at));
  if (got < 0) return -1;
  std::memset(static_cast<char*>(data) + got, 0, bytes - static_cast<std::size_t>(got));
  return 0;
}

herr_t write(H5FD_t* opened, H5FD_mem_t type, hid_t, haddr_t at, std::size_t bytes, const void* data) {
  OpenFile& file = fileOf(opened);
  H5Skeleton& skeleton = *file.skeleton;
  if (type == H5FD_MEM_DRAW && skeleton.leaveOut)
    skeleton.place = at;
  else if (skeleton.failure == 0 && !writeBytes(file.out, data, bytes, static_cast<std::int64_t>(at)))
    skeleton.failure = errno;
  file.end = std::max(file.end, at + bytes);
  return 0;
}

herr_t sync(H5FD_t* opened, hid_t, hbool_t) {
  OpenFile& file = fileOf(opened);
  int& failure = file.skeleton->failure;
  if (failure == 0 && fsync(file.out) != 0) failure = errno;
  return 0;
}

herr_t truncateFile(H5FD_t* opened, hid_t, hbool_t) {
  OpenFile& file = fileOf(opened);
  if (file.end == file.allocated) return 0;
  int& failure = file.skeleton->failure;
  if (failure == 0 && ftruncate(file.out, static_cast<off_t>(file.allocated)) != 0) failure = errno;
  file.end = file.allocated;
  return 0;
}

hid_t registered() {
  static const hid_t id = [] {
    static H5FD_class_t driver{};
#ifdef H5FD_CLASS_VERSION
    driver.version = H5FD_CLASS_VERSION;
    driver.value = static_cast<H5FD_class_value_t>(600);  // of those left to applications
#endif
    driver.name = "lacuna_skeleton";
    driver.maxaddr = static_cast<haddr_t>(std::numeric_limits<off_t>::max());
    driver.fc_degree = H5F_CLOSE_WEAK;
    driver.fapl_size = sizeof(H5Skeleton*);
    driver.open = openFile;
    driver.close = closeFile;
    driver.query = query;
    driver.get_eoa = allocated;
    driver.set_eoa = allocate;
    driver.get_eof = endOf;
    driver.read = read;
    driver.write = write;
    driver.flush = sync;
    driver.truncate = truncateFile;
    constexpr H5FD_mem_t kinds[] = H5FD_FLMAP_DICHOTOMY;
    std::copy(std::begin(kinds), std::end(kinds), driver.fl_map);
    return H5FDregister(&driver);
  }();
  return id;
}

}  // namespace

H5Id H5Skeleton::access() {
  H5Id plist(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Skeleton* self = this;
  if (H5Pset_driver(plist, registered(), static_cast<void*>(&self)) < 0) throw Error("HDF5: " + h5Message());
  return plist;
}

}  // namespace lacuna
