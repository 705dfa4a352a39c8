"""What the model says of machines that are larger than the measured one, and the answer to a user's question."""
from __future__ import annotations

import dataclasses
import math

from .model import EXCHANGES, Layout, Model, Wires, layout_of, network_seconds, usual_groups
from .networks import NETWORKS, Network
from .phases import GROUPS, Point

MOST_RANKS = 100_000

WHY = {
    "operator": "too few rows and frames for so many ranks (blocks of unequal size, ranks without work)",
    "fft": "too few rows and frames for so many ranks (blocks of unequal size, ranks without work)",
    "vector work": "too few rows and frames for so many ranks (blocks of unequal size, ranks without work)",
    "preconditioner": "too few rows and frames for so many ranks (blocks of unequal size, ranks without work)",
    "I/O": "reading and writing, which the model does not assume to get faster with more ranks",
    "other": "start-up and planning, which do not get shorter with more ranks",
    "transposition": "the transpositions of the FFT: the {part} of their messages",
    "exchange in time": "the exchange between groups in time: the {part} of its messages",
    "halo": "the halos: the {part} of their messages",
    "reductions": "the reductions: the latency of the network, and the slowest rank",
}


@dataclasses.dataclass
class Forecast:
    nodes: int
    layout: Layout
    groups: dict        # group -> seconds
    network: dict       # exchange -> (latency part, bandwidth part), with the fitted factor
    memory: float       # bytes of a rank
    efficiency: float = 0.0  # relative to the smallest number of nodes of the list

    @property
    def seconds(self) -> float:
        return sum(self.groups.values())

    @property
    def ranks(self) -> int:
        return self.layout.ranks


@dataclasses.dataclass
class Outlook:
    network: Network
    ranks_per_node: int
    table: list         # of Forecast, by nodes
    answer: str
    assumptions: list


def chosen_network(study, model: Model, ranks_per_node: int) -> Network:
    if study["model.latency_us"] is not None:
        return Network("as the study file says", 1e-6 * study["model.latency_us"], 1e9 * study["model.bandwidth_gb_per_s"],
                       "the study file")
    if study["model.network"] != "here":
        return NETWORKS[study["model.network"]]
    latency, bandwidth = model.local_wire(10 ** 9)
    return Network("messages as measured here", latency, bandwidth * ranks_per_node,
                   "the ping-pong of two ranks on this machine; if that is one machine there is no such network: choose another one")


def wires(model: Model, network: Network, layout: Layout, ranks_per_node: int) -> Wires:
    """Ranks of one group in space are neighbours, so a small group stays on its node. All ranks of a node share its link."""
    here = model.local_wire(min(layout.ranks, ranks_per_node))
    far = (max(network.latency, here[0]), network.bandwidth / min(ranks_per_node, layout.ranks))
    one_node = layout.ranks <= ranks_per_node
    near_space = one_node or (layout.ranks_in_space <= ranks_per_node and ranks_per_node % layout.ranks_in_space == 0)
    far_halo = (far[0], network.bandwidth / 2)  # only the first and the last rank of a node have neighbours elsewhere
    nodes = math.ceil(layout.ranks / ranks_per_node)
    tree = math.log2(min(layout.ranks, ranks_per_node)) * here[0] + (math.log2(nodes) * far[0] if nodes > 1 else 0.0)
    return Wires(here if near_space else far, here if one_node else far, here if near_space else far_halo, tree)


def forecast(model: Model, layout: Layout, network: Network, nodes: int, ranks_per_node: int) -> Forecast:
    links = wires(model, network, layout, ranks_per_node)
    groups = model.predict(layout, links, model.squeeze(min(layout.ranks, ranks_per_node)))
    parts = {}
    for name in EXCHANGES:
        a, b = network_seconds(name, layout, model.counts, links)
        factor = max(model.coefficients[name][0], 1.0)  # a named network does no better than its formula
        groups[name] += (factor - model.coefficients[name][0]) * (a + b) if model.coefficients[name].any() else 0.0
        parts[name] = (factor * a, factor * b)
    a_pixel, fixed = model.memory()
    return Forecast(nodes, layout, groups, parts, a_pixel * layout.local_pixels + fixed)


def outlook(study, model: Model, reference: Point, ranks_per_node: int) -> Outlook:
    per_node = study["model.ranks_per_node"] or ranks_per_node
    network = chosen_network(study, model, per_node)
    shape = {axis: study[f"model.{axis}"] or reference.layout[axis] for axis in ("frames", "nz", "ny", "nx")}
    iterations = study["model.iterations"] or reference.iterations
    table = []
    nodes = 1
    while nodes * per_node <= MOST_RANKS or nodes == 1:
        ranks = nodes * per_node
        groups = usual_groups(ranks, shape["frames"])
        table.append(forecast(model, layout_of(shape, iterations, groups, ranks // groups), network, nodes, per_node))
        nodes *= 2
    limit = study["model.node_memory_gb"]
    fitting = [f for f in table if limit is None or f.memory * per_node <= 1e9 * limit]
    first = fitting[0] if fitting else table[0]
    for f in table:
        f.efficiency = first.seconds * first.nodes / (f.seconds * f.nodes)
    return Outlook(network, per_node, table, answer(study, fitting, limit), assumptions(study, model, network, per_node, shape, iterations))


def answer(study, table: list, limit) -> str:
    if not table:
        return f"No number of nodes that was looked at has room for this problem with {limit:g} GB a node: take fewer ranks a node."
    wanted = study["model.efficiency"]
    good = [f for f in table if f.efficiency >= wanted]
    last = good[0]
    for f in good[1:]:  # the last of those that are good without a gap
        if f.nodes == 2 * last.nodes:
            last = f
    text = (f"Ask for up to {count(last.nodes, 'node')} ({count(last.ranks, 'rank')}, {last.layout.time_groups} in time x "
            f"{last.layout.ranks_in_space} in space): predicted {duration(last.seconds)} a run")
    first = table[0]
    text += f", {last.efficiency:.0%} efficient relative to {count(first.nodes, 'node')}." if last is not first else "."
    if first.nodes > 1:
        text += f" It takes {first.nodes} nodes at least to have the memory."
    worse = next((f for f in table if f.nodes == 2 * last.nodes), None)
    if worse is None:
        return text + f" The model sees no end below {count(last.ranks, 'rank')}, the most that it was asked for."
    name, part = limiter(last, worse)
    return text + (f" On {worse.nodes} nodes the efficiency falls to {worse.efficiency:.0%}: what stops you is "
                   + WHY[name].format(part=part) + ".")


def limiter(last: Forecast, worse: Forecast) -> tuple[str, str]:
    """The group whose node-seconds grow most, and whether latency or bandwidth makes up more of it."""
    name = max(GROUPS, key=lambda g: worse.groups[g] * worse.nodes - last.groups[g] * last.nodes)
    a, b = worse.network.get(name, (0.0, 0.0))
    return name, "latency" if a >= b else "bandwidth"


def assumptions(study, model: Model, network: Network, per_node: int, shape: dict, iterations: int) -> list[str]:
    field = " x ".join(str(shape[axis]) for axis in ("frames", "nz", "ny", "nx"))
    return [
        f"The problem: {field} pixels (frames x nz x ny x nx), {iterations} iterations on any number of ranks.",
        f"Network: {network.title}: {1e6 * network.latency:.3g} us a message, {1e-9 * network.bandwidth:.3g} GB/s a node, shared by its "
        f"{per_node} ranks; no congestion and no contention with other jobs. Source: {network.source}.",
        "Nodes with cores like those of the measurement; memory bandwidth of a rank as measured with the most ranks"
        + (f" (a rank alone is {1 + model.squeeze(10 ** 9):.2f} times as fast)." if 1 in model.triads else " (not measured: no floors)."),
        "The process grid that the programs choose; groups in space that divide a node stay on it.",
        "Reading and writing take as long as here, however many ranks take part. Transforms cost the same a pixel at any size.",
        "An imbalance between ranks that grows with their number (noise of the operating system) is not foreseen.",
    ]


def count(n: int, what: str) -> str:
    return f"{n} {what}" + ("" if n == 1 else "s")


def duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.3g} s"
    return f"{seconds / 60:.3g} min" if seconds < 7200 else f"{seconds / 3600:.3g} h"
