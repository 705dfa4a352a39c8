"""lacuna-deconvolve on every kind of file that it reads and writes, and with every PSF that it makes, against astropy, tifffile
and numerical integrals.

check_formats.py LACUNA-DECONVOLVE MPIEXEC"""
import sys

import h5py
import numpy as np
import tifffile
from astropy.io import fits
from astropy.wcs import WCS
from scipy.signal import fftconvolve
from scipy.special import j0, j1

from harness import Bench, Case, judge_all, require, write_hdf5

SHAPE = (3, 14, 17)
COUNTS = np.random.default_rng(8).poisson(6.0, SHAPE).astype(np.uint16)
MOVIE = """[data]
file = "{file}"
axes = "tyx"
background = 0.5
[psf]
kind = "gaussian"
sigma_px = 1.2
[prior.space]
kind = "smooth"
strength = 0.1
[solver]
rtol = 1e-9
[output]
name = "out"
"""
KINDS = {"hdf5": "movie.h5", "fits": "movie.fits", "imagej": "movie.tif", "ome": "movie.ome.tif", "bigtiff": "big.tif"}


def header():
    """A celestial WCS that no default could give."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.crpix = ["RA---TAN", "DEC--TAN"], [266.4, -29.0], [4.5, 7.25]
    wcs.wcs.cd = np.array([[-1.2e-4, 3e-5], [3e-5, 1.3e-4]])
    return wcs.to_header()


def write(kind, path, counts=COUNTS):
    if kind == "hdf5":
        write_hdf5(path, {"counts": counts})
    elif kind == "fits":
        fits.PrimaryHDU(counts, header=header()).writeto(path)
    elif kind == "ome":
        tifffile.imwrite(path, counts, ome=True, photometric="minisblack", metadata={"axes": "TYX"})
    elif kind == "bigtiff":
        tifffile.imwrite(path, counts, bigtiff=True, photometric="minisblack", compression="zlib")
    else:
        tifffile.imwrite(path, counts, imagej=True, metadata={"axes": "TYX"})


def run_on(kind, counts=COUNTS):
    def spoil(scene):
        write(kind, scene.path(KINDS[kind]), counts)
        scene.config(MOVIE.format(file=KINDS[kind]))
    return spoil


ESTIMATES = {}


def maps(scene):
    with h5py.File(scene.path("out.h5")) as file:
        return {name: file["maps"][name][...] for name in file["maps"]}


def require_close(a, b, tolerance, what):
    require(a.shape == b.shape, f"{what}: shape {a.shape}, expected {b.shape}")
    worst = np.abs(a - b).max() / np.abs(b).max()
    require(worst <= tolerance, f"{what}: off by {worst:.2g} of the largest value")


def same_in(kind):
    """The estimate is the same whatever file the counts came from, and the file written beside the product holds it."""
    def then(scene, _):
        found = maps(scene)
        x = np.squeeze(found["estimate"])
        require_close(x, ESTIMATES.setdefault("first", x), 1e-9, "the estimate")
        if kind == "fits":
            with fits.open(scene.path("out_estimate.fits"), checksum=True) as file:
                require_close(np.squeeze(file[0].data), x, 1e-7, "the FITS image")
                wcs = WCS(file[0].header, naxis=2)
            pixels = np.array([[0.0, 0.0], [16.0, 13.0], [3.0, 8.0]])
            require_close(wcs.wcs_pix2world(pixels, 0), WCS(header(), naxis=2).wcs_pix2world(pixels, 0), 1e-12, "the WCS")
        elif kind != "hdf5":
            with tifffile.TiffFile(scene.path("out_estimate.tif")) as file:
                require(file.is_imagej, "not a TIFF of ImageJ")
                require(file.series[0].axes == "TYX", f"axes {file.series[0].axes}")
                require_close(file.asarray().astype(float), x, 1e-6, "the TIFF stack")
    return then


def integrated(intensity, size, points=40):
    """The integral of intensity(r) over the pixels of a size x size plane, by the midpoint rule."""
    fine = (np.arange(size * points) + 0.5) / points - size / 2
    values = intensity(np.hypot(fine[:, None], fine)).reshape(size, points, size, points)
    return values.mean(axis=(1, 3))


def moffat(fwhm=2.5, beta=3.0):
    a = fwhm / (2 * np.sqrt(2 ** (1 / beta) - 1))
    return lambda r: (1 + (r / a) ** 2) ** -beta


def airy(na=0.9, wavelength=520.0, pixel=110.0):
    def intensity(r):
        v = 2 * np.pi * na * np.maximum(r, 1e-9) * pixel / wavelength
        return (2 * j1(v) / v) ** 2
    return intensity


def defocused(depth, na=0.9, wavelength=520.0, pixel=110.0, index=1.33):
    """| int J0(k NA r p) exp(i k z sqrt(n^2 - NA^2 p^2)) p dp |^2 at z = depth [nm]; r in pixels."""
    p = (np.arange(400) + 0.5) / 400
    k = 2 * np.pi / wavelength
    phase = np.exp(1j * k * depth * np.sqrt(index ** 2 - (na * p) ** 2)) * p
    table = np.linspace(0, 12, 2000)
    amplitude = (j0(k * na * pixel * table[:, None] * p) * phase).mean(axis=1)
    return lambda r: np.interp(r, table, np.abs(amplitude) ** 2)


OPTICS = "numerical_aperture = 0.9\nwavelength_nm = 520\npixel_nm = 110\nsize_px = 7"
STACK = np.random.default_rng(9).poisson(6.0, (3, 14, 17)).astype(np.uint16)


def with_psf(text, *changes):
    def spoil(scene):
        write("hdf5", scene.path("movie.h5"), STACK)
        scene.config(MOVIE.format(file="movie.h5"), ('kind = "gaussian"\nsigma_px = 1.2', text), *changes)
    return spoil


def predicts(psf, axes):
    """The model of the product is the estimate blurred with this PSF, and the background."""
    def then(scene, _):
        found = maps(scene)
        h = psf / psf.sum()
        x, model = (np.squeeze(found[name]) for name in ("estimate", "model"))
        blurred = fftconvolve(x, h, mode="same") if axes == 3 else np.stack([fftconvolve(f, h, mode="same") for f in x])
        require(np.abs(x - model).max() > 0.05 * model.max(), "the test itself is wrong: the PSF does nothing")
        require_close(model, blurred + 0.5, 2e-4, "the model")
    return then


CORNERS = [(1, 1), (0, 3), (3, 2)]  # of the peaks of three PSFs of 4 x 5 pixels
SOURCE = (9, 6)  # x, y


def epochs_beyond_the_edge(scene):
    """A point seen in three epochs, each with a PSF that peaks elsewhere in its array; the part that is taken begins at (3, 2)."""
    y, x = np.mgrid[:4, :5]
    psfs = np.stack([np.exp(-((y - a) ** 2 + (x - b) ** 2) / 1.5) for a, b in CORNERS])
    point = np.zeros(SHAPE[1:])
    point[SOURCE[1], SOURCE[0]] = 900
    wide = [fftconvolve(point, h / h.sum()) for h in psfs]
    counts = np.round([w[a:a + SHAPE[1], b:b + SHAPE[2]] for w, (a, b) in zip(wide, CORNERS)]).astype(np.uint16)
    write("fits", scene.path("movie.fits"), counts)
    write_hdf5(scene.path("psf.h5"), {"psf": psfs})
    scene.config(MOVIE.format(file="movie.fits"), ('kind = "gaussian"\nsigma_px = 1.2', 'kind = "file"\nfile = "psf.h5"'), ('kind = "smooth"\nstrength = 0.1', ""),
                 ("[solver]", '[model]\nepochs = "stack"\nregion = "valid"\n[solver]'), ("background", "roi = [2, 14, 3, 17]\nbackground"))


def source_in_its_place(scene, _):
    """All epochs agree on one pixel, whose place on the sky is that of the source."""
    with fits.open(scene.path("out_estimate.fits")) as file:
        x, wcs = file[0].data, WCS(file[0].header)
    y, column = np.unravel_index(x.argmax(), x.shape)
    require(x.max() > 800, f"the source has {x.max():.0f} of 900 counts in its pixel")
    require_close(wcs.wcs_pix2world([[column, y]], 0), WCS(header(), naxis=2).wcs_pix2world([SOURCE], 0), 1e-12, "the source's place")


CASES = [Case(f"counts from {KINDS[kind]}", 0, [], run_on(kind), (1, 2), then=same_in(kind)) for kind in KINDS] + [
    Case("epochs whose image is larger than they are", 0, [], epochs_beyond_the_edge, (1, 2), then=source_in_its_place),
    Case("big-endian counts", 0, [], run_on("hdf5", COUNTS.astype(">u2")), (1,), then=same_in("hdf5")),
    Case("a Moffat PSF", 0, [], with_psf('kind = "moffat"\nfwhm_px = 2.5\nbeta = 3.0\nsize_px = 9'), (1, 2),
         then=predicts(integrated(moffat(), 9), 2)),
    Case("an Airy PSF", 0, [], with_psf(f'kind = "airy"\n{OPTICS}'), (1, 2), then=predicts(integrated(airy(), 7), 2)),
    Case("the PSF of a microscope in focus", 0, [], with_psf(f'kind = "microscope"\nrefractive_index = 1.33\n{OPTICS}'), (1,),
         then=predicts(integrated(defocused(0), 7), 2)),
    Case("the PSF of a microscope for a volume", 0, [],
         with_psf(f'kind = "microscope"\nrefractive_index = 1.33\nz_step_nm = 300\nplanes = 3\n{OPTICS}', ('"tyx"', '"zyx"')),
         (1, 2), then=predicts(np.stack([integrated(defocused(z), 7) for z in (-300, 0, 300)]), 3)),
]

if __name__ == "__main__":
    sys.exit(1 if judge_all(CASES, Bench(*sys.argv[1:3])) else 0)
