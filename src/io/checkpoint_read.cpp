#include <array>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/choices.hpp"
#include "grid/wisdom.hpp"
#include "io/checkpoint_file.hpp"
#include "io/checkpoint_format.hpp"
#include "io/natural_blocks.hpp"

namespace lacuna {
namespace {

using nlohmann::json;

Error damaged(const std::string& path, const std::string& why) {
  return Error(ExitCode::BadData, path + ": damaged: " + why);
}

double asDouble(const json& value) { return std::strtod(value.get<std::string>().c_str(), nullptr); }

void fill(const State::Value& value, const json& from) {
  struct {
    const json& from;
    void operator()(bool* v) const { *v = from.get<bool>(); }
    void operator()(int* v) const { *v = from.get<int>(); }
    void operator()(std::int64_t* v) const { *v = from.get<std::int64_t>(); }
    void operator()(double* v) const { *v = asDouble(from); }
    void operator()(std::string* v) const { *v = from.get<std::string>(); }
    void operator()(std::vector<double>* v) const {
      v->clear();
      for (const json& x : from) v->push_back(asDouble(x));
    }
    void operator()(std::vector<std::string>* v) const { *v = from.get<std::vector<std::string>>(); }
  } const read{from};
  std::visit(read, value.at);
}

}  // namespace

CheckpointFile::CheckpointFile(MPI_Comm comm, const std::string& path, const std::string& program)
    : comm_(comm), reader_(comm, path) {
  if (!reader_.hasAttribute("/", "format") || reader_.readString("/", "format") != checkpointFormat)
    throw ForeignCheckpoint(path + ": is not a checkpoint of lacuna");
  const std::int64_t version = reader_.readInteger("/", "format_version");
  if (version != checkpointVersion)
    throw ForeignCheckpoint(path + ": has format version " + std::to_string(version) + ", this program knows " +
                            std::to_string(checkpointVersion) + ": it was written by " +
                            (version > checkpointVersion ? "a later" : "an earlier") +
                            " version: give --overwrite without --resume to begin afresh");
  if (reader_.readInteger("/", "complete") != 1) throw damaged(path, "it is not complete");
  const std::vector<std::string> meta = reader_.readStrings("meta", 1);
  try {
    meta_ = std::make_unique<const json>(json::parse(meta.at(0)));
    const json& m = *meta_;
    const auto n = m.at("grid").get<std::array<PetscInt, 5>>();
    run_ = {m.at("program"), m.at("uuid"), m.at("config"), {}, {n[0], n[1], n[2], n[3], n[4]}, m.at("resumed")};
    if (sha256(run_.config) != m.at("config_sha256").get<std::string>())
      throw damaged(path, "its configuration is not what was written");
    for (const json& input : m.at("inputs"))
      run_.inputs.push_back({input.at("path"), input.at("bytes"), input.at("sha256")});
    readTables();
  } catch (const std::out_of_range&) {
    throw damaged(path, "what it holds is not told");
  } catch (const json::exception& e) {
    throw damaged(path, e.what());
  }
  if (run_.program != program)
    throw ForeignCheckpoint(path + ": is a checkpoint of " + run_.program + ", not of " + program);
}
CheckpointFile::~CheckpointFile() = default;

int CheckpointFile::ranks() const { return meta_->at("ranks"); }
std::string CheckpointFile::date() const { return meta_->at("date"); }

void CheckpointFile::readTables() {
  int index = 0;
  for (const json& table : meta_->at("tables")) {
    std::vector<double> values = reader_.readValues("tables/" + std::to_string(index++), std::int64_t{1} << 30);
    if (naturalHash(comm_, 0, rankOf(comm_) == 0 ? values : std::vector<double>()) !=
        table.at("hash").get<std::uint64_t>())
      throw damaged(path(), "the log '" + table.at("name").get<std::string>() + "' is not what was written");
    tables_[table.at("name")] = std::move(values);
  }
}

void CheckpointFile::verify() const try {
  for (const json& stage : meta_->at("stages"))
    for (const json& field : stage.at("fields")) {
      if (!field.contains("hash")) continue;  // the field of another stage
      const std::string name = field.at("dataset");
      const auto count = field.at("count").get<std::int64_t>();
      if (reader_.shape(name) != std::vector<std::int64_t>{count})
        throw damaged(path(), "'" + name + "' does not have " + std::to_string(count) + " values");
      const Block mine = blockOf(static_cast<PetscInt>(count), sizeOf(comm_), rankOf(comm_));
      const std::uint64_t hash = naturalHash(comm_, mine.start, reader_.readPart(name, mine.start, mine.count));
      if (hash != field.at("hash").get<std::uint64_t>())
        throw damaged(path(), "'" + name + "' is not what was written");
    }
} catch (const json::exception& e) {
  throw damaged(path(), e.what());
}

void CheckpointFile::restoreChoices() const {
  choices() = meta_->at("choices").get<std::map<std::string, std::string>>();
  const std::vector<std::string> wisdom = reader_.readStrings("wisdom");
  const std::vector<double> ofRank = reader_.readValues("wisdom_of_rank");
  // Other parts, other transforms: nothing to be known about them.
  if (static_cast<int>(ofRank.size()) != sizeOf(comm_) || sizeOf(comm_) != ranks()) return;
  const auto mine = static_cast<std::size_t>(ofRank[static_cast<std::size_t>(rankOf(comm_))]);
  int good = mine < wisdom.size() && importWisdom(wisdom[mine]), allGood = 0;
  checkMpi(MPI_Allreduce(&good, &allGood, 1, MPI_INT, MPI_MIN, comm_));
  if (!allGood) forgetWisdom();
}

Observer::Kept CheckpointFile::restore(const std::string& path, const State& state) const {
  for (const json& stage : meta_->at("stages")) {
    if (stage.at("path") != path) continue;
    const auto other = [&](const std::string& why) {
      return Error(ExitCode::BadData, this->path() + ": " + path + ": " + why);
    };
    for (const State::Field& field : state.fields()) {
      std::string name;
      for (const json& kept : stage.at("fields"))
        if (kept.at("name") == field.name) name = kept.at("dataset");
      if (name.empty() || !reader_.exists(name)) throw other("has no field '" + field.name + "'");
      const std::int64_t count = reader_.shape(name).at(0);
      if (count != field.space.global())
        throw other("'" + field.name + "' has " + std::to_string(count) + " values, expected are " +
                    std::to_string(field.space.global()));
      const NaturalBlocks blocks(field.space);
      blocks.scatter(reader_.readPart(name, blocks.start(), blocks.count()), field.x);
    }
    try {
      for (const State::Value& value : state.values()) fill(value, stage.at("values").at(value.name));
      return stage.at("finished").get<bool>() ? Observer::Kept::Done : Observer::Kept::Begun;
    } catch (const json::exception& e) {
      throw other(e.what());
    }
  }
  return Observer::Kept::Nothing;
}

}  // namespace lacuna
