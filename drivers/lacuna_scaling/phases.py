"""From runs to numbers: the best run of each case, seconds by group of phases, efficiency, the serial fraction, floors."""
from __future__ import annotations

import dataclasses
import statistics

GROUPS = ("operator", "halo", "fft", "transposition", "exchange in time", "reductions", "vector work", "preconditioner", "I/O",
          "other")
MEMBERS = {"convolution": "operator", "halo": "halo", "fft along rows": "fft", "fft along lines": "fft",
           "fft transposition": "transposition", "exchange in time": "exchange in time", "reductions": "reductions",
           "vector work": "vector work", "proximal steps of data": "vector work", "proximal steps of pixels": "vector work",
           "solve in time": "vector work", "preconditioner": "preconditioner", "read maps": "I/O", "write maps": "I/O",
           "catalogue: read": "I/O"}
ENERGY_RTOL = 1e-10


def group_of(phase: str) -> str:
    return MEMBERS.get(phase, "other")


@dataclasses.dataclass
class Point:
    """One case: the fastest of its runs, which other programs on the machine disturbed least, and the spread of them."""
    case: str
    kind: str
    ranks: int
    time_groups: int
    ranks_in_space: int
    layout: dict
    seconds: float
    median: float
    slowest: float
    repeats: int
    solve_seconds: float
    iterations: int
    energy: float | None
    memory: float               # bytes of the largest rank
    oversubscribed: bool
    groups: dict                # group -> seconds, the mean over the ranks; they add up to `seconds`
    imbalance: dict             # group -> largest rank / mean
    messages: dict              # group -> sent, sum over the ranks
    bytes: dict
    phases: list                # of the fastest run
    floor: dict | None          # best of the floors measured beside its runs

    @property
    def label(self) -> str:
        return f"{self.ranks} ({self.time_groups} x {self.ranks_in_space})"

    @property
    def pixels(self) -> int:
        return self.layout["frames"] * self.layout["nz"] * self.layout["ny"] * self.layout["nx"]

    def phase(self, name: str) -> dict:
        return next((p for p in self.phases if p["phase"] == name), {})


def points(data: dict) -> list[Point]:
    """In the order of the study; cases without a run that is done are left out."""
    out = []
    for case in dict.fromkeys(run["case"] for run in data["runs"]):
        runs = [run for run in data["runs"] if run["case"] == case and run["status"] == "done"]
        if not runs:
            continue
        best = min(runs, key=lambda run: run["seconds"])
        times = [run["seconds"] for run in runs]
        sums = {what: dict.fromkeys(GROUPS, 0.0) for what in ("seconds_mean", "seconds_max", "messages", "bytes_sent")}
        for phase in best["phases"]:
            for what, table in sums.items():
                table[group_of(phase["phase"])] += phase[what]
        mean, most = sums["seconds_mean"], sums["seconds_max"]
        imbalance = {g: most[g] / mean[g] for g in GROUPS if mean[g] > 0}
        mean["other"] += max(best["seconds"] - sum(mean.values()), 0.0)
        floors = [f for f in data["floors"] if f["case"] == case and f["status"] == "done"]
        out.append(Point(
            case, best["kind"], best["ranks"], best["layout"]["time_groups"], best["layout"]["ranks_in_space"], best["layout"],
            best["seconds"], statistics.median(times), max(times), len(times), best["solve_seconds"], best["iterations"],
            best["energy"], max(run["peak_memory_bytes"] for run in runs), best["oversubscribed"], mean, imbalance,
            sums["messages"], sums["bytes_sent"], best["phases"], best_floor(floors)))
    return out + shared(data, out)


def shared(data: dict, found: list[Point]) -> list[Point]:
    """The points of strong scaling that are points of weak scaling too: same ranks, same size."""
    if not data["study"]["study"]["weak"]:
        return []
    sizes = {run["case"]: run["size"] for run in data["runs"]}
    size = data["study"]["data"]["size"]
    return [dataclasses.replace(p, kind="weak") for p in found if p.kind == "strong" and sizes[p.case] == size * p.ranks]


def best_floor(floors: list) -> dict | None:
    """The machine at its best: the shortest times, the highest rates."""
    if not floors:
        return None
    out = dict(floors[0])
    for key in out:
        if key.endswith(("_s", "_seconds")) and not key.endswith("gb_per_s"):
            out[key] = min(f[key] for f in floors)
        elif key.startswith(("triad", "bandwidth")):
            out[key] = max(f[key] for f in floors)
    return out


def base_of(kind: str, all_points: list[Point]) -> Point | None:
    """What efficiencies of a kind of scaling refer to: its smallest number of ranks, the fastest grid there."""
    mine = [p for p in all_points if p.kind == kind]
    if not mine:
        return None
    least = min(p.ranks for p in mine)
    return min((p for p in mine if p.ranks == least), key=lambda p: p.seconds)


def efficiency(point: Point, base: Point, seconds=lambda p: p.seconds) -> float | None:
    """Strong: T(base) P(base) / (T P). Weak: T(base) / T, per iteration, for larger problems may take more of them."""
    mine, other = seconds(point), seconds(base)
    if not mine > 0 or not other > 0:
        return None
    if point.kind == "weak":
        return other / base.iterations / (mine / point.iterations)
    return other * base.ranks / (mine * point.ranks)


def karp_flatt(speedup: float, ranks: float) -> float | None:
    """Serial fraction found by experiment (Karp & Flatt 1990): (1/S - 1/P) / (1 - 1/P)."""
    return (1 / speedup - 1 / ranks) / (1 - 1 / ranks) if ranks > 1 and speedup > 0 else None


def floor_ratios(point: Point) -> dict:
    """How many times the floor a part of the run takes: what -> (ratio, in words)."""
    floor, out = point.floor, {}
    if not floor:
        return out
    work = sum(point.phase(name).get("work", 0) for name in ("fft along rows", "fft along lines"))
    spent = sum(point.phase(name).get("seconds_mean", 0) for name in ("fft along rows", "fft along lines", "fft transposition"))
    if work > 0 and floor["transform_seconds"] > 0:
        bare = work / (floor["transform_gflop"] / floor["transform_seconds"])
        out["transforms"] = (spent / bare, f"{spent:.3g} s of transforms with what is done in them, bare FFTW {bare:.3g} s")
    convolution = point.phase("convolution")
    if convolution.get("work", 0) > 0:
        bare = 16e-3 * convolution["work"] / point.ranks / floor["triad_gb_per_s_rank"]
        mean = convolution["seconds_mean"]
        out["operator"] = (mean / bare, f"{mean:.3g} s, reading and writing every pixel once {bare:.3g} s")
    move = point.phase("fft transposition")
    if move and floor["alltoall_s"] > 0 and move["bytes_sent"] > 0:
        bare = 1e-9 * move["bytes_sent"] / point.ranks / floor["alltoall_gb_rank"] * floor["alltoall_s"]
        out["transposition"] = (move["seconds_mean"] / bare, f"{move['seconds_mean']:.3g} s, MPI_Alltoall of the same bytes {bare:.3g} s")
    vectors = point.phase("vector work")
    if vectors.get("work", 0) > 0:
        bare = vectors["work"] / point.ranks / floor["triad_gb_per_s_rank"]
        out["vector work"] = (vectors["seconds_mean"] / bare, f"{vectors['seconds_mean']:.3g} s, its vectors at the bandwidth of the triad {bare:.3g} s")
    reductions = point.phase("reductions")
    if reductions and floor["allreduce_s"] > 0:
        bare = reductions["calls"] * floor["allreduce_s"]
        out["reductions"] = (reductions["seconds_mean"] / bare, f"{reductions['calls']} in {reductions['seconds_mean']:.3g} s, bare MPI_Allreduce {bare:.3g} s")
    return out


def disagreement(data: dict) -> list[str]:
    """Cases of one problem whose energies are not the same to 1e-10: nothing that is measured is worth anything then."""
    found = []
    problems = {}
    for run in data["runs"]:
        if run["status"] == "done" and run["energy"] is not None:
            problems.setdefault(run["size"], []).append(run)
    for runs in problems.values():
        first = runs[0]
        for run in runs[1:]:
            if abs(run["energy"] - first["energy"]) > ENERGY_RTOL * abs(first["energy"]):
                found.append(f"{run['case']} (repeat {run['repeat']}) has energy {run['energy']:.12g}, {first['case']} {first['energy']:.12g}")
    return found
