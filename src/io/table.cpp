#include "io/table.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <utility>

#include "base/error.hpp"
#include "base/nearest.hpp"
#include "io/crash_guard.hpp"
#include "io/table_kinds.hpp"

namespace lacuna {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

/// "/cat/ra" is "cat/ra": HDF5 users write both.
std::string_view withoutSlash(std::string_view column) {
  return column.size() > 1 && column.front() == '/' ? column.substr(1) : column;
}

/// "; the nearest names are 'RA', 'DEC'"
std::string nearest(std::string_view wanted, const std::vector<std::string>& names) {
  if (names.empty()) return "; it has no columns of numbers";
  std::vector<std::string> shown;
  for (const std::string& name : names)  // asked for "ra", there is "cat/ra" (HDF5) or "RA_J2000"
    if (lower(name).ends_with("/" + lower(wanted)) || lower(name).starts_with(lower(wanted))) shown.push_back(name);
  for (const std::string& name : nearestNames(wanted, names))
    if (std::find(shown.begin(), shown.end(), name) == shown.end()) shown.push_back(name);
  std::string out = names.size() > 1 ? "; the nearest names are" : "; its only column is";
  for (std::size_t i = 0; i < std::min<std::size_t>(3, shown.size()); ++i) out += (i ? ", '" : " '") + shown[i] + "'";
  return out;
}

}  // namespace

std::vector<std::string> broadcast(MPI_Comm comm, const std::vector<std::string>& list) {
  std::string all;
  for (const std::string& text : list) all += text + '\0';
  all = broadcast(comm, std::move(all));
  std::vector<std::string> out;
  for (std::size_t at = 0; at < all.size(); at += out.back().size() + 1) out.emplace_back(all.c_str() + at);
  return out;
}

void Table::shareHeader() {
  name_ = broadcast(comm_, std::move(name_));
  columns_ = broadcast(comm_, columns_);
  checkMpi(MPI_Bcast(&rows_, 1, MPI_INT64_T, 0, comm_));
  std::vector<std::string> pairs;
  for (const auto& [name, why] : unreadable_) pairs.insert(pairs.end(), {name, why});
  pairs = broadcast(comm_, pairs);
  unreadable_.clear();
  for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) unreadable_.emplace_back(pairs[i], pairs[i + 1]);
}

bool Table::has(std::string_view column) const {
  column = withoutSlash(column);
  return std::any_of(columns_.begin(), columns_.end(), [&](const auto& c) { return lower(c) == lower(column); });
}

std::size_t Table::find(std::string_view column) const {
  column = withoutSlash(column);
  const auto exact = std::find(columns_.begin(), columns_.end(), column);
  if (exact != columns_.end()) return static_cast<std::size_t>(exact - columns_.begin());
  const std::string key = lower(column);
  std::vector<std::size_t> matches;
  for (std::size_t i = 0; i < columns_.size(); ++i)
    if (lower(columns_[i]) == key) matches.push_back(i);
  if (matches.size() == 1) return matches.front();
  const std::string what = name_ + ": column '" + std::string(column) + "'";
  for (const auto& [name, why] : unreadable_)
    if (matches.empty() && lower(name) == key) throw Error(ExitCode::BadData, what + " cannot be used: " + why);
  if (matches.empty())
    throw Error(ExitCode::BadData, what + " is not there" + nearest(column, columns_) + otherTables_ +
                                       ". The keys of [data] name the columns; weight = \"\" means no weights");
  throw Error(ExitCode::BadData, what + " could be '" + columns_[matches[0]] + "' or '" + columns_[matches[1]] +
                                     "': write the name letter by letter");
}

void Table::read(std::span<const std::size_t> columns, std::int64_t firstRow, std::int64_t count,
                 std::span<double* const> out) const {
  if (columns.size() != out.size()) throw Error(name_ + ": read: one output array per column is needed");
  if (firstRow < 0 || count < 0 || count > rows_ - firstRow)
    throw Error(name_ + ": read: rows " + std::to_string(firstRow) + " + " + std::to_string(count) + " of " +
                std::to_string(rows_));
  for (std::size_t c : columns)
    if (c >= columns_.size()) throw Error(name_ + ": read: no column number " + std::to_string(c));
  if (count == 0 || columns.empty()) return;
  const CrashGuard guard(name_, 8 * static_cast<double>(count) * static_cast<double>(columns.size()));
  doRead(columns, firstRow, count, out);
}

void Table::read(std::string_view column, std::int64_t firstRow, std::int64_t count, double* out) const {
  const std::array<std::size_t, 1> columns{find(column)};
  const std::array<double*, 1> outs{out};
  read(columns, firstRow, count, outs);
}

RowRange rowsOf(std::int64_t rows, int ranks, int rank) {
  const std::int64_t size = rows / ranks, rest = rows % ranks;
  return {size * rank + std::min<std::int64_t>(rank, rest), size + (rank < rest ? 1 : 0)};
}

std::unique_ptr<Table> openTable(MPI_Comm comm, const std::string& path, const std::string& hdu,
                                 std::span<const std::string> needed) {
  // Rank 0 first: what is wrong with the file itself is said once, and thousands of ranks do not look for it.
  std::string kind;
  onRankZero(comm, [&] {
    const ByteFile file(path);
    std::array<char, 512> head{};
    const std::int64_t bytes = std::min<std::int64_t>(file.size(), head.size());
    if (bytes == 0) throw Error(ExitCode::BadData, path + ": the file is empty");
    file.read(0, bytes, head.data());
    const std::string_view start(head.data(), static_cast<std::size_t>(bytes));
    if (start.starts_with("SIMPLE  ="))
      kind = "FITS";
    else if (start.starts_with("\x89HDF\r\n\x1a\n"))
      kind = "HDF5";
    else if (start.starts_with("\x1f\x8b") || start.starts_with("BZh") || start.starts_with("PK\x03\x04"))
      throw Error(ExitCode::BadData, path + ": is compressed; unpack it first");
    else if (start.find('\0') != std::string_view::npos)
      throw Error(ExitCode::BadData, path + ": is neither FITS nor HDF5 nor text");
    else
      kind = "CSV";
  });
  kind = broadcast(comm, std::move(kind));
  // Numbers count the HDUs of FITS; the others have names or nothing.
  const bool numbered = !hdu.empty() && hdu.find_first_not_of("0123456789") == std::string::npos;
  const std::string part = numbered && kind != "FITS" ? std::string() : hdu;
  std::unique_ptr<Table> table;
  if (kind == "HDF5") {
    table = openHdf5Table(comm, path, part, needed);
  } else {
    ByteFile file;
    together(comm, [&] { file = ByteFile(path); });
    table = kind == "FITS" ? openFitsTable(comm, std::move(file), part) : openCsvTable(comm, std::move(file), part);
  }
  onRankZero(comm, [&] {
    for (const std::string& column : needed) table->find(column);
  });
  return table;
}

}  // namespace lacuna
