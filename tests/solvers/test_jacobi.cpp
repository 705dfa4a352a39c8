/// diag(M)^-1 of what problems are made of, against M applied to every unit vector.
#include "dense_operator.hpp"
#include "derivatives.hpp"
#include "operators/algebra.hpp"
#include "operators/each_frame.hpp"
#include "operators/sparse_operator.hpp"
#include "priors/markov_prior.hpp"
#include "priors/smoothness.hpp"
#include "solvers/jacobi.hpp"

using namespace lacuna;

namespace {

double entry(int i, int j) { return (3 * i + 5 * j) % 7 == 0 ? 1.5 + std::sin(i) - 0.05 * j : 0; }

OperatorPointer sparse(const Cube& image, const Cube& data) {
  const auto grid = gridOfFrame(image);
  Shape a = image.shape(), b = data.shape();
  a.frames = b.frames = 1;
  const Cube one(grid, a), seen(grid, b);
  SparseEntries m;
  m.rows = b.size(), m.columns = a.size();
  if (rankOf(grid->all()) == 0)
    for (int i = 0; i < m.rows; ++i)
      for (int j = 0; j < m.columns; ++j)
        if (const double v = entry(i, j); v != 0) m.add(i, j, v);
  return std::make_shared<EachFrame>(std::make_shared<SparseOperator>(one.space(), seen.space(), std::move(m)), image,
                                     data);
}

/// M_ii for the natural index i.
double diagonalEntry(const LinearOperator& M, std::int64_t i) {
  const Space& space = M.domain();
  const VecHandle e = space.vec(), y = space.vec();
  {
    const WriteLocal v(e);
    for (const NaturalRun& run : space.naturalRuns())
      for (PetscInt k = 0; k < run.count; ++k)
        if (run.natural + k * run.stride == i) v[run.local + k] = 1;
  }
  M.apply(e, y);
  PetscScalar d = 0;
  check(VecDot(e, y, &d));
  return d;
}

void requireInverseDiagonal(const LinearOperator& M) {
  const OperatorPointer J = jacobi(M);
  BOOST_REQUIRE(J);
  const VecHandle ones = M.domain().vec(), d = M.domain().vec();
  check(VecSet(ones, 1));
  J->apply(ones, d);
  const std::vector<double> found = inNaturalOrder(M.domain(), d);
  for (std::size_t i = 0; i < found.size(); ++i)
    BOOST_TEST(1 / found[i] == diagonalEntry(M, static_cast<std::int64_t>(i)), boost::test_tools::tolerance(1e-12));
}

}  // namespace

BOOST_AUTO_TEST_CASE(of_a_sparse_likelihood_with_priors_in_space_and_time) {
  for (const Shape& shape : {Shape{4, 1, 1, 5, 3}, Shape{2, 1, 3, 2, 3}, Shape{5, 1, 1, 9, 1}})
    for (int timeRanks : {0, 1}) {
      const Cube image = cubeOf(shape, timeRanks), data(image.gridPointer(), {shape.frames, 1, 1, 11, 1});
      const OperatorPointer H = sparse(image, data);
      VecHandle w = data.space().vec(), e = data.space().vec(), x = image.space().vec();
      Rng(3).uniform(data.space(), w);
      Rng(4).uniform(data.space(), e);
      const OperatorPointer seen = compose(diagonal(data.space(), std::move(e)), H);
      const TimeChain chain = ar1(static_cast<std::size_t>(shape.frames), 2, 3, 1);
      const Smoothness smooth(image, 0.3, 1, {2, 1, 0.5});
      const MarkovPrior markov(image, chain);
      requireInverseDiagonal(*sum({gram(seen, std::move(w)), smooth.at(x)->curvature(Curvature::Hessian),
                                   markov.at(x)->curvature(Curvature::Hessian)}));
    }
}

BOOST_AUTO_TEST_CASE(what_is_not_known_is_left_out) {
  const Cube image = imageOf(6, 5);
  const VecHandle x = image.space().vec();
  const Smoothness first(image, 2), second(image, 2, 2);
  BOOST_TEST(!jacobi(*second.at(x)->curvature(Curvature::Hessian)));
  const OperatorPointer part = first.at(x)->curvature(Curvature::Hessian);
  const OperatorPointer both = sum({part, second.at(x)->curvature(Curvature::Hessian)});
  const VecHandle ones = image.space().vec(), a = image.space().vec(), b = image.space().vec();
  check(VecSet(ones, 1));
  jacobi(*both)->apply(ones, a);
  jacobi(*part)->apply(ones, b);
  BOOST_TEST(distance(a, b) < 1e-15);
}
