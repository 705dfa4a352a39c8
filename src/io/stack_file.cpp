#include "io/stack_file.hpp"

#include <hdf5.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/failure.hpp"
#include "io/byte_file.hpp"
#include "io/h5_file.hpp"
#include "io/tiff_directory.hpp"

namespace lacuna {

void StackFile::read(std::span<const std::int64_t> start, std::span<const std::int64_t> count,
                     std::span<double> out) const {
  std::int64_t values = 1;
  bool inside = start.size() == extents_.size() && count.size() == extents_.size();
  for (std::size_t i = 0; inside && i < extents_.size(); ++i) {
    inside = start[i] >= 0 && count[i] >= 1 && count[i] <= extents_[i] - start[i];
    values *= count[i];
  }
  if (!inside || values != static_cast<std::int64_t>(out.size()))
    throw Error("StackFile: a block leaves the array, or has another size than its buffer");
  doRead(start, count, out.data());
}

StackHeader inspectStack(const std::string& path, const std::string& name) {
  const ByteFile file(path);
  std::array<char, 16> head{};
  const auto bytes = std::min<std::int64_t>(file.size(), head.size());
  if (bytes == 0) throw Error(ExitCode::BadData, path + ": the file is empty");
  file.read(0, bytes, head.data());
  const std::string_view start(head.data(), static_cast<std::size_t>(bytes));
  StackHeader header;
  if (start.starts_with("SIMPLE")) {
    header = inspectFitsStack(path, name);
  } else if (isTiff(start)) {
    header = inspectTiffStack(path);
  } else {
    prepareH5();
    if (H5Fis_hdf5(path.c_str()) <= 0)
      throw Error(ExitCode::BadData, path + (start.starts_with("\x1f\x8b") || start.starts_with("PK\x03\x04")
                                                 ? ": is compressed; unpack it first"
                                                 : ": is neither HDF5 nor FITS nor TIFF"));
    header = inspectH5Stack(path, name);
  }
  if (header.extents.empty() || std::ranges::any_of(header.extents, [](std::int64_t n) { return n < 1; }))
    throw Error(ExitCode::BadData,
                header.text() + ": has no pixels (its shape is " + extentsText(header.extents) + ")");
  return header;
}

std::unique_ptr<StackFile> openStack(const StackHeader& header) {
  switch (header.format) {
    case StackFormat::Hdf5:
      return openH5Stack(header);
    case StackFormat::Fits:
      return openFitsStack(header);
    case StackFormat::Tiff:
      return openTiffStack(header);
  }
  throw Error("openStack: no such format");
}

}  // namespace lacuna
