#include "massmap/shear_field.hpp"

#include <cmath>

#include "io/map_check.hpp"

namespace lacuna {

void rotateToB(Vec gamma, Vec rotated) {
  const ReadLocal g(gamma);
  const WriteLocal r(rotated);
  const PetscInt n = g.size() / 2;
  for (PetscInt i = 0; i < n; ++i) {
    r[i] = g[n + i];
    r[n + i] = -g[i];
  }
}

VecHandle bothComponents(const ShearField& field, Vec image) {
  VecHandle both = field.shear.space().vec();
  const ReadLocal in(image);
  const WriteLocal out(both);
  const PetscInt n = in.size();
  for (PetscInt i = 0; i < n; ++i) out[i] = out[n + i] = in[i];
  return both;
}

void requireUsable(const ShearField& field, const std::string& what, const std::string& gamma1,
                   const std::string& gamma2) {
  PetscScalar used = 0;
  check(VecSum(field.mask, &used));
  if (!(used > 0))
    throw RankError(ExitCode::BadData, 0, what + ": no pixel is left: all are masked, or of infinite noise variance");
  requireFinite(field.shear, field.window, 0, field.mask, field.gamma, gamma1);
  requireFinite(field.shear, field.window, 1, field.mask, field.gamma, gamma2);
  requireValues(field.image, field.window, 0, field.mask, field.variance, "the noise variance of " + what,
                "not positive and finite", [](double v) { return v > 0 && std::isfinite(v); });
}

}  // namespace lacuna
