"""numpy_wiener.py PROBLEM.h5 [RTOL]: the peer of bench_wiener: the same system by conjugate gradients with scipy's real FFTs
on one core, two transforms in and three out an application. Prints one line of JSON."""
import json
import sys
import time

import h5py
import numpy as np
from scipy.fft import irfft2, rfft2

with h5py.File(sys.argv[1]) as file:
    e1, e2, ninv, power = (file[name][:] for name in ("e1", "e2", "ninv", "power"))
rtol = float(sys.argv[2]) if len(sys.argv) > 2 else 1e-6
n, m = e1.shape
h = m // 2 + 1
k1, k2 = np.fft.fftfreq(n)[:, None], np.fft.fftfreq(m)[None, :]
kk = k1**2 + k2**2
kk[0, 0] = 1
d1, d2 = ((k1**2 - k2**2) / kk)[:, :h].copy(), (2 * k1 * k2 / kk)[:, :h].copy()
d2[n // 2] = d2[:, m // 2] = 0
s = np.sqrt(power[:, :h])


def forward(f):
    return irfft2(d1 * f, (n, m)), irfft2(d2 * f, (n, m))


def adjoint(g1, g2):
    return irfft2(s * (d1 * rfft2(g1) + d2 * rfft2(g2)), (n, m))


def apply(x):
    g1, g2 = forward(s * rfft2(x))
    return x + adjoint(ninv * g1, ninv * g2)


wall, cpu = time.perf_counter(), time.process_time()
b = adjoint(ninv * e1, ninv * e2)
x, r = np.zeros_like(b), b.copy()
p, rr, iterations = r.copy(), np.vdot(r, r), 0
while np.sqrt(rr) > rtol * np.linalg.norm(b):
    q = apply(p)
    a = rr / np.vdot(p, q)
    x += a * p
    r -= a * q
    new = np.vdot(r, r)
    p = r + (new / rr) * p
    rr, iterations = new, iterations + 1
print(json.dumps({"iterations": iterations, "solve_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}))
