"""The same deconvolution on any number of ranks, in every split into time and space.

deconvolve_ranks.py LACUNA-DECONVOLVE MPIEXEC
"""
import os
import subprocess
import sys
import tempfile

import h5py
import numpy as np

FRAMES = 5
CONFIG = '''
[data]
file = "movie.h5"
dataset = "counts"
axes = "tyx"
background = 0.4
exposure = [1, 0.9, 0.8, 0.8, 0.7]
mask = "mask"
[psf]
kind = "file"
file = "movie.h5"
dataset = "psf"
[convolution]
deterministic = true
'''
RUNS = {
    "bounds, random walk": '[prior.time]\nkind = "random_walk"\nsd = 1.5\ninitial_mean = 2\ninitial_sd = 4\n[solver]\nrtol = 1e-14\n'
                           '[posterior]\nsamples = 3\nrtol = 1e-11\n',
    "logarithm, smooth": '[prior.space]\nkind = "smooth"\nstrength = 2\n[prior.time]\nkind = "ar1"\nsd = 1\ncorrelation_frames = 3\non = "log"\n'
                         '[solver]\npositivity = "exp"\nrtol = 1e-14\n[posterior]\nsamples = 3\nrtol = 1e-11\n',
    "epochs": '[model]\nepochs = "stack"\nregion = "valid"\n[prior.space]\nkind = "smooth"\nstrength = 0.1\n[solver]\nrtol = 1e-14\n',
    "Richardson-Lucy": '[model]\nboundary = "reflect"\n[solver]\nmethod = "richardson-lucy"\n',
}
RUNS["epochs, mixed precision"] = RUNS["epochs"] + 'precision = "mixed"\n'


def movie(folder):
    random = np.random.default_rng(8)
    y, x = np.mgrid[:19, :23]
    truth = [20 * np.exp(-((y - 8 - t) ** 2 + (x - 6 - 2 * t) ** 2) / 5) + 5 * (t % 2) * np.exp(-((y - 14) ** 2 + (x - 17) ** 2) / 2) for t in range(FRAMES)]
    mask = np.ones((19, 23))
    mask[3:5, 15:18] = 0
    r2 = (np.arange(5)[:, None] - 2) ** 2 + (np.arange(7) - 3.3) ** 2
    with h5py.File(os.path.join(folder, "movie.h5"), "w") as file:
        file["counts"] = random.poisson(np.array(truth) + 0.4)
        file["mask"], file["psf"] = mask, np.exp(-r2 / 3)


def run(folder, what, ranks, groups):
    path, name = os.path.join(folder, "run.toml"), f"run_{ranks}_{groups}"
    with open(path, "w", encoding="utf-8") as file:
        # A split in time makes no sense for epochs of one image.
        file.write(CONFIG + RUNS[what].replace("[solver]\n", f"[solver]\ntime_groups = {groups}\n") + f'[output]\nname = "{name}"\nfolder = "{folder}"\n')
    command = [sys.argv[2], "-n", str(ranks), sys.argv[1], path, "--overwrite"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        sys.exit(f"{what}: {' '.join(command)} left with {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr}")
    with h5py.File(os.path.join(folder, name + ".h5")) as file:
        return {key: values[:] for key, values in file["maps"].items()} | {"flux_out": file["series/flux_out"][:]}


def distance(a, b):
    """Largest difference in units of the largest value; NaN in the same places."""
    if a.shape != b.shape or not np.array_equal(np.isnan(a), np.isnan(b)):
        return np.inf
    return np.nanmax(np.abs(a - b)) / max(np.nanmax(np.abs(b)), 1e-300)


bad = 0
with tempfile.TemporaryDirectory(prefix="lacuna_ranks_") as scratch:
    movie(scratch)
    for what in RUNS:
        reference = run(scratch, what, 1, 1)
        for ranks in (2, 3, 4, 7):
            for groups in [1] if what.startswith("epochs") else [g for g in range(1, FRAMES + 1) if ranks % g == 0]:
                found = run(scratch, what, ranks, groups)
                worst = {key: distance(found[key], reference[key]) for key in reference}
                ok = found.keys() == reference.keys() and all(d <= 1e-8 for d in worst.values())
                bad += not ok
                print(f"{'passed' if ok else 'FAILED'}: {what} on {ranks} ranks in {groups} time groups: "
                      + ", ".join(f"{key} {d:.0e}" for key, d in worst.items() if d > 0), flush=True)
sys.exit(1 if bad else 0)
