/// Tridiagonal solves along time, partitioned over time groups, against dense elimination mode by mode.
#include <limits>
#include <numbers>

#include "dense_operator.hpp"
#include "grid/modes.hpp"
#include "solvers/chain_solver.hpp"
#include "testing.hpp"

using namespace lacuna;
using Complex = std::complex<double>;

namespace {

/// Numbers that depend on their place alone: the same on any split.
double number(double frame, const Mode& k, double salt) {
  const double v = std::sin(12.9898 * frame + 78.233 * k.fx + 37.719 * k.fy + 11.131 * k.fz + salt) * 43758.5453;
  return v - std::floor(v);
}
TimeChain chainOf(PetscInt frames) {
  TimeChain c;
  c.initialMean = 2;
  c.initialSd = 3;
  for (PetscInt t = 0; t < frames; ++t) {
    c.phi.push_back(0.9 - 0.03 * static_cast<double>(t));
    c.constant.push_back(0.1);
    c.sd.push_back(0.5 + 0.1 * static_cast<double>(t));
  }
  return c;
}
/// Positive; changes by 1000 between modes and frames; infinite for one mode, in all frames but the second.
double diagonalOf(PetscInt t, const Mode& k) {
  if (k.fx > 0.3 && t != 1) return std::numeric_limits<double>::infinity();
  return std::pow(10.0, 3 * number(static_cast<double>(t), k, 1) - 2);
}
double linkOf(const Mode& k) { return 0.2 + number(0, k, 2); }
Complex rightHandSide(PetscInt t, const Mode& k) {
  return {number(static_cast<double>(t), k, 3) - 0.5, number(static_cast<double>(t), k, 4) - 0.5};
}

std::vector<Complex> dense(PetscInt frames, const Mode& k, bool chained, bool white) {
  const TimeChain c = chainOf(frames);
  const double L = white ? 1 : linkOf(k);
  const int n = static_cast<int>(frames);
  const DenseMatrix m = inverse(denseOf(n, n, [&](int i, int j) {
    const double chain = !chained               ? 0
                         : i == j               ? L * c.diagonal(static_cast<std::size_t>(i))
                         : std::abs(i - j) == 1 ? L * c.offDiagonal(static_cast<std::size_t>(std::min(i, j)))
                                                : 0;
    return i == j ? std::min(diagonalOf(i, k), 1e30) + chain : chain;
  }));
  std::vector<Complex> x(static_cast<std::size_t>(frames));
  for (PetscInt i = 0; i < frames; ++i)
    for (PetscInt j = 0; j < frames; ++j)
      x[static_cast<std::size_t>(i)] +=
          m[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)] * rightHandSide(j, k);
  return x;
}

template <class Chain>
double worst(const Shape& shape, int timeRanks, bool chained, bool white) {
  const Cube cube = cubeOf(shape, timeRanks);
  const Modes modes(cube);
  std::vector<double> link;
  if (!white) modes.forEach([&](const Mode& k) { link.push_back(linkOf(k)); });
  using Number = std::complex<typename Chain::Real>;
  Chain chain(cube, modes.perPlane(), chained ? std::optional(chainOf(shape.frames)) : std::nullopt, link);
  double found = 0;
  for (int round = 0; round < 2; ++round) {  // factored twice: nothing of the first time is left
    chain.factor([&](PetscInt t, double* d) {
      modes.forEach([&](const Mode& k) { d[k.local] += round == 0 ? 1.0 : diagonalOf(t, k); });
    });
    const PetscInt start = cube.box().start[0], half = modes.perPlane() / 2;
    const auto pieces = [&](auto&& f) {  // as a transform does it: in blocks
      f(0, half);
      f(half, modes.perPlane() - half);
    };
    for (PetscInt step = 0; step < chain.frames(); ++step) {
      const PetscInt t = chain.frameAt(step);
      modes.forEach([&](const Mode& k) { chain.spectrum(t)[k.local] = Number(rightHandSide(start + t, k)); });
      pieces([&](PetscInt first, PetscInt count) { chain.eliminate(t, first, count, chain.spectrum(t) + first); });
    }
    chain.couple();
    for (PetscInt step = chain.frames() - 1; step >= 0; --step) {
      const PetscInt t = chain.frameAt(step);
      std::vector<Number> out(static_cast<std::size_t>(modes.perPlane()));
      pieces([&](PetscInt first, PetscInt count) { chain.substitute(t, first, count, out.data() + first); });
      BOOST_TEST(std::equal(out.begin(), out.end(), chain.spectrum(t)));
    }
  }
  modes.forEach([&](const Mode& k) {
    const std::vector<Complex> x = dense(shape.frames, k, chained, white);
    double size = 1e-9;  // a mode of infinite D is zero
    for (const Complex& v : x) size = std::max(size, std::abs(v));
    for (PetscInt t = 0; t < chain.frames(); ++t)
      found = std::max(
          found,
          std::abs(Complex(chain.spectrum(t)[k.local]) - x[static_cast<std::size_t>(cube.box().start[0] + t)]) / size);
  });
  return found;
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_split_in_time_and_space_solves_the_same_systems) {
  const int ranks = sizeOf(PETSC_COMM_WORLD);
  for (const PetscInt frames : {1, 2, 3, 4, 5, 7, 13})
    for (const Shape& s : {Shape{frames, 1, 1, 5, 6}, Shape{frames, 1, 1, 1, 1}, Shape{frames, 1, 3, 2, 4}})
      for (int timeRanks = 1; timeRanks <= ranks; ++timeRanks) {
        if (ranks % timeRanks != 0) continue;
        for (const bool chained : {true, false})
          for (const bool white : {true, false}) {
            const double w = worst<SpectralChain>(s, timeRanks, chained, white);
            BOOST_TEST(w < 1e-12, s.text() << ", time groups " << timeRanks << ": " << w);
            const double single = worst<SingleSpectralChain>(s, timeRanks, chained, white);
            BOOST_TEST(single < 1e-5, s.text() << ", time groups " << timeRanks << ", in single precision: " << single);
          }
      }
}

BOOST_AUTO_TEST_CASE(a_chain_of_the_wrong_length_is_refused) {
  const Cube cube = cubeOf({3, 1, 1, 4, 4});
  BOOST_CHECK_THROW(SpectralChain(cube, Modes(cube).perPlane(), chainOf(4)), Error);
  if (Modes(cube).perPlane() != 1)
    BOOST_CHECK_THROW(SpectralChain(cube, Modes(cube).perPlane(), chainOf(3), {1.0}), Error);
}
