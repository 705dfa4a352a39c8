"""Moments and histogram of standardised residuals, in one pass over pieces of them."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

REACH, BINS = 5.0, 80  # the histogram's range, in sd of the noise


@dataclass
class Residuals:
    """Statistics of all values. For n draws from a normal distribution the skewness scatters about 0 by sqrt(6/n), the
    excess kurtosis by sqrt(24/n); both are NaN where all values are equal."""

    edges: np.ndarray
    density: np.ndarray  # per unit of residual, of all values, so that bins and tails integrate to 1
    number: int
    mean: float
    sd: float
    skewness: float  # m3 / m2^(3/2), with central moments m
    kurtosis: float  # m4 / m2^2 - 3
    chi2_per_datum: float
    outside: int  # beyond the histogram's range


def residual_statistics(pieces) -> Residuals | None:
    """pieces: arrays of finite values. None where there is not one value. Power sums are taken about the mean of the first
    piece, so that a common offset does not cancel."""
    edges = np.linspace(-REACH, REACH, BINS + 1)
    counts, number, centre, sums = np.zeros(BINS), 0, np.float64(0), np.zeros(4)
    with np.errstate(over="ignore", invalid="ignore"):
        for values in pieces:
            if number == 0 and values.size:
                centre = values.mean()
            counts += np.histogram(values, edges)[0]
            number += values.size
            part = values - centre
            squares = part * part
            sums += part.sum(), squares.sum(), (squares * part).sum(), (squares * squares).sum()
        if number == 0:
            return None
        d, m2, m3, m4 = sums / number
        variance = max(m2 - d**2, 0.0) if np.isfinite(m2) else np.inf
        third, fourth = m3 - 3 * d * m2 + 2 * d**3, m4 - 4 * d * m3 + 6 * d * d * m2 - 3 * d**4
        spread = variance > 1e-24 * centre**2 and np.isfinite(fourth)
        mean = centre + d
        return Residuals(edges, counts / (number * np.diff(edges)), number, float(mean), float(np.sqrt(variance)),
                         float(third / variance**1.5) if spread else np.nan,
                         float(fourth / variance**2 - 3) if spread else np.nan,
                         float(variance + mean**2), number - int(counts.sum()))
