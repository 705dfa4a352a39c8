"""lacuna-simulate from the outside: its files read by h5py and astropy, its fields checked by numpy.

usage: simulate.py PROGRAM MPIEXEC [MPIEXEC OPTIONS...]   (works in a fresh folder below the current one)
"""
import math
import os
import shutil
import subprocess
import sys
import tempfile

import h5py
import numpy as np
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS

program, mpiexec = sys.argv[1], sys.argv[2:]
columns = ("ra", "dec", "e1", "e2", "weight")
failures = 0


def check(ok, what):
    global failures
    if not ok:
        failures += 1
        print("FAILED:", what)


def run(config, *words, ranks=1):
    return subprocess.run([*mpiexec, "-n", str(ranks), program, config, *words], capture_output=True, text=True, timeout=100)


def simulate(config, name, *words, ranks=1):
    done = run(config, "--set", f"output.name={name}", *words, ranks=ranks)
    check(done.returncode == 0, f"{name} on {ranks} ranks: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def catalogue(name):
    with h5py.File(f"{name}_catalogue.h5") as f:
        return {c: f[c][()] for c in f}


def maps(name):
    with h5py.File(f"{name}.h5") as f:
        return {m: f["maps"][m][()] for m in f["maps"]}


GAUSSIAN = """
[grid]
pixel_arcmin = 0.8
nx = 96
ny = 75
center_deg = [359.9, -52.0]
pad_factor = 1
[sky]
kind = "gaussian"
spectrum_model = "matern"
sd = 0.02
correlation_arcmin = 4
smoothness = 1.5
[galaxies]
density_arcmin2 = 9
shape_sd = 0.25
weight_scatter = 0.3
redshift_column = true
[mask]
border_arcmin = 1.7
holes = 4
[random]
seed = 11
"""
LOG_NORMAL = """
[grid]
pixel_arcmin = 0.5
nx = 60
ny = 50
[sky]
kind = "log-normal"
spectrum = "power.txt"
shift = 0.03
[haloes]
ra = [0.05]
dec = [0.03]
m200_1e14_msun = [8]
concentration = [4]
redshift = [0.3]
[galaxies]
density_arcmin2 = 20
"""


def same_on_any_number_of_ranks():
    for ranks in (1, 2, 3, 4, 7):
        simulate("gaussian.toml", f"g{ranks}", ranks=ranks)
    one, m1 = catalogue("g1"), maps("g1")
    for ranks in (2, 3, 4, 7):
        other, m = catalogue(f"g{ranks}"), maps(f"g{ranks}")
        for c in ("ra", "dec", "weight", "redshift"):
            check(np.array_equal(one[c], other[c]), f"{c} differs on {ranks} ranks")
        for c in ("e1", "e2"):
            check(np.abs(one[c] - other[c]).max() < 1e-12, f"{c} differs on {ranks} ranks")
        for name in ("mask", "count"):
            check(np.array_equal(m1[name], m[name]), f"map {name} differs on {ranks} ranks")
        for name in ("kappa_true", "gamma1_true", "gamma2_true"):
            check(np.abs(m1[name] - m[name]).max() < 1e-12 * m1[name].std(), f"map {name} differs on {ranks} ranks")
    simulate("gaussian.toml", "again")
    check(all(np.array_equal(one[c], catalogue("again")[c]) for c in columns), "a second run gives other bits")
    simulate("gaussian.toml", "seed", "--set", "random.seed=12")
    check(catalogue("seed")["ra"][0] != one["ra"][0], "another seed gives the same survey")


def files_agree():
    h5, table = catalogue("g1"), Table.read("g1_catalogue.fits")
    check(sorted(h5) == sorted(table.colnames), f"columns: {sorted(h5)} and {table.colnames}")
    check(all(np.array_equal(h5[c], np.asarray(table[c], dtype=float)) for c in h5), "FITS and HDF5 catalogues differ")
    check(str(table["ra"].unit) == "deg", "the RA of the FITS catalogue has no unit")
    check(np.all(h5["redshift"] == 1.0), "redshift column")
    truth = maps("g1")
    for name in ("kappa_true", "gamma1_true", "gamma2_true", "mask"):
        with fits.open(f"g1_{name}.fits", checksum=True) as f:
            image = next(hdu for hdu in f if hdu.data is not None)
            check(np.array_equal(image.data, truth[name]), f"FITS map {name}")
            wcs = WCS(image.header)
    x, y = wcs.wcs_world2pix(h5["ra"], h5["dec"], 0)
    x, y = np.rint(x).astype(int), np.rint(y).astype(int)
    inside = np.zeros_like(truth["count"])
    np.add.at(inside, (y, x), 1)
    check(np.array_equal(inside, truth["count"]), "the map `count` is not the histogram of the catalogue by astropy's WCS")
    check(np.all(inside[truth["mask"] == 0] == 0) and truth["mask"][40, 48] in (0, 1), "galaxies where the mask is 0")
    check(not truth["mask"][:2].any() and not truth["mask"][:, -2:].any() and truth["mask"].mean() > 0.5, "border of the mask")
    # The noise that is left when the true shear, turned to the sky's axes by finite differences of the WCS, is taken off.
    near = np.array(wcs.wcs_pix2world(x + 0.01, y, 0)) - np.array(wcs.wcs_pix2world(x - 0.01, y, 0))
    angle = np.arctan2(near[1], ((near[0] + 180) % 360 - 180) * np.cos(np.radians(h5["dec"])))
    g = (truth["gamma1_true"] + 1j * truth["gamma2_true"])[y, x] * np.exp(2j * angle)
    noise = h5["e1"] + 1j * h5["e2"] - g
    n = len(x)
    for part in (noise.real, noise.imag):
        check(abs(part.mean()) < 5 * 0.25 / math.sqrt(n), "the mean of the shape noise")
        check(abs(part.std() - 0.25) < 5 * 0.25 / math.sqrt(2 * n), "the standard deviation of the shape noise")
        shear = g.real if part is noise.real else g.imag
        check(abs(np.mean(part * shear)) < 5 * 0.25 * shear.std() / math.sqrt(n), "shape noise and shear are correlated")
    area = 0.8**2 * truth["mask"].sum()
    check(abs(n - 9 * area) < 5 * math.sqrt(9 * area) + 1e-3 * 9 * area, f"{n} galaxies on {area} arcmin^2")


def fields_have_their_laws():
    ny, nx, pixel = 75, 96, math.radians(0.8 / 60)
    fx, fy = np.meshgrid(np.fft.fftfreq(nx), np.fft.fftfreq(ny))
    ell = 2 * math.pi * np.hypot(fx, fy) / pixel
    length, nu = math.radians(4 / 60), 1.5
    k2 = 2 * nu / length**2
    power = 0.02**2 * 4 * math.pi * nu * k2**nu / (k2 + ell**2) ** (nu + 1) / pixel**2
    chi2 = []
    for seed in range(20, 28):
        simulate("gaussian.toml", f"s{seed}", "--set", f"random.seed={seed}", "--set", "galaxies.density_arcmin2=0.01",
                 "--set", "output.fits=false", ranks=2)
        chi2.append(np.abs(np.fft.fft2(maps(f"s{seed}")["kappa_true"])) ** 2 / (nx * ny) / power)
    chi2 = np.mean(chi2, axis=0)  # every mode and its mirror image are one number
    for low, high in ((0, 1000), (1000, 3000), (3000, 6000), (6000, 20000)):
        ring = chi2[(ell >= low) & (ell < high)]
        check(abs(ring.mean() - 1) < 5 / math.sqrt(8 * ring.size / 2), f"power at ell {low}-{high}: {ring.mean()} of the spectrum")
    truth = maps("g1")
    with np.errstate(invalid="ignore"):
        d1, d2 = np.nan_to_num((fx**2 - fy**2) / (fx**2 + fy**2)), np.nan_to_num(2 * fx * fy / (fx**2 + fy**2))
    d2[:, nx // 2] = 0  # the Nyquist column of the even axis
    spectrum = np.fft.fft2(truth["kappa_true"])
    for name, d in (("gamma1_true", d1), ("gamma2_true", d2)):
        check(np.abs(np.fft.ifft2(d * spectrum).real - truth[name]).max() < 1e-14, f"{name} is not the shear of kappa_true")


def log_normal_with_a_halo():
    ell = np.geomspace(100, 2e4, 60)
    np.savetxt("power.txt", np.c_[ell, 6e-10 * (ell / 1000) ** -1.2])
    said = simulate("log_normal.toml", "l", "--set", "haloes.m200_1e14_msun=[1e-9]", "--set", "grid.nx=240", "--set", "grid.ny=240")
    kappa = maps("l")["kappa_true"]
    check(kappa.min() > -0.03, f"log-normal convergence of {kappa.min()} is not above -shift")
    skewness = ((kappa - kappa.mean()) ** 3).mean() / kappa.std() ** 3
    check(skewness > 0.3, f"skewness of the log-normal convergence: {skewness}")
    check("warning" in said and "end values" in said, "no warning that the grid goes beyond the spectrum's table")
    simulate("log_normal.toml", "h")
    peak = np.unravel_index(maps("h")["kappa_true"].argmax(), (50, 60))
    with h5py.File("h.h5") as f:
        check(f.attrs["format"] in ("lacuna", b"lacuna") and f.attrs["complete"] == 1, "the product is not complete")
        check(f["haloes/m200"][()].tolist() == [8e14] and f["haloes/ra"][()].tolist() == [0.05], "/haloes")
        check("log-normal" in str(f["notes"].attrs["sky"]), "/notes says nothing about the sky")
        inputs = str(f["provenance"].attrs["inputs"])
        check("power.txt" in inputs, f"/provenance inputs: {inputs}")
        g = f["grid"].attrs
        wcs = WCS(naxis=2)
        wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
        wcs.wcs.crval, wcs.wcs.crpix = [g["CRVAL1"], g["CRVAL2"]], [g["CRPIX1"], g["CRPIX2"]]
        wcs.wcs.cdelt = [g["CDELT1"], g["CDELT2"]]
    x, y = wcs.wcs_world2pix(0.05, 0.03, 0)
    check(math.hypot(peak[1] - x, peak[0] - y) < 1, f"the peak is at {peak}, the halo at {(float(y), float(x))}")


def refusals():
    def refused(code, text, config, *words, ranks=2):
        done = run(config, *words, ranks=ranks)
        check(done.returncode == code and text in done.stderr and done.stderr.count("error:") == 1,
              f"{words}: exit {done.returncode} (wanted {code}, '{text}'):\n{done.stdout}{done.stderr}")

    before = os.stat("g1.h5").st_mtime_ns, os.stat("g1_catalogue.h5").st_mtime_ns
    refused(73, "g1.h5", "gaussian.toml", "--set", "output.name=g1")
    check(before == (os.stat("g1.h5").st_mtime_ns, os.stat("g1_catalogue.h5").st_mtime_ns), "an existing survey was touched")
    os.remove("g2.h5")
    refused(73, "g2_catalogue.h5", "gaussian.toml", "--set", "output.name=g2")
    simulate("gaussian.toml", "g1", "--overwrite", ranks=2)
    for ranks in (1, 2):  # a finished one stays as it is
        before = os.stat("g1.h5").st_mtime_ns
        out = simulate("gaussian.toml", "g1", "--resume", "auto", ranks=ranks)
        check("nothing is left to do" in out and os.stat("g1.h5").st_mtime_ns == before, "a finished simulation is made again")
    simulate("gaussian.toml", "g1", "--overwrite", "--set", "output.fits=false", ranks=2)
    left = [name for name in os.listdir(".") if name.startswith("g1") and name.endswith(".fits")]
    check(not left, f"FITS files of the survey before: {left}")
    refused(78, "halo 0", "log_normal.toml", "--set", "haloes.ra=[20]")
    refused(78, "haloes.redshift", "log_normal.toml", "--set", "haloes.redshift=[0.3,0.4]")
    refused(78, "shift", "gaussian.toml", "--set", "sky.kind=log-normal", "--set", "sky.spectrum_model=power-law",
            "--set", "sky.amplitude=6e-10", "--set", "sky.slope=-1.2", "--set", "sky.shift=1e-5")
    refused(78, "did you mean", "gaussian.toml", "--set", "galaxies.densty_arcmin2=3")
    refused(66, "nowhere.txt", "log_normal.toml", "--set", "sky.spectrum=nowhere.txt")
    refused(66, "nowhere.toml", "nowhere.toml")
    refused(64, "-ksp_max_it", "gaussian.toml", "--", "-ksp_max_it", "3")
    plan = run("gaussian.toml", "--plan", ranks=2)
    check(plan.returncode == 0 and "total" in plan.stdout, f"--plan:\n{plan.stdout}{plan.stderr}")
    checked = run("gaussian.toml", "--check", ranks=2)
    check(checked.returncode == 0 and "lensing" in checked.stdout, f"--check:\n{checked.stdout}{checked.stderr}")
    left = sorted(name for name in os.listdir(".") if name.endswith(".tmp"))
    check(not left, f"left behind: {left}")


folder = tempfile.mkdtemp(prefix="simulate-", dir=".")
try:
    os.chdir(folder)
    for name, text in (("gaussian.toml", GAUSSIAN), ("log_normal.toml", LOG_NORMAL)):
        with open(name, "w", encoding="utf-8") as f:
            f.write(text)
    for part in (same_on_any_number_of_ranks, files_agree, fields_have_their_laws, log_normal_with_a_halo, refusals):
        part()
finally:
    os.chdir("..")
    if failures == 0:
        shutil.rmtree(folder)
print(f"{failures} failure(s)" if failures else "all is well")
sys.exit(1 if failures else 0)
