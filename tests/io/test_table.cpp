/// Column tables: FITS, HDF5 and CSV against the values that make_tables.py (astropy, h5py) wrote, and bad files.
#include <cmath>
#include <functional>

#include "expect_error.hpp"
#include "io/table.hpp"

using namespace lacuna;

namespace {

constexpr std::int64_t rows = 30011;
const MPI_Comm world = MPI_COMM_WORLD;
std::string file(const std::string& name) { return std::string(LACUNA_TABLES) + "/" + name; }
double x(std::int64_t i) { return static_cast<double>(i) * 0.37 - 5; }

/// Every rank reads its share in pieces of odd length and compares all values, bit by bit.
void expectColumn(const Table& table, const std::string& column, const std::function<double(std::int64_t)>& value) {
  const RowRange share = rowsOf(table.rows(), sizeOf(world), rankOf(world));
  std::int64_t wrong = 0;
  std::vector<double> piece(7001);
  for (std::int64_t at = share.first; at < share.first + share.count; at += 7001) {
    const std::int64_t n = std::min<std::int64_t>(7001, share.first + share.count - at);
    table.read(column, at, n, piece.data());
    for (std::int64_t k = 0; k < n; ++k) {
      const double a = piece[static_cast<std::size_t>(k)], b = value(at + k);
      wrong += !(a == b || (std::isnan(a) && std::isnan(b)));
    }
  }
  BOOST_TEST(wrong == 0, table.name() << " " << column);
}

void expectOpenError(ExitCode code, const std::string& name, std::initializer_list<std::string> parts,
                     std::vector<std::string> needed = {}, const std::string& hdu = {}) {
  BOOST_TEST_CONTEXT(name) expectError(code, parts, [&] { openTable(world, file(name), hdu, needed); });
}

}  // namespace

BOOST_AUTO_TEST_CASE(fits_columns_of_every_type) {
  for (const std::string hdu : {"", "2", "GALAXIES"}) {
    const auto table = openTable(world, file("good.fits"), hdu);
    BOOST_TEST(table->rows() == rows);
    BOOST_TEST(table->columns().size() == 10u);
    expectColumn(*table, "X", x);
    expectColumn(*table, "x", x);  // only the case differs, and nothing else does
  }
  const auto table = openTable(world, file("good.fits"));
  expectColumn(*table, "half", [](std::int64_t i) { return static_cast<double>(static_cast<float>(x(i) / 2)); });
  expectColumn(*table, "J", [](std::int64_t i) { return i == 11 ? NAN : static_cast<double>(i - 7); });
  expectColumn(*table, "K", [](std::int64_t i) { return static_cast<double>(i) * 1e12; });
  expectColumn(*table, "U", [](std::int64_t i) { return static_cast<double>(i % 60000); });
  expectColumn(*table, "B", [](std::int64_t i) { return static_cast<double>(i % 251); });
  expectColumn(*table, "L", [](std::int64_t i) { return i % 3 == 0 ? 1.0 : 0.0; });
  expectColumn(*table, "S", [](std::int64_t i) { return 10 + 0.5 * static_cast<double>(i % 100); });
  expectColumn(*table, "x2", [](std::int64_t i) { return 2 * x(i); });  // an exact name wins over "X2"
  expectColumn(*table, "X2", [](std::int64_t i) { return 3 * x(i); });
}

BOOST_AUTO_TEST_CASE(hdf5_columns_of_every_type) {
  const std::vector<std::string> needed{"X"};
  const auto table = openTable(world, file("good.h5"), "", needed);
  BOOST_TEST(table->rows() == rows);
  expectColumn(*table, "X", x);
  expectColumn(*table, "half", [](std::int64_t i) { return static_cast<double>(static_cast<float>(x(i) / 2)); });
  expectColumn(*table, "J", [](std::int64_t i) { return static_cast<double>(i - 7); });
  expectColumn(*table, "B", [](std::int64_t i) { return static_cast<double>(i % 251); });
  expectColumn(*table, "L", [](std::int64_t i) { return i % 3 == 0 ? 1.0 : 0.0; });
  const auto ra = [](std::int64_t i) { return x(i) + 1; };
  expectColumn(*table, "cat/ra", ra);
  expectColumn(*table, "/cat/ra", ra);
  const auto p = [](std::int64_t i) { return static_cast<double>(static_cast<float>(x(i))); };
  expectColumn(*table, "cat/rows/p", p);
  expectColumn(*table, "cat/rows/q", [](std::int64_t i) { return static_cast<double>(i % 1000); });
  expectColumn(*openTable(world, file("good.h5"), "cat"), "ra", ra);
  expectColumn(*openTable(world, file("good.h5"), "/cat/rows"), "p", p);
}

BOOST_AUTO_TEST_CASE(csv_columns) {
  for (const std::string name : {"good.csv", "tailless.csv", "numpy.csv"}) {
    const auto table = openTable(world, file(name), "1");  // numbers of HDUs are for FITS
    BOOST_TEST(table->rows() == rows);
    BOOST_TEST(table->columns().size() == 4u);
    expectColumn(*table, "X", x);
    expectColumn(*table, "half", [](std::int64_t i) { return x(i) / 2; });
    expectColumn(*table, "j", [](std::int64_t i) { return static_cast<double>(i); });
    expectColumn(*table, "p", [](std::int64_t i) { return std::pow(10, static_cast<double>(i % 3)); });
  }
  const auto table = openTable(world, file("nan.csv"));
  BOOST_TEST(table->rows() == 2);
  double value = 0;
  table->read("Y", 0, 1, &value);
  BOOST_TEST(std::isnan(value));
  table->read("X", 1, 1, &value);
  BOOST_TEST(value == -INFINITY);
  BOOST_TEST(openTable(world, file("header.csv"))->rows() == 0);
}

BOOST_AUTO_TEST_CASE(several_columns_at_once_in_any_order) {
  for (const std::string name : {"good.fits", "good.h5", "good.csv"}) {
    const std::vector<std::string> needed{"X", "J"};
    const auto table = openTable(world, file(name), "", needed);
    const std::vector<std::size_t> columns{table->find("J"), table->find("X"), table->find("J")};
    std::vector<double> a(100), b(100), c(100);
    const std::vector<double*> outs{a.data(), b.data(), c.data()};
    for (const std::int64_t first : {29000, 300, 30011 - 100}) {  // backwards too
      table->read(columns, first, 100, outs);
      BOOST_TEST(a == c);
      BOOST_TEST(b[99] == x(first + 99));
    }
    table->read(columns, rows, 0, outs);
    BOOST_CHECK_THROW(table->read(columns, rows, 1, outs), Error);
    BOOST_CHECK_THROW(table->read(columns, -1, 1, outs), Error);
  }
}

BOOST_AUTO_TEST_CASE(rows_are_shared_out_once) {
  for (const int ranks : {1, 3, 7})
    for (const std::int64_t n : {0, 2, 7, 100}) {
      std::int64_t next = 0;
      for (int r = 0; r < ranks; ++r) {
        BOOST_TEST(rowsOf(n, ranks, r).first == next);
        next += rowsOf(n, ranks, r).count;
      }
      BOOST_TEST(next == n);
    }
}

BOOST_AUTO_TEST_CASE(missing_and_unfit_columns) {
  const auto bad = ExitCode::BadData;
  expectOpenError(bad, "good.fits", {"good.fits[2]", "'haf' is not there", "'half'"}, {"haf"});
  expectOpenError(bad, "good.fits", {"'V' cannot be used", "3 numbers a row"}, {"V"});
  expectOpenError(bad, "good.fits", {"'NAME' cannot be used", "no plain numbers"}, {"NAME"});
  expectOpenError(bad, "good.h5", {"'ra' is not there", "'cat/ra'"}, {"X", "ra"});
  expectOpenError(bad, "good.h5", {"'picture' cannot be used", "2 axes"}, {"picture"});
  expectOpenError(bad, "good.h5", {"'names' cannot be used"}, {"names"});
  expectOpenError(bad, "good.h5", {"'X' has 30011 rows", "'short' has 5"}, {"X", "short"});
  expectOpenError(bad, "good.h5", {"has 30011 rows", "has 5"});
  expectOpenError(bad, "good.h5", {"no group or dataset 'cot'"}, {}, "cot");
  expectOpenError(bad, "good.csv", {"'Y' is not there", "'X'"}, {"Y"});
  expectOpenError(bad, "good.csv", {"no HDU 'GALAXIES'"}, {}, "GALAXIES");
}

BOOST_AUTO_TEST_CASE(files_that_are_not_there_or_no_tables) {
  const auto bad = ExitCode::BadData;
  expectOpenError(ExitCode::NoInput, "none.fits", {"none.fits", "No such file"});
  expectOpenError(ExitCode::NoInput, "good.fits[1][X > 3]", {"No such file"});  // CFITSIO's filters do not work
  expectOpenError(ExitCode::NoInput, "", {"is a directory"});
  expectOpenError(ExitCode::NoInput, "../../../../../../../../../dev/null", {"not a regular file"});
  expectOpenError(bad, "empty.csv", {"empty.csv", "is empty"});
  expectOpenError(bad, "binary.dat", {"neither FITS nor HDF5 nor text"});
  expectOpenError(bad, "packed.fits.gz", {"compressed"});
  expectOpenError(bad, "binary.fits", {"binary.fits"});
}

BOOST_AUTO_TEST_CASE(bad_fits) {
  const auto bad = ExitCode::BadData;
  expectOpenError(bad, "truncated.fits", {"promises 30011 rows", "truncated"});
  expectOpenError(bad, "promise.fits", {"promises 4000000000000000000 rows"});
  expectOpenError(bad, "flipped.fits", {"DATASUM", "corrupted"});
  expectOpenError(bad, "header.fits", {"CHECKSUM", "corrupted"});
  expectOpenError(bad, "image.fits", {"no binary table"});
  expectOpenError(bad, "ascii.fits", {"ASCII table"}, {}, "1");
  expectOpenError(bad, "good.fits", {"no HDU '9'"}, {}, "9");
  expectOpenError(bad, "good.fits", {"no HDU 'STARS'"}, {}, "STARS");
  expectOpenError(bad, "good.fits", {"is an image"}, {}, "PICTURE");
}

BOOST_AUTO_TEST_CASE(bad_hdf5) {
  const auto bad = ExitCode::BadData;
  expectOpenError(bad, "truncated.h5", {"truncated.h5", "cannot be opened as HDF5"});
  expectOpenError(bad, "links.h5", {"'X'", "external link"}, {"X"});
  expectOpenError(bad, "links.h5", {"links.h5"}, {}, "soft");
  expectOpenError(bad, "links.h5", {"external link"}, {}, "X");
  expectOpenError(bad, "virtual.h5", {"'X'", "virtual"}, {"X"});
  expectOpenError(bad, "outside.h5", {"'X'", "another file"}, {"X"});
  expectOpenError(bad, "unwritten.h5", {"'X'", "far more than its file"}, {"X"});
  expectOpenError(bad, "unwritten.h5", {"'Y'", "far more than its file"}, {"Y"});
  const auto table = openTable(world, file("flipped.h5"));
  double value = 0;
  table->read("X", 0, 1, &value);
  expectError(bad, {"flipped.h5", "'X'", "20500", "corrupted"}, [&] { table->read("X", 20500, 1, &value); });
}

BOOST_AUTO_TEST_CASE(bad_csv) {
  const auto bad = ExitCode::BadData;
  expectOpenError(bad, "headless.csv", {"line 1", "names of the columns"});
  expectOpenError(bad, "comments.csv", {"neither a header line nor a row"});
  expectOpenError(bad, "tabs.csv", {"line 1", "tabs", "commas"});
  expectOpenError(bad, "semicolons.csv", {"line 1", "semicolons", "commas"});
  expectOpenError(bad, "blanks.csv", {"line 2", "blanks", "commas"});
  expectOpenError(bad, "twice.csv", {"'X'", "two columns"});
  std::vector<double> out(3);
  const auto read = [&](const std::string& name, const std::string& column) {
    const auto table = openTable(world, file(name));
    table->read(column, 0, table->rows(), out.data());
  };
  expectError(bad, {"word.csv", "line 4", "'Y'", "'four'"}, [&] { read("word.csv", "Y"); });
  expectError(bad, {"hole.csv", "line 3", "'Y'", "empty"}, [&] { read("hole.csv", "Y"); });
  expectError(bad, {"fewer.csv", "line 3 has 2 fields", "3 columns"}, [&] { read("fewer.csv", "X"); });
  expectError(bad, {"more.csv", "line 3 has 3 fields", "2 columns"}, [&] { read("more.csv", "X"); });
  read("word.csv", "X");  // what is not asked for is not looked at
  BOOST_TEST(out[2] == 5);
}
