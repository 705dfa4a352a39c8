/// lacuna-floors: what the ranks of this job can do without lacuna, as one line of JSON: bare transforms, memory
/// bandwidth, messages. lacuna-scaling runs it beside the programs; README and docs/scaling.md say what for.
#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <map>

#include "base/error.hpp"
#include "base/run.hpp"
#include "floors/floors.hpp"

using namespace lacuna;

namespace {

constexpr const char* help =
    "lacuna-floors --nx N [--ny N] [--nz N] [--frames N] [--time-groups N] [--seconds S] [--triad-mb M]\n"
    "Measures, on the ranks it runs on and for a field of this size: FFTW's transforms, the STREAM triad, the "
    "ping-pong\n"
    "of two ranks, an Allreduce, an Alltoall. One line of JSON on standard output.\n";

double numberOf(const std::string& option, const std::string& text, double least, double most) {
  double value = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end.ec != std::errc() || end.ptr != text.data() + text.size() || !(value >= least && value <= most))
    throw Error(ExitCode::Usage, fmt::format("{}: '{}' is no number in {} to {}", option, text, least, most));
  return value;
}

FloorProblem problemOf(const std::vector<std::string>& words) {
  FloorProblem p;
  p.nx = 0;
  const std::map<std::string, PetscInt*> sizes{
      {"--nx", &p.nx}, {"--ny", &p.ny}, {"--nz", &p.nz}, {"--frames", &p.frames}};
  for (std::size_t i = 0; i < words.size(); i += 2) {
    const std::string &option = words[i], value = i + 1 < words.size() ? words[i + 1] : "";
    if (const auto size = sizes.find(option); size != sizes.end())
      *size->second = static_cast<PetscInt>(numberOf(option, value, 1, 1e6));
    else if (option == "--time-groups")
      p.timeGroups = static_cast<int>(numberOf(option, value, 0, 1e6));
    else if (option == "--seconds")
      p.seconds = numberOf(option, value, 0, 60);
    else if (option == "--triad-mb")
      p.triadMegabytes = numberOf(option, value, 1e-3, 1e5);
    else
      throw Error(ExitCode::Usage, "lacuna-floors: '" + option + "' is no option\n" + help);
  }
  if (p.nx == 0) throw Error(ExitCode::Usage, std::string("lacuna-floors: --nx is needed\n") + help);
  return p;
}

ExitCode floors(const std::vector<std::string>& words) {
  const bool root = rankOf(PETSC_COMM_WORLD) == 0;
  if (words.size() == 1 && words[0] == "--help") {
    if (root) std::fputs(help, stdout);
    return ExitCode::Success;
  }
  const Floors found = measureFloors(PETSC_COMM_WORLD, problemOf(words));
  if (root) std::puts(found.json().c_str());
  return ExitCode::Success;
}

}  // namespace

int main(int argc, char** argv) { return run(argc, argv, floors); }
