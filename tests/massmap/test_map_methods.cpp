/// Null-B and Kaiser-Squires maps: what defines them.
#include "derivatives.hpp"
#include "model/gaussian_noise.hpp"
#include "operators/lensing.hpp"
#include "small_field.hpp"

using namespace lacuna;

BOOST_AUTO_TEST_CASE(null_b_satisfies_the_normal_equations_and_has_the_least_norm) {
  for (const auto& [ny, nx] : {std::pair<PetscInt, PetscInt>{8, 6}, {7, 9}, {5, 5}}) {
    const ShearField field = smallField(ny, nx);
    const auto fft = std::make_shared<Fft>(field.image, Planning::Estimate);
    const MassMapper mapper(field, fft, nullptr,
                            {MassMethod::NullB, 0, {.rtol = 1e-13, .iterations = 5000, .prefix = {}}});
    const MassMap map = mapper.estimate(field.gamma);
    BOOST_TEST(map.result.converged);
    // L^T W (L kappa - gamma) = 0
    const auto L = lensing(fft);
    VecHandle r = like(field.gamma), g = like(map.kappa), w = bothComponents(field, field.variance);
    L->apply(map.kappa, r);
    check(VecAXPY(r, -1, field.gamma));
    {
      const WriteLocal R(r);
      const ReadLocal V(w);
      for (PetscInt i = 0; i < R.size(); ++i) R[i] = std::isinf(V[i]) ? 0 : R[i] / V[i];
    }
    L->applyAdjoint(r, g);
    BOOST_TEST(norm(g) < 1e-10 * norm(r));
    // Least norm: nothing of what the data cannot see. The mean is the simplest such thing.
    PetscScalar total = 0;
    check(VecSum(map.kappa, &total));
    BOOST_TEST(std::abs(total) < 1e-10 * norm(map.kappa));
  }
}

BOOST_AUTO_TEST_CASE(null_b_of_a_full_noiseless_field_is_the_field) {
  ShearField field = smallField(9, 8);
  check(VecSet(field.variance, 1));
  check(VecSet(field.mask, 1));
  const auto fft = std::make_shared<Fft>(field.image, Planning::Estimate);
  VecHandle kappa = field.image.space().vec();
  Rng(9).normal(field.image.space(), kappa);
  PetscScalar total = 0;
  check(VecSum(kappa, &total));
  check(VecShift(kappa, -total / 72));
  lensing(fft)->apply(kappa, field.gamma);
  const MassMapper nullB(field, fft, nullptr, {MassMethod::NullB, 0, {.rtol = 1e-13, .iterations = 500, .prefix = {}}});
  BOOST_TEST(distance(nullB.estimate(field.gamma).kappa, kappa) < 1e-10);
  const MassMapper direct(field, fft, nullptr, {MassMethod::KaiserSquires, 0, {}});
  BOOST_TEST(distance(direct.estimate(field.gamma).kappa, kappa) < 1e-12);
  BOOST_TEST(norm(direct.estimateB(field.gamma)) < 1e-12 * norm(kappa));
  BOOST_TEST(norm(nullB.estimateB(field.gamma)) < 1e-10 * norm(kappa));
}

BOOST_AUTO_TEST_CASE(a_wiener_filter_without_prior_is_refused) {
  const ShearField field = smallField(8, 6);
  const auto fft = std::make_shared<Fft>(field.image, Planning::Estimate);
  try {
    const MassMapper mapper(field, fft, nullptr, {});
    BOOST_ERROR("accepted");
  } catch (const Error& e) {
    BOOST_TEST(static_cast<int>(e.code()) == 78);
  }
}
