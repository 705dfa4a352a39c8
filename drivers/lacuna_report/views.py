"""Which maps the page shows, read at the resolution that the page's size allows."""
from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Callable

import numpy as np
from lacuna_plot import style
from lacuna_plot.layer import robust_limits
from lacuna_plot.movie import Movie, brightest, scale, shrink
from lacuna_plot.movie_pictures import LABEL as MOVIE_LABEL
from lacuna_plot.pictures import LABEL
from lacuna_plot.product import Product, find

from .html import Markup, text
from .raster import Scale, encoded

MOST_STEPS = 64  # frames, or planes, on the slider
STILL_BYTES, MOVIE_BYTES = 8_800_000, 13_500_000  # of base64, for all maps of a page
FIRST_SIDE, STILL_SIDE, MOVIE_SIDE = 2048, 1024, 400  # pixels to begin with; the largest are shrunk until all fit
SKY_ORDER = ("kappa_E", "kappa_true", "snr", "std", "residual1", "residual2", "kappa_B", "kappa_ks", "count", "gamma1",
             "gamma2", "gamma1_true", "gamma2_true", "noise_variance", "mask")
MOVIE_ORDER = ("estimate", "truth", "data", "model", "mean", "std", "snr", "residual", "active", "mask")
SAME_SCALE = {"kappa_B": "kappa_E", "gamma2": "gamma1", "gamma2_true": "gamma1_true", "residual2": "residual1", "model": "data",
              "mean": "data"}
SECTIONS = {"std": "uncertainty", "snr": "uncertainty", "residual": "residuals", "residual1": "residuals",
            "residual2": "residuals", "estimate": "maps", "truth": "maps", "data": "maps", "model": "maps", "mean": "maps",
            "kappa_E": "maps", "kappa_true": "maps", "kappa_B": "uncertainty"}
SKY_SECTIONS = {**SECTIONS, "snr": "maps"}
ONE_SIGN = ("std", "count", "noise_variance", "mask", "active")


@dataclass
class View:
    """One map, or one movie. read(step, side): [y][x] as stored, averaged to at most `side` pixels."""

    name: str
    title: Markup
    caption: str
    units: str
    shape: tuple[int, int]  # ny, nx of the map itself
    steps: list[int]
    read: Callable[[int, int], np.ndarray]
    side: int
    flips: tuple[bool, bool]  # row 0 at the bottom, column 0 to the right
    axes: str = "yx"
    section: str = "more"
    scale: Scale | None = None
    blocks: tuple[int, int] = (1, 1)  # pixels of the map per pixel of the picture: rows, columns
    cells: tuple[int, int] = (0, 0)
    frames: list[str] = field(default_factory=list)  # PNGs in base64
    empty: bool = False
    rows: list[int] = field(default_factory=list)  # of lines against time: the frame of each row

    @property
    def bytes(self) -> int:
        return sum(map(len, self.frames))

    def load(self, shared: Scale | None = None) -> None:
        images = [self.read(step, self.side) for step in self.steps]
        blocks = [-(-n // self.side) for n in self.shape]
        self.blocks = tuple(blocks) if self.axes == "tx" else (max(blocks),) * 2
        self.cells = images[0].shape
        self.empty = not any(np.isfinite(image).any() for image in images)
        self.scale = self.choose(images, shared)
        colours = self.scale.colours()
        flip = tuple(slice(None, None, -1 if f else 1) for f in self.flips)
        self.frames = [encoded(image[flip], self.scale, colours) for image in images]

    def choose(self, images: list[np.ndarray], shared: Scale | None) -> Scale:
        values = [image[np.isfinite(image)] for image in images]
        values = [v for v in values if v.size]
        least = float(min((v.min() for v in values), default=0.0))
        largest = float(max((v.max() for v in values), default=1.0))
        if shared is not None:
            return Scale(shared.low, shared.high, least, largest, shared.cmap)
        few = values[:: max(1, len(values) // 8)]
        if self.name in ("mask", "active"):
            return Scale(0.0, 1.0, least, largest, style.PLAIN)
        if self.name in SKY_ORDER:
            low, high, diverging = robust_limits(np.concatenate(few or [np.empty(0)]))
        else:
            (low, high), diverging = scale(few), self.name == "residual" or (self.name == "estimate" and least < 0 and
                                                                             -least > 0.3 * largest)
        if diverging or self.name.startswith("residual"):
            high = max(abs(low), abs(high))
            return Scale(-high, high, least, largest, style.DIVERGING)
        return Scale(low, high, least, largest, style.PLAIN if self.name in ONE_SIGN else style.SEQUENTIAL)


def html_label(label: str) -> Markup:
    """The labels of lacuna-plot, whose formulas are TeX."""
    out = text(label)
    for name, sign in (("kappa", "κ"), ("gamma", "γ"), ("chi", "χ")):
        out = out.replace("\\" + name, sign)
    return Markup(re.sub(r"_\{?(\w+)\}?", r"<sub>\1</sub>", out.replace("$", "")))


def chosen(number: int) -> list[int]:
    """At most MOST_STEPS of so many frames, evenly spread."""
    return sorted(set(np.linspace(0, number - 1, min(MOST_STEPS, number)).round().astype(int).tolist()))


def ordered(names, order) -> list[str]:
    return [name for name in order if name in names] + sorted(set(names) - set(order))


def sky_views(product: Product) -> list[View]:
    views = []
    frame = product.frame
    for name in ordered(product.maps, SKY_ORDER):
        dataset = find(product.file, f"maps/{name}")
        masked = product.has("mask") and name not in ("mask", "kappa_true")

        def read(step, side, name=name, masked=masked):
            product.frame_index = step
            layer = product.read(name, product.dataset(name), product.mask if masked else None, side)
            return layer.values.filled(np.nan)

        label = html_label(LABEL[name]) if name in LABEL else text(name)
        caption = str(product.attribute(f"maps/{name}", "long_name") or "")
        steps = chosen(dataset.shape[0]) if dataset.ndim == 3 else [0]
        side = MOVIE_SIDE if len(steps) > 1 else STILL_SIDE if views else FIRST_SIDE
        views.append(View(name, label, caption, product.units(name), (frame.ny, frame.nx), steps, read, side,
                          (True, bool(frame.east_left)), section=SKY_SECTIONS.get(name, "more")))
    return views


def movie_views(product: Movie) -> list[View]:
    """Images and volumes as they are, lines against time as an image; single lines are drawn as charts."""
    views = []
    names = list(product.maps)
    if "snr" not in names and all(map(product.has, ("estimate", "std"))):
        if product.stack("estimate")[0].shape == product.stack("std")[0].shape:
            names.append("snr")
    for name in ordered(names, MOVIE_ORDER):
        dataset, axes = product.stack("std" if name == "snr" and not product.has("snr") else name)
        if axes == "x":
            continue
        label = text("S/N (estimate / std)" if name == "snr" else MOVIE_LABEL.get(name, name))
        caption = str(product.attribute(f"maps/{name}", "long_name") or "") if product.has(name) else \
            "estimate over its standard deviation"
        units = product.units(name) if product.has(name) else ""
        if axes == "tx":
            rows = np.linspace(0, dataset.shape[0] - 1, min(1024, dataset.shape[0])).round().astype(int)

            def read(_, side, name=name, rows=rows):
                return shrink(np.stack([values(product, name, int(row))[0] for row in rows]), side, separate=True)

            caption += "; x to the right, time downwards"
            views.append(View(name, label, caption, units, (len(rows), dataset.shape[1]), [0], read, FIRST_SIDE, (False, False), "tx", SECTIONS.get(name, "more"), rows=rows.tolist()))
            continue
        timed = axes[0] == "t" and dataset.shape[0] > 1
        planes = "z" in axes and not timed
        steps = chosen(dataset.shape[0] if timed or planes else 1)

        def read(step, side, name=name, planes=planes):
            return shrink(values(product, name, 0, step) if planes else values(product, name, step), side)

        if timed and "z" in axes:
            caption += "; the brightest of all z"
        views.append(View(name, label, caption, units, dataset.shape[-2:], steps, read,
                          STILL_SIDE if len(steps) <= 4 else MOVIE_SIDE, (product.origin == "lower", False),
                          "zyx" if planes else "tyx" if timed else "yx", SECTIONS.get(name, "more")))
    return views


def values(product: Movie, name: str, frame: int, plane: int | None = None) -> np.ndarray:
    """One frame of a map [y][x], or of estimate / std; lines as [1][x]. plane: that one of a volume, else the brightest."""
    if name != "snr" or product.has("snr"):
        return np.atleast_2d(brightest(product.planes(name, frame, plane)))
    pairs = zip(product.planes("estimate", frame, plane), product.planes("std", frame, plane))
    with np.errstate(all="ignore"):
        return np.atleast_2d(brightest(np.where(std > 0, estimate / std, np.nan) for estimate, std in pairs))


def load(views: list[View]) -> None:
    """Reads all, and shrinks the one of most bytes until the page is small enough."""
    by_name = {view.name: view for view in views}

    def again(view):
        other = by_name.get(SAME_SCALE.get(view.name))
        view.load(other.scale if other is not None and other.units == view.units else None)

    for view in views:
        again(view)
    budget = MOVIE_BYTES if any(len(view.steps) > 1 for view in views) else STILL_BYTES
    while sum(view.bytes for view in views) > budget:
        largest = max(views, key=lambda view: view.bytes)
        if max(largest.cells) <= 16:
            break
        next_block = -(-max(largest.shape) // (max(largest.blocks) + 1))
        largest.side = min(int(max(largest.cells) * 0.75), next_block)
        again(largest)
