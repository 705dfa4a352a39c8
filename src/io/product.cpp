#include "io/product.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/error.hpp"
#include "base/node_memory.hpp"
#include "io/library_versions.hpp"
#include "io/utc.hpp"
#include "io/window_part.hpp"
#include "version.hpp"

namespace lacuna {
namespace {

constexpr int formatVersion = 1;

std::string hostName() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

std::string asJson(const std::vector<InputDigest>& inputs) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const InputDigest& input : inputs)
    list.push_back({{"path", input.path}, {"bytes", input.bytes}, {"sha256", input.sha256}});
  return list.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

const Phase& writing() {
  static const Phase phase("write maps", "GB");
  return phase;
}

/// One member of every element, as a column.
template <class T, class F>
auto column(const std::vector<T>& rows, F&& member) {
  std::vector<std::decay_t<decltype(member(rows[0]))>> out;
  for (const T& row : rows) out.push_back(member(row));
  return out;
}

/// Offsets of the pixel centres from the middle of the grid.
std::vector<double> offsets(PetscInt n, double pixel) {
  std::vector<double> out;
  for (PetscInt i = 0; i < n; ++i) out.push_back((static_cast<double>(i) - static_cast<double>(n - 1) / 2) * pixel);
  return out;
}

}  // namespace

Product::Product(MPI_Comm comm, std::string program, const std::filesystem::path& folder, const std::string& name,
                 bool overwrite)
    : comm_(comm), program_(std::move(program)), out_(comm, folder / (name + ".h5"), overwrite) {}

H5Writer& Product::file() {
  if (out_.committed()) throw Error("Product: written to after commit()");
  if (!file_) {
    file_ = std::make_unique<H5Writer>(comm_, out_.temporary());
    file_->attribute("/", "format", "lacuna");
    file_->attribute("/", "format_version", formatVersion);
    file_->attribute("/", "program", program_);
    file_->attribute("/", "complete", 0);
    for (const char* group : {"maps", "notes"}) file_->group(group);
  }
  return *file_;
}

void Product::grid(const ProductGrid& grid) {
  H5Writer& h5 = file();
  scales_ = {{'x', grid.nx}, {'y', grid.ny}};
  h5.writeValues("grid/x", offsets(grid.nx, grid.pixelArcmin), "arcmin", "pixel centre from the grid centre, along RA");
  h5.writeValues("grid/y", offsets(grid.ny, grid.pixelArcmin), "arcmin",
                 "pixel centre from the grid centre, along Dec");
  for (const char* scale : {"grid/x", "grid/y"}) h5.makeScale(scale);
  h5.attribute("grid", "nx", static_cast<std::int64_t>(grid.nx));
  h5.attribute("grid", "ny", static_cast<std::int64_t>(grid.ny));
  h5.attribute("grid", "pixel_arcmin", grid.pixelArcmin);
  h5.attribute("grid", "projection", grid.projection);
  h5.attribute("grid", "center_ra_deg", grid.centerRaDeg);
  h5.attribute("grid", "center_dec_deg", grid.centerDecDeg);
  if (!grid.wcs) return;
  const SkyWcs& wcs = *grid.wcs;
  const std::pair<const char*, std::string> texts[]{
      {"CTYPE1", wcs.ctype1}, {"CTYPE2", wcs.ctype2}, {"CUNIT1", "deg"}, {"CUNIT2", "deg"}, {"RADESYS", wcs.radesys}};
  const std::pair<const char*, double> numbers[]{{"CRPIX1", wcs.crpix1}, {"CRPIX2", wcs.crpix2},
                                                 {"CRVAL1", wcs.crval1}, {"CRVAL2", wcs.crval2},
                                                 {"CDELT1", wcs.cdelt1}, {"CDELT2", wcs.cdelt2}};
  for (const auto& [key, value] : texts) h5.attribute("grid", key, value);
  for (const auto& [key, value] : numbers) h5.attribute("grid", key, value);
}

void Product::stack(const Cube& cube, const Window& window, const ProductStack& stack) {
  H5Writer& h5 = file();
  const std::string axes = fileAxes(cube, window);
  const std::vector<std::int64_t> extents = fileExtents(cube, window);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::string name = std::string("grid/") + axes[i];
    const std::int64_t first = axes[i] == 't' ? stack.firstFrame : stack.corner[std::string_view("zyx").find(axes[i])];
    std::vector<double> places;
    for (std::int64_t k = 0; k < extents[i]; ++k) places.push_back(static_cast<double>(first + k));
    const bool timed = axes[i] == 't' && !stack.times.empty();
    if (timed && static_cast<std::int64_t>(stack.times.size()) != extents[i])
      throw Error("Product: " + std::to_string(stack.times.size()) + " times of " + std::to_string(extents[i]) +
                  " frames");
    h5.writeValues(name, timed ? stack.times : places, axes[i] == 't' ? stack.timeUnits : "pixel",
                   axes[i] == 't' ? "time of the frame" : "pixel of the input, counted from 0");
    h5.makeScale(name);
    scales_[axes[i]] = extents[i];
    h5.attribute("grid", axes[i] == 't' ? "frames" : std::string("n") + axes[i], extents[i]);
  }
  h5.attribute("grid", "axes", axes);
  if (stack.fitsCards.empty()) return;
  std::string cards;
  for (const std::string& card : stack.fitsCards) cards += card + "\n";
  h5.attribute("grid", "fits_cards", cards);
}

void Product::map(const std::string& name, const Cube& cube, const Window& window, PetscInt channel, Vec x,
                  const std::string& units, const std::string& longName) {
  const auto timed = writing().scope(static_cast<double>(windowPart(cube, window, channel).size()) * 8e-9);
  const std::string path = "maps/" + name;
  file().writeField(path, cube, window, channel, x, units, longName);
  const std::string axes = fileAxes(cube, window);
  const std::vector<std::int64_t> extents = fileExtents(cube, window);
  for (std::size_t i = 0; i < axes.size(); ++i)
    if (const auto scale = scales_.find(axes[i]); scale != scales_.end() && scale->second == extents[i])
      file().attachScale(path, static_cast<int>(i), std::string("grid/") + axes[i]);
}

void Product::origin(const ProductOrigin& origin) {
  H5Writer& h5 = file();
  h5.group("config");
  h5.attribute("config", "toml", origin.configToml);
  h5.attribute("config", "source", origin.configSource);
  h5.group("provenance");
  const std::pair<const char*, std::string> texts[]{{"program", program_},
                                                    {"version", versionText},
                                                    {"git_hash", gitHash},
                                                    {"date_utc", nowUtc()},
                                                    {"command", origin.command},
                                                    {"host", hostName()},
                                                    {"libraries", libraryVersions()},
                                                    {"inputs", asJson(origin.inputs)}};
  for (const auto& [key, value] : texts) h5.attribute("provenance", key, value);
  if (!origin.run.empty()) h5.attribute("provenance", "run", origin.run);
  std::string resumed;
  for (const std::string& line : origin.resumed) resumed += (resumed.empty() ? "" : "\n") + line;
  if (!resumed.empty()) h5.attribute("provenance", "resumed", resumed);
  h5.attribute("provenance", "ranks", static_cast<std::int64_t>(sizeOf(comm_)));
  h5.attribute("provenance", "seed", static_cast<std::int64_t>(origin.seed));
  const std::pair<const char*, const char*> slurm[]{{"slurm_job_id", "SLURM_JOB_ID"},
                                                    {"slurm_array_job_id", "SLURM_ARRAY_JOB_ID"},
                                                    {"slurm_array_task_id", "SLURM_ARRAY_TASK_ID"},
                                                    {"slurm_job_name", "SLURM_JOB_NAME"},
                                                    {"slurm_job_nodelist", "SLURM_JOB_NODELIST"},
                                                    {"slurm_cluster_name", "SLURM_CLUSTER_NAME"}};
  for (const auto& [key, variable] : slurm) {
    const char* value = std::getenv(variable);
    const std::string shared = broadcast(comm_, value ? value : "");  // a rank may have another environment
    if (!shared.empty()) h5.attribute("provenance", key, shared);
  }
}

void Product::convergence(const ProductConvergence& c) {
  H5Writer& h5 = file();
  const auto write = [&](const char* name, const char* units, const char* longName, auto&& member) {
    h5.writeValues(std::string("convergence/") + name, column(c.history, member), units, longName);
  };
  write("iteration", "1", "iteration", [](const Progress& p) { return static_cast<double>(p.iteration); });
  write("residual", "1", "relative residual or norm of the gradient", [](const Progress& p) { return p.gradientNorm; });
  write("energy", "nat", "energy", [](const Progress& p) { return p.energy; });
  write("chi2_per_datum", "1", "chi-squared per datum", [](const Progress& p) { return p.chi2PerDatum; });
  write("prior_energy", "nat", "energy of the prior", [](const Progress& p) { return p.priorEnergy; });
  write("seconds", "s", "seconds since the solver started", [](const Progress& p) { return p.seconds; });
  h5.attribute("convergence", "method", c.method);
  h5.attribute("convergence", "stopped", c.stopped);
  h5.attribute("convergence", "rtol", c.rtol);
}

void Product::performance(const std::vector<PhaseTimes>& phases) {
  H5Writer& h5 = file();
  h5.writeStrings("performance/phase", column(phases, [](const PhaseTimes& p) { return p.name; }));
  h5.writeIntegers("performance/calls", column(phases, [](const PhaseTimes& p) { return p.calls; }));
  h5.writeValues("performance/seconds_mean", column(phases, [](const PhaseTimes& p) { return p.mean; }), "s");
  h5.writeValues("performance/seconds_max", column(phases, [](const PhaseTimes& p) { return p.max; }), "s");
  h5.writeValues("performance/messages", column(phases, [](const PhaseTimes& p) { return p.messages; }));
  h5.writeValues("performance/bytes_sent", column(phases, [](const PhaseTimes& p) { return p.bytes; }), "byte");
  const PeakMemory memory = peakMemory(comm_);
  h5.attribute("performance", "peak_memory_bytes", memory.most);
  h5.attribute("performance", "peak_memory_bytes_all", memory.all);
}

void Product::peaks(const std::vector<Peak>& peaks) {
  H5Writer& h5 = file();
  const auto write = [&](const char* name, const char* units, double Peak::*member) {
    h5.writeValues(std::string("peaks/") + name, column(peaks, [&](const Peak& p) { return p.*member; }), units);
  };
  write("ra", "deg", &Peak::ra);
  write("dec", "deg", &Peak::dec);
  write("snr", "1", &Peak::snr);
  write("x", "pixel", &Peak::x);
  write("y", "pixel", &Peak::y);
  write("kappa", "1", &Peak::kappa);
}

void Product::note(const std::string& key, const std::string& text) { file().attribute("notes", key, text); }

void Product::commit() {
  const auto timed = writing().scope();
  H5Writer& h5 = file();
  h5.flush();  // all the rest is on disk before the file says that it is complete
  h5.attribute("/", "complete", 1);
  h5.close();
  file_.reset();
  out_.commit();
}

std::string peaksCsv(const std::vector<Peak>& peaks) {
  std::string out = "ra_deg,dec_deg,snr,kappa,x,y\n";
  for (const Peak& p : peaks)
    out += fmt::format("{:.8f},{:.8f},{:.4f},{:.6g},{:.3f},{:.3f}\n", p.ra, p.dec, p.snr, p.kappa, p.x, p.y);
  return out;
}

}  // namespace lacuna
