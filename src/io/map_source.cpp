#include "io/map_source.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string_view>

#include "base/error.hpp"
#include "base/phase.hpp"
#include "io/fits_image.hpp"
#include "io/h5_reader.hpp"
#include "io/window_part.hpp"

namespace lacuna {
namespace {

bool namesFile(std::string_view text) {
  for (std::string_view ending : {".fits", ".fit", ".fts", ".h5", ".hdf5", ".hdf", ".tif", ".tiff"})
    if (text.size() > ending.size() && text.substr(text.size() - ending.size()) == ending) return true;
  return false;
}

enum class Format : int { Hdf5, Fits };

/// Collective. By the first bytes: FITS begins with "SIMPLE"; all else is HDF5's to judge (its signature may stand
/// after a user block).
Format formatOf(MPI_Comm comm, const std::string& path) {
  int format = 0;
  onRankZero(comm, [&] {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), std::fclose);
    if (!file) throw Error(ExitCode::NoInput, path + ": " + std::strerror(errno));
    std::array<char, 6> first{};
    errno = 0;
    const std::size_t got = std::fread(first.data(), 1, first.size(), file.get());
    if (errno == EISDIR) throw Error(ExitCode::NoInput, path + ": is a folder");
    if (got < first.size()) throw Error(ExitCode::BadData, path + ": is empty or too short to be HDF5 or FITS");
    const bool fits = std::memcmp(first.data(), "SIMPLE", first.size()) == 0;
    if (!fits && H5Fis_hdf5(path.c_str()) <= 0)
      throw Error(ExitCode::BadData, path + ": is neither an HDF5 nor a FITS file");
    format = static_cast<int>(fits ? Format::Fits : Format::Hdf5);
  });
  checkMpi(MPI_Bcast(&format, 1, MPI_INT, 0, comm));
  return static_cast<Format>(format);
}

H5Reader openH5(MPI_Comm comm, const MapSource& source) {
  if (source.name.empty())
    throw Error(ExitCode::BadConfig,
                source.file + ": is an HDF5 file: name a dataset in it (" + source.file + ":DATASET)");
  return H5Reader(comm, source.file);
}

}  // namespace

MapSource resolveMap(const std::string& value, const std::string& dataFile, const std::string& folder) {
  const auto in = [&](const std::string& file) {
    const std::filesystem::path path(file);
    return path.is_absolute() || folder.empty() ? file : (std::filesystem::path(folder) / path).string();
  };
  if (namesFile(value)) return {in(value), ""};
  const std::size_t colon = value.rfind(':');
  if (colon != std::string::npos && namesFile(std::string_view(value).substr(0, colon)))
    return {in(value.substr(0, colon)), value.substr(colon + 1)};
  if (!dataFile.empty()) return {dataFile, value};
  return {in(value), ""};
}

bool isHdf5(MPI_Comm comm, const std::string& file) { return formatOf(comm, file) == Format::Hdf5; }

std::vector<std::int64_t> mapExtents(MPI_Comm comm, const MapSource& source) {
  if (formatOf(comm, source.file) == Format::Fits) return fitsImageShape(comm, source.file, source.name);
  return openH5(comm, source).shape(source.name);
}

ImageShape imageShape(MPI_Comm comm, const MapSource& source) {
  const std::vector<std::int64_t> extents = mapExtents(comm, source);
  std::int64_t frames = 1;
  for (std::size_t i = 0; i + 2 < extents.size(); ++i) frames *= extents[i];
  if (extents.size() < 2 || frames != 1)
    throw Error(ExitCode::BadData,
                source.text() + ": an image of two axes is needed, it has the shape " + extentsText(extents));
  const ImageShape shape{extents[extents.size() - 2], extents.back()};
  if (shape.ny < 1 || shape.nx < 1) throw Error(ExitCode::BadData, source.text() + ": the image has no pixels");
  return shape;
}

void readMap(MPI_Comm comm, const MapSource& source, const Cube& cube, const Window& window, PetscInt channel, Vec x,
             double fill) {
  static const Phase phase("read maps", "GB");
  const auto timed = phase.scope(static_cast<double>(windowPart(cube, window, channel).size()) * 8e-9);
  if (formatOf(comm, source.file) == Format::Fits)
    readFitsImage(comm, source.file, source.name, cube, window, channel, x, fill);
  else
    openH5(comm, source).readField(source.name, cube, window, channel, x, fill);
}

}  // namespace lacuna
