/// The operator algebra against plain arithmetic.
#include "derivatives.hpp"
#include "operators/algebra.hpp"
#include "operators/as_mat.hpp"

using namespace lacuna;

namespace {
VecHandle noise(const Space& s, std::uint32_t stream) {
  VecHandle x = s.vec();
  Rng(5, stream).normal(s, x);
  return x;
}
template <class F>
void requireEntries(Vec y, F&& expected) {
  const ReadLocal v(y);
  double worst = 0;
  for (PetscInt i = 0; i < v.size(); ++i) worst = std::max(worst, std::abs(v[i] - expected(i)));
  BOOST_TEST(worst <= 1e-15);
}
}  // namespace

BOOST_AUTO_TEST_CASE(every_combination_is_its_formula_and_passes_the_dot_test) {
  for (const auto& [ny, nx] : {std::pair<PetscInt, PetscInt>{4, 6}, {5, 7}, {1, 9}, {2, 11}, {13, 1}}) {
    const Cube cube = imageOf(ny, nx);
    const Space& s = cube.space();
    const VecHandle x = noise(s, 1), d1 = noise(s, 2), d2 = noise(s, 3);
    auto copy = [&](Vec v) {
      VecHandle c = like(v);
      check(VecCopy(v, c));
      return c;
    };
    const auto A = diagonal(s, copy(d1)), B = diagonal(s, copy(d2));
    const ReadLocal X(x), a(d1), b(d2);
    VecHandle y = s.vec();

    auto run = [&](const OperatorPointer& op, auto&& expected) {
      op->apply(x, y);
      requireEntries(y, expected);
      requireAdjoint(*op);
      MatHandle m = asMat(op);
      VecHandle z = like(y);
      check(MatMult(m, x, z));
      BOOST_TEST(distance(z, y) <= 1e-16);
    };
    run(identity(s), [&](PetscInt i) { return X[i]; });
    run(A, [&](PetscInt i) { return a[i] * X[i]; });
    run(compose(B, A), [&](PetscInt i) { return b[i] * (a[i] * X[i]); });
    run(sum({A, B, identity(s)}), [&](PetscInt i) { return a[i] * X[i] + b[i] * X[i] + X[i]; });
    run(scale(-3, A), [&](PetscInt i) { return -3 * (a[i] * X[i]); });
    run(adjoint(compose(B, A)), [&](PetscInt i) { return a[i] * (b[i] * X[i]); });
    run(gram(A, copy(d2)), [&](PetscInt i) { return a[i] * (b[i] * (a[i] * X[i])); });
    run(mask(s,
             [&] {
               VecHandle m = s.vec();
               const WriteLocal w(m);
               for (PetscInt i = 0; i < w.size(); ++i) w[i] = i % 2;
               return m;
             }()),
        [&](PetscInt i) { return i % 2 ? X[i] : 0; });

    const Cube two = cube.withChannels(2);
    const auto both = stack({A, B}, two.space());
    VecHandle z = two.space().vec();
    both->apply(x, z);
    const PetscInt n = X.size();
    requireEntries(z, [&](PetscInt i) { return i < n ? a[i] * X[i] : b[i - n] * X[i - n]; });
    requireAdjoint(*both);
  }
}

BOOST_AUTO_TEST_CASE(misfits_are_refused_and_applications_are_counted) {
  const Space s = imageOf(4, 6).space(), other = imageOf(4, 7).space();
  const auto A = identity(s);
  VecHandle x = s.vec(), y = s.vec(), wrong = other.vec();
  BOOST_CHECK_THROW(A->apply(wrong, y), Error);
  BOOST_CHECK_THROW(A->apply(x, wrong), Error);
  BOOST_CHECK_THROW(A->apply(x, x), Error);
  BOOST_CHECK_THROW(A->applyAdjoint(wrong, x), Error);
  BOOST_CHECK_THROW(compose(identity(other), A), Error);
  BOOST_CHECK_THROW(sum({A, identity(other)}), Error);
  BOOST_TEST(A->applications() == 0);
  A->apply(x, y);
  A->applyAdjoint(y, x);
  A->applyGram(x, x, y);
  BOOST_TEST(A->applications() == 4);
}

BOOST_AUTO_TEST_CASE(nan_in_a_mask_is_bad_data_on_all_ranks) {
  const Cube cube = imageOf(5, 3);
  VecHandle m = cube.space().vec();
  {
    const WriteLocal w(m);
    if (rankOf(PETSC_COMM_WORLD) == 0) w[0] = std::nan("");
  }
  try {
    mask(cube.space(), m);
    BOOST_ERROR("accepted");
  } catch (const RankError& e) {
    BOOST_TEST(static_cast<int>(e.code()) == 65);
  }
}
