"""Runs lacuna-deconvolve on real and community-standard data and compares with references that are not ours.

check_deconvolve.py CASE LACUNA-DECONVOLVE MPIEXEC; the data folder comes from the environment variable LACUNA_DATA.
"""
import json
import os
import subprocess
import sys
import tempfile

import h5py
import numpy as np
from scipy import fft


def run(folder, config, ranks=2, codes=(0,)):
    """The maps of a run with this configuration, its notes, and what was printed."""
    path = os.path.join(folder, "run.toml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(config + f'\n[output]\nname = "run"\nfolder = "{folder}"\n')
    command = [sys.argv[3], "-n", str(ranks), sys.argv[2], path, "--overwrite"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=850, check=False)
    if done.returncode not in codes:
        sys.exit(f"{' '.join(command)} left with {done.returncode}:\n{done.stdout[-3000:]}\n{done.stderr}")
    with h5py.File(os.path.join(folder, "run.h5"), "r") as file:
        maps = {name: values[:] for name, values in file["maps"].items()}
        return maps, dict(file["notes"].attrs), done.stdout


def require(ok, text):
    print(("passed: " if ok else "FAILED: ") + text, flush=True)
    if not ok:
        sys.exit(1)


def write(folder, name, **arrays):
    path = os.path.join(folder, name)
    with h5py.File(path, "w") as file:
        for key, values in arrays.items():
            file[key] = values
    return path


def camera(data, folder):
    """The Wiener filter in closed form against scikit-image's."""
    psf = write(folder, "psf.h5", psf=np.ones((5, 5)))
    maps, _, _ = run(folder, f'''
[data]
file = "{data}/camera_512.h5"
dataset = "image"
[psf]
kind = "file"
file = "{psf}"
[model]
noise = "gaussian"
noise_sd = 1
[prior.space]
kind = "smooth"
order = 2
strength = 0.05
[solver]
method = "wiener"
''')
    with h5py.File(f"{data}/camera_512.h5") as file:
        reference = file["wiener"][:]
    worst = np.abs(np.clip(maps["estimate"], -1, 1) - reference).max()
    require(worst <= 1e-10, f"Wiener equals scikit-image's within {worst:.1e} <= 1e-10")


def celegans(data, folder):
    """The Wiener filter of an image extended by reflection against SDeconv's."""
    r2 = (np.arange(13)[:, None] - 6) ** 2 + (np.arange(13) - 6) ** 2
    psf = write(folder, "psf.h5", psf=np.exp(-r2 / (2 * 1.5**2)))
    maps, _, _ = run(folder, f'''
[data]
file = "{data}/celegans_310.h5"
dataset = "image"
[psf]
kind = "file"
file = "{psf}"
[model]
noise = "gaussian"
noise_sd = 1
pad = 13
[prior.space]
kind = "smooth"
order = 2
strength = 0.005
[solver]
method = "wiener"
''')
    with h5py.File(f"{data}/celegans_310.h5") as file:
        reference = file["wiener_ref"][:].astype(float)
    worst = np.abs(maps["estimate"] - reference).max() / np.abs(reference).max()
    require(worst <= 1e-6, f"Wiener equals SDeconv's within {worst:.1e} <= 1e-6")


def chandra(data, folder):
    """Real photon counts of two epochs, one image: the joint Poisson MAP of an independent solver."""
    maps, notes, _ = run(folder, f'''
[data]
file = "{data}/chandra_sgra_2epoch.h5"
dataset = "counts"
axes = "tyx"
background = 0.02
[psf]
kind = "file"
file = "{data}/chandra_sgra_2epoch.h5"
dataset = "psf"
[model]
epochs = "stack"
[prior.space]
kind = "smooth"
strength = 0.5
[solver]
rtol = 1e-9
''')
    with h5py.File(f"{data}/chandra_sgra_map_reference.h5") as file:
        reference, note = file["map"][:], json.loads(file.attrs["note"])
    energy, flux = notes["energy"], maps["estimate"].sum()
    require(abs(energy / note["objective"] - 1) <= 1e-6, f"energy {energy:.5f}, expected {note['objective']:.5f}")
    require(energy <= note["objective"] * (1 + 1e-9), "no higher than the reference's")
    require(abs(flux / note["total_flux"] - 1) <= 1e-4, f"total flux {flux:.3f}, expected {note['total_flux']:.3f}")
    distance = np.linalg.norm(maps["estimate"] - reference) / np.linalg.norm(reference)
    require(distance <= 1e-2, f"distance to the reference {distance:.1e} <= 1e-2")


def cells(data, folder):
    """A time lapse in camera units, by the example for microscopes with the gain of this camera (variance against mean)."""
    example = os.path.join(os.path.dirname(__file__), "..", "..", "inputs", "deconvolve_cells.toml")
    settings = [f"data.file={data}/cell_migration_48f.h5", "data.dataset=frames", "data.gain=85", "data.background=10", "psf.sigma_px=1",
                "prior.time.sd=30", "prior.space.strength=1e-4",
                f"output.folder={folder}", "output.name=run"]
    command = [sys.argv[3], "-n", "2", sys.argv[2], example] + [word for s in settings for word in ("--set", s)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=850, check=False)
    print(done.stdout[-1500:], done.stderr)
    require(done.returncode == 0, f"the example runs, exit code {done.returncode}")
    with h5py.File(os.path.join(folder, "run.h5"), "r") as file:
        counts, estimate, model = (file["maps/" + name][:] for name in ("data", "estimate", "model"))
        deviance = file["notes"].attrs["deviance_per_datum"]
        flux_in, flux_out = file["series/flux_in"][:], file["series/flux_out"][:]
    require(0.5 < deviance < 2, f"deviance per datum {deviance:.3f} is near 1: gain and PSF fit")
    require(np.abs(flux_out / flux_in - 1).max() < 0.05, "every frame keeps its flux to 5 %")

    def sharpness(frames):
        return np.abs(np.diff(frames, axis=1)).mean() / frames.mean()

    def jitter(frames):
        """Change from frame to frame against the change over ten frames, of the whole field."""
        return np.abs(np.diff(frames, axis=0)).mean() / np.abs(frames[10:] - frames[:-10]).mean()

    require(jitter(estimate) < 0.8 * jitter(counts), f"frames follow each other: {jitter(estimate):.3f}, data {jitter(counts):.3f}")
    require(sharpness(estimate) > 1.05 * sharpness(model), f"edges are sharper than blurred: {sharpness(estimate):.4f}, model {sharpness(model):.4f}")


def richardson_lucy(counts, psf, iterations, accelerate):
    """All iterates of Richardson-Lucy, zero boundary, by SciPy; accelerated as Biggs & Andrews (1997) do."""
    shape, center = counts.shape, [(n - 1) // 2 for n in psf.shape]
    padded = [fft.next_fast_len(n + m - 1, True) for n, m in zip(shape, psf.shape)]
    inside = tuple(slice(c, c + n) for c, n in zip(center, shape))
    transfer = fft.rfftn(psf.astype(np.float32), padded)

    def blur(x):
        return fft.irfftn(fft.rfftn(x, padded, workers=2) * transfer, padded, workers=2)[inside]

    def adjoint(y):
        wide = np.zeros(padded, np.float32)
        wide[inside] = y
        return fft.irfftn(fft.rfftn(wide, workers=2) * transfer.conj(), padded, workers=2)[tuple(slice(n) for n in shape)]

    sensitivity = adjoint(np.ones(shape, np.float32))
    x = before = np.full(shape, counts.mean(), np.float32)
    step, factor = None, 0
    for _ in range(iterations):
        start = np.maximum(x + factor * (x - before), 0)
        ratio = np.where(counts > 0, counts / np.maximum(blur(start), 1e-5), 0)
        before, x = x, start * np.maximum(adjoint(ratio), 0) / sensitivity
        if accelerate:
            last, step = step, (x - start).astype(float)
            factor = 0 if last is None else np.clip((step * last).sum() / (last**2).sum(), 0, 0.999)
        yield x


def redlionfish(data, folder):
    """Cubes of 8 pixels, 1e5 times brighter than the mean, through a measured PSF without background. The MAP with
    smoothness against the best of all iterates of Richardson-Lucy, on two of the 27 cubes. The truth has chosen both the
    strength, from 1e-9 and 3e-9, and the iterate."""
    window = (104, 40, 40)
    with h5py.File(f"{data}/redlionfish_160.h5") as file:
        measured = file["psf"][:].astype(float)
        counts = (file["data"][:][tuple(slice(n) for n in window)] / 0.8391).astype(np.float32)
    light = (measured - measured.min()) / np.ptp(measured)  # as the recipe of the data has it
    psf = write(folder, "psf.h5", psf=light)
    truth = np.zeros(window)
    for z in (5, 72):
        truth[z:z + 2, 5:7, 5:7] = 1

    def distance(x):
        """To the truth, with the best factor, relative."""
        x = x.astype(float)
        return np.linalg.norm((x * truth).sum() / (x**2).sum() * x - truth) / np.linalg.norm(truth)

    maps, notes, _ = run(folder, f'''
[data]
file = "{data}/redlionfish_160.h5"
dataset = "data"
axes = "zyx"
gain = 0.8391
roi = [0, {window[0]}, 0, {window[1]}, 0, {window[2]}]
[psf]
kind = "file"
file = "{psf}"
center = "middle"
[prior.space]
kind = "smooth"
strength = 1e-9
''', ranks=1)
    found = distance(maps["estimate"])
    require(np.isfinite(notes["energy"]), f"converged, energy {notes['energy']:.3f}")
    for accelerate, iterations in ((False, 300), (True, 160)):
        distances = [distance(x) for x in richardson_lucy(counts, light / light.sum(), iterations, accelerate)]
        best = int(np.argmin(distances))
        require(found < distances[best], f"MAP {found:.4f} from the truth; {'accelerated ' if accelerate else ''}"
                f"Richardson-Lucy at best {distances[best]:.4f}, at iteration {best + 1} of {iterations}")


if __name__ == "__main__":
    root = os.environ.get("LACUNA_DATA", "")
    if not root:
        print("SKIPPED: LACUNA_DATA is not set: the checks on real data were not made")
        sys.exit(77)
    with tempfile.TemporaryDirectory(prefix="lacuna_data_") as scratch:
        {"camera": camera, "celegans": celegans, "chandra": chandra, "cells": cells, "redlionfish": redlionfish}[sys.argv[1]](root, scratch)
