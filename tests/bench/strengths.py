"""Iterations of ADMM over strengths of total variation and starlets: 24 problems of 64 x 64 pixels.

strengths.py LACUNA-DECONVOLVE

Counts of a disc and a bright square on a background, at three exposures, blurred by a Gaussian. Printed are, for each
problem, iterations (* where the limit of them ended it) and the gap in nats; and the geometric mean of all.
"""
import os
import re
import subprocess
import sys
import tempfile

import h5py
import numpy as np
from scipy.signal import convolve2d

STRENGTHS = (1e-3, 1e-2, 0.1, 1)
CONFIG = """[data]
file = "counts.h5"
dataset = "counts"
background = 1.0
[psf]
kind = "file"
file = "counts.h5"
dataset = "psf"
[prior.space]
kind = "{kind}"
strength = {strength}
[solver]
algorithm = "admm"
[output]
name = "out"
fits = false
"""


def write(path, scale):
    rng = np.random.default_rng(11)
    y, x = np.mgrid[:64, :64]
    truth = 20 + 80 * ((x - 30) ** 2 + (y - 30) ** 2 < 150) + 200 * ((abs(x - 50) < 5) & (abs(y - 15) < 9))
    line = np.exp(-0.5 * (np.arange(-3, 4) / 1.5) ** 2)
    psf = np.outer(line, line) / line.sum() ** 2
    with h5py.File(path, "w") as file:
        file["counts"] = rng.poisson(convolve2d(scale * truth, psf, "same") + 1).astype(float)
        file["psf"] = psf


def main(program, folder):
    iterations, limited = [], 0
    for scale in (0.1, 1, 20):
        write(os.path.join(folder, "counts.h5"), scale)
        for kind in ("total_variation", "starlet"):
            for strength in STRENGTHS:
                with open(os.path.join(folder, "run.toml"), "w") as file:
                    file.write(CONFIG.format(kind=kind, strength=strength / np.sqrt(scale)))
                run = subprocess.run([program, "run.toml", "--overwrite"], cwd=folder, capture_output=True, text=True)
                if run.returncode not in (0, 3):
                    sys.exit(run.stderr)
                with h5py.File(os.path.join(folder, "out.h5")) as file:
                    gap = file["notes"].attrs["gap"]
                done = int(re.search(r"after (\d+) iterations", run.stdout).group(1))
                iterations.append(done)
                limited += run.returncode == 3
                print(f"{scale:4g} {kind:16} {strength:5g} {done:6d}{'*' if run.returncode == 3 else ' '} {gap:9.2g}", flush=True)
    mean = np.exp(np.mean(np.log(iterations)))
    print(f"{mean:.0f} iterations in the geometric mean, {limited} of {len(iterations)} stopped at the limit")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as work:
        main(os.path.abspath(sys.argv[1]), work)
