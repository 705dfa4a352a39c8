/// large_file [FOLDER]: fields beyond what 31 bits count, written and read back, every value compared. About 20 GB of
/// disk in FOLDER (without it, where temporary files go) and 6 GB of memory on two ranks; exit 77 where the disk has
/// less.
///
/// 1. An image of which every rank has more than 2^31 bytes, written and read in one call.
/// 2. With 64-bit PetscInt, a movie of more than 2^31 pixels, rows split over the ranks, read back frame by frame, each
///    of which has more than 2^31 bytes. What is written repeats itself in memory: the same pages are mapped many
///    times, with a period that is no power of two, so that an index cut to 31 or 32 bits meets another value.
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bit>
#include <cstring>

#include "base/run.hpp"
#include "folder.hpp"
#include "io/chunk_reader.hpp"
#include "io/h5_reader.hpp"
#include "io/h5_writer.hpp"
#include "io/output_file.hpp"
#include "model/bad_entries.hpp"

using namespace lacuna;

namespace {

constexpr PetscInt ny = 16400, nx = 16411, frames = 8;  // ny nx frames > 2^31, 8 ny nx > 2^31
constexpr std::int64_t periodBytes = std::int64_t{65537} * 4096, period = periodBytes / 8;

/// A number without a pattern in its bytes.
double valueAt(std::int64_t index) {
  const auto mixed = static_cast<std::uint64_t>(index + 1) * 0x9e3779b97f4a7c15;
  return std::bit_cast<double>((mixed >> 12) | 0x3ff0000000000000);
}

/// `count` doubles in the room of `period`: entry i is valueAt(seed + i % period).
class RepeatedMemory {
 public:
  RepeatedMemory(std::int64_t count, std::int64_t seed)
      : bytes_(static_cast<std::size_t>((8 * count + periodBytes - 1) / periodBytes * periodBytes)) {
    const int file = memfd_create("pattern", MFD_CLOEXEC);
    void* place = mmap(nullptr, bytes_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    bool ok = file >= 0 && ftruncate(file, periodBytes) == 0 && place != MAP_FAILED;
    for (std::size_t at = 0; ok && at < bytes_; at += periodBytes)
      ok = mmap(static_cast<char*>(place) + at, periodBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0) !=
           MAP_FAILED;
    if (file >= 0) close(file);
    if (!ok) throw Error(std::string("mmap: ") + std::strerror(errno));
    data_ = static_cast<double*>(place);
    for (std::int64_t i = 0; i < period; ++i) data_[i] = valueAt(seed + i);
  }
  RepeatedMemory(const RepeatedMemory&) = delete;
  RepeatedMemory& operator=(const RepeatedMemory&) = delete;
  ~RepeatedMemory() { munmap(data_, bytes_); }
  double* data() const { return data_; }

 private:
  std::size_t bytes_;
  double* data_ = nullptr;
};

void write(const std::string& path, const Cube& cube, Vec x) {
  OutputFile out(cube.comm(), path, true);
  H5Writer file(cube.comm(), out.temporary());
  file.writeField("maps/x", cube, cube.wholeWindow(), 0, x, "1", "a large field");
  file.close();
  out.commit();
}

void say(const std::string& text) {
  if (rankOf(PETSC_COMM_WORLD) == 0) fmt::print("{}\n", text);
  std::fflush(stdout);
}

/// More than 2^31 bytes a rank.
void image(const std::string& path) {
  const MPI_Comm comm = PETSC_COMM_WORLD;
  const Cube cube(std::make_shared<ProcessGrid>(comm, 1, 1), {1, 1, 1, ny * sizeOf(comm), nx});
  const VecHandle x = cube.space().vec();
  {
    const WriteLocal out(x);
    for (const NaturalRun& run : cube.space().naturalRuns())
      for (PetscInt k = 0; k < run.count; ++k) out[run.local + k] = valueAt(run.natural + k * run.stride);
  }
  write(path, cube, x);
  check(VecSet(x, 0));
  H5Reader(comm, path).readField("maps/x", cube, cube.wholeWindow(), 0, x);
  BadEntries bad;
  {
    const ReadLocal in(x);
    for (const NaturalRun& run : cube.space().naturalRuns())
      for (PetscInt k = 0; k < run.count; ++k)
        if (in[run.local + k] != valueAt(run.natural + k * run.stride)) bad.add(run.natural + k * run.stride);
  }
  bad.throwIfAny(comm, "the image: values that are not what was written");
  say(fmt::format("image of {} pixels, {} bytes a rank: as written", cube.shape().size(), 8 * std::int64_t{ny} * nx));
}

/// More than 2^31 pixels.
void movie(const std::string& path) {
  const MPI_Comm comm = PETSC_COMM_WORLD;
  const Cube cube(std::make_shared<ProcessGrid>(comm, frames, 1), {frames, 1, 1, ny, nx});
  constexpr std::int64_t apart = std::int64_t{1} << 40;  // between the values of ranks
  {
    const RepeatedMemory memory(cube.space().local(), apart * rankOf(comm));
    VecHandle x;
    check(VecCreateMPIWithArray(comm, 1, cube.space().local(), cube.space().global(), memory.data(), x.out()));
    write(path, cube, x);
  }
  BadEntries bad;
  together(comm, [&] {
    const H5Id file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, h5SerialAccess()), H5Fclose);
    const H5Id dataset(H5Dopen2(file, "maps/x", H5P_DEFAULT), H5Dclose);
    std::vector<double> frame(static_cast<std::size_t>(ny) * nx);
    for (PetscInt f = rankOf(comm); f < frames; f += sizeOf(comm)) {
      std::fill(frame.begin(), frame.end(), 0.0);
      const FileRegion region{{frames, ny, nx}, {f, 0, 0}, {1, ny, nx}, {0, nx, 1}, 0};
      if (!readChunks(dataset, region, frame)) throw Error("frame " + std::to_string(f) + " is not read");
      for (int r = 0; r < sizeOf(comm); ++r) {
        const Box box = cube.boxOf(0, r);
        for (PetscInt y = 0; y < box.count[3]; ++y)
          for (PetscInt i = 0; i < nx; ++i) {
            const std::int64_t local = (std::int64_t{f} * box.count[3] + y) * nx + i;
            const std::int64_t inFrame = std::int64_t{box.start[3] + y} * nx + i;
            if (frame[static_cast<std::size_t>(inFrame)] != valueAt(apart * r + local % period))
              bad.add(std::int64_t{f} * ny * nx + inFrame);
          }
      }
    }
  });
  bad.throwIfAny(comm, "the movie: values that are not what was written");
  say(fmt::format("movie of {} pixels, {} bytes a frame: as written", cube.shape().size(), 8 * std::int64_t{ny} * nx));
}

ExitCode test(const std::vector<std::string>& words) {
  const Folder own;
  const std::filesystem::path folder = words.empty() ? own.path() : std::filesystem::path(words[0]);
  const std::string path = (folder / "large_file.h5").string();
  const auto removed = [&] { onRankZero(PETSC_COMM_WORLD, [&] { std::filesystem::remove(path); }); };
  image(path);
  removed();
  if (sizeof(PetscInt) > 4)
    movie(path);
  else
    say("SKIPPED: the movie, which needs the petsc64 flavour");
  removed();
  return ExitCode::Success;
}

}  // namespace

int main(int argc, char** argv) {
  const auto where = argc > 1 ? std::filesystem::path(argv[1]) : std::filesystem::temp_directory_path();
  if (std::error_code error; std::filesystem::space(where, error).available < std::uintmax_t{20'000'000'000}) {
    fmt::print("SKIPPED: less than 20 GB free in {}\n", where.string());
    return 77;
  }
  return run(argc, argv, test);
}
