"""What the numbers of a run mean, in words. A verdict is (level, short, sentence); levels are good, fair, poor, none."""
from __future__ import annotations

import numpy as np
from lacuna_plot.pictures import cumulative, figures
from lacuna_plot.product import Product

from .normality import Normality

FEW = 30  # residuals: below, no distribution is judged
NO_NOISE = 1e-6  # expected deviance per datum: below, nothing is
CLOSE, FAR = 0.02, 0.05  # distances between distributions that nobody needs to care about, and that everybody should


def signed(value: float, digits: int = 3) -> str:
    return f"{value:+.{digits}f}".replace("-", "\N{MINUS SIGN}") if np.isfinite(value) else "undefined"


def last_finite(values) -> float | None:
    values = values[np.isfinite(values)] if values is not None else np.empty(0)
    return float(values[-1]) if values.size else None


def as_number(value) -> float | None:
    return float(value) if isinstance(value, (int, float)) and np.isfinite(value) else None


def convergence(product: Product) -> tuple[str, str, str] | None:
    about = product.attributes("convergence")
    stopped = str(about.get("stopped") or "")
    if not stopped:
        return None
    method = str(about.get("method") or "the solver")
    if "limit" in stopped or "not finite" in stopped:
        return "poor", "not converged", f"{method} did not reach its tolerance: {stopped}. Give it more iterations before " \
                                        "the result is used."
    gap = as_number(product.attribute("notes", "gap"))
    left = "" if gap is None else f" About {figures(gap, 2)} nats are left above the minimum" + (
        ": far below 1, which is what statistics can tell." if gap < 0.3 else ".")
    columns = [product.table(f"convergence/{name}") for name in ("iteration", "seconds")]
    iterations, seconds = (last_finite(cumulative(column)) if column is not None else None for column in columns)
    took = f", {iterations:,.0f} iterations" if iterations else ""
    took += f" in {figures(seconds)} s" if took and seconds else ""
    return ("good" if "reached" in stopped else "none"), stopped, f"{method}{took}.{left}"


def fit(product: Product, normality: Normality | None) -> tuple[str, str, str] | None:
    """Deviance against that of noise alone where the product states both, else chi-squared per datum against 1. The same
    limits as the summary of lacuna-deconvolve."""
    deviance, expected = (as_number(product.attribute("notes", f"{name}deviance_per_datum")) for name in ("", "expected_"))
    if deviance is not None and expected is not None and expected > 0:
        if expected < NO_NOISE:
            return "none", "no noise to judge by", f"Deviance per datum {deviance:.4g}: with the counts that this model expects, chance makes none."
        value, what = deviance / expected, f"Deviance per datum {deviance:.4f}, of noise alone {expected:.4f}"
    else:
        chi2 = last_finite(product.table("convergence/chi2_per_datum"))
        if chi2 is None and normality is not None:
            chi2 = normality.standardised.chi2_per_datum
        if chi2 is None:
            return None
        value, what = chi2, f"\N{GREEK SMALL LETTER CHI}\N{SUPERSCRIPT TWO} per datum {chi2:.4f}, of noise alone 1"
    if product.attribute("/", "program") == "lacuna-simulate":
        return "none", "simulated data", f"{what}: the data beside the truth that they were drawn from."
    if value > 1.05:
        return "poor", "under-fitting", f"{what}. The model does not explain all that is in the data: the prior smooths " \
                                        "too much, the operator is not right, or the noise is larger than assumed."
    if value < 0.8:
        return "fair", "over-fitting", f"{what}. The model follows the noise: the prior is weak, or the noise is smaller " \
                                       "than assumed."
    return "good", "as good as the noise allows", f"{what}. A fit takes up some of the noise, so a little below is expected."


def residuals(n: Normality) -> tuple[str, str, str]:
    s, percent = n.statistics, 100 * n.distance
    what = "randomised residuals" if n.randomised else "residuals"
    if n.tested < FEW:
        return "none", f"{what}: too few to tell", f"There {'is' if n.tested == 1 else 'are'} {n.tested} of them."
    seen = f"Their distribution is nowhere farther than {figures(percent, 2)} percentage points from that of N(0, 1)"
    if n.probability > 0.01:
        return "good", f"{what} are normal", f"{seen}, which is what {n.tested:,} draws from N(0, 1) would do by chance " \
                                             f"(p = {figures(n.probability, 2)})."
    p = "p < 0.0001" if n.probability < 1e-4 else f"p = {figures(n.probability, 2)}"
    if n.distance < CLOSE:
        return "good", f"{what} are close to normal", f"{seen}. Among {n.tested:,} values that is more than chance " \
                                                      f"({p}), and too little to matter."
    why = []
    if abs(s.mean) > 0.03:
        why.append("their mean is off zero: a background or an offset is not right")
    if s.sd < 0.97:
        why.append("they are narrower than the noise: the fit takes up noise, or the noise was overstated")
    elif s.sd > 1.03:
        why.append("they are wider than the noise: the model misses something, or the noise was understated")
    if np.isfinite(s.kurtosis) and s.kurtosis > 0.3:
        why.append("their tails are heavy: outliers, or pixels of very different noise")
    if np.isfinite(s.skewness) and abs(s.skewness) > 0.2:
        why.append("they are skew" + ("" if n.randomised or not n.poisson else ", as counts are"))
    if n.poisson and not n.randomised:
        return "none", "not expected to be normal", f"{seen} ({p}). {counts_remark(n)}"
    level = "fair" if n.distance < FAR else "poor"
    reason = "; ".join(why) if why else "in no single way that the moments would show"
    short = f"{what} are not normal"
    if len(why) == 1 and abs(s.mean) <= 0.03 and not 0.97 <= s.sd <= 1.03:
        short = f"{what} are {'narrower' if s.sd < 1 else 'wider'} than the noise"
    return level, short, f"{seen}, more than chance would do ({p}): {reason}."


def counts_remark(n: Normality) -> str:
    few = f"{100 * n.few:.0f} % of these data expect fewer than 10 counts. " if np.isfinite(n.few) else ""
    return few + "Where few counts are expected, (data \N{MINUS SIGN} model) / sd is skew and takes few values: normality " \
                 "is not expected of it even if the model is right."
