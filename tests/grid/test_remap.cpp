/// Pixels copied between cubes of other extents.
#include <boost/test/data/test_case.hpp>

#include "grid/remap.hpp"
#include "natural.hpp"
#include "testing.hpp"

using namespace lacuna;

namespace {

const std::vector<std::pair<Shape, PetscInt>> cases{
    {{3, 1, 1, 5, 4}, 2}, {{1, 1, 1, 1, 6}, 3}, {{2, 1, 4, 3, 5}, 1}, {{1, 1, 2, 1, 3}, 6}};

}  // namespace

BOOST_AUTO_TEST_CASE(reflection_is_numpys) {
  const std::vector<PetscInt> wanted{2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0};  // numpy.pad(arange(4), (4, 3), 'reflect')
  for (int i = 0; i < 11; ++i) BOOST_TEST(reflected(i - 4, 4) == wanted[static_cast<std::size_t>(i)]);
  BOOST_TEST(reflected(-7, 1) == 0);
}

BOOST_AUTO_TEST_CASE(pads_by_reflection_and_cuts_back) {
  for (const auto& [shape, pad] : cases) {
    const Cube small = cubeOf(shape);
    Shape padded = shape;
    if (shape.nz > 1) padded.nz += 2 * pad;
    padded.ny += 2 * pad;
    padded.nx += 2 * pad;
    const Cube large(small.gridPointer(), padded);
    const std::array<PetscInt, 3> n{shape.nz, shape.ny, shape.nx}, shift{shape.nz > 1 ? pad : 0, pad, pad};
    const auto at = [&](int axis) { return static_cast<std::size_t>(axis); };
    const Remap out(small, large, [&](int axis, PetscInt i) { return reflected(i - shift[at(axis)], n[at(axis)]); });
    const Remap back(large, small, [&](int axis, PetscInt i) { return i + shift[at(axis)]; });
    const Remap zero(small, large, [&](int axis, PetscInt i) {
      const PetscInt j = i - shift[at(axis)];
      return j < n[at(axis)] ? j : -1;
    });
    const VecHandle x = small.space().vec(), y = large.space().vec(), again = small.space().vec();
    fillNatural(small.space(), x, [](std::int64_t i) { return 1 + std::sqrt(static_cast<double>(i)); });
    out.apply(x, y);
    back.apply(y, again);
    BOOST_TEST((inNaturalOrder(small.space(), again) == inNaturalOrder(small.space(), x)));
    const std::vector<double> from = inNaturalOrder(small.space(), x), to = inNaturalOrder(large.space(), y);
    zero.apply(x, y);
    const std::vector<double> zeros = inNaturalOrder(large.space(), y);
    std::size_t k = 0;
    for (PetscInt t = 0; t < shape.frames; ++t)
      for (PetscInt c = 0; c < padded.nz; ++c)
        for (PetscInt b = 0; b < padded.ny; ++b)
          for (PetscInt a = 0; a < padded.nx; ++a, ++k) {
            const auto value = [&](PetscInt i, PetscInt j, PetscInt l) {
              return from[static_cast<std::size_t>(((t * n[0] + i) * n[1] + j) * n[2] + l)];
            };
            const PetscInt i = c - shift[0], j = b - shift[1], l = a - shift[2];
            BOOST_TEST(to[k] == value(reflected(i, n[0]), reflected(j, n[1]), reflected(l, n[2])));
            const bool inside = i >= 0 && i < n[0] && j >= 0 && j < n[1] && l >= 0 && l < n[2];
            BOOST_TEST(zeros[k] == (inside ? value(i, j, l) : 0));
          }
  }
}

BOOST_AUTO_TEST_CASE(other_frames_are_refused) {
  const Cube a = cubeOf({2, 1, 1, 3, 3}, 1), b(a.gridPointer(), {3, 1, 1, 3, 3});
  BOOST_CHECK_THROW(Remap(a, b, [](int, PetscInt i) { return i; }), Error);
}
