#!/usr/bin/env python3
"""Inputs of bench_proximal, fixed seeds: make_poisson_problems.py FOLDER [SCALE] writes PREFIX_counts.npy and PREFIX_psf.npy of b2
(an image of blobs and stars, few bright pixels), b4 (flat shapes) and b5 (a movie that walks). Photons are counted after a Gaussian
blur, over a background of one. The optima that bench_proximal knows are of other inputs of the same kind: give it -optimum."""
import os
import sys

import numpy as np


def gaussian(n, sd):
    r = np.arange(n) - n // 2
    g = np.exp(-0.5 * (r / sd) ** 2)
    return np.outer(g, g) / g.sum() ** 2


def blurred(x, psf, periodic):
    n, pad = x.shape[-1], 0 if periodic else psf.shape[0]
    wide = np.pad(x, [(0, 0)] * (x.ndim - 2) + [(0, pad)] * 2)
    kernel = np.zeros(wide.shape[-2:])
    kernel[: psf.shape[0], : psf.shape[1]] = psf
    kernel = np.roll(kernel, (-(psf.shape[0] // 2), -(psf.shape[1] // 2)), (0, 1))
    out = np.fft.irfft2(np.fft.rfft2(wide) * np.fft.rfft2(kernel), s=wide.shape[-2:])
    return np.maximum(out[..., :n, :n], 0)


def sky(rng, n, mean, stars):
    y, x = np.mgrid[:n, :n]
    image = np.full((n, n), 0.5)
    for _ in range(30):
        cy, cx, sd = rng.uniform(0, n), rng.uniform(0, n), rng.uniform(0.01, 0.06) * n
        image += rng.uniform(0.2, 1) * np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / (2 * sd**2))
    image *= 0.7 / image.mean()
    points = np.zeros((n, n))
    np.add.at(points, tuple(rng.integers(0, n, (2, stars))), 1 + np.minimum(rng.pareto(1.5, stars), 50))
    return mean * (image + 0.3 * points / points.mean())


def shapes(rng, n):
    y, x = np.mgrid[:n, :n]
    image = np.full((n, n), 5.0)
    for _ in range(30):
        cy, cx, r = rng.uniform(0, n), rng.uniform(0, n), rng.uniform(0.02, 0.1) * n
        inside = (y - cy) ** 2 + (x - cx) ** 2 < r**2 if rng.random() < 0.7 else np.maximum(abs(y - cy), abs(x - cx)) < r
        image[inside] += rng.uniform(5, 50)
    return image


def walk(rng, frames, n, step):
    movie = [sky(rng, n, 10, n * n // 4)]
    for _ in range(frames - 1):
        movie.append(np.abs(movie[-1] + step * rng.standard_normal((n, n))))
    return np.array(movie)


folder, scale = sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 1
os.makedirs(folder, exist_ok=True)
for name, seed, psf, periodic, make in (
    ("b2", 2, gaussian(5, 1.0), False, lambda rng: sky(rng, round(632 * scale), 20, round(1500 * scale**2))),
    ("b4", 4, gaussian(9, 1.5), True, lambda rng: shapes(rng, round(512 * scale))),
    ("b5", 5, gaussian(9, 1.2), True, lambda rng: walk(rng, 64, round(256 * scale), 0.6)),
):
    rng = np.random.default_rng(seed)
    np.save(f"{folder}/{name}_counts.npy", rng.poisson(blurred(make(rng), psf, periodic) + 1).astype(float))
    np.save(f"{folder}/{name}_psf.npy", psf)
