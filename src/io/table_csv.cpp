#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <numeric>

#include "base/error.hpp"
#include "io/table_kinds.hpp"

namespace lacuna {
namespace {

std::string_view trimmed(std::string_view s) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!s.empty() && blank(s.front())) s.remove_prefix(1);
  while (!s.empty() && blank(s.back())) s.remove_suffix(1);
  return s;
}

/// A line that holds no row.
bool isIdle(std::string_view line) {
  line = trimmed(line);
  return line.empty() || line.front() == '#';
}

/// A number that fills the field; "nan" and "inf" are numbers, a leading + is allowed.
bool parse(std::string_view field, double& out) {
  field = trimmed(field);
  if (field.starts_with('+') && !field.starts_with("+-")) field.remove_prefix(1);
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), out);
  return error == std::errc() && end == field.data() + field.size();
}

std::vector<std::string_view> fieldsOf(std::string_view line) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0;;) {
    const std::size_t comma = line.find(',', at);
    out.push_back(trimmed(line.substr(at, comma == std::string_view::npos ? comma : comma - at)));
    if (comma == std::string_view::npos) return out;
    at = comma + 1;
  }
}

/// Lines of a file from a byte offset on, read in blocks.
class Lines {
 public:
  static constexpr std::int64_t blockBytes = 1 << 20, longest = 1 << 24;
  Lines(const ByteFile& file, std::int64_t offset) : file_(file), next_(offset), start_(offset) {}

  /// The next line without its end; false at the end of the file.
  bool next(std::string_view& line) {
    start_ += static_cast<std::int64_t>(used_ - begin_);
    begin_ = used_;
    for (std::size_t searched = begin_;;) {
      const void* found = std::memchr(buffer_.data() + searched, '\n', buffer_.size() - searched);
      const bool last = !found && next_ >= file_.size();
      if (found || last) {
        const std::size_t end =
            found ? static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data()) : buffer_.size();
        if (last && end == begin_) return false;
        line = std::string_view(buffer_).substr(begin_, end - begin_);
        used_ = end + (found ? 1 : 0);
        return true;
      }
      if (static_cast<std::int64_t>(buffer_.size() - begin_) > longest)
        throw Error(ExitCode::BadData, file_.path() + ": a line of more than 16 MiB: this is no CSV file");
      refill();
      searched = begin_;
    }
  }
  /// Byte offset of the line that next() gave.
  std::int64_t start() const { return start_; }
  /// Byte offset of the line after it.
  std::int64_t after() const { return start_ + static_cast<std::int64_t>(used_ - begin_); }

 private:
  void refill() {
    buffer_.erase(0, begin_);
    used_ -= begin_;
    begin_ = 0;
    const std::int64_t n = std::min(blockBytes, file_.size() - next_);
    const std::size_t old = buffer_.size();
    buffer_.resize(old + static_cast<std::size_t>(n));
    file_.read(next_, n, buffer_.data() + old);
    next_ += n;
  }
  const ByteFile& file_;
  std::string buffer_;
  std::size_t begin_ = 0, used_ = 0;
  std::int64_t next_, start_;
};

/// A line from which reading can start: its offset, and how many rows and lines stand before it.
struct Mark {
  std::int64_t offset = 0, row = 0, line = 0;
};

class CsvTable final : public Table {
 public:
  CsvTable(MPI_Comm comm, ByteFile file) : Table(comm, file.path()), file_(std::move(file)) {
    Mark body;
    std::string header;
    onRankZero(comm, [&] { body = readHeader(header); });
    checkMpi(MPI_Bcast(&body, sizeof body, MPI_BYTE, 0, comm));
    for (std::string_view name : fieldsOf(header = broadcast(comm, header))) columns_.emplace_back(name);
    count(body);
  }

 private:
  Mark readHeader(std::string& header) const;
  void count(const Mark& body);
  void doRead(std::span<const std::size_t> columns, std::int64_t firstRow, std::int64_t count,
              std::span<double* const> out) const override;
  [[noreturn]] void refuse(std::string_view line, std::int64_t number, std::size_t column, bool missing) const;

  ByteFile file_;
  std::vector<Mark> marks_;  ///< of the whole file, in order, about 1 MiB apart
  mutable Mark cursor_;      ///< where the last read ended: pieces are mostly read in order
};

Mark CsvTable::readHeader(std::string& header) const {
  Lines lines(file_, 0);
  std::string_view line, shown;
  std::string comment;
  Mark body;
  while (lines.next(line)) {
    if (lines.start() == 0 && line.starts_with("\xef\xbb\xbf")) line.remove_prefix(3);
    if (line.find('\0') != std::string_view::npos) throw Error(ExitCode::BadData, name_ + ": is not a text file");
    ++body.line;
    body.offset = lines.after();
    shown = trimmed(line);
    if (!isIdle(line)) break;
    if (!shown.empty()) comment = shown.substr(std::min(shown.find_first_not_of("# \t"), shown.size()));
    shown = {};
  }
  if (shown.empty()) throw Error(ExitCode::BadData, name_ + ": there is neither a header line nor a row in it");
  header = shown;
  double number = 0;
  const auto fields = fieldsOf(shown);
  for (const auto& [sign, name] : {std::pair{';', "semicolons"}, {'\t', "tabs"}, {' ', "blanks"}})
    if (fields.size() == 1 && shown.find(sign) != std::string_view::npos)
      throw Error(ExitCode::BadData, fmt::format("{}: line {} is divided by {}; the columns must be divided by commas",
                                                 name_, body.line, name));
  if (std::any_of(fields.begin(), fields.end(), [&](auto f) { return parse(f, number); })) {
    // Numbers at once: the names may stand in the last comment ("# ra,dec,e1,e2", as numpy.savetxt writes them).
    if (fieldsOf(comment).size() != fields.size() || comment.empty())
      throw Error(ExitCode::BadData,
                  fmt::format("{}: line {} holds numbers where the names of the columns should be", name_, body.line));
    header = comment;
    body.offset = lines.start();
    --body.line;
  }
  std::string names;
  for (std::string_view f : fieldsOf(header)) {
    if (f.size() > 1 && (f.front() == '"' || f.front() == '\'') && f.back() == f.front()) f = f.substr(1, f.size() - 2);
    if (f.empty()) throw Error(ExitCode::BadData, name_ + ": the header line has an empty column name");
    names += (names.empty() ? "" : ",") + std::string(f);
  }
  header = names;
  const auto all = fieldsOf(header);
  for (auto i = all.begin(); i != all.end(); ++i)
    if (std::find(all.begin(), i, *i) != i)
      throw Error(ExitCode::BadData, name_ + ": two columns are named '" + std::string(*i) + "'");
  return body;
}

void CsvTable::count(const Mark& body) {
  // A line belongs to the rank whose part of the bytes holds its first byte.
  const int ranks = sizeOf(comm_), rank = rankOf(comm_);
  const RowRange part = rowsOf(file_.size() - body.offset, ranks, rank);
  const std::int64_t from = body.offset + part.first, to = from + part.count;
  const std::int64_t apart = std::max<std::int64_t>(Lines::blockBytes, file_.size() >> 16);
  std::vector<Mark> mine;
  std::array<std::int64_t, 2> here{};  // rows, lines
  together(comm_, [&] {
    if (part.count == 0) return;
    Lines lines(file_, rank == 0 ? from : from - 1);
    std::string_view line;
    if (rank != 0) lines.next(line);  // the tail of a line of the rank before (empty if one starts at `from`)
    while (lines.after() < to && lines.next(line)) {
      if (mine.empty() || lines.start() >= mine.back().offset + apart)
        mine.push_back({lines.start(), here[0], here[1]});
      ++here[1];
      if (!isIdle(line)) ++here[0];
    }
  });
  std::array<std::int64_t, 2> before{};
  checkMpi(MPI_Exscan(here.data(), before.data(), 2, MPI_INT64_T, MPI_SUM, comm_));
  if (rank == 0) before = {};
  for (Mark& m : mine) {
    m.row += before[0];
    m.line += before[1] + body.line;
  }
  checkMpi(MPI_Allreduce(&here[0], &rows_, 1, MPI_INT64_T, MPI_SUM, comm_));
  std::vector<int> bytes(static_cast<std::size_t>(ranks)), starts(bytes.size());
  const int size = static_cast<int>(mine.size() * sizeof(Mark));
  checkMpi(MPI_Allgather(&size, 1, MPI_INT, bytes.data(), 1, MPI_INT, comm_));
  std::exclusive_scan(bytes.begin(), bytes.end(), starts.begin(), 0);
  marks_.resize(static_cast<std::size_t>(starts.back() + bytes.back()) / sizeof(Mark));
  checkMpi(MPI_Allgatherv(mine.data(), size, MPI_BYTE, marks_.data(), bytes.data(), starts.data(), MPI_BYTE, comm_));
}

void CsvTable::refuse(std::string_view line, std::int64_t number, std::size_t column, bool missing) const {
  const auto fields = fieldsOf(line);
  if (missing || fields.size() != columns_.size())
    throw Error(ExitCode::BadData, fmt::format("{}: line {} has {} fields where the header has {} columns", name_,
                                               number, fields.size(), columns_.size()));
  const std::string_view field = fields[column];
  if (field.empty())
    throw Error(ExitCode::BadData,
                fmt::format("{}: line {}, column '{}': the field is empty", name_, number, columns_[column]));
  throw Error(ExitCode::BadData, fmt::format("{}: line {}, column '{}': '{}' is not a number", name_, number,
                                             columns_[column], field.substr(0, 60)));
}

void CsvTable::doRead(std::span<const std::size_t> columns, std::int64_t firstRow, std::int64_t count,
                      std::span<double* const> out) const {
  const auto after =
      std::upper_bound(marks_.begin(), marks_.end(), firstRow, [](auto r, const Mark& m) { return r < m.row; });
  Mark at = after == marks_.begin() ? Mark{} : *std::prev(after);
  if (cursor_.offset > 0 && cursor_.row <= firstRow && cursor_.row >= at.row) at = cursor_;
  std::vector<std::vector<double*>> targets(columns_.size());
  for (std::size_t c = 0; c < columns.size(); ++c) targets[columns[c]].push_back(out[c]);

  Lines lines(file_, at.offset);
  std::string_view line;
  while (at.row < firstRow + count) {
    if (!lines.next(line)) throw Error(ExitCode::IoError, name_ + ": ends early; was it changed while being read?");
    ++at.line;
    if (isIdle(line)) continue;
    if (at.row++ < firstRow) continue;
    const std::int64_t place = at.row - 1 - firstRow;
    std::size_t column = 0;
    for (std::size_t begin = 0;; ++column) {
      const std::size_t comma = line.find(',', begin);
      if (column >= columns_.size()) refuse(line, at.line, column, true);
      if (!targets[column].empty()) {
        double value = 0;
        if (!parse(line.substr(begin, comma == std::string_view::npos ? comma : comma - begin), value))
          refuse(line, at.line, column, false);
        for (double* target : targets[column]) target[place] = value;
      }
      if (comma == std::string_view::npos) break;
      begin = comma + 1;
    }
    if (column + 1 != columns_.size()) refuse(line, at.line, column, true);
  }
  at.offset = lines.after();
  cursor_ = at;
}

}  // namespace

std::unique_ptr<Table> openCsvTable(MPI_Comm comm, ByteFile file, const std::string& hdu) {
  if (!hdu.empty()) throw Error(ExitCode::BadData, file.path() + ": is a CSV file, which has no HDU '" + hdu + "'");
  return std::make_unique<CsvTable>(comm, std::move(file));
}

}  // namespace lacuna
