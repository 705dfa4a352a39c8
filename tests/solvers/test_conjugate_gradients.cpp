/// Conjugate gradients: known answers, and how they stop.
#include "dense_operator.hpp"
#include "derivatives.hpp"
#include "expect_error.hpp"
#include "operators/algebra.hpp"
#include "solvers/conjugate_gradients.hpp"

using namespace lacuna;

namespace {

OperatorPointer diagonalOf(const Space& s, const std::function<double(std::int64_t)>& f) {
  VecHandle d = s.vec();
  fillNatural(s, d, f);
  return diagonal(s, std::move(d));
}
VecHandle vectorOf(const Space& s, const std::function<double(std::int64_t)>& f) {
  VecHandle x = s.vec();
  fillNatural(s, x, f);
  return x;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_diagonal_system_has_its_known_answer) {
  for (PetscInt n : {1, 2, 12, 40}) {
    const Space s = Space::line(PETSC_COMM_WORLD, n);
    const auto M = diagonalOf(s, [](std::int64_t i) { return 1.0 + static_cast<double>(i % 9); });
    const VecHandle answer = vectorOf(s, [](std::int64_t i) { return std::sin(1.0 + static_cast<double>(i)); });
    VecHandle b = s.vec(), x = s.vec();
    M->apply(answer, b);
    const ConjugateGradients cg(M, nullptr, {.rtol = 1e-12, .iterations = 50, .prefix = {}});
    check(VecSet(x, 1e6));  // what was there does not matter
    const LinearResult r = cg.solve(b, x);
    BOOST_TEST(r.converged);
    BOOST_TEST(static_cast<int>(r.exitCode()) == 0);
    BOOST_TEST(r.iterations <= 10);  // as many as different eigenvalues
    BOOST_TEST(r.residual <= 1e-12);
    BOOST_TEST(cg.trueResidual(b, x) < 1e-11);
    BOOST_TEST(distance(x, answer) < 1e-11);
  }
}

BOOST_AUTO_TEST_CASE(a_right_preconditioner_saves_iterations_and_the_answer_stays) {
  const Space s = Space::line(PETSC_COMM_WORLD, 50);
  const auto entry = [](std::int64_t i) { return std::pow(10.0, static_cast<double>(i % 50) / 10); };
  const auto M = diagonalOf(s, entry), inverse = diagonalOf(s, [&](std::int64_t i) { return 1 / entry(i); });
  VecHandle b = vectorOf(s, [](std::int64_t) { return 1.0; }), x = s.vec();
  const LinearResult with =
      ConjugateGradients(M, inverse, {.rtol = 1e-10, .iterations = 500, .prefix = {}}).solve(b, x);
  BOOST_TEST(with.converged);
  BOOST_TEST(with.iterations <= 2);
  BOOST_TEST(distance(x, vectorOf(s, [&](std::int64_t i) { return 1 / entry(i); })) < 1e-9);
  const LinearResult without =
      ConjugateGradients(M, nullptr, {.rtol = 1e-10, .iterations = 500, .prefix = {}}).solve(b, x);
  BOOST_TEST(without.converged);
  BOOST_TEST(without.iterations > 20);
}

BOOST_AUTO_TEST_CASE(a_zero_right_hand_side_has_a_zero_solution) {
  const Space s = Space::line(PETSC_COMM_WORLD, 12);
  const ConjugateGradients cg(identity(s), nullptr, {});
  VecHandle b = s.vec(), x = s.vec();
  check(VecSet(x, 3));
  const LinearResult r = cg.solve(b, x);
  BOOST_TEST(r.converged);
  BOOST_TEST(r.iterations == 0);
  BOOST_TEST(norm(x) == 0);
  BOOST_TEST(cg.trueResidual(b, x) == 0);
}

BOOST_AUTO_TEST_CASE(the_limit_of_iterations_is_told_and_the_result_is_usable) {
  const Space s = Space::line(PETSC_COMM_WORLD, 60);
  const auto M = diagonalOf(s, [](std::int64_t i) { return 1.0 + static_cast<double>(i); });
  VecHandle b = vectorOf(s, [](std::int64_t) { return 1.0; }), x = s.vec();
  const ConjugateGradients cg(M, nullptr, {.rtol = 1e-12, .iterations = 4, .prefix = {}});
  const LinearResult r = cg.solve(b, x);
  BOOST_TEST(!r.converged);
  BOOST_TEST(r.limited);
  BOOST_TEST(r.iterations == 4);
  BOOST_TEST(static_cast<int>(r.exitCode()) == 3);
  BOOST_TEST((r.residual > 1e-12 && r.residual < 1));
  BOOST_TEST(cg.trueResidual(b, x) == r.residual, boost::test_tools::tolerance(1e-10));
  cg.setRtol(0.9);  // and another rtol is another stop
  BOOST_TEST(cg.solve(b, x).converged);
}

BOOST_AUTO_TEST_CASE(a_consistent_semi_definite_system_gives_the_least_norm) {
  const int n = 15;
  const Space s = Space::line(PETSC_COMM_WORLD, n);
  const auto value = [](int k) { return k % 3 == 0 ? 0.0 : 0.5 + k; };
  const DenseMatrix M = denseOf(n, n, [&](int i, int j) {
    double sum = 0;
    for (int k = 0; k < n; ++k) sum += value(k) * cosineBasis(k, i, n) * cosineBasis(k, j, n);
    return sum;
  });
  const DenseMatrix pseudo = denseOf(n, n, [&](int i, int j) {
    double sum = 0;
    for (int k = 0; k < n; ++k) sum += value(k) > 0 ? cosineBasis(k, i, n) * cosineBasis(k, j, n) / value(k) : 0;
    return sum;
  });
  std::vector<double> any;
  for (int i = 0; i < n; ++i) any.push_back(std::cos(3.0 * i));
  const std::vector<double> right = times(M, any), expected = times(pseudo, right);
  VecHandle b = vectorOf(s, [&](std::int64_t i) { return right[static_cast<std::size_t>(i)]; }), x = s.vec();
  const ConjugateGradients cg(std::make_shared<DenseOperator>(s, s, M), nullptr,
                              {.rtol = 1e-12, .iterations = 100, .prefix = {}});
  BOOST_TEST(cg.solve(b, x).converged);
  BOOST_TEST(worstDifference(inNaturalOrder(s, x), expected) < 1e-10);
}

BOOST_AUTO_TEST_CASE(what_is_not_finite_or_not_positive_diverges_and_never_passes_for_a_result) {
  const Space s = Space::line(PETSC_COMM_WORLD, 20);
  VecHandle b = vectorOf(s, [](std::int64_t i) { return 1.0 + static_cast<double>(i % 3); }), x = s.vec();
  for (double bad : {std::nan(""), static_cast<double>(INFINITY), -5.0}) {
    const auto M = diagonalOf(s, [bad](std::int64_t i) { return i == 13 ? bad : 1.0 + static_cast<double>(i); });
    const LinearResult r = ConjugateGradients(M, nullptr, {.rtol = 1e-10, .iterations = 100, .prefix = {}}).solve(b, x);
    BOOST_TEST(!r.converged, "entry " << bad << ": " << r.reason);
    BOOST_TEST(!r.limited);
    BOOST_TEST(static_cast<int>(r.exitCode()) == 70);
    BOOST_TEST(r.reason.find("diverged") != std::string::npos, r.reason);
  }
  fillNatural(s, b, [](std::int64_t i) { return i == 13 ? std::nan("") : 1.0; });
  const ConjugateGradients cg(identity(s), nullptr, {});
  expectError(ExitCode::Diverged, {"right-hand side", "not finite"}, [&] { cg.solve(b, x); });
}

BOOST_AUTO_TEST_CASE(the_watch_sees_every_iteration_with_the_right_products) {
  const Space s = Space::line(PETSC_COMM_WORLD, 30);
  const auto M = diagonalOf(s, [](std::int64_t i) { return 1.0 + static_cast<double>(i); });
  VecHandle b = vectorOf(s, [](std::int64_t i) { return std::cos(static_cast<double>(i)); }), x = s.vec(), r = s.vec();
  const ConjugateGradients cg(M, nullptr, {.rtol = 1e-3, .iterations = 100, .prefix = {}});
  std::vector<LinearStep> steps;
  const LinearResult result = cg.solve(b, x, [&](const LinearStep& step) { steps.push_back(step); });
  BOOST_REQUIRE(static_cast<int>(steps.size()) == result.iterations + 1);
  for (std::size_t i = 0; i < steps.size(); ++i) BOOST_TEST(steps[i].iteration == static_cast<int>(i));
  BOOST_TEST(steps.front().residual == 1);
  BOOST_TEST(steps.front().xx == 0);
  const LinearStep& last = steps.back();
  M->apply(x, r);
  check(VecAYPX(r, -1, b));
  BOOST_TEST(last.residual == result.residual);
  BOOST_TEST(last.xx == dot(x, x), boost::test_tools::tolerance(1e-13));
  BOOST_TEST(last.xb == dot(x, b), boost::test_tools::tolerance(1e-13));
  BOOST_TEST(std::abs(last.xr - dot(x, r)) < 1e-12 * norm(x) * norm(b));
  int silent = static_cast<int>(steps.size());
  cg.solve(b, x);  // a later solve without a watch does not call the old one
  BOOST_TEST(static_cast<int>(steps.size()) == silent);
}
