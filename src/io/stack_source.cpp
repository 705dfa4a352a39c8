#include "io/stack_source.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "base/error.hpp"
#include "base/phase.hpp"
#include "io/crash_guard.hpp"
#include "io/window_part.hpp"

namespace lacuna {
namespace {

constexpr std::string_view order = "tczyx";  // as Shape
constexpr std::int64_t pieceValues = std::int64_t{1} << 21;

std::vector<std::int64_t> broadcastList(MPI_Comm comm, std::vector<std::int64_t> list) {
  int n = static_cast<int>(list.size());
  checkMpi(MPI_Bcast(&n, 1, MPI_INT, 0, comm));
  list.resize(static_cast<std::size_t>(n));
  checkMpi(MPI_Bcast(list.data(), n, MPI_INT64_T, 0, comm));
  return list;
}

StackHeader inspectTogether(MPI_Comm comm, const MapSource& where) {
  StackHeader header;
  onRankZero(comm, [&] {
    const CrashGuard guard(where.file);
    header = inspectStack(where.file, where.name);
  });
  int format = static_cast<int>(header.format);
  checkMpi(MPI_Bcast(&format, 1, MPI_INT, 0, comm));
  header.format = static_cast<StackFormat>(format);
  header.path = broadcast(comm, std::move(header.path));
  header.name = broadcast(comm, std::move(header.name));
  header.letters = broadcast(comm, std::move(header.letters));
  header.extents = broadcastList(comm, std::move(header.extents));
  header.pages = broadcastList(comm, std::move(header.pages));
  return header;
}

const char* nameOf(char axis) {
  return axis == 't'   ? "frames"
         : axis == 'c' ? "channels"
         : axis == 'z' ? "planes z"
         : axis == 'y' ? "rows"
                       : "columns";
}

/// Steps an odometer of `sizes`; false at its end.
bool step(std::vector<std::int64_t>& at, const std::vector<std::int64_t>& sizes, std::size_t axes) {
  for (std::size_t i = axes; i-- > 0;) {
    if (++at[i] < sizes[i]) return true;
    at[i] = 0;
  }
  return false;
}

}  // namespace

StackSource::StackSource(MPI_Comm comm, const MapSource& where, const std::string& axes, const StackRanges& ranges)
    : StackSource(comm, inspectTogether(comm, where), axes, ranges) {}

StackSource::StackSource(MPI_Comm comm, StackHeader header, std::string axes, const StackRanges& ranges)
    : comm_(comm), header_(std::move(header)), letters_(assignAxes(header_, axes)) {
  for (std::size_t i = 0; i < 5; ++i) {
    const std::int64_t n = extent(order[i]);
    const auto wanted = ranges.find(order[i]);
    AxisRange& range = ranges_[i];
    if (wanted != ranges.end()) range = wanted->second;
    if (range.end < 0) range.end = n;
    const std::string what = header_.text() + ": " + nameOf(order[i]) + " [" + std::to_string(range.first) + ", " +
                             std::to_string(range.end) + ")";
    if (range.first < 0 || range.first >= range.end || range.end > n)
      throw Error(ExitCode::BadConfig, what + " are wanted, it has " + std::to_string(n) + " (counted from 0)");
    if (order[i] == 'c' && range.end - range.first != 1)
      throw Error(ExitCode::BadConfig, header_.text() + ": has " + std::to_string(n) + " channels: choose one");
    if (range.end - range.first > std::numeric_limits<PetscInt>::max())
      throw Error(ExitCode::BadConfig, what + " overflow the indices of this PETSc: build with -DLACUNA_PETSC=petsc64");
  }
}

StackSource StackSource::companion(const MapSource& where) const {
  StackHeader header = inspectTogether(comm_, where);
  const std::string own = axes();
  for (std::string_view without : {"", "c", "t", "tc"}) {
    std::string wanted;
    StackRanges ranges;
    for (char axis : own)
      if (without.find(axis) == std::string_view::npos) wanted += axis, ranges[axis] = range(axis);
    if (wanted.size() + without.size() != own.size()) continue;  // this stack has no such axis
    try {
      const StackSource found(comm_, header, wanted, ranges);
      const bool fits = std::ranges::all_of(wanted, [&](char axis) { return found.extent(axis) == extent(axis); });
      if (fits) return StackSource(comm_, std::move(header), wanted, ranges);
    } catch (const Error&) {  // other axes, or more than one channel: the next candidate may fit
    }
  }
  throw Error(ExitCode::BadData, header.text() + ": has the shape " + extentsText(header.extents) + ", " +
                                     header_.text() + " has " + extentsText(header_.extents) +
                                     ": they must agree, but for the frames and channels, which may be missing");
}

std::string StackSource::axes() const {
  std::string out;
  for (char c : letters_)
    if (c != ' ') out += c;
  return out;
}

std::int64_t StackSource::extent(char axis) const {
  const auto at = letters_.find(axis);
  return at == std::string::npos ? 1 : header_.extents[at];
}

AxisRange StackSource::range(char axis) const { return ranges_.at(order.find(axis)); }

Shape StackSource::shape() const {
  const auto count = [&](std::size_t i) { return static_cast<PetscInt>(ranges_[i].end - ranges_[i].first); };
  return {.frames = count(0), .channels = 1, .nz = count(2), .ny = count(3), .nx = count(4)};
}

void StackSource::readBlock(const std::array<std::int64_t, 5>& start, const std::array<std::int64_t, 5>& count,
                            const std::array<std::int64_t, 5>& stride, double* out) const {
  const CrashGuard guard(header_.path, 8.0 * static_cast<double>(count[0] * count[2] * count[3] * count[4]));
  if (!file_) file_ = openStack(header_);
  const std::size_t axes = letters_.size();
  std::vector<std::int64_t> from(axes, 0), total(axes, 1), distance(axes, 0);
  for (std::size_t i = 0; i < axes; ++i) {
    const auto k = order.find(letters_[i]);
    if (k == std::string_view::npos) continue;
    from[i] = ranges_[k].first + start[k];
    total[i] = count[k];
    distance[i] = stride[k];
  }
  // Pieces: whole rows first, then planes, ..., until the buffer is full.
  std::vector<std::int64_t> piece(axes, 1), pieces(axes, 1), at(axes, 0);
  std::int64_t left = pieceValues;
  for (std::size_t i = axes; i-- > 0; left /= piece[i]) {
    piece[i] = std::clamp<std::int64_t>(total[i], 1, std::max<std::int64_t>(left, 1));
    pieces[i] = (total[i] + piece[i] - 1) / piece[i];
  }
  std::vector<double> buffer;
  do {
    std::vector<std::int64_t> first(axes), n(axes), in(axes, 0);
    std::int64_t values = 1, base = 0;
    for (std::size_t i = 0; i < axes; ++i) {
      first[i] = from[i] + at[i] * piece[i];
      n[i] = std::min(piece[i], total[i] - at[i] * piece[i]);
      values *= n[i];
      base += at[i] * piece[i] * distance[i];
    }
    buffer.resize(static_cast<std::size_t>(values));
    file_->read(first, n, buffer);
    const double* next = buffer.data();
    do {
      double* row = out + base;
      for (std::size_t i = 0; i + 1 < axes; ++i) row += in[i] * distance[i];
      for (std::int64_t k = 0; k < n.back(); ++k) row[k * distance.back()] = *next++;
    } while (step(in, n, axes - 1));
  } while (step(at, pieces, axes));
}

void StackSource::read(const Cube& cube, const Window& window, PetscInt channel, Vec x, double fill) const {
  static const Phase phase("read maps", "GB");
  if (!cube.space().holds(x)) throw Error("StackSource: the vector is not in the space of the field");
  const Shape own = shape();
  const bool oneForAll = own.frames == 1;
  if (window.count != std::array<PetscInt, 3>{own.nz, own.ny, own.nx} ||
      (!oneForAll && own.frames != cube.shape().frames))
    throw Error(ExitCode::BadData, header_.text() + ": " + own.text() +
                                       " values (frames x channels x z x y x x) do not fit a field of " +
                                       std::to_string(cube.shape().frames) + " frames of " +
                                       extentsText({window.count[0], window.count[1], window.count[2]}));
  const WindowPart part = windowPart(cube, window, channel);
  const auto timed = phase.scope(static_cast<double>(part.size()) * 8e-9);
  fillChannel(cube, channel, x, fill);
  together(comm_, [&] {
    if (part.empty()) return;
    const Box& box = cube.box();
    std::array<std::int64_t, 5> start{}, count{}, stride{};
    for (std::size_t i = 0; i < 5; ++i) start[i] = part.inFile[i], count[i] = part.count[i];
    start[1] = 0;
    stride[4] = 1;
    for (std::size_t i = 4; i-- > 0;) stride[i] = stride[i + 1] * box.count[i + 1];
    if (oneForAll) start[0] = 0, count[0] = 1;
    WriteLocal out(x);
    double* first = &out[part.localRow(box, 0, 0, 0)];
    readBlock(start, count, stride, first);
    if (!oneForAll) return;
    for (PetscInt f = 1; f < part.count[0]; ++f)
      for (PetscInt z = 0; z < part.count[2]; ++z)
        for (PetscInt y = 0; y < part.count[3]; ++y)
          std::copy_n(&out[part.localRow(box, 0, z, y)], part.count[4], &out[part.localRow(box, f, z, y)]);
  });
}

std::vector<double> StackSource::readAll(std::int64_t cap) const {
  const Shape s = shape();
  const std::array<std::int64_t, 5> count{s.frames, 1, s.nz, s.ny, s.nx};
  double all = 1;
  for (std::int64_t n : count) all *= static_cast<double>(n);
  if (all > static_cast<double>(cap))
    throw Error(ExitCode::BadData, header_.text() + ": " + s.text() + " values are more than the " +
                                       std::to_string(cap) + " that are read as a whole");
  std::vector<double> values(static_cast<std::size_t>(all));
  onRankZero(comm_, [&] {
    std::array<std::int64_t, 5> stride{};
    stride[4] = 1;
    for (std::size_t i = 4; i-- > 0;) stride[i] = stride[i + 1] * count[i + 1];
    readBlock({}, count, stride, values.data());
  });
  checkMpi(MPI_Bcast(values.data(), static_cast<int>(values.size()), MPI_DOUBLE, 0, comm_));
  return values;
}

}  // namespace lacuna
