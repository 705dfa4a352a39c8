#!/usr/bin/env python3
"""make_lognormal_problem.py PROBLEM.h5 [N]: counts of a log-normal field, y ~ Poisson(5 exp(s)), s of power 1/(20 + k^4), sd 0.8."""
import sys

import h5py
import numpy as np

n = int(sys.argv[2]) if len(sys.argv) > 2 else 256
rng = np.random.default_rng(1006)
k = np.hypot(np.fft.fftfreq(n)[:, None] * n, np.fft.fftfreq(n)[None, :] * n)
power = 1 / (20 + k**4)
power *= 0.8**2 / power.mean()
s = np.fft.ifft2(np.sqrt(power) * np.fft.fft2(rng.standard_normal((n, n)), norm="ortho"), norm="ortho").real
with h5py.File(sys.argv[1], "w") as f:
    f["power"] = power
    f["counts"] = rng.poisson(5 * np.exp(s)).astype(float)
