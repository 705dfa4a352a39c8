#include "io/fits_file.hpp"

#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

#include "base/failure.hpp"

namespace lacuna {
namespace {

std::string statusText(int status) {
  std::array<char, FLEN_STATUS> text{};
  fits_get_errstatus(status, text.data());
  std::string out = text.data();
  std::array<char, FLEN_ERRMSG> line{};
  for (int n = 0; fits_read_errmsg(line.data()); ++n)
    if (n == 0) out += std::string(" (") + line.data() + ")";
  return out;
}

bool isNumber(const std::string& text) {
  return !text.empty() && text.size() < 7 && text.find_first_not_of("0123456789") == std::string::npos;
}

bool isImage(const FitsFile& file) {
  int status = 0, kind = 0, axes = 0;
  fits_get_hdu_type(file, &kind, &status);
  if (kind == IMAGE_HDU) fits_get_img_dim(file, &axes, &status);
  file.check(status, "header");
  return kind == IMAGE_HDU && axes > 0;
}

}  // namespace

FitsFile FitsFile::open(const std::string& path) {
  // CFITSIO opens compressed files and other formats by their first bytes, too: only FITS itself is let through.
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> raw(std::fopen(path.c_str(), "rb"), std::fclose);
  if (!raw) throw Error(ExitCode::NoInput, path + ": " + std::strerror(errno));
  std::array<char, 9> magic{};
  errno = 0;
  const std::size_t got = std::fread(magic.data(), 1, magic.size(), raw.get());
  if (errno == EISDIR) throw Error(ExitCode::NoInput, path + ": is a folder");
  if (got >= 2 && static_cast<unsigned char>(magic[0]) == 0x1f && static_cast<unsigned char>(magic[1]) == 0x8b)
    throw Error(ExitCode::BadData, path + ": is compressed by gzip: unpack it first");
  if (got < magic.size() || std::memcmp(magic.data(), "SIMPLE  =", magic.size()) != 0)
    throw Error(ExitCode::BadData, path + ": is not a FITS file");
  int status = 0;
  fitsfile* file = nullptr;
  fits_clear_errmsg();
  if (fits_open_diskfile(&file, path.c_str(), READONLY, &status))
    throw Error(ExitCode::BadData, path + ": cannot be opened as FITS: " + statusText(status));
  return FitsFile(file, path, false);
}

FitsFile FitsFile::openImage(const std::string& path, const std::string& hdu) {
  FitsFile file = FitsFile::open(path);
  if (!hdu.empty()) {
    file.moveTo(hdu);
    if (!isImage(file)) throw Error(ExitCode::BadData, path + ": HDU '" + hdu + "' is not an image");
    return file;
  }
  int count = 0, status = 0;
  fits_get_num_hdus(file, &count, &status);
  file.check(status, "header");
  for (int i = 0; i < count; ++i) {
    file.moveTo(std::to_string(i));
    if (isImage(file)) return file;
  }
  throw Error(ExitCode::BadData, path + ": has no image");
}

FitsFile FitsFile::create(const std::string& path) {
  std::remove(path.c_str());
  int status = 0;
  fitsfile* file = nullptr;
  fits_clear_errmsg();
  if (fits_create_diskfile(&file, path.c_str(), &status))
    throw Error(ExitCode::CannotCreate, "cannot create " + path + ": " + statusText(status));
  return FitsFile(file, path, true);
}

FitsFile FitsFile::edit(const std::string& path) {
  int status = 0;
  fitsfile* file = nullptr;
  fits_clear_errmsg();
  if (fits_open_diskfile(&file, path.c_str(), READWRITE, &status))
    throw Error(ExitCode::IoError, "cannot write " + path + ": " + statusText(status));
  return FitsFile(file, path, true);
}

FitsFile::FitsFile(FitsFile&& o) noexcept
    : file_(std::exchange(o.file_, nullptr)), path_(std::move(o.path_)), writing_(o.writing_) {}

FitsFile::~FitsFile() {
  int status = 0;
  if (file_) fits_close_file(file_, &status);
  fits_clear_errmsg();
}

void FitsFile::check(int status, const std::string& doing) const {
  if (status == 0) return;
  throw Error(writing_ ? ExitCode::IoError : ExitCode::BadData, path_ + ": " + doing + ": " + statusText(status));
}

void FitsFile::moveTo(const std::string& hdu) {
  int status = 0;
  if (isNumber(hdu)) {
    fits_movabs_hdu(file_, std::stoi(hdu) + 1, nullptr, &status);
  } else {
    std::string name = hdu;
    fits_movnam_hdu(file_, ANY_HDU, name.data(), 0, &status);
  }
  if (status == END_OF_FILE || status == BAD_HDU_NUM) {
    int count = 0, ignored = 0;
    fits_get_num_hdus(file_, &count, &ignored);
    fits_clear_errmsg();
    throw Error(ExitCode::BadData,
                path_ + ": there is no HDU '" + hdu + "' (the file has " + std::to_string(count) + ", counted from 0)");
  }
  check(status, "HDU " + hdu);
  requireWholeHdu();
}

void FitsFile::requireWholeHdu() const {
  int status = 0;
  LONGLONG header = 0, data = 0, end = 0;
  fits_get_hduaddrll(file_, &header, &data, &end, &status);
  check(status, "header");
  struct stat info {};
  if (stat(path_.c_str(), &info) != 0) throw Error(ExitCode::NoInput, path_ + ": " + std::strerror(errno));
  if (end > info.st_size || end < data)
    throw Error(ExitCode::BadData, path_ + ": is truncated: the header promises " + std::to_string(end) +
                                       " bytes, the file has " + std::to_string(info.st_size));
}

void FitsFile::verifyChecksum() const {
  int status = 0, data = 0, hdu = 0;
  fits_verify_chksum(file_, &data, &hdu, &status);
  check(status, "checksum");
  if (data < 0 || hdu < 0)
    throw Error(ExitCode::BadData,
                path_ + ": checksum error (" + (data < 0 ? "DATASUM" : "CHECKSUM") + "): the file is damaged");
}

void FitsFile::close() {
  int status = 0;
  fits_close_file(std::exchange(file_, nullptr), &status);
  check(status, "closing");
}

}  // namespace lacuna
