#!/usr/bin/env python3
"""poisson_peers.py CASE PEER FOLDER TARGET SECONDS: general-purpose solvers on the cases of poisson_rounds.py, from a flat image (b5: from the
mean over the frames), until the energy, deviance/2 + prior, is below TARGET or SECONDS of user CPU have passed. Prints one line of JSON: the seconds
and the lowest energy. PEER: lbfgsb (SciPy), blmvm (PETSc's TAO, by petsc4py), pdhg (numpy: Chambolle & Pock 2011)."""
import json
import resource
import sys

import numpy as np
import scipy.fft
import scipy.optimize
import scipy.sparse as sp

BACKGROUND = 1.0
SMOOTH, TV, STEP, FIRST_MEAN, FIRST_SD = 5e-4, 0.25, 0.6, 10.0, 10.0


class Enough(Exception):
    pass


def user_seconds():
    return resource.getrusage(resource.RUSAGE_SELF).ru_utime


def half_deviance(y, mu):
    return float(mu.sum() - y @ np.log(mu) + CONSTANT)


def assembled(psf, n):
    """The zero-boundary blur of an n x n image as a sparse matrix."""
    r = psf.shape[0] // 2
    shift = {d: sp.eye(n, k=d, format="csr") for d in range(-r, r + 1)}
    return sum(psf[r - dy, r - dx] * sp.kron(shift[dy], shift[dx], format="csr") for dy in shift for dx in shift).tocsr()


def differences(n):
    line = sp.diags([-np.ones(n), np.ones(n)], [0, 1], shape=(n - 1, n))
    return sp.vstack([sp.kron(line, sp.eye(n)), sp.kron(sp.eye(n), line)]).tocsr()


def periodic(psf, n):
    """The periodic blur of the last two axes, and its adjoint, by FFT."""
    kernel = np.zeros((n, n))
    kernel[: psf.shape[0], : psf.shape[1]] = psf
    h = scipy.fft.rfft2(np.roll(kernel, (-(psf.shape[0] // 2),) * 2, (0, 1)))
    apply = lambda x, factor: scipy.fft.irfft2(scipy.fft.rfft2(x) * factor, s=(n, n))
    return lambda x: apply(x, h), lambda x: apply(x, h.conj())


def image_problem(y, psf, smooth):
    """Energy with gradient of b2, on the assembled matrix."""
    n = y.shape[0]
    H, D, counts = assembled(psf, n), differences(n), y.ravel()
    HT, light, K = H.T.tocsr(), H.T @ np.ones(n * n), (smooth * (D.T @ D)).tocsr()

    def energy(x):
        mu = H @ x + BACKGROUND
        slope = K @ x if smooth else 0 * x
        return half_deviance(counts, mu) + 0.5 * (x @ slope), light - HT @ (counts / mu) + slope
    return energy, np.full(y.size, max(y.mean() - BACKGROUND, 0.1))


def movie_problem(y, psf):
    """Energy with gradient of b5: a random walk in time."""
    blur, adjoint = periodic(psf, y.shape[-1])

    def energy(v):
        x = v.reshape(y.shape)
        mu = np.maximum(blur(x) + BACKGROUND, 1e-12)
        step, first = np.diff(x, axis=0) / STEP**2, (x[0] - FIRST_MEAN) / FIRST_SD**2
        slope = adjoint(1 - y / mu)
        slope[0] += first
        slope[1:] += step
        slope[:-1] -= step
        prior = 0.5 * STEP**2 * np.vdot(step, step) + 0.5 * FIRST_SD**2 * np.vdot(first, first)
        return half_deviance(y.ravel(), mu.ravel()) + float(prior), slope.ravel()
    return energy, np.broadcast_to(np.maximum(y.mean(0) - BACKGROUND, 0.1), y.shape).ravel().copy()


def lbfgsb(energy, start, record):
    last = [0.0]

    def watched(x):
        last[0], slope = energy(x)
        return last[0], slope
    scipy.optimize.minimize(watched, start, jac=True, method="L-BFGS-B", bounds=[(0, None)] * start.size,
                            callback=lambda x: record(last[0]), options={"maxiter": 10**6, "maxfun": 10**7, "ftol": 1e-16, "gtol": 1e-9})


def blmvm(energy, start, record):
    import petsc4py
    petsc4py.init(["peer"])
    from petsc4py import PETSc
    x = PETSc.Vec().createSeq(start.size)
    low, high = x.duplicate(), x.duplicate()
    x.setArray(start)
    low.set(0)
    high.set(1e20)

    def both(_, at, gradient):
        value, slope = energy(at.getArray(readonly=True))
        gradient.setArray(slope)
        return value
    tao = PETSc.TAO().create(PETSc.COMM_SELF)
    tao.setType("blmvm")
    tao.setObjectiveGradient(both, None)
    tao.setVariableBounds(low, high)
    tao.setTolerances(gatol=1e-9, grtol=0, gttol=0)
    tao.setMaximumIterations(10**6)
    tao.setMaximumFunctionEvaluations(10**7)

    def monitor(solver):
        try:
            record(solver.getFunctionValue())
        except Enough:
            solver.setConvergedReason(PETSc.TAO.Reason.CONVERGED_USER)
    tao.setMonitor(monitor)
    tao.solve(x)


def pdhg(y, psf, record):
    """b4: total variation with x >= 0. Duals of the counts and of the gradient; the ratio of the steps is the best of a scan."""
    n = y.shape[0]
    blur, adjoint = periodic(psf, n)
    D = differences(n)
    rows = [slice(0, (n - 1) * n), slice((n - 1) * n, None)]

    def gradient(x):
        g, d = np.zeros((2, n, n)), D @ x.ravel()
        g[0, :-1], g[1, :, :-1] = d[rows[0]].reshape(n - 1, n), d[rows[1]].reshape(n, n - 1)
        return g

    def divergence(p):
        return (D.T @ np.concatenate([p[0, :-1].ravel(), p[1, :, :-1].ravel()])).reshape(n, n)
    x = np.full((n, n), y.mean() - BACKGROUND)
    ahead, q, p = x.copy(), np.zeros((n, n)), np.zeros((2, n, n))
    sigma = 0.03
    tau = 0.99 / (9 * sigma)
    for iteration in range(10**6):
        v = q + sigma * (blur(ahead) + BACKGROUND)
        q = 0.5 * (v + 1 - np.sqrt((v - 1) ** 2 + 4 * sigma * y))
        p += sigma * gradient(ahead)
        p *= TV / np.maximum(np.hypot(p[0], p[1]), TV)
        before = x
        x = np.maximum(x - tau * (adjoint(q) + divergence(p)), 0)
        ahead = 2 * x - before
        if iteration % 10 == 9:
            mu = np.maximum(blur(x) + BACKGROUND, 1e-12)
            record(half_deviance(y.ravel(), mu.ravel()) + TV * float(np.hypot(*gradient(x)).sum()))


case, peer, folder, target, limit = *sys.argv[1:4], float(sys.argv[4]), float(sys.argv[5])
y, psf = (np.load(f"{folder}/{case[:2]}_{what}.npy") for what in ("counts", "psf"))
CONSTANT = float((y[y > 0] * np.log(y[y > 0])).sum() - y.sum())
lowest = float("inf")
solve = {"lbfgsb": lbfgsb, "blmvm": blmvm}.get(peer)
if solve:
    problem = movie_problem(y, psf) if case == "b5" else image_problem(y, psf, SMOOTH if case == "b2map" else 0)
began = user_seconds()


def record(energy):
    global lowest
    lowest = min(lowest, energy)
    if lowest <= target or user_seconds() - began > limit:
        raise Enough


try:
    solve(*problem, record) if solve else pdhg(y, psf, record)
except Enough:
    pass
print(json.dumps({"seconds": user_seconds() - began, "energy": lowest}))
