"""A reconstruction beside the truth it was simulated from."""
from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass

import h5py
import numpy as np

from . import style
from .failure import BAD_DATA, IO_ERROR, Failure
from .layer import Comparison, Layer, compare, limits
from .panels import CLUSTER, colour_bar, draw_map, legend_below, mark, masked_patch
from .pictures import LABEL, MOST_HALOES, Job, figures
from .points import Points
from .product import Product, find_map, open_file
from .sky import Frame

PLACES = ("maps/kappa_true", "kappa_true")


@dataclass
class Truth:
    file: h5py.File
    dataset: h5py.Dataset
    layer: Layer
    haloes: Points | None


def read_truth(argument: str, product: Product) -> Truth:
    """FILE.h5 or FILE.h5:dataset; the map must have the product's shape and, where both say, lie on the same pixels."""
    path, name = argument, None
    if not os.path.exists(argument) and ":" in argument:
        path, name = argument.rsplit(":", 1)
    file = open_file(path)
    places = (name,) if name else PLACES
    dataset = next((found for place in places if (found := find_map(file, place)) is not None), None)
    if dataset is None:
        raise Failure(BAD_DATA, f"{path}: no dataset {' or '.join(places)}; name it as {path}:DATASET")
    if dataset.shape[-2:] != (product.frame.ny, product.frame.nx):
        shape = (product.frame.ny, product.frame.nx)
        raise Failure(BAD_DATA, f"{path}: {dataset.name} has the shape {dataset.shape}, the reconstruction {shape}")
    if dataset.ndim == 3 and product.frame_index >= dataset.shape[0]:
        raise Failure(BAD_DATA, f"{path}: {dataset.name} has no frame {product.frame_index}")
    haloes = None
    if file.attrs.get("format") in ("lacuna", b"lacuna"):
        with contextlib.closing(Product(path, force=True)) as source:
            check_same_grid(source.frame, product.frame, path)
            haloes = source.haloes()
            haloes = haloes.inside(product.frame) if haloes is not None else None
    layer = product.read(f"truth {dataset.name}", dataset, product.mask)
    return Truth(file, dataset, layer, haloes)


def check_same_grid(truth: Frame, frame: Frame, path: str) -> None:
    if truth.kind != "sky" or frame.kind != "sky":
        return
    corners = np.array([0.0, frame.nx - 1]), np.array([0.0, frame.ny - 1])
    apart = np.hypot(*np.subtract(frame.to_pixel(*truth.to_sky(*corners)), corners))
    if not np.all(apart < 0.1):
        raise Failure(BAD_DATA, f"{path}: its grid lies {np.max(apart):.3g} pixels away from the reconstruction's")


def summary(c: Comparison) -> str:
    text = f"correlation {c.correlation:.3f}, rms error {figures(c.rms_error)} (mean {c.bias:+.2g}, sd {figures(c.sd)})"
    text += f" over {c.number:,} pixels"
    return text + (f"; error / posterior sd has sd {c.z_sd:.3f}" if np.isfinite(c.z_sd) else "")


def draw_truth(job: Job):
    product, truth = job.product, job.truth
    layer = product.layer("kappa_E")
    std = product.dataset("std") if product.has("std") else None
    try:
        comparison = compare(product.dataset("kappa_E"), truth.dataset, product.mask, std, product.frame_index)
    except OSError as error:
        raise Failure(IO_ERROR, f"{product.path} or {truth.file.filename}: a map cannot be read ({error})") from error
    scale = limits([truth.layer, layer], percent=1.0)
    panels = [(truth.layer, LABEL["kappa_true"], scale), (layer, r"Reconstruction $\kappa_E$", scale)]
    if product.has("snr"):
        snr = product.layer("snr")
        panels.append((snr, r"S/N ($\kappa_E$ / posterior sd)", limits([snr])))
    figure, axes = style.map_figure(product.frame, columns=len(panels), side=3.7, extra=(2.8, 1.2))
    for k, (shown, title, limit) in enumerate(panels):
        image, power = draw_map(axes[0, k], product.frame, shown, None, limit, (True, k == 0), title, 5)
        if k == 1:
            colour_bar(axes[0, k], image, power, r"$\kappa$ (both maps)", product.units("kappa_E"), "both")
        elif k == 2:
            colour_bar(axes[0, k], image, power, "S/N")
        if truth.haloes is not None and truth.haloes.size:
            marked = truth.haloes.take(slice(0, MOST_HALOES))
            handle = mark(axes[0, k], marked, style.GREEN, "simulated haloes", "haloes", **CLUSTER)
    handles = masked_patch(layer)
    handles += [handle] if truth.haloes is not None and truth.haloes.size else []
    legend_below(axes[0, 0], handles)
    figure.text(0.0, -0.01, f"Inside the mask: {summary(comparison)}.", va="top", fontsize=8.5)
    return figure, f"the truth beside the reconstruction: {summary(comparison)}"
