#pragma once
#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>

#include "base/aligned_buffer.hpp"
#include "base/phase.hpp"
#include "grid/fft.hpp"
#include "grid/fft_blocks.hpp"
#include "grid/fftw_plans.hpp"
#include "grid/row_pairs.hpp"

namespace lacuna {

/// Plans and work buffers of BasicFft, and its passes over rows and lines.
template <class Real>
struct BasicFft<Real>::Plans {
  using Api = Fftw<Real>;
  static constexpr bool narrow = sizeof(Real) < sizeof(double);
  static constexpr PetscInt together = cacheLine / sizeof(Complex);  ///< numbers of a cache line

  Cube cube;
  Modes modes;
  PetscInt rows = 0, rowLength = 0;
  std::int64_t halfRow = 0;               ///< complex numbers from a transformed row to the next
  bool exchanged = false;                 ///< more than one rank in space: a transposition through MPI
  AlignedBuffer<Real> rowBlock;           ///< a block of rows
  AlignedBuffer<double> wide;             ///< the same for the callbacks, where Real is not double
  mutable std::optional<RowPairs> pairs;  ///< instead of plans for rows: images in single precision
  AlignedBuffer<Complex> lineBlock;       ///< a block of lines (without exchange)
  AlignedBuffer<Complex> byRows;          ///< [row][line][inner]
  AlignedBuffer<Complex> byLines;         ///< [line][lineLength][inner] (with exchange)
  BlockPlan<Real> rowsForward, rowsBackward, linesForward, linesBackward;
  FftwPlan<Real> toLines, toRows;
  PetscInt rowsAtOnce = 1, linesAtOnce = 1;
  double pixelsLeft = 0;  ///< to transform before plans are measured; the same on all ranks of a plane
  Phase rowPhase{"fft along rows", "GFlop"}, linePhase{"fft along lines", "GFlop"},
      movePhase{"fft transposition", "GB"};

  Plans(const Cube& c, Planning planning, double measureAfter) : cube(c), modes(c) {
    static const bool once = (Api::initialise(), true);
    (void)once;
    const Shape& s = cube.shape();
    const bool volume = s.nz > 1;
    rows = cube.box().count[cube.slabAxis()];
    rowLength = volume ? s.ny * s.nx : s.nx;
    halfRow = rowStride<Complex>(cube, modes);
    exchanged = cube.grid().spaceSize() > 1;
    const std::int64_t work = modesOfPlane<Complex>(cube, modes);
    byRows = alignedBuffer<Complex>(work);
    const std::int64_t line = static_cast<std::int64_t>(modes.lineLength()) * modes.inner();
    rowsAtOnce = even(blockItems(rows, rowBytes, 8 * static_cast<std::int64_t>(rowLength)));
    linesAtOnce = blockItems(modes.lines().count, lineBytes, static_cast<std::int64_t>(sizeof(Complex)) * line);
    if (linesAtOnce > together) linesAtOnce -= linesAtOnce % together;
    linesAtOnce = even(linesAtOnce);
    if (narrow) wide = alignedBuffer<double>(static_cast<std::int64_t>(rowsAtOnce) * rowLength);
    if (narrow && !volume)
      pairs.emplace(rowLength, rows, rowsAtOnce);
    else
      rowBlock = alignedBuffer<Real>(static_cast<std::int64_t>(rowsAtOnce) * rowLength);
    if (exchanged)
      byLines = alignedBuffer<Complex>(work);
    else
      lineBlock = alignedBuffer<Complex>(linesAtOnce * line);
    if (planning == Planning::MeasureLater) pixelsLeft = measureAfter;
    plan(planning == Planning::Measure ? FFTW_MEASURE : FFTW_ESTIMATE);
  }

  /// Blocks of an even number, since two numbers share the alignment that FFTW's plans suppose.
  static PetscInt even(PetscInt items) { return narrow ? items + items % 2 : items; }
  static unsigned unaligned(std::int64_t stride) { return narrow && stride % 2 ? FFTW_UNALIGNED : 0; }

  void plan(unsigned flags) {
    if (pairs)
      pairs->plan(flags);
    else
      planRows(rowsAtOnce, flags);
    planLines(linesAtOnce, flags);
    if (exchanged) planExchange(flags);
    const std::int64_t n = modesOfPlane<Complex>(cube, modes);
    std::fill_n(byRows.get(), n, Complex(0));
    if (exchanged) std::fill_n(byLines.get(), n, Complex(0));
  }
  /// Before `planes` planes are transformed. Whether plans were measured, which loses what the buffers hold.
  bool measureIfItPays(PetscInt planes) {
    if (pixelsLeft <= 0) return false;
    pixelsLeft -= static_cast<double>(planes) * static_cast<double>(cube.shape().pixels()) / cube.grid().spaceSize();
    if (pixelsLeft > 0) return false;
    plan(FFTW_MEASURE);
    return true;
  }

  void planRows(PetscInt atOnce, unsigned flags) {
    const Shape& s = cube.shape();
    const int n[2] = {static_cast<int>(s.ny), static_cast<int>(s.nx)};
    const bool volume = s.nz > 1;
    const int rank = volume ? 2 : 1;
    const int* extents = volume ? n : n + 1;
    const int in = static_cast<int>(rowLength), out = static_cast<int>(halfRow);
    flags |= unaligned(halfRow);
    rowsForward = blockPlan<Real>(rows, atOnce, [&](PetscInt count) {
      return Api::planRealToComplex(rank, extents, static_cast<int>(count), rowBlock.get(), nullptr, 1, in,
                                    raw(byRows.get()), nullptr, 1, out, flags);
    });
    rowsBackward = blockPlan<Real>(rows, atOnce, [&](PetscInt count) {
      return Api::planComplexToReal(rank, extents, static_cast<int>(count), raw(byRows.get()), nullptr, 1, out,
                                    rowBlock.get(), nullptr, 1, in, flags);
    });
  }

  /// Along the lines. Forward without an exchange: from byRows with its strides into a block, transposing on the way.
  /// All others in place: FFTW is slow at writing with long strides, so the way back is transposed by scatter().
  void planLines(PetscInt atOnce, unsigned flags) {
    const int inner = static_cast<int>(modes.inner()), length = static_cast<int>(modes.lineLength());
    Complex* block = exchanged ? byLines.get() : lineBlock.get();
    flags |= unaligned(static_cast<std::int64_t>(length) * inner);
    auto make = [&](PetscInt count, int sign) {
      const bool transposes = !exchanged && sign == FFTW_FORWARD;
      const typename Api::Iodim along{length, transposes ? static_cast<int>(halfRow) : inner, inner};
      const typename Api::Iodim many[2] = {
          {static_cast<int>(count), transposes ? inner : length * inner, length * inner}, {inner, 1, 1}};
      return Api::planComplex(1, &along, 2, many, raw(transposes ? byRows.get() : block), raw(block), sign, flags);
    };
    const PetscInt lines = modes.lines().count;
    linesForward = blockPlan<Real>(lines, atOnce, [&](PetscInt count) { return make(count, FFTW_FORWARD); });
    linesBackward = blockPlan<Real>(lines, atOnce, [&](PetscInt count) { return make(count, FFTW_BACKWARD); });
  }
  /// Asks for the part of byRows that a block of lines reads or writes: a few cache lines of every row, a pattern that
  /// the processor does not foresee.
  void prefetch(PetscInt first, PetscInt count) const {
    const std::int64_t bytes =
        static_cast<std::int64_t>(count) * modes.inner() * static_cast<std::int64_t>(sizeof(Complex));
    for (PetscInt b = 0; b < modes.lineLength(); ++b) {
      const auto* row =
          reinterpret_cast<const char*>(byRows.get() + b * halfRow + static_cast<std::int64_t>(first) * modes.inner());
      for (std::int64_t i = 0; i < bytes; i += cacheLine) __builtin_prefetch(row + i, 1, 2);
    }
  }
  /// byRows <- lines first ... first + count - 1 of lineBlock.
  void scatter(PetscInt first, PetscInt count) const {
    const PetscInt inner = modes.inner(), length = modes.lineLength();
    const Complex* from = lineBlock.get();
    Complex* to = byRows.get() + static_cast<std::int64_t>(first) * inner;
    if (inner > 1) {
      for (PetscInt b = 0; b < length; ++b)
        for (PetscInt a = 0; a < count; ++a)
          std::copy_n(from + (static_cast<std::int64_t>(a) * length + b) * inner, inner,
                      to + b * halfRow + static_cast<std::int64_t>(a) * inner);
      return;
    }
    PetscInt b = 0;
    for (; b + together <= length; b += together) {
      const Complex* in = from + b;
      Complex* out = to + b * halfRow;
      for (PetscInt a = 0; a < count; ++a, in += length, ++out)
        for (PetscInt i = 0; i < together; ++i) std::memcpy(out + i * halfRow, in + i, sizeof(Complex));  // in one move
    }
    for (; b < length; ++b)
      for (PetscInt a = 0; a < count; ++a) to[b * halfRow + a] = from[static_cast<std::int64_t>(a) * length + b];
  }

  void planExchange(unsigned flags) {
    const Shape& s = cube.shape();
    const int ranks = cube.grid().spaceSize();
    const ptrdiff_t n0 = s.extents()[cube.slabAxis()], n1 = modes.allLines();
    const ptrdiff_t block0 = blockOf(static_cast<PetscInt>(n0), ranks, 0).count,
                    block1 = blockOf(modes.allLines(), ranks, 0).count;
    const ptrdiff_t tuple = 2 * static_cast<ptrdiff_t>(modes.inner());
    toLines.reset(Api::planTranspose(n0, n1, tuple, block0, block1, reals(byRows.get()), reals(byLines.get()),
                                     cube.grid().space(), flags));
    toRows.reset(Api::planTranspose(n1, n0, tuple, block1, block0, reals(byLines.get()), reals(byRows.get()),
                                    cube.grid().space(), flags));
    if (!toLines || !toRows) throw Error("FFTW could not plan the transposition of a field of " + s.text());
  }

  double lineFlops() const {
    return 1e-9 * 5 * static_cast<double>(modes.perPlane()) *
           std::log2(std::max(2.0, static_cast<double>(modes.lineLength())));
  }
  double rowFlops() const {
    const auto n = static_cast<double>(rowLength);
    return 1e-9 * 2.5 * static_cast<double>(rows) * n * std::log2(std::max(2.0, n));
  }
  double exchangedGigabytes() const {
    return 1e-9 * sizeof(Complex) * static_cast<double>(rows) * static_cast<double>(halfRow);
  }

  double* rowsOfCaller() const {
    if constexpr (narrow)
      return wide.get();
    else
      return rowBlock.get();
  }
  /// byRows <- the transforms of rows of the caller, and back.
  void transformRows(PetscInt first, PetscInt count) const {
    Complex* to = byRows.get() + first * halfRow;
    if constexpr (narrow) {
      if (pairs) return pairs->forward(count, wide.get(), to, halfRow);
      std::copy_n(wide.get(), static_cast<std::int64_t>(count) * rowLength, rowBlock.get());
    }
    Api::realToComplex(rowsForward.of(count), rowBlock.get(), raw(to));
  }
  void transformBack(PetscInt first, PetscInt count) const {
    Complex* from = byRows.get() + first * halfRow;
    if constexpr (narrow)
      if (pairs) return pairs->backward(count, from, halfRow, rowsOfCaller());
    hermitian(first, count);
    Api::complexToReal(rowsBackward.of(count), raw(from), rowBlock.get());
    if constexpr (narrow) std::copy_n(rowBlock.get(), static_cast<std::int64_t>(count) * rowLength, rowsOfCaller());
  }

  template <class F>
  void eachBlockOfRows(F&& f) const {
    for (PetscInt i = 0; i < rows; i += rowsAtOnce) f(i, std::min(rowsAtOnce, rows - i));
  }
  void rowsIn(PetscInt plane, const Rows& fill) const {
    auto timed = rowPhase.scope(rowFlops());
    eachBlockOfRows([&](PetscInt first, PetscInt count) {
      fill(plane, first, count, rowsOfCaller());
      transformRows(first, count);
    });
  }
  void rowsOut(PetscInt plane, const Rows& use) const {
    auto timed = rowPhase.scope(rowFlops());
    eachBlockOfRows([&](PetscInt first, PetscInt count) {
      transformBack(first, count);
      use(plane, first, count, rowsOfCaller());
    });
  }
  void rowsOutAndIn(PetscInt plane, const Rows& work) const {
    auto timed = rowPhase.scope(2 * rowFlops());
    eachBlockOfRows([&](PetscInt first, PetscInt count) {
      transformBack(first, count);
      work(plane, first, count, rowsOfCaller());
      transformRows(first, count);
    });
  }
  /// FFTW's c2r counts kx = 0 and Nyquist once and expects them Hermitian: 2 Re[] of what the line transforms made of
  /// them. In a volume the rows are planes, whose ky axis is still to come: there X_k + conj(X_-k).
  void hermitian(PetscInt first, PetscInt count) const {
    const Shape& s = cube.shape();
    const PetscInt half = s.nx / 2 + 1;
    for (PetscInt r = first; r < first + count; ++r) {
      Complex* row = byRows.get() + r * halfRow;
      for (PetscInt x = 0; x < half; x += std::max<PetscInt>(half - 1, 1)) {  // kx = 0 and the last
        if (x != 0 && s.nx % 2) continue;                                     // which is not Nyquist
        if (s.nz == 1) {
          row[x] = row[x].real() * 2;
          continue;
        }
        for (PetscInt y = 0; 2 * y <= s.ny; ++y) {
          Complex &a = row[y * half + x], &b = row[(y ? s.ny - y : 0) * half + x];
          const Complex twice = a + std::conj(b);
          a = twice;
          b = std::conj(twice);
        }
      }
    }
  }

  Complex* linesFrom(PetscInt first) const {
    return exchanged ? byLines.get() + static_cast<std::int64_t>(first) * modes.lineLength() * modes.inner()
                     : lineBlock.get();
  }
  Complex* forwardLines(PetscInt first, PetscInt count) const {
    Complex* to = linesFrom(first);
    Complex* from = exchanged ? to : byRows.get() + static_cast<std::int64_t>(first) * modes.inner();
    if (!exchanged) prefetch(first, count);
    Api::complex(linesForward.of(count), raw(from), raw(to));
    return to;
  }
  void backwardLines(PetscInt first, PetscInt count) const {
    Complex* block = linesFrom(first);
    Api::complex(linesBackward.of(count), raw(block), raw(block));
    if (!exchanged) scatter(first, count);
  }
  void exchange(const FftwPlan<Real>& move) const {
    if (!exchanged) return;
    auto timed = movePhase.scope(exchangedGigabytes());
    Api::execute(move.get());
  }
  void linesOut(PetscInt plane, const Lines& use) const {
    exchange(toLines);
    auto timed = linePhase.scope(lineFlops());
    linesForward.forEach([&](PetscInt first, PetscInt count) { use(plane, first, count, forwardLines(first, count)); });
  }
  void linesIn(PetscInt plane, const Lines& fill) const {
    {
      auto timed = linePhase.scope(lineFlops());
      linesBackward.forEach([&](PetscInt first, PetscInt count) {
        if (!exchanged) prefetch(first, count);
        fill(plane, first, count, linesFrom(first));
        backwardLines(first, count);
      });
    }
    exchange(toRows);
  }
  /// Of two planes, each in buffers of its own: lines out, `work`, lines in.
  static void linesOutAndIn(const Plans& a, const Plans& b, const TwoLines& work) {
    a.exchange(a.toLines);
    b.exchange(b.toLines);
    {
      auto timed = a.linePhase.scope(4 * a.lineFlops());
      a.linesForward.forEach([&](PetscInt first, PetscInt count) {
        Complex *linesOfA = a.forwardLines(first, count), *linesOfB = b.forwardLines(first, count);
        work(first, count, linesOfA, linesOfB);
        a.backwardLines(first, count);
        b.backwardLines(first, count);
      });
    }
    a.exchange(a.toRows);
    b.exchange(b.toRows);
  }
};

}  // namespace lacuna
