"""The same results on any number of ranks.

compare_ranks.py fields|massmap PROGRAM RANKS MPIEXEC FOLDER: RANKS = 1 writes the reference to FOLDER/1, other numbers
write FOLDER/RANKS and compare.
"""
import os
import shutil
import subprocess
import sys

import h5py
import numpy as np

what, program, ranks, mpiexec, folder = sys.argv[1], os.path.abspath(sys.argv[2]), int(sys.argv[3]), sys.argv[4], os.path.abspath(sys.argv[5])
here, reference = os.path.join(folder, str(ranks)), os.path.join(folder, "1")


def run(words):
    command = [mpiexec, "-n", str(ranks), program, *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} left with {done.returncode}:\n{done.stdout}\n{done.stderr}")


def distance(a, b):
    """Largest difference in units of the largest value; NaN and infinite values must be in the same places."""
    if a.shape != b.shape or not np.array_equal(np.isnan(a), np.isnan(b)) or not np.array_equal(np.isinf(a), np.isinf(b)):
        return np.inf
    a, b = a[np.isfinite(a)], b[np.isfinite(b)]
    scale = np.abs(b).max(initial=0)
    return np.abs(a - b).max(initial=0) / (scale if scale > 0 else 1)


def compare(fields, theirs, tolerance_of):
    if not fields or sorted(fields) != sorted(theirs):
        sys.exit(f"other fields than on one rank: {sorted(fields)} and {sorted(theirs)}")
    bad = 0
    for name in sorted(fields):
        tolerance = tolerance_of(name)
        found = distance(fields[name], theirs[name])
        if tolerance == 0:
            ok = fields[name].tobytes() == theirs[name].tobytes()
        else:
            ok = found <= tolerance and np.nanmax(np.abs(theirs[name]), initial=0) > 0
        bad += not ok
        print(f"{'passed' if ok else 'FAILED'}: {name} differs by {found:.1e} (allowed {tolerance:.0e})")
    sys.exit(1 if bad else 0)


def make_fields():
    run([here])


def read_fields(path):
    return {name[:-4]: np.fromfile(os.path.join(path, name)) for name in os.listdir(path) if name.endswith(".f64")}


def make_massmap():
    """A survey of 4000 galaxies around RA 0 with a hole, and a run of everything that can be the same."""
    rng = np.random.default_rng(5)
    ra, dec = rng.uniform(-0.15, 0.15, 4000), rng.uniform(-0.12, 0.12, 4000)
    keep = np.hypot(ra - 0.03, dec + 0.02) > 0.025
    with h5py.File(os.path.join(here, "survey.h5"), "w") as file:
        for name, column in (("ra", ra % 360), ("dec", dec), ("e1", rng.normal(0.01, 0.25, 4000)), ("e2", rng.normal(0, 0.25, 4000)),
                             ("weight", rng.uniform(0.5, 1.5, 4000))):
            file[name] = column[keep]
    config = os.path.join(here, "run.toml")
    with open(config, "w", encoding="utf-8") as file:
        file.write(f'''
[data]
file = "survey.h5"
[grid]
pixel_arcmin = 0.7
nx = 26
ny = 21
center_deg = [0.0, 0.0]
pad_factor = 1.5
[noise]
rotations = 2
[solver]
rtol = 1e-12
[posterior]
samples = 4
rtol = 1e-12
[peaks]
threshold = 0.5
[output]
name = "run"
folder = "{here}"
''')
    run([config])


def read_massmap(path):
    with h5py.File(os.path.join(path, "run.h5")) as file:
        fields = {"/".join(("maps", name)): np.asarray(item) for name, item in file["maps"].items() if isinstance(item, h5py.Dataset)}
        fields["grid/x"], fields["grid/y"] = file["grid/x"][:], file["grid/y"][:]
        for name, item in file["peaks"].items():
            fields["peaks/" + name] = item[:]
        assert file.attrs["complete"] == 1
    for name in ("maps/kappa_E", "maps/std", "maps/snr", "maps/count", "maps/mask"):
        assert name in fields, name
    return fields


def tolerance_of_fields(name):
    return {"bitwise": 0, "filtered": 1e-12, "solved": 1e-10}[name.split("_")[0]]


def tolerance_of_massmap(name):
    return 0 if name in ("maps/count", "maps/mask", "grid/x", "grid/y", "peaks/x", "peaks/y") else 1e-10


make, read, tolerance = {"fields": (make_fields, read_fields, tolerance_of_fields),
                         "massmap": (make_massmap, read_massmap, tolerance_of_massmap)}[what]
shutil.rmtree(here, ignore_errors=True)
os.makedirs(here)
make()
if ranks > 1:
    compare(read(here), read(reference), tolerance)
elif not read(here):
    sys.exit("nothing was written")
