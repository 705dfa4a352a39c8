"""One figure each. A picture is a function of a Job that returns (figure, sentence) or throws Missing."""
from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from . import style
from .failure import Missing
from .layer import Layer, limits, used_values
from .panels import (CLUSTER, PEAK, colour_bar, curve, draw_map, histogram, legend_below, mark, masked_patch,
                     number_marks, shear_sticks)
from .points import Points
from .product import Product
from .statistics import Residuals, residual_statistics

LINEAR = ("wiener", "null-b")  # methods that stop by a relative residual
MOST_PEAKS, MOST_HALOES = 100, 60  # marked: more would hide the map
LABEL = {
    "kappa_E": r"Convergence $\kappa_E$", "kappa_B": r"B mode $\kappa_B$", "kappa_ks": r"Kaiser-Squires $\kappa_{KS}$",
    "kappa_true": r"True convergence $\kappa$", "std": r"Posterior sd of $\kappa_E$",
    "snr": r"S/N ($\kappa_E$ / posterior sd)",
    "count": "Galaxies per pixel", "mask": "Mask", "residual1": r"Standardised residual of $\gamma_1$",
    "gamma1": r"Shear $\gamma_1$", "gamma2": r"Shear $\gamma_2$", "shear": "Shear (sticks)",
    "residual2": r"Standardised residual of $\gamma_2$",
}


@dataclass
class Job:
    """What one run of lacuna-plot draws from."""

    product: Product
    clusters: Points | None = None  # as given with --clusters, those inside the field
    truth: "object | None" = None  # truth.Truth
    cache: dict = field(default_factory=dict)

    def peaks(self) -> Points | None:
        if "peaks" not in self.cache:
            found = self.product.peaks()
            self.cache["peaks"] = found.inside(self.product.frame) if found is not None else None
        return self.cache["peaks"]

    def shear(self) -> list[Layer]:
        """Both components, as binned, or where a simulated survey has only the true ones, those. Throws Missing."""
        ending = "" if self.product.has("gamma1") or not self.product.has("gamma1_true") else "_true"
        return [self.product.layer(f"gamma{k}{ending}") for k in (1, 2)]

    def residuals(self) -> Residuals:
        """Throws Missing where the product has no residuals."""
        if "residuals" not in self.cache:
            maps = [self.product.dataset(name) for name in ("residual1", "residual2") if self.product.has(name)]
            if not maps:
                raise Missing("/maps/residual1")
            self.cache["residuals"] = residual_statistics(
                used_values(maps, self.product.mask, self.product.frame_index))
        return self.cache["residuals"]


def figures(value: float, digits: int = 3) -> str:
    return f"{value:.{digits}g}"


def where(points: Points, k: int) -> str:
    if points.ra is None or points.dec is None:
        return f"at pixel ({points.x[k]:.0f}, {points.y[k]:.0f})"
    return f"at RA {points.ra[k]:.4f}, Dec {points.dec[k]:+.4f}"


def draw_marks(ax, job: Job, peaks: Points | None) -> list:
    """Marks peaks and clusters; returns their legend handles."""
    handles = []
    if job.clusters is not None and job.clusters.size:
        handles.append(mark(ax, job.clusters, style.GREEN, "clusters", "clusters", **CLUSTER))
    if peaks is not None and peaks.size:
        handles.append(mark(ax, peaks, "black", "peaks (with S/N)", "peaks", **PEAK))
    return handles


def single(job: Job, name: str, marks: int = 0, cmap: str | None = None, masked: bool = True, scale=None):
    """One map, with the `marks` highest peaks numbered (0: no peaks)."""
    product = job.product
    layer = product.layer(name, masked)
    figure, axes = style.map_figure(product.frame)
    ax = axes[0, 0]
    image, power = draw_map(ax, product.frame, layer, cmap, scale)
    colour_bar(ax, image, power, LABEL[name], product.units(name))
    peaks = job.peaks() if marks else None
    shown = peaks.take(slice(0, MOST_PEAKS if marks > 10 else marks)) if peaks is not None else None
    legend_below(ax, masked_patch(layer) + (draw_marks(ax, job, shown) if marks else []))
    if shown is not None and shown.size:
        number_marks(ax, shown, marks, job.clusters)
    return figure, layer


def spread(layer) -> str:
    values = layer.finite
    if values.size == 0:
        return "no usable pixel"
    low, high, mean = (figures(value) for value in (values.min(), values.max(), values.mean()))
    return f"from {low} to {high}, mean {mean} over {layer.used:,} pixels"


def draw_kappa(job: Job):
    figure, layer = single(job, "kappa_E", marks=10)
    text = f"the reconstructed convergence, {spread(layer)}"
    peaks = job.peaks()
    if peaks is not None and peaks.size:
        text += f"; its most significant peak has S/N {peaks.rank[0]:.1f} {where(peaks, 0)}"
    if job.clusters is not None:
        text += f"; {job.clusters.size} of the clusters given lie in the field"
    return figure, text


def draw_snr(job: Job):
    figure, layer = single(job, "snr")
    above = float(np.mean(np.abs(layer.finite) > 3)) if layer.finite.size else 0.0
    share = f"|S/N| > 3 in {100 * above:.2g} % of the area"
    return figure, f"the map in units of its own error bar, {spread(layer)}; {share}"


def draw_std(job: Job):
    figure, layer = single(job, "std", cmap=style.PLAIN)
    text = f"the posterior standard deviation, {spread(layer)}"
    return figure, f"{text}: large where galaxies are few and near masked parts"


def draw_count(job: Job):
    figure, layer = single(job, "count", cmap=style.PLAIN)
    return figure, f"galaxies per pixel, {spread(layer)}"


def draw_mask(job: Job):
    figure, layer = single(job, "mask", cmap=style.PLAIN, masked=False, scale=(0.0, 1.0, False))
    share = float(np.mean(layer.finite != 0)) if layer.finite.size else 0.0
    return figure, f"where data are used (not zero): {100 * share:.1f} % of the field"


def draw_true(job: Job):
    """The truth of a simulated survey, shown also where the survey has no data."""
    figure, layer = single(job, "kappa_true", masked=False)
    ax, haloes = figure.axes[0], job.product.haloes()
    text = f"the convergence that was simulated, {spread(layer)}"
    if haloes is not None:
        haloes = haloes.inside(job.product.frame)
        if haloes.size:
            shown = haloes.take(slice(0, MOST_HALOES))
            legend_below(ax, [mark(ax, shown, style.GREEN, "simulated haloes", "haloes", **CLUSTER)])
        text += f"; {haloes.size} haloes were put into the field"
    return figure, text


def draw_shear(job: Job):
    product = job.product
    gamma = job.shear()
    under = next((name for name in ("kappa_E", "kappa_true") if product.has(name)), gamma[0].name)
    figure, axes = style.map_figure(product.frame)
    ax = axes[0, 0]
    image, power = draw_map(ax, product.frame, product.layer(under))
    colour_bar(ax, image, power, LABEL.get(under, under), product.units(under))
    reference = shear_sticks(ax, *gamma)
    legend_below(ax, masked_patch(product.layer(under)))
    sticks = f"sticks: mean shear of a cell; one cell long: |$\\gamma$| = {figures(reference, 2)}"
    ax.set_title(sticks if reference else "no shear to draw", loc="left")
    kind = "true shear" if gamma[0].name.endswith("_true") else "shear as binned"
    return figure, f"the {kind}, averaged over cells, over {under}: sticks lie tangentially around mass"


def draw_peaks(job: Job):
    peaks = job.peaks()
    if peaks is None:
        raise Missing("/peaks")
    if not peaks.size and not job.product.has("snr"):
        raise Missing("/maps/snr")  # an empty list without S/N: none were looked for
    name = "snr" if job.product.has("snr") else "kappa_E"
    figure, _ = single(job, name, marks=25)
    if not peaks.size:
        return figure, "no peak in the list lies in the field"
    text = f"{peaks.size} peak{'s' * (peaks.size > 1)}, S/N {peaks.rank[-1]:.1f} to {peaks.rank[0]:.1f}"
    text += f", the highest {where(peaks, 0)}"
    return figure, text + (f"; the {MOST_PEAKS} highest are marked" if peaks.size > MOST_PEAKS else "")


def draw_residuals(job: Job):
    product, statistics = job.product, job.residuals()
    names = [name for name in ("residual1", "residual2") if product.has(name)]
    layers = [product.layer(name) for name in names]
    bound = max(map(abs, limits(layers)[:2]))
    scale = (-bound, bound, True)
    figure, axes = style.map_figure(product.frame, columns=len(names) + 1, side=3.4, extra=(2.6, 0.9))
    for k, (name, layer) in enumerate(zip(names, layers)):
        labels = (True, k == 0)
        image, power = draw_map(axes[0, k], product.frame, layer, style.DIVERGING, scale, labels, LABEL[name], 5)
    averaged = f"mean of {layer.block} x {layer.block} pixels" if layer.block > 1 else "in units of the noise sd"
    colour_bar(axes[0, len(names) - 1], image, power, f"Residual, {averaged}")
    ax = axes[0, -1]
    ax.set_box_aspect(style.shape_of(product.frame))
    if statistics is None:
        ax.text(0.5, 0.5, "no finite residual", transform=ax.transAxes, ha="center")
        return figure, "the residuals have no finite value"
    histogram(ax, statistics, "All pixels")
    text = f"data minus model in units of the noise: mean {statistics.mean:+.3f}, sd {statistics.sd:.3f}"
    text += f", chi2 per datum {statistics.chi2_per_datum:.4g} over {statistics.number:,} data"
    return figure, text + "; structure in the maps would mean that the model misses something"


def is_relative(product: Product) -> bool:
    """Whether /convergence/residual is ||r||/||b||, to be compared with rtol, and not the norm of a gradient."""
    return str(product.attribute("convergence", "method") or "") in LINEAR


def cumulative(column: np.ndarray) -> np.ndarray:
    """Iterations, or seconds, that go on where one solver took over from another, which counts from 0 again."""
    column = column.copy()
    for start in np.flatnonzero(np.diff(column) < 0) + 1:
        column[start:] += column[start - 1] - column[start]
    return column


def convergence_panels(product: Product) -> list[tuple]:
    """(iteration, values, name, log, colour) of what the run recorded. Throws Missing."""
    iteration = product.table("convergence/iteration")
    if iteration is None or iteration.size == 0:
        raise Missing("/convergence/iteration")
    iteration, found = cumulative(iteration), []
    residual = "Relative residual" if is_relative(product) else "Norm of the gradient"
    columns = (("residual", residual, True, style.BLUE), ("energy", "", True, style.ORANGE),
               ("chi2_per_datum", r"$\chi^2$ per datum", False, style.GREEN))
    for column, name, log, colour in columns:
        values = product.table(f"convergence/{column}")
        if values is None or values.size != iteration.size or not np.isfinite(values).any():
            continue
        if column == "energy":
            last = values[np.isfinite(values)][-1]
            name, values = f"Energy $-$ {last:.6g} (last) [nats]", np.abs(values - last)
        if not log or np.any(values > 0):
            found.append((iteration, values, name, log, colour))
    if not found:
        raise Missing("/convergence: any finite value (a direct method has none)")
    return found


def draw_convergence(job: Job):
    product = job.product
    panels = convergence_panels(product)
    figure = Figure(figsize=(3.4 * len(panels) + 0.4, 2.9), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    for ax, panel in zip(axes, panels):
        curve(ax, *panel)
    about = product.attributes("convergence")
    residual = product.table("convergence/residual")
    rtol = about.get("rtol")
    if residual is not None and is_relative(product) and isinstance(rtol, float) and rtol > 0:
        axes[0].axhline(rtol, color="0.35", linestyle=":", linewidth=1.0)
        place = dict(xycoords=("axes fraction", "data"), textcoords="offset points")
        axes[0].annotate("rtol", (0, rtol), xytext=(3, 2), fontsize=8, **place)
    finite = residual[np.isfinite(residual)] if residual is not None else np.empty(0)
    name = "a relative residual" if is_relative(product) else "a gradient's norm"
    ending = f" to {name} of {finite[-1]:.2g}" if finite.size else ""
    stopped = f"; stopped: {about['stopped']}" if about.get("stopped") else ""
    number = int(np.nanmax(panels[0][0]))
    return figure, f"{about.get('method') or 'the solver'} took {number} iterations{ending}{stopped}"


def draw_modes(job: Job):
    product = job.product
    names = [name for name in ("kappa_E", "kappa_B", "kappa_ks") if product.has(name)]
    if "kappa_E" not in names or len(names) < 2:
        raise Missing("/maps/kappa_E and one of kappa_B, kappa_ks")
    layers = {name: product.layer(name) for name in names}
    scale = limits(list(layers.values()))
    own = limits([layers["kappa_E"]])
    # The noise of an unsmoothed Kaiser-Squires map would bleach the others.
    saturated = max(map(abs, scale[:2])) > 3 * max(map(abs, own[:2]))
    scale = own if saturated else scale
    bound = max(map(abs, scale[:2]))
    scale = (-bound, bound, True)
    figure, axes = style.map_figure(product.frame, columns=len(names), side=3.6, extra=(2.0, 0.9))
    for k, (name, layer) in enumerate(layers.items()):
        labels = (True, k == 0)
        image, power = draw_map(axes[0, k], product.frame, layer, style.DIVERGING, scale, labels, LABEL[name], 5)
    colour_bar(axes[0, -1], image, power, r"$\kappa$", product.units("kappa_E"), "both")
    sd = {name: float(layer.finite.std()) if layer.finite.size else float("nan") for name, layer in layers.items()}
    others = " and ".join({"kappa_B": "B mode", "kappa_ks": "Kaiser-Squires"}[name] for name in names[1:])
    text = f"E mode beside {others} on one colour scale: sd "
    text += ", ".join(f"{name} {figures(value)}" for name, value in sd.items())
    if "kappa_B" in names:
        text += "; lensing makes no B mode, so what kappa_B shows is noise and systematics"
    return figure, text + ("; Kaiser-Squires saturates the scale" if saturated else "")
