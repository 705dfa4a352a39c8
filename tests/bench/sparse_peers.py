#!/usr/bin/env python3
"""sparse_peers.py PROBLEM.h5 lbfgsb|blmvm [SECONDS]: MAP of counts y ~ Poisson(H x + 1) with x >= 0 and the prior
strength/2 sum (differences of neighbours)^2, by SciPy's L-BFGS-B or PETSc's BLMVM. Prints one line of JSON: the trace of
(CPU seconds of the solve, energy in nats without constants). H is symmetric."""
import json
import sys
import time

import h5py
import numpy as np
import scipy.optimize
import scipy.sparse as sp

STRENGTH, BACKGROUND = 5e-4, 1.0


class Enough(Exception):
    pass


def load(path):
    with h5py.File(path) as file:
        H = sp.csr_matrix((file["H/data"][:], file["H/indices"][:], file["H/indptr"][:].astype(np.int32)), shape=file["H/shape"][:])
        return H, file["counts"][:].ravel().astype(float)


def smoothness(n):
    line = sp.diags([-np.ones(n), np.ones(n)], [0, 1], shape=(n - 1, n))
    squared = line.T @ line
    return (STRENGTH * (sp.kron(squared, sp.eye(n)) + sp.kron(sp.eye(n), squared))).tocsr()


def lbfgsb(H, y, start, record):
    prior, HT, light = smoothness(int(np.sqrt(y.size))), H.T.tocsr(), H.T @ np.ones(y.size)
    last = [0.0]

    def energy(x):
        mu, slope = H @ x + BACKGROUND, prior @ x
        last[0] = mu.sum() - y @ np.log(mu) + 0.5 * (x @ slope)
        return last[0], light - HT @ (y / mu) + slope
    scipy.optimize.minimize(energy, start, jac=True, method="L-BFGS-B", bounds=[(0, None)] * y.size, callback=lambda x: record(last[0]),
                            options={"maxiter": 100000, "maxfun": 1000000, "ftol": 1e-15, "gtol": 1e-6})


def blmvm(H, y, start, record):
    import petsc4py
    petsc4py.init(["peer"])
    from petsc4py import PETSc
    aij = lambda m: PETSc.Mat().createAIJ(m.shape, csr=(m.indptr.astype(PETSc.IntType), m.indices.astype(PETSc.IntType), m.data))
    A, prior = aij(H), aij(smoothness(int(np.sqrt(y.size))))
    x, light = A.createVecRight(), A.createVecRight()
    x.setArray(start)
    light.setArray(H.T @ np.ones(y.size))
    mu, ratio, slope, low, high = A.createVecLeft(), A.createVecLeft(), x.duplicate(), x.duplicate(), x.duplicate()
    low.set(0)
    high.set(1e20)

    def energy(_, at, gradient):
        A.mult(at, mu)
        mu.shift(BACKGROUND)
        mean = mu.getArray()
        ratio.setArray(y / mean)
        A.multTranspose(ratio, gradient)
        gradient.aypx(-1, light)
        prior.mult(at, slope)
        gradient.axpy(1, slope)
        return float(mean.sum() - y @ np.log(mean)) + 0.5 * at.dot(slope)
    tao = PETSc.TAO().create()
    tao.setType("blmvm")
    tao.setObjectiveGradient(energy, None)
    tao.setVariableBounds(low, high)
    tao.setTolerances(gatol=1e-7, grtol=0, gttol=0)
    tao.setMaximumIterations(100000)
    tao.setMaximumFunctionEvaluations(1000000)

    def monitor(solver):
        try:
            record(solver.getFunctionValue())
        except Enough:
            solver.setConvergedReason(PETSc.TAO.Reason.CONVERGED_USER)
    tao.setMonitor(monitor)
    tao.solve(x)


def main():
    H, y = load(sys.argv[1])
    limit, trace = float(sys.argv[3]) if len(sys.argv) > 3 else 60.0, []
    began = time.process_time()

    def record(energy):
        trace.append((time.process_time() - began, energy))
        if trace[-1][0] > limit:
            raise Enough
    try:
        {"lbfgsb": lbfgsb, "blmvm": blmvm}[sys.argv[2]](H, y, np.full(y.size, y.mean() - BACKGROUND), record)
    except Enough:
        pass
    print(json.dumps({"solver": sys.argv[2], "trace": trace}))


if __name__ == "__main__":
    main()
