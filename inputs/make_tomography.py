#!/usr/bin/env python3
"""A small emission tomography as an example for lacuna-solve: make_tomography.py [FILE.h5]   (default: demo/tomography.h5)

A disc of 48 x 48 pixels with bright spots that fade over 6 frames, seen by a camera of 64 bins from 40 angles: a datum is the sum of
the pixels along a strip. Writes the matrix H in compressed rows, the counts [frame][row of H], and the truth. Your own H goes the same way:
any scipy.sparse matrix with .tocsr(), one row a datum, one column a pixel, pixels in natural order (x fastest)."""
import os
import sys

import h5py
import numpy as np
import scipy.sparse as sp

PIXELS, BINS, ANGLES, FRAMES = 48, 64, 40, 6
path = sys.argv[1] if len(sys.argv) > 1 else "demo/tomography.h5"
os.makedirs(os.path.dirname(path) or ".", exist_ok=True)

# The light of every pixel falls on the two bins next to the projection of its centre.
y, x = np.mgrid[:PIXELS, :PIXELS].reshape(2, -1) - (PIXELS - 1) / 2
rows, columns, values = [], [], []
for angle in range(ANGLES):
    place = x * np.cos(np.pi * angle / ANGLES) + y * np.sin(np.pi * angle / ANGLES) + (BINS - 1) / 2
    left = np.floor(place).astype(int)
    for bin_, share in ((left, 1 - (place - left)), (left + 1, place - left)):
        inside = (bin_ >= 0) & (bin_ < BINS)
        rows.append(angle * BINS + bin_[inside])
        columns.append(np.arange(PIXELS**2)[inside])
        values.append(share[inside] / ANGLES)
H = sp.coo_matrix((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=(ANGLES * BINS, PIXELS**2)).tocsr()

disc = 20.0 * (np.hypot(x, y) < 20)
spots = sum(np.exp(-((x - a) ** 2 + (y - b) ** 2) / (2 * 1.5**2)) for a, b in ((-8, -4), (5, 9), (10, -7)))
truth = np.array([disc + 200 * spots * 0.7**t for t in range(FRAMES)])
with h5py.File(path, "w") as file:
    matrix = file.create_group("H")
    for name in ("data", "indices", "indptr"):
        matrix[name] = getattr(H, name)
    matrix["shape"] = H.shape
    file["counts"] = np.random.default_rng(1).poisson(truth @ H.T.toarray() + 0.2)
    file["truth"] = truth.reshape(FRAMES, PIXELS, PIXELS)
