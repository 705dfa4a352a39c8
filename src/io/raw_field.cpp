#include "io/raw_field.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "io/window_part.hpp"

namespace lacuna {
namespace {

constexpr std::size_t bufferBytes = std::size_t{1} << 22;

/// A file that exists, open for writing by this rank.
class Writing {
 public:
  explicit Writing(const OutputFile& out) : path_(out.path()) {
    descriptor_ = open(out.temporary().c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor_ < 0) fail();
  }
  ~Writing() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Writing(const Writing&) = delete;
  Writing& operator=(const Writing&) = delete;

  void put(const char* bytes, std::size_t count, std::int64_t offset) const {
    while (count > 0) {
      const ssize_t n = pwrite(descriptor_, bytes, count, offset);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) fail();
      bytes += n;
      offset += n;
      count -= static_cast<std::size_t>(n);
    }
  }
  void close() {
    if (fsync(descriptor_) != 0 && errno != EINVAL) fail();
    if (::close(std::exchange(descriptor_, -1)) != 0) fail();
  }

 private:
  [[noreturn]] void fail() const {
    throw Error(ExitCode::IoError, "cannot write " + path_ + ": " + std::strerror(errno));
  }
  std::string path_;
  int descriptor_ = -1;
};

template <class Word, class T>
void append(std::vector<char>& bytes, T value) {
  auto word = std::bit_cast<Word>(value);
  for (std::size_t i = sizeof(Word); i-- > 0;) bytes.push_back(static_cast<char>(word >> (8 * i) & 0xff));
}

std::uint64_t wordSum(const std::vector<char>& bytes) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i + 3 < bytes.size(); i += 4) {
    std::uint32_t word = 0;
    for (std::size_t k = 0; k < 4; ++k) word = word << 8 | static_cast<unsigned char>(bytes[i + k]);
    sum += word;
  }
  return sum;
}

std::uint32_t folded(std::uint64_t sum) {
  while (sum >> 32) sum = (sum & 0xffffffffU) + (sum >> 32);
  return static_cast<std::uint32_t>(sum);
}

}  // namespace

std::uint32_t writeRawField(const OutputFile& out, std::int64_t offset, RawNumber number, const Cube& cube,
                            const Window& window, PetscInt channel, Vec x) {
  if (!cube.space().holds(x)) throw Error("writeRawField: the vector is not in the space of the field");
  const std::int64_t size = bytesOf(number);
  std::uint64_t mine = 0;
  together(out.comm(), [&] {
    const WindowPart part = windowPart(cube, window, channel);
    if (part.empty()) return;
    Writing file(out);
    const ReadLocal values(x);
    std::vector<char> buffer;
    std::int64_t begin = 0;  // of the buffer, in the file
    const auto flush = [&] {
      file.put(buffer.data(), buffer.size(), begin);
      mine = folded(mine + wordSum(buffer));
      buffer.clear();
    };
    for (PetscInt f = 0; f < part.count[0]; ++f)
      for (PetscInt z = 0; z < part.count[2]; ++z)
        for (PetscInt y = 0; y < part.count[3]; ++y) {
          std::int64_t row = part.inFile[0] + f;
          row = (row * window.count[0] + part.inFile[2] + z) * window.count[1] + part.inFile[3] + y;
          const std::int64_t place = offset + row * window.count[2] * size;
          if (!buffer.empty() &&
              (place != begin + static_cast<std::int64_t>(buffer.size()) || buffer.size() > bufferBytes))
            flush();
          if (buffer.empty()) begin = place;
          const double* in = values.data() + part.localRow(cube.box(), f, z, y);
          for (PetscInt i = 0; i < part.count[4]; ++i)
            number == RawNumber::Float32 ? append<std::uint32_t>(buffer, static_cast<float>(in[i]))
                                         : append<std::uint64_t>(buffer, in[i]);
        }
    flush();
    file.close();
  });
  std::uint64_t all = 0;  // sums of 32 bits of fewer than 2^32 ranks do not overflow
  checkMpi(MPI_Allreduce(&mine, &all, 1, MPI_UINT64_T, MPI_SUM, out.comm()));
  return folded(all);
}

void writeRawHead(const OutputFile& out, const std::string& bytes) {
  onRankZero(out.comm(), [&] {
    Writing file(out);
    file.put(bytes.data(), bytes.size(), 0);
    file.close();
  });
}

}  // namespace lacuna
