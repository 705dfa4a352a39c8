#include <algorithm>

#include "base/failure.hpp"
#include "io/h5_guard.hpp"
#include "io/stack_file.hpp"

namespace lacuna {
namespace {

constexpr std::size_t cacheBytes = std::size_t{1} << 25;  ///< of unpacked chunks, which pieces of a stack share

H5Id openFile(const std::string& path) {
  prepareH5();
  const H5Id access = h5SerialAccess();
  if (H5Pset_cache(access, 0, 521, cacheBytes, 0.75) < 0) throw Error("HDF5: " + h5Message());
  H5Eclear2(H5E_DEFAULT);
  H5Id file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access), H5Fclose);
  if (!file) throw Error(ExitCode::BadData, path + ": HDF5 cannot open it: " + h5Message());
  return file;
}

/// The dataset of numbers that a file has, where it has one only.
std::string onlyDataset(hid_t file, const std::string& path) {
  const std::vector<std::string> names = h5Datasets(file);
  if (names.size() == 1) return names[0];
  std::string list;
  for (std::size_t i = 0; i < std::min<std::size_t>(names.size(), 8); ++i) list += (i ? ", " : "") + names[i];
  if (names.empty()) throw Error(ExitCode::BadData, path + ": has no dataset");
  throw Error(ExitCode::BadConfig, path + ": has " + std::to_string(names.size()) +
                                       " datasets, name one of them: " + list + (names.size() > 8 ? ", ..." : ""));
}

/// The labels of the axes as H5DSset_label() writes them. None where the attribute is not what it should be: labels are
/// hints. (H5DSget_label() itself frees pointers that it never checked.)
std::vector<std::string> axisLabels(hid_t dataset, std::size_t axes, const std::string& what) {
  const H5Id attribute(H5Aopen(dataset, "DIMENSION_LABELS", H5P_DEFAULT), H5Aclose);
  if (!attribute) return {};
  const H5Id type(H5Aget_type(attribute), H5Tclose), space(H5Aget_space(attribute), H5Sclose);
  if (H5Tget_class(type) != H5T_STRING || H5Sget_simple_extent_npoints(space) != static_cast<hssize_t>(axes)) return {};
  return h5Strings(type, space, axes, what + ": DIMENSION_LABELS",
                   [&](hid_t memory, void* data) { return H5Aread(attribute, memory, data); });
}

class H5Stack final : public StackFile {
 public:
  explicit H5Stack(const StackHeader& header)
      : StackFile(header.extents),
        what_(header.path + ": dataset '" + header.name + "'"),
        file_(openFile(header.path)),
        dataset_(openH5Dataset(file_, header.path, header.name)) {
    if (h5Extents(dataset_) != header.extents) throw Error(ExitCode::BadData, what_ + " has changed its shape");
  }

 private:
  void doRead(std::span<const std::int64_t> start, std::span<const std::int64_t> count, double* out) const override {
    const std::vector<hsize_t> from(start.begin(), start.end()), n(count.begin(), count.end());
    const H5Id file(H5Dget_space(dataset_), H5Sclose);
    const H5Id memory(H5Screate_simple(static_cast<int>(n.size()), n.data(), nullptr), H5Sclose);
    if (!memory || H5Sselect_hyperslab(file, H5S_SELECT_SET, from.data(), nullptr, n.data(), nullptr) < 0)
      throw Error("HDF5 refuses a hyperslab: " + h5Message());
    if (H5Dread(dataset_, H5T_NATIVE_DOUBLE, memory, file, H5P_DEFAULT, out) < 0)
      throw Error(ExitCode::BadData, what_ + ": " + h5Message());
  }

  std::string what_;
  H5Id file_, dataset_;
};

}  // namespace

StackHeader inspectH5Stack(const std::string& path, const std::string& name) {
  StackHeader header{
      .format = StackFormat::Hdf5, .path = path, .name = name, .extents = {}, .letters = {}, .pages = {}};
  const H5Id file = openFile(path);
  if (name.empty()) header.name = onlyDataset(file, path);
  const H5Id dataset = openH5Dataset(file, path, header.name);
  header.extents = h5Extents(dataset);
  const std::string what = path + ": dataset '" + header.name + "'";
  requireH5Numbers(dataset, what, h5Count(header.extents, 1));
  header.letters.assign(header.extents.size(), '?');
  const std::vector<std::string> labels = axisLabels(dataset, header.extents.size(), what);
  for (std::size_t i = 0; i < labels.size(); ++i)  // as our own products label their axes
    if (labels[i].size() == 1 && std::string_view("tczyx").find(labels[i]) != std::string_view::npos)
      header.letters[i] = labels[i][0];
  H5Eclear2(H5E_DEFAULT);
  return header;
}

std::unique_ptr<StackFile> openH5Stack(const StackHeader& header) { return std::make_unique<H5Stack>(header); }

}  // namespace lacuna
