/// Fourier transforms, in double and single precision, against the definition (a direct sum), on any number of ranks.
#include <complex>
#include <limits>
#include <numbers>
#include <tuple>

#include "base/rng.hpp"
#include "derivatives.hpp"
#include "grid/fft.hpp"

using namespace lacuna;
using Complex = std::complex<double>;
using Precisions = std::tuple<double, float>;

namespace {

const std::vector<Shape> shapes = {{1, 1, 1, 8, 6}, {1, 1, 1, 7, 5},    {1, 1, 1, 6, 7},   {1, 1, 1, 5, 8},
                                   {1, 1, 1, 1, 9}, {1, 1, 1, 2, 3},    {1, 1, 1, 9, 1},   {1, 1, 1, 13, 11},
                                   {2, 2, 1, 4, 6}, {1, 1, 4, 3, 6},    {1, 1, 5, 4, 3},   {1, 2, 3, 7, 5},
                                   {3, 1, 2, 2, 2}, {1, 1, 1, 64, 130}, {1, 1, 1, 67, 260}};

/// The value of pixel (frame, channel, z, y, x), without communication.
double pixel(const Rng& rng, const Shape& s, PetscInt plane, PetscInt z, PetscInt y, PetscInt x) {
  return rng.normalPair(((static_cast<std::int64_t>(plane) * s.nz + z) * s.ny + y) * s.nx + x).first;
}

Complex directSum(const Rng& rng, const Shape& s, PetscInt plane, const Mode& k) {
  Complex sum = 0;
  for (PetscInt z = 0; z < s.nz; ++z)
    for (PetscInt y = 0; y < s.ny; ++y)
      for (PetscInt x = 0; x < s.nx; ++x)
        sum += pixel(rng, s, plane, z, y, x) *
               std::polar(1.0, -2 * std::numbers::pi *
                                   (k.fx * static_cast<double>(x) + k.fy * static_cast<double>(y) +
                                    k.fz * static_cast<double>(z)));
  return sum;
}

/// Rounding of this precision over that of double.
template <class Real>
constexpr double coarseness =
    static_cast<double>(std::numeric_limits<Real>::epsilon()) / std::numeric_limits<double>::epsilon();

template <class Real>
struct Spectrum {
  using Number = std::complex<Real>;
  std::vector<Number> values;
  typename BasicFft<Real>::Lines keep(const Modes& modes) {
    values.resize(static_cast<std::size_t>(modes.perPlane() * modes.planes()));
    return [this, &modes](PetscInt plane, PetscInt first, PetscInt count, Number* lines) {
      const PetscInt line = modes.lineLength() * modes.inner();
      std::copy_n(lines, count * line, values.data() + plane * modes.perPlane() + first * line);
    };
  }
  typename BasicFft<Real>::Lines give(const Modes& modes) const {
    return [this, &modes](PetscInt plane, PetscInt first, PetscInt count, Number* lines) {
      const PetscInt line = modes.lineLength() * modes.inner();
      std::copy_n(values.data() + plane * modes.perPlane() + first * line, count * line, lines);
    };
  }
};
template <class Real>
typename BasicFft<Real>::Rows rowsOf(const BasicFft<Real>& fft, double* data, bool toRows) {
  const PetscInt row = fft.rowLength(), plane = row * fft.cube().box().count[fft.cube().slabAxis()];
  return [=](PetscInt p, PetscInt first, PetscInt count, double* rows) {
    double* mine = data + p * plane + first * row;
    toRows ? std::copy_n(mine, count * row, rows) : std::copy_n(rows, count * row, mine);
  };
}

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(forward_equals_the_direct_sum_and_backward_inverts_it, Real, Precisions) {
  for (const Shape& s : shapes) {
    const Cube cube = cubeOf(s);
    const BasicFft<Real> fft(cube, Planning::Estimate);
    const Modes& modes = fft.modes();
    Rng rng(7);
    VecHandle x = cube.space().vec(), back = like(x);
    rng.at(0).normal(cube.space(), x);
    Spectrum<Real> X;
    {
      const WriteLocal in(x);
      fft.forward(modes.planes(), rowsOf(fft, in.data(), true), X.keep(modes));
    }
    if (s.size() < 1000) {
      double worst = 0;
      for (PetscInt p = 0; p < modes.planes(); ++p)
        modes.forEach([&](const Mode& k) {
          const PetscInt plane = cube.box().start[0] * s.channels + p;
          worst = std::max(worst, std::abs(Complex(X.values[static_cast<std::size_t>(p * modes.perPlane() + k.local)]) -
                                           directSum(rng, s, plane, k)));
        });
      BOOST_TEST(worst < 1e-12 * coarseness<Real> * std::sqrt(static_cast<double>(s.pixels())) * 10,
                 s.text() << ": " << worst);
    }
    const std::vector<double> share = modes.share();
    for (std::size_t i = 0; i < X.values.size(); ++i)
      X.values[i] *= static_cast<Real>(share[i % share.size()] / static_cast<double>(s.pixels()));
    {
      const WriteLocal out(back);
      fft.backward(modes.planes(), X.give(modes), rowsOf(fft, out.data(), false));
    }
    BOOST_TEST(distance(back, x) < 1e-14 * coarseness<Real>, s.text());
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(plans_measured_between_two_transforms_change_nothing_but_rounding, Real, Precisions) {
  for (const Shape& s : shapes) {
    const Cube cube = cubeOf(s);
    const BasicFft<Real> fft(cube, Planning::MeasureLater,
                             2.5 * static_cast<double>(s.size()) / cube.grid().spaceSize());
    const Modes& modes = fft.modes();
    VecHandle x = cube.space().vec(), back = like(x);
    Rng(8).normal(cube.space(), x);
    const std::vector<double> share = modes.share();
    for (int round = 0; round < 3; ++round) {  // measured in the second
      Spectrum<Real> X;
      {
        const WriteLocal in(x);
        fft.forward(modes.planes(), rowsOf(fft, in.data(), true), X.keep(modes));
      }
      for (std::size_t i = 0; i < X.values.size(); ++i)
        X.values[i] *= static_cast<Real>(share[i % share.size()] / static_cast<double>(s.pixels()));
      {
        const WriteLocal out(back);
        fft.backward(modes.planes(), X.give(modes), rowsOf(fft, out.data(), false));
      }
      BOOST_TEST(distance(back, x) < 1e-14 * coarseness<Real>, s.text() << ", round " << round);
    }
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(sandwich_is_backward_work_forward, Real, Precisions) {
  for (const Shape& s : shapes) {
    const Cube cube = cubeOf(s);
    const BasicFft<Real> fft(cube, Planning::Estimate);
    const Modes& modes = fft.modes();
    VecHandle packed = modes.space().vec(), x = cube.space().vec();
    Rng(3).normal(modes.space(), packed);
    Spectrum<Real> in, parts, fused;
    in.values.resize(static_cast<std::size_t>(modes.perPlane() * modes.planes()));
    const ReadLocal values(packed);
    for (std::size_t i = 0; i < in.values.size(); ++i)
      in.values[i] = {static_cast<Real>(values[static_cast<PetscInt>(2 * i)]),
                      static_cast<Real>(values[static_cast<PetscInt>(2 * i + 1)])};
    {
      const WriteLocal rows(x);
      fft.backward(modes.planes(), in.give(modes), rowsOf(fft, rows.data(), false));
      for (PetscInt i = 0; i < rows.size(); ++i) rows[i] *= 3;
      fft.forward(modes.planes(), rowsOf(fft, rows.data(), true), parts.keep(modes));
    }
    fft.sandwich(
        modes.planes(), in.give(modes),
        [&](PetscInt, PetscInt, PetscInt count, double* rows) {
          for (PetscInt i = 0; i < count * fft.rowLength(); ++i) rows[i] *= 3;
        },
        fused.keep(modes));
    Real worst = 0, size = std::numeric_limits<Real>::min();
    for (std::size_t i = 0; i < fused.values.size(); ++i) {
      worst = std::max(worst, std::abs(fused.values[i] - parts.values[i]));
      size = std::max(size, std::abs(parts.values[i]));
    }
    BOOST_TEST(static_cast<double>(worst) <= 1e-13 * coarseness<Real> * static_cast<double>(size), s.text());
  }
}

/// The lines of two images change places; rows of the second go out and come in at once, plans are measured on the way.
BOOST_AUTO_TEST_CASE_TEMPLATE(turn_works_on_two_images_at_once, Real, Precisions) {
  for (const Shape& s : shapes) {
    if (s.frames * s.channels > 1) continue;
    const Cube cube = cubeOf(s);
    const double soon = 5 * static_cast<double>(s.size()) / cube.grid().spaceSize();
    const BasicFft<Real> a(cube, Planning::MeasureLater, soon), b(cube, Planning::MeasureLater, soon);
    const Modes& modes = a.modes();
    const std::vector<double> share = modes.share();
    const VecHandle f = cube.space().vec(), g = like(f), fromA = like(f), fromB = like(f);
    Rng(8).normal(cube.space(), f);
    Rng(9).normal(cube.space(), g);
    bool kept = false;
    int lost = 0;
    for (int round = 0; round < 4; ++round) {
      const WriteLocal x(f), y(g), outA(fromA), outB(fromB);
      a.prepare(2);
      a.rowsIn(rowsOf(a, x.data(), true));
      const bool gone = b.prepare(2);
      lost += gone;
      if (gone || !kept) b.rowsIn(rowsOf(b, y.data(), true));
      BasicFft<Real>::turn(a, b, [&](PetscInt first, PetscInt count, std::complex<Real>* ofA, std::complex<Real>* ofB) {
        const PetscInt line = modes.lineLength() * modes.inner();
        for (PetscInt i = 0; i < count * line; ++i) {
          std::swap(ofA[i], ofB[i]);
          const auto c =
              static_cast<Real>(share[static_cast<std::size_t>(first * line + i)] / static_cast<double>(s.pixels()));
          ofA[i] *= c;
          ofB[i] *= c;
        }
      });
      a.rowsOut(rowsOf(a, outA.data(), false));
      const auto out = rowsOf(b, outB.data(), false), in = rowsOf(b, y.data(), true);
      kept = round % 2 == 0;
      if (kept)
        b.rowsOutAndIn([&](PetscInt plane, PetscInt first, PetscInt count, double* rows) {
          out(plane, first, count, rows);
          in(plane, first, count, rows);
        });
      else
        b.rowsOut(out);
    }
    BOOST_TEST(lost == 1, s.text());
    BOOST_TEST(distance(fromA, g) < 1e-14 * coarseness<Real>, s.text());
    BOOST_TEST(distance(fromB, f) < 1e-14 * coarseness<Real>, s.text());
  }
}

BOOST_AUTO_TEST_CASE(packed_white_noise_has_the_norm_of_its_field) {
  for (const Shape& s : shapes) {
    const Cube cube = cubeOf(s);
    const Modes modes(cube);
    const std::vector<double> scale = modes.packingScale();
    double live = 0;  // degrees of freedom of one plane: as many as pixels
    modes.forEach([&](const Mode& k) {
      const double v = scale[static_cast<std::size_t>(k.local)];
      live += v == 0 ? 0 : v == 1 ? 1 : 2;
    });
    double sum = 0;
    checkMpi(MPI_Allreduce(&live, &sum, 1, MPI_DOUBLE, MPI_SUM, cube.grid().space()));
    BOOST_TEST(sum == static_cast<double>(s.pixels()), s.text());
  }
}
