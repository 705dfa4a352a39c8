#include "io/tiff_file.hpp"

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <utility>

#include "base/failure.hpp"

namespace lacuna {
namespace {

/// What libtiff said first since it was last asked: later messages are consequences.
std::string& lastMessage() {
  static thread_local std::string text;
  return text;
}

void keepMessage(const char*, const char* format, va_list arguments) {
  std::array<char, 512> text{};
  std::vsnprintf(text.data(), text.size(), format, arguments);
  if (lastMessage().empty()) lastMessage() = text.data();
}

template <class T>
T field(TIFF* tiff, std::uint32_t tag, T otherwise) {
  T value = otherwise;
  return TIFFGetFieldDefaulted(tiff, tag, &value) ? value : otherwise;
}

}  // namespace

TiffFile::TiffFile(const std::string& path) : path_(path), tiff_(nullptr, TIFFClose) {
  TIFFSetErrorHandler(keepMessage);
  TIFFSetWarningHandler(nullptr);
  lastMessage().clear();
  tiff_.reset(TIFFOpen(path.c_str(), "rm"));  // m: no memory map, whose reader dies where a file is cut short
  if (!tiff_) fail("cannot be opened as TIFF");
}

void TiffFile::fail(const std::string& doing) const {
  const std::string why = std::exchange(lastMessage(), {});
  throw Error(ExitCode::BadData, path_ + ": " + doing + ": " + (why.empty() ? "libtiff gives no reason" : why));
}

void TiffFile::moveTo(std::int64_t place) {
  if (!TIFFSetSubDirectory(*this, static_cast<std::uint64_t>(place)))
    fail("the page at byte " + std::to_string(place) + " cannot be read");
}

bool TiffFile::isReduced() const {
  return (field<std::uint32_t>(*this, TIFFTAG_SUBFILETYPE, 0) & (FILETYPE_REDUCEDIMAGE | FILETYPE_MASK)) != 0;
}

std::string TiffFile::description() const {
  char* text = nullptr;
  return TIFFGetField(*this, TIFFTAG_IMAGEDESCRIPTION, &text) && text ? text : "";
}

TiffPage TiffFile::page() const {
  TIFF* tiff = *this;
  TiffPage out;
  out.width = field<std::uint32_t>(tiff, TIFFTAG_IMAGEWIDTH, 0);
  out.height = field<std::uint32_t>(tiff, TIFFTAG_IMAGELENGTH, 0);
  out.samples = field<std::uint16_t>(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
  out.bits = field<std::uint16_t>(tiff, TIFFTAG_BITSPERSAMPLE, 1);
  out.format = field<std::uint16_t>(tiff, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
  if (out.format == SAMPLEFORMAT_VOID) out.format = SAMPLEFORMAT_UINT;
  out.separate = out.samples > 1 && field<std::uint16_t>(tiff, TIFFTAG_PLANARCONFIG, 1) == PLANARCONFIG_SEPARATE;
  out.tiled = TIFFIsTiled(tiff) != 0;
  const auto compression = field<std::uint16_t>(tiff, TIFFTAG_COMPRESSION, COMPRESSION_NONE);
  const auto photometric = field<std::uint16_t>(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
  const auto refuse = [&](const std::string& why) { throw Error(ExitCode::BadData, path_ + ": " + why); };
  if (out.width < 1 || out.height < 1 || out.samples < 1) refuse("a TIFF page without pixels");
  const bool real = out.format == SAMPLEFORMAT_IEEEFP && (out.bits == 32 || out.bits == 64);
  const bool integer = (out.format == SAMPLEFORMAT_UINT || out.format == SAMPLEFORMAT_INT) &&
                       (out.bits == 8 || out.bits == 16 || out.bits == 32 || out.bits == 64);
  if (!real && !integer)
    refuse("TIFF values of " + std::to_string(out.bits) + " bits, sample format " + std::to_string(out.format) +
           ": integers of 8, 16, 32 or 64 bits and floating-point numbers of 32 or 64 are read");
  if (photometric == PHOTOMETRIC_PALETTE) refuse("a TIFF of palette colours: its values are no intensities");
  if (photometric == PHOTOMETRIC_YCBCR) refuse("a TIFF of YCbCr colours (a photograph): its values are no intensities");
  if (!TIFFIsCODECConfigured(compression))
    refuse("TIFF compression " + std::to_string(compression) + ", which this libtiff does not have");
  out.plain = compression == COMPRESSION_NONE && !out.tiled &&
              field<std::uint16_t>(tiff, TIFFTAG_FILLORDER, FILLORDER_MSB2LSB) == FILLORDER_MSB2LSB;
  out.blockWidth = out.tiled ? field<std::uint32_t>(tiff, TIFFTAG_TILEWIDTH, 0) : out.width;
  out.blockHeight = out.tiled ? field<std::uint32_t>(tiff, TIFFTAG_TILELENGTH, 0)
                              : std::min<std::int64_t>(field<std::uint32_t>(tiff, TIFFTAG_ROWSPERSTRIP, 0), out.height);
  if (out.blockWidth < 1 || out.blockHeight < 1) refuse("a TIFF page whose strips or tiles have no rows");
  return out;
}

}  // namespace lacuna
