"""One sheet: the essential panels, and a caption that says what was run."""
from __future__ import annotations

import textwrap

import numpy as np

from . import style
from .failure import Missing
from .layer import total_inside
from .panels import colour_bar, curve, draw_map, histogram, mark, number_marks, shear_sticks, PEAK
from .pictures import LABEL, Job, convergence_panels

METHODS = {"wiener": "Wiener filter", "kaiser-squires": "Kaiser-Squires", "null-b": "null B mode"}
# Short, since maps may be narrow.
TITLE = {"snr": "S/N", "std": "Posterior sd", "kappa_ks": "Kaiser-Squires", "shear": "Shear (sticks)"}
MAPS = ("kappa_E", "snr", "std", "kappa_B", "kappa_ks", "kappa_true", "shear", "count", "mask")


def sentence(text: str) -> str:
    text = text.strip().rstrip(".")
    return text[:1].upper() + text[1:] + "."


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
    for key in ("mean_convention", "shear_convention"):
        if notes.get(key):
            sentences.append(sentence(str(notes[key])))
    if product.has("mask"):
        sentences.append("Hatched: masked.")
    if not product.finished:
        sentences.append("UNFINISHED RUN.")
    return " ".join(sentences)


def draw_overview(job: Job):
    product = job.product
    sticks = product.has("gamma1") and product.has("gamma2") and not product.has("kappa_E")  # of a simulated survey
    maps = [name for name in MAPS if product.has(name) or name == "shear" and sticks]
    if "count" in maps:
        maps = [name for name in maps if name != "mask"]  # seen in the count
    curves = []
    try:
        statistics = job.residuals()
    except Missing:
        statistics = None
    try:
        curves = convergence_panels(product)[:1]
    except Missing:
        pass
    if not maps:
        raise Missing("/maps: any of " + ", ".join(MAPS))
    maps = maps[: 6 - bool(statistics) - bool(curves)]
    panels = maps + (["histogram"] if statistics else []) + (["convergence"] if curves else [])
    columns = min(3, len(panels))
    rows = -(-len(panels) // columns)
    figure, axes = style.map_figure(product.frame, columns, rows, side=3.1, extra=(3.4, 1.0))
    peaks = job.peaks()
    under = "kappa_true" if product.has("kappa_true") else "gamma1"
    for ax in axes.flat[len(panels):]:
        ax.set_axis_off()
    for k, (ax, name) in enumerate(zip(axes.flat, panels)):
        if name == "histogram":
            narrow = not 0.6 <= style.shape_of(product.frame) <= 1.6
            histogram(ax, statistics, f"sd {statistics.sd:.3f}" if narrow else "Residuals", legend=not narrow)
            ax.set_box_aspect(min(max(style.shape_of(product.frame), 0.6), 1.6))
        elif name == "convergence":
            curve(ax, *curves[0])
            ax.set_box_aspect(min(max(style.shape_of(product.frame), 0.6), 1.6))
            ax.set_title("Iterations", loc="left")
        else:
            cmap = {"std": style.PLAIN, "count": style.PLAIN, "mask": style.PLAIN}.get(name)
            layer = product.layer(under if name == "shear" else name, masked=name not in ("mask", "kappa_true"))
            scale = (0.0, 1.0, False) if name == "mask" else None
            title = TITLE.get(name, LABEL[name])
            image, power = draw_map(ax, product.frame, layer, cmap, scale, (True, k % columns == 0), title, 4)
            colour_bar(ax, image, power, "", product.units(under if name == "shear" else name))
            if name == "shear":
                shear_sticks(ax, product.layer("gamma1"), product.layer("gamma2"), cells=20)
    if peaks is not None and peaks.size and panels[0] == "kappa_E":
        top = peaks.take(slice(0, 5))
        mark(axes.flat[0], top, "black", "", "peaks", **PEAK)
        number_marks(axes.flat[0], top, 5)
    text = caption(job)
    wide = int(figure.get_figwidth() * 72 / (8.5 * 0.56))
    figure.text(0.0, -0.015, "\n".join(textwrap.wrap(text, wide)), va="top", fontsize=8.5)
    return figure, "the essential panels on one sheet: " + ", ".join(panels)
