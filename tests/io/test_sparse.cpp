/// Sparse matrices against what make_sparse.py (SciPy, h5py) wrote, and bad files.
#include <cmath>
#include <functional>
#include <limits>

#include "dense_operator.hpp"
#include "expect_error.hpp"
#include "io/sparse_file.hpp"

using namespace lacuna;

namespace {

std::string folder(const std::string& name) { return std::string(LACUNA_SPARSE) + "/" + name; }

/// The matrix that the files hold.
double entry(int i, int j) { return (3 * i + 5 * j) % 7 == 0 && i != 5 && i != 36 ? 1 + i - 0.25 * j : 0; }

/// The whole matrix on every rank.
DenseMatrix whole(const SparseEntries& m) {
  std::vector<double> mine(static_cast<std::size_t>(m.rows * m.columns), 0), all(mine.size());
  for (std::size_t k = 0; k < m.row.size(); ++k)
    mine[static_cast<std::size_t>(m.row[k] * m.columns + m.column[k])] += m.value[k];
  checkMpi(
      MPI_Allreduce(mine.data(), all.data(), static_cast<int>(mine.size()), MPI_DOUBLE, MPI_SUM, PETSC_COMM_WORLD));
  return denseOf(static_cast<int>(m.rows), static_cast<int>(m.columns),
                 [&](int i, int j) { return all[static_cast<std::size_t>(i * m.columns + j)]; });
}
const DenseMatrix expected = denseOf(37, 23, entry);

SparseEntries read(const std::string& file, const std::string& name = "") {
  return readSparse(PETSC_COMM_WORLD, folder(file), name);
}

}  // namespace

BOOST_AUTO_TEST_CASE(hdf5_as_scipy_has_it) {
  for (const char* name : {"H", "/H", "long", "attribute", "h5sparse", "unsorted", "twice"}) {
    const SparseEntries m = read("good.h5", name);
    BOOST_TEST((whole(m) == expected), name);
    // No rank reads the rows of others.
    const int ranks = sizeOf(PETSC_COMM_WORLD);
    if (ranks > 1) BOOST_TEST(m.row.size() < 200U);
    for (PetscInt row : m.row) BOOST_TEST(row / (37 / ranks + 1) <= rankOf(PETSC_COMM_WORLD));
  }
  BOOST_TEST((whole(read("root.h5")) == expected));
  BOOST_TEST((whole(read("good.h5", "empty")) == denseOf(37, 23, [](int, int) { return 0.0; })));
}

BOOST_AUTO_TEST_CASE(matrix_market_files) {
  for (const char* name : {"real.mtx", "odd.mtx", "crlf.mtx", "plus.mtx"})
    BOOST_TEST((whole(read(name)) == expected), name);
  BOOST_TEST(
      (whole(read("integer.mtx")) == denseOf(37, 23, [](int i, int j) {
         return i == 0 && j == 1 ? 1. : i == 3 && j == 0 ? 2. : i == 3 && j == 22 ? 3. : i == 36 && j == 5 ? 4. : 0.;
       })));
  BOOST_TEST((whole(read("pattern.mtx")) == denseOf(37, 23, [](int i, int j) {
                return (i == 0 && j == 1) || (i == 3 && j == 22) || (i == 36 && j == 5) ? 1. : 0.;
              })));
  const auto either = [](int i, int j, int a, int b) { return (i == a && j == b) || (i == b && j == a); };
  BOOST_TEST((whole(read("symmetric.mtx")) == denseOf(9, 9, [&](int i, int j) {
                return either(i, j, 0, 0) ? 2. : either(i, j, 6, 2) ? -1.5 : either(i, j, 8, 7) ? 4. : 0.;
              })));
  BOOST_TEST((whole(read("skew.mtx")) == denseOf(9, 9, [&](int i, int j) {
                return i == 4 && j == 1 ? 3. : i == 1 && j == 4 ? -3. : 0.;
              })));
}

BOOST_AUTO_TEST_CASE(petsc_files) {
  BOOST_TEST((whole(read("good.petsc")) == expected));
  BOOST_TEST((whole(read("good64.petsc")) == expected));
}

BOOST_AUTO_TEST_CASE(bad_files_are_told) {
  struct Bad {
    const char *file, *name;
    std::vector<std::string> says;
  };
  const Bad all[] = {
      {"bad.h5", "column", {"column/indices", "entry 40, 23", "not a column of 23"}},
      {"bad.h5", "negative", {"negative/indices", "entry 40, -1"}},
      {"bad.h5", "nan", {"nan/data", "entry 41", "not finite"}},
      {"bad.h5", "falls", {"falls/indptr", "entry 20, 3", "below the one before"}},
      {"bad.h5", "first", {"first/indptr", "entry 0, 1", "is not 0"}},
      {"bad.h5", "beyond", {"beyond/indptr", "entry 37", "beyond the end"}},
      {"bad.h5", "short", {"short/indptr", "entry 37", "not the length"}},
      {"bad.h5", "rows", {"rows/indptr", "38 entries", "37 are expected"}},
      {"bad.h5", "lengths", {"lengths/indices", "differ in length"}},
      {"bad.h5", "floats", {"floats/indices", "integers"}},
      {"bad.h5", "none", {"'none'", "'shape'"}},
      {"bad.h5", "three", {"'three'", "two numbers"}},
      {"bad.h5", "zero", {"0 x 23"}},
      {"bad.h5", "missing", {"missing/indices"}},
      {"bad.h5", "table", {"table/data", "one axis"}},
      {"bad.h5", "nowhere", {"there is no 'nowhere'"}},
      {"few.mtx", "", {"entries, the line of sizes says"}},
      {"many.mtx", "", {"entries, the line of sizes says"}},
      {"outside.mtx", "", {"line at byte", "38 1 2.0", "outside the matrix of 37 x 23"}},
      {"zerobased.mtx", "", {"0 1 2.0", "outside the matrix"}},
      {"nan.mtx", "", {"1 1 nan", "not finite"}},
      {"words.mtx", "", {"1 one 2.0", "not an entry"}},
      {"half.mtx", "", {"'1 1'", "not an entry"}},
      {"complex.mtx", "", {"complex"}},
      {"array.mtx", "", {"array", "'coordinate' is expected"}},
      {"hermitian.mtx", "", {"hermitian"}},
      {"notsquare.mtx", "", {"not square"}},
      {"sizes.mtx", "", {"line of sizes"}},
      {"banner.mtx", "", {"not a MatrixMarket matrix"}},
      {"nothing.mtx", "", {"no line of sizes"}},
      {"column.petsc", "", {"row ", "entry ", "23 is not a column of 23"}},
      {"nan.petsc", "", {"row ", "not finite"}},
      {"cut.petsc", "", {"too short"}},
      {"lengths.petsc", "", {"the header says"}},
      {"below.petsc", "", {"row 3 ", "-1"}},
      {"dense.petsc", "", {"dense matrix"}},
  };
  for (const Bad& bad : all) BOOST_TEST_CONTEXT(bad.file << " " << bad.name) {
      std::string text = "nothing was thrown";
      try {
        read(bad.file, bad.name);
      } catch (const Error& e) {
        text = e.what();
        BOOST_TEST(static_cast<int>(e.code()) == 65, text);
      }
      BOOST_TEST(text.find(bad.file) != std::string::npos, text);
      for (const std::string& part : bad.says)
        BOOST_TEST(text.find(part) != std::string::npos, "'" << part << "' is not in: " << text);
    }
  expectError(ExitCode::NoInput, {"nothing.h5"}, [] { read("nothing.h5", "H"); });
}
