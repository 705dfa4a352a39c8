"""A map as a PNG with a palette of 256 colours. The colour is the value: every code has a colour of its own, so that the
page looks the value under the cursor up in a table, and the picture needs no script to be seen.

Code 0 is transparent: no value, the page's hatching shows. 17..239 divide the colour scale evenly; 1..16 and 240..255 go
on from its ends to the least and the largest value, in steps that grow, all in the scale's last colour.
"""
from __future__ import annotations

import base64
import struct
import zlib
from dataclasses import dataclass

import matplotlib
import numpy as np
from matplotlib.ticker import MaxNLocator

TAIL, FIRST, LAST = 16, 17, 239
STEPS = LAST - FIRST + 1


@dataclass
class Scale:
    """Colour scale of one view: low..high as drawn, least..largest as they occur."""

    low: float
    high: float
    least: float
    largest: float
    cmap: str

    def edges(self) -> np.ndarray:
        """Upper ends of the codes 1..254: a value gets the code 1 + number of edges below it."""
        tail = np.linspace(0, 1, TAIL + 1)[1:] ** 2
        below = self.low - (self.low - min(self.least, self.low)) * tail[::-1]
        above = self.high + (max(self.largest, self.high) - self.high) * tail
        return np.concatenate([below[1:], np.linspace(self.low, self.high, STEPS + 1), above[:-1]])

    def values(self) -> list[float | None]:
        """The middle of what each code stands for; code 0 stands for nothing."""
        edges = np.concatenate([[min(self.least, self.low)], self.edges(), [max(self.largest, self.high)]])
        return [None] + [float(v) for v in edges[:-1] + np.diff(edges) / 2]

    def colours(self) -> np.ndarray:
        """[256][3], all different: equal ones are told apart by the last bit or two of a channel."""
        inside = matplotlib.colormaps[self.cmap](np.linspace(0, 1, STEPS))[:, :3]
        colours = np.vstack([[[0, 0, 0]], [inside[0]] * TAIL, inside, [inside[-1]] * TAIL])
        colours, seen = (colours * 255).round().astype(int), {(0, 0, 0)}
        nudges = sorted(np.ndindex(7, 7, 7), key=lambda n: sum(abs(c - 3) for c in n))
        for k in range(1, 256):
            for nudge in nudges:
                colour = tuple(int(c) for c in colours[k] + nudge - 3)
                if colour not in seen and min(colour) >= 0 and max(colour) <= 255:
                    break
            seen.add(colour)
            colours[k] = colour
        return colours.astype(np.uint8)

    def codes(self, image: np.ndarray) -> np.ndarray:
        good = np.isfinite(image)
        found = np.searchsorted(self.edges(), np.where(good, image, self.low), side="right") + 1
        return np.where(good, np.clip(found, 1, 255), 0).astype(np.uint8)

    def stops(self) -> list[str]:
        """Colours of the bar, evenly spaced."""
        rgb = (matplotlib.colormaps[self.cmap](np.linspace(0, 1, 17))[:, :3] * 255).round().astype(int)
        return ["#%02x%02x%02x" % tuple(c) for c in rgb]

    def ticks(self) -> list[tuple[float, str]]:
        """(fraction of the bar, label)."""
        values = MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]).tick_values(self.low, self.high)
        width = self.high - self.low
        values = [float(v) for v in values if self.low - 1e-9 * width <= v <= self.high + 1e-9 * width]
        step = min(np.diff(values), default=width)
        return [((v - self.low) / width, number(v, step)) for v in values]


def number(value: float, step: float) -> str:
    """As many digits as tell steps apart."""
    if abs(value) < 1e-6 * step:
        return "0"
    if not 1e-4 < abs(value) < 1e6:
        return f"{value:.4g}".replace("-", "\N{MINUS SIGN}")
    decimals = 0
    while decimals < 9 and abs(round(step, decimals) - step) > 1e-6 * step:
        decimals += 1
    return f"{value:.{decimals}f}".replace("-", "\N{MINUS SIGN}")


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def filtered(codes: np.ndarray, kind: int) -> bytes:
    """PNG's filters 0 (none) and 4 (Paeth: smooth maps compress better by it) on rows of one byte a pixel."""
    rows = np.empty((codes.shape[0], codes.shape[1] + 1), np.uint8)
    rows[:, 0] = kind
    rows[:, 1:] = codes
    if kind == 4:
        a, b, c = (np.zeros(codes.shape, np.int16) for _ in range(3))
        a[:, 1:], b[1:], c[1:, 1:] = codes[:, :-1], codes[:-1], codes[:-1, :-1]
        estimate = a + b - c
        pa, pb, pc = abs(estimate - a), abs(estimate - b), abs(estimate - c)
        nearest = np.where((pa <= pb) & (pa <= pc), a, np.where(pb <= pc, b, c))
        rows[:, 1:] -= nearest.astype(np.uint8)
    return rows.tobytes()


def png(codes: np.ndarray, colours: np.ndarray) -> bytes:
    """codes[row][column], the first row at the top."""
    header = struct.pack(">IIBBBBB", codes.shape[1], codes.shape[0], 8, 3, 0, 0, 0)
    body = min((zlib.compress(filtered(codes, kind), 6) for kind in (0, 4)), key=len)
    return b"".join([b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", header), chunk(b"PLTE", colours.tobytes()),
                     chunk(b"tRNS", b"\0"), chunk(b"IDAT", body), chunk(b"IEND", b"")])


def encoded(image: np.ndarray, scale: Scale, colours: np.ndarray) -> str:
    """A PNG in base64."""
    return base64.b64encode(png(scale.codes(image), colours)).decode("ascii")
