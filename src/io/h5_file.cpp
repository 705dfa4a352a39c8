#include "io/h5_file.hpp"

#include <algorithm>
#include <array>

namespace lacuna {
namespace {

herr_t collect(unsigned, const H5E_error2_t* error, void* data) {
  if (error->desc && *error->desc) static_cast<std::vector<std::string>*>(data)->emplace_back(error->desc);
  return 0;
}

}  // namespace

void prepareH5() {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  if (H5PLset_loading_state(0) < 0) throw Error("HDF5 does not let filter plugins be switched off");
}

H5Id h5SerialAccess() {
  H5Id access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  if (H5Pset_fapl_sec2(access) < 0 || H5Pset_file_locking(access, false, true) < 0) throw Error("HDF5: " + h5Message());
  return access;
}

std::string h5Message() {
  std::vector<std::string> lines;  // innermost first
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, collect, &lines);
  H5Eclear2(H5E_DEFAULT);
  for (const std::string& line : lines)
    if (line.find("Fletcher32") != std::string::npos) return "checksum error (fletcher32): the data are damaged";
  if (lines.empty()) return "HDF5 gives no reason";
  return lines.size() == 1 ? lines[0] : lines.back() + " (" + lines.front() + ")";
}

H5Selection h5Selection(const Cube& cube, const Window& window, const WindowPart& part, int leading) {
  const std::vector<std::int64_t> extents = fileExtents(cube, window);
  std::vector<hsize_t> total(static_cast<std::size_t>(leading), 1), start(total.size(), 0), count(total.size(), 1);
  const bool has[]{cube.shape().frames > 1, false, cube.shape().nz > 1, !window.line || window.count[1] > 1,
                   !window.line || window.count[1] == 1};
  for (std::size_t axis = 0, i = 0; axis < 5; ++axis) {
    if (!has[axis]) continue;
    total.push_back(static_cast<hsize_t>(extents[i++]));
    start.push_back(static_cast<hsize_t>(part.inFile[axis]));
    count.push_back(static_cast<hsize_t>(part.count[axis]));
  }
  std::array<hsize_t, 5> local{}, from{}, n{};
  std::transform(cube.box().count.begin(), cube.box().count.end(), local.begin(),
                 [](PetscInt c) { return static_cast<hsize_t>(std::max<PetscInt>(c, 1)); });
  std::copy(part.inBox.begin(), part.inBox.end(), from.begin());
  std::copy(part.count.begin(), part.count.end(), n.begin());

  H5Selection out{H5Id(H5Screate_simple(static_cast<int>(total.size()), total.data(), nullptr), H5Sclose),
                  H5Id(H5Screate_simple(5, local.data(), nullptr), H5Sclose)};
  herr_t status = 0;
  if (part.empty()) {
    status = std::min(H5Sselect_none(out.file), H5Sselect_none(out.memory));
  } else {
    status = std::min(H5Sselect_hyperslab(out.file, H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr),
                      H5Sselect_hyperslab(out.memory, H5S_SELECT_SET, from.data(), nullptr, n.data(), nullptr));
  }
  if (status < 0) throw Error("HDF5 refuses a hyperslab: " + h5Message());
  return out;
}

}  // namespace lacuna
