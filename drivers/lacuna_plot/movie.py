"""Stacks and movies: the product of lacuna-deconvolve, or a simulated movie. Only the frames that are drawn are read."""
from __future__ import annotations

import numpy as np

from .failure import BAD_DATA, IO_ERROR, Failure, Missing
from .product import LARGEST_AXIS, Product, find

LARGEST_SIDE = 640  # pixels of a frame as drawn
AXES = "tzyx"


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
        return "y" not in self.axes

    @property
    def origin(self) -> str:
        """Where row 0 is drawn: at the top, as microscopists do, but below where the input was a FITS image."""
        return "lower" if self.attribute("grid", "fits_cards") else "upper"

    @property
    def result(self) -> str:
        """The map that is shown beside the data."""
        found = next((name for name in ("estimate", "truth", "model") if self.has(name)), None)
        if found is None:
            raise Missing("/maps/estimate")
        return found

    def stack(self, name: str):
        """The dataset and the letters of its axes. Throws Missing."""
        if not self.has(name):
            raise Missing(f"/maps/{name}")
        dataset = find(self.file, f"maps/{name}")
        inner = self.axes.replace("t", "")
        if dataset.ndim > len(inner):  # an axis t, or z, of other length than that of the grid
            labels = "".join(dim.label for dim in dataset.dims)
            axes = labels if len(labels) == dataset.ndim and "x" in labels else ("t" + inner)[-dataset.ndim:]
            if len(axes) != dataset.ndim:
                raise Failure(BAD_DATA, f"{self.path}: /maps/{name} has {dataset.ndim} axes; the grid has {self.axes}")
            return dataset, axes
        return dataset, inner[-dataset.ndim:]

    def frames(self, name: str) -> int:
        dataset, axes = self.stack(name)
        return dataset.shape[0] if axes[0] == "t" else 1

    def times(self, number: int) -> tuple[np.ndarray, str]:
        """Time of every frame and its unit."""
        times = self.table("grid/t")
        if times is None or times.size != number:
            return np.arange(number, dtype=float), "frame"
        return times, str(self.attribute("grid/t", "units") or "frame")

    def picture(self, name: str, frame: int) -> np.ndarray:
        """One frame as [y][x] (or [x] of lines): the maximum over z, averaged in blocks to at most LARGEST_SIDE pixels."""
        dataset, axes = self.stack(name)
        index = min(frame, dataset.shape[0] - 1) if axes[0] == "t" else None
        rest = axes.replace("t", "")
        try:
            if "z" in rest:  # plane by plane: a volume may be large
                depth = dataset.shape[axes.index("z")]
                image = None
                for z in range(depth):
                    plane = np.asarray(dataset[z] if index is None else dataset[index, z], dtype=np.float64)
                    image = plane if image is None else np.fmax(image, plane)
            else:
                image = np.asarray(dataset[()] if index is None else dataset[index], dtype=np.float64)
        except OSError as error:
            raise Failure(IO_ERROR, f"{self.path}: /maps/{name} cannot be read ({error})") from error
        return shrink(image)

    def chosen(self, most: int) -> list[int]:
        """At most so many frames, evenly spread over the movie."""
        number = max(self.frames(name) for name in self.maps if name in ("data", "estimate", "truth", "model"))
        return sorted(set(np.linspace(0, number - 1, min(most, number)).round().astype(int).tolist()))


def shrink(image: np.ndarray) -> np.ndarray:
    """Means over blocks of finite pixels; NaN where a block has none."""
    block = -(-max(image.shape) // LARGEST_SIDE)
    if block == 1:
        return image
    good = np.isfinite(image)
    total, number = np.where(good, image, 0.0), good.astype(np.float64)
    for axis in range(image.ndim):
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
