/// The keeper of checkpoints: a wish that reaches one rank during an iteration is fulfilled by all at its end; how many
/// checkpoints stay; the files STOP and CHECKPOINT.
#include <csignal>
#include <fstream>
#include <thread>

#include "folder.hpp"
#include "io/checkpointer.hpp"
#include "natural.hpp"
#include "testing.hpp"

using namespace lacuna;

namespace {

/// A solver of ten iterations; `during(k)` happens in iteration k.
struct Loop {
  const Folder& folder;
  SignalHandlers handlers{};
  Cube cube = cubeOf({1, 1, 1, 7, 5});
  VecHandle x = cube.space().vec();
  RunLog log{PETSC_COMM_WORLD, folder / "run.jsonl", RunLog::Mode::Replace, false};
  int k = 0;  ///< the iteration that was the last

  CheckpointOptions options() const {
    CheckpointOptions o;
    o.folder = o.outputFolder = folder.path();
    o.name = "run";
    return o;
  }
  template <class F>
  void run(const CheckpointOptions& o, F&& during) {
    Checkpointer keeper(PETSC_COMM_WORLD, log, o, {"probe", "uuid", "", {}, cube.shape(), {}}, nullptr);
    const Stage stage(&keeper, "loop", State().field("x", cube.space(), x).value("iteration", k));
    while (k < 10) {
      during(k + 1);
      ++k;
      Progress p;
      p.solver = "loop";
      p.iteration = k;
      keeper.iteration(p);
    }
  }
  /// The iteration in a checkpoint.
  int saved(int number) const {
    const CheckpointFile file(PETSC_COMM_WORLD, CheckpointFolder(PETSC_COMM_WORLD, folder.path(), "run").path(number),
                              "probe");
    file.verify();
    int iteration = -1;
    const VecHandle other = cube.space().vec();
    file.restore("loop", State().field("x", cube.space(), other).value("iteration", iteration));
    return iteration;
  }
  std::vector<int> numbers() const { return CheckpointFolder(PETSC_COMM_WORLD, folder.path(), "run").numbers(); }
};

bool isLast() { return rankOf(PETSC_COMM_WORLD) == sizeOf(PETSC_COMM_WORLD) - 1; }

void touch(const std::string& path) {
  if (rankOf(PETSC_COMM_WORLD) == 0) std::ofstream(path) << "";
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_signal_to_one_rank_stops_all_in_the_same_iteration) {
  for (const int signal : {SIGUSR1, SIGTERM}) {
    const Folder folder;
    Loop loop{folder};
    const Outcome end = outcomeOf([&] {
      loop.run(loop.options(), [&](int k) {
        if (k == 4 && isLast()) raise(signal);
      });
    });
    BOOST_TEST(static_cast<int>(end.code) == 75, end.text);
    BOOST_TEST(end.says("run me again"));
    BOOST_TEST(loop.k == 4);
    BOOST_TEST(loop.numbers() == std::vector<int>{1});
    BOOST_TEST(loop.saved(1) == 4);
  }
}

BOOST_AUTO_TEST_CASE(a_run_that_goes_on_saves_once_for_each_wish) {
  const Folder folder;
  Loop loop{folder};
  loop.run(loop.options(), [&](int k) {
    if ((k == 3 || k == 7) && isLast()) raise(SIGUSR2);
  });
  BOOST_TEST(loop.k == 10);
  BOOST_TEST(loop.numbers() == (std::vector<int>{1, 2}));
  BOOST_TEST(loop.saved(1) == 3);
  BOOST_TEST(loop.saved(2) == 7);
}

BOOST_AUTO_TEST_CASE(the_newest_checkpoints_stay) {
  const Folder folder;
  Loop loop{folder};
  CheckpointOptions options = loop.options();
  options.everySeconds = 0;
  options.keep = 2;
  loop.run(options, [](int) {});
  BOOST_TEST(loop.numbers() == (std::vector<int>{9, 10}));
  BOOST_TEST(loop.saved(10) == 10);
}

BOOST_AUTO_TEST_CASE(files_are_looked_at_once_a_second) {
  const Folder folder;
  touch(folder / "STOP");
  if (rankOf(PETSC_COMM_WORLD) == 0)  // of a run an hour ago: means nothing to this one
    std::filesystem::last_write_time(folder / "STOP",
                                     std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  Loop loop{folder};
  const Outcome end = outcomeOf([&] {
    loop.run(loop.options(), [&](int k) {
      if (k == 3) touch(folder / "CHECKPOINT");
      if (k == 7) touch(folder / "STOP");
      if (k == 4 || k == 8) std::this_thread::sleep_for(std::chrono::milliseconds(1100));
    });
  });
  BOOST_TEST(static_cast<int>(end.code) == 75, end.text);
  BOOST_TEST(end.says("the file STOP"));
  // After the pause, or before it where the machine was as slow as that.
  BOOST_TEST((loop.k == 7 || loop.k == 8));
  BOOST_TEST((loop.saved(1) == 3 || loop.saved(1) == 4));
  BOOST_TEST(loop.saved(2) == loop.k);
}
