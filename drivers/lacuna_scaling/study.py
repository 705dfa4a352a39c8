"""A study file: what is run, at which numbers of ranks, how often. Every key is declared once, in KEYS."""
from __future__ import annotations

import dataclasses
import difflib
import hashlib
import math
import os
import shlex
import string

from .failure import BAD_CONFIG, NO_INPUT, Failure
from .networks import NETWORKS

try:
    import tomllib
except ImportError:  # before Python 3.11
    try:
        import tomli as tomllib
    except ImportError:
        from pip._vendor import tomli as tomllib

PROGRAMS = ("lacuna-massmap", "lacuna-deconvolve", "lacuna-solve")
LONGEST_TIMEOUT = 30_000  # minutes; poll() counts milliseconds in 31 bits

# table -> key -> (type, default, what it is). A default of None: the key may be left out; ...: it must be there.
KEYS = {
    "study": {
        "name": (str, ..., "names the folder and the files of the study"),
        "program": (str, ..., "one of " + ", ".join(PROGRAMS)),
        "config": (str, ..., "its config, relative to the study file"),
        "set": ([str], [], "further --set words; {size} and {data} are replaced, see [data]"),
        "ranks": ([int], ..., "numbers of ranks"),
        "grids": ([str], ["auto"], "process grids: auto (the program's choice), time, space, or TxS: T groups in time of S ranks"),
        "strong": (bool, True, "the same problem on all numbers of ranks"),
        "weak": (bool, False, "a problem that grows with the ranks: needs {size}"),
        "repeats": (int, 3, "rounds; in every round all cases run in turn"),
        "floors": (bool, True, "measure bare transforms, memory bandwidth and messages beside every run"),
        "floor_seconds": (float, 0.3, "spent on each of them, about"),
        "keep": (bool, False, "keep the products of the runs"),
    },
    "data": {
        "config": (str, None, "config of lacuna-simulate, run once for each size before the study; {data} is its product without .h5"),
        "set": ([str], [], "--set words of lacuna-simulate"),
        "size": (int, None, "{size} on one rank; in weak scaling P times as much on P ranks"),
    },
    "launch": {
        "command": (str, None, "how a program is started: with {ranks}, {program} and perhaps {nodes}; the program's words follow"),
        "programs": (str, None, "folder of the programs, relative to the study file (default: beside lacuna-scaling, then PATH)"),
        "ranks_per_node": (int, None, "ranks that a node takes (default: what SLURM says, or the cores of this machine)"),
        "timeout_minutes": (float, 60.0, "a run that takes longer is stopped and counts as failed"),
    },
    "model": {
        "network": (str, "here", "network of the prediction: here (as measured) or one of the table in docs/scaling.md"),
        "latency_us": (float, None, "a network of your own: latency"),
        "bandwidth_gb_per_s": (float, None, "and bandwidth of a node"),
        "ranks_per_node": (int, None, "ranks a node of the prediction (default: that of [launch])"),
        "node_memory_gb": (float, None, "memory of a node: says how many nodes are needed at least"),
        "efficiency": (float, 0.6, "how much of the ranks' time must be worth it, relative to one node"),
        "frames": (int, None, "the problem of the prediction (default: the measured one of strong scaling)"),
        "nz": (int, None, "its planes"),
        "ny": (int, None, "its rows"),
        "nx": (int, None, "its columns"),
        "iterations": (int, None, "its iterations"),
    },
}


@dataclasses.dataclass(frozen=True)
class Case:
    """One point of a study; its repeats differ only by chance."""
    kind: str         # strong or weak
    ranks: int
    grid: str         # as the study file names it
    time_groups: int  # 0: the program's choice
    size: int | None

    @property
    def id(self) -> str:
        return f"{self.kind}_{self.ranks}_{self.grid}" + (f"_{self.size}" if self.size is not None else "")


class Study:
    def __init__(self, path: str, values: dict):
        self.path, self.values = path, values
        self.folder = os.path.dirname(os.path.abspath(path))

    def __getitem__(self, name: str):
        table, key = name.split(".")
        return self.values[table][key]

    def file(self, name: str) -> str:
        """A path of the study file."""
        return os.path.join(self.folder, self[name])

    def contents(self) -> dict[str, str]:
        """{table: sha256 of its config}: what they say is part of the problem."""
        return {table: hashlib.sha256(read_bytes(self.file(f"{table}.config"))).hexdigest()
                for table in ("study", "data") if self[f"{table}.config"] is not None}

    def cases(self) -> list[Case]:
        out = []
        for kind in ("strong", "weak"):
            if self[f"study.{kind}"]:
                for ranks in self["study.ranks"]:
                    size = self["data.size"]
                    if kind == "weak":
                        size *= ranks
                    out += [Case(kind, ranks, grid, groups, size) for grid, groups in self.grids(ranks)]
        # The strong and the weak study meet in one problem, which is run once: see phases.points.
        strong = {(case.ranks, case.grid, case.size) for case in out if case.kind == "strong"}
        return [case for case in out if case.kind == "strong" or (case.ranks, case.grid, case.size) not in strong]

    def grids(self, ranks: int):
        """(name, groups in time) of the grids that fit this number of ranks, each grid once."""
        seen = set()
        for grid in self["study.grids"]:
            if grid == "auto":
                groups = 0
            elif grid in ("time", "space"):
                groups = ranks if grid == "time" else 1
            else:
                groups, in_space = (int(part) for part in grid.split("x"))
                if groups * in_space != ranks:
                    continue
            if groups not in seen and not (ranks == 1 and seen):  # one rank has one grid
                seen.add(groups)
                yield grid, groups


def read_bytes(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise Failure(NO_INPUT, f"{path}: cannot be read ({error.strerror})") from error


def read_study(path: str) -> Study:
    try:
        given = tomllib.loads(read_bytes(path).decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Failure(BAD_CONFIG, f"{path}: {error}") from error
    values = {}
    for table in given:
        known(path, "table", table, KEYS)
        if not isinstance(given[table], dict):
            raise Failure(BAD_CONFIG, f"{path}: {table} must be a table: [{table}]")
    for table, keys in KEYS.items():
        there = given.get(table, {})
        for key in there:
            known(path, f"key in [{table}]", key, keys)
        values[table] = {key: checked(f"{path}: [{table}] {key}", there.get(key, default), kind, default)
                         for key, (kind, default, _) in keys.items()}
    study = Study(path, values)
    check(study)
    return study


def known(path, what, name, names):
    if name in names:
        return
    near = difflib.get_close_matches(name, names, 1)
    hint = f"; do you mean {near[0]}?" if near else f"; there are {', '.join(names)}"
    raise Failure(BAD_CONFIG, f"{path}: unknown {what}: {name}{hint}")


def checked(where, value, kind, default):
    if value is ...:
        raise Failure(BAD_CONFIG, f"{where} is missing")
    if value is None and default is None:
        return None
    if isinstance(kind, list):
        if not isinstance(value, list) or (default is ... and not value):
            raise Failure(BAD_CONFIG, f"{where} must be a list that is not empty")
        return [checked(where, item, kind[0], ...) for item in value]
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        names = {str: "a text", int: "an integer", float: "a number", bool: "true or false"}
        raise Failure(BAD_CONFIG, f"{where} = {value!r} is not {names[kind]}")
    if kind in (int, float) and not 0 < value < math.inf:
        raise Failure(BAD_CONFIG, f"{where} = {value} must be positive and finite")
    return value


def check(study: Study) -> None:
    def bad(key, text):
        table, name = key.split(".")
        raise Failure(BAD_CONFIG, f"{study.path}: [{table}] {name}: {text}")

    if study["study.program"] not in PROGRAMS:
        bad("study.program", f"\"{study['study.program']}\" is not one of {', '.join(PROGRAMS)}")
    name = study["study.name"]
    if not name or name.startswith(".") or not set(name) <= set(string.ascii_letters + string.digits + "_-."):
        bad("study.name", f"\"{name}\": letters, digits, _, - and . alone, and no . first: it becomes the name of files")
    for key in ("study.config", "data.config"):
        if study[key] is not None and not os.path.isfile(study.file(key)):
            raise Failure(NO_INPUT, f"{study.path}: [{key.replace('.', '] ')} = \"{study[key]}\": no such file")
    if len(set(study["study.ranks"])) != len(study["study.ranks"]):
        bad("study.ranks", "a number is given twice")
    for grid in study["study.grids"]:
        parts = grid.split("x")
        if grid not in ("auto", "time", "space") and not (len(parts) == 2 and all(p.isdigit() and int(p) > 0 for p in parts)):
            bad("study.grids", f"\"{grid}\" is neither auto, time, space nor TxS")
        if study["study.program"] == "lacuna-massmap" and grid != "auto":
            bad("study.grids", "a mass map has no frames: \"auto\" alone")
    for ranks in study["study.ranks"]:
        if not list(study.grids(ranks)):
            bad("study.grids", f"none of them has {ranks} ranks")
    if not study["study.strong"] and not study["study.weak"]:
        bad("study.strong", "neither strong nor weak scaling is asked for")
    words = study["study.set"] + study["data.set"]
    for text in words:
        if "=" not in text:
            bad("study.set", f"\"{text}\" is not section.key=value")
    for holder in ("{size}", "{data}"):
        needs = "data.size" if holder == "{size}" else "data.config"
        if any(holder in text for text in words) and study[needs] is None:
            bad(needs, f"is missing, but {holder} is used")
    if study["study.weak"] and not any("{size}" in text for text in words):
        bad("study.weak", "nothing grows: let [data] size and {size} in a set say what")
    if any("{data}" in text for text in study["data.set"]):
        bad("data.set", "{data} is what lacuna-simulate makes: it is for [study] set")
    command = study["launch.command"]
    if command is not None:
        try:
            for word in shlex.split(command):
                word.format(ranks=1, nodes=1, program="p")
        except (KeyError, ValueError, IndexError, AttributeError, TypeError) as error:
            bad("launch.command", f"\"{command}\": {error}: a quote is open, or a field is not {{ranks}}, {{nodes}} or {{program}}")
        if "{ranks}" not in command or "{program}" not in command:
            bad("launch.command", f"\"{command}\" has no {{ranks}} or no {{program}}")
    if study["launch.timeout_minutes"] > LONGEST_TIMEOUT:
        bad("launch.timeout_minutes", f"at most {LONGEST_TIMEOUT}, three weeks")
    if (study["model.latency_us"] is None) != (study["model.bandwidth_gb_per_s"] is None):
        bad("model.latency_us", "and bandwidth_gb_per_s make a network together: one is missing")
    if study["model.network"] not in ("here", *NETWORKS):
        bad("model.network", f"\"{study['model.network']}\" is not one of here, {', '.join(NETWORKS)}")
    if study["model.efficiency"] >= 1:
        bad("model.efficiency", "must be below 1")
