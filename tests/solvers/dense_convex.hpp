#pragma once
/// A convex deconvolution problem written out in dense matrices from the definitions, and its minimum by Newton's
/// method on the free variables: what the proximal solver is compared with. Every rank holds all of it.
#include <algorithm>
#include <cmath>
#include <vector>

#include "dense_operator.hpp"
#include "solvers/convex_problem.hpp"

namespace lacuna {

struct DenseConvex {
  Shape image, data;
  DenseMatrix H;  ///< data x image, all frames
  std::vector<double> y, exposure, background;
  std::vector<char> used;
  bool poisson = true, positive = true;
  double variance = 1;  ///< of Gaussian data
  DenseMatrix Q;        ///< prior 1/2 x.Qx - b.x
  std::vector<double> b;
  using Row = std::vector<std::pair<int, double>>;
  struct Norm {
    double strength;
    std::vector<Row> rows;  ///< one Euclidean norm over them
  };
  std::vector<Norm> norms;
  double epsilon = 1e-5;  ///< they are smoothed by it

  double energy(const std::vector<double>& x, bool exact) const {
    const std::vector<double> u = times(H, x), q = times(Q, x);
    double e = 0;
    for (std::size_t i = 0; i < u.size(); ++i) {
      if (!used[i]) continue;
      const double mu = exposure[i] * u[i] + background[i];
      if (!poisson)
        e += 0.5 * (mu - y[i]) * (mu - y[i]) / variance;
      else if (mu < 0 || (mu == 0 && y[i] > 0))
        return INFINITY;
      else
        e += mu - (y[i] > 0 ? y[i] * std::log(mu) : 0);
    }
    for (std::size_t i = 0; i < x.size(); ++i) e += x[i] * (0.5 * q[i] - b[i]);
    for (const Norm& norm : norms) {
      const double s = square(norm, x);
      e += norm.strength * (exact ? std::sqrt(s) : std::sqrt(s + epsilon * epsilon) - epsilon);
    }
    return e;
  }
  /// What rounding the norms is worth at most.
  double slack() const {
    double sum = 0;
    for (const Norm& norm : norms) sum += norm.strength * epsilon;
    return sum;
  }

  static double product(const Row& row, const std::vector<double>& x) {
    double d = 0;
    for (const auto& [i, c] : row) d += c * x[static_cast<std::size_t>(i)];
    return d;
  }
  static double square(const Norm& norm, const std::vector<double>& x) {
    double sum = 0;
    for (const Row& row : norm.rows) sum += std::pow(product(row, x), 2);
    return sum;
  }

  /// Gradient, and the Hessian (of norms the matrix of lagged diffusivity, which lies above it).
  void derivatives(const std::vector<double>& x, std::vector<double>& g, DenseMatrix& M) const {
    const std::size_t n = x.size();
    const std::vector<double> u = times(H, x), q = times(Q, x);
    M = Q;
    for (std::size_t i = 0; i < n; ++i) g[i] = q[i] - b[i];
    for (std::size_t k = 0; k < u.size(); ++k) {
      if (!used[k]) continue;
      const double e = exposure[k], mu = e * u[k] + background[k];
      const double d = poisson ? 1 - y[k] / mu : (mu - y[k]) / variance, w = poisson ? y[k] / mu / mu : 1 / variance;
      for (std::size_t i = 0; i < n; ++i) {
        if (H[k][i] == 0) continue;
        g[i] += e * d * H[k][i];
        for (std::size_t j = 0; j < n; ++j) M[i][j] += e * e * w * H[k][i] * H[k][j];
      }
    }
    for (const Norm& norm : norms) {
      const double s = norm.strength / std::sqrt(square(norm, x) + epsilon * epsilon);
      for (const Row& row : norm.rows)
        for (const auto& [i, c] : row) {
          g[static_cast<std::size_t>(i)] += s * c * product(row, x);
          for (const auto& [j, d] : row) M[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)] += s * c * d;
        }
    }
  }

  /// Projected Newton steps from x = start, with the variables at the bound that want to stay there held fixed.
  std::vector<double> minimum(double start, int steps = 100) const {
    const std::size_t n = b.size();
    std::vector<double> x(n, start), g(n);
    DenseMatrix M;
    for (int step = 0; step < steps; ++step) {
      derivatives(x, g, M);
      for (std::size_t i = 0; i < n; ++i) {
        if (!positive || x[i] > 0 || g[i] <= 0) continue;
        for (std::size_t j = 0; j < n; ++j) M[i][j] = M[j][i] = 0;
        M[i][i] = 1;
        g[i] = 0;
      }
      const std::vector<double> d = times(inverse(M), g);
      const double before = energy(x, false);
      std::vector<double> trial(n);
      double length = 1, after = INFINITY;
      for (; length > 1e-12 && !(after < before); length *= 0.5) {
        for (std::size_t i = 0; i < n; ++i) {
          trial[i] = x[i] - length * d[i];
          if (positive) trial[i] = std::max(trial[i], 0.0);
        }
        after = energy(trial, false);
      }
      if (!(after < before)) break;
      x = trial;
    }
    return x;
  }
};

/// What the starlet coefficients w_1, ..., w_J of a frame are made of: rows over its pixels. Of spacings, the least
/// is 1.
inline std::vector<DenseConvex::Row> starletRows(const Shape& s, int scales, const Spacing& spacing) {
  const auto pixels = static_cast<std::size_t>(s.pixels());
  const auto mirrored = [](PetscInt i, PetscInt n) {
    while (i < 0 || i >= n) i = i < 0 ? -i : 2 * (n - 1) - i;
    return i;
  };
  std::vector<DenseConvex::Row> rows(pixels * static_cast<std::size_t>(scales));
  for (std::size_t source = 0; source < pixels; ++source) {
    std::vector<double> c(pixels, 0);
    c[source] = 1;
    for (int j = 0; j < scales; ++j) {
      const std::vector<double> before = c;
      PetscInt stride = 1;
      for (const auto& [n, h] : {std::pair{s.nx, spacing[2]}, {s.ny, spacing[1]}, {s.nz, spacing[0]}}) {
        const auto distance = static_cast<PetscInt>(std::round(std::pow(2, j) / h));
        std::vector<double> next(pixels, 0);
        constexpr double spline[5] = {1 / 16.0, 4 / 16.0, 6 / 16.0, 4 / 16.0, 1 / 16.0};
        for (std::size_t p = 0; p < pixels && n > 1; ++p) {
          const PetscInt i = static_cast<PetscInt>(p) / stride % n;
          for (int k = 0; k < 5; ++k) {
            const PetscInt from = mirrored(i + (k - 2) * distance, n);
            next[p] += spline[k] * c[static_cast<std::size_t>(static_cast<PetscInt>(p) + (from - i) * stride)];
          }
        }
        if (n > 1) c = next;
        stride *= n;
      }
      for (std::size_t p = 0; p < pixels; ++p)
        if (before[p] != c[p])
          rows[static_cast<std::size_t>(j) * pixels + p].push_back({static_cast<int>(source), before[p] - c[p]});
    }
  }
  return rows;
}

/// The matrices of a problem. `Q` and `b` hold the smoothness of order 1 and the chain.
inline DenseConvex denseOf(const ConvexProblem& p) {
  DenseConvex d;
  d.image = p.image.shape();
  d.data = p.data.shape();
  d.positive = p.positive;
  const Shape &s = d.image, &t = d.data;
  const int n = static_cast<int>(s.size()), m = static_cast<int>(t.size());
  const int pixels = static_cast<int>(s.pixels());
  const auto at = [&](PetscInt f, PetscInt z, PetscInt y, PetscInt x) {
    return static_cast<int>(((f * s.nz + z) * s.ny + y) * s.nx + x);
  };
  d.H.assign(static_cast<std::size_t>(m), std::vector<double>(static_cast<std::size_t>(n), 0));
  std::size_t row = 0;
  for (PetscInt f = 0; f < t.frames; ++f)
    for (PetscInt z = 0; z < t.nz; ++z)
      for (PetscInt y = 0; y < t.ny; ++y)
        for (PetscInt x = 0; x < t.nx; ++x, ++row) {
          const Psf& h = p.psfs[p.psfs.size() == 1 ? 0 : static_cast<std::size_t>(f)];
          for (PetscInt a = 0; a < h.nz; ++a)
            for (PetscInt b = 0; b < h.ny; ++b)
              for (PetscInt c = 0; c < h.nx; ++c) {
                PetscInt q[3] = {z + p.offset[0] - (a - h.center[0]), y + p.offset[1] - (b - h.center[1]),
                                 x + p.offset[2] - (c - h.center[2])};
                const PetscInt extent[3] = {s.nz, s.ny, s.nx};
                bool inside = true;
                for (int k = 0; k < 3; ++k) {
                  if (p.boundary == RowBoundary::Periodic) q[k] = ((q[k] % extent[k]) + extent[k]) % extent[k];
                  inside = inside && q[k] >= 0 && q[k] < extent[k];
                }
                if (inside)
                  d.H[row][static_cast<std::size_t>(at(s.frames == 1 ? 0 : f, q[0], q[1], q[2]))] +=
                      h.values[static_cast<std::size_t>((a * h.ny + b) * h.nx + c)];
              }
        }
  d.Q.assign(static_cast<std::size_t>(n), std::vector<double>(static_cast<std::size_t>(n), 0));
  d.b.assign(static_cast<std::size_t>(n), 0);
  const auto coupling = [&](int i, int j, double c) {
    d.Q[static_cast<std::size_t>(i)][static_cast<std::size_t>(i)] += c;
    d.Q[static_cast<std::size_t>(j)][static_cast<std::size_t>(j)] += c;
    d.Q[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)] -= c;
    d.Q[static_cast<std::size_t>(j)][static_cast<std::size_t>(i)] -= c;
  };
  for (PetscInt f = 0; f < s.frames; ++f)
    for (PetscInt z = 0; z < s.nz; ++z)
      for (PetscInt y = 0; y < s.ny; ++y)
        for (PetscInt x = 0; x < s.nx; ++x) {
          const int i = at(f, z, y, x);
          if (p.totalVariation > 0) d.norms.push_back({p.totalVariation, {}});
          const int next[3] = {z + 1 < s.nz ? at(f, z + 1, y, x) : -1, y + 1 < s.ny ? at(f, z, y + 1, x) : -1,
                               x + 1 < s.nx ? at(f, z, y, x + 1) : -1};
          for (std::size_t a = 0; a < 3; ++a) {
            const double c = 1 / p.spacing[a];
            if (next[a] < 0) continue;
            if (p.totalVariation > 0) d.norms.back().rows.push_back({{i, -c}, {next[a], c}});
            coupling(i, next[a], p.smooth * c * c);
          }
        }
  for (PetscInt f = 0; p.starlet > 0 && f < s.frames; ++f)
    for (DenseConvex::Row coefficient : starletRows(s, p.scales, p.spacing)) {
      for (auto& [i, c] : coefficient) i += static_cast<int>(f) * pixels;
      d.norms.push_back({p.starlet, {coefficient}});
    }
  for (int i = 0; p.timeVariation > 0 && i + pixels < n; ++i)
    d.norms.push_back({p.timeVariation, {{{i, -1}, {i + pixels, 1}}}});
  for (std::size_t f = 0; p.chain && f < p.chain->frames(); ++f)
    for (int i = 0; i < pixels; ++i) {
      const std::size_t k = f * static_cast<std::size_t>(pixels) + static_cast<std::size_t>(i);
      d.Q[k][k] += p.chain->diagonal(f);
      d.b[k] += p.chain->forcing(f);
      if (f + 1 == p.chain->frames()) continue;
      d.Q[k][k + static_cast<std::size_t>(pixels)] += p.chain->offDiagonal(f);
      d.Q[k + static_cast<std::size_t>(pixels)][k] += p.chain->offDiagonal(f);
    }
  return d;
}

}  // namespace lacuna
