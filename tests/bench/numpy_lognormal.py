#!/usr/bin/env python3
"""numpy_lognormal.py PROBLEM.h5: the same MAP by SciPy's Newton-CG with real FFTs of one thread. One line of JSON: seconds until the
energy is within 0.01 nats of the last one."""
import json
import sys
import time

import h5py
import numpy as np
import scipy.fft
import scipy.optimize

with h5py.File(sys.argv[1]) as f:
    y, power = f["counts"][:], f["power"][:]
n = y.shape[0]
amplitude = np.sqrt(power[:, : n // 2 + 1])
constant = float((y[y > 0] * np.log(y[y > 0]) - y[y > 0]).sum())
rate = None


def smooth(x):
    return scipy.fft.irfft2(amplitude * scipy.fft.rfft2(x), s=(n, n))


def energy(v):
    global rate
    xi = v.reshape(n, n)
    s = smooth(xi)
    rate = 5 * np.exp(s)
    e = rate.sum() - np.vdot(y, s + np.log(5.0)) + constant + 0.5 * np.vdot(xi, xi)
    return float(e), (smooth(rate - y) + xi).ravel()


def curvature(v, d):
    x = d.reshape(n, n)
    return (smooth(rate * smooth(x)) + x).ravel()  # rate: of the last energy, which is at v


trace, start = [], time.perf_counter()
result = scipy.optimize.minimize(energy, np.zeros(n * n), jac=True, hessp=curvature, method="Newton-CG",
                                 callback=lambda v: trace.append((time.perf_counter() - start, v.copy())),
                                 options=dict(xtol=1e-8, maxiter=200))
last = result.fun
seconds = next(t for t, v in trace if energy(v)[0] - last < 0.01)
print(json.dumps(dict(peer="scipy Newton-CG", seconds=round(seconds, 4), energy=last, products=result.nhev)))
