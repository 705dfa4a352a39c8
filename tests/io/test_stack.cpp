/// Stacks of every kind that make_stacks.py wrote: entry (t, c, z, y, x) of 4 x 2 x 3 x 5 x 7 holds its natural index.
#include <sys/resource.h>

#include <cmath>
#include <fstream>

#include "folder.hpp"
#include "io/stack_source.hpp"
#include "io/tiff_image.hpp"
#include "natural.hpp"
#include "testing.hpp"

using namespace lacuna;

namespace {

const MPI_Comm world = MPI_COMM_WORLD;
const std::string folder = std::string(LACUNA_STACKS) + "/";

/// Of the type, as make_stacks.values() makes it.
double stored(const std::string& type, std::int64_t n) {
  double v = static_cast<double>(n);
  if (type[1] == '1') v = static_cast<double>(n % 200);
  if (type[0] != 'u') v -= 100;
  return type[0] == 'f' ? v / 2 : v;
}

struct Case {
  std::string file, name, axes, type;
  StackRanges ranges = {};
  std::string expect = {};  ///< axes that are found, where not those given
};

/// Reads a stack into a padded cube and compares every pixel; one channel of two is filled.
void readAndCompare(const Case& c, int timeRanks) {
  BOOST_TEST_CONTEXT(c.file << ":" << c.name << " axes '" << c.axes << "', time groups " << timeRanks) {
    const StackSource source(world, {folder + c.file, c.name}, c.axes, c.ranges);
    BOOST_TEST(source.axes() == (c.expect.empty() ? c.axes : c.expect));
    const Shape s = source.shape();
    const Cube cube = cubeOf({s.frames, 2, s.nz > 1 ? s.nz + 1 : 1, s.ny + 2, s.nx + 3}, timeRanks);
    const Window window{{s.nz > 1 ? 1 : 0, 1, 2}, {s.nz, s.ny, s.nx}};
    const VecHandle x = cube.space().vec();
    check(VecSet(x, -7));
    source.read(cube, window, 1, x, 9);
    const auto first = [&](char axis) { return source.range(axis).first; };
    const auto got = inNaturalOrder(cube.space(), x);
    std::size_t i = 0;
    int wrong = 0;
    for (PetscInt t = 0; t < s.frames; ++t)
      for (PetscInt channel = 0; channel < 2; ++channel)
        for (PetscInt z = 0; z < cube.shape().nz; ++z)
          for (PetscInt y = 0; y < cube.shape().ny; ++y)
            for (PetscInt k = 0; k < cube.shape().nx; ++k, ++i) {
              const PetscInt dz = z - window.start[0], dy = y - 1, dx = k - 2;
              const bool in = dz >= 0 && dy >= 0 && dy < s.ny && dx >= 0 && dx < s.nx;
              const std::int64_t n =
                  ((((t + first('t')) * 2 + first('c')) * 3 + dz + first('z')) * 5 + dy + first('y')) * 7 + dx +
                  first('x');
              const double right = channel == 0 ? -7 : in ? stored(c.type, n) : 9;
              wrong += got[i] != right;
            }
    BOOST_TEST(wrong == 0);
  }
}

void readAndCompare(const Case& c) {
  readAndCompare(c, 1);
  if (sizeOf(world) > 1) readAndCompare(c, sizeOf(world));  // frames alone are split; groups may have none
}

void refuse(const Case& c, ExitCode code, const std::vector<std::string>& parts) {
  const Outcome got = outcomeOf([&] {
    const StackSource source(world, {folder + c.file, c.name}, c.axes, c.ranges);
    const Cube cube = cubeOf(source.shape(), 1);
    const VecHandle x = cube.space().vec();
    source.read(cube, cube.wholeWindow(), 0, x);
  });
  BOOST_TEST((got.code == code), c.file << ":" << c.name << ": code " << static_cast<int>(got.code) << " " << got.text);
  for (const std::string& part : parts) BOOST_TEST(got.says(part), got.text << " should say " << part);
}

}  // namespace

BOOST_AUTO_TEST_CASE(hdf5_and_fits_in_any_order_of_axes) {
  for (const char* axes : {"tyx", "tx", "x", "zyx", "yx", "tzyx", "yxt", "xyt"})
    readAndCompare({"stack.h5", axes, axes, "f8"});
  readAndCompare({"stack.h5", "tczyx", "tczyx", "f8", {{'c', {1, 2}}}});
  readAndCompare({"stack.h5", "packed", "tyx", "i2"});
  readAndCompare({"stack.h5", "leading", "tyx", "f8"});
  readAndCompare({"stack.h5", "one_frame", "tyx", "f8"});
  readAndCompare({"stack.h5", "line_flat", "", "f8", {}, "x"});
  readAndCompare({"stack.h5", "yx", "", "f8", {}, "yx"});
  readAndCompare({"stack.h5", "labelled", "", "f8", {}, "tzyx"});
  readAndCompare({"only.h5", "", "tyx", "f4"});
  readAndCompare({"stack.fits", "", "tyx", "i2"});
  readAndCompare({"stack.fits", "VOLUME", "tzyx", "f4"});
  readAndCompare({"stack.fits", "2", "", "f8", {}, "x"});
  readAndCompare({"stack.fits", "PACKED", "tyx", "i2"});
  readAndCompare({"wrong_name.h5", "", "tyx", "i2"});
}

BOOST_AUTO_TEST_CASE(parts_of_stacks) {
  const StackRanges part{{'t', {1, 3}}, {'y', {2, 5}}, {'x', {3, 4}}};
  for (const char* file : {"u2_big.tif", "tiles_deflate.tif", "deflate.tif", "bigtiff.tif"})
    readAndCompare({file, "", "tyx", "u2", part});
  readAndCompare({"stack.h5", "tyx", "tyx", "f8", part});
  readAndCompare({"stack.h5", "xyt", "xyt", "f8", part});
  readAndCompare({"stack.fits", "", "tyx", "i2", part});
  readAndCompare(
      {"imagej_single.tif", "", "tzcyx", "u2", {{'c', {1, 2}}, {'z', {1, 3}}, {'t', {3, -1}}, {'x', {6, 7}}}});
}

BOOST_AUTO_TEST_CASE(tiffs_of_every_type_and_order) {
  for (const char* type : {"u1", "i1", "u2", "i2", "u4", "i4", "u8", "f4", "f8"})
    for (const char* order : {"_little.tif", "_big.tif"}) readAndCompare({std::string(type) + order, "", "tyx", type});
  readAndCompare({"bigtiff.tif", "", "tyx", "u2"});
  readAndCompare({"bigtiff_big.tif", "", "tyx", "f4"});
  for (const char* file : {"deflate.tif", "predictor.tif", "tiles_deflate.tif"})
    readAndCompare({file, "", "tyx", "u2"});
  readAndCompare({"tiles.tif", "", "tyx", "f4"});
  for (const char* file : {"samples.tif", "samples_deflate.tif"})
    readAndCompare({file, "", "tyxc", "u2", {{'c', {1, 2}}}});
  readAndCompare({"planar.tif", "", "tcyx", "u2", {{'c', {1, 2}}}});
  readAndCompare({"one.tif", "", "", "u2", {}, "yx"});
  readAndCompare({"one.tif", "", "tyx", "u2"});
}

BOOST_AUTO_TEST_CASE(tiffs_that_tell_their_axes) {
  for (const char* file : {"imagej.tif", "imagej_single.tif", "ome_backwards.tif"})
    readAndCompare({file, "", "", "u2", {{'c', {1, 2}}}, "tzcyx"});
  readAndCompare({"ome_XYZCT.ome.tif", "", "", "u2", {{'c', {0, 1}}}, "tczyx"});
  readAndCompare({"ome_XYCTZ.ome.tif", "", "", "u2", {{'c', {1, 2}}}, "ztcyx"});
  readAndCompare({"ome_XYTZC.ome.tif", "", "", "u2", {{'c', {1, 2}}}, "cztyx"});
  readAndCompare({"imagej_slices.tif", "", "tyx", "u2"});  // a movie saved as slices: the user knows better
  readAndCompare({"shaped_single.tif", "", "tzyx", "f8"});
}

BOOST_AUTO_TEST_CASE(large_pages_in_pieces) {
  for (const char* file : {"many_tiles.tif", "many_strips.tif"}) {
    const StackSource source(world, {folder + file, ""}, "tyx", {{'y', {3, 36}}, {'x', {1, 44}}});
    const Cube cube = cubeOf(source.shape(), 1);
    const VecHandle x = cube.space().vec();
    source.read(cube, cube.wholeWindow(), 0, x);
    const auto got = inNaturalOrder(cube.space(), x);
    bool right = true;
    for (std::size_t i = 0; i < got.size(); ++i) {
      const std::size_t t = i / (33 * 43), y = i / 43 % 33 + 3, k = i % 43 + 1;
      right = right && got[i] == static_cast<double>((t * 37 + y) * 45 + k);
    }
    BOOST_TEST(right, file);
  }
}

BOOST_AUTO_TEST_CASE(companions_and_whole_arrays) {
  const StackSource data(world, {folder + "stack.h5", "tyx"}, "tyx", {{'t', {1, 4}}, {'x', {2, 6}}});
  const Cube cube = cubeOf(data.shape());
  const VecHandle x = cube.space().vec();
  data.companion({folder + "stack.h5", "yx"}).read(cube, cube.wholeWindow(), 0, x);
  const auto flat = inNaturalOrder(cube.space(), x);
  bool right = true;
  for (std::size_t i = 0; i < flat.size(); ++i)
    right = right && flat[i] == (static_cast<double>(i / 4 % 5 * 7 + i % 4 + 2) - 100) / 2;
  BOOST_TEST(right);
  const StackSource same = data.companion({folder + "u2_little.tif", ""});
  BOOST_TEST((same.shape() == data.shape()));
  const auto all = same.readAll();
  BOOST_REQUIRE(all.size() == 3U * 5 * 4);
  BOOST_TEST(all[21] == ((2.0 * 6) * 5 + 0) * 7 + 3);
  for (const char* name : {"other", "x"}) {
    const Outcome got = outcomeOf([&] { data.companion({folder + "stack.h5", name}); });
    BOOST_TEST((got.code == ExitCode::BadData), got.text);
    BOOST_TEST(got.says("must agree"), got.text);
  }
  BOOST_TEST(outcomeOf([&] { same.readAll(59); }).says("more than the 59"));
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused) {
  refuse({"stack.h5", "tyx", "", ""}, ExitCode::BadConfig, {"4 x 5 x 7", "say what its axes are"});
  refuse({"stack.h5", "tyx", "tzyx", ""}, ExitCode::BadData, {"do not fit its shape 4 x 5 x 7"});
  refuse({"stack.h5", "tyx", "yx", ""}, ExitCode::BadData, {"do not fit"});
  refuse({"stack.h5", "tyx", "tyq", ""}, ExitCode::BadConfig, {"each at most once"});
  refuse({"stack.h5", "tyx", "tyy", ""}, ExitCode::BadConfig, {"each at most once"});
  refuse({"stack.h5", "tyx", "tzy", ""}, ExitCode::BadConfig, {"x is missing"});
  refuse({"stack.h5", "cyx", "cyx", ""}, ExitCode::BadConfig, {"2 channels: choose one"});
  refuse({"stack.h5", "tyx", "tyx", "", {{'t', {2, 5}}}}, ExitCode::BadConfig, {"frames [2, 5)", "it has 4"});
  refuse({"stack.h5", "tyx", "tyx", "", {{'x', {3, 3}}}}, ExitCode::BadConfig, {"columns [3, 3)"});
  refuse({"stack.h5", "tyx", "tyx", "", {{'z', {0, 2}}}}, ExitCode::BadConfig, {"planes z [0, 2)", "it has 1"});
  refuse({"stack.h5", "", "tyx", ""}, ExitCode::BadConfig, {"datasets, name one"});
  refuse({"stack.h5", "nothing", "tyx", ""}, ExitCode::BadData, {"there is no dataset 'nothing'"});
  refuse({"stack.h5", "text", "x", ""}, ExitCode::BadData, {"does not hold numbers"});
  refuse({"stack.h5", "empty", "tyx", ""}, ExitCode::BadData, {"has no pixels", "0 x 5 x 7"});
  refuse({"stack.fits", "NOTHING", "tyx", ""}, ExitCode::BadData, {"no HDU"});
  refuse({"stack.fits", "", "tzyx", ""}, ExitCode::BadData, {"do not fit"});
  refuse({"u2_big.tif", "", "", ""}, ExitCode::BadConfig, {"say what its axes are"});
  refuse({"imagej.tif", "", "tyx", ""}, ExitCode::BadData, {"do not fit its shape 4 x 3 x 2 x 5 x 7 (t, z, c, y, x)"});
  refuse({"no_such.tif", "", "tyx", ""}, ExitCode::NoInput, {"cannot be opened"});
}

BOOST_AUTO_TEST_CASE(damaged_files_are_refused) {
  for (const char* file : {"cut_data.tif", "cut_head.tif", "cut_one.tif", "cut_single.tif"})
    refuse({file, "", "tyx", ""}, ExitCode::BadData, {"truncated"});
  refuse({"loop.tif", "", "tyx", ""}, ExitCode::BadData, {"do not end"});
  refuse({"bad_deflate.tif", "", "tyx", ""}, ExitCode::BadData, {"cannot be decoded"});
  refuse({"sizes.tif", "", "tyx", ""}, ExitCode::BadData, {"page 1 has 5 x 8 pixels, page 0 5 x 7"});
  refuse({"huge.tif", "", "yx", ""}, ExitCode::BadData, {"truncated"});
  refuse({"half.tif", "", "yx", ""}, ExitCode::BadData, {"24 bits"});
  refuse({"palette.tif", "", "yx", ""}, ExitCode::BadData, {"palette"});
  refuse({"ome_missing.tif", "", "", ""}, ExitCode::BadData, {"24 planes, of which this file has 6"});
  refuse({"cut.fits", "", "tyx", ""}, ExitCode::BadData, {"truncated"});
  refuse({"text.tif", "", "yx", ""}, ExitCode::BadData, {"neither HDF5 nor FITS nor TIFF"});
  refuse({"empty.tif", "", "yx", ""}, ExitCode::BadData, {"empty"});
}

// As beyond 4 GiB: one directory for all planes.
BOOST_AUTO_TEST_CASE(written_with_one_directory) {
  const Folder scratch;
  const Cube cube = cubeOf({5, 1, 3, 6, 7});
  const VecHandle x = cube.space().vec(), y = cube.space().vec();
  fillNatural(cube.space(), x, [](std::int64_t n) { return static_cast<double>(n) - 50.5; });
  for (std::int64_t most : {std::int64_t{0}, std::int64_t{1} << 32}) {
    OutputFile out(world, scratch / ("m" + std::to_string(most) + ".tif"), false);
    writeTiffStack(out, cube, cube.wholeWindow(), 0, x, {}, most);
    out.commit();
    const StackSource source(world, {out.path(), ""});
    BOOST_TEST(source.axes() == "tzcyx");
    BOOST_TEST(source.header().pages.size() == (most == 0 ? 1U : 15U));
    source.read(cube, cube.wholeWindow(), 0, y);
    BOOST_TEST((inNaturalOrder(cube.space(), x) == inNaturalOrder(cube.space(), y)));
  }
}

// Every cut and many changed bytes of small files: an error or a reading, never a crash.
BOOST_AUTO_TEST_CASE(no_byte_makes_it_crash) {
  if (sizeOf(world) > 1) return;  // files of one rank
  const Folder scratch;
  const std::pair<const char*, const char*> files[]{{"deflate.tif", "tyx"},
                                                    {"imagej_single.tif", ""},
                                                    {"bigtiff.tif", "tyx"},
                                                    {"ome_backwards.tif", ""},
                                                    {"tiles_deflate.tif", "tyx"}};
  for (const auto& [name, told] : files) {
    std::ifstream in(folder + name, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), {});
    BOOST_REQUIRE(bytes.size() > 100);
    int refused = 0, tried = 0;
    const std::size_t stride = bytes.size() > 2000 ? 13 : 3;
    for (std::size_t i = 0; i < bytes.size(); i += stride) {
      for (int how = 0; how < 3; ++how, ++tried) {
        std::string changed = how == 0 ? bytes.substr(0, i) : bytes;
        if (how > 0) changed[i] = static_cast<char>(how == 1 ? 0xff : changed[i] ^ 1);
        const std::string path =
            scratch / (std::to_string(tried) + name);  // a new name: replacing a file waits for the disk
        std::ofstream(path, std::ios::binary) << changed;
        const Outcome got = outcomeOf([&] {
          const StackSource source(world, {path, ""}, told, {{'c', {0, 1}}});
          source.readAll();
        });
        refused += got.code != ExitCode::Success;
        std::filesystem::remove(path);
      }
    }
    BOOST_TEST(refused > tried / 4, name);
    BOOST_TEST(refused < tried, name);
  }
}

// Ranks together hold the stack once: what one rank allocates is its own part and a buffer.
BOOST_AUTO_TEST_CASE(memory_is_the_own_part_and_a_buffer) {
  const Folder scratch;
  const PetscInt frames = 60, n = 512;  // 126 MB as doubles, 31 MB in the file
  const std::string path = scratch / "large.tif";
  onRankZero(world, [&] {
    std::ofstream out(path, std::ios::binary);
    const std::string text = "ImageJ=1.53t\nimages=60\nframes=60\nhyperstack=true\n";
    const auto u16 = [&](unsigned v) { out.put(static_cast<char>(v & 255)).put(static_cast<char>(v >> 8)); };
    const auto u32 = [&](unsigned v) { u16(v & 65535), u16(v >> 16); };
    out << "II";
    u16(42), u32(8), u16(8);
    const unsigned behind = 8 + 2 + 8 * 12 + 4, pixels = behind + static_cast<unsigned>(text.size()) + 1;
    const unsigned tags[8][4]{{256, 4, 1, 512},
                              {257, 4, 1, 512},
                              {258, 3, 1, 16},
                              {259, 3, 1, 1},
                              {270, 2, static_cast<unsigned>(text.size()) + 1, behind},
                              {273, 4, 1, pixels},
                              {278, 4, 1, 512},
                              {279, 4, 1, 512 * 512 * 2}};
    for (const auto& t : tags) u16(t[0]), u16(t[1]), u32(t[2]), u32(t[3]);
    u32(0);
    out << text << '\0';
    const std::string page(512 * 512 * 2, '\1');
    for (PetscInt t = 0; t < frames; ++t) out << page;
  });
  const Cube cube = cubeOf({frames, 1, 1, n, n});
  const VecHandle x = cube.space().vec();
  check(VecSet(x, 1));
  rusage before{}, after{};
  getrusage(RUSAGE_SELF, &before);
  StackSource(world, {path, ""}).read(cube, cube.wholeWindow(), 0, x);
  getrusage(RUSAGE_SELF, &after);
  BOOST_TEST(after.ru_maxrss - before.ru_maxrss < 40 * 1024, (after.ru_maxrss - before.ru_maxrss) << " kB");
  double sum = 0;
  check(VecSum(x, &sum));
  BOOST_TEST(sum == 257.0 * 60 * 512 * 512);
}
