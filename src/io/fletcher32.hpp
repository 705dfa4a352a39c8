#pragma once
#include <cstddef>
#include <cstdint>

namespace lacuna {

/// The checksum that HDF5's filter of this name keeps behind every chunk: with the 16-bit words w_0 ... w_{n-1} of the
/// data, read with the high byte first, low half: sum of w_i, high half: sum of (n - i) w_i, both mod 65535, where a
/// sum that is not zero but divisible by 65535 is 65535 (Fletcher 1982, doi:10.1109/TCOM.1982.1095369). `bytes` is
/// even.
std::uint32_t fletcher32(const void* data, std::size_t bytes);

}  // namespace lacuna
