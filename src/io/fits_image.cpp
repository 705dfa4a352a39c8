#include "io/fits_image.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <span>

#include "base/error.hpp"
#include "io/crash_guard.hpp"
#include "io/fits_file.hpp"
#include "io/window_part.hpp"

namespace lacuna {
namespace {

constexpr std::int64_t pieceBytes = std::int64_t{1} << 24;  ///< what rank 0 holds of an image at a time
constexpr int dataTag = 0, failureTag = 1;

/// Rank-local. Extents of the current HDU, {ny, nx}.
std::vector<std::int64_t> extentsOf(const FitsFile& file) {
  int status = 0, axes = 0;
  std::array<LONGLONG, 16> n{};
  fits_get_img_dim(file, &axes, &status);
  fits_get_img_sizell(file, static_cast<int>(n.size()), n.data(), &status);
  file.check(status, "image header");
  if (axes < 2 || axes > static_cast<int>(n.size()) ||
      std::any_of(n.begin() + 2, n.begin() + std::max(axes, 2), [](LONGLONG e) { return e != 1; })) {
    std::string shape;
    for (int i = std::min(axes, static_cast<int>(n.size())); i-- > 0;)
      shape += std::to_string(n[static_cast<std::size_t>(i)]) + (i > 0 ? " x " : "");
    throw Error(ExitCode::BadData, file.path() + ": an image of two axes is needed, it has " + std::to_string(axes) +
                                       (axes > 0 ? " (" + shape + ")" : ""));
  }
  return {n[1], n[0]};
}

/// Rows [first, first + count) of the part of some rank, counted within the part.
struct Piece {
  PetscInt first = 0, count = 0;
};
std::vector<Piece> piecesOf(const WindowPart& part) {
  std::vector<Piece> pieces;
  if (part.empty()) return pieces;
  const auto rows =
      static_cast<PetscInt>(std::max<std::int64_t>(pieceBytes / (8 * static_cast<std::int64_t>(part.count[4])), 1));
  for (PetscInt y = 0; y < part.count[3]; y += rows) pieces.push_back({y, std::min(rows, part.count[3] - y)});
  return pieces;
}

void requireImageCube(const Cube& cube, Vec x) {
  if (!cube.space().holds(x)) throw Error("FITS image: the vector is not in the space of the field");
  if (cube.shape().frames != 1 || cube.shape().nz != 1)
    throw Error(ExitCode::BadConfig, "FITS files hold images; a field of " + cube.shape().text() + " needs HDF5");
}

/// Calls work(rank, part) for every rank of the cube's process grid.
template <class F>
void forEachRank(const Cube& cube, const Window& window, PetscInt channel, F&& work) {
  for (int t = 0; t < cube.grid().timeSize(); ++t)
    for (int s = 0; s < cube.grid().spaceSize(); ++s)
      work(t * cube.grid().spaceSize() + s, windowPart(cube, cube.boxOf(t, s), window, channel));
}

void copyRows(std::span<const double> rows, const Cube& cube, const WindowPart& part, const Piece& piece, Vec x) {
  WriteLocal out(x);
  const auto nx = static_cast<std::ptrdiff_t>(part.count[4]);
  for (PetscInt y = 0; y < piece.count; ++y)
    std::copy_n(rows.begin() + y * nx, nx, &out[part.localRow(cube.box(), 0, 0, piece.first + y)]);
}
void takeRows(std::span<double> rows, const Cube& cube, const WindowPart& part, const Piece& piece, Vec x) {
  const ReadLocal values(x);
  const std::span<const double> in = values;
  const auto nx = static_cast<std::ptrdiff_t>(part.count[4]);
  for (PetscInt y = 0; y < piece.count; ++y)
    std::copy_n(in.begin() + part.localRow(cube.box(), 0, 0, piece.first + y), nx, rows.begin() + y * nx);
}
std::size_t valuesOf(const WindowPart& part, const Piece& piece) {
  return static_cast<std::size_t>(piece.count) * static_cast<std::size_t>(part.count[4]);
}
/// Owner of the current HDU's card list: the caller's labels and the world coordinates.
void writeHeader(const FitsFile& file, const FitsLabels& labels, const std::optional<SkyWcs>& wcs) {
  int status = 0;
  if (wcs)
    for (const std::string& card : headerCards(*wcs)) fits_write_record(file, card.c_str(), &status);
  const auto text = [&](const char* key, const std::string& value, const char* comment) {
    if (!value.empty()) fits_update_key_longstr(file, key, value.c_str(), comment, &status);
  };
  text("BUNIT", labels.units == "1" ? std::string() : labels.units, "physical unit of the values");
  text("EXTNAME", labels.extname, "name of the map");
  text("LONGNAME", labels.longName, "what the map shows");
  text("ORIGIN", labels.origin, "program that wrote the file");
  fits_write_date(file, &status);
  file.check(status, "writing the header");
}

}  // namespace

std::vector<std::int64_t> fitsImageShape(MPI_Comm comm, const std::string& file, const std::string& hdu) {
  std::vector<std::int64_t> extents{0, 0};
  onRankZero(comm, [&] {
    const CrashGuard guard(file);
    extents = extentsOf(FitsFile::openImage(file, hdu));
  });
  checkMpi(MPI_Bcast(extents.data(), 2, MPI_INT64_T, 0, comm));
  return extents;
}

void readFitsImage(MPI_Comm comm, const std::string& path, const std::string& hdu, const Cube& cube,
                   const Window& window, PetscInt channel, Vec x, double fill) {
  requireImageCube(cube, x);
  const int rank = rankOf(comm);
  std::optional<FitsFile> file;
  onRankZero(comm, [&] {
    const CrashGuard guard(path, 8 * static_cast<double>(cube.shape().pixels()));
    file.emplace(FitsFile::openImage(path, hdu));
    const auto found = extentsOf(*file), expected = fileExtents(cube, window);
    if (found != expected)
      throw Error(ExitCode::BadData, path + (hdu.empty() ? "" : ":" + hdu) + ": the image has " + extentsText(found) +
                                         " pixels (rows x columns), expected is " + extentsText(expected));
    file->verifyChecksum();
  });
  fillChannel(cube, channel, x, fill);

  std::exception_ptr failure;
  std::vector<double> rows;
  const auto read = [&](const WindowPart& part, const Piece& piece) {
    rows.resize(valuesOf(part, piece));
    std::array<LONGLONG, 16> first;
    first.fill(1);
    first[1] = part.inFile[3] + piece.first + 1;  // a slab holds whole rows of the window
    double nan = std::numeric_limits<double>::quiet_NaN();
    int status = 0, any = 0;
    const CrashGuard guard(path, 8 * static_cast<double>(rows.size()));
    fits_read_pixll(*file, TDOUBLE, first.data(), static_cast<LONGLONG>(rows.size()), &nan, rows.data(), &any, &status);
    file->check(status, "reading rows from " + std::to_string(first[1] - 1));
  };
  if (rank == 0) {
    forEachRank(cube, window, channel, [&](int owner, const WindowPart& part) {
      for (const Piece& piece : piecesOf(part)) {
        try {
          if (!failure) read(part, piece);
        } catch (...) {
          failure = std::current_exception();
        }
        if (failure && owner != 0) {  // the owner waits for one more message
          checkMpi(MPI_Send(nullptr, 0, MPI_DOUBLE, owner, failureTag, comm));
          break;
        }
        if (failure) break;
        if (owner == 0)
          copyRows(rows, cube, part, piece, x);
        else
          checkMpi(MPI_Send(rows.data(), static_cast<int>(rows.size()), MPI_DOUBLE, owner, dataTag, comm));
      }
    });
  } else {
    const WindowPart part = windowPart(cube, window, channel);
    for (const Piece& piece : piecesOf(part)) {
      rows.resize(valuesOf(part, piece));
      MPI_Status status;
      checkMpi(MPI_Recv(rows.data(), static_cast<int>(rows.size()), MPI_DOUBLE, 0, MPI_ANY_TAG, comm, &status));
      if (status.MPI_TAG == failureTag) break;
      copyRows(rows, cube, part, piece, x);
    }
  }
  onRankZero(comm, failure);
}

void writeFitsImage(OutputFile& out, const Cube& cube, const Window& window, PetscInt channel, Vec x,
                    const FitsLabels& labels, const std::optional<SkyWcs>& wcs) {
  requireImageCube(cube, x);
  const MPI_Comm comm = out.comm();
  std::optional<FitsFile> file;
  onRankZero(comm, [&] {
    file.emplace(FitsFile::create(out.temporary()));
    std::array<LONGLONG, 2> axes{window.count[2], window.count[1]};
    int status = 0;
    fits_create_imgll(*file, DOUBLE_IMG, 2, axes.data(), &status);
    file->check(status, "writing the header");
    writeHeader(*file, labels, wcs);
  });

  std::exception_ptr failure;
  std::vector<double> rows;
  if (rankOf(comm) == 0) {
    forEachRank(cube, window, channel, [&](int owner, const WindowPart& part) {
      for (const Piece& piece : piecesOf(part)) {
        rows.resize(valuesOf(part, piece));
        if (owner == 0)
          takeRows(rows, cube, part, piece, x);
        else  // also after a failure: the owner sends all its pieces
          checkMpi(MPI_Recv(rows.data(), static_cast<int>(rows.size()), MPI_DOUBLE, owner, dataTag, comm,
                            MPI_STATUS_IGNORE));
        if (failure) continue;
        std::array<LONGLONG, 2> first{1, part.inFile[3] + piece.first + 1};
        int status = 0;
        fits_write_pixll(*file, TDOUBLE, first.data(), static_cast<LONGLONG>(rows.size()), rows.data(), &status);
        try {
          file->check(status, "writing rows from " + std::to_string(first[1] - 1));
        } catch (...) {
          failure = std::current_exception();
        }
      }
    });
  } else {
    const WindowPart part = windowPart(cube, window, channel);
    for (const Piece& piece : piecesOf(part)) {
      rows.resize(valuesOf(part, piece));
      takeRows(rows, cube, part, piece, x);
      checkMpi(MPI_Send(rows.data(), static_cast<int>(rows.size()), MPI_DOUBLE, 0, dataTag, comm));
    }
  }
  onRankZero(comm, failure);
  onRankZero(comm, [&] {
    int status = 0;
    fits_write_chksum(*file, &status);
    fits_flush_file(*file, &status);
    file->check(status, "writing the checksum");
    file->requireWholeHdu();
    file->close();
  });
}

}  // namespace lacuna
