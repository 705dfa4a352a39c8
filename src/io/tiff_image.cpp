#include "io/tiff_image.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "base/phase.hpp"
#include "io/raw_field.hpp"
#include "io/window_part.hpp"

namespace lacuna {
namespace {

constexpr std::int64_t classicBytes = 0xffffffffLL;  ///< what a classic TIFF can address
constexpr std::size_t entries = 11;
constexpr std::size_t directoryBytes = 2 + entries * 12 + 4;

void put(std::string& out, std::uint64_t value, int bytes) {
  for (int i = bytes; i-- > 0;) out.push_back(static_cast<char>(value >> (8 * i) & 0xff));
}

/// Least and largest finite value of the window over all ranks: what ImageJ spreads its grey levels over.
std::array<double, 2> extremes(const Cube& cube, const Window& window, PetscInt channel, Vec x) {
  constexpr double inf = std::numeric_limits<double>::infinity();
  std::array<double, 2> mine{inf, inf}, all{};  // least value, least of minus the value
  const WindowPart part = windowPart(cube, window, channel);
  const ReadLocal values(x);
  for (PetscInt f = 0; f < part.count[0]; ++f)
    for (PetscInt z = 0; z < part.count[2]; ++z)
      for (PetscInt y = 0; y < part.count[3]; ++y) {
        const double* row = values.data() + part.localRow(cube.box(), f, z, y);
        for (PetscInt i = 0; i < part.count[4]; ++i)
          if (std::isfinite(row[i])) mine = {std::min(mine[0], row[i]), std::min(mine[1], -row[i])};
      }
  checkMpi(MPI_Allreduce(mine.data(), all.data(), 2, MPI_DOUBLE, MPI_MIN, cube.comm()));
  return all[0] <= -all[1] ? std::array{all[0], -all[1]} : std::array{0.0, 1.0};
}

/// Header and directories; the pixels follow at the byte that the result is long.
std::string head(const Shape& shape, const std::string& description, bool oneForAll, std::int64_t planeBytes) {
  const std::int64_t planes = static_cast<std::int64_t>(shape.frames) * shape.nz;
  const std::size_t directories = oneForAll ? 1 : static_cast<std::size_t>(planes);
  const std::size_t text = 8 + directories * directoryBytes;  // where the description stands
  const std::size_t pixels = (text + description.size() + 1 + 15) / 16 * 16;
  std::string out = "MM";
  put(out, 42, 2);
  put(out, 8, 4);
  for (std::size_t p = 0; p < directories; ++p) {
    const auto entry = [&](unsigned tag, unsigned kind, std::uint64_t count, std::uint64_t value) {
      put(out, tag, 2);
      put(out, kind, 2);
      put(out, count, 4);
      put(out, value, kind == 3 ? 2 : 4);  // a short stands in the first two of the four bytes
      if (kind == 3) put(out, 0, 2);
    };
    const auto place = static_cast<std::uint64_t>(pixels) + p * static_cast<std::uint64_t>(planeBytes);
    put(out, entries, 2);
    entry(256, 4, 1, static_cast<std::uint64_t>(shape.nx));
    entry(257, 4, 1, static_cast<std::uint64_t>(shape.ny));
    entry(258, 3, 1, 32);                         // BitsPerSample
    entry(259, 3, 1, 1);                          // Compression: none
    entry(262, 3, 1, 1);                          // PhotometricInterpretation: black is zero
    entry(270, 2, description.size() + 1, text);  // ImageDescription
    entry(273, 4, 1, place);                      // StripOffsets
    entry(277, 3, 1, 1);                          // SamplesPerPixel
    entry(278, 4, 1, static_cast<std::uint64_t>(shape.ny));
    entry(279, 4, 1, static_cast<std::uint64_t>(planeBytes));
    entry(339, 3, 1, 3);  // SampleFormat: IEEE floating point
    put(out, p + 1 < directories ? 8 + (p + 1) * directoryBytes : 0, 4);
  }
  out += description;
  out.resize(pixels, '\0');
  return out;
}

}  // namespace

void writeTiffStack(const OutputFile& out, const Cube& cube, const Window& window, PetscInt channel, Vec x,
                    const std::string& note, std::int64_t mostBytes) {
  static const Phase phase("write maps", "GB");
  const auto timed = phase.scope(static_cast<double>(windowPart(cube, window, channel).size()) * 4e-9);
  const Shape shape{cube.shape().frames, 1, window.count[0], window.count[1], window.count[2]};
  const std::int64_t planes = static_cast<std::int64_t>(shape.frames) * shape.nz;
  const std::int64_t planeBytes = static_cast<std::int64_t>(shape.ny) * shape.nx * 4;
  if (planeBytes > classicBytes / 2)
    throw Error(ExitCode::BadConfig,
                fmt::format("{}: planes of {} x {} pixels are too large for a TIFF", out.path(), shape.ny, shape.nx));
  const auto [least, largest] = extremes(cube, window, channel, x);
  std::string description = fmt::format("ImageJ=1.53t\nimages={}\n", planes);
  if (shape.nz > 1) description += fmt::format("slices={}\n", shape.nz);
  if (shape.frames > 1) description += fmt::format("frames={}\n", shape.frames);
  if (shape.nz > 1 && shape.frames > 1) description += "hyperstack=true\n";
  description += fmt::format("mode=grayscale\nloop=false\nmin={}\nmax={}\n", least, largest);
  if (!note.empty()) description += note + "\n";
  const bool oneForAll = planes * (planeBytes + static_cast<std::int64_t>(directoryBytes)) > mostBytes - 65536;
  const std::string bytes = head(shape, description, oneForAll, planeBytes);
  out.requireSpace(static_cast<std::int64_t>(bytes.size()) + planes * planeBytes);
  writeRawHead(out, bytes);
  writeRawField(out, static_cast<std::int64_t>(bytes.size()), RawNumber::Float32, cube, window, channel, x);
}

}  // namespace lacuna
