#!/usr/bin/env python3
"""make_sparse_problem.py PROBLEM.h5 [N]: counts of point sources on smooth structure, y ~ Poisson(H x + 1), with H a 5 x 5 blur of
N x N pixels (632), zero boundary, assembled as a sparse matrix in compressed rows."""
import sys

import h5py
import numpy as np
import scipy.ndimage
import scipy.sparse as sp

n = int(sys.argv[2]) if len(sys.argv) > 2 else 632
rng = np.random.default_rng(1102)
profile = np.exp(-0.5 * np.arange(-2, 3) ** 2)
profile /= profile.sum()
band = sp.diags([np.full(n, value) for value in profile], range(-2, 3), shape=(n, n))
H = sp.kron(band, band, format="csr")
H.sort_indices()

x = scipy.ndimage.gaussian_filter(rng.standard_normal((n, n)), 12)
x = 20 * np.maximum(x / x.std(), 0)
for row, column, flux in zip(rng.uniform(0, n, n // 2), rng.uniform(0, n, n // 2), rng.lognormal(7, 1.5, n // 2)):
    x[int(row), int(column)] += flux
with h5py.File(sys.argv[1], "w") as file:
    for name, values in (("data", H.data), ("indices", H.indices.astype(np.int32)), ("indptr", H.indptr.astype(np.int64)),
                         ("shape", np.array(H.shape))):
        file["H/" + name] = values
    file["counts"] = rng.poisson(H @ x.ravel() + 1.0)
