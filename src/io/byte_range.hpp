#pragma once
#include <sys/types.h>

#include <cstddef>
#include <cstdint>

namespace lacuna {

/// pread and pwrite of any number of bytes, as often as it takes. Rank-local; errno tells why they failed.
/// What was read: fewer bytes where the file ends; -1 where the system fails.
ssize_t readBytes(int descriptor, void* data, std::size_t bytes, std::int64_t at);
bool writeBytes(int descriptor, const void* data, std::size_t bytes, std::int64_t at);

}  // namespace lacuna
