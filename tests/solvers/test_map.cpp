/// The MAP solver on convex terms whose minimum is known: it gets there, and says honestly how near it is.
#include <cmath>
#include <limits>

#include "derivatives.hpp"
#include "expect_error.hpp"
#include "solvers/map_solver.hpp"
#include "taylor.hpp"
#include "terms.hpp"

using namespace lacuna;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
const char* const methods[] = {"newton", "lbfgs", "nls", "ntr", "lmvm"};

/// A term with its minimum, and a start.
struct Known {
  const char* name;
  EntryFunction f;
  std::function<double(std::int64_t)> best;
  std::function<double(std::int64_t)> start;
};
double a(std::int64_t i) { return 0.5 + static_cast<double>(i % 7); }
const Known problems[] = {
    {"exp x - a x from below",
     [](std::int64_t i, double x) {
       return Slope{std::exp(x) - a(i) * x, std::exp(x) - a(i), std::exp(x)};
     },
     [](std::int64_t i) { return std::log(a(i)); }, [](std::int64_t) { return -1.0; }},
    {"exp x - a x from above",
     [](std::int64_t i, double x) {
       return Slope{std::exp(x) - a(i) * x, std::exp(x) - a(i), std::exp(x)};
     },
     [](std::int64_t i) { return std::log(a(i)); }, [](std::int64_t i) { return 3.0 + static_cast<double>(i % 2); }},
    // Infinite beyond x = 0, where Newton's first full step leads: x - x^2 / a from 5 a.
    {"x - a ln x",
     [](std::int64_t i, double x) {
       return x > 0 ? Slope{x - a(i) * std::log(x), 1 - a(i) / x, a(i) / (x * x)} : Slope{inf, 0, 1};
     },
     [](std::int64_t i) { return a(i); }, [](std::int64_t i) { return 5 * a(i); }},
    // Curvatures over eight decades: a small gradient says little.
    {"stiff quadratic",
     [](std::int64_t i, double x) {
       const double c = std::pow(10.0, -static_cast<double>(i % 9)), r = x - 1 - static_cast<double>(i % 3);
       return Slope{0.5 * c * r * r, c * r, c};
     },
     [](std::int64_t i) { return 1 + static_cast<double>(i % 3); },
     [](std::int64_t i) { return -2e3 * std::sqrt(std::pow(10.0, static_cast<double>(i % 9))); }},
};
double energyAt(const Known& k, PetscInt n, const std::function<double(std::int64_t)>& x) {
  long double sum = 0;
  for (PetscInt i = 0; i < n; ++i) sum += k.f(i, x(i)).value;
  return static_cast<double>(sum);
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_minimum_is_reached_and_the_gap_is_honest) {
  const PetscInt n = 26;
  const Space s = Space::line(PETSC_COMM_WORLD, n);
  for (const Known& k : problems) {
    const Separable E(s, k.f);
    const double best = energyAt(k, n, k.best), start = energyAt(k, n, k.start);
    for (const char* method : methods)
      for (double rtol : {1e-2, 1e-6, 1e-10}) {
        VecHandle x = s.vec();
        fillNatural(s, x, k.start);
        const MapResult r = solveMap(E, {.method = method, .rtol = rtol, .iterations = 2000, .prefix = {}}, x);
        const std::string what =
            std::string(k.name) + ", " + method + ", rtol " + std::to_string(rtol) + ": " + r.reason;
        BOOST_TEST(r.converged, what);
        BOOST_TEST(r.startEnergy == start, boost::test_tools::tolerance(1e-13));
        const double rounding = 1e-14 * std::max(std::abs(best), std::abs(r.energy));
        BOOST_TEST(r.energy - best <= rtol * (start - best) + rounding,
                   what << ": " << r.energy - best << " of " << start - best);
        BOOST_TEST(r.energy == E.at(x)->value(), boost::test_tools::tolerance(1e-14));
        BOOST_TEST(r.gap >= 0.5 * (r.energy - best) - rounding,
                   what << ": gap " << r.gap << ", true " << r.energy - best);
        if (rtol < 1e-8)
          BOOST_TEST(r.gap <= 2 * std::max(r.energy - best, 0.0) + rounding,
                     what << ": gap " << r.gap << ", true " << r.energy - best);
      }
  }
}

BOOST_AUTO_TEST_CASE(the_terms_of_this_test_have_the_derivatives_that_they_say) {
  const Space s = Space::line(PETSC_COMM_WORLD, 26);
  for (const Known& k : problems) {
    VecHandle x = s.vec();
    fillNatural(s, x, k.start);
    requireTaylor(Separable(s, k.f), x, 1e-2);
  }
}

BOOST_AUTO_TEST_CASE(a_start_at_the_minimum_is_converged) {
  const Space s = Space::line(PETSC_COMM_WORLD, 26);
  for (const Known& k : problems)
    for (const char* method : methods) {
      VecHandle x = s.vec();
      fillNatural(s, x, k.best);
      const MapResult r =
          solveMap(Separable(s, k.f), {.method = method, .rtol = 1e-6, .iterations = 50, .prefix = {}}, x);
      BOOST_TEST(r.converged, k.name << ", " << method << ": " << r.reason);
      BOOST_TEST(worstDifference(inNaturalOrder(s, x), [&] {
                   std::vector<double> best;
                   for (PetscInt i = 0; i < 26; ++i) best.push_back(k.best(i));
                   return best;
                 }()) < 1e-5);
    }
}

BOOST_AUTO_TEST_CASE(the_limit_of_iterations_is_told) {
  const Space s = Space::line(PETSC_COMM_WORLD, 26);
  for (const char* method : methods)
    for (int limit : {0, 1, 2}) {
      VecHandle x = s.vec();
      fillNatural(s, x, problems[1].start);
      const MapResult r = solveMap(Separable(s, problems[1].f),
                                   {.method = method, .rtol = 1e-12, .iterations = limit, .prefix = {}}, x);
      BOOST_TEST(!r.converged, method);
      BOOST_TEST(r.limited, method << ": " << r.reason);
      BOOST_TEST(static_cast<int>(r.exitCode()) == 3);
      BOOST_TEST(r.iterations == limit);
      BOOST_TEST(r.energy <= r.startEnergy);
      BOOST_TEST(r.gap > 0);
    }
}

BOOST_AUTO_TEST_CASE(energies_and_gradients_that_are_no_numbers_stop_it) {
  const Space s = Space::line(PETSC_COMM_WORLD, 26);
  const double nan = std::nan("");
  for (const char* method : methods) {
    VecHandle x = s.vec();
    auto run = [&](const EntryFunction& f) {
      fillNatural(s, x, problems[1].start);
      solveMap(Separable(s, f), {.method = method, .prefix = {}}, x);
    };
    const EntryFunction& good = problems[1].f;
    expectError(ExitCode::Diverged, {"energy", "not a number"}, [&] {
      run([&](std::int64_t i, double v) { return i == 20 ? Slope{nan, 1, 1} : good(i, v); });
    });
    // ... not at the start, but on the way
    expectError(ExitCode::Diverged, {"energy", "not a number"}, [&] {
      run([&](std::int64_t i, double v) { return i == 20 && v < 2.9 ? Slope{nan, nan, 1} : good(i, v); });
    });
    expectError(ExitCode::Diverged, {"gradient", "not finite"}, [&] {
      run([&](std::int64_t i, double v) { return i == 20 ? Slope{good(i, v).value, nan, 1} : good(i, v); });
    });
    expectError(ExitCode::BadData, {"starting point", "not feasible"}, [&] {
      run([&](std::int64_t i, double v) { return i == 20 ? Slope{inf, 0, 1} : good(i, v); });
    });
  }
}

BOOST_AUTO_TEST_CASE(the_observer_sees_iterations_in_order_and_falling_energies) {
  struct Watch final : Observer {
    std::vector<Progress> seen;
    void iteration(const Progress& p) override { seen.push_back(p); }
  };
  const Space s = Space::line(PETSC_COMM_WORLD, 26);
  for (const char* method : methods) {
    Watch watch;
    VecHandle x = s.vec();
    fillNatural(s, x, problems[1].start);
    const MapResult r =
        solveMap(Separable(s, problems[1].f), {.method = method, .rtol = 1e-12, .prefix = {}}, x, &watch);
    BOOST_REQUIRE(!watch.seen.empty());
    BOOST_TEST(watch.seen.front().iteration == 0);
    BOOST_TEST(watch.seen.front().energy == r.startEnergy, boost::test_tools::tolerance(1e-14));
    BOOST_TEST(watch.seen.back().energy == r.energy, boost::test_tools::tolerance(1e-14));
    BOOST_TEST(watch.seen.back().iteration == r.iterations);
    for (std::size_t i = 1; i < watch.seen.size(); ++i) {
      BOOST_TEST(watch.seen[i].iteration >= watch.seen[i - 1].iteration, method);
      BOOST_TEST(watch.seen[i].energy <= watch.seen[i - 1].energy + 1e-12 * std::abs(watch.seen[i].energy), method);
    }
  }
}
