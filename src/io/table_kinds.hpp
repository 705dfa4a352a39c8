#pragma once
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "io/byte_file.hpp"
#include "io/table.hpp"

namespace lacuna {

/// The three kinds that openTable tells apart. Collective. `file` is open on every rank.
std::unique_ptr<Table> openFitsTable(MPI_Comm comm, ByteFile file, const std::string& hdu);
std::unique_ptr<Table> openHdf5Table(MPI_Comm comm, const std::string& path, const std::string& hdu,
                                     std::span<const std::string> needed);
std::unique_ptr<Table> openCsvTable(MPI_Comm comm, ByteFile file, const std::string& hdu);

/// Collective. Rank 0's list on all ranks.
std::vector<std::string> broadcast(MPI_Comm comm, const std::vector<std::string>& list);

}  // namespace lacuna
