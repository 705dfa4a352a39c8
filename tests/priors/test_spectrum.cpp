/// Power spectra: tables, and models against the covariances that they stand for.
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <numbers>

#include "expect_error.hpp"
#include "priors/spectrum.hpp"

using namespace lacuna;

namespace {

/// xi(r) = 1/(2 pi) int l C(l) J0(l r) dl, by Simpson's rule in t with l = t^2 up to `most`, times the scale 1/L.
double covariance(const Spectrum& C, double L, double r, double most) {
  const int n = 12000;
  const double end = std::sqrt(most), h = end / n;
  double sum = 0;
  for (int i = 0; i <= n; ++i) {
    const double t = i * h, l = t * t / L;
    const double f = l * C(l) * std::cyl_bessel_j(0, l * r) * 2 * t / L;
    sum += f * (i == 0 || i == n ? 1 : i % 2 ? 4 : 2);
  }
  return sum * h / 3 / (2 * std::numbers::pi);
}

double maternCovariance(double sd, double L, double nu, double r) {  // Rasmussen & Williams 2006, eq. 4.14
  if (r == 0) return sd * sd;
  const double z = std::sqrt(2 * nu) * r / L;
  return sd * sd * std::pow(2, 1 - nu) / std::tgamma(nu) * std::pow(z, nu) * std::cyl_bessel_k(nu, z);
}

class TextFile {
 public:
  explicit TextFile(const std::string& text) {
    std::string name = (std::filesystem::temp_directory_path() / "lacuna-spectrum-XXXXXX").string();
    const int descriptor = mkstemp(name.data());
    BOOST_REQUIRE(descriptor >= 0);
    ::close(descriptor);
    path = name;
    std::ofstream(path, std::ios::binary) << text;
  }
  ~TextFile() { std::filesystem::remove(path); }
  std::string path;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_table_is_linear_between_its_points_and_held_beyond) {
  const SpectrumTable t = parseSpectrum("# ell C\n 10 4.0\n\n20\t8 # half\n1e2, 0\r\n+200 1.5E-3\n", "t");
  BOOST_TEST(t.ell.size() == 4u);
  BOOST_TEST(t(0) == 4);
  BOOST_TEST(t(10) == 4);
  BOOST_TEST(t(15) == 6);
  BOOST_TEST(t(20) == 8);
  BOOST_TEST(t(40) == 6);  // 8 + (0 - 8) * 20/80, not logarithmic
  BOOST_TEST(t(100) == 0);
  BOOST_TEST(t(150) == 0.75e-3, boost::test_tools::tolerance(1e-15));
  BOOST_TEST(t(200) == 1.5e-3);
  BOOST_TEST(t(1e9) == 1.5e-3);
}

BOOST_AUTO_TEST_CASE(what_is_not_a_table_is_refused_with_file_and_line) {
  auto refused = [](const std::string& text, std::initializer_list<std::string> parts) {
    expectError(ExitCode::BadData, parts, [&] { parseSpectrum(text, "my_spectrum.txt"); });
  };
  const std::string good = "1 2\n";
  refused("", {"my_spectrum.txt", "two rows"});
  refused("# nothing\n\n", {"my_spectrum.txt", "two rows"});
  refused(good, {"my_spectrum.txt", "two rows"});
  refused(good + "2\n", {"my_spectrum.txt", "line 2", "two finite numbers"});
  refused(good + "two 3\n", {"line 2", "two finite numbers", "two 3"});
  refused(good + "2 3x\n", {"line 2", "two finite numbers"});
  refused(good + "2 nan\n", {"line 2", "two finite numbers"});
  refused(good + "2 inf\n", {"line 2", "two finite numbers"});
  refused(good + "2 1e999\n", {"line 2", "two finite numbers"});
  refused(good + "2 1d-3\n", {"line 2", "two finite numbers"});
  refused(good + "\n# and\n2 -3\n", {"line 4", "C_ell is negative"});
  refused("-1 2\n" + good, {"line 1", "ell is negative"});
  refused(good + "1 3\n", {"line 2", "does not rise"});
  refused(good + "2 3\n1.5 3\n", {"line 3", "does not rise"});
  refused(good + "2 3 4\n", {"line 2", "more than two columns"});
  refused("1 2\r2 3\r3 4\r", {"line 1", "more than two columns"});  // no line ends that we know
  refused(std::string("1 2\n2 3\0\n", 9), {"line 2"});
}

BOOST_AUTO_TEST_CASE(files_are_read_as_they_are_or_refused_by_name) {
  const TextFile good("0 1\n10 2\n"), empty(""), bad("0 1\n10 minus\n");
  BOOST_TEST(readSpectrum(good.path)(5) == 1.5);
  expectError(ExitCode::NoInput, {"/no/such/spectrum.txt"}, [] { readSpectrum("/no/such/spectrum.txt"); });
  const std::string folder = std::filesystem::temp_directory_path().string();
  expectError(ExitCode::NoInput, {folder}, [&] { readSpectrum(folder); });
  expectError(ExitCode::BadData, {empty.path, "two rows"}, [&] { readSpectrum(empty.path); });
  expectError(ExitCode::BadData, {bad.path, "line 2", "minus"}, [&] { readSpectrum(bad.path); });
}

BOOST_AUTO_TEST_CASE(models_have_the_covariance_that_they_are_named_after) {
  const double sd = 0.03, L = 2e-3;  // rad
  for (double nu : {1.5, 2.5, 3.3})
    for (double lag : {0.0, 0.5, 1.0, 2.0}) {
      const double expected = maternCovariance(sd, L, nu, lag * L);
      BOOST_TEST(std::abs(covariance(matern(sd, L, nu), L, lag * L, nu < 2 ? 3000 : 300) - expected) < 1e-6 * sd * sd,
                 "nu " << nu << ", lag " << lag);
    }
  for (double lag : {0.0, 0.5, 1.0, 2.0})
    BOOST_TEST(
        std::abs(covariance(squaredExponential(sd, L), L, lag * L, 12) / (sd * sd) - std::exp(-0.5 * lag * lag)) < 1e-9,
        "lag " << lag);
  // nu = 3/2 in closed form: (1 + sqrt(3) r/L) exp(-sqrt(3) r/L)
  const double z = std::sqrt(3.0);
  BOOST_TEST(std::abs(maternCovariance(1, L, 1.5, L) - (1 + z) * std::exp(-z)) < 1e-14);
  // Large nu tends to the squared exponential.
  BOOST_TEST(matern(sd, L, 1e6)(1 / L) == squaredExponential(sd, L)(1 / L), boost::test_tools::tolerance(1e-5));
}

BOOST_AUTO_TEST_CASE(a_power_law_is_one) {
  const Spectrum C = powerLaw(2e-9, -1.5);
  BOOST_TEST(C(1000) == 2e-9);
  BOOST_TEST(C(4000) == 2e-9 / 8, boost::test_tools::tolerance(1e-14));
  BOOST_TEST(C(0) == 0);
}
