#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "base/choices.hpp"
#include "base/phase.hpp"
#include "grid/wisdom.hpp"
#include "io/checkpoint_file.hpp"
#include "io/checkpoint_format.hpp"
#include "io/h5_writer.hpp"
#include "io/natural_blocks.hpp"
#include "io/output_file.hpp"
#include "io/utc.hpp"
#include "version.hpp"

namespace lacuna {
namespace {

using nlohmann::json;

/// All texts on rank 0, each once, and which of them every rank has.
struct GatheredTexts {
  std::vector<std::string> texts;
  std::vector<std::int64_t> ofRank;
};
GatheredTexts gatherTexts(MPI_Comm comm, const std::string& mine) {
  const bool root = rankOf(comm) == 0;
  const int length = static_cast<int>(mine.size());
  std::vector<int> lengths(root ? static_cast<std::size_t>(sizeOf(comm)) : 0), starts(lengths.size(), 0);
  checkMpi(MPI_Gather(&length, 1, MPI_INT, lengths.data(), 1, MPI_INT, 0, comm));
  for (std::size_t i = 1; i < starts.size(); ++i) starts[i] = starts[i - 1] + lengths[i - 1];
  std::string all(root ? static_cast<std::size_t>(starts.back() + lengths.back()) : 0, '\0');
  checkMpi(MPI_Gatherv(mine.data(), length, MPI_CHAR, all.data(), lengths.data(), starts.data(), MPI_CHAR, 0, comm));
  GatheredTexts out;
  std::map<std::string, std::int64_t> known;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    std::string text = all.substr(static_cast<std::size_t>(starts[i]), static_cast<std::size_t>(lengths[i]));
    const auto [found, fresh] = known.try_emplace(text, static_cast<std::int64_t>(out.texts.size()));
    if (fresh) out.texts.push_back(std::move(text));
    out.ofRank.push_back(found->second);
  }
  return out;
}

json asJson(const State::Value& value) {
  struct {
    json operator()(const bool* v) const { return *v; }
    json operator()(const int* v) const { return *v; }
    json operator()(const std::int64_t* v) const { return *v; }
    json operator()(const double* v) const { return fmt::format("{:a}", *v); }  // bit by bit, NaN and infinity too
    json operator()(const std::string* v) const { return *v; }
    json operator()(const std::vector<double>* v) const {
      json list = json::array();
      for (const double x : *v) list.push_back(fmt::format("{:a}", x));
      return list;
    }
    json operator()(const std::vector<std::string>* v) const { return *v; }
  } const write;
  return std::visit(write, value.at);
}

}  // namespace

std::int64_t writeCheckpoint(MPI_Comm comm, const std::filesystem::path& path, const CheckpointParts& parts) {
  static const Phase phase("checkpoints", "GB");
  std::int64_t bytes = 0, tableBytes = 0;
  for (const SavedStage& stage : parts.stages)
    for (const State::Field& field : stage.state->fields()) bytes += 8 * std::int64_t{field.space.global()};
  for (const auto& [name, table] : parts.tables) tableBytes += 8 * static_cast<std::int64_t>(table.size());
  const auto timed = phase.scope(1e-9 * static_cast<double>(bytes) / sizeOf(comm));
  OutputFile out(comm, path, true);
  out.requireSpace(bytes + tableBytes + (1 << 20));
  H5Writer file(comm, out.temporary(), H5Writer::Metadata::Checked);
  file.attribute("/", "format", checkpointFormat);
  file.attribute("/", "format_version", checkpointVersion);
  file.attribute("/", "program", parts.run.program);
  file.attribute("/", "complete", 0);

  json stages = json::array();
  std::map<Vec, std::string> written;  // inner stages often keep a vector of the outer one
  for (const SavedStage& stage : parts.stages) {
    json fields = json::array(), values = json::object();
    for (const State::Field& field : stage.state->fields()) {
      if (const auto same = field.build ? written.end() : written.find(field.x); same != written.end()) {
        fields.push_back({{"name", field.name}, {"dataset", same->second}});
        continue;
      }
      std::optional<ScratchVec> built;
      if (field.build) field.build(built.emplace(field.space.scratch()));
      const Vec x = built ? Vec(*built) : field.x;
      const std::string dataset = checkpointDataset(stage.path, field.name);
      const NaturalBlocks blocks(field.space);
      const std::vector<double> gathered = blocks.same() ? std::vector<double>() : blocks.gather(x);
      const ReadLocal own(x);
      const std::span<const double> part = blocks.same() ? std::span<const double>(own) : gathered;
      file.writeColumn(dataset, part, "", "in natural order");
      if (!field.build) written[field.x] = dataset;
      fields.push_back({{"name", field.name},
                        {"dataset", dataset},
                        {"count", std::int64_t{field.space.global()}},
                        {"hash", naturalHash(comm, blocks.start(), part)}});
    }
    for (const State::Value& value : stage.state->values()) values[value.name] = asJson(value);
    stages.push_back({{"path", stage.path}, {"finished", stage.finished}, {"fields", fields}, {"values", values}});
  }
  json tables = json::array();
  for (const auto& [name, table] : parts.tables) {
    file.writeValues(fmt::format("tables/{}", tables.size()), table);
    tables.push_back(
        {{"name", name}, {"hash", naturalHash(comm, 0, rankOf(comm) == 0 ? table : std::vector<double>())}});
  }
  const GatheredTexts wisdom = gatherTexts(comm, exportWisdom());
  file.writeStrings("wisdom", wisdom.texts);
  file.writeIntegers("wisdom_of_rank", wisdom.ofRank);
  json inputs = json::array();
  for (const InputDigest& input : parts.run.inputs)
    inputs.push_back({{"path", input.path}, {"bytes", input.bytes}, {"sha256", input.sha256}});
  const json meta{{"program", parts.run.program},
                  {"version", versionText},
                  {"uuid", parts.run.uuid},
                  {"config", parts.run.config},
                  {"config_sha256", sha256(parts.run.config)},
                  {"grid", parts.run.grid.extents()},
                  {"inputs", inputs},
                  {"resumed", parts.run.resumed},
                  {"ranks", sizeOf(comm)},
                  {"date", nowUtc()},
                  {"choices", choices()},
                  {"stages", stages},
                  {"tables", tables}};
  file.writeStrings("meta", {meta.dump(-1, ' ', false, json::error_handler_t::replace)});
  file.flush();
  file.attribute("/", "complete", 1);
  file.close();
  out.commit();
  return bytes;
}

}  // namespace lacuna
