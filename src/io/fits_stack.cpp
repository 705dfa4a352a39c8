#include "io/fits_stack.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <regex>

#include "base/error.hpp"
#include "base/phase.hpp"
#include "io/fits_file.hpp"
#include "io/raw_field.hpp"
#include "io/window_part.hpp"

namespace lacuna {
namespace {

/// The axes of a FITS image from the fastest one on, as old numbers (from 1) of those that stay; and what is cut off
/// in front of each.
struct AxisMap {
  std::vector<int> numbers;          ///< new number of old axis i + 1; 0: dropped
  std::vector<std::int64_t> cutoff;  ///< below zero: what is added there
};

AxisMap axisMap(const StackSource& source, const StackPlace& place) {
  const std::string& letters = source.axes();
  const StackHeader& header = source.header();
  const std::string placed = assignAxes(header, letters);
  AxisMap map{std::vector<int>(placed.size(), 0), std::vector<std::int64_t>(placed.size(), 0)};
  int next = 0;
  for (char axis : {'x', 'y', 'z', 't'}) {  // as files are written; see fileExtents()
    const auto at = placed.find(axis);
    const AxisRange range = source.range(axis);
    const bool single = range.end - range.first == 1 || (axis == 't' && place.oneFrame);
    if (at == std::string::npos || ((axis == 'z' || axis == 't') && single)) continue;
    const std::size_t i = placed.size() - 1 - at;
    map.numbers[i] = ++next;
    const auto spatial = std::string_view("zyx").find(axis);
    map.cutoff[i] = range.first - (spatial == std::string_view::npos ? 0 : place.margin[spatial]);
  }
  return map;
}

/// A card as it has to be for the new axes; empty if it goes.
std::string turned(const std::string& card, const AxisMap& map) {
  static const std::regex axis("(CTYPE|CRPIX|CRVAL|CDELT|CUNIT|CROTA|CNAME|CRDER|CSYER)([0-9])([A-Z]?)");
  static const std::regex matrix("(CD|PC)([0-9])_([0-9])([A-Z]?)");
  static const std::regex parameter("(PV|PS)([0-9])_([0-9]{1,2})([A-Z]?)");
  static const std::regex kept(
      "(LONPOLE|LATPOLE|RADESYS|EQUINOX|WCSNAME|SPECSYS|RESTFRQ|RESTWAV|VELREF)[A-Z]?|RADECSYS|OBJECT|TELESCOP|"
      "INSTRUME|"
      "FILTER|OBSERVER|DATE-(OBS|BEG|END|AVG)|MJD-(OBS|BEG|END|AVG)|MJDREF[IF]?|DATEREF|TIMESYS|TIMEUNIT|EXPTIME|"
      "(A|B|AP|BP)_(ORDER|DMAX|[0-9]_[0-9])");
  const std::string key = card.substr(0, card.find_first_of(" =", 0));
  const auto number = [&](const std::string& digit) {
    const auto i = static_cast<std::size_t>(digit[0] - '1');
    return digit[0] != '0' && i < map.numbers.size() ? map.numbers[i] : 0;
  };
  const auto renamed = [&](const std::string& name) {
    return name + std::string(8 - std::min<std::size_t>(8, name.size()), ' ') + card.substr(8);
  };
  std::smatch m;
  if (std::regex_match(key, m, axis)) {
    const int to = number(m[2]);
    if (to == 0) return {};
    std::string out = renamed(m[1].str() + std::to_string(to) + m[3].str());
    const std::int64_t cut = map.cutoff[static_cast<std::size_t>(m[2].str()[0] - '1')];
    if (m[1] == "CRPIX" && cut != 0) {
      const double pixel = std::strtod(card.c_str() + 10, nullptr) - static_cast<double>(cut);
      std::array<char, 81> text{};
      std::snprintf(text.data(), text.size(), "%-8.8s= %20.15G", out.c_str(), pixel);
      out = text.data();
      if (out.find_first_of(".E", 10) == std::string::npos) out += ".";
      out.resize(80, ' ');
    }
    return out;
  }
  if (std::regex_match(key, m, matrix)) {
    const int i = number(m[2]), j = number(m[3]);
    return i && j ? renamed(m[1].str() + std::to_string(i) + "_" + std::to_string(j) + m[4].str()) : std::string();
  }
  if (std::regex_match(key, m, parameter)) {
    const int i = number(m[2]);
    return i ? renamed(m[1].str() + std::to_string(i) + "_" + m[3].str() + m[4].str()) : std::string();
  }
  return std::regex_match(key, kept) ? card : std::string();
}

}  // namespace

std::vector<std::string> fitsCards(MPI_Comm comm, const StackSource& source, const StackPlace& place) {
  std::string joined;
  if (source.header().format == StackFormat::Fits)
    onRankZero(comm, [&] {
      const FitsFile file = FitsFile::openImage(source.header().path, source.header().name);
      const AxisMap map = axisMap(source, place);
      int status = 0, cards = 0;
      fits_get_hdrspace(file, &cards, nullptr, &status);
      for (int i = 1; i <= cards; ++i) {
        std::array<char, FLEN_CARD> card{};
        fits_read_record(file, i, card.data(), &status);
        file.check(status, "header");
        std::string text = card.data();
        text.resize(80, ' ');
        joined += turned(text, map);
      }
    });
  joined = broadcast(comm, std::move(joined));
  std::vector<std::string> out;
  for (std::size_t at = 0; at + 80 <= joined.size(); at += 80) out.push_back(joined.substr(at, 80));
  return out;
}

void writeFitsStack(const OutputFile& out, const Cube& cube, const Window& window, PetscInt channel, Vec x,
                    const FitsLabels& labels, const std::vector<std::string>& cards) {
  static const Phase phase("write maps", "GB");
  const auto timed = phase.scope(static_cast<double>(windowPart(cube, window, channel).size()) * 8e-9);
  const std::vector<std::int64_t> extents = fileExtents(cube, window);
  std::int64_t bytes = 8;
  for (std::int64_t n : extents) bytes *= n;
  out.requireSpace(bytes + 1'000'000);
  std::int64_t begin = 0;
  onRankZero(out.comm(), [&] {
    FitsFile file = FitsFile::create(out.temporary());
    std::vector<LONGLONG> axes(extents.rbegin(), extents.rend());
    int status = 0;
    fits_create_imgll(file, DOUBLE_IMG, static_cast<int>(axes.size()), axes.data(), &status);
    for (const std::string& card : cards) fits_write_record(file, card.c_str(), &status);
    const auto text = [&](const char* key, const std::string& value, const char* comment) {
      if (!value.empty()) fits_update_key_longstr(file, key, value.c_str(), comment, &status);
    };
    text("BUNIT", labels.units == "1" ? std::string() : labels.units, "physical unit of the values");
    text("EXTNAME", labels.extname, "name of the map");
    text("LONGNAME", labels.longName, "what the map shows");
    text("ORIGIN", labels.origin, "program that wrote the file");
    fits_write_date(file, &status);
    text("DATASUM", "0", "data unit checksum");  // their place in the header: it must not grow later
    text("CHECKSUM", "0000000000000000", "HDU checksum");
    LONGLONG header = 0, data = 0, end = 0;
    fits_flush_file(file, &status);
    fits_get_hduaddrll(file, &header, &data, &end, &status);
    file.check(status, "writing the header");
    begin = data;
    file.close();
  });
  checkMpi(MPI_Bcast(&begin, 1, MPI_INT64_T, 0, out.comm()));
  const std::uint32_t sum = writeRawField(out, begin, RawNumber::Float64, cube, window, channel, x);
  onRankZero(out.comm(), [&] {
    FitsFile file = FitsFile::edit(out.temporary());
    int status = 0;
    fits_update_key_longstr(file, "DATASUM", std::to_string(sum).c_str(), "data unit checksum", &status);
    fits_update_chksum(file, &status);
    file.check(status, "writing the checksum");
    file.requireWholeHdu();
    file.close();
  });
}

}  // namespace lacuna
