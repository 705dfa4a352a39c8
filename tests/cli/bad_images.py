"""Bad images, PSFs and settings for lacuna-deconvolve: what must be said about each, and what is legal though it looks bad."""
import os

import h5py
import numpy as np
from astropy.io import fits

from harness import Case, require, write_hdf5

USAGE, DATA, NO_INPUT, CANNOT_CREATE, CONFIG = 64, 65, 66, 73, 78
SHAPE = (3, 10, 12)
GOOD = """[data]
file = "movie.h5"
dataset = "counts"
axes = "tyx"
background = 0.5
[psf]
kind = "file"
file = "psf.h5"
[prior.space]
kind = "smooth"
strength = 0.1
[solver]
rtol = 1e-3
[output]
name = "out"
"""


def counts(shape=SHAPE):
    return np.random.default_rng(6).poisson(4.0, shape).astype(float)


def psf():
    r2 = (np.arange(5)[:, None] - 2) ** 2 + (np.arange(5) - 2) ** 2
    return np.exp(-r2 / 2.0)


def movie(*changes, data=None, blur=None, words=None, **more):
    """movie.h5 (with further datasets), psf.h5 and a changed configuration."""
    def spoil(scene):
        write_hdf5(scene.path("movie.h5"), {"counts": counts() if data is None else data, **more})
        write_hdf5(scene.path("psf.h5"), {"psf": psf() if blur is None else blur})
        scene.config(GOOD, *changes)
        return words
    return spoil


def setting(*settings):
    """The good configuration with --set."""
    return movie(words=["run.toml"] + [word for s in settings for word in ("--set", s)])


def pixel(value, at=(1, 3, 7), *changes, **more):
    data = counts()
    data[at] = value
    return movie(*changes, data=data, **more)


def mask(hole=(1, 3, 7)):
    values = np.ones(SHAPE)
    values[hole] = 0
    return values


def key(text):
    """A line more in [data]."""
    return ('dataset = "counts"', 'dataset = "counts"\n' + text)


def changed_psf(value, at=None):
    values = psf()
    if at is None:
        values[:] = value
    else:
        values[at] = value
    return movie(blur=values)


def cut_short(name):
    def spoil(scene):
        movie()(scene)
        content = scene.read(name)
        scene.write(name, content[: len(content) // 2])
    return spoil


def tiff(scene):
    """A TIFF of one page, cut in the middle of its pixels."""
    movie((key('')[0] + '\naxes = "tyx"', ''), ("movie.h5", "movie.tif"))(scene)
    pixels = np.full((64, 64), 7, "<u2").tobytes()
    tags = [(256, 3, 1, 64), (257, 3, 1, 64), (258, 3, 1, 16), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 200), (277, 3, 1, 1),
            (278, 3, 1, 64), (279, 4, 1, len(pixels))]
    entries = b"".join(np.array([tag, kind], "<u2").tobytes() + np.array([count, value], "<u4").tobytes() for tag, kind, count, value in tags)
    head = b"II*\0" + np.array([8], "<u4").tobytes() + np.array([len(tags)], "<u2").tobytes() + entries + b"\0\0\0\0"
    scene.write("movie.tif", head.ljust(200, b"\0") + pixels[:1000])


def fits_movie(*changes):
    def spoil(scene):
        movie(("movie.h5", "movie.fits"), ('dataset = "counts"\n', ""), *changes)(scene)
        fits.PrimaryHDU(counts()).writeto(scene.path("movie.fits"))
    return spoil


def folder_as_data(scene):
    movie()(scene)
    os.remove(scene.path("movie.h5"))
    os.mkdir(scene.path("movie.h5"))


def product_there(scene):
    movie()(scene)
    scene.write("out.h5", "mine")


def spectrum(content):
    def spoil(scene):
        movie(('kind = "smooth"\nstrength = 0.1', 'kind = "gaussian"\nspectrum = "p.txt"'))(scene)
        if content is not None:
            scene.write("p.txt", content)
    return spoil


def estimate_is(shape, **limits):
    def then(scene, _):
        with h5py.File(scene.path("out.h5")) as file:
            found = file["maps/estimate"][:]
            require(found.shape == shape, f"the estimate has the shape {found.shape}, expected {shape}")
            require(np.isfinite(found).all() and (found >= 0).all(), "the estimate is not finite and positive")
            require(found.max() <= limits.get("most", np.inf), f"the estimate reaches {found.max()}")
    return then


dark = counts()
dark[:, :, :6] = 0

FILES = [
    Case("data that are not there", NO_INPUT, ["nowhere.h5"], movie(("movie.h5", "nowhere.h5"))),
    Case("folder as data", NO_INPUT, ["movie.h5"], folder_as_data),
    Case("missing dataset, near one named", DATA, ["movie.h5", "counted", "counts"], movie(('"counts"', '"counted"'))),
    Case("truncated HDF5", DATA, ["movie.h5"], cut_short("movie.h5")),
    Case("truncated TIFF", DATA, ["movie.tif"], tiff),
    Case("missing HDU", DATA, ["movie.fits", "4"], fits_movie(("axes", "hdu = 4\naxes"))),
    Case("FITS movie", 0, [], fits_movie(), then=estimate_is(SHAPE)),
    Case("data of text", DATA, ["movie.h5", "counts"], movie(data=np.full(SHAPE, b"x"))),
    Case("complex data", DATA, ["movie.h5", "counts"], movie(data=counts().astype(complex))),
    Case("data without pixels", DATA, ["movie.h5"], movie(data=np.zeros((3, 0, 12)))),
    Case("axes that do not fit", DATA, ["movie.h5", "3"], setting("data.axes=yx")),
    Case("no axes for three of them", CONFIG, ["axes", "tyx"], movie(('axes = "tyx"\n', ""))),
    Case("unknown axis", CONFIG, ["[data] axes", "'w'"], setting("data.axes=twx")),
    Case("frames that are not there", CONFIG, ["3"], setting("data.frames=[1, 4]")),
    Case("pixels that are not there", CONFIG, ["12"], setting("data.roi=[0, 10, 3, 13]")),
    Case("a part", 0, [], setting("data.frames=[1, 3]", "data.roi=[2, 9, 3, 12]"), then=estimate_is((2, 7, 9))),
    Case("spectrum that is not there", NO_INPUT, ["p.txt"], spectrum(None)),
    Case("spectrum with zero power", CONFIG, ["power 0", "positivity", "periodic"], spectrum("0 1\n1 0\n4 0\n")),
    Case("spectrum below zero", DATA, ["p.txt"], spectrum("0 1\n1 -1\n4 0\n")),
    Case("spectrum that falls back", DATA, ["p.txt", "3"], spectrum("0 1\n2 1\n1 1\n")),
    Case("product that exists", CANNOT_CREATE, ["out.h5", "--overwrite"], product_there),
]

VALUES = [
    Case("negative counts", DATA, ["movie.h5", "negative", "row 3, column 7", "frame 1"], pixel(-1.0), (1, 2, 3)),
    Case("counts below the offset", DATA, ["negative"], setting("data.offset=3")),
    Case("NaN inside the mask", DATA, ["movie.h5", "nan", "row 3, column 7", "frame 1"], pixel(np.nan), (1, 2, 3)),
    Case("infinite counts", DATA, ["movie.h5", "inf"], pixel(np.inf)),
    Case("NaN outside the mask is fine", 0, [], pixel(np.nan, (1, 3, 7), key('mask = "mask"'), mask=mask()), (1, 2, 3), then=estimate_is(SHAPE)),
    Case("negative counts outside the mask are fine", 0, [], pixel(-9.0, (1, 3, 7), key('mask = "mask"'), mask=mask()), then=estimate_is(SHAPE)),
    Case("NaN in the mask", DATA, ["mask", "nan"], movie(key('mask = "mask"'), mask=mask() * np.nan)),
    Case("mask of another shape", DATA, ["mask"], movie(key('mask = "mask"'), mask=np.ones((3, 10, 11)))),
    Case("mask of one frame", 0, [], movie(key('mask = "mask"'), mask=mask()[0]), then=estimate_is(SHAPE)),
    Case("everything masked", DATA, ["masked"], movie(key('mask = "mask"'), mask=np.zeros(SHAPE))),
    Case("missing mask", DATA, ["movie.h5", "mask"], movie(key('mask = "mask"'))),
    Case("PSF that is not there", NO_INPUT, ["blur.h5"], movie(("psf.h5", "blur.h5"))),
    Case("PSF all NaN", DATA, ["psf.h5", "nan", "25 of 25"], changed_psf(np.nan)),
    Case("PSF with a NaN", DATA, ["psf.h5", "nan", "row 1, column 2"], changed_psf(np.nan, (1, 2))),
    Case("PSF of zeros", DATA, ["psf.h5", "sum is 0"], changed_psf(0)),
    Case("PSF larger than the image", DATA, ["psf.h5", "11 x 5"], movie(blur=np.ones((11, 5)))),
    Case("PSF of one axis", DATA, ["psf.h5", "axes"], movie(blur=np.ones(5))),
    Case("PSF of four axes", DATA, ["psf.h5", "axes"], movie(blur=np.ones((2, 2, 5, 5)))),
    Case("too few PSFs", DATA, ["psf.h5", "2 PSFs", "3 frames"], movie(blur=np.ones((2, 5, 5)))),
    Case("one PSF a frame", 0, [], movie(blur=np.stack([psf()] * 3)), then=estimate_is(SHAPE)),
    Case("centre outside the PSF", CONFIG, ["center", "outside"], setting("psf.center=[5, 2]")),
    Case("centre of three axes", CONFIG, ["center", "2 axes"], setting("psf.center=[0, 2, 2]")),
    Case("no light but counts", DATA, ["counts", "no light"], movie(key('exposure = "exposure"'), ("background = 0.5\n", ""), exposure=mask())),
    Case("no exposure and no counts is fine", 0, [], movie(key('exposure = "exposure"'), ("background = 0.5\n", ""), data=dark,
         exposure=(dark.sum(0) > 0).astype(float) + np.zeros(SHAPE)), then=estimate_is(SHAPE)),
    Case("negative exposure", DATA, ["exposure", "negative"], movie(key('exposure = "exposure"'), exposure=-mask())),
    Case("negative background", DATA, ["background", "negative"], movie(("background = 0.5", 'background = "background"'), background=-np.ones(SHAPE))),
    Case("gain of zero", DATA, ["gain", "not positive"], movie(key('gain = "gain"'), gain=mask())),
    Case("exposures of other frames", CONFIG, ["exposure", "2 numbers", "3 frames"], setting("data.exposure=[1, 2]")),
    Case("times of other frames", CONFIG, ["times", "2 numbers"], setting("data.times=[1, 2]")),
    Case("counts above the ceiling", DATA, ["ceiling"], setting("model.noise=truncated-poisson", "model.ceiling=3")),
    Case("half a ceiling", CONFIG, ["ceiling", "whole"], setting("model.noise=truncated-poisson", "model.ceiling=30.5")),
    Case("one frame", 0, [], movie(data=counts()[:1]), then=estimate_is((10, 12))),
    Case("one pixel", 0, [], movie(data=counts()[:, :1, :1], blur=np.ones((1, 1))), (1, 2), then=estimate_is((3, 1, 1))),
    Case("all zeros", 0, [], movie(data=np.zeros(SHAPE)), (1, 2, 3), then=estimate_is(SHAPE, most=0.5)),
]

SETTINGS = [
    Case("unknown key in a section of a section", CONFIG, ["run.toml:11", "prior.space", "strength"], movie(("strength = 0.1", "strenght = 0.1"))),
    Case("negative strength", CONFIG, ["strength", "> 0"], setting("prior.space.strength=-1")),
    Case("unbounded counts", CONFIG, ["positivity", "negative"], setting("solver.positivity=none")),
    Case("samples without a prior", CONFIG, ["samples", "prior"], setting("prior.space.kind=none", "posterior.samples=10")),
    Case("samples of total variation", CONFIG, ["samples", "total_variation"], setting("prior.space.kind=total_variation", "posterior.samples=10")),
    Case("samples of a walk from nowhere", CONFIG, ["initial_sd"],
         setting("prior.space.kind=none", "prior.time.kind=random_walk", "prior.time.sd=1", "posterior.samples=10")),
    Case("Wiener filter of photons", CONFIG, ["noise", "gaussian"], setting("solver.method=wiener")),
    Case("Wiener filter of a map of noise", CONFIG, ["noise_sd"], setting("solver.method=wiener", "model.noise=gaussian", "model.noise_sd=sd")),
    Case("unknown engine", CONFIG, ["engine", "tiled"], setting("convolution.engine=fast")),
    Case("time groups that do not divide the ranks", CONFIG, ["3 time groups"], setting("solver.time_groups=3"), (1, 2)),
    Case("time groups of epochs", CONFIG, ["time_groups"], setting("model.epochs=stack", "solver.time_groups=2"), (2,)),
    Case("prior in time of epochs", CONFIG, ["one image"], setting("model.epochs=stack", "prior.time.kind=gamma", "prior.time.shape=3")),
    Case("periodic and valid", CONFIG, ["region"], setting("model.boundary=periodic", "model.region=valid")),
    Case("no setting", USAGE, ["--set"], setting("solver.rtol")),
    Case("norms under --check", 0, [], movie(words=["run.toml", "--check", "--set", "prior.space.kind=total_variation", "--set", "prior.time.kind=total_variation",
                                                    "--set", "prior.time.strength=1"]), (1, 2)),
]
