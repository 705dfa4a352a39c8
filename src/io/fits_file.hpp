#pragma once
#include <fitsio.h>

#include <string>
#include <utility>

namespace lacuna {

/// An owning handle of a FITS file opened by CFITSIO on this rank. The name is a name: filters, pipes and URLs in it
/// do not work. All methods are rank-local; call them inside onRankZero() or together().
class FitsFile {
 public:
  /// Opens for reading. 66 if there is no such file, 65 if it is not FITS.
  static FitsFile open(const std::string& path);
  /// Opens an image HDU to read: the one named (see moveTo), or the first image of the file. 66, 65.
  static FitsFile openImage(const std::string& path, const std::string& hdu);
  /// Creates; replaces what is there. 73.
  static FitsFile create(const std::string& path);
  /// Opens a file of ours to change its header. 74.
  static FitsFile edit(const std::string& path);
  FitsFile(FitsFile&& o) noexcept;
  FitsFile& operator=(FitsFile&&) = delete;
  ~FitsFile();

  operator fitsfile*() const { return file_; }
  const std::string& path() const { return path_; }

  /// Moves to an HDU given as a number (the primary one is 0) or as EXTNAME; 65 if there is none or it is not whole.
  void moveTo(const std::string& hdu);
  /// 65 if the file is shorter than the current HDU's header says.
  void requireWholeHdu() const;
  /// Compares CHECKSUM and DATASUM, where present, with the bytes of the current HDU (reads all of them). 65.
  void verifyChecksum() const;
  /// Throws for a CFITSIO status other than zero: 65 when reading, 74 when writing, with CFITSIO's own words.
  void check(int status, const std::string& doing) const;
  /// Closes; throws 74 if the last bytes could not be written.
  void close();

 private:
  FitsFile(fitsfile* file, std::string path, bool writing) : file_(file), path_(std::move(path)), writing_(writing) {}
  fitsfile* file_ = nullptr;
  std::string path_;
  bool writing_ = false;
};

}  // namespace lacuna
