#pragma once
#include "massmap/sign_check.hpp"

namespace lacuna {

/// Collective. A text file of known clusters, one a line in columns separated by blanks, tabs or commas, # comments; RA
/// and Dec [deg] in the columns given (counted from 0). Throws 66, 65 with file and line.
ClusterList readClusters(MPI_Comm comm, const std::string& path, int raColumn, int decColumn, const SkyGrid& sky);

}  // namespace lacuna
