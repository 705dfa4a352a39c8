#pragma once
#include <cstdint>
#include <string>

namespace lacuna {

/// A regular file open for reading at any place. Rank-local, move-only.
class ByteFile {
 public:
  ByteFile() = default;
  /// Throws exit 66: no such file, a directory or another special file, no permission.
  explicit ByteFile(const std::string& path);
  ~ByteFile();
  ByteFile(ByteFile&& other) noexcept;
  ByteFile& operator=(ByteFile&& other) noexcept;

  const std::string& path() const { return path_; }
  std::int64_t size() const { return size_; }
  /// Reads `bytes` bytes from `offset`. Throws exit 74 where the system fails or the file ends before.
  void read(std::int64_t offset, std::int64_t bytes, void* out) const;

 private:
  std::string path_;
  std::int64_t size_ = 0;
  int descriptor_ = -1;
};

}  // namespace lacuna
