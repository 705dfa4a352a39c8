"""Runs lacuna-massmap in a folder of its own with small inputs, and judges what a careless user would see."""
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

import h5py
import numpy as np
from astropy.io import fits

HANG = 90  # seconds; a run takes well under one, but the machine may be busy
# Text that no user should ever see: a crash, a library's own trace, an exception that nobody caught.
CRASH = re.compile(r"segmentation|terminate called|what\(\)|HDF5-DIAG|PETSC ERROR|\*\*\* Process|core dumped|"
                   r"AddressSanitizer|runtime error:|assertion|std::|called from|CFITSIO|bad_alloc|MPI_ABORT", re.I)
MPIRUN = re.compile(r"^-{20,}$|^Primary job|^a non-zero exit code|^mpi(run|exec) (detected|noticed|has exited)|"
                    r"^the job to be terminated|^$|^  Process name|^  Exit code|^Per user-direction")
COLUMNS = ("ra", "dec", "e1", "e2", "weight")
ROWS, CENTER, HALF = 300, (150.0, 2.0), 0.05


def galaxies(rows=ROWS):
    """Columns of a small catalogue around CENTER [deg]."""
    random = np.random.default_rng(3)
    ra, dec = (c + random.uniform(-HALF, HALF, rows) for c in CENTER)
    e1, e2 = random.normal(0, 0.26, (2, rows))
    return dict(zip(COLUMNS, (ra, dec, e1, e2, np.ones(rows))))


def write_fits(path, columns):
    table = fits.BinTableHDU.from_columns([fits.Column(name, "D", array=values) for name, values in columns.items()])
    table.writeto(path, overwrite=True)


def write_csv(path, columns):
    rows = np.column_stack(list(columns.values()))
    np.savetxt(path, rows, delimiter=",", header=",".join(columns), comments="", fmt="%.12g")


def write_hdf5(path, columns):
    with h5py.File(path, "w") as file:
        for name, values in columns.items():
            file[name] = values


def maps(n=12):
    """Shear maps of noise, a mask with a hole, a noise variance."""
    random = np.random.default_rng(4)
    gamma1, gamma2 = random.normal(0, 0.1, (2, n, n))
    mask = np.ones((n, n))
    mask[3:6, 4:8] = 0
    return {"gamma1": gamma1, "gamma2": gamma2, "mask": mask, "variance": np.full((n, n), 0.01)}


CATALOGUE = """[data]
file = "cat.fits"
[grid]
pixel_arcmin = 0.5
nx = 12
ny = 12
center_deg = [150.0, 2.0]
[posterior]
samples = 2
[output]
name = "out"
"""
MAPS = """[data]
kind = "maps"
file = "maps.h5"
mask = "mask"
noise_variance = "variance"
[grid]
pixel_arcmin = 0.5
center_deg = [150.0, 2.0]
[posterior]
samples = 2
[output]
name = "out"
"""


class Failed(Exception):
    """What a run did that it should not have done."""


def require(ok, text):
    if not ok:
        raise Failed(text)


class Ran:
    """One finished run: code, stdout, stderr without mpirun's own remarks, seconds."""

    def __init__(self, code, out, err, seconds):
        self.code, self.out, self.raw, self.seconds = code, out, err, seconds
        self.err = "\n".join(line for line in err.splitlines() if not MPIRUN.search(line))


class Bench:
    """The program under test, and how it is started."""

    def __init__(self, program, mpiexec):
        self.program, self.mpiexec = os.path.abspath(program), mpiexec

    def run(self, folder, words, ranks, memory=None):
        """As a user would: bare on one rank, by mpiexec on more."""
        start = [self.mpiexec, "-n", str(ranks)] if ranks > 1 else []
        if memory:  # a program that takes what it must not take fails, and does not drag the machine down
            start = ["sh", "-c", f'ulimit -v {memory >> 10} && exec "$@"', "sh"] + start
        since = time.monotonic()
        with subprocess.Popen(start + [self.program] + words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              stdin=subprocess.DEVNULL, text=True, errors="replace") as process:
            try:
                out, err = process.communicate(timeout=HANG)
            except subprocess.TimeoutExpired:
                process.terminate()  # mpiexec takes its ranks with it
                try:
                    out, err = process.communicate(timeout=10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    out, err = process.communicate()
                raise Failed(f"hangs: not back after {HANG} s\n{out[-500:]}\n{err[-1500:]}") from None
        return Ran(process.returncode, out, err, time.monotonic() - since)


def contents(folder):
    """sha256 of every file under the folder; folders and links by name."""
    found = {}
    for base, folders, names in os.walk(folder):
        for name in folders:
            found[os.path.relpath(os.path.join(base, name), folder) + "/"] = ""
        for name in names:
            path = os.path.join(base, name)
            regular = os.path.isfile(path) and not os.path.islink(path)
            with open(path if regular else os.devnull, "rb") as file:
                found[os.path.relpath(path, folder)] = hashlib.sha256(file.read()).hexdigest()
    return found


def require_refused(ran, code, said, before, after):
    """The exit code, ONE clear message that holds the words of `said`, and no file touched but the log of the run."""
    seen = f"\nstdout: {ran.out[-400:]}\nstderr: {ran.err[:2000]}"
    require(ran.code == code, f"exit code {ran.code}, expected {code}{seen}")
    require(ran.err.count("error: ") == 1 and ran.err.startswith(("error: ", "note: ")), f"not one message on stderr{seen}")
    require(not CRASH.search(ran.raw + ran.out), f"shows its inside: {CRASH.search(ran.raw + ran.out)}{seen}")
    message = ran.err[ran.err.index("error: "):]
    for word in said:
        require(word in message, f"the message does not say '{word}'{seen}")
    require(len(message) < 900, f"a message of {len(message)} characters{seen}")
    require(all(c.isprintable() or c == "\n" for c in message), f"control characters in the message{seen}")
    require_untouched(before, after)


def require_untouched(before, after):
    for name, digest in before.items():
        require(after.get(name) == digest, f"{name} was changed or removed")
    extra = sorted(set(after) - set(before) - {"out.jsonl", "small/out.jsonl"})
    require(not extra, f"files left behind: {extra}")


class Scene:
    """A folder with good inputs, to be spoilt by a case."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="lacuna_cli_")
        self.mounts, self.keep = [], None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.keep:
            self.keep.close()
        for mounted in self.mounts:
            subprocess.run(["umount", "-l", mounted], check=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, content):
        with open(self.path(name), "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def config(self, text, *changes):
        """run.toml: the text with (old, new) changes, each of which must apply."""
        for old, new in changes:
            require(old in text, f"the test itself is wrong: '{old}' is not in the configuration")
            text = text.replace(old, new)
        self.write("run.toml", text)

    def catalogue(self, **columns):
        """cat.fits, with columns replaced or (None) left out."""
        table = galaxies()
        for name, values in columns.items():
            if values is None:
                del table[name]
            else:
                table[name] = values
        write_fits(self.path("cat.fits"), table)
        self.config(CATALOGUE)

    def maps(self, **changed):
        """maps.h5, with maps replaced."""
        write_hdf5(self.path("maps.h5"), {**maps(), **changed})
        self.config(MAPS)


class Case:
    """name; spoil(scene) prepares the folder and may return command-line words; code and words of the message;
    then(scene, ran) looks at what a successful run has made; memory: bytes that a process may address."""

    def __init__(self, name, code, said, spoil, ranks=(1, 2), then=None, memory=None):
        self.name, self.code, self.said, self.spoil = name, code, said, spoil
        self.ranks, self.then, self.memory = ranks, then, memory

    def judge(self, bench, ranks):
        with Scene() as scene:
            words = self.spoil(scene) or ["run.toml"]
            before = contents(scene.folder)
            ran = bench.run(scene.folder, words, ranks, self.memory)
            if self.code == 0:
                require(ran.code == 0, f"exit code {ran.code}, expected 0\n{ran.err[:1500]}")
                require(os.path.exists(scene.path("out.h5")) != ("--check" in words), "no out.h5, or one from --check")
                require(not [n for n in contents(scene.folder) if n.endswith(".tmp")], "a temporary file is left")
                if self.then:
                    self.then(scene, ran)
            else:
                require_refused(ran, self.code, self.said, before, contents(scene.folder))
            return ran


def judge_all(cases, bench, only=None):
    """Runs all cases (at `only` so many ranks), says what each did; the number of failures."""
    failures, since = [], time.monotonic()
    for case in cases:
        for ranks in [n for n in case.ranks if only in (None, n)]:
            label = f"{case.name} [{ranks} rank{'s' if ranks > 1 else ''}]"
            try:
                ran = case.judge(bench, ranks)
                print(f"passed: {label}, {ran.seconds:.2f} s: " + (ran.err[:400] if ran.code else "code 0"), flush=True)
            except Failed as why:
                failures.append(label)
                print(f"FAILED: {label}: {why}", flush=True)
    print(f"{len(cases)} cases in {time.monotonic() - since:.0f} s, {len(failures)} failures" + "".join(f"\n  {f}" for f in failures))
    return len(failures)


def expect(good, what):
    """For checks outside of cases."""
    print(("passed: " if good else "FAILED: ") + what, flush=True)
    if not good:
        sys.exit(1)
