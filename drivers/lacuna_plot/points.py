"""Positions to mark: peaks, haloes, and cluster lists in a text file or in another lacuna product."""
from __future__ import annotations

import os
import re
from dataclasses import dataclass

import numpy as np

from .failure import BAD_DATA, NO_INPUT, Failure

RA_NAMES = ("ra", "ra_deg", "_ra", "_raj2000", "raj2000", "alpha", "alpha_j2000", "ra_j2000", "right_ascension")
DEC_NAMES = ("dec", "dec_deg", "_de", "_dej2000", "dej2000", "delta", "delta_j2000", "dec_j2000", "declination", "de")
LARGEST_LIST = 64 << 20  # bytes


@dataclass
class Points:
    """x, y: 0-based pixels; rank: S/N or mass, None where there is none."""

    x: np.ndarray
    y: np.ndarray
    ra: np.ndarray | None
    dec: np.ndarray | None
    rank: np.ndarray | None = None

    @property
    def size(self) -> int:
        return self.x.size

    def take(self, index) -> "Points":
        return Points(*(None if c is None else c[index] for c in (self.x, self.y, self.ra, self.dec, self.rank)))

    def sorted(self) -> "Points":
        """Highest rank first, NaN last."""
        if self.rank is None:
            return self
        return self.take(np.argsort(-np.nan_to_num(self.rank, nan=-np.inf), kind="stable"))

    def inside(self, frame) -> "Points":
        return self.take(frame.contains(self.x, self.y))


def split(line: str) -> list[str]:
    return [word.strip() for word in line.split(",")] if "," in line else line.split()


def header_columns(words: list[str]) -> tuple[int, int] | None:
    """Which columns are RA and Dec, where a line names them. `# ID RA DEC`: the # is no column."""
    names = [re.sub(r"[\[(].*", "", word).strip("#\"' ").lower() for word in words]
    if words and words[0] == "#":
        names = names[1:]
    ra = next((i for i, name in enumerate(names) if name in RA_NAMES), None)
    dec = next((i for i, name in enumerate(names) if name in DEC_NAMES), None)
    return None if ra is None or dec is None else (ra, dec)


def read_list(path: str) -> tuple[np.ndarray, np.ndarray]:
    """RA and Dec [deg] of a text table: comma or blank separated, columns named by a header line (# or not), or exactly
    two columns. Never guesses among more."""
    if not os.path.isfile(path):
        raise Failure(NO_INPUT, f"{path}: no such file")
    try:
        if os.path.getsize(path) > LARGEST_LIST:
            raise Failure(BAD_DATA, f"{path}: {os.path.getsize(path):,} bytes are too many for a list of clusters")
        with open(path, encoding="utf-8") as stream:
            lines = stream.read().splitlines()
    except UnicodeDecodeError as error:
        raise Failure(BAD_DATA, f"{path}: neither a text table nor a lacuna product") from error
    except OSError as error:
        raise Failure(NO_INPUT, f"{path}: cannot be read ({error.strerror})") from error
    columns, rows = None, []
    for number, line in enumerate(lines, 1):
        words = split(line)
        if not words or words == [""]:
            continue
        named = header_columns(words) if not rows else None
        if named:
            columns = named
            continue
        if line.lstrip().startswith("#"):
            continue
        if columns is None:
            if len(words) != 2:
                raise Failure(BAD_DATA, f"{path}:{number}: which of the {len(words)} columns are RA and Dec? "
                              "Name them in a header line (ra, dec)")
            columns = (0, 1)
        try:
            ra, dec = float(words[columns[0]]), float(words[columns[1]])
        except (IndexError, ValueError) as error:
            place = f"columns {columns[0] + 1} and {columns[1] + 1}"
            raise Failure(BAD_DATA, f"{path}:{number}: no RA and Dec in {place}: {line.strip()[:60]}") from error
        if not (np.isfinite(ra) and abs(dec) <= 90):
            raise Failure(BAD_DATA, f"{path}:{number}: RA {ra}, Dec {dec} is no position in degrees")
        rows.append((ra, dec))
    if not rows:
        raise Failure(BAD_DATA, f"{path}: no positions in it")
    ra, dec = np.array(rows).T
    return ra, dec
