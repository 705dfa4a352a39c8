#include <fstream>
#include <functional>

#include "field.hpp"
#include "folder.hpp"
#include "io/h5_reader.hpp"
#include "io/h5_writer.hpp"
#include "testing.hpp"

using namespace lacuna;

namespace {

const MPI_Comm world = MPI_COMM_WORLD;

struct Case {
  Shape shape;
  Window window;
  int timeRanks;
};
std::vector<Case> cases() {
  return {{{1, 1, 1, 8, 8}, {{0, 0, 0}, {1, 8, 8}}, 1},
          {{1, 2, 1, 13, 7}, {{0, 0, 0}, {1, 13, 7}}, 1},
          {{1, 2, 1, 2, 5}, {{0, 0, 0}, {1, 2, 5}}, 1},  // more ranks than rows
          {{1, 1, 1, 1, 17}, {{0, 0, 3}, {1, 1, 9}}, 1},
          {{1, 2, 1, 32, 30}, {{0, 0, 0}, {1, 11, 13}}, 1},  // padded: most ranks are outside the window
          {{1, 1, 1, 32, 30}, {{0, 19, 4}, {1, 7, 26}}, 1},
          {{5, 2, 1, 6, 7}, {{0, 1, 2}, {1, 4, 3}}, 0},  // a movie over time groups
          {{5, 1, 1, 6, 7}, {{0, 1, 2}, {1, 4, 3}}, 1},
          {{1, 1, 6, 5, 4}, {{1, 0, 1}, {3, 5, 2}}, 1},  // a volume
          {{3, 1, 4, 3, 5}, {{1, 1, 0}, {2, 2, 5}}, 0}};
}

/// One double dataset "data" of ny x nx written by the serial library on rank 0.
void writeSerially(const std::string& path, const std::function<void(hid_t)>& write) {
  onRankZero(world, [&] {
    const H5Id file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose);
    write(file);
  });
}
void addData(hid_t file, const char* name, hid_t type, hid_t plist = H5P_DEFAULT) {
  const hsize_t extents[]{4, 6};
  std::vector<double> values;
  for (int i = 0; i < 24; ++i) values.push_back(i + 2);
  const H5Id space(H5Screate_simple(2, extents, nullptr), H5Sclose);
  const H5Id data(H5Dcreate2(file, name, type, space, H5P_DEFAULT, plist, H5P_DEFAULT), H5Dclose);
  BOOST_REQUIRE(H5Dwrite(data, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) >= 0);
}
bool isData(const Cube& cube, Vec x) {
  const ReadLocal in(x);
  bool ok = true;
  for (const NaturalRun& run : cube.space().naturalRuns())
    for (PetscInt i = 0; i < run.count; ++i) ok = ok && in[run.local + i] == static_cast<double>(run.natural + i + 2);
  return ok;
}
Outcome readData(const std::string& path, const std::string& name, PetscInt ny = 4, PetscInt nx = 6) {
  return outcomeOf([&] {
    const Cube cube = imageOf(ny, nx);
    const VecHandle x = cube.space().vec();
    H5Reader(world, path).readField(name, cube, cube.wholeWindow(), 0, x);
    if (!everywhere(isData(cube, x))) throw Error("wrong values");
  });
}

/// Offset in a file of the first such value.
std::int64_t whereIs(double value, const std::string& path) {
  const std::string bytes = contentOf(path);
  const std::size_t at = bytes.find(std::string(reinterpret_cast<const char*>(&value), 8));
  if (at == std::string::npos) throw Error("the data were not found in the file");
  return static_cast<std::int64_t>(at);
}

void flipBit(const std::string& path, std::int64_t at) {
  onRankZero(world, [&] {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(at);
    const int c = file.get();
    file.seekp(at);
    file.put(static_cast<char>(c ^ 4));
  });
}

}  // namespace

BOOST_AUTO_TEST_CASE(fields_round_trip) {
  const Folder folder;
  for (const Case& c : cases()) {
    if (c.timeRanks > 0 && sizeOf(world) % c.timeRanks != 0) continue;
    const Cube cube = cubeOf(c.shape, c.timeRanks);
    const VecHandle x = cube.space().vec();
    fillNatural(cube, x);
    const std::string path = folder / "field.h5";
    {
      H5Writer file(world, path);
      for (PetscInt channel = 0; channel < c.shape.channels; ++channel)
        file.writeField("/maps/c" + std::to_string(channel), cube, c.window, channel, x, "arcmin", "a field");
      file.close();
    }
    const H5Reader file(world, path);
    for (PetscInt channel = 0; channel < c.shape.channels; ++channel) {
      const std::string name = "maps/c" + std::to_string(channel);
      BOOST_TEST(file.shape(name) == fileExtents(cube, c.window), boost::test_tools::per_element());
      const VecHandle y = cube.space().vec();
      file.readField(name, cube, c.window, channel, y, -7.5);
      BOOST_TEST(everywhere(isField(cube, c.window, channel, y, -7.5)), c.shape.text() << " channel " << channel);
      BOOST_TEST(file.readString(name, "units") == "arcmin");
      BOOST_TEST(file.readString(name, "long_name") == "a field");
    }
  }
}

BOOST_AUTO_TEST_CASE(small_things_round_trip) {
  const Folder folder;
  const std::string path = folder / "small.h5";
  const std::string longText(200000, 'k');
  const std::vector<double> values{1.5, -2, 1e300}, empty;
  const std::vector<std::string> names{"fft", "", "gro\xc3\x9f", "read maps"};
  {
    H5Writer file(world, path);
    file.group("config");
    file.writeValues("grid/x", values, "arcmin", "offset");
    file.writeValues("peaks/ra", empty);
    file.writeStrings("performance/phase", names);
    file.writeStrings("performance/none", {});
    file.writeIntegers("performance/calls", {3, std::int64_t{1} << 60});
    file.attribute("/", "complete", 0);
    file.attribute("/", "complete", 1);
    file.attribute("config", "toml", longText);
    file.attribute("config", "empty", "");
    file.attribute("config", "rank", rankOf(world) == 0 ? "zero" : "another");
    file.attribute("grid/x", "step", 0.1);
    file.close();
  }
  const H5Reader file(world, path);
  BOOST_TEST(file.readValues("grid/x") == values, boost::test_tools::per_element());
  BOOST_TEST(file.readValues("peaks/ra").empty());
  BOOST_TEST(file.readStrings("performance/phase") == names, boost::test_tools::per_element());
  BOOST_TEST(file.readStrings("performance/none").empty());
  BOOST_TEST(file.readValues("performance/calls")[1] == 0x1p60);
  BOOST_TEST(file.readInteger("/", "complete") == 1);
  BOOST_TEST((file.readString("config", "toml") == longText));
  BOOST_TEST(file.readString("config", "empty") == "");
  BOOST_TEST(file.readString("config", "rank") == "zero");
  BOOST_TEST(file.readDouble("grid/x", "step") == 0.1);
  BOOST_TEST(file.exists("grid"));
  BOOST_TEST(!file.exists("grid/y"));
  BOOST_TEST(!file.exists("nothing/at/all"));
  BOOST_TEST(file.hasAttribute("/", "complete"));
  BOOST_TEST(!file.hasAttribute("/", "format"));
  BOOST_TEST(file.datasets().size() == 5u);
  const Outcome cap = outcomeOf([&] { file.readValues("grid/x", 2); });
  BOOST_TEST((cap.code == ExitCode::BadData && cap.says("grid/x")), cap.text);
  const Outcome missing = outcomeOf([&] { file.readDouble("/", "rtol"); });
  BOOST_TEST((missing.code == ExitCode::BadData && missing.says("rtol")), missing.text);
}

BOOST_AUTO_TEST_CASE(every_numeric_type_becomes_double) {
  const Folder folder;
  const std::string path = folder / "types.h5";
  const std::vector<std::pair<const char*, hid_t>> types{
      {"i8", H5T_STD_I8LE},    {"u8", H5T_STD_U8BE},    {"i16", H5T_STD_I16BE},    {"u16", H5T_STD_U16LE},
      {"i32", H5T_STD_I32BE},  {"u32", H5T_STD_U32BE},  {"i64", H5T_STD_I64BE},    {"u64", H5T_STD_U64LE},
      {"f32", H5T_IEEE_F32BE}, {"f64", H5T_IEEE_F64BE}, {"f64le", H5T_IEEE_F64LE}, {"ld", H5T_NATIVE_LDOUBLE}};
  writeSerially(path, [&](hid_t file) {
    for (const auto& [name, type] : types) addData(file, name, type);
    const H5Id text(H5Tcopy(H5T_C_S1), H5Tclose);
    const H5Id space(H5Screate(H5S_SCALAR), H5Sclose);
    H5Id(H5Dcreate2(file, "text", text, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Dclose);
  });
  for (const auto& [name, type] : types) {
    const Outcome read = readData(path, name);
    BOOST_TEST((read.code == ExitCode::Success), name << ": " << read.text);
  }
  const Outcome text = outcomeOf([&] { H5Reader(world, path).readValues("text"); });
  BOOST_TEST((text.code == ExitCode::BadData && text.says("'text'")), text.text);
}

BOOST_AUTO_TEST_CASE(missing_and_misshapen) {
  const Folder folder;
  const std::string path = folder / "a.h5";
  writeSerially(path, [](hid_t file) {
    addData(file, "gamma1", H5T_IEEE_F64LE);
    const hsize_t huge[]{std::uint64_t{1} << 40, std::uint64_t{1} << 20};
    const H5Id space(H5Screate_simple(2, huge, nullptr), H5Sclose), plist(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    H5Pset_alloc_time(plist, H5D_ALLOC_TIME_LATE);
    H5Id(H5Dcreate2(file, "huge", H5T_IEEE_F64LE, space, H5P_DEFAULT, plist, H5P_DEFAULT), H5Dclose);
    const hsize_t small[]{4, 6};
    const H5Id shape(H5Screate_simple(2, small, nullptr), H5Sclose);
    H5Id(H5Dcreate2(file, "unwritten", H5T_IEEE_F64LE, shape, H5P_DEFAULT, plist, H5P_DEFAULT), H5Dclose);
    H5Id(H5Gcreate2(file, "folder", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
  });
  const auto expect = [&](const Outcome& got, ExitCode code, const std::vector<std::string>& parts) {
    BOOST_TEST((got.code == code), got.text);
    for (const std::string& part : parts) BOOST_TEST(got.says(part), got.text << " should say " << part);
  };
  expect(readData(folder / "none.h5", "gamma1"), ExitCode::NoInput, {"none.h5"});
  expect(readData(folder.path().string(), "gamma1"), ExitCode::NoInput, {"folder"});
  expect(readData(path, "gama1"), ExitCode::BadData, {"a.h5", "gama1", "nearest: gamma1"});
  expect(readData(path, "deep/er/x"), ExitCode::BadData, {"a.h5", "deep/er/x"});
  expect(readData(path, "folder"), ExitCode::BadData, {"a.h5", "folder", "not a dataset"});
  expect(readData(path, "gamma1", 6, 4), ExitCode::BadData, {"a.h5", "gamma1", "4 x 6", "6 x 4"});
  expect(readData(path, "huge"), ExitCode::BadData, {"huge", "1099511627776 x 1048576"});
  expect(readData(path, "unwritten"), ExitCode::BadData, {"unwritten", "never written"});
  expect(outcomeOf([&] { H5Reader(world, path).readValues("huge"); }), ExitCode::BadData, {"huge"});
  onRankZero(world, [&] {
    std::ofstream(folder / "text.h5") << "this is not HDF5 at all, whatever its name says";
    std::ofstream(folder / "empty.h5").flush();
    std::filesystem::copy_file(path, folder / "short.h5");
    std::filesystem::resize_file(folder / "short.h5", std::filesystem::file_size(path) / 2);
  });
  expect(readData(folder / "text.h5", "gamma1"), ExitCode::BadData, {"text.h5", "not an HDF5 file"});
  expect(readData(folder / "empty.h5", "gamma1"), ExitCode::BadData, {"empty.h5", "empty"});
  expect(readData(folder / "short.h5", "gamma1"), ExitCode::BadData, {"short.h5", "truncated"});
}

BOOST_AUTO_TEST_CASE(other_files_are_not_opened) {
  const Folder folder;
  const std::string path = folder / "a.h5", other = folder / "b.h5", raw = folder / "raw.bin";
  writeSerially(other, [](hid_t file) { addData(file, "data", H5T_IEEE_F64LE); });
  writeSerially(path, [&](hid_t file) {
    H5Lcreate_external(other.c_str(), "/data", file, "external", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_external(other.c_str(), "/", file, "mount", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/mount/data", file, "soft", H5P_DEFAULT, H5P_DEFAULT);
    addData(file, "own", H5T_IEEE_F64LE);
    H5Lcreate_soft("/own", file, "alias", H5P_DEFAULT, H5P_DEFAULT);
    const H5Id outside(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    H5Pset_external(outside, raw.c_str(), 0, 4 * 6 * 8);
    addData(file, "raw", H5T_IEEE_F64LE, outside);
    const hsize_t extents[]{4, 6};
    const H5Id space(H5Screate_simple(2, extents, nullptr), H5Sclose),
        virtually(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    H5Pset_virtual(virtually, space, other.c_str(), "/data", space);
    H5Id(H5Dcreate2(file, "virtual", H5T_IEEE_F64LE, space, H5P_DEFAULT, virtually, H5P_DEFAULT), H5Dclose);
  });
  for (const char* name : {"external", "soft", "mount/data", "raw", "virtual"}) {
    const Outcome got = readData(path, name);
    BOOST_TEST((got.code == ExitCode::BadData && got.says("refused") && got.says(name)), name << ": " << got.text);
  }
  const Outcome inside = readData(path, "alias");
  BOOST_TEST((inside.code == ExitCode::Success), inside.text);
  BOOST_CHECK_THROW(H5Reader(world, path).exists("mount/data"), Error);
}

BOOST_AUTO_TEST_CASE(lost_writes_are_found) {
  const Folder folder;
  const std::string path = folder / "a.h5";
  const Cube cube = imageOf(40, 50);
  const VecHandle x = cube.space().vec();
  check(VecSet(x, 12345.678));
  H5Writer file(world, path);
  file.writeField("/maps/kappa", cube, cube.wholeWindow(), 0, x, "", "");
  file.flush();
  onRankZero(world, [&] {  // as if the write had never come to the disk: zeros, with the checksum of zeros
    std::fstream disk(path, std::ios::in | std::ios::out | std::ios::binary);
    disk.seekp(whereIs(12345.678, path));
    disk << std::string(40 * 50 * 8 + 4, '\0');
  });
  const Outcome got = outcomeOf([&] { file.close(); });
  BOOST_TEST((got.code == ExitCode::IoError && got.says("maps/kappa") && got.says("not what was written")), got.text);
}

BOOST_AUTO_TEST_CASE(a_flipped_bit_is_found) {
  const Folder folder;
  const std::string path = folder / "a.h5";
  const Cube cube = imageOf(40, 50);
  const VecHandle x = cube.space().vec();
  check(VecSet(x, 12345.678));
  {
    H5Writer file(world, path);
    file.writeField("/maps/kappa", cube, cube.wholeWindow(), 0, x, "", "");
    file.close();
  }
  std::int64_t at = 0;
  onRankZero(world, [&] { at = whereIs(12345.678, path); });
  const auto read = [&] {
    return outcomeOf([&] { H5Reader(world, path).readField("maps/kappa", cube, cube.wholeWindow(), 0, x); });
  };
  BOOST_TEST((read().code == ExitCode::Success));
  flipBit(path, at + 8 * 777 + 3);
  const Outcome got = read();
  BOOST_TEST((got.code == ExitCode::BadData && got.says("a.h5") && got.says("maps/kappa") && got.says("checksum")),
             got.text);
}
