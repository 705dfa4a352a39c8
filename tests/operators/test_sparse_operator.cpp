/// Sparse operators against dense algebra in natural order, on layouts where that is not PETSc's; frame by frame; and
/// against the convolution that they are the matrix of.
#include <cmath>

#include "dense_operator.hpp"
#include "derivatives.hpp"
#include "expect_error.hpp"
#include "operators/convolution.hpp"
#include "operators/each_frame.hpp"
#include "operators/sparse_operator.hpp"

using namespace lacuna;

namespace {

double entry(int i, int j) { return (3 * i + 5 * j) % 7 == 0 ? 1 + std::sin(i) - 0.25 * j : 0; }

/// Entries dealt to the ranks like cards, a third of them in two halves.
SparseEntries dealt(int rows, int columns, const std::function<double(int, int)>& f, MPI_Comm comm = PETSC_COMM_WORLD) {
  SparseEntries m;
  m.rows = rows, m.columns = columns;
  const int ranks = sizeOf(comm), rank = rankOf(comm);
  int card = 0;
  for (int i = 0; i < rows; ++i)
    for (int j = 0; j < columns; ++j) {
      const double v = f(i, j);
      if (v == 0) continue;
      const int halves = card % 3 == 0 ? 2 : 1;
      for (int h = 0; h < halves; ++h)
        if (card++ % ranks == rank) m.add(i, j, v / halves);
    }
  return m;
}

std::vector<Space> spaces() {
  return {Space::line(PETSC_COMM_WORLD, 23), Space::line(PETSC_COMM_WORLD, 2), cubeOf({3, 1, 1, 4, 5}, 1).space(),
          cubeOf({4, 1, 1, 3, 2}).space(), cubeOf({2, 2, 3, 1, 2}, 1).space()};
}

}  // namespace

BOOST_AUTO_TEST_CASE(it_is_the_matrix_in_natural_order_between_any_spaces) {
  for (const Space& domain : spaces())
    for (const Space& range : spaces()) {
      const int rows = static_cast<int>(range.global()), columns = static_cast<int>(domain.global());
      const SparseOperator A(domain, range, dealt(rows, columns, entry));
      const DenseMatrix dense = denseOf(rows, columns, entry);
      VecHandle x = domain.vec(), y = range.vec();
      Rng(4).normal(domain, x);
      A.apply(x, y);
      BOOST_TEST(worstDifference(inNaturalOrder(range, y), times(dense, inNaturalOrder(domain, x))) < 1e-14);
      VecHandle twice = range.vec();
      check(VecCopy(y, twice));
      A.addTo(x, twice);
      check(VecScale(y, 2));
      BOOST_TEST(distance(twice, y) < 1e-15);
      A.applyAdjoint(y, x);
      BOOST_TEST(worstDifference(inNaturalOrder(domain, x), times(transposed(dense), inNaturalOrder(range, y))) <
                 1e-14);
      requireAdjoint(A);
      // A^T diag(w) A in one pass.
      VecHandle w = range.vec(), z = domain.vec();
      Rng(7).uniform(range, w);
      A.apply(x, y);
      check(VecPointwiseMult(y, y, w));
      A.applyAdjoint(y, z);
      VecHandle gram = like(z);
      A.applyGram(w, x, gram);
      BOOST_TEST(worstDifference(inNaturalOrder(domain, gram), inNaturalOrder(domain, z)) < 1e-13);
    }
}

BOOST_AUTO_TEST_CASE(rows_are_where_the_data_are) {
  const Space domain = Space::line(PETSC_COMM_WORLD, 23), range = cubeOf({3, 1, 1, 4, 5}, 1).space();
  const SparseOperator A(domain, range, dealt(60, 23, entry));
  PetscInt rows = 0, columns = 0;
  check(MatGetLocalSize(A.mat(), &rows, &columns));
  BOOST_TEST(rows == range.local());
  BOOST_TEST(columns == domain.local());
}

BOOST_AUTO_TEST_CASE(a_matrix_that_does_not_fit_is_refused) {
  const Space domain = Space::line(PETSC_COMM_WORLD, 23), range = Space::line(PETSC_COMM_WORLD, 7);
  expectError(ExitCode::BadData, {"23 x 7", "7 entries", "unknown 23"},
              [&] { SparseOperator(domain, range, dealt(23, 7, entry)); });
}

BOOST_AUTO_TEST_CASE(the_same_matrix_serves_every_frame) {
  for (int timeRanks : {0, 1}) {
    const Cube image = cubeOf({4, 1, 1, 5, 3}, timeRanks), data(image.gridPointer(), {4, 1, 1, 7, 1});
    const auto grid = gridOfFrame(image);
    const Cube one(grid, {1, 1, 1, 5, 3}), seen(grid, {1, 1, 1, 7, 1});
    const auto H = std::make_shared<SparseOperator>(one.space(), seen.space(), dealt(7, 15, entry, grid->all()));
    const EachFrame A(H, image, data);
    VecHandle x = image.space().vec(), y = data.space().vec();
    Rng(5).normal(image.space(), x);
    A.apply(x, y);
    const std::vector<double> in = inNaturalOrder(image.space(), x), out = inNaturalOrder(data.space(), y);
    const DenseMatrix dense = denseOf(7, 15, entry);
    for (std::ptrdiff_t f = 0; f < 4; ++f) {
      const std::vector<double> expected = times(dense, {in.begin() + 15 * f, in.begin() + 15 * (f + 1)});
      BOOST_TEST(worstDifference({out.begin() + 7 * f, out.begin() + 7 * (f + 1)}, expected) < 1e-14);
    }
    requireAdjoint(A);
    const Cube other(image.gridPointer(), {3, 1, 1, 7, 1});
    BOOST_CHECK_THROW(EachFrame(H, image, other), Error);
    BOOST_CHECK_THROW(EachFrame(H, data, image), Error);
  }
}

BOOST_AUTO_TEST_CASE(the_matrix_of_a_convolution_is_the_convolution) {
  const Cube image = imageOf(9, 7);
  Psf psf;
  psf.ny = 3, psf.nx = 3, psf.center = {0, 1, 1};
  psf.values = {0.02, 0.1, 0.05, 0.08, 0.4, 0.1, 0.05, 0.15, 0.05};
  const auto matrix = [&](int p, int q) {  // y(p) = sum_q h(q) x(p - (q - center)), zero outside
    const int dy = p / 7 - q / 7 + 1, dx = p % 7 - q % 7 + 1;
    return dy >= 0 && dy < 3 && dx >= 0 && dx < 3 ? psf.values[static_cast<std::size_t>(3 * dy + dx)] : 0;
  };
  const SparseOperator A(image.space(), image.space(), dealt(63, 63, matrix));
  const auto B = Convolution::make(image, image, {psf}, {.deterministic = true});
  VecHandle x = image.space().vec(), a = image.space().vec(), b = image.space().vec();
  Rng(6).normal(image.space(), x);
  A.apply(x, a);
  B->apply(x, b);
  BOOST_TEST(distance(a, b) < 1e-13);
  A.applyAdjoint(x, a);
  B->applyAdjoint(x, b);
  BOOST_TEST(distance(a, b) < 1e-13);
}
