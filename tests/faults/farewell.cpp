/// farewell MODE SCRATCH: a program around run() that fails in the way MODE names. check_farewell.py looks at how it leaves.
#include <petscvec.h>

#include <chrono>
#include <cstdio>
#include <map>
#include <new>
#include <thread>

#include "base/error.hpp"
#include "base/run.hpp"
#include "io/h5_writer.hpp"

using namespace lacuna;

namespace {

MPI_Comm world() { return PETSC_COMM_WORLD; }

[[noreturn]] void badData(const std::string& text) { throw Error(ExitCode::BadData, text); }

/// The ranks that did not fail wait for the others where a solver would: inside a collective call.
void failOn(int rank, const std::string& text) {
  if (rankOf(world()) == rank) badData(text);
  checkMpi(MPI_Barrier(world()));
}

/// Rank 0 fails while the others are busy with something else for so long.
void failBeforeOthersCome(std::chrono::seconds later, const std::string& text) {
  if (rankOf(world()) == 0) badData(text);
  std::this_thread::sleep_for(later);
}

void workTogether() {
  together(world(), [] {
    if (rankOf(world()) == 1) badData("found by one");
  });
}

/// One rank leaves while a file is open that only all together can close.
void failWhileWriting(const std::string& scratch) {
  H5Writer file(world(), scratch + "/out.h5");
  failOn(1, "with a file open");
}

void callPetscWrongly() {
  Vec none = nullptr;
  check(VecSetType(none, VECMPI));
}

using Mode = std::function<void(const std::string& scratch)>;
const std::map<std::string, Mode> modes{
    {"none", [](auto&) { checkMpi(MPI_Barrier(world())); }},
    {"rank-0", [](auto&) { failOn(0, "the first rank's own trouble"); }},
    {"rank-1", [](auto&) { failOn(1, "the second rank's own trouble"); }},
    {"all", [](auto&) { throw Error(ExitCode::NoInput, "the same everywhere"); }},
    {"together", [](auto&) { workTogether(); }},
    {"root", [](auto&) { onRankZero(world(), [] { badData("found by the root"); }); }},
    {"different",
     [](auto&) { throw Error(rankOf(world()) == 0 ? ExitCode::BadConfig : ExitCode::IoError, "reason " + std::to_string(rankOf(world()))); }},
    {"busy", [](auto&) { failBeforeOthersCome(std::chrono::seconds(60), "while the others compute"); }},
    {"late", [](auto&) { failBeforeOthersCome(std::chrono::seconds(1), "before the others have finished"); }},
    {"writing", failWhileWriting},
    {"memory", [](auto&) { throw std::bad_alloc(); }},
    {"number", [](auto&) { throw 42; }},
    {"silent", [](auto&) { throw std::runtime_error(""); }},
    {"escape", [](auto&) { badData("name \x1b[31m of a file\r"); }},
    {"petsc", [](auto&) { callPetscWrongly(); }},
};

}  // namespace

int main(int argc, char** argv) {
  return run(argc, argv, [](const std::vector<std::string>& words) {
    const std::string mode = words.empty() ? "" : words[0];
    std::printf("the job has begun\n");  // not flushed: what was printed must not be lost
    if (mode == "limit") return rankOf(world()) == 0 ? ExitCode::IterationLimit : ExitCode::Success;
    if (!modes.contains(mode)) throw Error(ExitCode::Usage, "no mode " + mode);
    modes.at(mode)(words.size() > 1 ? words[1] : ".");
    return ExitCode::Success;
  });
}
