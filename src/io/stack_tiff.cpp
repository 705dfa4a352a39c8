#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <optional>

#include "base/failure.hpp"
#include "io/stack_file.hpp"
#include "io/tiff_description.hpp"
#include "io/tiff_directory.hpp"
#include "io/tiff_file.hpp"
#include "io/window_part.hpp"

namespace lacuna {
namespace {

constexpr std::int64_t largestBlock = std::int64_t{1} << 30;  ///< bytes of an unpacked strip or tile
constexpr std::int64_t bufferBytes = std::int64_t{1} << 22;   ///< of rows that are read as they stand
constexpr double mostPacked = 10000;                          ///< what compression can achieve on constant images

/// Extents of one page, slowest first.
std::vector<std::int64_t> shapeOf(const TiffPage& page) {
  if (page.samples == 1) return {page.height, page.width};
  if (page.separate) return {page.samples, page.height, page.width};
  return {page.height, page.width, page.samples};
}

template <class T>
void convert(const unsigned char* bytes, std::int64_t count, std::int64_t step, bool swap, double* out) {
  for (std::int64_t i = 0; i < count; ++i) {
    std::array<unsigned char, sizeof(T)> value;
    std::memcpy(value.data(), bytes + i * step * static_cast<std::int64_t>(sizeof(T)), sizeof(T));
    if (swap) std::reverse(value.begin(), value.end());
    out[i] = static_cast<double>(std::bit_cast<T>(value));
  }
}

/// `count` values, `step` apart, as doubles.
void convert(const TiffPage& page, const unsigned char* bytes, std::int64_t count, std::int64_t step, bool swap,
             double* out) {
  const auto as = [&]<class T>(T) { convert<T>(bytes, count, step, swap, out); };
  if (page.format == SAMPLEFORMAT_IEEEFP) return page.bits == 32 ? as(float{}) : as(double{});
  const bool isSigned = page.format == SAMPLEFORMAT_INT;
  switch (page.bits) {
    case 8:
      return isSigned ? as(std::int8_t{}) : as(std::uint8_t{});
    case 16:
      return isSigned ? as(std::int16_t{}) : as(std::uint16_t{});
    case 32:
      return isSigned ? as(std::int32_t{}) : as(std::uint32_t{});
    default:
      return isSigned ? as(std::int64_t{}) : as(std::uint64_t{});
  }
}

/// Part of a plane of a page: rows, and of each row values first, first + step, ... (a row holds all samples of a pixel
/// side by side, unless the planes are separate).
struct Region {
  std::int64_t plane, firstRow, rows, first, step, count;
};

class TiffStack final : public StackFile {
 public:
  explicit TiffStack(const StackHeader& header)
      : StackFile(header.extents), header_(header), bytes_(header.path), tiff_(header.path) {
    tiff_.moveTo(header.pages.at(0));
    page_ = tiff_.page();
    current_ = header.pages.at(0);
    swap_ = (TIFFIsBigEndian(tiff_) != 0) != (std::endian::native == std::endian::big);
    const std::size_t own = shapeOf(page_).size();
    if (own > header.extents.size() || !std::equal(header.extents.end() - static_cast<std::ptrdiff_t>(own),
                                                   header.extents.end(), shapeOf(page_).begin()))
      throw Error(ExitCode::BadData, header.path + ": has changed its shape");
    inFront_ = header.extents.size() - own;
  }

 private:
  void doRead(std::span<const std::int64_t> start, std::span<const std::int64_t> count, double* out) const override {
    const std::size_t y = inFront_ + (page_.separate ? 1 : 0);
    std::vector<std::int64_t> at(start.begin(), start.begin() + static_cast<std::ptrdiff_t>(inFront_));
    for (bool more = true; more;) {
      std::int64_t plane = 0;
      for (std::size_t i = 0; i < inFront_; ++i) plane = plane * header_.extents[i] + at[i];
      Region region{0, start[y], count[y], start[y + 1], 1, count[y + 1]};
      if (page_.separate) {
        for (std::int64_t s = 0; s < count[inFront_]; ++s) {
          region.plane = start[inFront_] + s;
          out = read(plane, region, 1, out);
        }
      } else {
        const std::int64_t samples = page_.samples, wanted = samples > 1 ? count[y + 2] : 1;
        region.first = start[y + 1] * samples + (samples > 1 ? start[y + 2] : 0);
        region.step = samples;
        out = read(plane, region, wanted, out);
      }
      more = false;
      for (std::size_t i = inFront_; i-- > 0 && !more;) {
        more = ++at[i] < start[i] + count[i];
        if (!more) at[i] = start[i];
      }
    }
  }

  /// Row by row [y][x][sample]; returns the place behind.
  double* read(std::int64_t plane, const Region& region, std::int64_t samples, double* out) const {
    const bool oneForAll = header_.pages.size() == 1;
    const std::int64_t place = header_.pages[oneForAll ? 0 : static_cast<std::size_t>(plane)];
    if (place != current_) {
      tiff_.moveTo(place);
      current_ = place;
      block_ = -1;
    }
    const std::int64_t pageBytes = page_.height * page_.rowValues() * page_.valueBytes() * page_.planes();
    for (std::int64_t y = 0; y < region.rows;) {
      const std::int64_t row = region.firstRow + y, inBlock = row % page_.blockHeight;
      const std::int64_t rows = std::min(page_.blockHeight - inBlock, region.rows - y);
      if (page_.plain)
        readPlain(region, row, rows, oneForAll ? plane * pageBytes : 0, samples, out);
      else
        readBlocks(region, row, rows, samples, out);
      out += rows * region.count * samples;
      y += rows;
    }
    return out;
  }

  /// Rows of one strip, as they stand in the file.
  void readPlain(const Region& region, std::int64_t row, std::int64_t rows, std::int64_t shift, std::int64_t samples,
                 double* out) const {
    const std::int64_t value = page_.valueBytes(), rowBytes = page_.rowValues() * value;
    const std::int64_t strip = region.plane * stripsOfPlane() + row / page_.blockHeight;
    const auto begin = static_cast<std::int64_t>(TIFFGetStrileOffset(tiff_, static_cast<std::uint32_t>(strip))) +
                       shift + row % page_.blockHeight * rowBytes + region.first * value;
    const std::int64_t span = ((region.count - 1) * region.step + samples) * value;  // bytes wanted of a row
    const std::int64_t together = span * 2 < rowBytes ? 1 : std::max<std::int64_t>(bufferBytes / rowBytes, 1);
    for (std::int64_t y = 0; y < rows; y += together) {
      const std::int64_t n = std::min(together, rows - y);
      buffer_.resize(static_cast<std::size_t>((n - 1) * rowBytes + span));
      bytes_.read(begin + y * rowBytes, static_cast<std::int64_t>(buffer_.size()), buffer_.data());
      for (std::int64_t k = 0; k < n; ++k)
        put(buffer_.data() + k * rowBytes, region.count, region.step, samples, swap_,
            out + (y + k) * region.count * samples);
    }
  }

  /// Rows of one strip or one row of tiles, decoded by libtiff.
  void readBlocks(const Region& region, std::int64_t row, std::int64_t rows, std::int64_t samples, double* out) const {
    const std::int64_t value = page_.valueBytes(), perPixel = page_.separate ? 1 : page_.samples;
    const std::int64_t rowBytes = page_.blockWidth * perPixel * value;
    const std::int64_t x0 = region.first / perPixel, sample = region.first % perPixel;
    for (std::int64_t x = 0; x < region.count;) {
      const std::int64_t column = x0 + x, inBlock = column % page_.blockWidth;
      const std::int64_t n = std::min(page_.blockWidth - inBlock, region.count - x);
      decode(region.plane, row, column);
      const unsigned char* first =
          buffer_.data() + row % page_.blockHeight * rowBytes + (inBlock * perPixel + sample) * value;
      for (std::int64_t y = 0; y < rows; ++y)
        put(first + y * rowBytes, n, region.step, samples, false, out + (y * region.count + x) * samples);
      x += n;
    }
  }

  void put(const unsigned char* from, std::int64_t count, std::int64_t step, std::int64_t samples, bool swap,
           double* out) const {
    if (samples == 1) return convert(page_, from, count, step, swap, out);
    for (std::int64_t i = 0; i < count; ++i)
      convert(page_, from + i * step * page_.valueBytes(), samples, 1, swap, out + i * samples);
  }

  /// The strip or tile of a pixel into buffer_.
  void decode(std::int64_t plane, std::int64_t row, std::int64_t column) const {
    const std::int64_t across = (page_.width + page_.blockWidth - 1) / page_.blockWidth;
    const std::int64_t block = (plane * stripsOfPlane() + row / page_.blockHeight) * across + column / page_.blockWidth;
    if (block == block_) return;
    block_ = -1;
    const std::int64_t rows =
        page_.tiled ? page_.blockHeight
                    : std::min(page_.blockHeight, page_.height - row / page_.blockHeight * page_.blockHeight);
    const std::int64_t size = rows * page_.blockWidth * (page_.separate ? 1 : page_.samples) * page_.valueBytes();
    buffer_.resize(static_cast<std::size_t>(size));
    const auto number = static_cast<std::uint32_t>(block);
    const tmsize_t got = page_.tiled ? TIFFReadEncodedTile(tiff_, number, buffer_.data(), size)
                                     : TIFFReadEncodedStrip(tiff_, number, buffer_.data(), size);
    if (got != size) tiff_.fail("the page at byte " + std::to_string(current_) + " cannot be decoded");
    block_ = block;
  }

  std::int64_t stripsOfPlane() const { return (page_.height + page_.blockHeight - 1) / page_.blockHeight; }

  StackHeader header_;
  ByteFile bytes_;
  mutable TiffFile tiff_;
  TiffPage page_;
  std::size_t inFront_ = 0;  ///< axes in front of those of a page
  bool swap_ = false;
  mutable std::int64_t current_ = 0, block_ = -1;  ///< place of libtiff's page; block in the buffer
  mutable std::vector<unsigned char> buffer_;
};

/// Throws 65 unless all strips or tiles of the current page are in the file and of reasonable size.
void requireWhole(const TiffFile& tiff, const TiffPage& page, std::int64_t fileBytes) {
  const std::int64_t rowBytes = page.blockWidth * (page.separate ? 1 : page.samples) * page.valueBytes();
  if (!page.plain && (page.blockHeight > largestBlock || rowBytes > largestBlock / page.blockHeight))
    throw Error(ExitCode::BadData, tiff.path() + ": has strips or tiles of more than 1 GiB: refused");
  const std::int64_t blocks = page.planes() * ((page.height + page.blockHeight - 1) / page.blockHeight) *
                              ((page.width + page.blockWidth - 1) / page.blockWidth);
  double stored = 0;
  for (std::int64_t i = 0; i < blocks; ++i) {
    const auto block = static_cast<std::uint32_t>(i);
    const auto offset = static_cast<double>(TIFFGetStrileOffset(tiff, block));
    auto bytes = static_cast<double>(TIFFGetStrileByteCount(tiff, block));
    if (page.plain) {  // what is read, whatever the directory counts
      const std::int64_t row = i % ((page.height + page.blockHeight - 1) / page.blockHeight) * page.blockHeight;
      bytes = static_cast<double>(std::min(page.blockHeight, page.height - row)) * static_cast<double>(rowBytes);
    }
    if (offset <= 0 || bytes <= 0 || offset + bytes > static_cast<double>(fileBytes))
      throw Error(ExitCode::BadData, tiff.path() + ": is truncated or damaged: strip or tile " + std::to_string(i) +
                                         " of a page is not in its " + std::to_string(fileBytes) + " bytes");
    stored += bytes;
  }
  const double promised =
      static_cast<double>(blocks) * static_cast<double>(page.blockHeight) * static_cast<double>(rowBytes);
  if (!page.plain && promised > stored * mostPacked)
    throw Error(ExitCode::BadData, tiff.path() + ": promises far more pixels than its bytes can hold");
}

}  // namespace

StackHeader inspectTiffStack(const std::string& path) {
  const ByteFile bytes(path);
  const TiffDirectories found = tiffDirectories(bytes);
  TiffFile tiff(path);
  StackHeader header{.format = StackFormat::Tiff, .path = path, .name = {}, .extents = {}, .letters = {}, .pages = {}};
  std::optional<TiffPage> first;
  std::string description;
  for (std::int64_t place : found.places) {
    tiff.moveTo(place);
    if (first && tiff.isReduced()) continue;
    const TiffPage page = tiff.page();
    if (!first) description = tiff.description();
    if (first && page != *first) {
      const bool size = page.width != first->width || page.height != first->height;
      throw Error(ExitCode::BadData,
                  path + ": page " + std::to_string(header.pages.size()) +
                      (size ? " has " + extentsText(shapeOf(page)) + " pixels, page 0 " + extentsText(shapeOf(*first))
                            : " is stored in another way than page 0 (type of the numbers, strips or compression)"));
    }
    first = page;
    requireWhole(tiff, page, bytes.size());
    header.pages.push_back(place);
  }
  const std::vector<std::int64_t> shape = shapeOf(*first);
  const auto pages = static_cast<std::int64_t>(header.pages.size());
  auto planes = describedPlanes(description, pages, shape, first->samples, path);
  if (planes && pages == 1 && planes->count() > 1) {  // one directory, all images behind it
    tiff.moveTo(header.pages[0]);
    const double each = static_cast<double>(first->height) *
                        static_cast<double>(first->rowValues() * first->valueBytes()) *
                        static_cast<double>(first->planes());
    const double end = static_cast<double>(TIFFGetStrileOffset(tiff, 0)) + each * static_cast<double>(planes->count());
    if (!first->plain || end > static_cast<double>(bytes.size()))
      throw Error(ExitCode::BadData, path + ": is truncated: it should hold " + std::to_string(planes->count()) +
                                         " images of " + extentsText(shape) + " pixels, and has " +
                                         std::to_string(bytes.size()) + " bytes");
  } else if (planes && planes->pages.empty() && planes->count() != pages) {
    planes.reset();
  }
  if (!planes) planes = TiffPlanes{"?", {pages}, {}};
  if (!planes->pages.empty()) {
    std::vector<std::int64_t> sorted;
    for (std::int64_t page : planes->pages) sorted.push_back(header.pages.at(static_cast<std::size_t>(page)));
    header.pages = std::move(sorted);
  }
  header.letters = planes->letters + (first->samples == 1 ? "yx" : first->separate ? "cyx" : "yxc");
  if (first->samples > 1)  // channels are in the pixels; an axis of planes of that name has length 1
    for (std::size_t i = 0; i < planes->letters.size(); ++i)
      if (header.letters[i] == 'c') header.letters[i] = '?';
  header.extents = planes->extents;
  header.extents.insert(header.extents.end(), shape.begin(), shape.end());
  return header;
}

std::unique_ptr<StackFile> openTiffStack(const StackHeader& header) { return std::make_unique<TiffStack>(header); }

}  // namespace lacuna
