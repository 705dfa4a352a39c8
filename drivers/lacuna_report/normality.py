"""Do residuals look like the noise they should be? Moments of all of them, and the Kolmogorov-Smirnov distance from N(0, 1).

Residuals of counts are not normal where few counts are expected. For them the test takes randomised quantile residuals
(Dunn & Smyth 1996): r = Phi^-1(u), u uniform between P(Y < y) and P(Y <= y) under the fitted mean, which are N(0, 1) at any
mean if the model is right.
"""
from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from lacuna_plot.layer import used_values
from lacuna_plot.movie import Movie
from lacuna_plot.product import Product
from lacuna_plot.statistics import Residuals, residual_statistics
from scipy.special import ndtr, ndtri, pdtr
from scipy.stats import kstwo

MOST = 4_000_000  # values that are sorted, or drawn for; beyond, every k-th
FEW_COUNTS = 10.0  # where the skewness of Poisson noise, 1/sqrt(mean), is above 0.3
SEED = 20260101


@dataclass
class Normality:
    """statistics, distance, probability: of what is tested, randomised residuals if `randomised`, else standardised ones."""

    statistics: Residuals
    distance: float  # max |empirical distribution - that of N(0, 1)|
    probability: float  # of a larger one, for as many independent draws from N(0, 1)
    tested: int
    randomised: bool
    standardised: Residuals  # always (data - model) / sd
    poisson: bool
    few: float  # share of the data whose expected count is below FEW_COUNTS; NaN where unknown


def kolmogorov_smirnov(values: np.ndarray) -> tuple[float, float]:
    """Distance from N(0, 1), and the probability of a larger one."""
    expected = ndtr(np.sort(values))
    n = values.size
    below = np.arange(n) / n
    distance = float(max(np.max(expected - below), np.max(below + 1 / n - expected)))
    return distance, float(kstwo.sf(distance, n))


def randomised(counts: np.ndarray, mean: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Randomised quantile residuals of Poisson counts."""
    low = np.where(counts > 0, pdtr(np.maximum(counts - 1, 0), mean), 0.0)
    high = pdtr(counts, mean)
    u = low + (high - low) * rng.random(counts.shape)
    return ndtri(np.clip(u, 1e-300, 1 - 1e-16))


def setting(product: Product, section: str, key: str) -> str | None:
    """A text of the configuration as the program echoed it, one key a line."""
    inside = False
    for line in str(product.attribute("config", "toml") or "").splitlines():
        if line.startswith("["):
            inside = line.strip() == f"[{section}]"
        elif inside and (found := re.match(rf'{key} = "([^"]*)"', line)):
            return found.group(1)
    return None


def pairs(product: Movie):
    """(data, expected mean, used) of every plane of every frame; nothing where the product does not have both."""
    mean = next((name for name in ("model", "mean") if product.has(name)), None)
    if mean is None or not product.has("data") or product.stack(mean)[0].shape != product.stack("data")[0].shape:
        return
    for frame in range(product.frames("data")):
        masks = product.planes("mask", frame) if product.has("mask") else None
        for data, expected in zip(product.planes("data", frame), product.planes(mean, frame)):
            used = np.isfinite(data) & np.isfinite(expected)
            mask = next(masks, None) if masks is not None else None
            if mask is not None and mask.shape == data.shape:
                used &= np.isfinite(mask) & (mask != 0)
            yield data, expected, used


def standardised(product: Product):
    """Pieces of (data - model) / sd; nothing where the product has no residuals."""
    if not isinstance(product, Movie):
        for name in ("residual1", "residual2"):
            if product.has(name):
                dataset = product.dataset(name)
                for frame in range(dataset.shape[0] if dataset.ndim == 3 else 1):
                    yield from used_values([dataset], product.mask, frame)
    elif product.has("residual"):
        for frame in range(product.frames("residual")):
            for plane in product.planes("residual", frame):
                yield plane[np.isfinite(plane)]
    else:
        for data, mean, used in pairs(product):
            used &= mean > 0
            yield (data[used] - mean[used]) / np.sqrt(mean[used])


def is_poisson(product: Product) -> bool:
    if not isinstance(product, Movie):
        return False
    if product.attribute("/", "program") == "lacuna-simulate":
        return True
    return setting(product, "model", "noise") == "poisson"


def judge(product: Product) -> Normality | None:
    """None where there are no residuals."""
    plain = residual_statistics(standardised(product))
    if plain is None:
        return None
    poisson, every, few = is_poisson(product), -(-plain.number // MOST), np.nan
    if poisson:
        drawn, low, total, whole, skip = [], 0, 0, True, 0
        rng = np.random.default_rng(SEED)
        for data, mean, used in pairs(product):
            y, mu = data[used], mean[used]
            low += int(np.count_nonzero(mu < FEW_COUNTS))
            total += mu.size
            whole = whole and bool(np.all((y == np.round(y)) & (y >= 0) & ((mu > 0) | (y == 0))))
            if whole:
                drawn.append(randomised(y[skip::every], mu[skip::every], rng))
                skip = (skip - y.size) % every
        few = low / total if total else np.nan
        if whole and total:
            values = np.concatenate(drawn)
            return Normality(residual_statistics(drawn), *kolmogorov_smirnov(values), values.size, True, plain, True, few)
    values, skip = [], 0
    for piece in standardised(product):
        values.append(piece[skip::every])
        skip = (skip - piece.size) % every
    values = np.concatenate(values)
    return Normality(plain, *kolmogorov_smirnov(values), values.size, False, plain, poisson, few)
