"""One sheet: the essential panels, and a caption that says what was run."""
from __future__ import annotations

import textwrap

import numpy as np

from . import style
from .failure import Missing
from .layer import total_inside
from .panels import PEAK, colour_bar, curve, draw_map, histogram, mark, number_marks, shear_sticks
from .pictures import LABEL, Job, convergence_panels

METHODS = {"wiener": "Wiener filter", "kaiser-squires": "Kaiser-Squires", "null-b": "null B mode"}
# Short, since maps may be narrow.
TITLE = {"snr": "S/N", "std": "Posterior sd", "kappa_ks": "Kaiser-Squires", "shear": "Shear (sticks)"}
MAPS = ("kappa_E", "snr", "std", "kappa_B", "kappa_ks", "kappa_true", "shear", "count", "mask")


def sentence(text: str) -> str:
    """With a capital, unless it begins with a symbol such as kappa_E, and a full stop."""
    text = text.strip().rstrip(".")
    return (text[:1].upper() + text[1:] if text.split(" ")[0].isalpha() else text) + "."


def caption(job: Job) -> str:
    """Method, fit, data, provenance and conventions: whatever of them the product states."""
    product = job.product
    run, origin, notes = (product.attributes(group) for group in ("convergence", "provenance", "notes"))
    parts = [f"{product.name}"]
    if run.get("method"):
        parts.append(METHODS.get(run["method"], str(run["method"])))
    chi2 = product.table("convergence/chi2_per_datum")
    chi2 = chi2[np.isfinite(chi2)] if chi2 is not None else np.empty(0)
    if chi2.size:
        parts.append(f"chi\N{SUPERSCRIPT TWO} per datum {chi2[-1]:.4g}")
    elif product.has("residual1") and (statistics := job.residuals()) is not None:
        parts.append(f"chi\N{SUPERSCRIPT TWO} per datum {statistics.chi2_per_datum:.4g}")
    if product.has("count"):
        parts.append(f"{total_inside(product.dataset('count'), product.mask, product.frame_index):,.0f} galaxies")
    frame = product.frame
    size = f" of {frame.pixel_arcmin:.4g} arcmin" if frame.pixel_arcmin else ""
    parts.append(f"{frame.nx} x {frame.ny} pixels{size}")
    if origin.get("seed") is not None:
        parts.append(f"seed {origin['seed']}")
    version = " ".join(str(origin[key]) for key in ("program", "version") if origin.get(key))
    if version:
        parts.append(version + (f" ({origin['git_hash']})" if origin.get("git_hash") else ""))
    if run.get("stopped"):
        parts.append(f"stopped: {run['stopped']}")
    sentences = [" \N{MIDDLE DOT} ".join(parts) + "."]
    if notes.get("mean_convention"):
        sentences.append(sentence(str(notes["mean_convention"])))
    if product.has("mask"):
        sentences.append("Hatched: masked.")
    if not product.finished:
        sentences.append("UNFINISHED RUN.")
    return " ".join(sentences)


def optional(part, *arguments):
    """What a part of the sheet is drawn from, or None where the product has no such data."""
    try:
        return part(*arguments)
    except Missing:
        return None


def draw_map_panel(ax, job: Job, name: str, sticks: list | None, first: bool) -> None:
    """One map with its colour bar; "shear" is sticks over the true convergence, or over their own first component."""
    product = job.product
    shown = name
    if name == "shear":
        shown = "kappa_true" if product.has("kappa_true") else sticks[0].name
    layer = product.layer(shown, masked=name not in ("mask", "kappa_true"))
    cmap = style.PLAIN if name in ("std", "count", "mask") else None
    scale = (0.0, 1.0, False) if name == "mask" else None
    image, power = draw_map(ax, product.frame, layer, cmap, scale, (True, first), TITLE.get(name, LABEL[name]), 5)
    colour_bar(ax, image, power, "", product.units(shown))
    if name == "shear":
        shear_sticks(ax, *sticks, cells=20)
    peaks = job.peaks()
    if name == "kappa_E" and peaks is not None and peaks.size:
        mark(ax, peaks.take(slice(0, 5)), "black", "", "peaks", **PEAK)


def draw_overview(job: Job):
    product = job.product
    statistics, curves = optional(job.residuals), optional(convergence_panels, product)
    sticks = None if product.has("kappa_E") else optional(job.shear)  # a mass map has other things to show
    maps = [name for name in MAPS if product.has(name) or name == "shear" and sticks]
    if "count" in maps:
        maps = [name for name in maps if name != "mask"]  # seen in the count
    if not maps:
        raise Missing("/maps: any of " + ", ".join(MAPS))
    maps = maps[: 6 - bool(statistics) - bool(curves)]
    panels = maps + (["histogram"] if statistics else []) + (["convergence"] if curves else [])
    columns = min(3, len(panels))
    ratio = style.shape_of(product.frame)
    figure, axes = style.map_figure(product.frame, columns, -(-len(panels) // columns), side=3.1, extra=(3.4, 1.0))
    for k, (ax, name) in enumerate(zip(axes.flat, panels)):
        if name in maps:
            draw_map_panel(ax, job, name, sticks, first=k % columns == 0)
            continue
        ax.set_box_aspect(min(max(ratio, 0.6), 1.6))
        if name == "histogram":
            roomy = 0.6 <= ratio <= 1.6
            histogram(ax, statistics, "Residuals" if roomy else f"sd {statistics.sd:.3f}", legend=roomy)
        else:
            curve(ax, *curves[0])
            ax.set_title("Iterations", loc="left")
    for ax in axes.flat[len(panels):]:
        ax.set_axis_off()
    peaks = job.peaks()
    if panels[0] == "kappa_E" and peaks is not None and peaks.size:
        number_marks(axes.flat[0], peaks.take(slice(0, 5)), 5)
    wide = int(figure.get_figwidth() * 72 / (8.5 * 0.56))
    figure.text(0.0, -0.015, "\n".join(textwrap.wrap(caption(job), wide)), va="top", fontsize=8.5)
    return figure, "the essential panels on one sheet: " + ", ".join(panels)
