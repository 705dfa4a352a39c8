#include "io/h5_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <memory>

#include "io/chunk_reader.hpp"
#include "io/crash_guard.hpp"
#include "io/h5_guard.hpp"

namespace lacuna {
namespace {

void broadcastNumbers(MPI_Comm comm, std::vector<double>& values) {
  long long n = static_cast<long long>(values.size());
  checkMpi(MPI_Bcast(&n, 1, MPI_LONG_LONG, 0, comm));
  values.resize(static_cast<std::size_t>(n));
  checkMpi(MPI_Bcast(values.data(), static_cast<int>(n), MPI_DOUBLE, 0, comm));
}

std::vector<std::int64_t> broadcastExtents(MPI_Comm comm, std::vector<std::int64_t> extents) {
  int n = static_cast<int>(extents.size());
  checkMpi(MPI_Bcast(&n, 1, MPI_INT, 0, comm));
  extents.resize(static_cast<std::size_t>(n));
  checkMpi(MPI_Bcast(extents.data(), n, MPI_INT64_T, 0, comm));
  return extents;
}

}  // namespace

H5Reader::H5Reader(MPI_Comm comm, std::string path) : comm_(comm), path_(std::move(path)) {
  prepareH5();
  onRankZero(comm_, [&] {
    const CrashGuard guard(path_);
    file();
  });
}

hid_t H5Reader::file() const {
  if (file_) return file_;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> raw(std::fopen(path_.c_str(), "rb"), std::fclose);
  if (!raw) throw Error(ExitCode::NoInput, path_ + ": " + std::strerror(errno));
  char first = 0;
  if (std::fread(&first, 1, 1, raw.get()) != 1)
    throw Error(errno == EISDIR ? ExitCode::NoInput : ExitCode::BadData,
                path_ + (errno == EISDIR ? ": is a folder" : ": is empty"));
  H5Eclear2(H5E_DEFAULT);
  if (H5Fis_hdf5(path_.c_str()) <= 0) throw Error(ExitCode::BadData, path_ + ": is not an HDF5 file");
  const H5Id access = h5SerialAccess();
  file_ = H5Id(H5Fopen(path_.c_str(), H5F_ACC_RDONLY, access), H5Fclose);
  if (!file_) throw Error(ExitCode::BadData, path_ + ": HDF5 cannot open it: " + h5Message());
  return file_;
}

bool H5Reader::exists(const std::string& name) const {
  int found = 0;
  onRankZero(comm_, [&] {
    const CrashGuard guard(path_);
    found = openH5Object(file(), path_, name) ? 1 : 0;
    H5Eclear2(H5E_DEFAULT);
  });
  checkMpi(MPI_Bcast(&found, 1, MPI_INT, 0, comm_));
  return found != 0;
}

std::vector<std::int64_t> H5Reader::shape(const std::string& dataset) const {
  std::vector<std::int64_t> extents;
  onRankZero(comm_, [&] {
    const CrashGuard guard(path_);
    extents = h5Extents(openH5Dataset(file(), path_, dataset));
  });
  return broadcastExtents(comm_, std::move(extents));
}

std::vector<std::string> H5Reader::datasets() const {
  std::string joined;
  onRankZero(comm_, [&] {
    const CrashGuard guard(path_);
    for (const std::string& name : h5Datasets(file())) joined += name + '\0';
  });
  joined = broadcast(comm_, std::move(joined));
  std::vector<std::string> names;
  for (std::size_t at = 0; at < joined.size(); at += names.back().size() + 1) names.emplace_back(joined.c_str() + at);
  return names;
}

void H5Reader::readField(const std::string& dataset, const Cube& cube, const Window& window, PetscInt channel, Vec x,
                         double fill) const {
  if (!cube.space().holds(x)) throw Error("readField: the vector is not in the space of the field");
  const std::string what = path_ + ": dataset '" + dataset + "'";
  const std::vector<std::int64_t> expected = fileExtents(cube, window);
  std::vector<std::int64_t> extents;
  const auto open = [&] {
    H5Id object = openH5Dataset(file(), path_, dataset);
    extents = h5Extents(object);
    const auto leading = static_cast<std::ptrdiff_t>(extents.size()) - static_cast<std::ptrdiff_t>(expected.size());
    if (leading < 0 || !std::equal(expected.begin(), expected.end(), extents.begin() + leading) ||
        std::any_of(extents.begin(), extents.begin() + leading, [](std::int64_t n) { return n != 1; }))
      throw Error(ExitCode::BadData,
                  what + " has the shape " + extentsText(extents) + ", expected is " + extentsText(expected));
    requireH5Numbers(object, what, 1);
    return object;
  };
  onRankZero(comm_, [&] {  // one clear message for what all would find
    const CrashGuard guard(path_);
    open();
  });
  const WindowPart part = windowPart(cube, window, channel);
  if (part.size() * cube.shape().channels < cube.box().size()) fillChannel(cube, channel, x, fill);
  together(comm_, [&] {
    if (part.empty()) return;
    const CrashGuard guard(path_, 8 * static_cast<double>(part.size()));
    const H5Id object = open();
    const std::size_t leading = extents.size() - expected.size();
    WriteLocal out(x);
    const std::span<double> local(out.data(), static_cast<std::size_t>(out.size()));
    if (readChunks(object, fieldRegion(cube, window, part, leading), local)) return;
    const H5Selection at = h5Selection(cube, window, part, static_cast<int>(leading));
    if (H5Dread(object, H5T_NATIVE_DOUBLE, at.memory, at.file, H5P_DEFAULT, &out[0]) < 0)
      throw Error(ExitCode::BadData, what + ": " + h5Message());
  });
}

std::vector<double> H5Reader::readValues(const std::string& dataset, std::int64_t cap) const {
  std::vector<double> values;
  onRankZero(comm_, [&] {
    const std::string what = path_ + ": dataset '" + dataset + "'";
    cap = std::min<std::int64_t>(cap, INT_MAX);
    const CrashGuard guard(path_, 8 * static_cast<double>(cap));
    const H5Id object = openH5Dataset(file(), path_, dataset);
    const std::vector<std::int64_t> extents = h5Extents(object);
    const std::int64_t n = h5Count(extents, cap);
    if (n > cap)
      throw Error(ExitCode::BadData,
                  what + " has " + extentsText(extents) + " values, more than " + std::to_string(cap));
    requireH5Numbers(object, what, n);
    values.resize(static_cast<std::size_t>(n));
    if (n > 0 && H5Dread(object, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0)
      throw Error(ExitCode::BadData, what + ": " + h5Message());
  });
  broadcastNumbers(comm_, values);
  return values;
}

void H5Reader::readPartAs(hid_t memory, bool integers, const std::string& dataset, std::int64_t start,
                          std::int64_t count, void* out) const {
  const std::string what = path_ + ": dataset '" + dataset + "'";
  const auto open = [&] {
    H5Id object = openH5Dataset(file(), path_, dataset);
    const std::vector<std::int64_t> extents = h5Extents(object);
    if (extents.size() != 1)
      throw Error(ExitCode::BadData, what + " has the shape " + extentsText(extents) + ", one axis is expected");
    if (start < 0 || count < 0 || count > extents[0] - start) throw Error(what + " has no such part");
    requireH5Numbers(object, what, extents[0]);
    if (integers && H5Tget_class(H5Id(H5Dget_type(object), H5Tclose)) != H5T_INTEGER)
      throw Error(ExitCode::BadData, what + " does not hold integers");
    return object;
  };
  onRankZero(comm_, [&] {
    const CrashGuard guard(path_);
    open();
  });
  together(comm_, [&] {
    if (count == 0) return;
    const CrashGuard guard(path_, 8 * static_cast<double>(count));
    const H5Id object = open();
    if (!integers && readChunks(object, columnRegion(h5Extents(object)[0], start, count),
                                {static_cast<double*>(out), static_cast<std::size_t>(count)}))
      return;
    const auto first = static_cast<hsize_t>(start), n = static_cast<hsize_t>(count);
    const H5Id from(H5Dget_space(object), H5Sclose), to(H5Screate_simple(1, &n, nullptr), H5Sclose);
    if (H5Sselect_hyperslab(from, H5S_SELECT_SET, &first, nullptr, &n, nullptr) < 0 ||
        H5Dread(object, memory, to, from, H5P_DEFAULT, out) < 0)
      throw Error(ExitCode::BadData, what + ": " + h5Message());
  });
}

std::vector<double> H5Reader::readPart(const std::string& dataset, std::int64_t start, std::int64_t count) const {
  std::vector<double> values(static_cast<std::size_t>(count));
  readPartAs(H5T_NATIVE_DOUBLE, false, dataset, start, count, values.data());
  return values;
}

std::vector<std::int64_t> H5Reader::readIntegerPart(const std::string& dataset, std::int64_t start,
                                                    std::int64_t count) const {
  std::vector<std::int64_t> values(static_cast<std::size_t>(count));
  readPartAs(H5T_NATIVE_INT64, true, dataset, start, count, values.data());
  return values;
}

std::vector<std::string> H5Reader::readStrings(const std::string& dataset, std::int64_t cap) const {
  std::string joined;
  onRankZero(comm_, [&] {
    const CrashGuard guard(path_);
    const std::string what = path_ + ": dataset '" + dataset + "'";
    const H5Id object = openH5Dataset(file(), path_, dataset);
    const std::int64_t n = h5Count(h5Extents(object), cap);
    if (n > cap) throw Error(ExitCode::BadData, what + " has more than " + std::to_string(cap) + " entries");
    const H5Id type(H5Dget_type(object), H5Tclose), space(H5Dget_space(object), H5Sclose);
    for (const std::string& text : h5Strings(
             type, space, static_cast<std::size_t>(n), what,
             [&](hid_t memory, void*data) { return H5Dread(object, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, data); }))
      joined += text + '\0';
  });
  joined = broadcast(comm_, std::move(joined));
  std::vector<std::string> out;
  for (std::size_t at = 0; at < joined.size(); at += out.back().size() + 1) out.emplace_back(joined.c_str() + at);
  return out;
}

void H5Reader::withAttribute(const std::string& object, const std::string& name,
                             const std::function<void(hid_t, const std::string&)>& work, hssize_t most) const {
  onRankZero(comm_, [&] {
    const CrashGuard guard(path_);
    const std::string what = path_ + ": attribute '" + name + "' of '" + object + "'";
    const H5Id owner = openH5Object(file(), path_, object);
    if (!owner) throw Error(ExitCode::BadData, path_ + ": there is no '" + object + "'");
    const H5Id attribute(H5Aopen(owner, name.c_str(), H5P_DEFAULT), H5Aclose);
    if (!attribute) throw Error(ExitCode::BadData, what + " is missing");
    const H5Id space(H5Aget_space(attribute), H5Sclose);
    const hssize_t values = H5Sget_simple_extent_npoints(space);
    if (most == 1 && values != 1) throw Error(ExitCode::BadData, what + " is not a single value");
    if (values < 1 || values > most)
      throw Error(ExitCode::BadData, what + " does not have 1 to " + std::to_string(most) + " values");
    work(attribute, what);
  });
}

bool H5Reader::hasAttribute(const std::string& object, const std::string& name) const {
  int found = 0;
  onRankZero(comm_, [&] {
    const CrashGuard guard(path_);
    const H5Id owner = openH5Object(file(), path_, object);
    found = owner && H5Aexists(owner, name.c_str()) > 0 ? 1 : 0;
    H5Eclear2(H5E_DEFAULT);
  });
  checkMpi(MPI_Bcast(&found, 1, MPI_INT, 0, comm_));
  return found != 0;
}

double H5Reader::readDouble(const std::string& object, const std::string& name) const {
  double value = 0;
  withAttribute(object, name, [&](hid_t attribute, const std::string& what) {
    requireH5NumericType(H5Id(H5Aget_type(attribute), H5Tclose), what);
    if (H5Aread(attribute, H5T_NATIVE_DOUBLE, &value) < 0) throw Error(ExitCode::BadData, what + ": " + h5Message());
  });
  checkMpi(MPI_Bcast(&value, 1, MPI_DOUBLE, 0, comm_));
  return value;
}

std::int64_t H5Reader::readInteger(const std::string& object, const std::string& name) const {
  std::int64_t value = 0;
  withAttribute(object, name, [&](hid_t attribute, const std::string& what) {
    const H5Id type(H5Aget_type(attribute), H5Tclose);
    if (H5Tget_class(type) != H5T_INTEGER) throw Error(ExitCode::BadData, what + " is not an integer");
    if (H5Aread(attribute, H5T_NATIVE_INT64, &value) < 0) throw Error(ExitCode::BadData, what + ": " + h5Message());
  });
  checkMpi(MPI_Bcast(&value, 1, MPI_INT64_T, 0, comm_));
  return value;
}

std::vector<std::int64_t> H5Reader::readIntegers(const std::string& object, const std::string& name) const {
  std::vector<std::int64_t> values;
  withAttribute(
      object, name,
      [&](hid_t attribute, const std::string& what) {
        const H5Id type(H5Aget_type(attribute), H5Tclose), space(H5Aget_space(attribute), H5Sclose);
        if (H5Tget_class(type) != H5T_INTEGER) throw Error(ExitCode::BadData, what + " does not hold integers");
        values.resize(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space)));
        if (H5Aread(attribute, H5T_NATIVE_INT64, values.data()) < 0)
          throw Error(ExitCode::BadData, what + ": " + h5Message());
      },
      16);
  return broadcastExtents(comm_, std::move(values));
}

std::string H5Reader::readString(const std::string& object, const std::string& name) const {
  std::string text;
  withAttribute(object, name, [&](hid_t attribute, const std::string& what) {
    const H5Id type(H5Aget_type(attribute), H5Tclose), space(H5Aget_space(attribute), H5Sclose);
    text =
        h5Strings(type, space, 1, what, [&](hid_t memory, void* data) { return H5Aread(attribute, memory, data); })[0];
  });
  return broadcast(comm_, std::move(text));
}

}  // namespace lacuna
