#pragma once
#include <optional>
#include <vector>

#include "operators/psf.hpp"

namespace lacuna {

/// h(z, y, x) = sum over terms of z(z) y(y) x(x).
struct SeparableTerm {
  std::vector<double> z, y, x;
};
using SeparablePsf = std::vector<SeparableTerm>;

/// The PSF as a short sum of outer products, by elimination with complete pivoting: of z against (y, x), then of y
/// against x. Terms are added until sum |what is left out| <= 1e-14 sum |h|, which bounds the error of the convolution
/// by 1e-14 of the largest pixel times sum |h|. For PSFs of low rank this finds the rank that a singular value
/// decomposition does, at a cost that grows with the rank. Nothing if more than `most` terms are needed.
std::optional<SeparablePsf> separate(const Psf& psf, std::size_t most);

}  // namespace lacuna
