/// bench_io FOLDER FRAMES NY NX [ROUNDS]: writes and reads a movie of FRAMES x NY x NX doubles in FOLDER, as a product
/// does (chunks, checksums, collective transfers, fsync, the reading back), and beside it the same bytes by plain
/// collective MPI-IO into a plain file. Reads follow twice: after the kernel's copies of the files were dropped, and
/// from these copies. Every value that was read is compared with what was written (exit 70 where one differs). One line
/// of JSON on standard output; `ratio_*`: the time of MPI-IO over that of lacuna, the median of the rounds.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <bit>
#include <filesystem>

#include "bare_transforms.hpp"
#include "base/run.hpp"
#include "io/h5_reader.hpp"
#include "io/h5_writer.hpp"
#include "io/output_file.hpp"
#include "model/bad_entries.hpp"

using namespace lacuna;

namespace {

/// A number that tells its natural index and has no pattern in its bytes.
double valueAt(std::int64_t natural) {
  const auto mixed = static_cast<std::uint64_t>(natural + 1) * 0x9e3779b97f4a7c15;
  return std::bit_cast<double>((mixed >> 12) | 0x3ff0000000000000);
}

template <class Use>
void forEachEntry(const Cube& cube, Use&& use) {
  for (const NaturalRun& run : cube.space().naturalRuns())
    for (PetscInt k = 0; k < run.count; ++k) use(run.local + k, run.natural + k * run.stride);
}

void fill(const Cube& cube, Vec x) {
  const WriteLocal out(x);
  forEachEntry(cube, [&](PetscInt local, std::int64_t natural) { out[local] = valueAt(natural); });
}

void requireWritten(const Cube& cube, Vec x, const char* what) {
  BadEntries bad;
  {
    const ReadLocal in(x);
    forEachEntry(cube, [&](PetscInt local, std::int64_t natural) {
      if (in[local] != valueAt(natural)) bad.add(natural);
    });
  }
  bad.throwIfAny(cube.comm(), std::string(what) + ": a value that is not what was written");
}

/// Drops the kernel's copy of a file: what is read next comes from the disk.
void forget(const std::string& path) {
  checkMpi(MPI_Barrier(PETSC_COMM_WORLD));
  onRankZero(PETSC_COMM_WORLD, [&] {
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fdatasync(fd) != 0 || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0)
      throw Error(ExitCode::IoError, path + ": cannot drop it from memory");
    close(fd);
  });
}

template <class Work>
double timed(Work&& work) {
  checkMpi(MPI_Barrier(PETSC_COMM_WORLD));
  const double start = MPI_Wtime();
  work();
  return most(MPI_Wtime() - start);
}

/// The local entries, which are one block of the file, by collective MPI-IO; a count is an int, so that rows are the
/// unit.
class PlainFile {
 public:
  PlainFile(const Cube& cube, std::string path) : cube_(cube), path_(std::move(path)) {
    checkMpi(MPI_Type_contiguous(static_cast<int>(cube.shape().nx), MPI_DOUBLE, &row_));
    checkMpi(MPI_Type_commit(&row_));
  }
  ~PlainFile() { MPI_Type_free(&row_); }
  void write(Vec x) const {
    const ReadLocal in(x);
    transfer(MPI_MODE_CREATE | MPI_MODE_WRONLY, [&](MPI_File file, MPI_Offset at, int rows) {
      checkMpi(MPI_File_write_at_all(file, at, in.data(), rows, row_, MPI_STATUS_IGNORE));
      checkMpi(MPI_File_sync(file));
    });
  }
  void read(Vec x) const {
    const WriteLocal out(x);
    transfer(MPI_MODE_RDONLY, [&](MPI_File file, MPI_Offset at, int rows) {
      checkMpi(MPI_File_read_at_all(file, at, out.data(), rows, row_, MPI_STATUS_IGNORE));
    });
  }

 private:
  template <class Use>
  void transfer(int mode, Use&& use) const {
    const Box& box = cube_.box();
    const auto nx = static_cast<std::int64_t>(cube_.shape().nx);
    const std::int64_t first = box.start[0] * cube_.shape().pixels() + box.start[3] * nx;
    MPI_File file = MPI_FILE_NULL;
    checkMpi(MPI_File_open(cube_.comm(), path_.c_str(), mode, MPI_INFO_NULL, &file));
    use(file, 8 * first, static_cast<int>(box.size() / nx));
    checkMpi(MPI_File_close(&file));
  }
  const Cube& cube_;
  std::string path_;
  MPI_Datatype row_ = MPI_DATATYPE_NULL;
};

ExitCode bench(const std::vector<std::string>& words) {
  if (words.size() < 4) throw Error(ExitCode::Usage, "usage: bench_io FOLDER FRAMES NY NX [ROUNDS]");
  const auto extent = [&](std::size_t i) { return static_cast<PetscInt>(std::stoll(words[i])); };
  const int rounds = words.size() > 4 ? std::stoi(words[4]) : 3;
  const MPI_Comm comm = PETSC_COMM_WORLD;
  if (extent(1) % sizeOf(comm) != 0) throw Error(ExitCode::Usage, "FRAMES must be a multiple of the number of ranks");
  const Cube cube(std::make_shared<ProcessGrid>(comm, sizeOf(comm)), {extent(1), 1, 1, extent(2), extent(3)});
  const std::string ours = words[0] + "/bench_io.h5", plain = words[0] + "/bench_io.raw";
  const VecHandle x = cube.space().vec();
  std::vector<double> seconds[6];  // write, read cold, read warm: of MPI-IO, and of lacuna
  std::vector<double> ratios[3];
  for (int r = 0; r < rounds; ++r) {
    std::filesystem::remove(plain);
    const PlainFile file(cube, plain);
    fill(cube, x);
    double now[6];
    now[0] = timed([&] { file.write(x); });
    now[3] = timed([&] {
      OutputFile out(comm, ours, true);
      H5Writer writer(comm, out.temporary());
      writer.writeField("maps/x", cube, cube.wholeWindow(), 0, x, "1", "a benchmark");
      writer.close();
      out.commit();
    });
    const auto plainRead = [&] { file.read(x); };
    const auto ourRead = [&] { H5Reader(comm, ours).readField("maps/x", cube, cube.wholeWindow(), 0, x); };
    const auto read = [&](double& took, auto&& how, const char* what) {
      check(VecSet(x, 0));
      took = timed(how);
      requireWritten(cube, x, what);
    };
    forget(plain);
    forget(ours);
    read(now[1], plainRead, "MPI-IO");
    read(now[4], ourRead, "lacuna");
    read(now[2], plainRead, "MPI-IO");
    read(now[5], ourRead, "lacuna");
    for (std::size_t i = 0; i < 6; ++i) seconds[i].push_back(now[i]);
    for (std::size_t i = 0; i < 3; ++i) ratios[i].push_back(now[i] / now[i + 3]);
  }
  onRankZero(comm, [&] {
    std::filesystem::remove(plain);
    std::filesystem::remove(ours);
  });
  if (rankOf(comm) != 0) return ExitCode::Success;
  const double gigabytes = 8e-9 * static_cast<double>(cube.shape().size());
  const auto rate = [&](int i) { return gigabytes / median(seconds[i]); };
  fmt::print(
      "{{\"ranks\": {}, \"GB\": {:.2f}, \"mpiio_write_GBps\": {:.3f}, \"mpiio_read_cold_GBps\": {:.3f}, "
      "\"mpiio_read_cached_GBps\": {:.3f}, \"write_GBps\": {:.3f}, \"read_cold_GBps\": {:.3f}, \"read_cached_GBps\": "
      "{:.3f}, \"ratio_write\": {:.2f}, \"ratio_read_cold\": {:.2f}, \"ratio_read_cached\": {:.2f}}}\n",
      sizeOf(comm), gigabytes, rate(0), rate(1), rate(2), rate(3), rate(4), rate(5), median(ratios[0]),
      median(ratios[1]), median(ratios[2]));
  return ExitCode::Success;
}

}  // namespace

int main(int argc, char** argv) { return run(argc, argv, bench); }
