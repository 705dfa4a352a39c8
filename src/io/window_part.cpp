#include "io/window_part.hpp"

#include <algorithm>

namespace lacuna {

std::int64_t WindowPart::size() const {
  std::int64_t n = 1;
  for (PetscInt c : count) n *= c;
  return n;
}

PetscInt WindowPart::localRow(const Box& box, PetscInt frame, PetscInt z, PetscInt y) const {
  PetscInt index = inBox[0] + frame;
  index = index * box.count[1] + inBox[1];
  index = index * box.count[2] + inBox[2] + z;
  index = index * box.count[3] + inBox[3] + y;
  return index * box.count[4] + inBox[4];
}

WindowPart windowPart(const Cube& cube, const Box& box, const Window& window, PetscInt channel) {
  const auto extents = cube.shape().extents();
  if (channel < 0 || channel >= cube.shape().channels)
    throw Error("channel " + std::to_string(channel) + " of a field of " + cube.shape().text());
  std::array<PetscInt, 5> from{}, to = extents;
  from[1] = channel;
  to[1] = channel + 1;
  for (std::size_t i = 0; i < 3; ++i) {
    from[2 + i] = window.start[i];
    to[2 + i] = window.start[i] + window.count[i];
    if (window.start[i] < 0 || window.count[i] < 1 || window.count[i] > extents[2 + i] - window.start[i])
      throw Error("a window leaves its field of " + cube.shape().text());
  }
  if (window.line && window.count[1] != 1 && window.count[2] != 1)
    throw Error("lines of a field of " + cube.shape().text());
  WindowPart part;
  for (std::size_t i = 0; i < 5; ++i) {
    const PetscInt lo = std::max(from[i], box.start[i]), hi = std::min(to[i], box.start[i] + box.count[i]);
    if (hi <= lo) return {};
    part.inFile[i] = lo - from[i];
    part.inBox[i] = lo - box.start[i];
    part.count[i] = hi - lo;
  }
  return part;
}

std::vector<std::int64_t> fileExtents(const Cube& cube, const Window& window) {
  std::vector<std::int64_t> extents;
  if (cube.shape().frames > 1) extents.push_back(cube.shape().frames);
  if (cube.shape().nz > 1) extents.push_back(window.count[0]);
  if (!window.line) extents.push_back(window.count[1]);
  extents.push_back(window.line ? std::max(window.count[1], window.count[2]) : window.count[2]);
  return extents;
}

std::string fileAxes(const Cube& cube, const Window& window) {
  return std::string(cube.shape().frames > 1 ? "t" : "") + (cube.shape().nz > 1 ? "z" : "") +
         (window.line ? "x" : "yx");
}

std::string extentsText(const std::vector<std::int64_t>& extents) {
  std::string out;
  for (std::int64_t n : extents) out += (out.empty() ? "" : " x ") + std::to_string(n);
  return out.empty() ? "a single number" : out;
}

void fillChannel(const Cube& cube, PetscInt channel, Vec x, double value) {
  const Box& box = cube.box();
  const PetscInt plane = box.count[2] * box.count[3] * box.count[4];
  WriteLocal out(x);
  for (PetscInt f = 0; f < box.count[0]; ++f)
    std::fill_n(out.data() + (f * box.count[1] + channel) * plane, plane, value);
}

}  // namespace lacuna
