#include "io/h5_file.hpp"

#include <algorithm>
#include <array>
#include <utility>

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
  // From 1.14 on HDF5 keeps what the filter itself has said.
  if (lines.front().find("filter returned failure") != std::string::npos)
    return "the checksum is wrong or they cannot be decompressed: the data are damaged";
  return lines.size() == 1 ? lines[0] : lines.back() + " (" + lines.front() + ")";
}

H5Selection h5Selection(const Cube& cube, const Window& window, const WindowPart& part, int leading) {
  // Both spaces have the same axes: between others HDF5 copies one entry at a time, many times slower. An axis that the
  // file does not have counts into the next one of the memory; the last into the one before.
  const std::vector<std::int64_t> extents = fileExtents(cube, window);
  std::vector<hsize_t> total(static_cast<std::size_t>(leading), 1), local = total, count = total;
  std::vector<hsize_t> inFile(total.size(), 0), inMemory = inFile, stride = total;
  const bool has[]{cube.shape().frames > 1, false, cube.shape().nz > 1, !window.line || window.count[1] > 1,
                   !window.line || window.count[1] == 1};
  hsize_t skipped = 1, index = 0;
  for (std::size_t axis = 0, i = 0; axis < 5; ++axis) {
    const auto n = static_cast<hsize_t>(std::max<PetscInt>(cube.box().count[axis], 1));
    skipped *= n;
    index = index * n + static_cast<hsize_t>(part.inBox[axis]);
    if (!has[axis]) continue;
    total.push_back(static_cast<hsize_t>(extents[i++]));
    inFile.push_back(static_cast<hsize_t>(part.inFile[axis]));
    count.push_back(static_cast<hsize_t>(part.count[axis]));
    local.push_back(std::exchange(skipped, 1));
    inMemory.push_back(std::exchange(index, 0));
    stride.push_back(1);
  }
  local.back() *= skipped;
  inMemory.back() = inMemory.back() * skipped + index;
  stride.back() = skipped;

  const auto rank = static_cast<int>(total.size());
  H5Selection out{H5Id(H5Screate_simple(rank, total.data(), nullptr), H5Sclose),
                  H5Id(H5Screate_simple(rank, local.data(), nullptr), H5Sclose)};
  herr_t status = 0;
  if (part.empty()) {
    status = std::min(H5Sselect_none(out.file), H5Sselect_none(out.memory));
  } else {
    const auto select = [&count](hid_t space, const hsize_t* start, const hsize_t* step) {
      return H5Sselect_hyperslab(space, H5S_SELECT_SET, start, step, count.data(), nullptr);
    };
    status = std::min(select(out.file, inFile.data(), nullptr), select(out.memory, inMemory.data(), stride.data()));
  }
  if (status < 0) throw Error("HDF5 refuses a hyperslab: " + h5Message());
  return out;
}

}  // namespace lacuna
