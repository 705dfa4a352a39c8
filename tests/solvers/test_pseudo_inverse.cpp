/// Deconvolution in closed form against sums over pixels.
#include "natural.hpp"
#include "solvers/pseudo_inverse.hpp"
#include "testing.hpp"

using namespace lacuna;

namespace {

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

/// y(p) = sum_q h(q) x(p - (q - center)), periodic; `sign` = -1: its adjoint.
std::vector<double> blurred(const std::vector<double>& x, const Shape& s, const Psf& h, int sign = 1) {
  std::vector<double> y(x.size(), 0);
  const auto wrap = [](PetscInt i, PetscInt n) { return ((i % n) + n) % n; };
  for (PetscInt z = 0; z < s.nz; ++z)
    for (PetscInt r = 0; r < s.ny; ++r)
      for (PetscInt c = 0; c < s.nx; ++c)
        for (PetscInt a = 0; a < h.nz; ++a)
          for (PetscInt b = 0; b < h.ny; ++b)
            for (PetscInt d = 0; d < h.nx; ++d) {
              const PetscInt i = wrap(z - sign * (a - h.center[0]), s.nz), j = wrap(r - sign * (b - h.center[1]), s.ny),
                             k = wrap(c - sign * (d - h.center[2]), s.nx);
              y[at((z * s.ny + r) * s.nx + c)] +=
                  h.values[at((a * h.ny + b) * h.nx + d)] * x[at((i * s.ny + j) * s.nx + k)];
            }
  return y;
}
/// The periodic Laplacian, once or twice.
std::vector<double> roughness(std::vector<double> x, const Shape& s, int order) {
  const auto wrap = [](PetscInt i, PetscInt n) { return ((i % n) + n) % n; };
  for (int k = 0; k < order; ++k) {
    std::vector<double> y(x.size(), 0);
    for (PetscInt z = 0; z < s.nz; ++z)
      for (PetscInt r = 0; r < s.ny; ++r)
        for (PetscInt c = 0; c < s.nx; ++c) {
          const auto value = [&](PetscInt i, PetscInt j, PetscInt l) {
            return x[at((wrap(i, s.nz) * s.ny + wrap(j, s.ny)) * s.nx + wrap(l, s.nx))];
          };
          y[at((z * s.ny + r) * s.nx + c)] = 6 * value(z, r, c) - value(z - 1, r, c) - value(z + 1, r, c) -
                                             value(z, r - 1, c) - value(z, r + 1, c) - value(z, r, c - 1) -
                                             value(z, r, c + 1);
        }
    x = y;
  }
  return x;
}

const std::vector<Psf> psfs{{1, 3, 2, {0, 1, 0}, {0.05, 0.1, 0.6, 0.1, 0.1, 0.05}},
                            {1, 1, 3, {0, 0, 1}, {0.1, 0.7, 0.2}},
                            {1, 3, 3, {0, 0, 0}, {0.7, 0.1, 0, 0.1, 0.05, 0, 0, 0, 0.05}}};
double start(std::int64_t i) { return std::cos(0.7 * static_cast<double>(i)) + 0.01 * static_cast<double>(i % 7); }

}  // namespace

BOOST_AUTO_TEST_CASE(the_pseudo_inverse_undoes_a_blur) {
  for (const Shape& shape : {Shape{3, 1, 1, 6, 7}, Shape{3, 1, 4, 3, 5}})
    for (const bool own : {false, true}) {
      const Cube cube = cubeOf(shape);
      const auto fft = std::make_shared<const Fft>(cube);
      const std::vector<Psf> used = own ? psfs : std::vector<Psf>{psfs[0]};
      const VecHandle x = cube.space().vec(), y = cube.space().vec();
      std::vector<double> truth, data;
      for (std::int64_t i = 0; i < shape.size(); ++i) truth.push_back(start(i));
      for (PetscInt t = 0; t < shape.frames; ++t) {
        const auto first = truth.begin() + t * shape.pixels();
        const auto part = blurred({first, first + shape.pixels()}, shape, used[own ? at(t) : 0]);
        data.insert(data.end(), part.begin(), part.end());
      }
      fillNatural(cube.space(), y, [&](std::int64_t i) { return data[at(i)]; });
      const SpectralInverse probe(fft, used, pseudoInverseWeight(1, 1));
      SpectralInverse(fft, used, pseudoInverseWeight(1e-6, probe.largestPower(false))).apply(y, x);
      BOOST_TEST(worstDifference(inNaturalOrder(cube.space(), x), truth) < 1e-12);
    }
}

/// The Wiener filter satisfies (H^T H + v R) x = H^T y; of epochs, with sums over them.
BOOST_AUTO_TEST_CASE(the_wiener_filter_solves_the_normal_equations) {
  const double variance = 0.3, strength = 0.7;
  for (const Shape& shape : {Shape{3, 1, 1, 6, 7}, Shape{3, 1, 4, 3, 5}})
    for (const int order : {1, 2})
      for (const bool stack : {false, true}) {
        const Cube cube = cubeOf(shape);
        const Cube image(cube.gridPointer(), {1, 1, shape.nz, shape.ny, shape.nx});
        const auto fft = std::make_shared<const Fft>(cube);
        const SpectralInverse wiener(fft, psfs, wienerWeight(variance, smoothnessSpectrum(strength, order, {1, 1, 1})));
        const Cube& range = stack ? image : cube;
        const VecHandle x = range.space().vec(), y = cube.space().vec();
        fillNatural(cube.space(), y, start);
        stack ? wiener.applyStack(y, image, x) : wiener.apply(y, x);
        const std::vector<double> found = inNaturalOrder(range.space(), x), data = inNaturalOrder(cube.space(), y);
        for (PetscInt t = 0; t < range.shape().frames; ++t) {
          const auto first = found.begin() + t * shape.pixels();
          const std::vector<double> frame(first, first + shape.pixels());
          std::vector<double> left = roughness(frame, shape, order), right(left.size(), 0);
          for (double& v : left) v *= variance * strength;
          for (PetscInt e = stack ? 0 : t; e < (stack ? shape.frames : t + 1); ++e) {
            const auto from = data.begin() + e * shape.pixels();
            const auto gram = blurred(blurred(frame, shape, psfs[at(e)]), shape, psfs[at(e)], -1);
            const auto back = blurred({from, from + shape.pixels()}, shape, psfs[at(e)], -1);
            for (std::size_t i = 0; i < left.size(); ++i) left[i] += gram[i], right[i] += back[i];
          }
          BOOST_TEST(worstDifference(left, right) < 1e-12);
        }
      }
}

BOOST_AUTO_TEST_CASE(frequencies_that_the_blur_removes_are_left_out) {
  const Shape shape{1, 1, 1, 4, 8};
  const Cube cube = cubeOf(shape, 1);
  const auto fft = std::make_shared<const Fft>(cube);
  const Psf box{1, 1, 2, {0, 0, 0}, {0.5, 0.5}};  // zero at the Nyquist frequency
  const VecHandle x = cube.space().vec(), y = cube.space().vec();
  fillNatural(cube.space(), y, [](std::int64_t i) { return i % 2 == 0 ? 1.0 : -1.0; });
  const SpectralInverse probe(fft, {box}, pseudoInverseWeight(1, 1));
  BOOST_TEST(std::abs(probe.largestPower(false) - 1) < 1e-14);
  SpectralInverse(fft, {box}, pseudoInverseWeight(1e-3, 1)).apply(y, x);
  for (const double v : inNaturalOrder(cube.space(), x)) BOOST_TEST(std::abs(v) < 1e-14);
}
