/// Catalogues written by any number of ranks and read back, by our own reader here and by Python in read_back.py.
#include <sys/resource.h>

#include <cmath>
#include <csignal>
#include <filesystem>

#include "expect_error.hpp"
#include "io/table.hpp"
#include "survey/catalogue_writer.hpp"

using namespace lacuna;

namespace {

const MPI_Comm world = MPI_COMM_WORLD;
double value(std::int64_t row) { return std::sin(static_cast<double>(row)); }

/// Rank r has r times `perRank` rows: rank 0 has none.
struct Rows {
  std::vector<double> number, sine;
  std::int64_t total = 0;
  explicit Rows(std::int64_t perRank) {
    const int rank = rankOf(world);
    const std::int64_t first = perRank * rank * (rank - 1) / 2;
    for (std::int64_t i = first; i < first + perRank * rank; ++i) {
      number.push_back(static_cast<double>(i));
      sine.push_back(value(i));
    }
    total = perRank * sizeOf(world) * (sizeOf(world) - 1) / 2;
  }
  std::vector<OutputColumn> columns() const {
    return {{"number", "", "place of the row", number}, {"cat/sine", "deg", "sine of it", sine}};
  }
};

std::string place(const std::string& name) {
  return std::string(LACUNA_REFERENCE) + "/written_np" + std::to_string(sizeOf(world)) + "_" + name;
}

void write(const std::string& path, CatalogueFile format, std::span<const OutputColumn> columns,
           bool overwrite = true) {
  OutputFile file(world, path, overwrite);
  writeCatalogue(file, format, columns);
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_is_written_is_read_back_in_the_order_of_the_ranks) {
  for (const std::int64_t perRank : {0, 7, 100003}) {
    const Rows rows(perRank);
    for (const auto& [name, format] : {std::pair{"a.h5", CatalogueFile::Hdf5}, {"a.fits", CatalogueFile::Fits}}) {
      const auto columns = rows.columns();
      write(place(name), format, columns);
      BOOST_TEST(!std::filesystem::exists(place(name) + ".tmp"));
      const auto table = openTable(world, place(name));
      BOOST_REQUIRE(table->rows() == rows.total);
      std::vector<double> a(static_cast<std::size_t>(rows.total)), b(a.size());
      table->read("number", 0, rows.total, a.data());
      table->read("cat/sine", 0, rows.total, b.data());
      std::int64_t wrong = 0;
      for (std::int64_t i = 0; i < rows.total; ++i)
        wrong += a[static_cast<std::size_t>(i)] != static_cast<double>(i) || b[static_cast<std::size_t>(i)] != value(i);
      BOOST_TEST(wrong == 0);
    }
  }
}

BOOST_AUTO_TEST_CASE(an_existing_catalogue_stays_unless_told_otherwise) {
  const Rows rows(5);
  const auto columns = rows.columns();
  write(place("keep.fits"), CatalogueFile::Fits, columns);
  const auto before = std::filesystem::last_write_time(place("keep.fits"));
  expectError(ExitCode::CannotCreate, {"keep.fits", "exists"},
              [&] { write(place("keep.fits"), CatalogueFile::Fits, columns, false); });
  BOOST_TEST((std::filesystem::last_write_time(place("keep.fits")) == before));
  expectError(ExitCode::CannotCreate, {"nowhere"}, [&] { write("/nowhere/a.h5", CatalogueFile::Hdf5, columns); });
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_an_error_on_all_ranks) {
  if (sizeOf(world) == 1) return;  // rank 0, which would be the only one, has no rows
  const Rows rows(100003);
  const auto columns = rows.columns();
  // A limit on the length of files makes writing fail where a full disk would.
  struct rlimit old {};
  getrlimit(RLIMIT_FSIZE, &old);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  {
    OutputFile file(world, place("full.fits"), true);
    const struct rlimit small { 1 << 18, old.rlim_max };
    setrlimit(RLIMIT_FSIZE, &small);
    expectError(ExitCode::IoError, {"full.fits"}, [&] { writeCatalogue(file, CatalogueFile::Fits, columns); });
    setrlimit(RLIMIT_FSIZE, &old);
  }
  MPI_Barrier(world);
  BOOST_TEST(!std::filesystem::exists(place("full.fits")));
  BOOST_TEST(!std::filesystem::exists(place("full.fits.tmp")));
  std::signal(SIGXFSZ, handler);
}

BOOST_AUTO_TEST_CASE(columns_of_different_length_are_refused) {
  if (sizeOf(world) == 1) return;
  const Rows rows(5);
  std::vector<OutputColumn> columns = rows.columns();
  if (rankOf(world) == 1) columns[1].values = columns[1].values.first(3);
  expectError(ExitCode::Diverged, {"rank 1", "'cat/sine' has 3 rows", "'number' has 5"},
              [&] { write(place("uneven.h5"), CatalogueFile::Hdf5, columns); });
}
