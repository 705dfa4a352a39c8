"""Figures of matplotlib as SVG inside the page: its text stays text, and its colours are the page's, light or dark."""
from __future__ import annotations

import io
import re

import numpy as np
from lacuna_plot import style
from lacuna_plot.failure import Missing
from lacuna_plot.movie import shrink
from lacuna_plot.movie_pictures import draw_flux, draw_lines, new_figure
from lacuna_plot.panels import histogram
from lacuna_plot.pictures import Job, draw_convergence
from lacuna_plot.statistics import REACH

from .html import Markup, tag
from .normality import Normality
from .views import values

INK, SOFT = "#010203", "#010204"  # colours that matplotlib writes, and the page's variables that take their places
COLOURS = {INK: "ink", SOFT: "soft", "#595959": "soft", "#737373": "soft", "#e6e6e6": "rule", style.BLUE.lower(): "blue",
           style.ORANGE.lower(): "orange", style.GREEN.lower(): "green"}
RC = {"svg.fonttype": "none", "text.color": INK, "axes.edgecolor": SOFT,
      "axes.labelcolor": INK, "xtick.color": SOFT, "ytick.color": SOFT, "xtick.labelcolor": INK, "ytick.labelcolor": INK,
      "axes.spines.top": False, "axes.spines.right": False, "figure.facecolor": "none", "axes.facecolor": "none",
      "savefig.facecolor": "none"}


def svg(figure) -> Markup:
    out = io.BytesIO()
    figure.savefig(out, format="svg", bbox_inches="tight", pad_inches=0.04, metadata={"Date": None, "Creator": None},
                   transparent=True)
    drawn = out.getvalue().decode("utf-8")
    drawn = drawn[drawn.index("<svg"):]
    drawn = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", drawn, flags=re.S)
    drawn = drawn.replace("'DejaVu Sans'", "var(--font)")
    drawn = re.sub(r'<g id="[^"]*">', "<g>", drawn)  # figure_1, axes_1, ...: the same in every chart of the page
    for colour, name in COLOURS.items():
        drawn = drawn.replace(colour, f"var(--{name})")
    width = re.search(r'<svg [^>]*?width="([\d.]+)pt"', drawn)
    drawn = re.sub(r'(<svg [^>]*?)width="[\d.]+pt"', r"\1", drawn, count=1)
    drawn = re.sub(r'(<svg [^>]*?)height="[\d.]+pt"', r"\1", drawn, count=1)
    size = f"{float(width.group(1)) * 1.5:.0f}px" if width else "100%"
    return Markup(drawn.replace("<svg ", f'<svg aria-hidden="true" style="max-width:{size}" ', 1))


def chart(figure, sentence: str) -> Markup:
    """The caption says in words what the chart shows."""
    sentence = sentence[:1].upper() + sentence[1:]
    return tag("figure", tag("div", svg(figure), class_="chart", role="img", aria_label=sentence),
               tag("figcaption", sentence + "."), class_="wide")


def drawn(picture, job: Job) -> Markup | None:
    """A picture of lacuna-plot, or None where the product has nothing for it."""
    try:
        with style.settings(RC):
            return chart(*picture(job))
    except Missing:
        return None


def convergence(job: Job) -> Markup | None:
    return drawn(draw_convergence, job)


def flux(job: Job) -> Markup | None:
    """Against time; of one frame there is nothing to see."""
    lengths = [job.product.table(f"series/{name}") for name in ("flux_in", "flux_out", "flux_data", "flux_truth")]
    return drawn(draw_flux, job) if max((v.size for v in lengths if v is not None), default=0) > 1 else None


def lines(job: Job) -> Markup | None:
    return drawn(draw_lines, job)


def residual_histogram(n: Normality) -> Markup:
    with style.settings(RC):
        figure, axes = new_figure(5.2, 3.1, 1, 1)
        histogram(axes[0, 0], n.statistics)
        what = "randomised quantile residuals" if n.randomised else "standardised residuals"
        outside = f"; {n.statistics.outside:,} lie beyond \N{PLUS-MINUS SIGN}{REACH:g}" if n.statistics.outside else ""
        return chart(figure, f"distribution of {n.statistics.number:,} {what} beside that of N(0, 1){outside}")


def line_chart(product, name: str) -> Markup | None:
    """Standard deviation, S/N or residual of a single line."""
    label = {"std": "sd of the estimate", "snr": "S/N", "residual": "Residual [sd]"}[name]
    try:
        line = values(product, name, 0)
    except Missing:
        return None
    if product.stack("std" if name == "snr" else name)[1] != "x" or not np.isfinite(line).any():
        return None
    line = shrink(line[0], 4096)
    with style.settings(RC):
        figure, axes = new_figure(6.5, 2.3, 1, 1)
        ax, x = axes[0, 0], np.linspace(0, line.size - 1, line.size)
        if name != "std":
            ax.axhline(0, color="0.35", linewidth=0.8)
        ax.plot(x, line, **(dict(linestyle="none", marker=".", markersize=3.5) if name == "residual" else {}), color=style.BLUE)
        ax.set_xlabel("x [pixel]")
        ax.set_ylabel(label)
        finite = line[np.isfinite(line)]
        return chart(figure, f"{label} along x, from {finite.min():.3g} to {finite.max():.3g}")
