#pragma once
#include <tiffio.h>

#include <cstdint>
#include <memory>
#include <string>

namespace lacuna {

/// What a directory of a TIFF says of its page.
struct TiffPage {
  std::int64_t width = 0, height = 0;
  std::uint16_t samples = 1;     ///< values a pixel
  std::uint16_t bits = 1;        ///< of a value
  std::uint16_t format = 1;      ///< SAMPLEFORMAT_UINT, _INT, _IEEEFP
  bool separate = false;         ///< [sample][y][x] instead of [y][x][sample]
  bool tiled = false;            ///< in tiles instead of strips of rows
  bool plain = false;            ///< neither compressed nor with turned bits: rows can be read as they stand
  std::int64_t blockWidth = 0;   ///< of a tile; width of a strip
  std::int64_t blockHeight = 0;  ///< rows of a tile or strip
  std::int64_t valueBytes() const { return bits / 8; }
  std::int64_t planes() const { return separate ? samples : 1; }
  std::int64_t rowValues() const { return separate ? width : width * samples; }  ///< of one plane
  friend bool operator==(const TiffPage&, const TiffPage&) = default;
};

/// A TIFF opened by libtiff on this rank to be read. libtiff's messages become errors, its warnings are dropped.
class TiffFile {
 public:
  /// Throws 66, 65.
  explicit TiffFile(const std::string& path);

  const std::string& path() const { return path_; }
  operator TIFF*() const { return tiff_.get(); }
  /// Goes to the page whose directory is at this byte. Throws 65.
  void moveTo(std::int64_t place);
  /// The current page. Throws 65 where it holds what is no number of 8, 16, 32 or 64 bits, or is a palette of colours.
  TiffPage page() const;
  /// A reduced copy of another page (a thumbnail), or a mask.
  bool isReduced() const;
  /// ImageDescription of the current page; empty if there is none.
  std::string description() const;
  /// Throws 65 with what libtiff said last.
  [[noreturn]] void fail(const std::string& doing) const;

 private:
  std::string path_;
  std::unique_ptr<TIFF, void (*)(TIFF*)> tiff_;
};

}  // namespace lacuna
