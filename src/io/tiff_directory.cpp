#include "io/tiff_directory.hpp"

#include <array>
#include <string>
#include <unordered_set>

#include "base/failure.hpp"

namespace lacuna {
namespace {

constexpr std::size_t mostPages = 10'000'000;

/// The unsigned integer of `size` bytes at `offset`.
std::uint64_t number(const ByteFile& file, std::int64_t offset, std::size_t size, bool bigEndian) {
  std::array<unsigned char, 8> bytes{};
  if (offset < 0 || offset > file.size() - static_cast<std::int64_t>(size))
    throw Error(ExitCode::BadData, file.path() + ": is truncated or damaged: a directory of the TIFF at byte " +
                                       std::to_string(offset) + " of " + std::to_string(file.size()));
  file.read(offset, static_cast<std::int64_t>(size), bytes.data());
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | bytes[bigEndian ? i : size - 1 - i];
  return value;
}

}  // namespace

bool isTiff(std::string_view s) {
  using namespace std::string_view_literals;
  return s.starts_with("II*\0"sv) || s.starts_with("MM\0*"sv) || s.starts_with("II+\0"sv) || s.starts_with("MM\0+"sv);
}

TiffDirectories tiffDirectories(const ByteFile& file) {
  TiffDirectories out;
  out.bigEndian = number(file, 0, 1, true) == 'M';
  out.big = number(file, 2, 2, out.bigEndian) == 43;
  const auto read = [&](std::int64_t offset, std::size_t size) { return number(file, offset, size, out.bigEndian); };
  const std::size_t pointer = out.big ? 8 : 4, count = out.big ? 8 : 2;
  const std::int64_t entry = out.big ? 20 : 12;
  std::unordered_set<std::uint64_t> seen;
  for (std::uint64_t next = read(out.big ? 8 : 4, pointer); next != 0;) {
    if (!seen.insert(next).second || out.places.size() == mostPages)
      throw Error(ExitCode::BadData, file.path() + ": is damaged: the pages of the TIFF do not end");
    const auto place = static_cast<std::int64_t>(next);
    const std::uint64_t entries = read(place, count);
    if (entries == 0 || entries > 65535)
      throw Error(ExitCode::BadData,
                  file.path() + ": is damaged: a directory of the TIFF with " + std::to_string(entries) + " entries");
    out.places.push_back(place);
    next = read(place + static_cast<std::int64_t>(count) + static_cast<std::int64_t>(entries) * entry, pointer);
  }
  if (out.places.empty()) throw Error(ExitCode::BadData, file.path() + ": a TIFF without an image");
  return out;
}

}  // namespace lacuna
