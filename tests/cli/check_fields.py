"""Gaussian fields and innovations whose spectra come from a file or a model, on pixels that are not square, and the Wiener filter of frames
with exposures of their own, against closed forms in Fourier space.

check_fields.py LACUNA-DECONVOLVE MPIEXEC"""
import os
import subprocess
import sys
import tempfile

import h5py
import numpy as np

from resuming import passed, require

NOISE = 0.7
CONFIG = """[data]
file = "data.h5"
dataset = "y"
axes = "{axes}"
[psf]
kind = "file"
file = "data.h5"
dataset = "point"
[model]
noise = "gaussian"
noise_sd = {noise}
boundary = "periodic"
[solver]
positivity = "none"
rtol = 1e-14
[output]
name = "out"
fits = false
"""


def frequency(shape, spacing):
    """|k|, radians a unit of the spacing."""
    axes = np.meshgrid(*(2 * np.pi * np.fft.fftfreq(n) / s for n, s in zip(shape, spacing)), indexing="ij")
    return np.sqrt(sum(k**2 for k in axes))


def matern(k, sd, length, nu, dimensions):
    power = (2 * nu / length**2 + k**2) ** (-nu - dimensions / 2)
    return sd**2 * power / power.mean()


def solve(folder, y, point, axes, prior, ranks, settings=()):
    with h5py.File(os.path.join(folder, "data.h5"), "w") as file:
        file["y"], file["point"] = y, point
    with open(os.path.join(folder, "run.toml"), "w", encoding="utf-8") as file:
        file.write(CONFIG.format(axes=axes, noise=NOISE) + prior)
    words = [word for setting in settings for word in ("--set", setting)]
    done = subprocess.run([sys.argv[2], "-n", str(ranks), sys.argv[1], "run.toml", "--overwrite", *words], cwd=folder, capture_output=True, text=True,
                          check=False)
    require(done.returncode == 0, f"{done.returncode}\n{done.stdout[-2000:]}{done.stderr}")
    with h5py.File(os.path.join(folder, "out.h5")) as file:
        x = file["maps/estimate"][()]
        return x.reshape(y.shape) if x.size == y.size else x.squeeze()


def near(x, wanted, what):
    worst = np.abs(x - wanted).max() / np.abs(wanted).max()
    require(worst < 1e-8, f"{what}: {worst:.1e} away")
    passed(f"{what}: {worst:.1e}")


def transfer(point, sizes):
    """Of a 3 x 3 PSF on a periodic grid."""
    return np.fft.fft2(np.roll(np.pad(point, [(0, n - 3) for n in sizes]), (-1, -1), (0, 1)))


def main(folder):
    random = np.random.default_rng(11)
    table_k, table_p = np.array([0, 0.5, 1.5, 4.0]), np.array([9.0, 3.0, 0.5, 0.1])
    np.savetxt(os.path.join(folder, "power.txt"), np.column_stack([table_k, table_p]))
    for ranks in (1, 2, 3):
        for shape, axes, spacing in (((9, 14), "yx", (2.5, 1)), ((5, 6, 7), "zyx", (4.0, 0.5, 1))):
            y, point = random.normal(0, 2, shape), np.ones((1,) * len(shape))
            k = frequency(shape, spacing)
            given = f"spacing = [{', '.join(str(3 * s) for s in spacing)}]\n"  # ratios alone count
            for name, power, keys in (("matern", matern(k, 1.3, 3, 0.8, len(shape)), "sd = 1.3\ncorrelation_px = 3\nsmoothness = 0.8\n"),
                                      ("file", np.interp(k, table_k, table_p), 'spectrum = "power.txt"\n')):
                wanted = np.fft.ifftn(power / (power + NOISE**2) * np.fft.fftn(y)).real
                near(solve(folder, y, point, axes, '[prior.space]\nkind = "gaussian"\n' + keys + given, ranks), wanted,
                     f"field {axes}, {name}, {ranks} ranks")
        y, tau, sd = random.normal(0, 2, (4, 9, 8)), 2.5, 1.4
        times = np.arange(4)
        memory = sd**2 * np.exp(-abs(times[:, None] - times) / tau)
        for spacing in ((1, 1), (2.5, 1)):
            k = frequency(y.shape[1:], spacing)
            given = f"spacing = [{3 * spacing[0]}, 3]\n" if spacing != (1, 1) else ""
            for name, shape, keys in (("matern", matern(k, 1, 3, 0.8, 2), 'innovations = "matern"\ncorrelation_px = 3\nsmoothness = 0.8\n'),
                                      ("file", np.interp(k, table_k, table_p), 'innovations = "spectrum"\nspectrum = "power.txt"\n')):
                covariance = (shape / shape.mean())[..., None, None] * memory
                gain = covariance @ np.linalg.inv(covariance + NOISE**2 * np.eye(4))
                wanted = np.fft.ifft2(np.einsum("yxst,tyx->syx", gain, np.fft.fft2(y))).real
                near(solve(folder, y, np.ones((1, 1)), "tyx", f'[prior.time]\nkind = "ar1"\nsd = {sd}\ncorrelation_frames = {tau}\n' + keys + given, ranks),
                     wanted, f"innovations, {name}, spacing {spacing}, {ranks} ranks")
        y, point = random.normal(3, 2, (3, 9, 8)), np.outer([1, 2, 1], [1, 3, 1]) / 20
        exposure, blur = np.array([1, 0.4, 2.5]), transfer(point, (9, 8))
        field = '[prior.space]\nkind = "gaussian"\nspectrum = "power.txt"\nmean = 1.5\n'
        for name, e, stack, sd, pad in (("exposures", exposure, False, NOISE, 0), ("a frame without one", exposure * [1, 0, 1], False, NOISE, 0),
                                        ("epochs", exposure, True, NOISE, 0), ("noise by frame", exposure, False, np.array([0.3, 2, 0.9]), 0),
                                        ("epochs of different noise", exposure, True, np.array([0.3, 2, 0.9]), 0),
                                        ("padded frames", exposure, False, np.array([0.3, 2, 0.9]), 2), ("padded epochs", exposure, True, NOISE, 3)):
            sizes, each = (9 + 2 * pad, 8 + 2 * pad), lambda v: np.broadcast_to(v, 3)[:, None, None]
            h, precision = each(e) * transfer(point, sizes), 1 / each(sd) ** 2
            residual = np.fft.fft2(np.pad(y - 0.25, ((0, 0), (pad, pad), (pad, pad)), mode="reflect") - each(e) * 1.5 * point.sum())
            top, below = precision * np.conj(h) * residual, precision * abs(h) ** 2
            if stack:
                top, below = top.sum(axis=0), below.sum(axis=0)
            wanted = 1.5 + np.fft.ifft2(top / (below + 1 / np.interp(frequency(sizes, (1, 1)), table_k, table_p))).real
            settings = ["solver.method=wiener", "data.background=0.25", f"data.exposure={list(e)}", f"model.epochs={'stack' if stack else 'frames'}",
                        f"model.noise_sd={np.array(sd).tolist()}", f"model.pad={pad}"]
            near(solve(folder, y, point, "tyx", field, ranks, settings), wanted[..., pad : pad + 9, pad : pad + 8],
                 f"Wiener filter with {name}, {ranks} ranks")
        seen = abs(blur) >= 1e-2 * abs(blur).max()
        wanted = np.fft.ifft2(np.where(seen, np.fft.fft2((y - 0.25) / exposure[:, None, None]) / np.where(seen, blur, 1), 0)).real
        settings = ["solver.method=pseudo-inverse", "data.background=0.25", f"data.exposure={list(exposure)}"]
        near(solve(folder, y, point, "tyx", "", ranks, settings), wanted, f"pseudo-inverse with exposures, {ranks} ranks")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="lacuna_fields_") as scratch:
        main(scratch)
