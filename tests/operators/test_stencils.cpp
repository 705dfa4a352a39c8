/// Compact operators against their definitions: differences in space and time, the Laplacian, the starlet transform.
#include "derivatives.hpp"
#include "expect_error.hpp"
#include "natural.hpp"
#include "operators/frame_recursion.hpp"
#include "operators/laplacian.hpp"
#include "operators/starlet.hpp"

using namespace lacuna;

namespace {

using Numbers = std::vector<double>;

const std::vector<Shape> shapes = {{1, 1, 1, 1, 11}, {1, 1, 1, 9, 1}, {1, 1, 1, 7, 5}, {1, 1, 5, 4, 3},
                                   {3, 1, 1, 6, 5},  {5, 1, 1, 1, 7}, {2, 1, 4, 3, 5}, {1, 1, 1, 1, 1}};

Numbers normal(std::int64_t n) {
  Numbers v;
  for (std::int64_t i = 0; i < n; ++i) v.push_back(Rng(5).normalPair(i).first);
  return v;
}
/// A x in natural order for the x of normal().
Numbers image(const LinearOperator& A) {
  VecHandle x = A.domain().vec(), y = A.range().vec();
  fillNatural(A.domain(), x, [](std::int64_t i) { return Rng(5).normalPair(i).first; });
  A.apply(x, y);
  return inNaturalOrder(A.range(), y);
}
struct At {
  PetscInt t, z, y, x;
};
template <class F>
void eachPixel(const Shape& s, F&& f) {
  std::size_t i = 0;
  for (PetscInt t = 0; t < s.frames; ++t)
    for (PetscInt z = 0; z < s.nz; ++z)
      for (PetscInt y = 0; y < s.ny; ++y)
        for (PetscInt x = 0; x < s.nx; ++x) f(At{t, z, y, x}, i++);
}
PetscInt along(const At& p, int axis) { return axis == 0 ? p.z : axis == 1 ? p.y : p.x; }

}  // namespace

BOOST_AUTO_TEST_CASE(gradient_and_laplacian_follow_their_definitions) {
  const Spacing h{2, 0.5, 1.25};
  for (const Shape& s : shapes)
    for (int timeRanks : {0, 1}) {
      const Cube cube = cubeOf(s, timeRanks);
      const Gradient D(cube, h);
      const Laplacian K(cube, h);
      requireAdjoint(D);
      requireAdjoint(K);
      const Numbers v = normal(s.size()), Dx = image(D), Kx = image(K);
      const PetscInt extent[3] = {s.nz, s.ny, s.nx};
      const std::size_t step[3] = {static_cast<std::size_t>(s.ny * s.nx), static_cast<std::size_t>(s.nx), 1};
      std::vector<int> axes;
      for (int a = 0; a < 3; ++a)
        if (extent[a] > 1) axes.push_back(a);
      if (axes.empty()) axes.push_back(2);
      const auto pixels = static_cast<std::size_t>(s.pixels());
      BOOST_REQUIRE(D.rangeCube().shape().channels == static_cast<PetscInt>(axes.size()));
      eachPixel(s, [&](const At& p, std::size_t i) {
        double laplacian = 0;
        for (std::size_t c = 0; c < axes.size(); ++c) {
          const int a = axes[c];
          const double forward = along(p, a) + 1 < extent[a] ? (v[i + step[a]] - v[i]) / h[std::size_t(a)] : 0;
          const double backward = along(p, a) > 0 ? (v[i] - v[i - step[a]]) / h[std::size_t(a)] : 0;
          const std::size_t at =
              (static_cast<std::size_t>(p.t) * axes.size() + c) * pixels + i - static_cast<std::size_t>(p.t) * pixels;
          BOOST_TEST(std::abs(Dx[at] - forward) < 1e-14, s.text());
          laplacian += (backward - forward) / h[std::size_t(a)];
        }
        BOOST_TEST(std::abs(Kx[i] - laplacian) < 1e-13, s.text());
      });
    }
  expectError(ExitCode::BadConfig, {"voxel", "positive"}, [] { Gradient(cubeOf({}), {1, 0, 1}); });
}

BOOST_AUTO_TEST_CASE(recursions_in_time_and_their_solution) {
  for (const Shape& s : shapes)
    for (int timeRanks : {0, 1, sizeOf(PETSC_COMM_WORLD)}) {
      const Cube cube = cubeOf(s, timeRanks);
      Numbers own, previous;
      for (PetscInt t = 0; t < s.frames; ++t) {
        own.push_back(1.5 + 0.1 * double(t));
        previous.push_back(t % 3 == 2 ? 0 : -0.7 + 0.2 * double(t));
      }
      const FrameRecursion B(cube, own, previous);
      requireAdjoint(B);
      const Numbers v = normal(s.size()), y = image(B), difference = image(*frameDifference(cube));
      const auto frame = static_cast<std::size_t>(s.pixels());
      for (std::size_t i = 0; i < v.size(); ++i) {
        const std::size_t t = i / frame;
        const double before = t > 0 ? v[i - frame] : 0;
        BOOST_TEST(std::abs(y[i] - own[t] * v[i] - (t > 0 ? previous[t] * before : 0)) < 1e-14, s.text());
        BOOST_TEST(std::abs(difference[i] - (t > 0 ? v[i] - before : 0)) < 1e-14, s.text());
      }
      VecHandle x = cube.space().vec(), Bx = cube.space().vec(), back = cube.space().vec();
      fillNatural(cube.space(), x, [&](std::int64_t i) { return v[static_cast<std::size_t>(i)]; });
      B.apply(x, Bx);
      B.solve(Bx, back);
      BOOST_TEST(distance(back, x) < 1e-13);
      B.solve(Bx, Bx);
      BOOST_TEST(distance(Bx, back) == 0);
      BOOST_CHECK_THROW(frameDifference(cube)->solve(x, Bx), Error);
    }
}

namespace {

/// A x with taps so many pixels apart along z, y, x at the scales.
using TapDistances = std::array<std::array<PetscInt, 4>, 3>;

void requireStarlet(const Shape& s, const Spacing& spacing, const TapDistances& taps) {
  const Cube cube = cubeOf(s);
  const int scales = 4;  // wider than the image: mirrored several times
  const Starlet W(cube, scales, spacing);
  requireAdjoint(W);
  const Numbers y = image(W);
  const auto pixels = static_cast<std::size_t>(s.pixels());
  Numbers c = normal(s.size());
  const auto mirrored = [](PetscInt i, PetscInt n) {
    while (n > 1 && (i < 0 || i >= n)) i = i < 0 ? -i : 2 * (n - 1) - i;
    return n > 1 ? i : 0;
  };
  const double spline[5] = {1, 4, 6, 4, 1};
  Numbers total(c.size(), 0.0);
  for (int j = 0; j <= scales; ++j) {
    Numbers next(c.size(), 0.0);
    if (j < scales)
      eachPixel(s, [&](const At& p, std::size_t i) {
        for (int a = 0; a < 5; ++a)
          for (int b = 0; b < 5; ++b)
            for (int d = 0; d < 5; ++d) {
              const PetscInt z = mirrored(p.z + (a - 2) * taps[0][j], s.nz),
                             yy = mirrored(p.y + (b - 2) * taps[1][j], s.ny),
                             x = mirrored(p.x + (d - 2) * taps[2][j], s.nx);
              next[i] += spline[a] * spline[b] * spline[d] / 4096 *
                         c[static_cast<std::size_t>(((p.t * s.nz + z) * s.ny + yy) * s.nx + x)];
            }
      });
    for (std::size_t i = 0; i < c.size(); ++i) {
      const std::size_t t = i / pixels, at = (t * (scales + 1) + std::size_t(j)) * pixels + i - t * pixels;
      BOOST_TEST(std::abs(y[at] - (c[i] - next[i])) < 1e-13, s.text() << " scale " << j);
      total[i] += y[at];
    }
    c = next;
  }
  BOOST_TEST(worstDifference(total, normal(s.size())) < 1e-14);  // the scales add up to the image
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_starlet_transform_is_smoothing_with_the_b_spline_in_a_mirrored_image) {
  constexpr std::array<PetscInt, 4> full{1, 2, 4, 8};
  for (const Shape& s : shapes) requireStarlet(s, {1, 1, 1}, {full, full, full});
  // round(2^j min h / h), by hand
  requireStarlet({2, 1, 4, 3, 5}, {3, 1, 1}, {{{0, 1, 1, 3}, full, full}});
  for (const Shape& s : {Shape{1, 1, 5, 4, 3}, Shape{3, 1, 1, 6, 5}})  // an axis of one pixel does not count
    requireStarlet(s, {s.nz > 1 ? 1 : 0.1, 2.5, 0.5}, {{{1, 1, 2, 4}, {0, 0, 1, 2}, full}});
  expectError(ExitCode::BadConfig, {"starlet", "scales"}, [] { Starlet(cubeOf({}), 0); });
}
