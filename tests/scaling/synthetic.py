"""Points of a machine that does exactly what the model says, with coefficients that are known."""
import math
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "drivers"))

from lacuna_scaling.model import EXCHANGES, Counts, Wires, features, layout_of  # noqa: E402
from lacuna_scaling.phases import GROUPS, Point  # noqa: E402

SHAPE = {"frames": 48, "nz": 1, "ny": 96, "nx": 128}
ITERATIONS = 40
WIRE = (0.5e-6, 4e9)
CALLS = {"transposition": 4.0, "exchange in time": 2.0, "halo": 1.0, "reductions": 5.0}
BYTES = {"transposition": 8.0, "exchange in time": 16.0, "halo": 24.0, "reductions": 8.0}
TRUTH = {"operator": (3.0, 0.0), "fft": (22.0, 6.0), "vector work": (9.0, 4.0), "preconditioner": (0.0, 0.0),
         "transposition": (1.7, 2.0), "exchange in time": (1.3, 0.4), "halo": (2.5, 0.3), "reductions": (3.1, 0.6),
         "I/O": (0.0, 0.08), "other": (0.3, 0.0)}
PHASES = {"transposition": "fft transposition", "exchange in time": "exchange in time", "halo": "halo", "reductions": "reductions"}


def triad(ranks):
    """GB/s a rank: a memory that two ranks fill."""
    return 12.0 / max(1.0, ranks / 2)


def point(ranks, groups, kind="strong", frames=48, disturb=lambda: 1.0):
    shape = dict(SHAPE, frames=frames)
    layout = layout_of(shape, ITERATIONS, groups, ranks // groups)
    wires = Wires(WIRE, WIRE, WIRE, math.log2(ranks) * WIRE[0])
    counts = Counts(CALLS, BYTES)
    squeeze = triad(1) / triad(ranks) - 1
    seconds = {g: disturb() * sum(c * f for c, f in zip(TRUTH[g], features(g, layout, counts, wires, squeeze))) for g in GROUPS}
    phases = []
    S, T = layout.ranks_in_space, layout.time_groups
    for name in EXCHANGES:
        calls = CALLS[name] * ITERATIONS * (layout.local_frames if name == "transposition" else 1)
        size = layout.local_rows * layout.row
        sent = {"transposition": size * (S - 1) / S, "exchange in time": size * (T - 1) / T,
                "halo": layout.local_frames * layout.row * 2 * (S - 1) / S, "reductions": 1.0}[name]
        peers = {"transposition": S - 1, "exchange in time": T - 1, "halo": min(S - 1, 2), "reductions": 0}[name]
        phases.append({"phase": PHASES[name], "calls": calls, "messages": calls * peers * ranks, "messages_max": calls * peers,
                       "bytes_sent": calls * BYTES[name] * sent * ranks, "seconds_mean": seconds[name], "seconds_max": seconds[name],
                       "work": 0, "unit": ""})
    total = sum(seconds.values())
    floor = {"triad_gb_per_s_rank": triad(ranks), "latency_s": WIRE[0] if ranks > 1 else 0.0, "bandwidth_gb_per_s": 1e-9 * WIRE[1],
             "allreduce_s": 1e-6 if ranks > 1 else 0.0, "alltoall_s": 1e-5 if S > 1 else 0.0, "alltoall_gb_rank": 1e-4, "transform_seconds": 0.1,
             "transform_gflop": 1.0}
    return Point(f"{kind}_{ranks}_{groups}x{ranks // groups}_{frames}", kind, ranks, groups, ranks // groups, shape, total, total, 1.1 * total, 3,
                 0.8 * total, ITERATIONS, -123.0, 30e6 + 160 * layout.local_pixels, False, seconds, {g: 1.05 for g in GROUPS if seconds[g]},
                 dict.fromkeys(GROUPS, 0.0) | {"transposition": 10.0}, dict.fromkeys(GROUPS, 0.0) | {"transposition": 1e6}, phases, floor)


def study_points(disturb=lambda: 1.0):
    return [point(1, 1, disturb=disturb), point(2, 2, disturb=disturb), point(2, 1, disturb=disturb), point(4, 4, disturb=disturb),
            point(4, 2, disturb=disturb), point(4, 1, disturb=disturb), point(8, 8, disturb=disturb), point(8, 2, disturb=disturb),
            point(2, 1, "weak", 96, disturb), point(4, 4, "weak", 192, disturb)]
