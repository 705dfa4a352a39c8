#include "config/build_solve.hpp"

#include <fmt/format.h>

#include <numeric>

#include "base/error.hpp"
#include "io/sparse_file.hpp"
#include "operators/each_frame.hpp"
#include "operators/sparse_operator.hpp"

namespace lacuna {
namespace {

/// Rows, columns and entries of the matrix, that of all ranks.
struct MatrixSize {
  std::int64_t rows = 0, columns = 0, entries = 0;
};

Shape unknownShape(const Inputs& in, const Shape& data, std::int64_t columns) {
  Shape s{data.frames, 1, 1, static_cast<PetscInt>(columns), 1};  // a line, along y so that ranks share it
  if (!in.has("operator.shape")) return s;
  const auto& given = in.numbers("operator.shape");
  const double pixels = std::accumulate(given.begin(), given.end(), 1.0, std::multiplies<>());
  if (pixels != static_cast<double>(columns))
    throw in.bad("operator.shape", fmt::format("{:.0f} pixels, but the matrix has {} columns", pixels, columns));
  const auto at = [&](std::size_t i) { return static_cast<PetscInt>(given[i]); };
  if (given.size() == 2) s.ny = at(0), s.nx = at(1);
  if (given.size() == 3) s.nz = at(0), s.ny = at(1), s.nx = at(2);
  return s;
}

/// Rank-local. Expectation maximisation shares out counts in proportion to the entries.
void requireNotNegative(const std::string& path, const SparseEntries& m) {
  for (std::size_t k = 0; k < m.value.size(); ++k)
    if (m.value[k] < 0)
      throw Error(ExitCode::BadData, fmt::format("{}: row {}, column {}: {} is negative; [solver] method = "
                                                 "\"richardson-lucy\" needs a matrix without such entries",
                                                 path, m.row[k], m.column[k], m.value[k]));
}

}  // namespace

SolveProblem::SolveProblem(MPI_Comm comm, const Inputs& inputs) : inputs_(inputs), source_(comm, inputs, false, true) {
  const std::string path = inputs.path("operator.file").string(), name = inputs.text("operator.dataset");
  // Every group of ranks that shares frames reads the matrix for itself.
  const MPI_Comm space = data().grid().space();
  SparseEntries entries = readSparse(space, path, name);
  if (inputs.text("solver.method") == "richardson-lucy") together(comm, [&] { requireNotNegative(path, entries); });
  MatrixSize size{entries.rows, entries.columns, 0};
  const std::int64_t mine = static_cast<std::int64_t>(entries.value.size());
  checkMpi(MPI_Allreduce(&mine, &size.entries, 1, MPI_INT64_T, MPI_SUM, space));
  if (size.rows != data().shape().pixels())
    throw Error(ExitCode::BadData, fmt::format("{}: {} rows, but the data {} have {} numbers a frame", path, size.rows,
                                               source_.stackSource().header().text(), data().shape().pixels()));
  unknownIsLine_ = !inputs.has("operator.shape") || inputs.numbers("operator.shape").size() == 1;
  unknown_ = Cube(data().gridPointer(), unknownShape(inputs, data().shape(), size.columns));
  const auto oneFrame = [grid = gridOfFrame(data())](const Cube& cube) {
    Shape shape = cube.shape();
    shape.frames = 1;
    return Cube(grid, shape);
  };
  const Cube image = oneFrame(unknown_), datum = oneFrame(data());
  H_ = std::make_shared<EachFrame>(std::make_shared<SparseOperator>(image.space(), datum.space(), std::move(entries)),
                                   unknown_, data());
  entries_ = size.entries / data().grid().spaceSize();
  text_ = fmt::format("sparse matrix {}, {} x {}, {} entries", path, size.rows, size.columns, size.entries);
  priors_ = buildPriors(comm, inputs, unknown_, source_.times());
}

std::vector<std::string> SolveProblem::notes() const {
  std::vector<std::string> notes{source_.sizeText(), text_, "noise " + inputs_.text("model.noise")};
  notes.insert(notes.end(), priors_.notes.begin(), priors_.notes.end());
  if (!source_.idleText().empty()) notes.push_back(source_.idleText());
  return notes;
}

std::vector<std::string> SolveProblem::inputFiles() const {
  std::vector<std::string> files = source_.files();
  files.push_back(inputs_.path("operator.file").string());
  for (const char* key : {"prior.space.spectrum", "prior.time.spectrum"})
    if (inputs_.given(key) && inputs_.counts(key)) files.push_back(inputs_.path(key).string());
  return files;
}

DeconvolveOptions SolveProblem::options() const { return commonOptions(inputs_); }

MemoryPlan SolveProblem::plan() const {
  const std::int64_t datum = 8 * data().box().size(), image = 8 * unknown_.box().size();
  MemoryPlan plan;
  plan.items = {{"data, mask, exposure, background, noise", 7 * datum},
                {"matrix, and the file's part while it is read", 32 * entries_},
                {"estimate, model, residual", image + 2 * datum},
                {"solver and priors", 19 * image + 4 * datum}};
  if (options().samples > 1) plan.items.push_back({"samples and their moments", 10 * image + 2 * datum});
  return plan;
}

}  // namespace lacuna
