"""The memory of lacuna-deconvolve: the most that the ranks of a run had above what they have when they have but planned, with a checkpoint at every
iteration. It must be what --plan says within 10 %; what it grows by from a problem of a quarter of the pixels, so without buffers, tables and code, must stay
below so many vectors of the unknown and fall as 1/ranks.

check_memory.py LACUNA-DECONVOLVE MPIEXEC [PATTERN] [SIDE]
"""
import os
import re
import subprocess
import sys
import tempfile

import h5py
import numpy as np

SIDE = int(sys.argv[4]) if len(sys.argv) > 4 else 1024  # pixels of an image
DATA = ('[data]\nfile = "counts{2}.h5"\ndataset = "{0}"\naxes = "{1}"\nbackground = 0.4\n[psf]\nkind = "gaussian"\nsigma_px = 1.5\n'
        '[convolution]\ndeterministic = true\n[checkpoint]\nevery_seconds = 0\n[output]\nname = "out"\n')
SMOOTH = '[prior.space]\nkind = "smooth"\nstrength = 0.01\n'
WALK = '[prior.time]\nkind = "random_walk"\nsd = 0.6\ninitial_mean = 5\ninitial_sd = 5\n'
VARIATION = '[prior.space]\nkind = "total_variation"\nstrength = 0.3\n'


def solver(text):
    return "[solver]\n" + text.replace(", ", "\n") + "\n"


RUNS = {  # times SIDE, most vectors of the unknown, kind of data, configuration, ranks
    "an image, ADMM": (1, 20, "image", SMOOTH + solver("iterations = 2, rtol = 0.1"), (1, 2, 4)),
    "an image, ADMM and its trial of Richardson-Lucy": (1, 20, "image", solver("iterations = 52, rtol = 1e-12"), (1,)),
    "an image, ADMM with total variation": (1, 20, "image", VARIATION + solver("iterations = 2, rtol = 0.1"), (1, 2)),
    "an image, ADMM with starlets": (1, 26, "image", VARIATION.replace("total_variation", "starlet") + solver("iterations = 2, rtol = 0.1"), (1, 2)),
    "an image, Newton": (1, 20, "image", SMOOTH + solver('algorithm = "newton", iterations = 2'), (1,)),
    "an image, quasi-Newton": (2, 14, "image", SMOOTH + solver('algorithm = "quasi-newton", iterations = 7'), (1,)),
    "an image, Richardson-Lucy": (1, 14, "image", solver('method = "richardson-lucy", iterations = 2'), (1,)),
    "a movie, ADMM and Newton": (1, 20, "movie", WALK + solver("iterations = 2, rtol = 0.1"), (1, 2, 4)),
    "a movie, ADMM with total variation in time": (1, 20, "movie", VARIATION.replace("space", "time") + solver("iterations = 52, rtol = 1e-12"), (1, 2)),
    "a movie, quasi-Newton": (2, 14, "movie", WALK + SMOOTH + solver('algorithm = "quasi-newton", iterations = 7'), (1,)),
}
TOLERANCE = 0.10  # of --plan
SPARE = 1.35      # times 1 / ranks: borders of the blur, padding to sizes that are fast, a field of a checkpoint on its way to its block


def run(folder, text, ranks, words):
    """Largest resident memory of every rank, and what the run printed."""
    with open(os.path.join(folder, "run.toml"), "w", encoding="utf-8") as file:
        file.write(text)
    command = [sys.argv[2], "-n", str(ranks), sys.executable, "-B", os.path.join(os.path.dirname(os.path.abspath(__file__)), "peak_of_rank.py"),
               folder, os.path.abspath(sys.argv[1]), "run.toml"] + words
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=400, check=False)
    peaks = []
    for rank in range(ranks):
        path = os.path.join(folder, str(rank))
        with open(path, encoding="utf-8") as file:
            code, peak = file.read().split()
        os.remove(path)
        if code not in "03":  # 3: stopped at the limit of iterations
            sys.exit(f"rank {rank} of {' '.join(command)} left with {code}:\n{done.stdout[-2000:]}\n{done.stderr}")
        peaks.append(float(peak))
    return np.array(peaks), done.stdout


def above_plan(folder, kind, config, ranks, side):
    """Bytes of every rank above a run that has but planned, and the plan: bytes in all, and of the data on the largest rank and in all."""
    text = DATA.format(kind, "yx" if kind == "image" else "tyx", side) + config
    before, printed = run(folder, text, ranks, ["--plan"])
    after, _ = run(folder, text, ranks, ["--overwrite"])
    plan = 1e6 * float(re.search(r"^total +[\d.]+ MB +([\d.]+) MB", printed, re.M)[1])
    data = re.search(r"^data, .* ([\d.]+) MB +([\d.]+) MB", printed, re.M)
    return after - before, plan, float(data[1]), float(data[2])


bad = 0


def expect(good, text):
    global bad
    bad += not good
    print(("passed: " if good else "FAILED: ") + text, flush=True)


with tempfile.TemporaryDirectory(prefix="lacuna_memory_") as scratch:
    random = np.random.default_rng(6)
    for n in (SIDE // 2, SIDE, 2 * SIDE):
        with h5py.File(os.path.join(scratch, f"counts{n}.h5"), "w") as counts:
            counts["image"] = random.poisson(5 + 50.0 * (random.random((n, n)) > 0.98)).astype(float)
            counts["movie"] = counts["image"][:].reshape(16, n // 4, n // 4)
    for name, (times, most, kind, config, ranks_of_run) in RUNS.items():
        if not re.search(sys.argv[3] if len(sys.argv) > 3 else "", name):
            continue
        side, alone = times * SIDE, 0.0
        vector = 8 * 3 * side * side // 4
        for number in ranks_of_run:
            used, plan, local, whole = above_plan(scratch, kind, config, number, side)
            small = above_plan(scratch, kind, config, number, side // 2)[0]
            grown = used - small
            expect(abs(plan / used.sum() - 1) <= TOLERANCE,
                   f"{name} on {number}: --plan says {1e-6 * plan:.0f} MB, it takes {1e-6 * used.sum():.0f} MB, "
                   f"{1e-6 * (used - grown * 4 / 3).sum():.0f} MB of them whatever the size")
            if number == 1:
                alone = grown.sum()
                expect(alone <= most * vector, f"{name}: {alone / vector:.1f} vectors of the unknown, of {most} at most")
                continue
            expect(abs(local - whole / number) < 0.11, f"{name} on {number}: the largest rank has {local:.1f} of {whole:.1f} MB of data")
            expect(grown.max() <= SPARE * alone / number,
                   f"{name} on {number}: grows by {1e-6 * grown.max():.0f} MB on the largest rank, by {1e-6 * alone:.0f} MB alone: {number * grown.max() / alone:.2f} of 1/ranks")
sys.exit(1 if bad else 0)
