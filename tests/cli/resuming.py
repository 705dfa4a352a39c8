"""Runs that are interrupted and resumed: how they are started, watched, signalled and compared."""
import glob
import json
import os
import signal
import subprocess
import sys
import time

import h5py
import numpy as np

PATIENCE = 120  # seconds without a word from a run: it hangs. How long a whole run takes depends on what else the machine does.

BLUR = """[data]
file = "blur.h5"
dataset = "counts"
axes = "yx"
background = 0.5
[psf]
kind = "gaussian"
fwhm_px = 3.0
[solver]
method = "richardson-lucy"
iterations = 6000
[convolution]
deterministic = true
[output]
name = "out"
fits = false
"""
MAP = """[data]
file = "blur.h5"
dataset = "counts"
axes = "yx"
background = 0.5
[psf]
kind = "gaussian"
fwhm_px = 3.0
[prior.space]
kind = "smooth"
strength = "auto"
[solver]
rtol = 1e-10
[posterior]
samples = 100
rtol = 1e-8
[output]
name = "out"
fits = false
"""
SHEAR = """[data]
kind = "maps"
file = "maps.h5"
noise_variance = "variance"
[grid]
pixel_arcmin = 0.5
center_deg = [150.0, 2.0]
[posterior]
samples = 600
rtol = 1e-8
[solver]
rtol = 1e-10
[output]
name = "out"
fits = false
"""


def require(ok, text):
    if not ok:
        print("FAILED: " + text, flush=True)
        sys.exit(1)


def passed(text):
    print("passed: " + text, flush=True)


def write_inputs(folder):
    random = np.random.default_rng(6)
    y, x = np.mgrid[0:40, 0:37]
    scene = 3 + 40 * np.exp(-((x - 12) ** 2 + (y - 20) ** 2) / 20) + 25 * np.exp(-((x - 25) ** 2 + (y - 9) ** 2) / 8)
    with h5py.File(os.path.join(folder, "blur.h5"), "w") as file:
        file["counts"] = random.poisson(scene).astype(float)
    n = 24
    with h5py.File(os.path.join(folder, "maps.h5"), "w") as file:
        file["gamma1"], file["gamma2"] = random.normal(0, 0.1, (2, n, n))
        file["variance"] = np.full((n, n), 0.01)


class Missed(Exception):
    """A run has come to its end before it could be stopped where it was to be."""


class Runner:
    """A program in a folder of its own."""

    def __init__(self, program, mpiexec, folder, config):
        self.program, self.mpiexec, self.folder, self.grace, self.logged = os.path.abspath(program), mpiexec, folder, 1, 0
        with open(self.path("run.toml"), "w", encoding="utf-8") as file:
            file.write(config)
        write_inputs(folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self, ranks, *words):
        # mpiexec kills what it has sent SIGTERM after a second, or after this time; it waits for all of it.
        log = self.path("out.jsonl")  # a resumed run goes on with it
        self.logged = os.path.getsize(log) if "--resume" in words and os.path.exists(log) else 0
        launcher = [self.mpiexec, "--mca", "odls_base_sigkill_timeout", str(self.grace), "-n", str(ranks)] if ranks > 1 else []
        with open(self.path("said.txt"), "w", encoding="utf-8") as said:  # nobody reads a pipe while it runs
            return subprocess.Popen(launcher + [self.program, "run.toml", *words], cwd=self.folder, stdout=said,
                                    stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)

    def said(self):
        with open(self.path("said.txt"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def words(self):
        """How much a run has said and logged: changes while it is at work."""
        return [os.path.getsize(self.path(name)) if os.path.exists(self.path(name)) else 0 for name in ("said.txt", "out.jsonl")]

    def wait(self, process, what, done):
        since, words = time.monotonic(), self.words()
        while not done():
            if self.words() != words:
                since, words = time.monotonic(), self.words()
            if time.monotonic() - since > PATIENCE:
                process.terminate()
                require(False, f"hangs: silent for {PATIENCE} s, {what}\n{self.said()[-2000:]}")
            time.sleep(0.02)

    def finish(self, process, code, said=()):
        self.wait(process, "not back", lambda: process.poll() is not None)
        out = self.said()
        require(process.returncode == code, f"exit code {process.returncode}, expected {code}\n{out[-2000:]}")
        for word in said:
            require(word in out, f"'{word}' is not said\n{out[-2500:]}")
        return out

    def run(self, ranks, *words, code=0, said=()):
        return self.finish(self.start(ranks, *words), code, said)

    def iterations(self, solver):
        """The last iteration of a solver in the log."""
        return self.last(solver).get("iteration", 0)

    def last(self, solver, since=0):
        """The last line of a solver in the log, behind so many bytes."""
        last = {}
        try:
            with open(self.path("out.jsonl"), encoding="utf-8") as file:
                file.seek(since)
                for line in file:
                    if line.endswith("\n") and f'"{solver}"' in line:
                        last = json.loads(line)
        except FileNotFoundError:
            pass
        return last

    def wait_for(self, process, solver, iteration):
        """Until this run, not one before it, is at an iteration."""
        there = lambda: self.last(solver, self.logged).get("iteration", 0) >= iteration
        self.wait(process, f"before iteration {iteration}", lambda: there() or process.poll() is not None)
        if not there():
            require(process.returncode == 0, f"ended with {process.returncode} before iteration {iteration}\n{self.said()[-1500:]}")
            raise Missed(f"{solver} was not seen at iteration {iteration}\n{self.said()[-1500:]}")

    def interrupted(self, ranks, solver, iteration, *words, sig=signal.SIGUSR1, code=75, said=()):
        """A run that gets a signal when it is at an iteration; mpiexec passes it on."""
        kept = self.state()
        for _ in range(4):  # a run may end sooner than it is looked at: it is put back to where it was, and tried again
            try:
                process = self.start(ranks, *words)
                self.wait_for(process, solver, iteration)
                process.send_signal(sig)
                self.wait(process, "not back", lambda: process.poll() is not None)
                if process.returncode != 0:
                    return self.finish(process, code, said)
            except Missed:
                pass
            self.clear()
            self.restore(kept)
        raise Missed(f"four runs ended before the signal, or took no notice of it\n{self.said()[-2000:]}")

    def stopped(self, n, after, solvers, *words):
        """What it says when it is stopped at each of these, on n and on other numbers of ranks in turn, and then goes on to its end."""
        said, ranks, auto = "", n, ("--resume", "auto")
        for solver in solvers:
            self.interrupted(ranks, solver, 1, *auto, *words)
            ranks = after if ranks == n else n
            said += self.run(ranks, *auto, *words, "--max-hours", "1e-9", code=75)
        return said + self.run(n, *auto, *words)

    def state(self):
        """The contents of what a run has left: its log and its checkpoints."""
        kept = {}
        for name in os.listdir(self.folder):
            if name.startswith("out"):
                with open(self.path(name), "rb") as file:
                    kept[name] = file.read()
        return kept

    def restore(self, kept):
        for name, content in kept.items():
            with open(self.path(name), "wb") as file:
                file.write(content)

    def saved_on_the_way(self, ranks, solver, iteration, *words):
        """A run that saves at an iteration and goes on to its end; a copy of that checkpoint."""
        for _ in range(8):  # a run that ends removes its checkpoints: it may be faster than the look at them
            process = self.start(ranks, *words)
            self.wait_for(process, solver, iteration)
            process.send_signal(signal.SIGUSR2)
            while process.poll() is None and not os.path.exists(self.path("kept.h5")):
                try:
                    os.link(self.path(self.checkpoints()[0]), self.path("kept.h5"))
                except (IndexError, FileNotFoundError):
                    time.sleep(0.002)
            self.finish(process, 0)
            if os.path.exists(self.path("kept.h5")):
                return "kept.h5"
            self.clear()
        require(False, "no checkpoint appears")

    def checkpoints(self):
        return sorted(os.path.basename(name) for name in glob.glob(self.path("out.ckpt.*.h5")))

    def clear(self):
        for name in os.listdir(self.folder):
            if name.startswith("out") or name in ("STOP", "CHECKPOINT", "kept.h5"):
                os.remove(self.path(name))

    def product(self):
        with h5py.File(self.path("out.h5")) as file:
            require(file.attrs["complete"] == 1, "the product is not complete")
            data = {name: values[()] for name, values in file["maps"].items()}
            data["history"] = file["convergence/iteration"][()]
            data["energies"] = file["convergence/energy"][()]
            data["resumed"] = file["provenance"].attrs.get("resumed", "")
        return data


def deconvolve(folder, config=BLUR):
    """A Runner of a script that is called with GROUP LACUNA-DECONVOLVE LACUNA-MASSMAP MPIEXEC."""
    return Runner(sys.argv[2], sys.argv[4], folder, config)


def massmap(folder, config=SHEAR):
    return Runner(sys.argv[3], sys.argv[4], folder, config)


def same(a, b, names, tolerance, what):
    """Equal bit by bit (tolerance 0), or to a part of the largest value."""
    for name in names:
        worst = np.nanmax(np.abs(a[name] - b[name])) / np.nanmax(np.abs(b[name]))
        good = np.array_equal(a[name], b[name], equal_nan=True) if tolerance == 0 else worst <= tolerance
        require(good, f"{what}: {name} differs by {worst:.2e}")


def reference(run, ranks=1):
    run.run(ranks)
    wanted = run.product()
    run.clear()
    return wanted


def flipped(path, data):
    """One bit of the field x in the file, as a bad disk would have it."""
    with open(path, "wb") as file:
        file.write(data)
    with h5py.File(path) as file:
        dataset = file["state/richardson-lucy/x"]
        offset = dataset.id.get_chunk_info(0).byte_offset + 100
    spoilt = bytearray(data)
    spoilt[offset] ^= 4
    return bytes(spoilt)
