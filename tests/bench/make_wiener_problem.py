"""make_wiener_problem.py PROBLEM.h5 [N]: a masked weak-lensing problem on an N x N periodic grid (default 1024).

Convergence with power 1 / (1 + (k / 0.01)^2)^1.2 (k in cycles per pixel, none at k = 0 and Nyquist) and rms 0.012;
5 to 40 galaxies a pixel in a smooth and a tiled pattern; shape noise 0.26 a component; round holes and edges masked.
"""
import sys

import h5py
import numpy as np

n = int(sys.argv[2]) if len(sys.argv) > 2 else 1024
rng = np.random.default_rng(20)
k1, k2 = np.fft.fftfreq(n)[:, None], np.fft.fftfreq(n)[None, :]
kk = k1**2 + k2**2
power = (1 + kk / 0.01**2) ** -1.2
power[0, 0] = power[n // 2] = power[:, n // 2] = 0
power *= 0.012**2 / power.mean()
kappa_hat = np.sqrt(power) * np.fft.fft2(rng.standard_normal((n, n)))
kk[0, 0] = 1
d1, d2 = (k1**2 - k2**2) / kk, 2 * k1 * k2 / kk
g1, g2 = (np.fft.ifft2(d * kappa_hat).real for d in (d1, d2))
yy, xx = np.mgrid[:n, :n]
depth = 24 + 16 * np.sin(2 * np.pi * yy / n) * np.cos(4 * np.pi * xx / n)
depth *= np.where((yy * 8 // n + xx * 8 // n) % 2, 0.6, 1.0)
galaxies = rng.poisson(depth).astype(float)
for _ in range(250):
    cy, cx, r = rng.uniform(0, n), rng.uniform(0, n), rng.uniform(3, 25) * n / 1024
    galaxies[(yy - cy) ** 2 + (xx - cx) ** 2 < r * r] = 0
edge = n // 32
galaxies[:edge] = galaxies[-edge:] = galaxies[:, :edge] = galaxies[:, -edge:] = 0
ninv = galaxies / 0.26**2
sd = np.where(ninv > 0, 1 / np.sqrt(np.maximum(ninv, 1)), 0)
e1, e2 = (np.where(ninv > 0, g + sd * rng.standard_normal((n, n)), 0) for g in (g1, g2))
with h5py.File(sys.argv[1], "w") as file:
    for name, values in (("e1", e1), ("e2", e2), ("ninv", ninv), ("power", power)):
        file[name] = values
