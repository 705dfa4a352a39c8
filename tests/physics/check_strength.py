"""Strengths that lacuna-deconvolve finds from the data, on images whose truth is known: nearly as good as the best one.

check_strength.py LACUNA-DECONVOLVE MPIEXEC
"""
import os
import subprocess
import sys
import tempfile

import h5py
import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.signal import convolve2d

CONFIG = '''
[data]
file = "data.h5"
dataset = "counts"
background = 1
[psf]
kind = "file"
file = "data.h5"
dataset = "psf"
[prior.space]
kind = "{kind}"
strength = {strength}
[solver]
rtol = 1e-6
[output]
name = "out"
folder = "{folder}"
'''


def estimate(folder, kind, strength):
    path = os.path.join(folder, "run.toml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(CONFIG.format(kind=kind, strength=strength, folder=folder))
    command = [sys.argv[2], "-n", "2", sys.argv[1], path, "--overwrite"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode not in (0, 3):
        sys.exit(f"{' '.join(command)} left with {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr}")
    with h5py.File(os.path.join(folder, "out.h5")) as file:
        return file["maps/estimate"][:], dict(file["notes"].attrs)


def blobs(random):
    """Smooth structure."""
    field = gaussian_filter(random.normal(size=(64, 64)), 4)
    return 30 + 25 * np.tanh(field / field.std())


def blocks(random):
    """Flat pieces with edges."""
    truth = np.full((64, 64), 8.0)
    for _ in range(9):
        y, x, h, w = random.integers(0, 50), random.integers(0, 50), random.integers(6, 20), random.integers(6, 20)
        truth[y:y + h, x:x + w] = random.uniform(5, 60)
    return truth


bad = 0
for kind, make, typical, seed in (("smooth", blobs, 1e-3, 1), ("total_variation", blocks, 3e-2, 2), ("smooth", blobs, 1e-2, 3)):
    random = np.random.default_rng(seed)
    scale = 0.1 if seed == 3 else 1  # few photons
    truth = make(random) * scale
    r2 = (np.arange(9)[:, None] - 4) ** 2 + (np.arange(9) - 4) ** 2
    psf = np.exp(-r2 / (2 * 1.5**2))
    psf /= psf.sum()
    with tempfile.TemporaryDirectory(prefix="lacuna_strength_") as scratch:
        with h5py.File(os.path.join(scratch, "data.h5"), "w") as file:
            file["counts"], file["psf"] = random.poisson(convolve2d(truth, psf, mode="same") + 1), psf

        def error(strength):
            found, notes = estimate(scratch, kind, strength)
            return np.sqrt(((found - truth)[6:-6, 6:-6] ** 2).mean()), notes
        errors = {s: error(s)[0] for s in typical * 10.0 ** np.arange(-2, 2.1, 0.5)}
        found, notes = error('"auto"')
        ratio = notes["deviance_per_datum"] / notes["expected_deviance_per_datum"]
        best = min(errors.values())
        ok = found <= 1.3 * best and abs(ratio - 1) < 0.02 and found < 0.5 * max(errors.values())
        bad += not ok
        print(f"{'passed' if ok else 'FAILED'}: {kind}, mean {truth.mean():.1f}: strength {notes['strength']:.3g}, error {found:.3f}, best of the grid "
              f"{best:.3f} at {min(errors, key=errors.get):.1e}, worst {max(errors.values()):.3f}; deviance / expected {ratio:.4f}", flush=True)
sys.exit(1 if bad else 0)
