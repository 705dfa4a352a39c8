"""The page: what is said of a run, in the order in which one asks."""
from __future__ import annotations

import base64
import hashlib
import os

import numpy as np
from lacuna_plot.movie import Movie
from lacuna_plot.pictures import Job
from lacuna_plot.product import Product

from . import charts, normality, tables, verdict, views
from .html import Markup, data, join, tag
from .raster import STEPS
from .views import View

HERE = os.path.dirname(os.path.realpath(__file__))
NAMES = {"maps": "Maps", "uncertainty": "Uncertainty", "residuals": "Residuals", "convergence": "Convergence",
         "performance": "Performance", "more": "More maps", "peaks": "Peaks", "config": "Configuration",
         "provenance": "Provenance", "notes": "Notes"}


def asset(name: str) -> str:
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        return file.read()


def aspect(view: View) -> float:
    """Width over height as drawn; beyond 2.5 to 1 pixels are stretched, to have something to see."""
    return min(max(view.cells[1] / view.cells[0], 0.4), 2.5)


def stretched(view: View) -> bool:
    return not 0.4 <= view.cells[1] / view.cells[0] <= 2.5


def bar(view: View) -> Markup:
    s = view.scale
    stops = s.stops()
    width = s.high - s.low
    return tag("div", tag("i", style=f"background:linear-gradient(90deg,{','.join(stops)})"),
               tag("b", class_="under", style=f"--end:{stops[0]}") if s.least < s.low - 1e-9 * width else None,
               tag("b", class_="over", style=f"--end:{stops[-1]}") if s.largest > s.high + 1e-9 * width else None,
               [tag("span", label, style=f"left:{100 * at:.2f}%") for at, label in s.ticks()],
               class_="bar", aria_hidden="true")


def peak_marks(view: View, product: Product) -> Markup | None:
    """Circles round the peaks in the table, and their numbers."""
    found = product.peaks() if view.name in ("kappa_E", "snr") and not isinstance(product, Movie) else None
    if found is None or not found.size:
        return None
    found = found.inside(product.frame).take(slice(0, tables.MOST_PEAKS))
    height, width = view.cells[0] * view.blocks[0], view.cells[1] * view.blocks[1]
    size = max(height, width)
    circles, numbers, numbered = [], [], []
    for k in range(found.size):
        x, y = width - found.x[k] - 0.5, height - found.y[k] - 0.5  # as the map: north up, and east to the left
        x = x if view.flips[1] else found.x[k] + 0.5
        place = dict(cx=f"{x:.2f}", cy=f"{y:.2f}", r=f"{size / 55:.2f}")
        circles += [tag("circle", **place, class_="halo"), tag("circle", **place)]
        if k < 10 and all(np.hypot(x - a, y - b) > size / 14 for a, b in numbered):  # numbers that would not overlap
            numbered.append((x, y))
            numbers.append(tag("text", str(k + 1), x=f"{x + size / 40:.2f}", y=f"{y - size / 60:.2f}",
                               font_size=f"{size / 34:.2f}"))
    return tag("svg", circles, numbers, viewBox=f"0 0 {width} {height}", preserveAspectRatio="none", aria_hidden="true")


NORTH = Markup('<svg class="north" viewBox="0 0 40 40" aria-hidden="true">'
               '<path d="M32 34V12m-4 5 4-6 4 6M32 34H12m5-4-6 4 6 4" fill="none" stroke="currentColor" stroke-width="2"/>'
               '<text x="28" y="9" font-size="10" fill="currentColor">N</text>'
               '<text x="0" y="37" font-size="10" fill="currentColor">E</text></svg>')


def figure(view: View, number: int, product: Product) -> Markup:
    shown = view.frames[len(view.frames) // 2]
    sky = not isinstance(product, Movie) and product.frame.kind == "sky"
    units = f" [{view.units}]" if view.units else ""
    words = [view.caption] if view.caption else []
    if max(view.blocks) > 1:
        words.append(f"means of {view.blocks[1]} \N{MULTIPLICATION SIGN} {view.blocks[0]} pixels")
    caption = join(tag("strong", view.title, units), [tag("br"), "; ".join(words)] if words else None)
    stage = tag("div", tag("div", tag("img", src=f"data:image/png;base64,{shown}", alt="", draggable="false"),
                           peak_marks(view, product), class_="pan"),
                tag("div", class_="ruler") if not stretched(view) else None, NORTH if sky and view.flips[1] else None,
                tag("div", class_="cross", hidden=True),
                tag("div", tag("span", "no finite value"), class_="nothing") if view.empty else None,
                class_="stage", tabindex="0", role="img", style=f"aspect-ratio:{aspect(view):.4f}",
                aria_label=f"{view.caption or view.name}; + and - zoom, arrows move, 0 resets")
    return tag("figure", stage, None if view.empty else bar(view),
               tag("figcaption", caption, tag("span", class_="readout")), data_view=number, data_name=view.name, class_="view")


def digits(values: list) -> list:
    """Table of values in few bytes."""
    return [None if v is None else float(f"{v:.5g}") for v in values]


def facts(view: View) -> dict:
    s = view.scale
    out = {"cells": view.cells, "shape": view.shape, "blocks": view.blocks, "flips": view.flips, "axes": view.axes,
           "link": f"{view.axes[-2:]} {view.shape[0]} {view.shape[1]}", "values": digits(s.values()),
           "step": (s.high - s.low) / STEPS, "palette": s.colours().tobytes().hex(),
           "units": f" {view.units}" if view.units else "", "stretched": stretched(view)}
    if len(view.frames) > 1:
        out["frames"] = view.frames
    if view.axes == "tx":
        out["rows"] = view.rows
    return out


def step_labels(product: Product, view: View) -> list[str]:
    if view.axes == "zyx":
        return [f"z = {z}" for z in view.steps]
    times, unit = None, "frame"
    if isinstance(product, Movie) and product.has(view.name):
        times, unit = product.times(product.frames(view.name))
    return [f"frame {k}" if unit == "frame" else f"t = {times[k]:.4g} {unit}" for k in view.steps]


def page_data(product: Product, shown: list[View], steps: list[str]) -> dict:
    out = {"views": [facts(view) for view in shown], "steps": steps}
    frame = None if isinstance(product, Movie) else product.frame
    if frame is not None and frame.pixel_arcmin:
        out["pixel_arcmin"] = frame.pixel_arcmin
    if frame is not None and frame.kind == "sky":
        numbers = {k: [float(v) for v in getattr(frame, k)] for k in ("crpix", "crval", "cdelt")}
        out["sky"] = {"projection": frame.projection, **numbers}
    return out


def about(product: Product) -> str:
    """One line: what it is, how large, when."""
    origin = product.attributes("provenance")
    if isinstance(product, Movie):
        dataset, axes = product.stack(next(n for n in ("estimate", "truth", "data") if product.has(n)))
        sizes = dict(zip(axes, dataset.shape))
        size = f"{sizes['t']} frames of " if sizes.get("t", 1) > 1 else ""
        size += " \N{MULTIPLICATION SIGN} ".join(str(sizes[c]) for c in "xyz" if c in sizes) + " pixels"
    else:
        frame = product.frame
        size = f"{frame.nx} \N{MULTIPLICATION SIGN} {frame.ny} pixels"
        size += f" of {frame.pixel_arcmin:.4g}\N{PRIME}" if frame.pixel_arcmin else ""
    parts = [size] + [str(origin[k]) for k in ("date_utc",) if k in origin]
    parts += [f"{origin['ranks']} ranks"] if "ranks" in origin else []
    parts += [" ".join(str(origin[k]) for k in ("program", "version") if k in origin)]
    return " \N{MIDDLE DOT} ".join(part for part in parts if part)


def verdicts(entries: list[tuple]) -> Markup:
    return tag("div", [tag("div", tag("h3", name), tag("p", short[:1].upper() + short[1:], class_="short"),
                           tag("p", words), class_=f"verdict {level}")
                       for name, (level, short, words) in entries], class_="verdicts")


def residual_text(product: Product, judged) -> Markup | None:
    if judged is None:
        return None
    _, _, sentence = verdict.residuals(judged)
    words = [tag("p", sentence)]
    if judged.randomised:
        words.append(tag("p", verdict.counts_remark(judged), " What is tested instead are randomised quantile residuals "
                                                             "(Dunn & Smyth 1996), which are N(0, 1) at any mean if the model "
                                                             "is right."))
    words.append(tag("p", "\N{PLUS-MINUS SIGN} are the standard errors of as many independent draws. Residuals of a fit are "
                          "not independent, so p is a guide; how large a departure is matters more than that it is seen.",
                     class_="remark"))
    return tag("div", tag("div", words, tables.normality(judged)), charts.residual_histogram(judged), class_="two")


def uncertainty_text(product: Product) -> Markup | None:
    """How much of the map is significant."""
    if isinstance(product, Movie) or not product.has("snr"):
        return None
    snr = product.read("snr", product.dataset("snr"), product.mask, 1 << 20).finite
    if not snr.size:
        return None
    shares = [f"|S/N| > {k} in {100 * float(np.mean(np.abs(snr) > k)):.2g} %" for k in (3, 5)]
    return tag("p", f"{' and '.join(shares)} of the {snr.size:,} pixels used; noise alone exceeds 3 in 0.27 %.")


def build(product: Product) -> str:
    """The whole page."""
    job = Job(product)
    movie = isinstance(product, Movie)
    shown = views.movie_views(product) if movie else views.sky_views(product)
    views.load(shown)
    judged = normality.judge(product)
    stepped = max((v for v in shown if len(v.steps) > 1), key=lambda v: len(v.steps), default=None)
    steps = step_labels(product, stepped) if stepped is not None else []

    def maps(section: str, size: str = "") -> Markup | None:
        found = [figure(view, number, product) for number, view in enumerate(shown) if view.section == section]
        return tag("div", found, class_=f"maps {size}") if found else None

    line = movie and product.line
    names = {**NAMES, "maps": "Data and estimate"} if line and not shown else NAMES
    body = {
        "maps": [charts.lines(job) if line else None, maps("maps", "" if movie else "hero"),
                 charts.flux(job) if movie else None],
        "peaks": [None if movie else tables.peaks(product)],
        "uncertainty": [uncertainty_text(product), maps("uncertainty"),
                        [charts.line_chart(product, name) for name in ("std", "snr")] if line else None],
        "residuals": [residual_text(product, judged), maps("residuals"),
                      charts.line_chart(product, "residual") if line else None],
        "convergence": [charts.convergence(job)],
        "performance": [tables.performance(product)],
        "more": [maps("more", "small")],
        "config": [tables.configuration(product)],
        "notes": [tables.notes(product)],
        "provenance": [tables.provenance(product)],
    }
    body = {name: parts for name, parts in body.items() if join(*parts)}
    entries = [("Solver", verdict.convergence(product)), ("Fit", verdict.fit(product, judged)),
               ("Residuals", verdict.residuals(judged) if judged is not None else None)]
    remarks = list(dict.fromkeys(product.notes))
    if stepped is not None and stepped.steps[-1] + 1 > len(steps):
        remarks.append(f"the slider shows {len(steps)} of {stepped.steps[-1] + 1}, evenly spread; numbers are of all of them")
    program = product.attribute("/", "program") or "lacuna"
    header = tag("header", tag("p", f"{program} \N{MIDDLE DOT} report of a run", class_="eyebrow"),
                 tag("h1", product.name), tag("p", about(product), class_="facts"),
                 None if product.finished else tag("p", "Unfinished: the run has not ended, or ended early.", class_="warning"),
                 verdicts([(name, found) for name, found in entries if found is not None]),
                 [tag("p", f"Note: {note}.", class_="remark") for note in remarks])
    tools = []
    if steps:
        tools = [tag("button", "\N{BLACK RIGHT-POINTING TRIANGLE}", id="play", type="button", aria_label="play"),
                 tag("input", type="range", id="step", min="0", max=len(steps) - 1, value=len(steps) // 2,
                     aria_label="frame"),
                 tag("output", steps[len(steps) // 2], id="step-label", for_="step")]
    if "peaks" in body:
        tools.append(tag("label", tag("input", type="checkbox", id="marks", checked=True), " peaks"))
    links = [tag("a", names[name], href=f"#{name}") for name in body]
    nav = tag("nav", tag("div", links, tag("div", tools, class_="tools")))
    sections = [tag("section", tag("h2", names[name]), parts, id=name) for name, parts in body.items()]
    hint = tag("p", "Wheel or pinch zooms a map, a drag moves it, a double click resets it; maps of one grid move together. "
                    f"Hatched: masked, or no value. Values under the cursor are those of the colour, to 1 part in {STEPS} "
                    "of its scale.", class_="remark")
    footer = tag("footer", f"Written by lacuna-report from {os.path.basename(product.path)}.")
    content = join(header, nav, tag("main", hint if shown else None, sections), footer)
    return document(product.name, content, page_data(product, shown, steps))


def document(title: str, body: Markup, about_page: dict) -> str:
    """A page that loads nothing, and whose policy lets no script run but its own."""
    script, css = asset("page.js"), asset("page.css")
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    policy = ("default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
              f"script-src 'sha256-{digest}'")
    head = join(tag("meta", charset="utf-8"), tag("meta", http_equiv="Content-Security-Policy", content=policy),
                tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
                tag("title", f"{title} \N{MIDDLE DOT} lacuna"), tag("link", rel="icon", href="data:,"), tag("style", Markup(css)))
    body = tag("body", body, data("page-data", about_page), tag("script", Markup(script)))
    return "<!DOCTYPE html>\n" + tag("html", tag("head", head), body, lang="en") + "\n"
