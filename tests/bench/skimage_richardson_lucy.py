#!/usr/bin/python3
"""skimage_richardson_lucy.py PROBLEM.h5 PSF: scikit-image's Richardson-Lucy, seconds an iteration (CPU time of one process; the
difference of five and one iterations removes the start)."""
import json
import sys
import time
import h5py
import skimage
from skimage.restoration import richardson_lucy

with h5py.File(sys.argv[1]) as f:
    counts, psf = f["counts"][...], f[sys.argv[2]][...]


def seconds(iterations):
    start = time.process_time()
    richardson_lucy(counts, psf, num_iter=iterations, clip=False)
    return time.process_time() - start


seconds(1)
print(json.dumps({"version": skimage.__version__, "psf": sys.argv[2], "iteration_ms": 250 * (seconds(5) - seconds(1))}))
