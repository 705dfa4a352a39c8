#!/usr/bin/python3
"""skimage_richardson_lucy.py FOLDER: counts, a PSF that is not symmetric, and what scikit-image makes of them, to FOLDER/rl.h5."""
import os
import sys
import h5py
import numpy as np
from skimage.restoration import richardson_lucy

rng = np.random.default_rng(3)
psf = rng.uniform(0.1, 1, (5, 5)) * np.exp(-np.add.outer(np.arange(-2, 3)**2, np.arange(-2, 3)**2) / 4)
psf /= psf.sum()
counts = rng.poisson(np.add.outer(np.arange(96) % 17, 5 * (np.arange(100) % 9 == 4)) + 1.0).astype(float)
os.makedirs(sys.argv[1], exist_ok=True)
with h5py.File(os.path.join(sys.argv[1], "rl.h5"), "w") as out:
    out["counts"], out["psf"] = counts, psf
    out["estimate"] = richardson_lucy(counts, psf, num_iter=8, clip=False)  # starts at 0.5
