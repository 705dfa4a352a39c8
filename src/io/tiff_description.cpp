#include "io/tiff_description.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string_view>

#include "base/failure.hpp"

namespace lacuna {
namespace {

constexpr std::int64_t mostPlanes = std::int64_t{1} << 40;

std::optional<std::int64_t> wholeNumber(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (status != std::errc() || end == text.data() || value < 0 || value > mostPlanes) return std::nullopt;
  return value;
}

/// ImageJ writes lines of key=value.
std::int64_t imageJNumber(std::string_view text, const std::string& key) {
  const auto at = text.find("\n" + key + "=");
  return at == std::string_view::npos ? 1 : wholeNumber(text.substr(at + key.size() + 2)).value_or(1);
}

std::optional<TiffPlanes> imageJPlanes(const std::string& text, std::int64_t pages) {
  const std::int64_t images = imageJNumber(text, "images");
  if (images != pages && pages > 1) return std::nullopt;  // pages were added or taken away by another program
  const std::vector<std::int64_t> sizes{imageJNumber(text, "frames"), imageJNumber(text, "slices"),
                                        imageJNumber(text, "channels")};
  double all = 1;
  for (std::int64_t n : sizes) all *= static_cast<double>(n);
  if (all == static_cast<double>(images)) return TiffPlanes{"tzc", sizes, {}};
  return TiffPlanes{"?", {images}, {}};
}

/// The value of an attribute of an XML tag.
std::string_view attributeOf(std::string_view tag, const std::string& name) {
  for (auto at = tag.find(name + "="); at != std::string_view::npos; at = tag.find(name + "=", at + 1)) {
    const auto open = at + name.size() + 1;
    if (at == 0 || std::string_view(" \t\r\n").find(tag[at - 1]) == std::string_view::npos || open >= tag.size())
      continue;
    const auto close = tag.find(tag[open], open + 1);
    if ((tag[open] == '"' || tag[open] == '\'') && close != std::string_view::npos)
      return tag.substr(open + 1, close - open - 1);
  }
  return {};
}

/// The tag <name ...> or <prefix:name ...> at or after `from`; empty if there is none. `from` goes behind it.
std::string_view nextTag(std::string_view xml, std::string_view name, std::size_t& from) {
  for (auto open = xml.find('<', from); open != std::string_view::npos; open = xml.find('<', open + 1)) {
    const auto close = xml.find('>', open);
    if (close == std::string_view::npos) break;
    std::string_view tag = xml.substr(open + 1, close - open - 1);
    const std::string_view word = tag.substr(0, tag.find_first_of(" \t\r\n/"));
    const auto colon = word.find(':');
    if ((colon == std::string_view::npos ? word : word.substr(colon + 1)) != name || word.empty()) continue;
    from = close + 1;
    return tag;
  }
  from = xml.size();
  return {};
}

/// OME-XML of the first image: http://www.openmicroscopy.org/Schemas/OME, element Pixels.
std::optional<TiffPlanes> omePlanes(std::string_view xml, std::int64_t pages, std::int64_t samples,
                                    const std::string& path) {
  std::size_t at = 0;
  const std::string_view tag = nextTag(xml, "Pixels", at);
  const std::string_view order = attributeOf(tag, "DimensionOrder");
  if (order.size() != 5 || !order.starts_with("XY")) return std::nullopt;
  TiffPlanes out;
  for (std::size_t i = 4; i >= 2; --i) {  // the last one is the slowest
    auto size = wholeNumber(attributeOf(tag, std::string("Size") + order[i]));
    if (!size || *size < 1 || std::string_view("ZCT").find(order[i]) == std::string_view::npos) return std::nullopt;
    if (order[i] == 'C' && samples > 1) size = std::max<std::int64_t>(*size / samples, 1);
    out.letters += static_cast<char>(order[i] - 'A' + 'a');
    out.extents.push_back(*size);
  }
  if (out.letters[0] == out.letters[1] || out.letters[1] == out.letters[2] || out.letters[0] == out.letters[2])
    return std::nullopt;
  const std::int64_t count = out.count();
  if (count > pages)
    throw Error(ExitCode::BadData, path + ": OME-TIFF of " + std::to_string(count) +
                                       " planes, of which this file has " + std::to_string(pages) +
                                       ": the others are missing, or in other files");
  // Where every plane is: <TiffData FirstT FirstZ FirstC IFD PlaneCount/>.
  out.pages.resize(static_cast<std::size_t>(count));
  std::iota(out.pages.begin(), out.pages.end(), std::int64_t{0});
  const std::size_t end = std::min(xml.find("</Pixels", at), xml.find(":Pixels>", at));
  const std::string_view inside = xml.substr(0, end);
  for (std::string_view data = nextTag(inside, "TiffData", at); !data.empty(); data = nextTag(inside, "TiffData", at)) {
    std::int64_t plane = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      const char upper = static_cast<char>(out.letters[i] - 'a' + 'A');
      std::int64_t first = wholeNumber(attributeOf(data, std::string("First") + upper)).value_or(0);
      if (upper == 'C' && samples > 1) first /= samples;
      if (first >= out.extents[i]) return std::nullopt;
      plane = plane * out.extents[i] + first;
    }
    const auto page = wholeNumber(attributeOf(data, "IFD"));
    const auto number = wholeNumber(attributeOf(data, "PlaneCount")).value_or(page ? 1 : count - plane);
    if (number > count - plane || page.value_or(0) > pages - number) return std::nullopt;
    for (std::int64_t i = 0; i < number; ++i) out.pages[static_cast<std::size_t>(plane + i)] = page.value_or(0) + i;
  }
  return out;
}

/// tifffile's {"shape": [2, 3, 64, 64]}.
std::optional<TiffPlanes> shapedPlanes(const std::string& text, const std::vector<std::int64_t>& shape) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("shape") || !json["shape"].is_array()) return std::nullopt;
  std::vector<std::int64_t> all;
  for (const auto& n : json["shape"]) {
    if (!n.is_number_integer() || n.get<std::int64_t>() < 1 || n.get<std::int64_t>() > mostPlanes) return std::nullopt;
    all.push_back(n.get<std::int64_t>());
  }
  if (all.size() <= shape.size() || all.size() > 9 ||
      !std::equal(shape.begin(), shape.end(), all.end() - static_cast<std::ptrdiff_t>(shape.size())))
    return std::nullopt;
  all.resize(all.size() - shape.size());
  return TiffPlanes{std::string(all.size(), '?'), all, {}};
}

}  // namespace

std::int64_t TiffPlanes::count() const {
  std::int64_t n = 1;
  for (std::int64_t e : extents) {
    if (e > 0 && n > mostPlanes / e) return mostPlanes + 1;
    n *= e;
  }
  return n;
}

std::optional<TiffPlanes> describedPlanes(const std::string& description, std::int64_t pages,
                                          const std::vector<std::int64_t>& shape, std::int64_t samples,
                                          const std::string& path) {
  std::optional<TiffPlanes> planes;
  if (description.starts_with("ImageJ="))
    planes = imageJPlanes(description, pages);
  else if (description.find("<OME") != std::string::npos || description.find(":OME") != std::string::npos)
    planes = omePlanes(description, pages, samples, path);
  else if (description.starts_with("{"))
    planes = shapedPlanes(description, shape);
  if (!planes || planes->count() < 1) return std::nullopt;
  return planes;
}

}  // namespace lacuna
