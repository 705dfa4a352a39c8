"""Gaussian fields with modes that do not vary, P(k) = 0: estimates and standard deviations against dense solves over the fields that are left.

check_still_modes.py LACUNA-DECONVOLVE MPIEXEC"""
import os
import subprocess
import sys
import tempfile

import h5py
import numpy as np
from scipy.optimize import minimize, nnls

from check_fields import frequency
from resuming import passed, require

SHAPE, NOISE, MEAN, BACKGROUND = (8, 9), 0.7, 1.0, 0.3
TABLE = np.array([[0, 0], [0.4, 12], [1.2, 5], [2.0, 0], [5.0, 0]])  # none of a constant, none of short waves
CONFIG = """[data]
file = "data.h5"
dataset = "{data}"
axes = "yx"
exposure = "exposure"
background = {background}
[psf]
kind = "file"
file = "data.h5"
dataset = "psf"
normalise = false
[model]
boundary = "periodic"
[prior.space]
kind = "gaussian"
spectrum = "power.txt"
mean = {mean}
[solver]
rtol = 1e-14
[output]
name = "out"
fits = false
"""


class Dense:
    """The same problem with matrices: x = mean + B c, B an orthonormal basis of what varies."""

    def __init__(self):
        random = np.random.default_rng(5)
        self.power = np.interp(frequency(SHAPE, (1, 1)), *TABLE.T)
        n = self.power.size
        unit = np.eye(n).reshape(n, *SHAPE)
        filtered = lambda t: np.fft.ifft2(t * np.fft.fft2(unit)).real.reshape(n, n).T
        values, vectors = np.linalg.eigh(filtered((self.power > 0).astype(float)))
        self.B = vectors[:, values > 0.5]
        self.R = self.B.T @ filtered(1 / np.where(self.power > 0, self.power, np.inf)) @ self.B
        self.psf = np.array([[0.05, 0.1, 0], [0.2, 0.4, 0.1], [0, 0.1, 0.05]])
        kernel = np.zeros(SHAPE)
        for (y, x), value in np.ndenumerate(self.psf):
            kernel[y - 1, x - 1] += value
        self.exposure = random.uniform(0.5, 1.5, SHAPE)
        blur = np.fft.ifft2(np.fft.fft2(kernel) * np.fft.fft2(unit)).real.reshape(n, n).T
        self.A = self.exposure.ravel()[:, None] * blur
        self.x = MEAN + self.B @ np.linalg.cholesky(np.linalg.inv(self.R)) @ random.normal(size=self.B.shape[1])
        mean = self.A @ np.maximum(self.x, 0) + BACKGROUND
        self.counts = random.poisson(4 * mean).astype(float).reshape(SHAPE)
        self.noisy = (self.A @ self.x + BACKGROUND + random.normal(0, NOISE, n)).reshape(SHAPE)

    def write(self, folder):
        np.savetxt(os.path.join(folder, "power.txt"), TABLE)
        with h5py.File(os.path.join(folder, "data.h5"), "w") as file:
            file["noisy"], file["counts"], file["exposure"], file["psf"] = self.noisy, self.counts, self.exposure, self.psf

    def gaussian(self):
        """Curvature and right-hand side in c."""
        J = self.A @ self.B / NOISE
        residual = (self.noisy.ravel() - BACKGROUND - self.A @ np.full(self.A.shape[1], MEAN)) / NOISE
        return J.T @ J + self.R, J.T @ residual

    def above_zero(self):
        """Of least energy with no pixel below 0: a least-distance problem (Lawson and Hanson 1974, chapter 23), solved by NNLS."""
        H, b = self.gaussian()
        root = np.linalg.cholesky(H)
        free = np.linalg.solve(H, b)
        G, g = np.linalg.solve(root, self.B.T).T, -(MEAN + self.B @ free)  # G u >= g, c = free + root^-T u
        E = np.vstack([G.T, g])
        r = E @ nnls(E, np.append(np.zeros(len(free)), 1), maxiter=1000)[0] - np.append(np.zeros(len(free)), 1)
        return MEAN + self.B @ (free + np.linalg.solve(root.T, -r[:-1] / r[-1]))

    def energy(self, x):
        c, mu = self.B.T @ (x.ravel() - MEAN), self.A @ x.ravel() + BACKGROUND
        return 0.5 * (((mu - self.noisy.ravel()) / NOISE) ** 2).sum() + 0.5 * c @ self.R @ c

    def poisson(self, c, image):
        """Energy and gradient in c, of counts."""
        s = MEAN + self.B @ c
        x, slope = (np.exp(s), np.exp(s)) if image == "exp" else (s, np.ones_like(s))
        mu = self.A @ x + BACKGROUND
        y = self.counts.ravel()
        return (mu - y * np.log(mu)).sum() + 0.5 * c @ self.R @ c, self.B.T @ (slope * (self.A.T @ (1 - y / mu))) + self.R @ c


def run(folder, ranks, data, *settings, code=0, said=()):
    with open(os.path.join(folder, "run.toml"), "w", encoding="utf-8") as file:
        file.write(CONFIG.format(data=data, background=BACKGROUND, mean=MEAN))
    words = [word for setting in settings for word in ("--set", setting)]
    done = subprocess.run([sys.argv[2], "-n", str(ranks), sys.argv[1], "run.toml", "--overwrite", *words], cwd=folder, capture_output=True, text=True,
                          check=False)
    out = done.stdout + done.stderr
    require(done.returncode == code and all(word in out for word in said), f"{done.returncode} for {code}, {said}\n{out[-2500:]}")
    if code != 0:
        return None
    with h5py.File(os.path.join(folder, "out.h5")) as file:
        maps = {name: values[()].reshape(SHAPE) for name, values in file["maps"].items() if name in ("estimate", "std")}
        return maps | {name: file["notes"].attrs[name] for name in ("kkt_residual", "kkt_slack")}


def near(x, wanted, tolerance, what):
    worst = np.abs(x.ravel() - wanted.ravel()).max() / np.abs(wanted).max()
    require(worst < tolerance, f"{what}: {worst:.1e} away")
    passed(f"{what}: {worst:.1e}")


def within(result, way, left, most=1e-3):
    """The energy above the minimum and the conditions of a minimum: a bound (docs/theory.md), and a small one."""
    slack, bound = result["kkt_slack"], result["kkt_slack"] + result["kkt_residual"] * np.linalg.norm(way)
    require(slack >= 0 and left - 1e-7 <= bound < most, f"{left:.1e} nats above the minimum, {bound:.1e} by the KKT residual")
    passed(f"KKT residual {result['kkt_residual']:.1e}, slack {slack:.1e}")


def main(folder):
    dense = Dense()
    dense.write(folder)
    noise = ("model.noise=gaussian", f"model.noise_sd={NOISE}")
    H, b = dense.gaussian()
    wanted = MEAN + dense.B @ np.linalg.solve(H, b)
    sd = np.sqrt(np.einsum("ij,jk,ik->i", dense.B, np.linalg.inv(H), dense.B))
    above = dense.above_zero()
    require(wanted.min() < -0.1 and above.min() > -1e-8, f"a bound that holds nothing: {wanted.min():.2f}, {above.min():.1e}")
    start = np.zeros(dense.B.shape[1])
    options = {"gtol": 1e-9, "maxiter": 5000}
    logarithm = minimize(dense.poisson, start, args=("exp",), jac=True, method="BFGS", options=options)
    slope = np.abs(dense.poisson(logarithm.x, "exp")[1]).max()
    require(slope < 1e-4, f"the reference has a gradient of {slope:.1e}")
    for ranks in (1, 2, 3):
        for algorithm in ("newton", "quasi-newton"):
            got = run(folder, ranks, "noisy", *noise, "solver.positivity=none", f"solver.algorithm={algorithm}")
            near(got["estimate"], wanted, 1e-7 if algorithm == "newton" else 1e-5, f"{algorithm}, {ranks} ranks")
        require(abs(got["estimate"].mean() - MEAN) < 1e-12, "the mean of a field without power at k = 0")
        got = run(folder, ranks, "noisy", *noise, "solver.positivity=none", "posterior.samples=800", "posterior.rtol=1e-8")
        spread = np.abs(got["std"].ravel() / sd - 1).max() * np.sqrt(2 * 800)
        require(spread < 5, f"standard deviation: {spread:.1f} sigma")
        passed(f"standard deviation, {ranks} ranks: within {spread:.1f} sigma")
        result = run(folder, ranks, "noisy", *noise, "solver.positivity=bound", "solver.rtol=1e-9")
        got = result["estimate"]
        require(got.min() >= 0, f"a pixel below 0: {got.min()}")
        varies = np.abs(np.fft.fft2(got - MEAN)[dense.power == 0]).max() / got.size
        left = dense.energy(got) - dense.energy(above)
        require(varies < 1e-12 and -1e-7 < left < 1e-5, f"bounds: modes that do not vary have {varies:.1e}; {left:.1e} nats above the minimum")
        within(result, got - above.reshape(SHAPE), left)
        passed(f"bounds, {ranks} ranks: {left:.1e} nats above the minimum")
        got = run(folder, ranks, "counts", "solver.positivity=exp", "prior.space.on=log")["estimate"]
        near(np.log(got), MEAN + dense.B @ logarithm.x, 1e-5, f"logarithm of counts, {ranks} ranks")
        result = run(folder, ranks, "counts", "solver.rtol=1e-9")
        estimate = result["estimate"]
        c = dense.B.T @ (estimate.ravel() - MEAN)
        reference = minimize(dense.poisson, c * 0, args=("bound",), jac=True, method="SLSQP", options={"ftol": 1e-13, "maxiter": 500},
                             constraints={"type": "ineq", "fun": lambda c: MEAN + dense.B @ c, "jac": lambda c: dense.B})
        left = dense.poisson(c, "bound")[0] - reference.fun
        require(reference.success and -1e-6 < left < 1e-4, f"counts with bounds: {left:.1e} nats above {reference.message}")
        within(result, dense.B @ (c - reference.x), left)
        passed(f"counts with bounds, {ranks} ranks: {left:.1e} nats above the minimum")
    coarse = run(folder, 1, "noisy", *noise, "solver.positivity=bound", "solver.rtol=1e-2")
    within(coarse, coarse["estimate"] - above.reshape(SHAPE), dense.energy(coarse["estimate"]) - dense.energy(above), 10)
    run(folder, 1, "counts", "prior.space.mean=0", code=78, said=["no power at k = 0", "mean"])
    run(folder, 1, "counts", "posterior.samples=10", code=78, said=["no samples"])
    run(folder, 1, "counts", "solver.positivity=exp", "prior.space.on=x", "prior.time.kind=gamma", "prior.time.shape=10", code=78,
        said=["on = \"log\""])
    near(run(folder, 1, "counts", "solver.positivity=exp", "prior.space.on=x")["estimate"], run(folder, 1, "counts")["estimate"], 1e-9,
         "exp without a prior of the logarithm is bound")
    run(folder, 1, "counts", "model.boundary=zero", code=78, said=["ADMM alone", "periodic"])
    passed("what is refused")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="lacuna_still_") as scratch:
        main(scratch)
