#include <fitsio.h>

#include <cmath>
#include <fstream>
#include <limits>

#include "folder.hpp"
#include "io/fits_image.hpp"
#include "io/map_source.hpp"
#include "testing.hpp"

using namespace lacuna;

namespace {

const MPI_Comm world = MPI_COMM_WORLD;

void fillNatural(const Cube& cube, Vec x) {
  WriteLocal out(x);
  for (const NaturalRun& run : cube.space().naturalRuns())
    for (PetscInt i = 0; i < run.count; ++i) out[run.local + i] = 1.0 / 3.0 + static_cast<double>(run.natural + i);
}

/// An image of nx = 6 columns and ny = 4 rows, pixel n (row by row) = 2 n + 1, in the given BITPIX.
void writeImage(const std::string& path, int bitpix, const std::function<void(fitsfile*, int*)>& more = {}) {
  onRankZero(world, [&] {
    fitsfile* file = nullptr;
    int status = 0;
    long axes[]{6, 4};
    fits_create_diskfile(&file, path.c_str(), &status);
    fits_create_img(file, bitpix, 2, axes, &status);
    std::vector<double> values;
    for (int i = 0; i < 24; ++i) values.push_back(2 * i + 1);
    fits_write_img(file, TDOUBLE, 1, 24, values.data(), &status);
    if (more) more(file, &status);
    fits_close_file(file, &status);
    if (status) throw Error("CFITSIO status " + std::to_string(status));
  });
}

Outcome readImage(const std::string& path, const std::string& hdu = "", PetscInt ny = 4, PetscInt nx = 6) {
  return outcomeOf([&] {
    const Cube cube = imageOf(ny, nx);
    const VecHandle x = cube.space().vec();
    readMap(world, {path, hdu}, cube, cube.wholeWindow(), 0, x);
    const ReadLocal in(x);
    bool ok = true;
    for (const NaturalRun& run : cube.space().naturalRuns())
      for (PetscInt i = 0; i < run.count; ++i)
        ok = ok && in[run.local + i] == static_cast<double>(2 * (run.natural + i) + 1);
    if (!everywhere(ok)) throw Error("wrong values");
  });
}

void expect(const Outcome& got, ExitCode code, const std::vector<std::string>& parts) {
  BOOST_TEST((got.code == code), got.text);
  for (const std::string& part : parts) BOOST_TEST(got.says(part), got.text << " should say " << part);
}

}  // namespace

BOOST_AUTO_TEST_CASE(images_round_trip) {
  const Folder folder;
  struct Case {
    PetscInt ny, nx;
    Window window;
  };
  for (const Case& c : {Case{8, 8, {{0, 0, 0}, {1, 8, 8}}}, Case{1, 5, {{0, 0, 0}, {1, 1, 5}}},
                        Case{32, 30, {{0, 5, 3}, {1, 11, 13}}}, Case{2100, 1100, {{0, 20, 0}, {1, 2061, 1099}}}}) {
    const Cube cube = cubeOf({1, 2, 1, c.ny, c.nx}, 1);
    const VecHandle x = cube.space().vec(), y = cube.space().vec();
    fillNatural(cube, x);
    for (PetscInt channel : {0, 1}) {
      const std::string path = folder / (channel == 0 ? "m0.fits" : "m1.fits");
      OutputFile out(world, path, true);
      writeFitsImage(out, cube, c.window, channel, x, {"arcmin", "a long name", "KAPPA", "test"}, SkyWcs{});
      out.commit();
      const ImageShape shape = imageShape(world, {path, "KAPPA"});
      BOOST_TEST(shape.ny == c.window.count[1]);
      BOOST_TEST(shape.nx == c.window.count[2]);
      readMap(world, {path, ""}, cube, c.window, channel, y, 1e9);
    }
    const ReadLocal a(x), b(y);
    bool ok = true;
    for (const NaturalRun& run : cube.space().naturalRuns())
      for (PetscInt i = 0; i < run.count; ++i) {
        const std::int64_t row = (run.natural + i) / c.nx % c.ny - c.window.start[1];
        const std::int64_t column = (run.natural + i) % c.nx - c.window.start[2];
        const bool in = row >= 0 && row < c.window.count[1] && column >= 0 && column < c.window.count[2];
        ok = ok && b[run.local + i] == (in ? a[run.local + i] : 1e9);
      }
    BOOST_TEST(everywhere(ok), c.ny << " x " << c.nx);
  }
}

BOOST_AUTO_TEST_CASE(every_bitpix_and_scaling) {
  const Folder folder;
  for (int bitpix :
       {BYTE_IMG, SBYTE_IMG, SHORT_IMG, USHORT_IMG, LONG_IMG, ULONG_IMG, LONGLONG_IMG, FLOAT_IMG, DOUBLE_IMG}) {
    const std::string path = folder / ("b" + std::to_string(bitpix) + ".fits");
    writeImage(path, bitpix);
    const Outcome got = readImage(path);
    BOOST_TEST((got.code == ExitCode::Success), bitpix << ": " << got.text);
  }
  // stored = n, value = 2 n + 1
  onRankZero(world, [&] {
    fitsfile* file = nullptr;
    int status = 0;
    long axes[]{6, 4};
    short values[24];
    for (short i = 0; i < 24; ++i) values[i] = i;
    fits_create_diskfile(&file, (folder / "scaled.fits").c_str(), &status);
    fits_create_img(file, SHORT_IMG, 2, axes, &status);
    fits_write_img(file, TSHORT, 1, 24, values, &status);
    double scale = 2, zero = 1;
    fits_update_key(file, TDOUBLE, "BSCALE", &scale, "", &status);
    fits_update_key(file, TDOUBLE, "BZERO", &zero, "", &status);
    fits_close_file(file, &status);
    if (status) throw Error("CFITSIO status " + std::to_string(status));
  });
  expect(readImage(folder / "scaled.fits"), ExitCode::Success, {});
}

BOOST_AUTO_TEST_CASE(blank_and_nan_stay_undefined) {
  const Folder folder;
  writeImage(folder / "blank.fits", SHORT_IMG, [](fitsfile* file, int* status) {
    int blank = 5;  // pixel 2
    fits_update_key(file, TINT, "BLANK", &blank, "", status);
  });
  writeImage(folder / "nan.fits", FLOAT_IMG, [](fitsfile* file, int* status) {
    float nan = std::numeric_limits<float>::quiet_NaN();
    fits_write_img(file, TFLOAT, 3, 1, &nan, status);
  });
  for (const char* name : {"blank.fits", "nan.fits"}) {
    const Cube cube = imageOf(4, 6);
    const VecHandle x = cube.space().vec();
    readMap(world, {folder / name, "0"}, cube, cube.wholeWindow(), 0, x);
    const ReadLocal in(x);
    for (const NaturalRun& run : cube.space().naturalRuns())
      for (PetscInt i = 0; i < run.count; ++i)
        BOOST_TEST(std::isnan(in[run.local + i]) == (run.natural + i == 2), name);
  }
}

BOOST_AUTO_TEST_CASE(headers_and_hdus) {
  const Folder folder;
  const std::string path = folder / "many.fits";
  writeImage(path, DOUBLE_IMG, [](fitsfile* file, int* status) {
    long cube[]{2, 3, 4}, flat[]{6, 4, 1, 1};
    char name[] = "SHEAR";
    fits_create_img(file, FLOAT_IMG, 3, cube, status);
    fits_create_img(file, DOUBLE_IMG, 4, flat, status);
    fits_update_key(file, TSTRING, "EXTNAME", name, "", status);
    std::vector<double> values;
    for (int i = 0; i < 24; ++i) values.push_back(2 * i + 1);
    fits_write_img(file, TDOUBLE, 1, 24, values.data(), status);
    fits_create_tbl(file, BINARY_TBL, 0, 0, nullptr, nullptr, nullptr, "TABLE", status);
  });
  expect(readImage(path), ExitCode::Success, {});
  expect(readImage(path, "2"), ExitCode::Success, {});
  expect(readImage(path, "SHEAR"), ExitCode::Success, {});
  expect(readImage(path, "1"), ExitCode::BadData, {"many.fits", "4 x 3 x 2"});
  expect(readImage(path, "3"), ExitCode::BadData, {"many.fits", "not an image"});
  expect(readImage(path, "9"), ExitCode::BadData, {"many.fits", "'9'"});
  expect(readImage(path, "GAMMA"), ExitCode::BadData, {"many.fits", "GAMMA"});
  expect(readImage(path, "", 6, 4), ExitCode::BadData, {"many.fits", "4 x 6", "6 x 4"});
}

BOOST_AUTO_TEST_CASE(names_are_names) {
  const Folder folder;
  writeImage(folder / "map.fits", DOUBLE_IMG);
  for (const char* name : {"map.fits[1:3,1:3]", "map.fits[0]", "map.fits+0", "none.fits", "!map.fits"})
    expect(readImage(folder / name), ExitCode::NoInput, {name});
  expect(readImage("http://localhost/map.fits"), ExitCode::NoInput, {"http"});
  expect(readImage(folder.path().string()), ExitCode::NoInput, {"folder"});
  writeImage(folder / "odd[1:2,1:2].fits", DOUBLE_IMG);  // a legal name of a file
  expect(readImage(folder / "odd[1:2,1:2].fits"), ExitCode::Success, {});
}

BOOST_AUTO_TEST_CASE(damaged_files) {
  const Folder folder;
  const std::string path = folder / "sum.fits";
  writeImage(path, DOUBLE_IMG, [](fitsfile* file, int* status) { fits_write_chksum(file, status); });
  expect(readImage(path), ExitCode::Success, {});
  onRankZero(world, [&] {
    std::filesystem::copy_file(path, folder / "short.fits");
    std::filesystem::resize_file(folder / "short.fits", 2880 + 100);
    std::filesystem::copy_file(path, folder / "head.fits");
    std::filesystem::resize_file(folder / "head.fits", 1000);
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(2880 + 30);
    file.put('!');
    std::ofstream(folder / "text.fits") << "not FITS, but long enough to be read as something";
    std::ofstream(folder / "gz.fits") << "\x1f\x8b\x08 and so on, long enough";
    // a header of 2e9 columns in a small file
    std::string header;
    for (std::string card :
         {"SIMPLE  =                    T", "BITPIX  =                  -64", "NAXIS   =                    2",
          "NAXIS1  =           2000000000", "NAXIS2  =                    4", "END"})
      header += card.append(80 - card.size(), ' ');
    std::ofstream(folder / "huge.fits") << header.append(5760 - header.size(), ' ');
  });
  expect(readImage(path), ExitCode::BadData, {"sum.fits", "checksum"});
  expect(readImage(folder / "short.fits"), ExitCode::BadData, {"short.fits", "truncated"});
  expect(readImage(folder / "head.fits"), ExitCode::BadData, {"head.fits"});
  expect(readImage(folder / "text.fits"), ExitCode::BadData, {"text.fits", "neither"});
  expect(readImage(folder / "huge.fits"), ExitCode::BadData, {"huge.fits", "truncated"});
  expect(outcomeOf([&] {
           imageShape(world, {folder / "huge.fits", ""});
         }),
         ExitCode::BadData, {"huge.fits", "truncated"});
  expect(outcomeOf([&] { fitsImageShape(world, folder / "gz.fits", ""); }), ExitCode::BadData, {"gz.fits", "gzip"});
}
