"""Configuration, provenance, performance and peaks as tables. Whatever the product has is shown, known or not."""
from __future__ import annotations

import json

import numpy as np
from lacuna_plot.pictures import figures
from lacuna_plot.product import Product, find, h5py

from .html import Markup, join, tag
from .normality import Normality
from .verdict import signed

MOST_PEAKS, LONGEST = 20, 20_000


def table(head: list, rows: list[list], numeric=(), caption: str = "") -> Markup:
    """numeric: the columns that are numbers, set flush right."""
    def cells(name, row):
        return [tag(name, cell, class_="number" if k in numeric else None, scope="col" if name == "th" else None)
                for k, cell in enumerate(row)]
    return tag("div", tag("table", tag("caption", caption) if caption else None, tag("thead", tag("tr", cells("th", head))),
                          tag("tbody", [tag("tr", cells("td", row)) for row in rows])), class_="scroll")


def pairs(entries: list[tuple]) -> Markup:
    return tag("dl", [join(tag("dt", name), tag("dd", value)) for name, value in entries])


def shown(value) -> str:
    if isinstance(value, float):
        return f"{value:.8g}"
    words = ", ".join(map(str, value.tolist())) if isinstance(value, np.ndarray) else str(value)
    return words if len(words) <= LONGEST else words[:LONGEST] + " ..."


def performance(product: Product) -> Markup | None:
    """Every column of /performance by its name; share and imbalance where their columns are there."""
    group = find(product.file, "performance")
    if not isinstance(group, h5py.Group):
        return None
    phases = product.texts("performance/phase")
    if not phases:
        return None
    columns = {}
    for name in group:
        values = product.table(f"performance/{name}") if name != "phase" else None
        if values is not None and values.size == len(phases):
            columns[name] = values
    order = [n for n in ("calls", "seconds_mean", "seconds_max") if n in columns]
    order += [n for n in columns if n not in order]
    head, rows = ["Phase"], [[phase] for phase in phases]
    mean, most = columns.get("seconds_mean"), columns.get("seconds_max")
    for name in order:
        units = str(product.attribute(f"performance/{name}", "units") or "")
        head.append(name.replace("_", " ") + (f" [{units}]" if units not in ("", "1") else ""))
        for row, value in zip(rows, columns[name]):
            row.append(f"{value:,.0f}" if float(value).is_integer() and name[:7] != "seconds" else f"{value:.4g}")
    if mean is not None and most is not None:
        head.append("imbalance")
        for row, a, b in zip(rows, mean, most):
            row.append(f"{b / a:.2f}" if a > 0 else "")
    if mean is not None and np.isfinite(mean).all() and mean.sum() > 0:
        head.append("share of these")
        for row, value in zip(rows, mean):
            share = f"{100 * value / mean.sum():.1f} %"
            row.append(tag("span", share, class_="share", style=f"--share:{max(0.0, value) / mean.sum():.4f}"))
    about = [(k.replace("_", " "), shown(v)) for k, v in product.attributes("performance").items()]
    remark = tag("p", "Seconds are means, and maxima, over the ranks; imbalance is the one over the other.", class_="remark")
    return join(table(head, rows, range(1, len(head))), pairs(about) if about else None, remark)


def inputs(product: Product) -> Markup | None:
    try:
        entries = json.loads(str(product.attribute("provenance", "inputs") or "[]"))
        rows = [[str(e["path"]), f"{int(e['bytes']):,}", tag("code", str(e["sha256"]))] for e in entries]
    except (ValueError, TypeError, KeyError, RecursionError):
        return tag("pre", shown(product.attribute("provenance", "inputs")))
    unique = [row for k, row in enumerate(rows) if row not in rows[:k]]
    return table(["Input", "Bytes", "SHA-256"], unique, (1,)) if unique else None


def provenance(product: Product) -> Markup:
    about = {k: v for k, v in product.attributes("provenance").items() if k != "inputs"}
    order = ("program", "version", "git_hash", "date_utc", "command", "host", "ranks", "seed", "libraries")
    first = [k for k in order if k in about]
    entries = [(k.replace("_", " "), tag("code", shown(about[k])) if k in ("command", "git_hash") else shown(about[k]))
               for k in first + [k for k in about if k not in first]]
    root = product.attributes("/")
    entries.append(("format", f"{root.get('format')} {root.get('format_version')}"))
    return join(pairs(entries), inputs(product))


def notes(product: Product) -> Markup | None:
    about = product.attributes("notes")
    return pairs([(k.replace("_", " "), tag("span", shown(v), class_="lines")) for k, v in about.items()]) if about else None


def configuration(product: Product) -> Markup | None:
    """What was set, and everything that held."""
    toml = product.attribute("config", "toml")
    if not toml:
        return None
    mine, section = [], None
    for line in str(toml).splitlines():
        if line.startswith("["):
            section = line
        elif line.strip() and not line.startswith("#") and not line.rstrip().endswith("# default"):
            if section is not None:
                mine += ([""] if mine else []) + [section]
                section = None
            mine.append(line)
    source = product.attribute("config", "source")
    return join(tag("p", "What was set", [" in ", tag("code", source)] if source else None, " or on the command line:"),
                tag("pre", "\n".join(mine) or "nothing: every key had its default"),
                tag("details", tag("summary", "Every key, defaults included"), tag("pre", shown(toml))))


def peaks(product: Product) -> Markup | None:
    found = product.peaks()
    if found is None or not found.size:
        return None
    found = found.inside(product.frame).take(slice(0, MOST_PEAKS))
    if not found.size:
        return None
    sky = found.ra is not None and found.dec is not None and np.isfinite(found.ra).all()
    rows = [[str(k + 1), f"{found.rank[k]:.1f}", *([f"{found.ra[k]:.4f}", f"{found.dec[k]:+.4f}"] if sky else []),
             f"{found.x[k]:.1f}", f"{found.y[k]:.1f}"] for k in range(found.size)]
    head = ["#", "S/N", *(["RA [deg]", "Dec [deg]"] if sky else []), "x [pixel]", "y [pixel]"]
    return table(head, rows, range(len(head)), "The peaks of highest S/N, numbered as on the maps")


def normality(n: Normality) -> Markup:
    """Moments with their standard errors for independent draws, and the Kolmogorov-Smirnov distance."""
    tested = [("(data \N{MINUS SIGN} model) / sd", n.standardised)]
    if n.randomised:
        tested.append(("randomised quantile", n.statistics))

    def error(text: str, variance: float) -> str:
        return f"{text} \N{PLUS-MINUS SIGN} {figures(variance ** 0.5, 2)}"

    names = [("values", lambda s: f"{s.number:,}", ""),
             ("mean", lambda s: error(signed(s.mean), 1 / s.number), "0"),
             ("standard deviation", lambda s: error(f"{s.sd:.4f}", 0.5 / s.number), "1"),
             ("skewness", lambda s: error(signed(s.skewness), 6 / s.number), "0"),
             ("excess kurtosis", lambda s: error(signed(s.kurtosis), 24 / s.number), "0"),
             ("\N{GREEK SMALL LETTER CHI}\N{SUPERSCRIPT TWO} per datum", lambda s: f"{s.chi2_per_datum:.4f}", "1")]
    rows = [[name, *(function(s) for _, s in tested), normal] for name, function, normal in names]
    p = "< 0.0001" if n.probability < 1e-4 else figures(n.probability, 2)
    every = "" if n.tested == n.statistics.number else f" of {n.tested:,}"
    distance = f"{n.distance:.4f} (p {p}){every}" if p.startswith("<") else f"{n.distance:.4f} (p = {p}){every}"
    rows.append(["Kolmogorov-Smirnov distance", *([""] * (len(tested) - 1)), distance, "0"])
    return table(["", *(name for name, _ in tested), "N(0, 1)"], rows, range(1, len(tested) + 2))
