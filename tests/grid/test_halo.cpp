// Ghost rows and frames against a serial reference: numpy's np.pad applied to natural indices.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <memory>
#include <vector>

#include "base/rng.hpp"
#include "grid/ghost_rows.hpp"

using namespace lacuna;

namespace {

struct Case {
  Shape shape;
  RowHalo rows;
  FrameHalo frames;
  int timeRanks = 0;
};

/// Sizes even, odd, prime; one row; depth 0, above a slab, above the image; few rows for 7 ranks.
std::vector<Case> cases() {
  std::vector<Case> out;
  const std::vector<Shape> shapes = {{1, 1, 1, 13, 5}, {1, 2, 1, 8, 3}, {1, 1, 1, 3, 4}, {1, 1, 1, 1, 6},
                                     {1, 1, 1, 2, 1},  {5, 2, 1, 7, 3}, {3, 1, 6, 2, 5}, {1, 3, 11, 3, 2}};
  const std::vector<std::pair<PetscInt, PetscInt>> depths = {{0, 0}, {1, 1}, {2, 0}, {0, 3}, {5, 4}, {31, 17}};
  for (const Shape& shape : shapes)
    for (const auto& [below, above] : depths)
      for (RowBoundary boundary : {RowBoundary::Zero, RowBoundary::Periodic, RowBoundary::Reflect})
        out.push_back({shape, {below, above, boundary}, {}, 0});
  for (FrameBoundary boundary : {FrameBoundary::None, FrameBoundary::Zero})
    for (const auto& [before, after] : std::vector<std::pair<PetscInt, PetscInt>>{{1, 0}, {0, 2}, {3, 9}})
      for (PetscInt ny : {1, 7}) {
        out.push_back({{5, 2, 1, ny, 3}, {1, 2, RowBoundary::Reflect}, {before, after, boundary}, 0});
        out.push_back({{2, 1, 1, ny, 3}, {0, 0, RowBoundary::Zero}, {before, after, boundary}, 0});
        out.push_back(
            {{5, 1, 1, ny, 3}, {2, 2, RowBoundary::Periodic}, {before, after, boundary}, sizeOf(PETSC_COMM_WORLD)});
      }
  return out;
}

double value(std::int64_t natural) {
  return std::sin(0.37 * static_cast<double>(natural)) + static_cast<double>(natural);
}

/// np.pad by walking: one step at a time from the nearest row, turning round at the ends. -1 where nothing lies.
std::int64_t walk(std::int64_t row, std::int64_t n, RowBoundary boundary) {
  if (row >= 0 && row < n) return row;
  if (boundary == RowBoundary::Zero) return -1;
  const std::int64_t outward = row < 0 ? -1 : 1;
  std::int64_t at = row < 0 ? 0 : n - 1, step = outward;
  for (std::int64_t left = row < 0 ? -row : row - n + 1; left > 0; --left) {
    if (boundary == RowBoundary::Periodic) {
      at = (at + outward + n) % n;
    } else if (n > 1) {
      if (at + step < 0 || at + step >= n) step = -step;
      at += step;
    }
  }
  return at;
}

/// What fill must give, from the natural index alone.
std::vector<double> reference(const Cube& cube, const Case& c, const PaddedShape& p) {
  const Shape& s = cube.shape();
  const int axis = cube.slabAxis();
  std::vector<double> out;
  for (PetscInt f = 0; f < p.paddedFrames(); ++f)
    for (PetscInt ch = 0; ch < p.channels; ++ch)
      for (PetscInt r = 0; r < p.paddedRows(); ++r)
        for (PetscInt i = 0; i < p.rest; ++i) {
          const std::int64_t frame = std::int64_t{cube.box().start[0]} + f - p.before;
          const std::int64_t row =
              walk(std::int64_t{cube.box().start[axis]} + r - p.below, s.extents()[axis], c.rows.boundary);
          const bool zero = row < 0 || frame < 0 || frame >= s.frames;
          out.push_back(zero ? 0.0 : value(((frame * s.channels + ch) * s.extents()[axis] + row) * p.rest + i));
        }
  return out;
}

VecHandle natural(const Cube& cube) {
  VecHandle x = cube.space().vec();
  WriteLocal out(x);
  for (const NaturalRun& run : cube.space().naturalRuns())
    for (PetscInt i = 0; i < run.count; ++i) out[run.local + i] = value(run.natural + i * run.stride);
  return x;
}

template <class F>
void eachCase(F&& f) {
  for (const Case& c : cases()) {
    const auto grid = std::make_shared<ProcessGrid>(PETSC_COMM_WORLD, c.shape.frames, c.timeRanks);
    const Cube cube(grid, c.shape);
    BOOST_TEST_CONTEXT(c.shape.text() << ", rows -" << c.rows.below << " +" << c.rows.above << " boundary "
                                      << static_cast<int>(c.rows.boundary) << ", frames -" << c.frames.before << " +"
                                      << c.frames.after << " boundary " << static_cast<int>(c.frames.boundary))
    f(c, cube);
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(fill_equals_numpy_pad) {
  eachCase([](const Case& c, const Cube& cube) {
    const Halo halo(cube, c.rows, c.frames);
    const VecHandle x = natural(cube);
    std::vector<double> ghosted(halo.padded().size(), -7.5);  // what stood there must not matter
    for (int twice = 0; twice < 2; ++twice) halo.fill(x, ghosted);
    const std::vector<double> expected = reference(cube, c, halo.padded());
    BOOST_TEST(ghosted == expected, boost::test_tools::per_element());
  });
}

BOOST_AUTO_TEST_CASE(ghost_rows_are_those_of_numpy_pad) {
  eachCase([](const Case& c, const Cube& cube) {
    const PetscInt depth = c.rows.below;
    if (depth == 0) return;
    const GhostRows rows(cube, depth, c.rows.boundary);
    const Case same{c.shape, {depth, depth, c.rows.boundary}, {}, c.timeRanks};
    const PaddedShape p = paddedShape(cube, same.rows, same.frames);
    const std::vector<double> padded = reference(cube, same, p);
    std::vector<double> expected, ghosts(rows.size(), -7.5);
    for (PetscInt f = 0; f < p.frames; ++f)
      for (PetscInt ch = 0; ch < p.channels; ++ch)
        for (const PetscInt first : {PetscInt{0}, depth + p.rows})
          expected.insert(expected.end(), padded.begin() + static_cast<std::ptrdiff_t>(p.offset(f, ch, first)),
                          padded.begin() + static_cast<std::ptrdiff_t>(p.offset(f, ch, first + depth)));
    const VecHandle x = natural(cube);
    const ReadLocal own(x);
    for (int twice = 0; twice < 2; ++twice) rows.fill(own.data(), ghosts);
    BOOST_TEST(ghosts == expected, boost::test_tools::per_element());
  });
}

BOOST_AUTO_TEST_CASE(padded_shape_follows_the_boundary_in_time) {
  eachCase([](const Case& c, const Cube& cube) {
    const Halo halo(cube, c.rows, c.frames);
    const PaddedShape& p = halo.padded();
    const Box& box = cube.box();
    if (box.size() == 0) {
      BOOST_TEST(p.size() == 0u);
      return;
    }
    const bool none = c.frames.boundary == FrameBoundary::None;
    BOOST_TEST(p.before == (none ? std::min(c.frames.before, box.start[0]) : c.frames.before));
    const PetscInt later = c.shape.frames - box.start[0] - box.count[0];
    BOOST_TEST(p.after == (none ? std::min(c.frames.after, later) : c.frames.after));
    BOOST_TEST(p.paddedRows() == c.rows.below + box.count[cube.slabAxis()] + c.rows.above);
  });
}

BOOST_AUTO_TEST_CASE(add_back_is_the_exact_adjoint) {
  eachCase([](const Case& c, const Cube& cube) {
    const Halo halo(cube, c.rows, c.frames);
    const VecHandle x = cube.space().vec(), back = cube.space().vec();
    Rng(11).normal(cube.space(), x);
    check(VecSet(back, 3.25));  // overwritten, not accumulated
    std::vector<double> gx(halo.padded().size()), z(gx.size());
    halo.fill(x, gx);
    const Rng noise(5, static_cast<std::uint32_t>(rankOf(cube.comm())));
    for (std::size_t i = 0; i < z.size(); ++i) z[i] = noise.normalPair(static_cast<std::int64_t>(i)).first;
    for (int twice = 0; twice < 2; ++twice) halo.addBack(z, back);

    std::vector<double> local(2, 0.0), all(2, 0.0);
    for (std::size_t i = 0; i < z.size(); ++i) local[0] += gx[i] * z[i], local[1] += std::abs(gx[i] * z[i]);
    checkMpi(MPI_Allreduce(local.data(), all.data(), 2, MPI_DOUBLE, MPI_SUM, cube.comm()));
    double dot = 0;
    check(VecDot(x, back, &dot));
    BOOST_TEST(std::abs(all[0] - dot) <= 1e-14 * all[1]);
  });
}

BOOST_AUTO_TEST_CASE(every_pixel_is_counted_once_per_copy) {
  // Periodic, depths that are multiples of the image: every pixel lies in every padded row set equally often.
  const auto grid = std::make_shared<ProcessGrid>(PETSC_COMM_WORLD, 1);
  const Cube cube(grid, {1, 1, 1, 6, 4});
  const Halo halo(cube, {12, 6, RowBoundary::Periodic});
  const std::vector<double> ones(halo.padded().size(), 1.0);
  const VecHandle x = cube.space().vec();
  halo.addBack(ones, x);
  int mine = cube.box().size() > 0, holders = 0;
  checkMpi(MPI_Allreduce(&mine, &holders, 1, MPI_INT, MPI_SUM, cube.comm()));
  const ReadLocal got(x);
  for (PetscInt i = 0; i < got.size(); ++i) BOOST_TEST(got[i] == 1.0 + 3.0 * holders);
}

BOOST_AUTO_TEST_CASE(wrong_arguments_are_refused) {
  const auto grid = std::make_shared<ProcessGrid>(PETSC_COMM_WORLD, 1);
  const Cube cube(grid, {1, 1, 1, 9, 4}), other(grid, {1, 1, 1, 10, 40});
  const auto badConfig = [](const Error& e) { return e.code() == ExitCode::BadConfig; };
  BOOST_CHECK_EXCEPTION(Halo(cube, {-1, 0, RowBoundary::Zero}), Error, badConfig);
  BOOST_CHECK_EXCEPTION(Halo(cube, {0, 0, RowBoundary::Zero}, {0, -2, FrameBoundary::Zero}), Error, badConfig);
  if constexpr (sizeof(PetscInt) == 4)
    BOOST_CHECK_EXCEPTION(Halo(cube, {2000000000, 2000000000, RowBoundary::Zero}), Error, badConfig);
  const Halo halo(cube, {1, 1, RowBoundary::Zero});
  std::vector<double> tooLong(halo.padded().size() + 1);
  BOOST_CHECK_THROW(halo.fill(cube.space().vec(), tooLong), Error);
  std::vector<double> right(halo.padded().size());
  BOOST_CHECK_THROW(halo.fill(other.space().vec(), right), Error);
  BOOST_CHECK_THROW(halo.addBack(tooLong, cube.space().vec()), Error);
}
