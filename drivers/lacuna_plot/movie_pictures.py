"""One figure each for stacks and movies; a picture is a function of a Job that returns (figure, sentence) or throws
Missing. `movie` returns the bytes of an animated GIF instead of a figure."""
from __future__ import annotations

import io

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image, ImageDraw

from . import style
from .failure import Missing
from .movie import Movie, scale
from .panels import beyond
from .pictures import Job, draw_convergence

LABEL = {"data": "Data", "estimate": "Estimate", "truth": "Truth", "model": "Model", "mean": "Expected counts",
         "residual": "Residual", "std": "Standard deviation"}
MOST_IN_STRIP, MOST_IN_GIF, GIF_SIDE = 8, 120, 320


def new_figure(width: float, height: float, rows: int, columns: int):
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots(rows, columns, squeeze=False)


def named(product: Movie, name: str) -> str:
    units = product.units(name)
    return LABEL.get(name, name) + (f" [{units}]" if units else "")


def place(product: Movie, frame: int) -> str:
    """"t = 12 frame", or nothing where there is one frame only."""
    number = max(product.frames(name) for name in product.maps)
    if number == 1:
        return ""
    times, unit = product.times(number)
    return f"frame {frame}" if unit == "frame" else f"t = {times[frame]:.4g} {unit}"


def show(ax, image: np.ndarray, limits, cmap: str, origin: str):
    shown = ax.imshow(np.ma.masked_invalid(image), origin=origin, cmap=cmap, vmin=limits[0], vmax=limits[1],
                      interpolation="nearest" if max(image.shape) <= 512 else "antialiased")
    ax.set_facecolor(style.MASK_FACE)
    if not 0.25 <= image.shape[0] / image.shape[1] <= 4:
        ax.set_aspect("auto")
        ax.set_box_aspect(min(max(image.shape[0] / image.shape[1], 0.25), 4))
    return shown


def residual_of(product: Movie, frame: int) -> tuple[np.ndarray, str]:
    """The residual as written, or (data - model) / sqrt(model)."""
    if product.has("residual"):
        units = product.units("residual")
        return product.picture("residual", frame), "Residual" + (f" [{units}]" if units else " [sd]")
    model = next((name for name in ("model", "mean") if product.has(name)), None)
    if model is None or not product.has("data") or product.stack(model)[0].shape != product.stack("data")[0].shape:
        raise Missing("/maps/residual or /maps/model")
    data, mean = product.picture("data", frame), product.picture(model, frame)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(mean > 0, (data - mean) / np.sqrt(mean), np.nan), "(data - model) / sqrt(model)"


def middle(job: Job) -> int:
    product = job.product
    number = max(product.frames(name) for name in product.maps)
    return min(product.frame_index if product.frame_index is not None else number // 2, number - 1)


def draw_panels(job: Job):
    """Data, result and residual of one frame, side by side."""
    product, frame = job.product, middle(job)
    if product.line:
        return draw_lines(job)
    names = [name for name in ("data", product.result, "std") if product.is_image(name)]
    panels = [(product.picture(name, frame), named(product, name), style.SEQUENTIAL) for name in names]
    try:
        image, label = residual_of(product, frame)
        if image.ndim == 2:
            panels.insert(2, (image, label, style.DIVERGING))
    except Missing:
        pass
    ratio = min(max(panels[0][0].shape[0] / panels[0][0].shape[1], 0.3), 3.0)
    figure, axes = new_figure(3.9 * len(panels), 3.1 * ratio + 0.7, 1, len(panels))
    for ax, (image, label, cmap) in zip(axes[0], panels):
        limits = scale([image])
        if cmap == style.DIVERGING:
            bound = max(map(abs, limits))
            limits = (-bound, bound)
        shown = show(ax, image, limits, cmap, product.origin)
        figure.colorbar(shown, ax=ax, shrink=0.9, extend=beyond([image], limits))
        ax.set_title(label, loc="left")
        ax.set_xlabel("x [pixel]")
    axes[0, 0].set_ylabel("y [pixel]")
    at = place(product, frame)
    if at:
        figure.suptitle(at, fontsize=9)
    depth = ", brightest of all z" if "z" in product.axes else ""
    return figure, ", ".join(label.split(" [")[0].lower() for _, label, _ in panels) + f"{depth}{', ' + at if at else ''}"


def draw_lines(job: Job):
    """Lines: data and model, and the result, of one frame against x; below one another where they differ in length."""
    product, frame = job.product, middle(job)
    styles = {"data": dict(linestyle="none", marker=".", color="0.45", markersize=4), "model": dict(color=style.BLUE),
              "mean": dict(color=style.BLUE), "estimate": dict(color=style.ORANGE), "truth": dict(color=style.GREEN, linestyle="--")}
    lines = {name: product.picture(name, frame) for name in styles if product.has(name)}
    lengths = list(dict.fromkeys(product.stack(name)[0].shape[-1] for name in lines))
    figure, axes = new_figure(6.5, 3.4 if len(lengths) == 1 else 2.5 * len(lengths), len(lengths), 1)
    for ax, length in zip(axes[:, 0], lengths):
        for name, line in lines.items():
            if product.stack(name)[0].shape[-1] != length:
                continue
            x = np.linspace(0, length - 1, line.size)
            dot = {"marker": "o"} if line.size == 1 else {}  # of which a line shows nothing
            ax.plot(x, line, label=LABEL[name], **{**dot, **styles[name]})
            if name == "estimate" and product.has("std") and product.stack("std")[0].shape[-1] == length:
                std = product.picture("std", frame)
                label = "\N{PLUS-MINUS SIGN} 1 sd"
                if line.size == 1:
                    ax.errorbar(x, line, std, color=style.ORANGE, linestyle="none", capsize=4, label=label)
                else:
                    ax.fill_between(x, line - std, line + std, color=style.ORANGE, alpha=0.25, linewidth=0, label=label)
        units = product.units(next(name for name in lines if product.stack(name)[0].shape[-1] == length))
        ax.set_ylabel(units.capitalize() if units else "Value")
        ax.legend(frameon=False)
    axes[-1, 0].set_xlabel("x [pixel]")
    at = place(product, frame)
    axes[0, 0].set_title(at, loc="left")
    return figure, f"{', '.join(lines)} along x{', ' + at if at else ''}"


def draw_strip(job: Job):
    """Frames in a row: the data above the result, each row on one colour scale."""
    product = job.product
    if product.line or max(product.frames(name) for name in product.maps) < 2:
        raise Missing("frames of images")
    frames = product.chosen(MOST_IN_STRIP)
    rows = [name for name in ("data", product.result) if product.is_image(name)]
    images = {name: [product.picture(name, k) for k in frames] for name in rows}
    ratio = min(max(images[rows[0]][0].shape[0] / images[rows[0]][0].shape[1], 0.3), 3.0)
    figure, axes = new_figure(1.55 * len(frames) + 0.9, 1.55 * ratio * len(rows) + 0.45, len(rows), len(frames))
    for row, name in enumerate(rows):
        limits = scale(images[name])
        for column, (k, image) in enumerate(zip(frames, images[name])):
            ax = axes[row, column]
            shown = show(ax, image, limits, style.SEQUENTIAL, product.origin)
            ax.set_xticks([])
            ax.set_yticks([])
            if row == 0:
                ax.set_title(place(product, k), fontsize=8)
        axes[row, 0].set_ylabel(LABEL.get(name, name))
        bar = figure.colorbar(shown, ax=list(axes[row]), shrink=0.9, extend=beyond(images[name], limits), pad=0.01)
        bar.set_label(product.units(name), fontsize=8)
    return figure, f"{len(frames)} frames in a row, {' above '.join(rows)}"


def draw_kymograph(job: Job):
    """Lines against time: x to the right, time downwards."""
    product = job.product
    if not product.line or "t" not in product.axes:
        raise Missing("lines against time")
    names = [name for name in ("data", product.result) if product.has(name)]
    figure, axes = new_figure(3.9 * len(names), 4.2, 1, len(names))
    for ax, name in zip(axes[0], names):
        frames = product.chosen(1024)
        image = np.stack([product.picture(name, k) for k in frames])
        limits = scale([image])
        times, unit = product.times(product.frames(name))
        low, high = float(times[0]), float(times[-1])
        half = 0.5 * (high - low) / max(len(frames) - 1, 1)
        shown = ax.imshow(np.ma.masked_invalid(image), aspect="auto", cmap=style.SEQUENTIAL, vmin=limits[0],
                          vmax=limits[1], interpolation="nearest",
                          extent=(-0.5, product.stack(name)[0].shape[-1] - 0.5, high + half, low - half))
        figure.colorbar(shown, ax=ax, extend=beyond([image], limits)).set_label(product.units(name))
        ax.set_title(LABEL.get(name, name), loc="left")
        ax.set_xlabel("x [pixel]")
    axes[0, 0].set_ylabel(f"Time [{unit}]")
    return figure, f"{' beside '.join(names)}, x to the right and time downwards"


def draw_flux(job: Job):
    """Sums over every frame against time."""
    product = job.product
    series = [("flux_in", "flux of the data", "0.45", "."), ("flux_data", "counts", "0.45", "."),
              ("flux_model", "flux of the model", style.BLUE, ""), ("flux_out", "flux of the estimate", style.ORANGE, ""),
              ("flux_truth", "expected counts of the scene", style.GREEN, "")]
    found = [(name, product.table(f"series/{name}"), *rest) for name, *rest in series]
    found = [entry for entry in found if entry[1] is not None and entry[1].size]
    if not found:
        raise Missing("/series/flux_in")
    figure, axes = new_figure(6.0, 3.2, 1, 1)
    ax = axes[0, 0]
    unit = "frame"
    for name, values, label, colour, marker in found:
        times, unit = product.times(values.size)
        own = product.table(f"series/time_{name.split('_')[1]}")  # where the estimate has other times than the data
        times = own if own is not None and own.size == values.size else times
        many = values.size > 60
        ax.plot(times, values, color=colour, marker="" if many else (marker or "o"), markersize=4 if marker else 2.6,
                label=label, linewidth=1.0)
    ax.set_xlabel(f"Time [{unit}]")
    units = str(product.attribute(f"series/{found[0][0]}", "units") or "")
    ax.set_ylabel(f"Sum of a frame [{units}]" if units not in ("", "1") else "Sum of a frame")
    ax.grid(True, color="0.9", linewidth=0.5)
    ax.legend(frameon=False)
    spans = ", ".join(f"{label} {values.min():.4g} to {values.max():.4g}" for _, values, label, _, _ in found)
    return figure, f"sums of the frames against time: {spans}"


def draw_movie(job: Job):
    """An animated GIF, the data beside the result."""
    product = job.product
    if product.line or max(product.frames(name) for name in product.maps) < 2:
        raise Missing("frames of images")
    frames = product.chosen(MOST_IN_GIF)
    names = [name for name in ("data", product.result) if product.is_image(name)]
    few = frames[:: max(1, len(frames) // 12)]
    limits = {name: scale([product.picture(name, k) for k in few]) for name in names}
    colours = (matplotlib.colormaps[style.SEQUENTIAL](np.linspace(0, 1, 240))[:, :3] * 255).round().astype(np.uint8)
    palette = np.vstack([colours, [[168, 168, 168], [255, 255, 255], [0, 0, 0]]])
    masked, white, black = 240, 241, 242
    pages = []
    for k in frames:
        parts = []
        for name in names:
            image = product.picture(name, k)
            low, high = limits[name]
            with np.errstate(invalid="ignore"):
                index = np.clip((image - low) / (high - low) * 239, 0, 239)
            index = np.where(np.isfinite(index), index, masked).astype(np.uint8)
            index = index[::-1] if product.origin == "lower" else index
            zoom = max(1, GIF_SIDE // max(index.shape))
            index = np.kron(index, np.ones((zoom, zoom), np.uint8))
            parts += [np.pad(index, ((16, 2), (2, 2)), constant_values=black)]
        height = max(part.shape[0] for part in parts)
        parts = [np.pad(part, ((0, height - part.shape[0]), (0, 0)), constant_values=black) for part in parts]
        page = Image.fromarray(np.hstack(parts), mode="P")
        page.putpalette(palette.ravel().tolist())
        pen, left = ImageDraw.Draw(page), 4
        for name, part in zip(names, parts):
            pen.text((left, 2), f"{LABEL.get(name, name)}  {place(product, k)}", fill=white)
            left += part.shape[1]
        pages.append(page)
    out = io.BytesIO()
    pages[0].save(out, format="GIF", save_all=True, append_images=pages[1:], duration=100, loop=0, optimize=False)
    return out.getvalue(), f"{len(frames)} frames, {' beside '.join(names)}"


PICTURES = {"panels": draw_panels, "strip": draw_strip, "kymograph": draw_kymograph, "flux": draw_flux,
            "convergence": draw_convergence, "movie": draw_movie}
