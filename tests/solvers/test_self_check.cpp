/// --check must fail what is wrong: every check on an operator or term with a deliberate fault.
#include "dense_operator.hpp"
#include "solvers/self_check.hpp"
#include "terms.hpp"
#include "testing.hpp"

using namespace lacuna;

namespace {

constexpr int n = 20;
double entry(int i, int j) { return 1 / (1.0 + std::abs(i - j)) + 0.2 * std::sin(2.0 * i + 5 * j); }
double symmetric(int i, int j) { return entry(i, j) + entry(j, i); }

std::shared_ptr<DenseOperator> matrix(const Space& s, const std::function<double(int, int)>& A,
                                      const std::function<double(int, int)>& adjoint) {
  return std::make_shared<DenseOperator>(s, s, denseOf(n, n, A), denseOf(n, n, adjoint));
}
auto scaled(double factor) {
  return [factor](int i, int j) { return factor * entry(j, i); };
}

}  // namespace

BOOST_AUTO_TEST_CASE(adjoints) {
  const Space s = Space::line(PETSC_COMM_WORLD, n);
  BOOST_TEST(checkAdjoint("right", *matrix(s, entry, scaled(1))).passed());
  BOOST_TEST(!checkAdjoint("scaled", *matrix(s, entry, scaled(1 + 1e-9))).passed());
  BOOST_TEST(!checkAdjoint("negated", *matrix(s, entry, scaled(-1))).passed());
  BOOST_TEST(!checkAdjoint("not transposed", *matrix(s, entry, entry)).passed());
  BOOST_TEST(!checkAdjoint("shifted", *matrix(s, entry, [](int i, int j) { return entry((j + 1) % n, i); })).passed());
  BOOST_TEST(!checkAdjoint("zero", *matrix(s, entry, [](int, int) { return 0.0; })).passed());
  BOOST_TEST(!checkAdjoint("nan", *matrix(
                                      s, [](int, int) { return std::nan(""); }, scaled(1)))
                  .passed());
  BOOST_TEST(!checkAdjoint("inf", *matrix(s, entry, [](int, int) { return INFINITY; })).passed());
}

BOOST_AUTO_TEST_CASE(symmetries) {
  const Space s = Space::line(PETSC_COMM_WORLD, n);
  BOOST_TEST(checkSymmetry("right", *matrix(s, symmetric, symmetric)).passed());
  BOOST_TEST(!checkSymmetry("asymmetric", *matrix(s, entry, scaled(1))).passed());
  BOOST_TEST(
      !checkSymmetry("slightly",
                     *matrix(
                         s, [](int i, int j) { return symmetric(i, j) + (i == 3 && j == 7 ? 1e-8 : 0); }, symmetric))
           .passed());
  BOOST_TEST(!checkSymmetry("nan", *matrix(
                                       s, [](int, int) { return std::nan(""); }, symmetric))
                  .passed());
}

BOOST_AUTO_TEST_CASE(gradients) {
  const Space s = Space::line(PETSC_COMM_WORLD, n);
  VecHandle x = s.vec();
  fillNatural(s, x, [](std::int64_t i) { return std::sin(static_cast<double>(i)); });
  auto term = [&](double factor, double shift) {
    return Separable(s, [=](std::int64_t i, double v) {
      return Slope{std::exp(v) - 2 * v, factor * (std::exp(v) - 2) + (i == 5 ? shift : 0), std::exp(v)};
    });
  };
  BOOST_TEST(checkGradient("right", term(1, 0), x).passed());
  BOOST_TEST(!checkGradient("scaled", term(1 + 1e-5, 0), x).passed());
  BOOST_TEST(!checkGradient("negated", term(-1, 0), x).passed());
  BOOST_TEST(!checkGradient("shifted", term(1, 1e-4), x).passed());
  BOOST_TEST(!checkGradient("zero", term(0, 0), x).passed());
  BOOST_TEST(!checkGradient("nan", term(std::nan(""), 0), x).passed());
  BOOST_TEST(!checkGradient("nan energy",
                            Separable(s,
                                      [](std::int64_t, double) {
                                        return Slope{std::nan(""), 1, 1};
                                      }),
                            x)
                  .passed());
}

BOOST_AUTO_TEST_CASE(rank_counts) {
  const Space all = Space::line(PETSC_COMM_WORLD, n), alone = Space::line(PETSC_COMM_SELF, n);
  const bool first = rankOf(PETSC_COMM_WORLD) == 0;
  const double ranks = sizeOf(PETSC_COMM_WORLD);
  auto compare = [&](const std::function<double(int, int)>& here, const std::function<double(int, int)>& there) {
    auto turned = [](const auto& f) { return [&f](int i, int j) { return f(j, i); }; };
    const auto A = matrix(all, here, turned(here)), B = matrix(alone, there, turned(there));
    return checkRanks("it", *A, first ? B.get() : nullptr);
  };
  BOOST_TEST(compare(entry, entry).passed());
  if (ranks > 1) BOOST_TEST(!compare([&](int i, int j) { return ranks * entry(i, j); }, entry).passed());
  BOOST_TEST(
      !compare([](int i, int j) { return entry(i, j) + (i == n - 1 && j == n - 1 ? 1e-6 : 0); }, entry).passed());
  const auto nan = [](int, int) { return std::nan(""); };
  BOOST_TEST(!compare(nan, nan).passed());
  BOOST_TEST(!compare(nan, entry).passed());
  BOOST_TEST(!compare(entry, nan).passed());
}

BOOST_AUTO_TEST_CASE(the_table_says_what_failed) {
  const std::vector<CheckLine> lines = {{"adjoint of A", 1e-15, 1e-12}, {"symmetry of M", 1e-3, 1e-12}};
  BOOST_TEST(!allPassed(lines));
  BOOST_TEST(allPassed({lines[0]}));
  BOOST_TEST(!allPassed({{"nan", std::nan(""), 1}}));
  const std::string table = checkTable(lines);
  BOOST_TEST(table.find("passed") < table.find("symmetry of M"));
  BOOST_TEST(table.find("FAILED") > table.find("symmetry of M"));
}
