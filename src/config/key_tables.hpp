#pragma once
/// The parts that the table of keys is made of.
#include <string>
#include <vector>

#include "config/keys.hpp"

namespace lacuna {

std::vector<Key> massmapKeys();
/// [data] of lacuna-massmap.
std::vector<Key> massmapDataKeys();
std::vector<Key> simulateKeys();

/// Keys of a power spectrum C_ell, the same for a prior ([prior]) and for a simulated sky ([sky]). They count where
/// `when` holds.
std::vector<Key> spectrumKeys(const std::string& section, const Condition& when);
/// [output], the same for all programs.
std::vector<Key> outputKeys();
/// projection, pad_factor of [grid].
Key projectionKey();
Key padFactorKey();

}  // namespace lacuna
