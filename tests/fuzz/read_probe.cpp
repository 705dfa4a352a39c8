/// Reads many files, each in a child of its own with limits of memory and CPU time, for check_mutants.py:
///   read_probe LIST       LIST: lines KIND <tab> FILE <tab> NAME; the kind of a stack may be its axes, "tyx"
/// prints a line for each: 0 (read), an exit code of ours, or "signal N". The children inherit a started MPI and use
/// MPI_COMM_SELF alone, which needs no messages: 300 files take a second, not 300 starts of MPI.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <numeric>

#include "base/error.hpp"
#include "base/run.hpp"
#include "io/map_place.hpp"
#include "io/map_source.hpp"
#include "io/sparse_file.hpp"
#include "io/stack_source.hpp"
#include "io/table.hpp"
#include "priors/spectrum.hpp"

using namespace lacuna;

/// What a crash ends in (io/crash_guard.hpp), of this child alone: the parent must go on.
int MPI_Abort(MPI_Comm, int code) { _exit(code); }

namespace {

constexpr rlim_t mostBytes = rlim_t{1} << 30;  ///< that a reader may take for a file of some KiB
constexpr rlim_t mostSeconds = 40;             ///< of CPU time, twice what a reader allows itself
const MPI_Comm self = MPI_COMM_SELF;

void readStack(const std::string& axes, const std::string& file, const std::string& name) {
  const StackSource source(self, {file, name}, axes);
  const Cube cube(std::make_shared<ProcessGrid>(self, source.shape().frames), source.shape());
  const VecHandle x = cube.space().vec();
  source.read(cube, cube.wholeWindow(), 0, x);
}

void readImage(const std::string& file, const std::string& name) {
  const MapSource source{file, name};
  const ImageShape shape = imageShape(self, source);
  mapPlace(self, source, shape);
  const Cube cube(std::make_shared<ProcessGrid>(self, 1, 1),
                  Shape{1, 1, 1, static_cast<PetscInt>(shape.ny), static_cast<PetscInt>(shape.nx)});
  const VecHandle x = cube.space().vec();
  readMap(self, source, cube, cube.wholeWindow(), 0, x);
}

void readTable(const std::string& file, const std::string& name) {
  const std::unique_ptr<Table> table = openTable(self, file, name);
  std::vector<std::size_t> columns(table->columns().size());
  std::iota(columns.begin(), columns.end(), std::size_t{0});
  constexpr std::int64_t piece = 1000;
  std::vector<std::vector<double>> values(columns.size(), std::vector<double>(piece));
  std::vector<double*> out;
  for (auto& column : values) out.push_back(column.data());
  for (std::int64_t row = 0; row < table->rows(); row += piece)
    table->read(columns, row, std::min(piece, table->rows() - row), out);
}

void read(const std::string& kind, const std::string& file, const std::string& name) {
  if (kind == "map")
    readImage(file, name);
  else if (kind == "table")
    readTable(file, name);
  else if (kind == "sparse")
    readSparse(self, file, name);
  else if (kind == "spectrum")
    readSpectrum(file);
  else
    readStack(kind == "stack" ? "" : kind, file, name);
}

void limit(int resource, rlim_t value) {
  const rlimit both{value, value};
  if (setrlimit(resource, &both) != 0) _exit(99);
}

/// The child: never returns. The message goes to stderr, and only that.
[[noreturn]] void child(const std::string& kind, const std::string& file, const std::string& name) {
  rlim_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  limit(RLIMIT_AS, pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) + mostBytes);
  limit(RLIMIT_CPU, mostSeconds);
  limit(RLIMIT_CORE, 0);
  int code = 0;
  try {
    read(kind, file, name);
  } catch (const Error& e) {
    code = static_cast<int>(e.code());
    std::fprintf(stderr, "%s\n", e.what());
  } catch (const std::exception& e) {
    code = 98;
    std::fprintf(stderr, "not an Error: %s\n", e.what());
  }
  std::fflush(nullptr);
  _exit(code);
}

ExitCode readAll(const std::string& list) {
  std::ifstream in(list);
  for (std::string kind, file, name;
       std::getline(in, kind, '\t') && std::getline(in, file, '\t') && std::getline(in, name);) {
    const pid_t pid = fork();
    if (pid < 0) throw Error("no child process");
    if (pid == 0) child(kind, file, name);
    int status = 0;
    if (waitpid(pid, &status, 0) != pid) throw Error("lost a child process");
    if (WIFSIGNALED(status))
      std::printf("signal %d\n", WTERMSIG(status));
    else
      std::printf("%d\n", WEXITSTATUS(status));
    std::fflush(stdout);
  }
  return ExitCode::Success;
}

}  // namespace

int main(int argc, char** argv) {
  return run(argc, argv, [](const std::vector<std::string>& words) { return readAll(words.at(0)); });
}
