#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <string_view>

#include "io/byte_file.hpp"
#include "io/sparse_file.hpp"
#include "io/sparse_part.hpp"

namespace lacuna {
namespace {

/// The lines of a file from a place on, a buffer at a time.
class Lines {
 public:
  Lines(const ByteFile& file, std::int64_t start) : file_(file), next_(start), place_(start) {}
  std::int64_t place() const { return place_; }  ///< where the next line begins
  /// Without its end; false at the end of the file.
  bool next(std::string_view& line) {
    while (true) {
      if (const std::size_t end = buffer_.find('\n', at_); end != std::string::npos) return take(line, end, 1);
      if (next_ == file_.size()) return at_ < buffer_.size() && take(line, buffer_.size(), 0);
      buffer_.erase(0, at_);
      at_ = 0;
      if (buffer_.size() > longest)
        throw Error(ExitCode::BadData, file_.path() + ": the line at byte " + std::to_string(place_) + " does not end");
      const std::int64_t more = std::min<std::int64_t>(file_.size() - next_, longest);
      const std::size_t had = buffer_.size();
      buffer_.resize(had + static_cast<std::size_t>(more));
      file_.read(next_, more, buffer_.data() + had);
      next_ += more;
    }
  }

 private:
  bool take(std::string_view& line, std::size_t end, std::size_t skip) {
    line = std::string_view(buffer_).substr(at_, end - at_);
    place_ += static_cast<std::int64_t>(end - at_ + skip);
    at_ = end + skip;
    return true;
  }
  static constexpr std::int64_t longest = 1 << 22;
  const ByteFile& file_;
  std::int64_t next_, place_;
  std::string buffer_;
  std::size_t at_ = 0;
};

std::string_view nextWord(std::string_view& line) {
  const auto space = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
  while (!line.empty() && space(line.front())) line.remove_prefix(1);
  std::size_t n = 0;
  while (n < line.size() && !space(line[n])) ++n;
  const std::string_view word = line.substr(0, n);
  line.remove_prefix(n);
  return word;
}
template <class T>
bool number(std::string_view word, T& value) {
  if (!word.empty() && word.front() == '+') word.remove_prefix(1);
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  return error == std::errc() && end == word.data() + word.size();
}

/// What the first lines say.
struct Header {
  std::int64_t rows = 0, columns = 0, entries = 0, body = 0;  ///< body: the byte after them
  std::int64_t pattern = 0, mirror = 0;                       ///< mirror: +1 symmetric, -1 skew-symmetric
};
Header readHeader(const ByteFile& file) {
  Lines lines(file, 0);
  std::string_view line;
  std::string banner;
  if (lines.next(line)) banner = line;
  for (char& c : banner) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  std::string_view rest = banner;
  std::array<std::string_view, 5> words;
  for (auto& word : words) word = nextWord(rest);
  const auto refuse = [&](const std::string& why) { throw Error(ExitCode::BadData, file.path() + ": " + why); };
  if (words[0] != "%%matrixmarket" || words[1] != "matrix") refuse("is not a MatrixMarket matrix");
  if (words[2] != "coordinate") refuse("is a MatrixMarket " + std::string(words[2]) + ", 'coordinate' is expected");
  Header h;
  if (words[3] == "pattern")
    h.pattern = 1;
  else if (words[3] != "real" && words[3] != "integer" && words[3] != "double")
    refuse("holds " + std::string(words[3]) + " values: real, integer and pattern are read");
  if (words[4] == "symmetric")
    h.mirror = 1;
  else if (words[4] == "skew-symmetric")
    h.mirror = -1;
  else if (words[4] != "general")
    refuse("is " + std::string(words[4]) + ": general, symmetric and skew-symmetric are read");
  while (lines.next(line)) {
    std::string_view fields = line;
    const std::string_view first = nextWord(fields);
    if (first.empty() || first.front() == '%') continue;
    if (!number(first, h.rows) || !number(nextWord(fields), h.columns) || !number(nextWord(fields), h.entries) ||
        h.entries < 0 || !nextWord(fields).empty())
      refuse("the line of sizes is '" + std::string(line.substr(0, 80)) + "'");
    if (h.mirror != 0 && h.rows != h.columns) refuse("is symmetric but not square");
    h.body = lines.place();
    return h;
  }
  refuse("has no line of sizes");
  return h;
}

}  // namespace

SparseEntries readMatrixMarket(MPI_Comm comm, const std::string& path) {
  Header h;
  ByteFile file;
  onRankZero(comm, [&] {
    file = ByteFile(path);
    h = readHeader(file);
  });
  checkMpi(MPI_Bcast(&h, sizeof h, MPI_BYTE, 0, comm));
  SparseEntries m = emptyMatrix(path, h.rows, h.columns);
  double found = 0;
  together(comm, [&] {
    if (rankOf(comm) > 0) file = ByteFile(path);
    // The lines that begin in my part of the bytes.
    const PartOfFile part = partOfFile(comm, file.size() - h.body);
    const std::int64_t start = h.body + part.start, end = start + part.count;
    if (part.count == 0) return;
    std::string_view line;
    Lines lines(file, start > h.body ? start - 1 : start);
    if (start > h.body) lines.next(line);  // to the end of the line that began before
    for (std::int64_t at = lines.place(); at < end && lines.next(line); at = lines.place()) {
      std::string_view fields = line;
      const std::string_view first = nextWord(fields);
      if (first.empty() || first.front() == '%') continue;
      std::int64_t i = 0, j = 0;
      double v = 1;
      const auto where = [&] {
        return path + ": the line at byte " + std::to_string(at) + ", '" + std::string(line.substr(0, 80)) + "',";
      };
      if (!number(first, i) || !number(nextWord(fields), j) || (h.pattern == 0 && !number(nextWord(fields), v)) ||
          !nextWord(fields).empty())
        throw Error(ExitCode::BadData, where() + " is not an entry");
      if (i < 1 || i > h.rows || j < 1 || j > h.columns)
        throw Error(ExitCode::BadData, where() + " is outside the matrix of " + std::to_string(h.rows) + " x " +
                                           std::to_string(h.columns));
      if (!std::isfinite(v)) throw Error(ExitCode::BadData, where() + " holds a value that is not finite");
      ++found;
      m.add(i - 1, j - 1, v);
      if (h.mirror != 0 && i != j) m.add(j - 1, i - 1, static_cast<double>(h.mirror) * v);
    }
  });
  const double all = sumOver(comm, found, nullptr);
  if (all != static_cast<double>(h.entries))
    throw Error(ExitCode::BadData, path + ": has " + std::to_string(static_cast<std::int64_t>(all)) +
                                       " entries, the line of sizes says " + std::to_string(h.entries));
  return m;
}

}  // namespace lacuna
