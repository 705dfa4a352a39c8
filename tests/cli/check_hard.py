"""Data on which solvers have failed: blank fields and logarithms, frames that were hardly exposed, matrices whose entries sum to nothing, norms in
Newton's method, frames without data, masks of nearly everything. Against bounds, other algorithms and dense solves.

check_hard.py LACUNA-DECONVOLVE LACUNA-SOLVE MPIEXEC"""
import os
import re
import subprocess
import sys
import tempfile

import h5py
import numpy as np
from scipy.optimize import minimize

from resuming import passed, require

IMAGES = """[data]
file = "data.h5"
dataset = "y"
axes = "tyx"
[psf]
kind = "gaussian"
sigma_px = 1.2
[solver]
iterations = 3000
[output]
name = "out"
fits = false
"""
MATRIX = """[data]
file = "data.h5"
dataset = "y"
axes = "x"
[operator]
file = "data.h5"
dataset = "H"
[model]
noise = "gaussian"
noise_sd = 1.0
[prior.space]
kind = "smooth"
strength = 0.01
[solver]
rtol = 1e-10
[output]
name = "out"
"""


class Solved:
    """Notes and maps of a run."""

    def __init__(self, folder, program, ranks, config, settings, codes=(0,), **data):
        path = os.path.join(folder, "data.h5")
        if data:
            with h5py.File(path, "w") as file:
                for name, values in data.items():
                    file[name.replace("__", "/")] = values
        with open(os.path.join(folder, "run.toml"), "w", encoding="utf-8") as file:
            file.write(config)
        words = [word for setting in settings for word in ("--set", setting)]
        done = subprocess.run([sys.argv[3], "-n", str(ranks), program, "run.toml", "--overwrite", *words], cwd=folder, capture_output=True, text=True,
                              check=False)
        self.said = done.stdout + done.stderr
        require(done.returncode in codes, f"{done.returncode} for {codes}: {settings}\n{self.said[-2500:]}")
        with h5py.File(os.path.join(folder, "out.h5")) as file:
            self.maps = {name: values[()] for name, values in file["maps"].items()}
            self.notes, self.start = dict(file["notes"].attrs), file["convergence/energy"][0]
            self.energy, self.gap = self.notes["energy"], self.notes["gap"]


class LogEnergy:
    """sum of exp(s) + b - y ln(exp(s) + b) and of 1/2 strength (differences of s)^2 in rows and columns, without a blur."""

    def __init__(self, counts, background, strength):
        self.y, self.b, self.strength = counts, background, strength

    def value(self, s):
        s = s.reshape(self.y.shape)
        mu, d = np.exp(s) + self.b, [np.diff(s, axis=a) for a in (-2, -1)]
        return np.sum(mu - self.y * np.log(mu)) + 0.5 * self.strength * sum(np.sum(v**2) for v in d)

    def slope(self, s):
        s = s.reshape(self.y.shape)
        g = np.exp(s) * (1 - self.y / (np.exp(s) + self.b))
        for a in (-2, -1):
            d = self.strength * np.diff(s, axis=a)
            pad = [(0, 0)] * s.ndim
            pad[a] = (1, 1)
            g -= np.diff(np.pad(d, pad), axis=a)
        return g.ravel()

    def least(self, start):
        """SciPy's, begun at the estimate too: what it finds below that is missing there."""
        options = {"maxiter": 20000, "maxfun": 40000, "ftol": 1e-15, "gtol": 1e-9, "maxcor": 50}
        return min(minimize(self.value, s, jac=self.slope, method="L-BFGS-B", options=options).fun
                   for s in (start.ravel(), np.full(start.size, np.log(max(self.y.mean() - self.b, 0.1)))))


def logarithms(folder, ranks):
    """Counts below the background take pixels far down in s = ln x; without priors of s it is the same as bounds."""
    counts = np.random.default_rng(0).poisson(4.6, (4, 16, 16)).astype(float)
    for strength in (0.003, 0.1, 3):
        run = Solved(folder, sys.argv[1], ranks, IMAGES, ("data.background=5", "solver.positivity=exp", "psf.sigma_px=0.05", "prior.space.kind=smooth",
                                                          f"prior.space.strength={strength}"), y=counts)
        energy = LogEnergy(counts, 5, strength)
        s = np.log(run.maps["estimate"])
        require(abs(energy.value(s) - run.energy) < 1e-9 * abs(run.energy), f"the energy is {energy.value(s)}, not {run.energy}")
        above, allowed = run.energy - energy.least(s), 1e-6 * (run.start - run.energy)
        require(above < 2 * allowed, f"strength {strength}: {above} nats above, {allowed} are allowed")
        passed(f"logarithms of a blank field, strength {strength}, {ranks} ranks: {above:.1e} nats above, {allowed:.1e} are allowed")
    for noise in ("poisson", "gaussian", "truncated-poisson", "censored-poisson", "poisson-gaussian"):
        zero = Solved(folder, sys.argv[1], ranks, IMAGES, (
            "data.background=0.5", "solver.positivity=exp", "prior.space.kind=smooth", "prior.space.strength=0.1", f"model.noise={noise}", *{
                "gaussian": ["model.noise_sd=1"], "poisson-gaussian": ["data.read_noise=1"]}.get(noise, ["model.ceiling=10"] if "-" in noise else [])),
                      y=np.zeros((3, 6, 6)))
        require(zero.maps["estimate"].max() < 1e-5, f"{noise}: zeros give {zero.maps['estimate'].max()}")
    passed(f"logarithms of zeros, {ranks} ranks")
    for prior in ((), ("prior.time.kind=random_walk", "prior.time.sd=1", "prior.time.initial_sd=9", "posterior.samples=5"),
                  ("prior.space.kind=smooth", "prior.space.strength=0.1", "prior.space.on=x"),
                  ("prior.space.kind=total_variation", "prior.space.strength=0.5")):
        bound, log = (Solved(folder, sys.argv[1], ranks, IMAGES, ("data.background=4", f"solver.positivity={p}", *prior), (0, 3), y=counts)
                      for p in ("bound", "exp"))
        require('"exp" is the same as "bound"' in log.said and '"exp"' not in bound.said, f"exp is not said to be bound:\n{log.said}")
        worst = max(np.nanmax(abs(bound.maps[name] - log.maps[name])) for name in ("estimate", "active", "std") if name in bound.maps)
        require(worst < 1e-9 and (prior or log.maps["active"].any()), f"{prior}: exp is {worst} away from bound")
        passed(f"exp without priors of the logarithm is bound, {prior[:1]}, {ranks} ranks")
    run = Solved(folder, sys.argv[1], ranks, IMAGES, (
        "data.background=4", "solver.positivity=exp", "prior.time.kind=random_walk", "prior.time.sd=1", "prior.time.on=log", "prior.space.kind=smooth",
        "prior.space.strength=0.01", "prior.space.on=x", "posterior.samples=8"), y=counts)
    std, brightest = run.maps["std"], run.maps["estimate"].max()
    flat = int(np.isnan(std).sum())
    require(0 < flat < std.size and np.nanmax(std) <= 20 * brightest and f"is flat at {flat} pixel" in run.said, f"{flat} of {std.size}\n{run.said[-900:]}")
    require("need not be convex" in run.said, "nothing is said of minima")
    passed(f"pixels whose logarithm may be anything have no standard deviation, {ranks} ranks: {flat}")


def exposures(folder, ranks):
    random = np.random.default_rng(1)
    counts = random.poisson(random.gamma(2, 10, (4, 12, 12)) + 5).astype(float)
    energies = []
    for dim in (0, 1e-16, 1e-9, 1e-8, 1e-7):
        counts[1] = random.poisson(5, (12, 12)) if dim == 0 else counts[1]
        energies.append(Solved(folder, sys.argv[1], ranks, IMAGES, ("data.background=5", f"data.exposure=[1.0, {dim}, 1.0, 1.0]",
                                                                    "prior.time.kind=random_walk", "prior.time.sd=5"), y=counts).energy)
    require(max(energies) - min(energies) < 0.05, f"energies {energies}")
    passed(f"frames that were hardly exposed, {ranks} ranks: {max(energies) - min(energies):.1e} nats apart")


def matrices(folder, ranks):
    n, random = 30, np.random.default_rng(4)
    for trial in range(4):
        full = random.normal(size=(n, n)) * (random.random((n, n)) < 0.4)
        H = np.triu(full, 1) - np.triu(full, 1).T
        if trial > 1:  # rounding makes the sum positive, as the sign of the data then asks for
            H[0, 1] += 1e-15
        y = 20 + random.normal(size=n)
        D = np.diff(np.eye(n), axis=0)
        wanted = np.linalg.solve(H.T @ H + 0.01 * D.T @ D, H.T @ y)
        rows, columns = np.nonzero(H)
        got = Solved(folder, sys.argv[2], ranks, MATRIX, (), y=y, H__data=H[rows, columns], H__indices=columns,
                     H__indptr=np.append(0, np.cumsum(np.bincount(rows, minlength=n))), H__shape=np.array([n, n])).maps["estimate"].ravel()
        worst = np.abs(got - wanted).max() / np.abs(wanted).max()
        require(worst < 1e-3, f"skew matrix {trial}: {worst:.1e} away")
        passed(f"skew matrix {trial}, {ranks} ranks: {worst:.1e}")


def norms(folder, ranks):
    random = np.random.default_rng(2)
    counts = random.poisson(random.gamma(2, 10, (2, 16, 16)) + 1).astype(float)
    for kind, strength in (("space.kind=total_variation", "space.strength=0.3"), ("time.kind=total_variation", "time.strength=0.3"),
                           ("space.kind=starlet", "space.strength=0.2")):
        settings = ("data.background=1", f"prior.{kind}", f"prior.{strength}")
        exact = Solved(folder, sys.argv[1], ranks, IMAGES, (*settings, "solver.algorithm=admm", "solver.iterations=5000"), (0, 3), y=counts)
        newton = Solved(folder, sys.argv[1], ranks, IMAGES, (*settings, "solver.algorithm=newton"), y=counts)
        allowed = 1e-6 * (newton.start - exact.energy)
        require(newton.energy - exact.energy < allowed and newton.gap < 1.1 * allowed,
                f"{kind}: {newton.energy - exact.energy:.1e} above, told {newton.gap:.1e}, allowed {allowed:.1e}")
        slack, distance = exact.notes["kkt_slack"], np.linalg.norm(exact.maps["estimate"] - newton.maps["estimate"])
        bound = slack + exact.notes["kkt_residual"] * distance
        require(slack >= 0 and exact.energy - newton.energy <= bound < 0.01, f"{kind}: {bound:.1e} nats by the KKT residual")
        passed(f"{kind}, {ranks} ranks: Newton {newton.energy - exact.energy:.1e} nats above ADMM, {allowed:.1e} are allowed, "
               f"{bound:.1e} below by the KKT residual")


def standstill(folder, ranks):
    """Starlets by Newton's method to the last digits: conjugate gradients do not find what the quadratic promises, and it went on for thousands of steps."""
    random = np.random.default_rng(1)
    counts = random.poisson(2 + 30 * (random.random((1, 9, 8)) > 0.9)).astype(float)
    settings = ("data.background=0.5", "psf.sigma_px=0.8", "model.region=valid", "prior.space.kind=starlet", "prior.space.strength=0.3", "solver.rtol=1e-8",
                "solver.iterations=5000", "convolution.deterministic=true")
    newton = Solved(folder, sys.argv[1], ranks, IMAGES, (*settings, "solver.algorithm=newton"), (0, 3), y=counts)
    steps = int(re.search(r"after (\d+) iterations", newton.said)[1])
    exact = Solved(folder, sys.argv[1], ranks, IMAGES, (*settings, "solver.algorithm=admm"), (0, 3), y=counts)
    bound = exact.notes["kkt_slack"] + exact.notes["kkt_residual"] * np.linalg.norm(exact.maps["estimate"] - newton.maps["estimate"])
    require(steps < 1500 and -bound < newton.energy - exact.energy < 1e-5, f"{steps} steps, {newton.energy - exact.energy:.1e} above ADMM")
    passed(f"a standstill, {ranks} ranks: {steps} steps, {newton.energy - exact.energy:.1e} nats above ADMM")


def blank(folder, ranks):
    """Smoothness says nothing of the mean of a frame without data."""
    counts, use = np.random.default_rng(3).poisson(20, (3, 6, 6)).astype(float), np.ones((3, 6, 6))
    use[1] = 0
    settings = ("prior.space.kind=smooth", "prior.space.strength=0.05", "posterior.samples=20", "data.mask=data.h5:mask")
    for noise in (("model.noise=gaussian", "model.noise_sd=4"), ()):
        run = Solved(folder, sys.argv[1], ranks, IMAGES, (*settings, *noise), y=counts, mask=use)
        std = run.maps["std"]
        require(np.isnan(std[1]).all() and np.isfinite(std[[0, 2]]).all() and "mean of frame 1" in run.said, f"std {std.mean(axis=(1, 2))}\n{run.said[-900:]}")
        run = Solved(folder, sys.argv[1], ranks, IMAGES, (*settings[:-1], *noise, "prior.time.kind=random_walk", "prior.time.sd=1", "data.mask=data.h5:mask"),
                     y=counts, mask=use)
        require(np.isfinite(run.maps["std"]).all(), "a frame that its neighbours determine has no std")
    passed(f"a frame without data has no standard deviation, {ranks} ranks")


def levels(folder, ranks):
    """The typical brightness where nearly all is masked, and where exposures of masked data are not known."""
    random = np.random.default_rng(6)
    counts, use = random.poisson(50, (1, 16, 16)).astype(float), np.zeros((1, 16, 16))
    use.ravel()[random.choice(256, 8, replace=False)] = 1
    sharp = ("psf.sigma_px=0.1", "data.mask=data.h5:mask")
    run = Solved(folder, sys.argv[1], ranks, IMAGES, (*sharp, "prior.space.kind=entropy", "prior.space.strength=0.1"), y=counts, mask=use)
    masked = np.median(run.maps["estimate"])
    require(30 < masked < 80, f"masked pixels of a field of 50 are {masked}")
    exposure = np.where(use == 0, np.nan, 1.0)
    Solved(folder, sys.argv[1], ranks, IMAGES, (*sharp, "prior.space.kind=smooth", "prior.space.strength=0.1", "data.exposure=data.h5:exposure"),
           y=counts, mask=use, exposure=exposure)
    passed(f"the level of a few pixels, {ranks} ranks: {masked:.1f}")


def optima(folder, ranks):
    """A start that is the optimum, with norms; a field so smooth that most of its modes have no power."""
    Solved(folder, sys.argv[1], ranks, IMAGES, ("model.boundary=periodic", "prior.space.kind=total_variation", "prior.space.strength=0.3",
                                                "solver.positivity=exp"), y=np.full((1, 16, 16), 7.0))
    run = Solved(folder, sys.argv[1], ranks, IMAGES, ("model.boundary=periodic", "model.noise=gaussian", "model.noise_sd=100", "prior.space.kind=gaussian",
                                                      "prior.space.sd=0.001", "prior.space.correlation_px=1e9", "prior.space.smoothness=20",
                                                      "prior.space.mean=50"), y=50 + np.random.default_rng(7).normal(0, 100, (1, 16, 16)))
    require(abs(run.maps["estimate"] - 50).max() < 0.01, f"a field of sd 0.001 goes to {run.maps['estimate'].min()}")
    passed(f"starts that are optima, {ranks} ranks")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="lacuna_hard_") as scratch:
        for n in (1, 3):
            for check in (logarithms, exposures, matrices, norms, standstill, blank, levels, optima):
                check(scratch, n)
