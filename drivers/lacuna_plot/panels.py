"""One axes each: a map with its mask and colour bar, marks with numbers, shear sticks, a histogram, a curve."""
from __future__ import annotations

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.patheffects import withStroke
from matplotlib.transforms import offset_copy

from . import style
from .layer import Layer, limits
from .points import Points
from .sky import Frame, draw_axes
from .statistics import Residuals

HALO = [withStroke(linewidth=2.2, foreground="white")]
PEAK, CLUSTER = dict(marker="o", s=70), dict(marker="D", s=48)


def draw_map(ax, frame: Frame, layer: Layer, cmap: str | None = None, scale=None, labels=(True, True), title: str = "",
             ticks: int = 7):
    """A map over hatched grey, which shows wherever there is no value. scale: (low, high, diverging), by default those
    of this map. Returns the image and the power of ten that its numbers were divided by."""
    low, high, diverging = scale or limits([layer])
    cmap = cmap or (style.DIVERGING if diverging else style.SEQUENTIAL)
    largest = max(abs(low), abs(high))
    power = int(np.floor(np.log10(largest))) if largest > 0 and not 1e-3 <= largest < 1e5 else 0
    unit = 10.0**power
    ax.add_patch(Rectangle((-0.5, -0.5), frame.nx, frame.ny, facecolor=style.MASK_FACE, edgecolor=style.MASK_LINE,
                           hatch="//////", linewidth=0, zorder=0))
    values = np.ma.MaskedArray(layer.values.filled((low + high) / 2).clip(low, high) / unit, mask=layer.values.mask)
    rows, columns = (n * layer.block for n in values.shape)
    extent = (-0.5, columns - 0.5, -0.5, rows - 0.5)
    image = ax.imshow(values, origin="lower", extent=extent, cmap=cmap, vmin=low / unit, vmax=high / unit, zorder=1,
                      aspect="auto" if style.stretched(frame) else "equal",
                      interpolation="nearest" if max(values.shape) <= 512 else "antialiased")
    if style.stretched(frame):
        ax.set_box_aspect(style.shape_of(frame))
    draw_axes(ax, frame, ticks, style.shape_of(frame), labels)
    if title:
        ax.set_title(title, loc="left")
    if layer.values.count() == 0:
        ax.text(0.5, 0.5, "no usable pixel", transform=ax.transAxes, ha="center", va="center", path_effects=HALO)
    image.lacuna_extend = beyond([layer.finite], (low, high))
    return image, power


def beyond(values, scale) -> str:
    """At which ends of a colour bar a point says that some of the finite values lie outside."""
    under, over = any(np.any(v < scale[0]) for v in values), any(np.any(v > scale[1]) for v in values)
    return {(False, False): "neither", (True, False): "min", (False, True): "max", (True, True): "both"}[(under, over)]


def colour_bar(ax, image, power: int, label: str, units: str = "", extend: str | None = None) -> None:
    """A bar exactly as high as the map, named, with unit and power of ten."""
    narrow = max(1.0, ax.get_box_aspect() or ax.get_data_ratio())
    inset = ax.inset_axes([1.0 + 0.03 * narrow, 0.0, 0.045 * narrow, 1.0])
    bar = ax.figure.colorbar(image, cax=inset, extend=extend or image.lacuna_extend)
    factor = rf"$10^{{{power}}}$" if power else ""
    unit = " ".join(part for part in (factor, units) if part)
    bar.set_label(f"{label} [{unit}]" if unit else label)
    bar.outline.set_linewidth(0.6)


def masked_patch(layer: Layer) -> list[Patch]:
    """The legend's entry for the hatched area, where there is one."""
    if not np.any(layer.values.mask):
        return []
    return [Patch(facecolor=style.MASK_FACE, edgecolor=style.MASK_LINE, hatch="//////", linewidth=0, label="masked")]


def legend_below(ax, handles: list) -> None:
    """A legend in one row, under the axis label."""
    if handles:
        ax.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncol=len(handles), frameon=False,
                  bbox_transform=offset_copy(ax.transAxes, ax.figure, y=-34, units="points"), handletextpad=0.5,
                  columnspacing=1.6, borderaxespad=0.0)


def mark(ax, points: Points, colour: str, label: str, gid: str, **marker) -> Line2D:
    """Open marks with a white halo, to be seen on any colour; returns the legend's handle."""
    ax.scatter(points.x, points.y, facecolors="none", edgecolors=colour, linewidths=1.0, zorder=5, gid=gid,
               path_effects=HALO, **marker)
    return Line2D([], [], linestyle="none", marker=marker["marker"], markerfacecolor="none", markeredgecolor=colour,
                  markersize=7 if marker["marker"] == "o" else 5.5, label=label)


def number_marks(ax, points: Points, most: int, others: Points | None = None, size: float = 7.5) -> int:
    """Writes S/N beside the highest marks, on the first of four sides where it meets no mark (of others neither) and no
    number; leaves out what has no room. Returns how many it wrote. Needs the final layout, so call it last."""
    figure = ax.figure
    figure.draw_without_rendering()
    frame = ax.get_window_extent()
    dot = figure.dpi / 72.0
    centres = ax.transData.transform(np.column_stack([points.x, points.y]))
    marks = [centres] if others is None else [centres, ax.transData.transform(np.column_stack([others.x, others.y]))]
    taken = [(x - 4.5 * dot, y - 4.5 * dot, x + 4.5 * dot, y + 4.5 * dot) for x, y in np.vstack(marks)]
    written = 0
    for (x, y), snr in zip(centres[:most], points.rank[:most]):
        text = f"{snr:.1f}"
        w, h, gap = 0.64 * size * len(text) * dot, 1.05 * size * dot, 5.5 * dot
        for left, low, ha, va, dx, dy in ((x + gap, y - h / 2, "left", "center", gap, 0.0),
                                          (x - gap - w, y - h / 2, "right", "center", -gap, 0.0),
                                          (x - w / 2, y + gap, "center", "bottom", 0.0, gap),
                                          (x - w / 2, y - gap - h, "center", "top", 0.0, -gap)):
            box = (left, low, left + w, low + h)
            if box[0] < frame.x0 or box[1] < frame.y0 or box[2] > frame.x1 or box[3] > frame.y1:
                continue
            if any(box[0] < t[2] and t[0] < box[2] and box[1] < t[3] and t[1] < box[3] for t in taken):
                continue
            ax.annotate(text, ax.transData.inverted().transform((x, y)), xytext=(dx / dot, dy / dot), zorder=6,
                        textcoords="offset points", ha=ha, va=va, fontsize=size, path_effects=HALO).set_in_layout(False)
            taken.append(box)
            written += 1
            break
    return written


def shear_sticks(ax, gamma1: Layer, gamma2: Layer, cells: int = 26) -> float:
    """Sticks along the shear, of length |gamma|, each the mean over a cell. The angle is atan2(gamma2, gamma1)/2 from
    the +column to the +row axis, in pixel coordinates: the axes mirror it as they mirror the map. Returns the |gamma|
    of a stick one cell long."""
    block = max(1, round(max(gamma1.values.shape) / cells))
    means = []
    for layer in (gamma1, gamma2):
        pad = [(0, -n % block) for n in layer.values.shape]
        part = np.pad(layer.values.filled(np.nan), pad, constant_values=np.nan)
        part = part.reshape(part.shape[0] // block, block, part.shape[1] // block, block).swapaxes(1, 2)
        part = part.reshape(*part.shape[:2], -1)
        number = np.isfinite(part).sum(axis=2)
        total = np.nansum(part, axis=2)
        means.append(np.divide(total, number, out=np.full_like(total, np.nan), where=number >= 0.5 * block**2))
    g1, g2 = means
    cell = block * gamma1.block
    y, x = np.mgrid[: g1.shape[0], : g1.shape[1]] * cell + (cell - 1) / 2
    size, angle = np.hypot(g1, g2), 0.5 * np.arctan2(g2, g1)
    good = np.isfinite(size)
    if not good.any() or not np.nanmax(size) > 0:
        return 0.0
    reference = float(np.nanpercentile(size[good], 97))
    reference = reference if reference > 0 else float(np.nanmax(size))
    half = 0.5 * cell * np.minimum(size / reference, 2.0)
    ends = [np.stack([x + s * half * np.cos(angle), y + s * half * np.sin(angle)], axis=-1)[good] for s in (-1, 1)]
    ax.add_collection(LineCollection(np.stack(ends, axis=1), colors="black", linewidths=0.9, zorder=4, gid="sticks",
                                     path_effects=[withStroke(linewidth=1.9, foreground="white")], capstyle="round"))
    return reference


def histogram(ax, statistics: Residuals, title: str = "", legend: bool = True) -> None:
    """Standardised residuals against N(0, 1), with their measured sd."""
    ax.stairs(statistics.density, statistics.edges, fill=True, color=style.BLUE, alpha=0.45)
    ax.stairs(statistics.density, statistics.edges, color=style.BLUE, linewidth=0.9,
              label=f"measured\nmean {statistics.mean:+.3f}\nsd {statistics.sd:.3f}".replace("-", "\N{MINUS SIGN}"))
    x = np.linspace(-5, 5, 401)
    ax.plot(x, np.exp(-0.5 * x * x) / np.sqrt(2 * np.pi), color=style.ORANGE, linestyle="--", label="N(0, 1)")
    ax.set_xlim(-5, 5)
    ax.set_ylim(0, 1.3 * max(0.4, float(statistics.density.max(initial=0.0))))
    ax.set_xlabel("Standardised residual")
    ax.set_ylabel("Density")
    if legend:
        ax.legend(loc="upper right", frameon=False, handlelength=1.5, borderaxespad=0.3)
    if title:
        ax.set_title(title, loc="left")


def curve(ax, iteration, values, name: str, log: bool, colour: str) -> bool:
    """One quantity against the iteration; False where it has no value to show."""
    with np.errstate(invalid="ignore"):
        good = np.isfinite(values) & np.isfinite(iteration) & ((values > 0) if log else True)
    if not good.any():
        return False
    ax.plot(iteration[good], values[good], color=colour, marker="o" if good.sum() <= 60 else "", markersize=2.6)
    if log:
        ax.set_yscale("log")
    ax.set_xlabel("Iteration")
    ax.set_ylabel(name)
    ax.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    ax.grid(True, color="0.9", linewidth=0.5)
    ax.set_axisbelow(True)
    return True
