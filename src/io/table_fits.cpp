#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/error.hpp"
#include "io/crash_guard.hpp"
#include "io/fits_file.hpp"
#include "io/table_kinds.hpp"

namespace lacuna {
namespace {

/// One column of a row: plain data, so that rank 0 can send it to the others.
struct Field {
  std::int64_t offset = 0;  ///< bytes from the start of the row
  std::int64_t null = 0;
  double scale = 1, zero = 0;
  char type = 'D';  ///< letter of TFORM
  bool hasNull = false;
};

/// Where the table lies in the file.
struct Layout {
  std::int64_t rowBytes = 0, header = 0, data = 0, end = 0;
  std::int64_t dataSum = -1;  ///< DATASUM; -1: none
  bool hasCheckSum = false;
};

/// Moves to the HDU that the user named; gives its name for messages. Rank 0.
std::string moveTo(FitsFile& file, const std::string& hdu) {
  const std::string& path = file.path();
  int status = 0, type = 0, place = 0;
  if (!hdu.empty()) {
    file.moveTo(hdu);
    fits_get_hdu_type(file, &type, &status);
  }
  for (int i = 2; hdu.empty() && type != BINARY_TBL; ++i)
    if (fits_movabs_hdu(file, i, &type, &status)) {
      if (status == END_OF_FILE) throw Error(ExitCode::BadData, path + ": there is no binary table in it");
      file.check(status, "HDU " + std::to_string(i - 1));
    }
  fits_get_hdu_num(file, &place);
  file.check(status, "HDU " + hdu);
  const std::string name = path + "[" + (hdu.empty() ? std::to_string(place - 1) : hdu) + "]";
  if (type == ASCII_TBL) throw Error(ExitCode::BadData, name + ": is an ASCII table; convert it to a binary table");
  if (type != BINARY_TBL) throw Error(ExitCode::BadData, name + ": is an image, not a table");
  int packed = 0, absent = 0;
  if (!fits_read_key(file, TLOGICAL, "ZTABLE", &packed, nullptr, &absent) && packed)
    throw Error(ExitCode::BadData, name + ": is a compressed table; unpack it first (funpack)");
  return name;
}

/// "; the file has 2 tables more: ..." where the user named none and there is a choice. Rank 0; does not move.
std::string otherTables(FitsFile& file) {
  int status = 0, hdus = 0, place = 0, others = 0;
  fits_get_hdu_num(file, &place);
  fits_get_num_hdus(file, &hdus, &status);
  for (int i = place + 1; i <= hdus && !status; ++i) {
    int type = 0;
    fits_movabs_hdu(file, i, &type, &status);
    others += !status && type == BINARY_TBL;
  }
  status = 0;
  fits_clear_errmsg();
  fits_movabs_hdu(file, place, nullptr, &status);
  file.check(status, "the table");
  return others ? fmt::format("; this is the first of {} tables in the file: [data] hdu chooses another", others + 1)
                : std::string();
}

std::int64_t bytesOf(char type, std::int64_t repeat) {
  switch (type) {
    case 'L':
    case 'B':
    case 'A':
      return repeat;
    case 'X':
      return (repeat + 7) / 8;
    case 'I':
      return 2 * repeat;
    case 'J':
    case 'E':
      return 4 * repeat;
    case 'M':
    case 'Q':
      return 16 * repeat;
    default:
      return 8 * repeat;  // K D C P
  }
}

std::string readText(fitsfile* file, const char* key) {
  std::array<char, FLEN_VALUE> value{};
  int status = 0;
  if (fits_read_key(file, TSTRING, key, value.data(), nullptr, &status)) fits_clear_errmsg();
  return status ? std::string() : std::string(value.data());
}

template <std::unsigned_integral U>
U bigEndian(const unsigned char* bytes) {
  U u;
  std::memcpy(&u, bytes, sizeof u);
  if constexpr (std::endian::native == std::endian::little) {
    if constexpr (sizeof(U) == 2) u = __builtin_bswap16(u);
    if constexpr (sizeof(U) == 4) u = __builtin_bswap32(u);
    if constexpr (sizeof(U) == 8) u = __builtin_bswap64(u);
  }
  return u;
}

/// The sum of FITS checksums: 32-bit big-endian words, ones' complement.
std::uint64_t fold(std::uint64_t sum) {
  while (sum >> 32) sum = (sum & 0xffffffffu) + (sum >> 32);
  return sum;
}
std::uint64_t onesSum(const ByteFile& file, std::int64_t from, std::int64_t to) {
  std::vector<unsigned char> block(1 << 20);
  std::uint64_t sum = 0;
  for (std::int64_t at = from; at < to; at += static_cast<std::int64_t>(block.size())) {
    const std::int64_t n = std::min<std::int64_t>(to - at, static_cast<std::int64_t>(block.size()));
    std::fill(block.begin() + (n / 4) * 4, block.end(), static_cast<unsigned char>(0));
    file.read(at, n, block.data());
    std::uint64_t part = 0;
    for (std::int64_t i = 0; i < n; i += 4) part += bigEndian<std::uint32_t>(block.data() + i);
    sum = fold(sum + part);
  }
  return sum;
}

class FitsTable final : public Table {
 public:
  FitsTable(MPI_Comm comm, ByteFile file, const std::string& hdu) : Table(comm, file.path()), file_(std::move(file)) {
    onRankZero(comm, [&] {
      const CrashGuard guard(file_.path());
      parse(hdu);
    });
    // Only rank 0 parses the header; the others need its numbers.
    shareHeader();
    fields_.resize(columns_.size());
    checkMpi(MPI_Bcast(fields_.data(), static_cast<int>(fields_.size() * sizeof(Field)), MPI_BYTE, 0, comm));
    checkMpi(MPI_Bcast(&layout_, sizeof layout_, MPI_BYTE, 0, comm));
    verifySums();
  }

 private:
  void parse(const std::string& hdu);
  void verifySums() const;
  void doRead(std::span<const std::size_t> columns, std::int64_t firstRow, std::int64_t count,
              std::span<double* const> out) const override;

  ByteFile file_;
  Layout layout_;
  std::vector<Field> fields_;
};

void FitsTable::parse(const std::string& hdu) {
  FitsFile file = FitsFile::open(file_.path());
  name_ = moveTo(file, hdu);
  if (hdu.empty()) otherTables_ = otherTables(file);
  int status = 0;

  LONGLONG width = 0, rows = 0, header = 0, data = 0, end = 0, heap = 0;
  int fields = 0;
  fits_read_key(file, TLONGLONG, "NAXIS1", &width, nullptr, &status);
  fits_read_key(file, TLONGLONG, "NAXIS2", &rows, nullptr, &status);
  fits_read_key(file, TLONGLONG, "PCOUNT", &heap, nullptr, &status);
  fits_get_num_cols(file, &fields, &status);
  fits_get_hduaddrll(file, &header, &data, &end, &status);
  file.check(status, "the header of the table");
  // The promise against the file, before anything is allocated. (Divided: the product may overflow.)
  const std::int64_t there = std::max<std::int64_t>(file_.size() - data, 0);
  if (width < 0 || rows < 0 || heap < 0 || (width > 0 && rows > there / width) || heap > there - width * rows)
    throw Error(ExitCode::BadData,
                fmt::format("{}: the header promises {} rows of {} bytes, but the file holds {} bytes "
                            "of them: it is truncated or its header is wrong",
                            name_, rows, width, there));
  rows_ = rows;
  layout_ = {width, header, data, std::min<std::int64_t>(end, file_.size()), -1, false};

  std::int64_t offset = 0;
  for (int i = 1; i <= fields; ++i) {
    std::array<char, FLEN_VALUE> ttype{}, unit{}, form{}, display{};
    LONGLONG repeat = 0, null = 0;
    Field field;
    fits_get_bcolparmsll(file, i, ttype.data(), unit.data(), form.data(), &repeat, &field.scale, &field.zero, &null,
                         display.data(), &status);
    file.check(status, "column " + std::to_string(i));
    field.offset = offset;
    field.type = form[0];
    const bool integer = std::strchr("BIJK", field.type) != nullptr;
    field.hasNull = integer && !readText(file, ("TNULL" + std::to_string(i)).c_str()).empty();
    field.null = null;
    offset += bytesOf(field.type, repeat);
    const std::string column = ttype.data();
    if (integer || std::strchr("LED", field.type)) {
      if (repeat == 1) {
        columns_.push_back(column);
        fields_.push_back(field);
      } else {
        unreadable_.emplace_back(column, fmt::format("it holds {} numbers a row instead of one", repeat));
      }
    } else {
      unreadable_.emplace_back(column, fmt::format("its values (TFORM{} = {}) are no plain numbers", i, form.data()));
    }
  }
  if (offset != width)
    throw Error(ExitCode::BadData,
                fmt::format("{}: NAXIS1 is {} bytes a row, its columns have {}", name_, width, offset));

  const std::string sum = readText(file, "DATASUM"), check = readText(file, "CHECKSUM");
  std::uint32_t value = 0;
  if (std::from_chars(sum.data(), sum.data() + sum.size(), value).ec == std::errc()) layout_.dataSum = value;
  layout_.hasCheckSum = check.size() == 16;
}

void FitsTable::verifySums() const {
  if (layout_.dataSum < 0 && !layout_.hasCheckSum) return;
  std::array<std::uint64_t, 2> mine{}, all{};  // data, header
  const std::int64_t words = (layout_.end - layout_.data + 3) / 4;
  const RowRange part = rowsOf(words, sizeOf(comm_), rankOf(comm_));
  together(comm_, [&] {
    const std::int64_t from = layout_.data + 4 * part.first;
    mine[0] = onesSum(file_, from, std::min(from + 4 * part.count, layout_.end));
    if (rankOf(comm_) == 0) mine[1] = onesSum(file_, layout_.header, layout_.data);
  });
  checkMpi(MPI_Allreduce(mine.data(), all.data(), 2, MPI_UINT64_T, MPI_SUM, comm_));
  const std::uint64_t data = fold(all[0]), whole = fold(data + all[1]);
  if (layout_.dataSum >= 0 && data != fold(static_cast<std::uint64_t>(layout_.dataSum)))
    throw Error(ExitCode::BadData, fmt::format("{}: DATASUM says {}, the data sum to {}: the file is corrupted", name_,
                                               layout_.dataSum, data));
  if (layout_.hasCheckSum && whole != 0xffffffffu && whole != 0)
    throw Error(ExitCode::BadData, name_ + ": CHECKSUM does not fit the header and the data: the file is corrupted");
}

/// One column of a block of rows, `at` being its first value.
void decode(const Field& f, const unsigned char* at, std::int64_t stride, std::int64_t n, double* out) {
  const auto loop = [&](auto&& value) {
    for (std::int64_t i = 0; i < n; ++i) out[i] = value(at + i * stride);
  };
  const auto integers = [&]<class U>(U) {
    using S = std::make_signed_t<U>;
    loop([&f](const unsigned char* b) {
      const std::int64_t v = [&]() -> std::int64_t {
        if constexpr (sizeof(U) == 1)
          return *b;  // TFORM B is unsigned
        else
          return static_cast<S>(bigEndian<U>(b));
      }();
      if (f.hasNull && v == f.null) return std::numeric_limits<double>::quiet_NaN();
      return static_cast<double>(v) * f.scale + f.zero;
    });
  };
  switch (f.type) {
    case 'D':
      loop([&f](const unsigned char* b) {
        return std::bit_cast<double>(bigEndian<std::uint64_t>(b)) * f.scale + f.zero;
      });
      break;
    case 'E':
      loop([&f](const unsigned char* b) {
        return static_cast<double>(std::bit_cast<float>(bigEndian<std::uint32_t>(b))) * f.scale + f.zero;
      });
      break;
    case 'L':
      loop([](const unsigned char* b) {
        return *b == 'T' ? 1.0 : *b == 'F' ? 0.0 : std::numeric_limits<double>::quiet_NaN();
      });
      break;
    case 'B':
      integers(std::uint8_t{});
      break;
    case 'I':
      integers(std::uint16_t{});
      break;
    case 'J':
      integers(std::uint32_t{});
      break;
    default:
      integers(std::uint64_t{});
      break;
  }
}

void FitsTable::doRead(std::span<const std::size_t> columns, std::int64_t firstRow, std::int64_t count,
                       std::span<double* const> out) const {
  // Whole rows, in blocks that stay in the second-level cache while their columns are taken out.
  const std::int64_t block = std::max<std::int64_t>(1, (256 << 10) / layout_.rowBytes);
  std::vector<unsigned char> bytes(static_cast<std::size_t>(std::min(block, count) * layout_.rowBytes));
  for (std::int64_t done = 0; done < count; done += block) {
    const std::int64_t n = std::min(block, count - done);
    file_.read(layout_.data + (firstRow + done) * layout_.rowBytes, n * layout_.rowBytes, bytes.data());
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const Field& f = fields_[columns[c]];
      decode(f, bytes.data() + f.offset, layout_.rowBytes, n, out[c] + done);
    }
  }
}

}  // namespace

std::unique_ptr<Table> openFitsTable(MPI_Comm comm, ByteFile file, const std::string& hdu) {
  return std::make_unique<FitsTable>(comm, std::move(file), hdu);
}

}  // namespace lacuna
