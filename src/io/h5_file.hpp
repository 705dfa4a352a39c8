#pragma once
/// What reading and writing HDF5 have in common. HDF5's C API; its MPI build is required.
#include <hdf5.h>

#include <string>
#include <utility>
#include <vector>

#include "io/window_part.hpp"

namespace lacuna {

/// An owning, move-only HDF5 identifier: H5Id file(H5Fopen(...), H5Fclose).
class H5Id {
 public:
  using Close = herr_t (*)(hid_t);
  H5Id() = default;
  H5Id(hid_t id, Close close) noexcept : id_(id), close_(close) {}
  H5Id(const H5Id&) = delete;
  H5Id& operator=(const H5Id&) = delete;
  H5Id(H5Id&& o) noexcept : id_(std::exchange(o.id_, -1)), close_(o.close_) {}
  H5Id& operator=(H5Id&& o) noexcept {
    if (this != &o) {
      reset();
      id_ = std::exchange(o.id_, -1);
      close_ = o.close_;
    }
    return *this;
  }
  ~H5Id() { reset(); }

  explicit operator bool() const noexcept { return id_ >= 0; }
  operator hid_t() const noexcept { return id_; }
  herr_t reset() noexcept { return id_ >= 0 ? close_(std::exchange(id_, -1)) : 0; }
  /// Forgets the object without touching HDF5, for the way to MPI_Abort.
  void forget() noexcept { id_ = -1; }

 private:
  hid_t id_ = -1;
  Close close_ = nullptr;
};

/// Stops HDF5 from printing errors by itself and from loading filter plugins (code named by a file). Idempotent.
void prepareH5();

/// Access to a file by this rank alone, to read: POSIX, without locks (reading needs none, and many parallel file
/// systems have none).
H5Id h5SerialAccess();

/// Why the last HDF5 call of this rank failed, in HDF5's own words, outermost and innermost; clears the error stack.
std::string h5Message();

/// Dataspaces of a rank's part of a field.
struct H5Selection {
  H5Id file, memory;
};
/// `leading`: axes of length 1 that the dataset has in front of fileExtents(). Selects nothing for an empty part.
H5Selection h5Selection(const Cube& cube, const Window& window, const WindowPart& part, int leading = 0);

}  // namespace lacuna
