/// Checkpoints: natural order on any layout, states that come back bit by bit on other numbers of ranks, damage.
#include <cmath>
#include <fstream>
#include <limits>

#include "base/choices.hpp"
#include "base/half_of_the_ranks.hpp"
#include "folder.hpp"
#include "grid/modes.hpp"
#include "io/checkpoint_file.hpp"
#include "io/checkpoint_folder.hpp"
#include "io/natural_blocks.hpp"
#include "natural.hpp"
#include "testing.hpp"

using namespace lacuna;

namespace {

double value(std::int64_t i) {
  return std::sin(0.7 * static_cast<double>(i)) * std::pow(10.0, static_cast<double>(i % 7));
}

/// A field with awkward numbers in it.
VecHandle fieldOf(const Space& space) {
  VecHandle x = space.vec();
  fillNatural(space, x, [](std::int64_t i) {
    return i == 3 ? std::numeric_limits<double>::quiet_NaN() : i == 4 ? -0.0 : i == 5 ? 5e-324 : value(i);
  });
  return x;
}

bool sameBits(const Space& space, Vec a, Vec b) {
  const auto x = inNaturalOrder(space, a), y = inNaturalOrder(space, b);
  return std::equal(x.begin(), x.end(), y.begin(), [](double u, double v) {
    return std::bit_cast<std::uint64_t>(u) == std::bit_cast<std::uint64_t>(v);
  });
}

/// Entries dealt out like cards: runs with a stride.
Space dealt(MPI_Comm comm, std::int64_t n) {
  const int rank = rankOf(comm), ranks = sizeOf(comm);
  const std::int64_t mine = n > rank ? (n - rank + ranks - 1) / ranks : 0;
  std::vector<NaturalRun> runs;
  if (mine > 0) runs.push_back({0, static_cast<PetscInt>(mine), rank, ranks});
  return Space(comm, mine, std::move(runs));
}

/// What a run might have to keep.
struct Everything {
  Cube cube;
  VecHandle x, y;
  bool flag = false;
  int iteration = 0;
  std::int64_t large = 0;
  double number = 0;
  std::string text;
  std::vector<double> list;

  explicit Everything(const Cube& c) : cube(c), x(c.space().vec()), y(c.space().vec()) {}
  State state() {
    return State()
        .field("x", cube.space(), x)
        .field("twice", cube.space(), y,
               [this](Vec out) {
                 check(VecCopy(x, out));
                 check(VecScale(out, 2));
               })
        .value("flag", flag)
        .value("iteration", iteration)
        .value("large", large)
        .value("number", number)
        .value("text", text)
        .value("list", list);
  }
  void fill() {
    x = fieldOf(cube.space());
    flag = true;
    iteration = 41;
    large = std::int64_t{1} << 53 | 1;
    number = 0.1;
    text = "caf\xc3\xa9 \"quoted\"\n";
    list = {1.0 / 3, -std::numeric_limits<double>::infinity(), std::nan("")};
  }
  void requireFilled() {
    const VecHandle wanted = fieldOf(cube.space());
    BOOST_TEST(sameBits(cube.space(), x, wanted));
    check(VecScale(wanted, 2));
    BOOST_TEST(sameBits(cube.space(), y, wanted));
    BOOST_TEST(flag);
    BOOST_TEST(iteration == 41);
    BOOST_TEST(large == (std::int64_t{1} << 53 | 1));
    BOOST_TEST(number == 0.1);
    BOOST_TEST(text == "caf\xc3\xa9 \"quoted\"\n");
    BOOST_REQUIRE(list.size() == 3u);
    BOOST_TEST(list[0] == 1.0 / 3);
    BOOST_TEST((std::isinf(list[1]) && list[1] < 0 && std::isnan(list[2])));
  }
};

void writeTo(MPI_Comm comm, const std::string& path, Everything& all) {
  State state = all.state(), other = State().value("number", all.number);
  CheckpointParts parts{
      {"lacuna-probe", "a-uuid", "[a]\nb = 1\n", {{"in.h5", 12, "abc"}}, {3, 1, 1, 2, 5}, {"resumed once"}}, {}, {}};
  parts.stages = {{"map/wiener", &state, false}, {"map", &other, true}};
  parts.tables = {{"wiener", {1, 2.5, std::nan("")}}, {"empty", {}}};
  BOOST_TEST(writeCheckpoint(comm, path, parts) == 16 * all.cube.shape().size());
}

}  // namespace

BOOST_AUTO_TEST_CASE(natural_order_on_every_layout) {
  const Cube movie = cubeOf({5, 2, 1, 6, 7}), volume = cubeOf({2, 1, 5, 4, 3});
  const Modes modes(movie);
  for (const Space& space : {movie.space(), volume.space(), modes.space(), Space::line(PETSC_COMM_WORLD, 2),
                             dealt(PETSC_COMM_WORLD, 101), dealt(PETSC_COMM_WORLD, 1)}) {
    const VecHandle x = fieldOf(space), back = space.vec();
    const auto wanted = inNaturalOrder(space, x);
    std::uint64_t hash = 0;
    for (const std::int64_t chunk : {1, 7, 1000}) {
      const NaturalBlocks blocks(space, chunk);
      const std::vector<double> part = blocks.gather(x);
      BOOST_REQUIRE(everywhere(static_cast<std::int64_t>(part.size()) == blocks.count()));
      bool same = true;
      for (std::size_t i = 0; i < part.size(); ++i)
        same = same && std::bit_cast<std::uint64_t>(part[i]) ==
                           std::bit_cast<std::uint64_t>(wanted[static_cast<std::size_t>(blocks.start()) + i]);
      BOOST_TEST(same);
      check(VecSet(back, -1));
      blocks.scatter(part, back);
      BOOST_TEST(sameBits(space, back, x));
      const std::uint64_t now = naturalHash(space.comm(), blocks.start(), part);
      BOOST_TEST((hash == 0 || hash == now));
      hash = now;
    }
    BOOST_TEST(hash == naturalHash(PETSC_COMM_SELF, 0, wanted));  // as on one rank
  }
}

BOOST_AUTO_TEST_CASE(a_state_comes_back_on_any_number_of_ranks) {
  const Folder folder;
  const HalfOfTheRanks half(PETSC_COMM_WORLD);
  const Shape shape{3, 1, 1, 9, 5};
  const auto on = [&](MPI_Comm comm) { return Cube(std::make_shared<ProcessGrid>(comm, shape.frames), shape); };
  const auto write = [&](MPI_Comm comm, const std::string& path) {
    Everything all(on(comm));
    all.fill();
    writeTo(comm, path, all);
  };
  const auto read = [&](MPI_Comm comm, const std::string& path) {
    const CheckpointFile file(comm, path, "lacuna-probe");
    file.verify();
    BOOST_TEST(file.run().uuid == "a-uuid");
    BOOST_TEST(file.run().config == "[a]\nb = 1\n");
    BOOST_TEST(file.run().inputs.at(0).sha256 == "abc");
    BOOST_TEST(file.run().resumed.at(0) == "resumed once");
    BOOST_TEST(file.tables().at("wiener").size() == 3u);
    BOOST_TEST(file.tables().at("wiener")[1] == 2.5);
    BOOST_TEST(file.tables().at("empty").empty());
    Everything all(on(comm));
    const State state = all.state(), other = State().value("number", all.number);
    BOOST_TEST((file.restore("map/wiener", state) == Observer::Kept::Begun));
    all.requireFilled();
    BOOST_TEST((file.restore("map", other) == Observer::Kept::Done));
    BOOST_TEST((file.restore("nothing", other) == Observer::Kept::Nothing));
    const Space larger = Space::line(comm, 200);
    const VecHandle x = larger.vec();
    const Outcome shapes = outcomeOf([&] { file.restore("map/wiener", State().field("x", larger, x)); });
    BOOST_TEST((shapes.code == ExitCode::BadData && shapes.says("135") && shapes.says("200")));
    BOOST_TEST(outcomeOf([&] { file.restore("map", state); }).says("no field 'x'"));
  };
  const std::string all = folder / "all.h5", few = folder / "few.h5";
  write(PETSC_COMM_WORLD, all);
  if (half.comm() != MPI_COMM_NULL) {
    read(half.comm(), all);
    write(half.comm(), few);
  }
  checkMpi(MPI_Barrier(PETSC_COMM_WORLD));
  read(PETSC_COMM_WORLD, few);
  read(PETSC_COMM_WORLD, all);
}

BOOST_AUTO_TEST_CASE(choices_come_back) {
  const Folder folder;
  Everything all(cubeOf({1, 1, 1, 4, 4}));
  all.fill();
  choices() = {{"engine of a problem", "tiled"}};
  writeTo(PETSC_COMM_WORLD, folder / "a.h5", all);
  choices().clear();
  CheckpointFile(PETSC_COMM_WORLD, folder / "a.h5", "lacuna-probe").restoreChoices();
  BOOST_TEST(choices().at("engine of a problem") == "tiled");
  choices().clear();
}

BOOST_AUTO_TEST_CASE(every_damaged_byte_is_seen_or_does_not_matter) {
  const Folder folder;
  const std::string path = folder / "a.h5", spoilt = folder / "b.h5";
  Everything all(cubeOf({3, 1, 1, 9, 5}));
  all.fill();
  writeTo(PETSC_COMM_WORLD, path, all);
  std::string bytes;
  if (rankOf(PETSC_COMM_WORLD) == 0) {
    std::ifstream in(path, std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(in), {});
  }
  bytes = broadcast(PETSC_COMM_WORLD, bytes);
  int seen = 0;
  for (std::size_t at = 0; at < bytes.size(); at += std::max<std::size_t>(bytes.size() / 150, 1)) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 0x10);
    onRankZero(PETSC_COMM_WORLD, [&] { std::ofstream(spoilt, std::ios::binary) << changed; });
    const Outcome outcome = outcomeOf([&] {
      const CheckpointFile file(PETSC_COMM_WORLD, spoilt, "lacuna-probe");
      file.verify();
      Everything back(all.cube);
      const State state = back.state();
      if (file.restore("map/wiener", state) == Observer::Kept::Nothing) throw Error("the stage is lost");
      back.requireFilled();
    });
    BOOST_TEST((outcome.code == ExitCode::Success || outcome.code == ExitCode::BadData), outcome.text);
    seen += outcome.code != ExitCode::Success;
  }
  BOOST_TEST(seen > 10);
}

BOOST_AUTO_TEST_CASE(strangers_are_told_apart_from_damage) {
  const Folder folder;
  Everything all(cubeOf({1, 1, 1, 4, 4}));
  all.fill();
  writeTo(PETSC_COMM_WORLD, folder / "a.h5", all);
  BOOST_CHECK_THROW(CheckpointFile(PETSC_COMM_WORLD, folder / "a.h5", "lacuna-other"), ForeignCheckpoint);
  BOOST_TEST((outcomeOf([&] { CheckpointFile(PETSC_COMM_WORLD, folder / "none.h5", "x"); }).code == ExitCode::NoInput));
}

BOOST_AUTO_TEST_CASE(the_folder_counts_and_prunes) {
  const Folder where;
  const CheckpointFolder folder(PETSC_COMM_WORLD, where.path(), "run");
  BOOST_TEST(folder.numbers().empty());
  onRankZero(PETSC_COMM_WORLD, [&] {
    for (const char* name : {"run.ckpt.001.h5", "run.ckpt.010.h5", "run.ckpt.1000.h5", "run.ckpt.002.h5",
                             "run.ckpt.x.h5", "run2.ckpt.004.h5", "run.ckpt.003.h5.tmp", "run.h5"})
      std::ofstream(where / name) << "x";
  });
  const std::vector<int> wanted{1, 2, 10, 1000};
  BOOST_TEST(folder.numbers() == wanted, boost::test_tools::per_element());
  folder.prune(2);
  const std::vector<int> left{10, 1000};
  BOOST_TEST(folder.numbers() == left, boost::test_tools::per_element());
  folder.removeTemporary();
  checkMpi(MPI_Barrier(PETSC_COMM_WORLD));
  BOOST_TEST(!std::filesystem::exists(where / "run.ckpt.003.h5.tmp"));
  BOOST_TEST(std::filesystem::exists(where / "run2.ckpt.004.h5"));
  BOOST_TEST(folder.path(7).filename().string() == "run.ckpt.007.h5");
  BOOST_TEST((outcomeOf([&] { CheckpointFolder(PETSC_COMM_WORLD, where.path() / "none", "run").numbers(); }).code ==
              ExitCode::CannotCreate));
}
