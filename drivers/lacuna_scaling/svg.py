"""Charts as inline SVG: lines over logarithmic axes, and stacked bars. No script, no font or style from elsewhere."""
from __future__ import annotations

import dataclasses
import html
import math

WIDTH, HEIGHT = 560, 340
LEFT, RIGHT, TOP, BOTTOM = 62, 16, 14, 46
COLOURS = ("#0b6e99", "#c2410c", "#4d7c0f", "#7e3aa8", "#a16207", "#be185d", "#475569", "#0f766e", "#6d4c41", "#b0b7c0")


@dataclasses.dataclass
class Line:
    label: str
    points: list            # (x, y); y may be None
    colour: str
    style: str = "measured"  # measured: solid, filled marks; predicted: dashed, hollow diamonds; ideal: thin grey, no marks
    spread: list | None = None  # (low, high) of every point


def esc(text) -> str:
    return html.escape(str(text))


def nice(low: float, high: float) -> list[float]:
    """Ticks of a logarithmic axis: powers of ten, with 2 and 5 between them where there is room."""
    decades = math.log10(high / low)
    steps = (1,) if decades > 3.5 else (1, 3) if decades > 2 else (1, 2, 5)
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    return [s * 10.0 ** e for e in range(first, last + 1) for s in steps if low * 0.999 <= s * 10.0 ** e <= high * 1.001]


def tick(value: float) -> str:
    if value >= 1e4 or value < 1e-3:
        mantissa, exponent = f"{value:.0e}".split("e")
        power = f"10<tspan dy=\"-4\" font-size=\"9\">{int(exponent)}</tspan>"
        return power if mantissa == "1" else f"{mantissa}·{power}"
    return f"{value:g}"


class Frame:
    """The axes of a chart. x is logarithmic; y too unless `linear`, which then begins at 0."""

    def __init__(self, xs, ys, x_title, y_title, x_ticks=None, linear=False):
        low, high = min(xs), max(xs)
        pad = (high / low) ** 0.05 if high > low else 1.5
        self.x0, self.x1 = math.log(low / pad), math.log(high * pad)
        self.linear = linear
        if linear:
            self.y0, self.y1 = 0.0, 1.08 * max(ys)
        else:
            pad = max((max(ys) / min(ys)) ** 0.07, 1.15)
            self.y0, self.y1 = math.log(min(ys) / pad), math.log(max(ys) * pad)
        self.parts = []
        self.axes(x_title, y_title, x_ticks)

    def x(self, value):
        return LEFT + (math.log(value) - self.x0) / (self.x1 - self.x0) * (WIDTH - LEFT - RIGHT)

    def y(self, value):
        v = value if self.linear else math.log(value)
        return HEIGHT - BOTTOM - (v - self.y0) / (self.y1 - self.y0) * (HEIGHT - TOP - BOTTOM)

    def axes(self, x_title, y_title, x_ticks):
        bottom = HEIGHT - BOTTOM
        for value in nice(math.exp(self.x0), math.exp(self.x1)) if x_ticks is None else x_ticks:
            x = self.x(value)
            self.parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{bottom}"/>'
                              f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{tick(value)}</text>')
        for value in self.y_ticks():
            y = self.y(value)
            self.parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
                              f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{tick(value) if value else 0}</text>')
        self.parts.append(f'<path class="axis" d="M{LEFT} {TOP}V{bottom}H{WIDTH - RIGHT}"/>'
                          f'<text class="title" x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle">{esc(x_title)}</text>'
                          f'<text class="title" transform="translate(14 {(TOP + bottom) / 2}) rotate(-90)" text-anchor="middle">{esc(y_title)}</text>')

    def y_ticks(self):
        if not self.linear:
            return nice(math.exp(self.y0), math.exp(self.y1))
        step = 10 ** math.floor(math.log10(self.y1))
        step = next(s for s in (step / 5, step / 2, step, 2 * step) if self.y1 / s <= 7)
        return [i * step for i in range(int(self.y1 / step) + 1)]

    def draw(self, line: Line):
        places = [(self.x(x), self.y(y)) for x, y in line.points if y is not None]
        if not places:
            return
        path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
        if line.style == "ideal":
            self.parts.append(f'<path class="ideal" d="{path}"/>')
            return
        dash = ' stroke-dasharray="5 4"' if line.style == "predicted" else ""
        self.parts.append(f'<path d="{path}" fill="none" stroke="{line.colour}" stroke-width="2"{dash}/>')
        for low_high, (x, _) in zip(line.spread or [], line.points):
            if low_high and low_high[1] > low_high[0] > 0:
                self.parts.append(f'<path d="M{self.x(x):.1f} {self.y(low_high[0]):.1f}V{self.y(low_high[1]):.1f}" stroke="{line.colour}" opacity="0.5"/>')
        for (x, y), (px, py) in zip([p for p in line.points if p[1] is not None], places):
            title = f"<title>{esc(line.label)}, {line.style}: {x:g}, {y:.4g}</title>"
            if line.style == "predicted":
                self.parts.append(f'<path d="M{px:.1f} {py - 5:.1f}l5 5l-5 5l-5 -5z" fill="#fff" stroke="{line.colour}" stroke-width="1.5">{title}</path>')
            else:
                self.parts.append(f'<circle cx="{px:.1f}" cy="{py:.1f}" r="4.2" fill="{line.colour}">{title}</circle>')

    def svg(self, label: str) -> str:
        return (f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{esc(label)}">' + "".join(self.parts) + "</svg>")


def legend(entries) -> str:
    """[(label, colour, style)]"""
    out = []
    for label, colour, style in entries:
        if style == "bar":
            mark = f'<rect x="3" y="1" width="12" height="10" fill="{colour}"/>'
        elif style == "ideal":
            mark = '<path class="ideal" d="M0 6H18"/>'
        elif style == "predicted":
            mark = f'<path d="M0 6H18" stroke="{colour}" stroke-width="2" stroke-dasharray="4 3"/><path d="M9 2l4 4l-4 4l-4 -4z" fill="#fff" stroke="{colour}" stroke-width="1.5"/>'
        else:
            mark = f'<path d="M0 6H18" stroke="{colour}" stroke-width="2"/><circle cx="9" cy="6" r="4" fill="{colour}"/>'
        out.append(f'<span class="key"><svg width="18" height="12" viewBox="0 0 18 12" aria-hidden="true">{mark}</svg>{esc(label)}</span>')
    return '<p class="legend">' + "".join(out) + "</p>"


def line_chart(title: str, lines: list[Line], x_title: str, y_title: str, x_ticks=None, linear=False) -> str:
    xs = [x for line in lines for x, y in line.points if y is not None]
    ys = [y for line in lines for _, y in line.points if y is not None] + [v for line in lines for s in line.spread or [] if s for v in s]
    if not xs or not max(ys) > 0:
        return ""
    frame = Frame(xs, ys, x_title, y_title, x_ticks, linear)
    for line in lines:
        frame.draw(line)
    return (f"<figure><figcaption>{esc(title)}</figcaption>{frame.svg(title)}"
            + legend([(line.label, line.colour, line.style) for line in lines]) + "</figure>")


def stacked_bars(title: str, bars: list, names, y_title: str) -> str:
    """bars: [(label, {name: value})]; one colour a name."""
    tallest = max((sum(values.values()) for _, values in bars), default=0)
    if not tallest > 0:
        return ""
    frame = Frame([1, 2], [tallest], "", y_title, [], linear=True)
    frame.parts = [part for part in frame.parts if 'class="title" x=' not in part] + frame.parts[-1:]
    room = (WIDTH - LEFT - RIGHT) / len(bars)
    bottom = HEIGHT - BOTTOM
    used = [name for name in names if any(values.get(name, 0) > 0 for _, values in bars)]
    for i, (label, values) in enumerate(bars):
        x, below = LEFT + (i + 0.15) * room, 0.0
        for name in used:
            value = values.get(name, 0.0)
            if value > 0:
                top, base = frame.y(below + value), frame.y(below)
                frame.parts.append(f'<rect x="{x:.1f}" y="{top:.1f}" width="{0.7 * room:.1f}" height="{base - top:.2f}" '
                                   f'fill="{colour_of(name, names)}"><title>{esc(label)}: {esc(name)} {value:.4g}</title></rect>')
                below += value
        tilt = len(bars) > 6
        place = f'transform="translate({x + 0.35 * room:.1f} {bottom + 14}) rotate(-25)" text-anchor="end"' if tilt else \
            f'x="{x + 0.35 * room:.1f}" y="{bottom + 16}" text-anchor="middle"'
        frame.parts.append(f"<text {place}>{esc(label)}</text>")
    return (f"<figure><figcaption>{esc(title)}</figcaption>{frame.svg(title)}"
            + legend([(name, colour_of(name, names), "bar") for name in used]) + "</figure>")


def colour_of(name, names) -> str:
    return COLOURS[list(names).index(name) % len(COLOURS)]
