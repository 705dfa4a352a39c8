#!/usr/bin/python3
"""make_blur_problem.py OUT.h5 [N]: photon counts of N x N pixels (2048), mean 100, blurred by a Gaussian PSF of 15 x 15 pixels;
the PSF, and one of the same size that is not separable (rank 8): a ring of changing brightness."""
import sys
import h5py
import numpy as np

n = int(sys.argv[2]) if len(sys.argv) > 2 else 2048
rng = np.random.default_rng(7)
r = np.arange(15) - 7
gauss = np.exp(-r**2 / 8)
psf = np.outer(gauss, gauss)
psf /= psf.sum()
radius, angle = np.hypot(r[:, None], r), np.arctan2(r[:, None], r + 0.3)
ring = np.exp(-(radius - 4)**2 / 3) * (1.2 + np.cos(3 * angle) + 0.1 * np.sin(7 * radius))
ring /= ring.sum()
assert np.linalg.matrix_rank(ring, 1e-6) > 4

y, x = np.mgrid[:n, :n]
scene = np.full((n, n), 0.3)
for _ in range(40):
    cy, cx, s = *rng.uniform(0, n, 2), rng.uniform(0.01, 0.05) * n
    scene += rng.uniform(0.3, 1) * np.exp(-((y - cy)**2 + (x - cx)**2) / (2 * s * s))
np.add.at(scene, tuple(rng.integers(0, n, (2, n))), rng.pareto(1.5, n).clip(0, 50) + 1)
scene *= 100 / scene.mean()
k = np.zeros((n, n))
k[:15, :15] = psf
mean = np.fft.irfft2(np.fft.rfft2(scene) * np.fft.rfft2(np.roll(k, (-7, -7), (0, 1))), s=(n, n))
with h5py.File(sys.argv[1], "w") as out:
    out["counts"] = rng.poisson(np.maximum(mean, 0)).astype(float)
    out["gauss"], out["ring"] = psf, ring
