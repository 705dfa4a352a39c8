#pragma once
#include <array>
#include <cstdint>

#include "movie/movie_scene.hpp"
#include "operators/psf.hpp"

namespace lacuna {

/// A Gaussian PSF sampled at pixel centres, cut at four sds and normalised to 1; along an axis of length 1 it has none.
/// sd in pixels: z, and y and x.
Psf gaussianMoviePsf(const MovieSize& size, double sdZ, double sd);

/// Rank-local. The scene's frame in the pixels [start, start + count) (z, y, x), and the same seen through the PSF
/// (zero outside the movie: what a linear convolution of the truth gives), both [z][y][x], overwritten. The rank draws
/// the margin that it needs by itself, so that no halo is exchanged and sums run in one order everywhere: the same bits
/// on any number of ranks.
void drawBlurred(const MovieScene& scene, const MovieSize& size, const Psf& psf,
                 const std::array<std::int64_t, 3>& start, const std::array<std::int64_t, 3>& count, double* truth,
                 double* blurred);

}  // namespace lacuna
