#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace lacuna {

enum class StackFormat : int { Hdf5, Fits, Tiff };

/// What a look into a file tells of the array in it. Rank 0 looks, the others are told.
struct StackHeader {
  StackFormat format = StackFormat::Hdf5;
  std::string path, name;             ///< name: dataset, or HDU (empty: the first image)
  std::vector<std::int64_t> extents;  ///< slowest axis first, none of them zero
  std::string letters;                ///< t c z y x as the file itself names its axes; '?' where it does not
  std::vector<std::int64_t> pages;  ///< TIFF: the place of every page's directory; one for all in ImageJ's large files
  std::string text() const { return name.empty() ? path : path + ":" + name; }
};

/// An array in a file, opened by this rank alone. Parts of it are read as doubles, whatever is stored. Rank-local.
class StackFile {
 public:
  virtual ~StackFile() = default;
  /// The block [start, start + count) along every axis of the file, row by row in the order of the file.
  /// Throws 65 where what is stored there is damaged, 74 where the system fails.
  void read(std::span<const std::int64_t> start, std::span<const std::int64_t> count, std::span<double> out) const;

 protected:
  explicit StackFile(std::vector<std::int64_t> extents) : extents_(std::move(extents)) {}

 private:
  virtual void doRead(std::span<const std::int64_t> start, std::span<const std::int64_t> count, double* out) const = 0;
  std::vector<std::int64_t> extents_;
};

/// Rank-local. Looks into a file, of which kind its first bytes tell; `name` is a dataset (empty: the only one of the
/// file) or an HDU. Nothing is allocated by the file's word alone, and what is promised is compared with the length of
/// the file. Throws 66, 65; 78 where a dataset has to be chosen.
StackHeader inspectStack(const std::string& path, const std::string& name);
StackHeader inspectH5Stack(const std::string& path, const std::string& name);
StackHeader inspectFitsStack(const std::string& path, const std::string& name);
StackHeader inspectTiffStack(const std::string& path);

/// Rank-local. Opens what inspectStack() found.
std::unique_ptr<StackFile> openStack(const StackHeader& header);
std::unique_ptr<StackFile> openH5Stack(const StackHeader& header);
std::unique_ptr<StackFile> openFitsStack(const StackHeader& header);
std::unique_ptr<StackFile> openTiffStack(const StackHeader& header);

}  // namespace lacuna
