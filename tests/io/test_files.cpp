#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "folder.hpp"
#include "io/digest.hpp"
#include "io/map_check.hpp"
#include "io/map_source.hpp"
#include "io/output_file.hpp"
#include "io/run_log.hpp"
#include "testing.hpp"

using namespace lacuna;

namespace {

const MPI_Comm world = MPI_COMM_WORLD;

std::string contentOf(const std::string& path) {
  std::string text;
  onRankZero(world, [&] {
    std::ifstream file(path, std::ios::binary);
    text.assign((std::istreambuf_iterator<char>(file)), {});
  });
  return broadcast(world, text);
}
bool exists(const std::string& path) { return everywhere(std::filesystem::exists(path)); }
void put(const std::string& path, const std::string& text) {
  onRankZero(world, [&] { std::ofstream(path) << text; });
  checkMpi(MPI_Barrier(world));
}

}  // namespace

BOOST_AUTO_TEST_CASE(output_appears_when_committed) {
  const Folder folder;
  const std::string path = folder / "map.h5";
  {
    OutputFile out(world, path, false);
    BOOST_TEST(exists(out.temporary()));
    out.write("new");
    BOOST_TEST(!exists(path));
    out.commit();
    BOOST_TEST(out.committed());
  }
  BOOST_TEST(contentOf(path) == "new");
  BOOST_TEST(!exists(path + ".tmp"));
}

BOOST_AUTO_TEST_CASE(output_without_commit_leaves_the_old_file) {
  const Folder folder;
  const std::string path = folder / "map.h5";
  put(path, "old");
  put(path + ".tmp", "left by a crash");
  {
    OutputFile out(world, path, true);
    BOOST_TEST(contentOf(out.temporary()) == "");  // the stale one is emptied
    out.write("half of a new o");
  }
  checkMpi(MPI_Barrier(world));
  BOOST_TEST(contentOf(path) == "old");
  BOOST_TEST(!exists(path + ".tmp"));
}

BOOST_AUTO_TEST_CASE(output_refused_before_the_work) {
  const Folder folder;
  const std::string path = folder / "map.h5";
  put(path, "old");
  const auto expect = [&](const std::string& target, bool overwrite, const std::string& part) {
    const Outcome got = outcomeOf([&] { OutputFile(world, target, overwrite); });
    BOOST_TEST((got.code == ExitCode::CannotCreate && got.says(part) && got.says(target)), got.text);
  };
  expect(path, false, "--overwrite");
  expect(folder / "none/map.h5", false, "none");
  expect(path + "/map.h5", false, "map.h5");
  onRankZero(world, [&] { std::filesystem::create_directory(folder / "taken.h5"); });
  expect(folder / "taken.h5", true, "folder");
  const OutputFile first(world, folder / "twice.h5", false);
  expect(folder / "twice.h5", true, "another run");
  BOOST_TEST(contentOf(path) == "old");
  BOOST_TEST(!exists(path + ".tmp"));
}

BOOST_AUTO_TEST_CASE(output_moves) {
  const Folder folder;
  std::vector<OutputFile> files;
  for (const char* name : {"a", "b", "c", "d"}) files.emplace_back(world, folder.path() / name, false);
  for (OutputFile& file : files) file.write("x");
  for (OutputFile& file : files) file.commit();
  BOOST_TEST(contentOf(folder / "d") == "x");
}

BOOST_AUTO_TEST_CASE(digests) {  // FIPS 180-2, appendix B
  const Folder folder;
  BOOST_TEST(sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  put(folder / "million", std::string(1000000, 'a'));
  const InputDigest digest = digestFile(world, folder / "million");
  BOOST_TEST(digest.sha256 == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  BOOST_TEST(digest.bytes == 1000000);
  const Outcome missing = outcomeOf([&] { digestFile(world, folder / "none"); });
  BOOST_TEST((missing.code == ExitCode::NoInput && missing.says("none")), missing.text);
  put(folder / "nothing", "");
  put(folder / "piece", "");
  if (rankOf(world) == 0) std::filesystem::resize_file(folder / "piece", digestPiece);
  checkMpi(MPI_Barrier(world));
  const std::vector<InputDigest> two = digestFiles(world, {folder / "nothing", folder / "piece"});
  BOOST_TEST(two[0].sha256 == sha256(""));
  BOOST_TEST(two[1].sha256 == "3b6a07d0d404fab4e23b6d34bc6696a6a312dd92821332385e5af7c01c421351");  // sha256sum's
  BOOST_TEST(digestFiles(world, {}).empty());
}

BOOST_AUTO_TEST_CASE(names_of_maps) {
  const auto is = [](const MapSource& got, const std::string& file, const std::string& name) {
    return got.file == file && got.name == name;
  };
  BOOST_TEST(is(resolveMap("gamma1", "shear.h5", "/cfg"), "shear.h5", "gamma1"));
  BOOST_TEST(is(resolveMap("maps/gamma1", "/d/shear.h5", "/cfg"), "/d/shear.h5", "maps/gamma1"));
  BOOST_TEST(is(resolveMap("g1.fits", "shear.h5", "/cfg"), "/cfg/g1.fits", ""));
  BOOST_TEST(is(resolveMap("/abs/g1.fits:KAPPA", "", "/cfg"), "/abs/g1.fits", "KAPPA"));
  BOOST_TEST(is(resolveMap("../o.hdf5:maps/k", "shear.h5", "/cfg"), "/cfg/../o.hdf5", "maps/k"));
  BOOST_TEST(is(resolveMap("g1.fits", "", ""), "g1.fits", ""));
  BOOST_TEST(is(resolveMap("1", "all.fits", "/cfg"), "all.fits", "1"));
  BOOST_TEST(is(resolveMap("plain", "", "/cfg"), "/cfg/plain", ""));
  BOOST_TEST(is(resolveMap("m.fits[1:10,1:10]", "", "/cfg"), "/cfg/m.fits[1:10,1:10]", ""));
}

BOOST_AUTO_TEST_CASE(values_are_checked_inside_the_mask) {
  const Cube cube = cubeOf({1, 2, 1, 9, 8}, 1), single = cube.withChannels(1);
  const Window window{{0, 1, 2}, {1, 7, 5}};  // rows 1..7, columns 2..6 of the cube
  const VecHandle values = cube.space().vec(), mask = single.space().vec();
  check(VecSet(mask, 1));
  const auto set = [](const Cube& c, Vec x, PetscInt channel, PetscInt row, PetscInt column, double value) {
    const std::int64_t natural = (static_cast<std::int64_t>(channel) * 9 + row) * 8 + column;
    WriteLocal out(x);
    for (const NaturalRun& run : c.space().naturalRuns())
      if (natural >= run.natural && natural < run.natural + run.count)
        out[static_cast<PetscInt>(run.local + natural - run.natural)] = value;
  };
  const auto test = [&](PetscInt channel, Vec within) {
    return outcomeOf([&] { requireFinite(cube, window, channel, within, values, "gamma2 in shear.h5"); });
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  set(cube, values, 1, 0, 0, nan);  // outside the window
  set(cube, values, 0, 4, 4, nan);  // in the other channel
  BOOST_TEST((test(1, mask).code == ExitCode::Success));
  set(cube, values, 1, 6, 3, std::numeric_limits<double>::infinity());
  set(cube, values, 1, 5, 6, nan);
  set(cube, values, 1, 3, 5, -std::numeric_limits<double>::infinity());
  set(single, mask, 0, 3, 5, 0);
  const Outcome got = test(1, mask);  // the first inside the mask: cube row 5, column 6
  BOOST_TEST((got.code == ExitCode::BadData && got.says("gamma2 in shear.h5: not finite: nan at row 4, column 4")),
             got.text);
  BOOST_TEST(got.says("2 such values"), got.text);
  const Outcome everywhereBad = test(1, nullptr);
  BOOST_TEST((everywhereBad.says("-inf at row 2, column 3") && everywhereBad.says("3 such values")),
             everywhereBad.text);
  check(VecSet(mask, 0));
  BOOST_TEST((test(1, mask).code == ExitCode::Success));

  check(VecSet(values, 1));
  set(cube, values, 0, 2, 2, 0);
  const Outcome zero = outcomeOf([&] {
    requireValues(cube, window, 0, nullptr, values, "noise_variance", "must be positive",
                  [](double v) { return v > 0; });
  });
  BOOST_TEST((zero.code == ExitCode::BadData && zero.says("noise_variance: must be positive: 0 at row 1, column 0") &&
              zero.says("1 such value in all")),
             zero.text);
}

BOOST_AUTO_TEST_CASE(run_log_writes_json_lines) {
  const Folder folder;
  const std::string path = folder / "run.jsonl";
  {
    RunLog log(world, path, RunLog::Mode::Replace, false);
    log.start("lacuna-test", "[data]\n");
    for (int i = 0; i < 12; ++i) {
      Progress p;
      p.solver = "wiener";
      p.iteration = i;
      p.gradientNorm = std::pow(10, -0.5 * i);
      p.target = 1e-8;
      p.seconds = 2.0 * i;
      log.iteration(p);
    }
    log.event("resumed", {{"iteration", "12"}, {"text", "from \"a\""}, {"flag", "true"}, {"odd", "[1]"}});
    log.finish("converged", {{"fft", "transforms", 7, 1.0, 1.5, 70}}, 3, {"map.h5"});
    BOOST_TEST(log.history("wiener").size() == 12u);
    BOOST_TEST(log.history("map").empty());
    // norm falls by 10 in 4 s; from 10^-5.5 to 10^-8 it takes 10 s
    BOOST_TEST(secondsLeft(log.history("wiener")) == 10.0, boost::test_tools::tolerance(1e-10));
  }
  RunLog(world, path, RunLog::Mode::Append, false).message("again");
  std::vector<nlohmann::json> lines;
  std::istringstream in(contentOf(path));
  for (std::string line; std::getline(in, line);) lines.push_back(nlohmann::json::parse(line));
  BOOST_REQUIRE(lines.size() == 16u);
  BOOST_TEST(lines[0]["event"] == "start");
  BOOST_TEST(lines[0]["ranks"] == sizeOf(world));
  BOOST_TEST(lines[1]["energy"].is_null());
  BOOST_TEST(lines[1]["seconds_left"].is_null());
  BOOST_TEST(lines[12]["iteration"] == 11);
  BOOST_TEST(lines[12]["gradient_norm"].get<double>() == std::pow(10, -5.5));
  BOOST_TEST(lines[13]["iteration"] == 12);
  BOOST_TEST(lines[13]["text"] == "from \"a\"");
  BOOST_TEST(lines[13]["flag"] == true);
  BOOST_TEST(lines[13]["odd"] == "[1]");
  BOOST_TEST(lines[14]["phases"][0]["calls"] == 7);
  BOOST_TEST(lines[14]["written"][0] == "map.h5");
  BOOST_TEST(lines[15]["text"] == "again");
  const std::string first = contentOf(path);
  for (const char* failed : {"fails", "fails, too"}) {
    RunLog(world, path, RunLog::Mode::Replace, false).message(failed);
    checkMpi(MPI_Barrier(world));
    BOOST_TEST(contentOf(path).find(failed) != std::string::npos);
    BOOST_TEST(contentOf(path + ".old") == first);
    checkMpi(MPI_Barrier(world));
  }
  RunLog(world, path, RunLog::Mode::Replace, false).finish("converged", {}, 3, {});
  checkMpi(MPI_Barrier(world));
  BOOST_TEST(!std::filesystem::exists(path + ".old"));
  const Outcome got = outcomeOf([&] { RunLog(world, folder / "no/run.jsonl"); });
  BOOST_TEST((got.code == ExitCode::CannotCreate && got.says("run.jsonl")), got.text);
  if (std::filesystem::exists("/dev/full")) {
    RunLog full(world, "/dev/full", RunLog::Mode::Append, false);
    const Outcome lost = outcomeOf([&] { full.message("lost"); });
    BOOST_TEST((lost.code == ExitCode::IoError && lost.says("/dev/full")), lost.text);
  }
}

BOOST_AUTO_TEST_CASE(time_left_is_unknown_without_progress) {
  const auto history = [](std::initializer_list<double> norms, double target) {
    std::vector<Progress> out;
    for (double norm : norms) {
      Progress p;
      p.gradientNorm = norm;
      p.target = target;
      p.seconds = static_cast<double>(out.size());
      out.push_back(p);
    }
    return out;
  };
  BOOST_TEST(std::isnan(secondsLeft({})));
  BOOST_TEST(std::isnan(secondsLeft(history({1}, 1e-3))));
  BOOST_TEST(std::isnan(secondsLeft(history({1, 2, 4}, 1e-3))));
  BOOST_TEST(std::isnan(secondsLeft(history({1, 1}, 1e-3))));
  BOOST_TEST(std::isnan(secondsLeft(history({1, 0.1}, Progress::none))));
  BOOST_TEST(secondsLeft(history({1, 0.1}, 0.1)) == 0);
}
