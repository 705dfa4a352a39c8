"""A performance model: seconds of every group of phases from local work, messages, bytes and reductions.

A layout of T groups in time by S ranks in space gives the largest rank f = ceil(frames / T) frames and r = ceil(rows / S) rows.
Its work is w = iterations x f x r x (pixels of a row). With latency a and bandwidth b between two ranks, and for an exchange of
V bytes a rank between G ranks X(G, V) = min((G - 1) a + V / b, log2(G) (a + V / (2 b))) (pairwise, or Bruck et al. 1997):

  operator, fft, vector work, preconditioner   c w + d w (B(1) / B(P) - 1)      B: memory bandwidth of a rank
  transposition       k calls X(S, bytes of a call) + c w [S > 1]
  exchange in time    k calls X(T, bytes of a call) + c w [T > 1]
  halo                k (messages a + bytes / b)    + c w [S > 1]
  reductions          k calls log2(P) a             + c w [P > 1]               the second: waiting for the slowest rank
  I/O                 c pixels + d                  on all ranks together: not assumed to get faster
  other               c + d w                       start-up, planning, what no phase covers

c, d, k >= 0 are fitted to the runs in the least-squares sense of relative errors, one group after another. How many calls,
messages and bytes an iteration takes is counted in the runs.
"""
from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np

from .phases import GROUPS, Point

COMPUTE = ("operator", "fft", "vector work", "preconditioner")
EXCHANGES = ("transposition", "exchange in time", "halo", "reductions")
PHASE = {"transposition": "fft transposition", "exchange in time": "exchange in time", "halo": "halo", "reductions": "reductions"}


@dataclasses.dataclass(frozen=True)
class Layout:
    frames: int
    rows: int       # of the axis that is split over ranks in space
    row: int        # pixels of a row (of a plane, in volumes)
    iterations: int
    time_groups: int
    ranks_in_space: int

    @property
    def ranks(self): return self.time_groups * self.ranks_in_space
    @property
    def local_frames(self): return math.ceil(self.frames / self.time_groups)
    @property
    def local_rows(self): return math.ceil(self.rows / self.ranks_in_space)
    @property
    def pixels(self): return self.frames * self.rows * self.row
    @property
    def work(self):
        """Of the largest rank, in 1e9 pixels x iterations."""
        return 1e-9 * self.iterations * self.local_frames * self.local_rows * self.row
    @property
    def local_pixels(self): return self.local_frames * self.local_rows * self.row


def layout_of(shape: dict, iterations: int, time_groups: int, ranks_in_space: int) -> Layout:
    volume = shape["nz"] > 1
    return Layout(shape["frames"], shape["nz"] if volume else shape["ny"], shape["nx"] * (shape["ny"] if volume else 1), iterations,
                  time_groups, ranks_in_space)


def usual_groups(ranks: int, frames: int) -> int:
    """As the programs choose: the largest divisor of the ranks that is not above the number of frames."""
    return max(d for d in range(1, min(ranks, frames) + 1) if ranks % d == 0)


@dataclasses.dataclass(frozen=True)
class Wires:
    """Seconds and bytes/s between two ranks, as seen by each kind of exchange."""
    space: tuple   # (latency, bandwidth) inside a group in space
    time: tuple    # between groups in time
    halo: tuple
    tree: float    # seconds of one reduction over all ranks


def exchange(ranks: int, volume: float, latency: float, bandwidth: float) -> tuple[float, float]:
    """(latency part, bandwidth part) of an all-to-all in which each rank sends `volume` bytes."""
    if ranks <= 1:
        return 0.0, 0.0
    steps = math.log2(ranks)
    pairwise, bruck = ((ranks - 1) * latency, volume / bandwidth), (steps * latency, steps * volume / (2 * bandwidth))
    return min(pairwise, bruck, key=sum)


@dataclasses.dataclass
class Counts:
    """What an iteration sends, by the formulas above with these measured factors."""
    calls: dict   # exchange -> calls in an iteration (of one frame, for transpositions)
    bytes: dict   # exchange -> bytes of one call in the units of volume(); messages of a halo: two, or one at two ranks

    @staticmethod
    def of(points: list[Point]) -> "Counts":
        calls, volumes = {}, {}
        for name in EXCHANGES:
            per_call, per_volume = [], []
            for p in points:
                layout, phase = point_layout(p), p.phase(PHASE[name])
                if not phase or (name != "reductions" and not (crosses(name, p) and phase["messages"])):
                    continue
                scale = layout.local_frames if name == "transposition" else 1
                calls_made = phase["calls"]
                if name == "halo":  # a rank sends to one or two neighbours
                    calls_made = phase["messages_max"] / min(layout.ranks_in_space - 1, 2)
                per_call.append(calls_made / (layout.iterations * scale))
                sent = phase["bytes_sent"] / p.ranks / calls_made
                per_volume.append(sent / volume(name, layout))
            calls[name] = float(np.median(per_call)) if per_call else None
            volumes[name] = float(np.median(per_volume)) if per_volume else None
        if calls["transposition"] is None:  # never seen: as many as transforms along lines, of the unpadded field
            lines = [p.phase("fft along lines")["calls"] / (p.iterations * point_layout(p).local_frames)
                     for p in points if p.phase("fft along lines")]
            calls["transposition"], volumes["transposition"] = (float(np.median(lines)), 8.0) if lines else (0.0, 0.0)
        return Counts({k: v or 0.0 for k, v in calls.items()}, {k: v or 0.0 for k, v in volumes.items()})


def volume(name: str, layout: Layout) -> float:
    """What the bytes that a rank sends in one call are proportional to."""
    S, T = layout.ranks_in_space, layout.time_groups
    if name == "transposition":
        return layout.local_rows * layout.row * (S - 1) / S or 1.0
    if name == "exchange in time":
        return layout.local_rows * layout.row * (T - 1) / T or 1.0
    if name == "halo":
        return layout.local_frames * layout.row * 2 * (S - 1) / S or 1.0  # the mean: ranks at the edge have one neighbour
    return 1.0


def point_layout(p: Point) -> Layout:
    return layout_of(p.layout, p.iterations, p.time_groups, p.ranks_in_space)


def network_seconds(name: str, layout: Layout, counts: Counts, wires: Wires) -> tuple[float, float]:
    """(latency part, bandwidth part) of all exchanges of this kind in a run, before the fitted factor."""
    S, T = layout.ranks_in_space, layout.time_groups
    calls = counts.calls[name] * layout.iterations
    sent = counts.bytes[name] * volume(name, layout)
    if name == "transposition":
        a, b = exchange(S, sent, *wires.space)
        return calls * layout.local_frames * a, calls * layout.local_frames * b
    if name == "exchange in time":
        a, b = exchange(T, sent, *wires.time)
        return calls * a, calls * b
    if name == "halo":
        neighbours = min(S - 1, 2)
        return calls * neighbours * wires.halo[0], calls * (sent / wires.halo[1] if S > 1 else 0.0)
    return (calls * wires.tree if layout.ranks > 1 else 0.0), 0.0


def features(name: str, layout: Layout, counts: Counts, wires: Wires, squeeze: float) -> list[float]:
    """What the seconds of a group are a sum of. `squeeze`: B(1) / B(P) - 1."""
    if name in COMPUTE:
        return [layout.work, layout.work * squeeze]
    if name in EXCHANGES:
        groups = {"exchange in time": layout.time_groups, "reductions": layout.ranks}.get(name, layout.ranks_in_space)
        return [sum(network_seconds(name, layout, counts, wires)), layout.work if groups > 1 else 0.0]
    return [1e-9 * layout.pixels, 1.0] if name == "I/O" else [1.0, layout.work]


def fit_positive(rows: np.ndarray, seconds: np.ndarray) -> np.ndarray:
    """Least squares with coefficients >= 0: of the few subsets of columns the best whose solution is not negative."""
    count = rows.shape[1]
    best, least = np.zeros(count), float(seconds @ seconds)
    for size in range(1, count + 1):
        for columns in itertools.combinations(range(count), size):
            part = rows[:, columns]
            if np.linalg.matrix_rank(part) < size:
                continue
            found = np.linalg.lstsq(part, seconds, rcond=None)[0]
            error = float(np.sum((part @ found - seconds) ** 2))
            if np.all(found >= 0) and error < least * (1 - 1e-12):
                best, least = np.zeros(count), error
                best[list(columns)] = found
    return best


class Model:
    """Fitted to points; predicts the seconds of the groups for any layout on any wires. The floors of the machine, which are
    no runs of a program, may be known from more points."""

    def __init__(self, points: list[Point], machine: list[Point] | None = None):
        self.points = points
        self.counts = Counts.of(points)
        machine = machine or points
        self.triads = {p.ranks: p.floor["triad_gb_per_s_rank"] for p in machine if p.floor}
        self.wires_here = {}
        for p in machine:
            if p.floor and p.floor.get("latency_s", 0) > 0:
                self.wires_here[p.ranks] = (p.floor["latency_s"], 1e9 * p.floor["bandwidth_gb_per_s"])
        self.coefficients = {}
        weights = np.array([1 / p.seconds for p in points])
        for name in GROUPS:
            rows = np.array([features(name, point_layout(p), self.counts, self.local_wires(p.ranks), self.squeeze(p.ranks)) for p in points])
            seconds = np.array([p.groups[name] for p in points])
            self.coefficients[name] = fit_positive(rows * weights[:, None], seconds * weights)

    def squeeze(self, ranks: int) -> float:
        """How much slower a rank's memory is with so many ranks at work; beyond the measured numbers as at the largest."""
        if 1 not in self.triads:
            return 0.0
        near = max(n for n in self.triads if n <= ranks)
        return max(self.triads[1] / self.triads[near] - 1, 0.0)

    def local_wire(self, ranks: int) -> tuple[float, float]:
        """(latency, bandwidth) between ranks as measured at the nearest number of ranks."""
        if not self.wires_here:
            return 1e-6, 5e9  # nothing was measured: shared memory, about
        return self.wires_here[min(self.wires_here, key=lambda n: abs(math.log(n / ranks)))]

    def local_wires(self, ranks: int) -> Wires:
        wire = self.local_wire(ranks)
        return Wires(wire, wire, wire, math.log2(max(ranks, 1)) * wire[0])

    def predict(self, layout: Layout, wires: Wires, squeeze: float) -> dict:
        """Seconds of every group."""
        out = {}
        for name in GROUPS:
            row, factors = features(name, layout, self.counts, wires, squeeze), self.coefficients[name]
            if name in EXCHANGES:
                seen = any(p.groups[name] > 0 and crosses(name, p) for p in self.points)
                factors = factors if seen else np.array([1.0, 0.0])  # never seen: the bare formula
            out[name] = float(np.dot(row, factors))
        return out

    def predict_point(self, p: Point) -> float:
        return sum(self.predict(point_layout(p), self.local_wires(p.ranks), self.squeeze(p.ranks)).values())

    def memory(self) -> np.ndarray:
        """Bytes of a rank: [of one pixel of its own, of the programs and libraries]."""
        rows = np.array([[point_layout(p).local_pixels, 1.0] for p in self.points])
        used = np.array([p.memory for p in self.points])
        return fit_positive(rows / used[:, None], np.ones(len(used)))


def crosses(name: str, p: Point) -> bool:
    """Whether an exchange of this kind has anybody to talk to."""
    return {"exchange in time": p.time_groups, "reductions": p.ranks}.get(name, p.ranks_in_space) > 1


@dataclasses.dataclass
class Check:
    """A point that a model was not fitted to, and what that model says of it."""
    case: str
    measured: float
    predicted: float
    fitted_to: int  # points

    @property
    def error(self) -> float:
        return self.predicted / self.measured - 1


def usable(points: list[Point]) -> list[Point]:
    """Each case once, without those in which ranks shared a core: they tell nothing about ranks that do not."""
    return list({p.case: p for p in points if not p.oversubscribed}.values())


def leave_one_out(points: list[Point]) -> list[Check]:
    """Each case predicted by a model of all others. Needs three."""
    points = usable(points)
    if len(points) < 3:
        return []
    out = []
    for left in points:
        others = [p for p in points if p is not left]
        out.append(Check(left.case, left.seconds, Model(others, points).predict_point(left), len(others)))
    return out


def largest_from_smaller(points: list[Point]) -> list[Check]:
    """The cases on most ranks, predicted from those on fewer: what an extrapolation does."""
    points = usable(points)
    most = max((p.ranks for p in points), default=1)
    smaller = [p for p in points if p.ranks < most]
    if not smaller:
        return []
    model = Model(smaller, points)
    return [Check(p.case, p.seconds, model.predict_point(p), len(smaller)) for p in points if p.ranks == most]


def doubt(checks: list[Check]) -> str:
    """What is to be said beside a prediction of a model that missed by too much what it had not seen; empty: nothing."""
    enough = 0.3
    worst = max((abs(check.error) for check in checks), default=0.0)
    return "" if worst <= enough else (f"Do not rely on this: the model misses runs that it had not seen by up to {worst:.0%}. Measure on a quiet machine, "
                                       "longer runs, and more numbers of ranks.")
