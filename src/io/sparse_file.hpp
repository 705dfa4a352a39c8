#pragma once
#include <string>

#include "base/sparse_entries.hpp"

namespace lacuna {

/// Sparse matrices from files. Every rank reads a part of its own; none reads all. Collective; the same error on all
/// ranks: 66 if there is no such file, 65 naming file, dataset or byte, and index for what is wrong inside it (indices
/// outside the matrix, falling row pointers, sizes that do not fit, values that are not finite), 78 if the matrix
/// overflows PetscInt.

/// HDF5, a group `name` in compressed rows as SciPy has them: datasets data, indices, indptr, and shape as a dataset or
/// an attribute of the group ("h5sparse_shape", or "shape").
SparseEntries readSparseHdf5(MPI_Comm comm, const std::string& path, const std::string& name);
/// MatrixMarket (Boisvert et al. 1996): coordinate; real, integer or pattern; general, symmetric or skew-symmetric.
SparseEntries readMatrixMarket(MPI_Comm comm, const std::string& path);
/// The binary format of PETSc's MatView(), with 32-bit or 64-bit indices.
SparseEntries readPetscMatrix(MPI_Comm comm, const std::string& path);

/// Whichever of these it is, by its first bytes. `name` is that of the group of an HDF5 file.
SparseEntries readSparse(MPI_Comm comm, const std::string& path, const std::string& name);

}  // namespace lacuna
