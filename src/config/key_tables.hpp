#pragma once
/// The parts that the table of keys is made of.
#include <string>
#include <vector>

#include "config/keys.hpp"

namespace lacuna {

std::vector<Key> massmapKeys();
/// [data] of lacuna-massmap.
std::vector<Key> massmapDataKeys();
std::vector<Key> deconvolveKeys();
/// [data], [psf], [prior.space] and [prior.time] of lacuna-deconvolve.
std::vector<Key> deconvolveDataKeys();
std::vector<Key> psfKeys();
std::vector<Key> spacePriorKeys();
std::vector<Key> timePriorKeys();
/// Those of lacuna-deconvolve without PSF, and [operator].
std::vector<Key> solveKeys();
std::vector<Key> simulateKeys();
/// [movie] and what belongs to it, of lacuna-simulate.
std::vector<Key> movieKeys();

/// Keys of a power spectrum C_ell, the same for a prior ([prior]) and for a simulated sky ([sky]). They count where
/// `when` holds.
std::vector<Key> spectrumKeys(const std::string& section, const Condition& when);
/// [output], the same for all programs.
std::vector<Key> outputKeys();
/// [checkpoint], of all programs that solve something.
std::vector<Key> checkpointKeys();
/// projection, pad_factor of [grid].
Key projectionKey();
Key padFactorKey();

}  // namespace lacuna
