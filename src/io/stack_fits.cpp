#include <algorithm>
#include <array>
#include <limits>

#include "base/failure.hpp"
#include "io/fits_file.hpp"
#include "io/stack_file.hpp"

namespace lacuna {
namespace {

constexpr int mostAxes = 9;  // what CFITSIO reads parts of

std::vector<std::int64_t> extentsOf(const FitsFile& file) {
  int status = 0, axes = 0;
  std::array<LONGLONG, mostAxes> n{};
  fits_get_img_dim(file, &axes, &status);
  fits_get_img_sizell(file, mostAxes, n.data(), &status);
  file.check(status, "image header");
  if (axes > mostAxes) throw Error(ExitCode::BadData, file.path() + ": an image of " + std::to_string(axes) + " axes");
  return {n.rend() - axes, n.rend()};
}

class FitsStack final : public StackFile {
 public:
  explicit FitsStack(const StackHeader& header)
      : StackFile(header.extents), file_(FitsFile::openImage(header.path, header.name)) {
    if (extentsOf(file_) != header.extents) throw Error(ExitCode::BadData, header.text() + ": has changed its shape");
  }

 private:
  void doRead(std::span<const std::int64_t> start, std::span<const std::int64_t> count, double* out) const override {
    std::array<long, mostAxes> first{}, last{}, step{};
    for (std::size_t i = 0, n = start.size(); i < n; ++i) {  // FITS counts axes from the fastest one, and pixels from 1
      first[i] = static_cast<long>(start[n - 1 - i] + 1);
      last[i] = static_cast<long>(start[n - 1 - i] + count[n - 1 - i]);
      step[i] = 1;
    }
    double nan = std::numeric_limits<double>::quiet_NaN();
    int status = 0, any = 0;
    fits_read_subset(file_, TDOUBLE, first.data(), last.data(), step.data(), &nan, out, &any, &status);
    file_.check(status, "reading pixels");
  }

  FitsFile file_;
};

}  // namespace

StackHeader inspectFitsStack(const std::string& path, const std::string& name) {
  const FitsFile file = FitsFile::openImage(path, name);
  file.verifyChecksum();
  const std::vector<std::int64_t> extents = extentsOf(file);
  return {.format = StackFormat::Fits,
          .path = path,
          .name = name,
          .extents = extents,
          .letters = std::string(extents.size(), '?'),
          .pages = {}};
}

std::unique_ptr<StackFile> openFitsStack(const StackHeader& header) { return std::make_unique<FitsStack>(header); }

}  // namespace lacuna
