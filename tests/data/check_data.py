"""Runs lacuna-massmap on real and community-standard data and compares with references that are not ours.

check_data.py CASE LACUNA-MASSMAP MPIEXEC; the data folder comes from the environment variable LACUNA_DATA.
"""
import os
import subprocess
import sys
import tempfile

import h5py
import numpy as np

SCRATCH = tempfile.TemporaryDirectory(prefix="lacuna_data_")  # removed when the script ends
ARCMIN = np.pi / 180 / 60


def run(config, ranks=2):
    """The product of a run with this configuration, an open h5py.File, and what was printed."""
    folder = tempfile.mkdtemp(dir=SCRATCH.name)
    path = os.path.join(folder, "run.toml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(config + f'\n[output]\nname = "run"\nfolder = "{folder}"\n')
    command = [sys.argv[3], "-n", str(ranks), sys.argv[2], path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=550, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} left with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return h5py.File(os.path.join(folder, "run.h5"), "r"), done.stdout, folder


def require(ok, text):
    print(("passed: " if ok else "FAILED: ") + text)
    if not ok:
        sys.exit(1)


def spectrum_file(ell, power):
    handle, path = tempfile.mkstemp(suffix=".txt", dir=SCRATCH.name)
    with os.fdopen(handle, "w") as file:
        file.writelines(f"{l:.17g} {c:.17g}\n" for l, c in zip(ell, power))
    return path


def ktng(data):
    """Gaussian mass mapping with an exact solution: map, energy, iterations."""
    path = os.path.join(data, "ktng_a.h5")
    with h5py.File(path) as file:
        spectrum = spectrum_file(file["ell"][:], file["c_ell"][:])
        exact, mask = file["exact_map"][:], file["mask"][:] != 0
        sigma, pixel = file.attrs["sigma"], file.attrs["pixel_arcmin"]
        # The file holds noiseless-looking data everywhere; its note: data = gamma * mask, sd in the mask.
    product, _, _ = run(f'''
[data]
kind = "maps"
file = "{path}"
mask = "mask"
noise_sd = {sigma}
[grid]
pixel_arcmin = {pixel}
pad_factor = 1
[prior]
spectrum = "{spectrum}"
[solver]
rtol = 1e-8
[posterior]
samples = 0
''')
    kappa = product["maps/kappa_E"][:]
    # The mean is not in the data: the reference's prior leaves it at 0, as ours does.
    distance = np.linalg.norm((kappa - exact)[mask]) / np.linalg.norm(exact[mask])
    require(distance <= 1e-4, f"distance to the exact map inside the mask {distance:.2e} <= 1e-4")
    energy = product["convergence/energy"][-1]
    expected = 68286.64909 + 978.43517
    require(abs(energy / expected - 1) <= 1e-6, f"energy {energy:.5f}, expected {expected:.5f}")
    iterations = product["convergence/iteration"][-1]
    require(iterations <= 40, f"{iterations:.0f} iterations <= 40")


def mice(data):
    """Map with a noise variance in every pixel against a peer's exact Wiener map."""
    path = os.path.join(data, "mice_dsv_256.h5")
    with h5py.File(path) as file:
        power, exact = file["signal_ps"][:], file["wiener_exact"][:]
        mask, pixel = file["mask"][:] != 0, file.attrs["pixel_arcmin"]
    n = exact.shape[0]
    power = np.maximum(power, power.max() * 1e-9)
    power[0] = power.max()
    ell = 2 * np.pi * np.arange(len(power)) / (n * pixel * ARCMIN)
    spectrum = spectrum_file(ell, power * (pixel * ARCMIN) ** 2)
    product, _, _ = run(f'''
[data]
kind = "maps"
file = "{path}"
mask = "mask"
noise_variance = "noise_var"
[grid]
pixel_arcmin = {pixel}
pad_factor = 1
[prior]
spectrum = "{spectrum}"
[solver]
rtol = 1e-9
[posterior]
samples = 0
''')
    kappa = product["maps/kappa_E"][:]
    for name, part in (("in the mask", mask), ("everywhere", np.ones_like(mask))):
        distance = np.linalg.norm((kappa - exact)[part]) / np.linalg.norm(exact[part])
        require(distance <= 1e-6, f"distance to the peer's exact Wiener map {name} {distance:.2e} <= 1e-6")


def groups_mean(product, groups, mirror):
    """Mean kappa/sd of the map at the groups inside the mask; mirrored left-right as a null test."""
    kappa, mask = product["maps/kappa_E"][:], product["maps/mask"][:] != 0
    grid = product["grid"].attrs
    x = (groups[:, 0] - grid["center_ra_deg"]) * 60 / grid["pixel_arcmin"] + (grid["nx"] - 1) / 2
    y = (groups[:, 1] - grid["center_dec_deg"]) * 60 / grid["pixel_arcmin"] + (grid["ny"] - 1) / 2
    x, y = np.rint(x).astype(int), np.rint(y).astype(int)
    inside = (x >= 0) & (x < grid["nx"]) & (y >= 0) & (y < grid["ny"])
    x, y = x[inside], y[inside]
    use = mask[y, x]
    values = kappa[:, ::-1] if mirror else kappa
    return values[y[use], x[use]].mean() / kappa[mask].std(), int(use.sum())


def cosmos(data):
    """417,117 real galaxies: binning against the community's maps, mass at the X-ray groups, error bars."""
    from astropy.io import fits
    catalogue = os.path.join(data, "cosmos_hst.fits")
    with fits.open(catalogue) as hdus:
        ra, dec = np.median(hdus[1].data["RA"]), np.median(hdus[1].data["DEC"])
    config = f'''
[data]
file = "{catalogue}"
flip_e2 = true
[grid]
center_deg = [{ra:.17g}, {dec:.17g}]
pixel_arcmin = 0.29
nx = 360
ny = 360
projection = "none"
[prior]
spectrum = "{{spectrum}}"
[posterior]
samples = 0
'''
    with h5py.File(os.path.join(data, "ktng_a.h5")) as file:
        spectrum = spectrum_file(file["ell"][:], file["c_ell"][:])
    product, _, folder = run(config.format(spectrum=spectrum))
    with h5py.File(os.path.join(data, "cosmos_hst_maps.h5")) as maps:
        same = np.array_equal(product["maps/mask"][:] != 0, maps["mask"][:] != 0)
        require(same, "mask equals the reference's")
        for ours, theirs in (("gamma1", "e1"), ("gamma2", "e2")):
            worst = np.abs(product["maps/" + ours][:] - maps[theirs][:]).max()
            require(worst <= 1e-6, f"{ours} equals the reference's {theirs} within {worst:.1e} <= 1e-6")
    groups = np.genfromtxt(os.path.join(data, "cosmos_xray_groups.txt"), usecols=(1, 2))
    signal, count = groups_mean(product, groups, mirror=False)
    null, _ = groups_mean(product, groups, mirror=True)
    require(count == 60, f"{count} X-ray groups inside the mask")
    require(signal > 0.6, f"mean kappa/sd at the groups {signal:.2f} > 0.6")
    require(null < 0.4, f"mirrored {null:.2f} < 0.4")
    with fits.open(os.path.join(folder, "run_kappa_E.fits"), checksum=True) as hdus:
        from astropy.wcs import WCS
        sky = WCS(hdus[0].header)
        x, y = sky.wcs_world2pix(ra, dec, 0)
        require(abs(x - 179.5) < 1e-6 and abs(y - 179.5) < 1e-6, "astropy puts the centre in the middle of the FITS map")
        require(np.array_equal(hdus[0].data, product["maps/kappa_E"][:]), "the FITS map equals the HDF5 map")


def lenspack(data):
    """A simulated catalogue whose two shear components both need a flip: found, and the map is that of the truth."""
    from astropy.io import fits
    catalogue = os.path.join(data, "lenspack_gal_cat.fits")
    config = '''
[data]
file = "%s"
e1 = "gamma1"
e2 = "gamma2"
weight = ""
flip_e1 = %s
flip_e2 = %s
[grid]
pixel_arcmin = 1.0
[posterior]
samples = 0
[noise]
shape_sd = 0.02
'''
    path = os.path.join(SCRATCH.name, "config.toml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(config % (catalogue, "false", "false"))
    done = subprocess.run([sys.argv[3], "-n", "2", sys.argv[2], path, "--check-signs"], capture_output=True, text=True,
                          timeout=300, check=False)
    print(done.stdout)
    require(done.returncode == 0, "--check-signs runs")
    require("set flip_e1 = true, flip_e2 = true" in done.stdout, "--check-signs asks for both flips")
    product, _, _ = run(config % (catalogue, "true", "true"))
    with fits.open(catalogue) as hdus:
        table = hdus[1].data
        ra, dec, truth = (np.asarray(table[c], dtype=float) for c in ("ra", "dec", "kappa"))
    from astropy.wcs import WCS
    header = {k: product["grid"].attrs[k] for k in ("CTYPE1", "CTYPE2", "CRPIX1", "CRPIX2", "CRVAL1", "CRVAL2", "CDELT1", "CDELT2")}
    x, y = WCS(header).wcs_world2pix(ra, dec, 0)
    x, y = np.rint(x).astype(int), np.rint(y).astype(int)
    kappa = product["maps/kappa_E"][:]
    ny, nx = kappa.shape
    inside = (x >= 0) & (x < nx) & (y >= 0) & (y < ny)
    total, count = np.zeros((ny, nx)), np.zeros((ny, nx))
    np.add.at(total, (y[inside], x[inside]), truth[inside])
    np.add.at(count, (y[inside], x[inside]), 1)
    use = count > 0
    correlation = np.corrcoef(kappa[use], total[use] / count[use])[0, 1]
    require(correlation > 0.5, f"correlation with the true convergence {correlation:.2f} > 0.5")


if __name__ == "__main__":
    folder = os.environ.get("LACUNA_DATA", "")
    if not folder:
        print("SKIPPED: LACUNA_DATA is not set: the checks on real data were not made")
        sys.exit(77)
    {"ktng": ktng, "mice": mice, "cosmos": cosmos, "lenspack": lenspack}[sys.argv[1]](folder)
