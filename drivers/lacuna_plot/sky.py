"""Pixels <-> sky of the product's grid, and axes labelled with what they are.

Columns run along +RA in every lacuna grid (CDELT1 > 0). Pictures follow the field's custom all the same: **east is to
the left**, so the x axis is drawn from the last column to the first, and its ticks carry true RA in degrees. What is
drawn in pixel coordinates (marks, shear sticks) is mirrored with it and stays right on the sky.
Formulas: Calabretta & Greisen 2002, sections 2 (rotation), 5.1.3 (TAN), 5.2.3 (CAR).
"""
from __future__ import annotations

import numpy as np
from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator

SAMPLES = 513  # points along an edge of the map


class Frame:
    """The grid of a product. kind: "sky" (RA and Dec known), "offset" (arcmin from the centre) or "pixel"."""

    def __init__(self, nx: int, ny: int, pixel_arcmin: float | None, header: dict):
        self.nx, self.ny, self.pixel_arcmin = nx, ny, pixel_arcmin
        self.projection = None
        self.kind = "pixel" if not pixel_arcmin else "offset"
        names = ("CRPIX1", "CRPIX2", "CRVAL1", "CRVAL2", "CDELT1", "CDELT2")
        numbers = [header.get(name) for name in names]
        code = str(header.get("CTYPE1", ""))[-3:]
        if code not in ("TAN", "CAR") or not all(isinstance(v, float) and np.isfinite(v) for v in numbers):
            return
        self.crpix, self.crval, self.cdelt = np.reshape(numbers, (3, 2))
        # A CAR grid centred away from the equator is oblique in the FITS standard: not what lacuna writes.
        if not np.all(self.cdelt) or abs(self.crval[1]) > 90 or (code == "CAR" and self.crval[1] != 0):
            return
        self.projection, self.kind = code, "sky"

    @property
    def east_left(self) -> bool:
        return self.kind == "sky" and self.cdelt[0] > 0

    def to_sky(self, x, y):
        """RA in [0, 360) and Dec [deg] of 0-based pixel coordinates."""
        u = (np.asarray(x, float) + 1 - self.crpix[0]) * self.cdelt[0]
        v = (np.asarray(y, float) + 1 - self.crpix[1]) * self.cdelt[1]
        if self.projection == "CAR":
            return (self.crval[0] + u) % 360, v
        u, v, dec0 = np.radians(u), np.radians(v), np.radians(self.crval[1])
        ra = np.arctan2(u, np.cos(dec0) - v * np.sin(dec0))
        dec = np.arcsin(np.clip((np.sin(dec0) + v * np.cos(dec0)) / np.sqrt(1 + u**2 + v**2), -1, 1))
        return (self.crval[0] + np.degrees(ra)) % 360, np.degrees(dec)

    def to_pixel(self, ra, dec):
        """0-based pixel coordinates of a position [deg]; NaN where a gnomonic projection has none."""
        difference = (np.asarray(ra, float) - self.crval[0] + 180) % 360 - 180
        dec = np.asarray(dec, float)
        if self.projection == "CAR":
            u, v = difference, dec
        else:
            a, d, d0 = np.radians(difference), np.radians(dec), np.radians(self.crval[1])
            depth = np.sin(d0) * np.sin(d) + np.cos(d0) * np.cos(d) * np.cos(a)
            depth = np.where(depth > 1e-6, depth, np.nan)
            u = np.degrees(np.cos(d) * np.sin(a) / depth)
            v = np.degrees((np.cos(d0) * np.sin(d) - np.sin(d0) * np.cos(d) * np.cos(a)) / depth)
        return u / self.cdelt[0] + self.crpix[0] - 1, v / self.cdelt[1] + self.crpix[1] - 1

    def contains(self, x, y) -> np.ndarray:
        with np.errstate(invalid="ignore"):
            return (x >= -0.5) & (x <= self.nx - 0.5) & (y >= -0.5) & (y <= self.ny - 0.5)


def edge_ticks(positions: np.ndarray, world: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Round world values along an edge and where they lie; None where the coordinate does not run one way."""
    steps = np.diff(world)
    if not np.all(np.isfinite(world)) or not (np.all(steps > 0) or np.all(steps < 0)):
        return None
    low, high = sorted((world[0], world[-1]))
    for number in (most, most + 1, most + 2, most + 4):  # a few more where `most` leaves fewer than two
        values = MaxNLocator(nbins=number, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
        values = values[(values >= low) & (values <= high)]
        if values.size >= 2:
            break
    else:
        return None
    order = slice(None) if steps[0] > 0 else slice(None, None, -1)
    return values, np.interp(values, world[order], positions[order])


def tick_text(values: np.ndarray, wrap: bool) -> list[str]:
    """Labels with as many decimals as tell neighbours apart."""
    step = float(np.min(np.diff(values)))
    decimals = 0
    while decimals < 9 and abs(round(step, decimals) - step) > 1e-6 * step:
        decimals += 1
    shown = values % 360 if wrap else values
    return [f"{0.0 if abs(v) < 1e-12 else v:.{decimals}f}".replace("-", "\N{MINUS SIGN}") for v in shown]


def set_ticks(axis, ticks, wrap: bool) -> None:
    axis.set_major_locator(FixedLocator(list(ticks[1])))
    axis.set_major_formatter(FixedFormatter(tick_text(ticks[0], wrap)))


def draw_axes(ax, frame: Frame, most: int, ratio: float, labels: tuple[bool, bool] = (True, True)) -> None:
    """Limits, ticks and labels of a map's axes. RA is labelled where its meridians meet the lower edge, Dec at the left
    edge; a graticule is added where meridians are visibly inclined, so that no tick is trusted where it is wrong.
    most: ticks of the longer side; ratio: height over width as drawn."""
    nx, ny = frame.nx, frame.ny
    ax.set_xlim((nx - 0.5, -0.5) if frame.east_left else (-0.5, nx - 0.5))
    ax.set_ylim(-0.5, ny - 0.5)
    ax.tick_params(direction="out", top=False, right=False)
    xs, ys = np.linspace(-0.5, nx - 0.5, SAMPLES), np.linspace(-0.5, ny - 0.5, SAMPLES)
    names = ("x [pixel]", "y [pixel]")
    most_x, most_y = max(2, round(most * min(1.0, 1 / ratio))), max(2, round(most * min(1.0, ratio)))
    if frame.kind == "sky":
        names = ("Right ascension [deg]", "Declination [deg]")
        left = nx - 0.5 if frame.east_left else -0.5
        low_ra, low_dec = np.unwrap(frame.to_sky(xs, -0.5)[0], period=360), frame.to_sky(left, ys)[1]
        ra, dec = edge_ticks(xs, low_ra, most_x), edge_ticks(ys, low_dec, most_y)
        if ra is None or dec is None:  # a pole inside the field, or a field of almost no extent
            names = offset_ticks(ax, frame, most_x, most_y)
        else:
            set_ticks(ax.xaxis, ra, wrap=True)
            set_ticks(ax.yaxis, dec, wrap=False)
            graticule(ax, frame, ra[0], dec[0])
    elif frame.kind == "offset":
        names = offset_ticks(ax, frame, most_x, most_y)
    else:
        ax.xaxis.set_major_locator(MaxNLocator(most_x, integer=True, min_n_ticks=1))
        ax.yaxis.set_major_locator(MaxNLocator(most_y, integer=True, min_n_ticks=1))
    ax.set_xlabel(names[0] if labels[0] else "")
    ax.set_ylabel(names[1] if labels[1] else "")
    if not labels[0]:
        ax.tick_params(labelbottom=False)
    if not labels[1]:
        ax.tick_params(labelleft=False)


def offset_ticks(ax, frame: Frame, most_x: int, most_y: int) -> tuple[str, str]:
    """Arcmin from the grid centre on both axes; returns their names."""
    for axis, n, most in ((ax.xaxis, frame.nx, most_x), (ax.yaxis, frame.ny, most_y)):
        positions = np.array([-0.5, n - 0.5])
        ticks = edge_ticks(positions, (positions - (n - 1) / 2) * frame.pixel_arcmin, most)
        if ticks:
            set_ticks(axis, ticks, wrap=False)
    east = "Offset to the east [arcmin]" if frame.kind == "sky" else "x offset [arcmin]"
    return east, "Offset to the north [arcmin]" if frame.kind == "sky" else "y offset [arcmin]"


def graticule(ax, frame: Frame, ras: np.ndarray, decs: np.ndarray) -> None:
    """Thin meridians and parallels where a meridian drifts by more than 1 % of the width from edge to edge."""
    centre_ra, _ = frame.to_sky(*frame_point(frame, 0.95, 0.0))
    _, top = frame.to_sky(*frame_point(frame, 0.95, 1.0))
    x_top, _ = frame.to_pixel(centre_ra, top)
    if not abs(x_top - 0.95 * (frame.nx - 1)) > 0.01 * frame.nx:
        return
    line = dict(color="0.5", alpha=0.45, linewidth=0.5, zorder=3)  # to be seen on dark and on light
    ra_step, dec_step = ras[1] - ras[0], decs[1] - decs[0]
    corners_x, corners_y = np.meshgrid(np.linspace(0, frame.nx - 1, 33), np.linspace(0, frame.ny - 1, 33))
    all_ra, all_dec = frame.to_sky(corners_x, corners_y)
    offsets = (all_ra - ras[0] + 180) % 360 - 180
    many_dec = np.linspace(all_dec.min() - dec_step, all_dec.max() + dec_step, SAMPLES).clip(-90, 90)
    for k in range(int(np.floor(offsets.min() / ra_step)), int(np.ceil(offsets.max() / ra_step)) + 1):
        ax.plot(*frame.to_pixel(np.full(SAMPLES, ras[0] + k * ra_step), many_dec), **line)
    many_ra = ras[0] + np.linspace(offsets.min() - ra_step, offsets.max() + ra_step, SAMPLES)
    first, last = (all_dec.min() - decs[0]) / dec_step, (all_dec.max() - decs[0]) / dec_step
    for k in range(int(np.floor(first)), int(np.ceil(last)) + 1):
        if abs(decs[0] + k * dec_step) <= 90:
            ax.plot(*frame.to_pixel(many_ra, np.full(SAMPLES, decs[0] + k * dec_step)), **line)


def frame_point(frame: Frame, u: float, v: float) -> tuple[float, float]:
    """Pixel coordinates at fractions of the grid."""
    return u * (frame.nx - 1), v * (frame.ny - 1)
