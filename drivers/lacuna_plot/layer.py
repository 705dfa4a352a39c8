"""Maps for the eye: block averages inside the mask, and exact statistics, both read slab by slab.

A map of 8192^2 doubles is 512 MiB; nothing here holds more than SLAB_BYTES of it plus the averaged picture.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LARGEST_SIDE = 1024  # pixels: what a figure of five inches can show at 200 dpi
SLAB_BYTES = 32 << 20


@dataclass
class Layer:
    """A map as it is drawn. values: masked array [ceil(ny/block)][ceil(nx/block)], means of the used, finite pixels."""

    name: str
    values: np.ma.MaskedArray
    block: int  # pixels of the map per drawn pixel, on both axes
    used: int  # pixels inside the mask with a finite value
    bad: int  # pixels inside the mask without one

    @property
    def finite(self) -> np.ndarray:
        return self.values.compressed()


def plane(dataset, rows: slice, frame: int) -> np.ndarray:
    """Rows of a map, or of one frame of a cube [frame][y][x], as float64."""
    part = dataset[rows] if dataset.ndim == 2 else dataset[frame, rows]
    return np.asarray(part, dtype=np.float64)


def slabs(ny: int, nx: int, multiple: int = 1):
    """Slices of rows, each of about SLAB_BYTES and of whole blocks."""
    rows = max(1, SLAB_BYTES // (8 * nx * multiple)) * multiple
    for start in range(0, ny, rows):
        yield slice(start, min(ny, start + rows))


def read_used(mask, rows: slice, frame: int, shape: tuple[int, int]) -> np.ndarray:
    """True where a pixel is used (mask != 0); everywhere where the product has no mask."""
    if mask is None:
        return np.ones((rows.stop - rows.start, shape[1]), dtype=bool)
    values = plane(mask, rows, frame)
    return np.isfinite(values) & (values != 0)


def block_sums(values: np.ndarray, block: int) -> np.ndarray:
    """Sums over block x block pixels; the last block of an axis may be smaller."""
    if block == 1:
        return values
    rows = np.add.reduceat(values, np.arange(0, values.shape[0], block), axis=0)
    return np.add.reduceat(rows, np.arange(0, values.shape[1], block), axis=1)


def read_layer(name: str, dataset, mask, frame: int = 0, side: int = LARGEST_SIDE) -> Layer:
    """Averages a map over the used pixels of each block. A block is masked only where it has no used pixel: maps with
    few galaxies a pixel have masks like salt and pepper, of which any other rule leaves nothing."""
    ny, nx = dataset.shape[-2:]
    block = -(-max(ny, nx) // side)
    sums, numbers, used, bad = [], [], 0, 0
    for rows in slabs(ny, nx, block):
        inside = read_used(mask, rows, frame, (ny, nx))
        values = plane(dataset, rows, frame)
        good = inside & np.isfinite(values)
        used += int(np.count_nonzero(good))
        bad += int(np.count_nonzero(inside)) - int(np.count_nonzero(good))
        with np.errstate(over="ignore"):
            sums.append(block_sums(np.where(good, values, 0.0) / block**2, block))
        numbers.append(block_sums(good.astype(np.float64), block))
    total, number = np.concatenate(sums), np.concatenate(numbers)
    empty = (number == 0) | ~np.isfinite(total)
    mean = np.divide(total, number / block**2, out=np.zeros_like(total), where=~empty)
    return Layer(name, np.ma.MaskedArray(mean, mask=empty), block, used, bad)


def used_values(datasets, mask, frame: int = 0):
    """The finite values of the used pixels of several maps, slab by slab."""
    for dataset in datasets:
        ny, nx = dataset.shape[-2:]
        for rows in slabs(ny, nx):
            values = plane(dataset, rows, frame)
            yield values[read_used(mask, rows, frame, (ny, nx)) & np.isfinite(values)]


@dataclass
class Comparison:
    """A map against the truth over the used pixels."""

    number: int
    correlation: float  # Pearson's; NaN where a map is constant
    rms_error: float
    bias: float  # mean of (map - truth); lensing leaves the mean of a map undetermined
    sd: float  # of (map - truth)
    z_sd: float  # sd of (map - truth)/std where the product has std, else NaN


def compare(dataset, truth, mask, std=None, frame: int = 0) -> Comparison:
    """One pass; sums are centred on the first slab's means, so that a large common level does not cancel."""
    ny, nx = dataset.shape[-2:]
    number, centre, sums = 0, None, np.zeros(5)
    z_number, z_sums = 0, np.zeros(2)
    for rows in slabs(ny, nx):
        a, b = plane(dataset, rows, frame), plane(truth, rows, frame)
        good = read_used(mask, rows, frame, (ny, nx)) & np.isfinite(a) & np.isfinite(b)
        if std is not None:
            sd = plane(std, rows, frame)
            usable = good & np.isfinite(sd) & (sd > 0)
            z = (a[usable] - b[usable]) / sd[usable]
            z_number += z.size
            z_sums += z.sum(), (z * z).sum()
        a, b = a[good], b[good]
        if a.size == 0:
            continue
        if centre is None:
            centre = a.mean(), b.mean()
        a, b = a - centre[0], b - centre[1]
        number += a.size
        sums += a.sum(), b.sum(), (a * a).sum(), (b * b).sum(), (a * b).sum()
    if number == 0:
        return Comparison(0, *[float("nan")] * 5)
    ma, mb, aa, bb, ab = sums / number
    bias = (ma + centre[0]) - (mb + centre[1])
    va, vb, cov = aa - ma**2, bb - mb**2, ab - ma * mb
    correlation = cov / np.sqrt(va * vb) if va > 0 and vb > 0 else float("nan")
    variance = max(va + vb - 2 * cov, 0.0)
    z_sd = float("nan")
    if z_number:
        z_sd = float(np.sqrt(max(z_sums[1] / z_number - (z_sums[0] / z_number) ** 2, 0.0)))
    rms = np.sqrt(variance + bias**2)
    return Comparison(number, float(correlation), float(rms), float(bias), float(np.sqrt(variance)), z_sd)


def total_inside(dataset, mask, frame: int = 0) -> float:
    """Sum of the finite values of the used pixels (the number of galaxies, from a count map)."""
    ny, nx = dataset.shape[-2:]
    total = 0.0
    for rows in slabs(ny, nx):
        values = plane(dataset, rows, frame)
        total += float(values[read_used(mask, rows, frame, (ny, nx)) & np.isfinite(values)].sum())
    return total


def limits(layers: list[Layer], percent: float = 0.3) -> tuple[float, float, bool]:
    """Common robust colour limits (low, high, diverging)."""
    return robust_limits(np.concatenate([layer.finite for layer in layers]), percent)


def robust_limits(values: np.ndarray, percent: float = 0.3) -> tuple[float, float, bool]:
    """Of finite values. Diverging and symmetric only where the values go well to both sides of zero; a map of one sign, or
    nearly, would lose half its colours."""
    if values.size == 0:
        return 0.0, 1.0, False
    low, high = (float(v) for v in np.percentile(values, [percent, 100 - percent]))
    largest = max(abs(low), abs(high))
    if low < 0 < high and min(-low, high) > 0.3 * largest:
        return -largest, largest, True
    if not high - low > 1e-9 * largest:  # a constant map
        return low - (0.5 * largest or 0.5), high + (0.5 * largest or 0.5), False
    return low, high, False
