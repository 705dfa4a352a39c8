"""Stacks and movies: the product of lacuna-deconvolve, or a simulated movie. Only the frames that are drawn are read."""
from __future__ import annotations

import contextlib

import numpy as np

from .failure import BAD_DATA, IO_ERROR, Failure, Missing
from .product import LARGEST_AXIS, Product, find, open_file, reading

LARGEST_SIDE = 640  # pixels of a frame as drawn
AXES = "tzyx"
RESULTS = ("estimate", "truth", "model")


class Movie(Product):
    """A product whose /grid says what the axes of its maps are. A map may lack the axis t: one estimate of all frames."""

    def _check(self, force: bool) -> None:
        self._check_format(force)
        self.axes = str(self.attributes("grid").get("axes", ""))
        if not self.axes or [c for c in AXES if c in self.axes] != list(self.axes) or "x" not in self.axes:
            raise Failure(BAD_DATA, f"{self.path}: /grid has the axes \"{self.axes}\"; letters of {AXES} were expected")
        for name in self.maps:
            dataset = find(self.file, f"maps/{name}")
            if getattr(dataset, "dtype", np.dtype("S")).kind not in "buif" or not 1 <= dataset.ndim <= 4:
                raise Failure(BAD_DATA, f"{self.path}: /maps/{name} is no array of numbers with one to four axes")
            if 0 in dataset.shape or max(dataset.shape) > LARGEST_AXIS:
                raise Failure(BAD_DATA, f"{self.path}: /maps/{name} has the shape {dataset.shape}")
        if "data" not in self.maps and "estimate" not in self.maps:
            raise Failure(BAD_DATA, f"{self.path}: there is neither /maps/data nor /maps/estimate")

    @property
    def line(self) -> bool:
        """Lines in place of images. With a matrix between them, lines may be the data of images."""
        return not any(self.is_image(name) for name in ("data", *RESULTS))

    def is_image(self, name: str) -> bool:
        return self.has(name) and "y" in self.stack(name)[1]

    @property
    def origin(self) -> str:
        """Where row 0 is drawn: at the top, as microscopists do, but below where the input was a FITS image."""
        return "lower" if self.attribute("grid", "fits_cards") else "upper"

    @property
    def result(self) -> str:
        """The map that is shown beside the data."""
        found = next((name for name in RESULTS if self.has(name)), None)
        if found is None:
            raise Missing("/maps/estimate")
        return found

    def stack(self, name: str):
        """The dataset and the letters of its axes. Throws Missing."""
        if not self.has(name):
            raise Missing(f"/maps/{name}")
        dataset = find(self.file, f"maps/{name}")
        axes = "".join(dim.label for dim in dataset.dims)
        if len(axes) != dataset.ndim or not axes.endswith("x"):  # labels are left out where the grid's scale does not fit
            axes = self._unlabelled(name, dataset, axes)
        if len(axes) != dataset.ndim or [c for c in AXES if c in axes] != list(axes):
            raise Failure(BAD_DATA, f"{self.path}: /maps/{name} has {dataset.ndim} axes; the grid has {self.axes}")
        return dataset, axes

    def _unlabelled(self, name: str, dataset, labels: str) -> str:
        """An estimate may have other axes than the data, as a matrix from lines to images makes them; it has the axis t
        where /series/flux_out, one entry a frame of the estimate, says so."""
        flux = self.table("series/flux_out")
        if labels.startswith("t") or flux is None:
            timed = labels.startswith("t") or dataset.ndim == len(self.axes) and "t" in self.axes
        else:
            timed = dataset.ndim > 1 and dataset.shape[0] == flux.size > 1
        return ("t" if timed else "") + "zyx"[3 - dataset.ndim + timed:]

    def frames(self, name: str) -> int:
        dataset, axes = self.stack(name)
        return dataset.shape[0] if axes[0] == "t" else 1

    def times(self, number: int) -> tuple[np.ndarray, str]:
        """Time of every frame and its unit."""
        times = self.table("grid/t")
        if times is None or times.size != number:
            return np.arange(number, dtype=float), "frame"
        return times, str(self.attribute("grid/t", "units") or "frame")

    def planes(self, name: str, frame: int, z: int | None = None):
        """One frame, plane by plane as a volume may be large, or the plane z alone: arrays [y][x], or one [x] of lines."""
        dataset, axes = self.stack(name)
        where = (min(frame, dataset.shape[0] - 1),) if axes[0] == "t" else ()
        try:
            every = range(dataset.shape[axes.index("z")]) if "z" in axes else [...]
            for plane in every if z is None else [z]:
                yield np.asarray(dataset[(*where, plane)], dtype=np.float64)
        except OSError as error:
            raise Failure(IO_ERROR, f"{self.path}: /maps/{name} cannot be read ({error})") from error

    def picture(self, name: str, frame: int, side: int = LARGEST_SIDE) -> np.ndarray:
        """One frame as [y][x] (or [x] of lines): the maximum over z, averaged in blocks to at most `side` pixels."""
        return shrink(brightest(self.planes(name, frame)), side)

    def chosen(self, most: int) -> list[int]:
        """At most so many frames, evenly spread over the movie."""
        number = max(self.frames(name) for name in self.maps if name in ("data", "estimate", "truth", "model"))
        return sorted(set(np.linspace(0, number - 1, min(most, number)).round().astype(int).tolist()))


def open_product(path: str, force: bool = False, frame: int | None = None) -> Product:
    """A Movie where /grid says what the axes of its maps are, as products of stacks and movies do."""
    with reading(path):
        with contextlib.closing(open_file(path)) as file:
            grid = find(file, "grid")
            movie = grid is not None and "axes" in grid.attrs
        return Movie(path, force, frame) if movie else Product(path, force, frame or 0)


def brightest(planes) -> np.ndarray:
    image = None
    for plane in planes:
        image = plane if image is None else np.fmax(image, plane)
    return image


def shrink(image: np.ndarray, side: int = LARGEST_SIDE, separate: bool = False) -> np.ndarray:
    """Means over blocks of finite pixels; NaN where a block has none. Blocks are square, unless the axes are separate."""
    blocks = [-(-n // side) for n in image.shape]
    if not separate:
        blocks = [max(blocks)] * image.ndim
    if max(blocks) == 1:
        return image
    good = np.isfinite(image)
    total, number = np.where(good, image, 0.0), good.astype(np.float64)
    for axis, block in enumerate(blocks):
        starts = np.arange(0, image.shape[axis], block)
        total, number = np.add.reduceat(total, starts, axis=axis), np.add.reduceat(number, starts, axis=axis)
    return np.divide(total, number, out=np.full_like(total, np.nan), where=number > 0)


def scale(images, low: float = 0.5, high: float = 99.8) -> tuple[float, float]:
    """Robust colour limits that several images share."""
    values = np.concatenate([image[np.isfinite(image)] for image in images] or [np.empty(0)])
    if values.size == 0:
        return 0.0, 1.0
    bottom, top = (float(v) for v in np.percentile(values, [low, high]))
    if not top - bottom > 1e-9 * max(abs(top), abs(bottom)):  # nearly all pixels are the same: what differs is to be seen
        bottom, top = float(values.min()), float(values.max())
    return (bottom, top) if top > bottom else (bottom - 0.5, bottom + 0.5)
