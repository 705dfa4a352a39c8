#include "io/h5_guard.hpp"

#include <algorithm>
#include <cstring>

#include "base/nearest.hpp"
#include "io/h5_file.hpp"

namespace lacuna {
namespace {

constexpr std::size_t mostDatasets = 1000;
constexpr std::int64_t largest = std::int64_t{1} << 50;  // values of a dataset
constexpr double mostPacked = 1100;                      // deflate's best compression, somewhat rounded up
constexpr hsize_t largestChunk = hsize_t{1} << 30;       // bytes; what a single damaged chunk could make us allocate

herr_t refuseExternal(const char*, const char*, const char* file, const char*, unsigned*, hid_t, void* refused) {
  *static_cast<std::string*>(refused) = file ? file : "?";
  return -1;
}

herr_t addDataset(hid_t, const char* name, const H5O_info_t* info, void* data) {
  auto& names = *static_cast<std::vector<std::string>*>(data);
  if (info->type == H5O_TYPE_DATASET) names.emplace_back(name);
  return names.size() < mostDatasets ? 0 : 1;
}

/// Says why a dataset did not open. Listing names makes HDF5 1.10 crash on a damaged group, so that is done only where
/// every group on the way is sound.
[[noreturn]] void throwMissing(hid_t file, const std::string& path, const std::string& name, const std::string& why) {
  htri_t linked = 1;
  for (std::size_t end = name.find('/', 1); linked > 0; end = name.find('/', end + 1)) {
    linked = H5Lexists(file, name.substr(0, end).c_str(), H5P_DEFAULT);
    if (end == std::string::npos || end + 1 >= name.size()) break;
  }
  if (linked != 0) throw Error(ExitCode::BadData, path + ": dataset '" + name + "' cannot be opened: " + why);
  std::string near;
  for (const std::string& other : nearestNames(name, h5Datasets(file))) near += (near.empty() ? "" : ", ") + other;
  throw Error(ExitCode::BadData, path + ": there is no dataset '" + name + "'" +
                                     (near.empty() ? " (the file has none)" : " (nearest: " + near + ")"));
}

}  // namespace

H5Id openH5Object(hid_t file, const std::string& path, const std::string& name, std::string* why) {
  H5Eclear2(H5E_DEFAULT);
  std::string refused;
  const H5Id access(H5Pcreate(H5P_LINK_ACCESS), H5Pclose);
  if (H5Pset_elink_cb(access, refuseExternal, &refused) < 0) throw Error("HDF5: " + h5Message());
  H5Id object(H5Oopen(file, name.c_str(), access), H5Oclose);
  if (!object && why) *why = h5Message();  // now: closing anything forgets it
  if (!refused.empty())
    throw Error(ExitCode::BadData, path + ": '" + name + "' is an external link, to " + refused + ": refused");
  return object;
}

std::vector<std::string> h5Datasets(hid_t file) {
  std::vector<std::string> names;
  H5Ovisit2(file, H5_INDEX_NAME, H5_ITER_INC, addDataset, &names, H5O_INFO_BASIC);
  return names;
}

H5Id openH5Dataset(hid_t file, const std::string& path, const std::string& name) {
  std::string why;
  H5Id object = openH5Object(file, path, name, &why);
  if (!object) throwMissing(file, path, name, why);
  const auto refuse = [&](const std::string& fault) {
    throw Error(ExitCode::BadData, path + ": dataset '" + name + "' " + fault);
  };
  if (H5Iget_type(object) != H5I_DATASET) throw Error(ExitCode::BadData, path + ": '" + name + "' is not a dataset");
  const H5Id plist(H5Dget_create_plist(object), H5Pclose);
  if (!plist) refuse("cannot be opened: " + h5Message());
  if (H5Pget_layout(plist) == H5D_VIRTUAL) refuse("is virtual (its data are in other files): refused");
  if (H5Pget_external_count(plist) > 0) refuse("keeps its data in another file (external storage): refused");
  if (H5Pget_layout(plist) == H5D_CHUNKED) {
    hsize_t chunk[H5S_MAX_RANK]{}, values = 1;
    const int rank = H5Pget_chunk(plist, H5S_MAX_RANK, chunk);
    for (int i = 0; i < rank && values <= largestChunk; ++i) values *= chunk[i];
    if (rank < 0 || values > largestChunk / 8) refuse("has chunks of more than 1 GiB: refused");
    const int filters = H5Pget_nfilters(plist);
    for (int i = 0; i < filters; ++i) {
      unsigned flags = 0, config = 0;
      std::size_t parameters = 0;
      char label[64]{};
      const H5Z_filter_t id = H5Pget_filter2(plist, static_cast<unsigned>(i), &flags, &parameters, nullptr,
                                             sizeof label - 1, label, &config);
      if (H5Zfilter_avail(id) <= 0)
        refuse("is compressed by filter " + std::to_string(id) + " (" + label + "), which this HDF5 does not have");
    }
  }
  const double promised = static_cast<double>(h5Count(h5Extents(object), largest)) *
                          static_cast<double>(H5Tget_size(H5Id(H5Dget_type(object), H5Tclose)));
  hsize_t bytes = 0;
  if (H5Fget_filesize(H5Id(H5Iget_file_id(object), H5Fclose), &bytes) < 0) refuse("cannot be opened: " + h5Message());
  if (promised > static_cast<double>(bytes) * (H5Pget_layout(plist) == H5D_CHUNKED ? mostPacked : 1))
    refuse("has the shape " + extentsText(h5Extents(object)) + ", far more than its file of " + std::to_string(bytes) +
           " bytes can hold");
  H5Eclear2(H5E_DEFAULT);
  return object;
}

std::vector<std::int64_t> h5Extents(hid_t dataset) {
  const H5Id space(H5Dget_space(dataset), H5Sclose);
  const int rank = H5Sget_simple_extent_ndims(space);
  if (rank < 0 || H5Sget_simple_extent_type(space) == H5S_NULL) return {0};
  std::vector<hsize_t> extents(static_cast<std::size_t>(rank));
  H5Sget_simple_extent_dims(space, extents.data(), nullptr);
  return {extents.begin(), extents.end()};
}

std::int64_t h5Count(const std::vector<std::int64_t>& extents, std::int64_t cap) {
  std::int64_t n = 1;
  for (std::int64_t e : extents) {
    if (e < 0 || (e > 0 && n > cap / e)) return cap + 1;
    n *= e;
  }
  return n;
}

bool isH5Number(hid_t type) {
  const H5T_class_t kind = H5Tget_class(type);
  if (kind == H5T_ENUM) return isH5Number(H5Id(H5Tget_super(type), H5Tclose));
  if (kind != H5T_INTEGER && kind != H5T_FLOAT) return false;
  const std::size_t bits = 8 * H5Tget_size(type), precision = H5Tget_precision(type);
  const int offset = H5Tget_offset(type);
  const auto within = [&](std::size_t start, std::size_t count) {
    return count > 0 && start < bits && count <= bits - start;
  };
  if (bits < 8 || bits > 128 || offset < 0 || !within(static_cast<std::size_t>(offset), precision)) return false;
  if (kind == H5T_INTEGER) return bits <= 64;
  std::size_t sign = 0, exponent = 0, exponentBits = 0, mantissa = 0, mantissaBits = 0;
  return H5Tget_fields(type, &sign, &exponent, &exponentBits, &mantissa, &mantissaBits) >= 0 && within(sign, 1) &&
         within(exponent, exponentBits) && within(mantissa, mantissaBits);
}

void requireH5NumericType(hid_t type, const std::string& what) {
  if (!isH5Number(type)) throw Error(ExitCode::BadData, what + " does not hold numbers");
}

void requireH5Numbers(hid_t dataset, const std::string& what, std::int64_t values) {
  requireH5NumericType(H5Id(H5Dget_type(dataset), H5Tclose), what);
  if (values > 0 && H5Dget_storage_size(dataset) == 0)
    throw Error(ExitCode::BadData, what + " has a shape but was never written");
}

std::vector<std::string> h5Strings(hid_t type, hid_t space, std::size_t n, const std::string& what,
                                   const std::function<herr_t(hid_t, void*)>& read) {
  if (H5Tget_class(type) != H5T_STRING) throw Error(ExitCode::BadData, what + " does not hold text");
  std::vector<std::string> out;
  if (n == 0) return out;
  const H5Id memory(H5Tcopy(type), H5Tclose);
  if (H5Tis_variable_str(type) > 0) {
    std::vector<char*> pointers(n, nullptr);
    if (read(memory, static_cast<void*>(pointers.data())) < 0)
      throw Error(ExitCode::BadData, what + ": " + h5Message());
    for (const char* p : pointers) out.emplace_back(p ? p : "");
    H5Dvlen_reclaim(memory, space, H5P_DEFAULT, pointers.data());
    return out;
  }
  const std::size_t size = H5Tget_size(type);
  if (size == 0 || size > (std::size_t{1} << 28) / n)
    throw Error(ExitCode::BadData, what + " holds absurdly long text");
  std::vector<char> bytes(n * size);
  if (read(memory, static_cast<void*>(bytes.data())) < 0) throw Error(ExitCode::BadData, what + ": " + h5Message());
  const bool spaces = H5Tget_strpad(type) == H5T_STR_SPACEPAD;
  for (std::size_t i = 0; i < n; ++i) {
    const char* p = bytes.data() + i * size;
    std::string text(p, strnlen(p, size));
    if (spaces) text.erase(text.find_last_not_of(' ') + 1);
    out.push_back(std::move(text));
  }
  return out;
}

}  // namespace lacuna
