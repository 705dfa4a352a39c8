"""The results of a study: NAME.json after every run, NAME.csv at the end."""
from __future__ import annotations

import contextlib
import csv
import fcntl
import io
import json
import os

from .failure import BAD_CONFIG, BAD_DATA, CANNOT_CREATE, IO_ERROR, Failure
from .phases import group_of

FORMAT_VERSION = 1
ANOTHER = "another study; give it another name, or begin afresh with --overwrite"


class Results:
    def __init__(self, path: str, study: dict, contents: dict):
        self.path = path
        self.data = {"format": "lacuna-scaling", "format_version": FORMAT_VERSION, "study": study, "contents": contents, "runs": [], "floors": []}

    def load(self, resume: bool) -> None:
        """Takes over what an earlier start of the same study has done; failed runs are tried again. Without `resume` nothing may be lost."""
        if not os.path.exists(self.path):
            return
        try:
            with open(self.path, encoding="utf-8") as file:
                old = json.load(file)
            if old["format"] != "lacuna-scaling" or old["format_version"] != FORMAT_VERSION:
                raise ValueError("not the results of a study of this version")
            done = {table: [record for record in old[table] if record["status"] == "done"] for table in ("runs", "floors")}
            was = {table: dict(old["study"][table]) for table in ("study", "data")}
            contents = dict(old["contents"])
        except OSError as error:
            raise Failure(IO_ERROR, f"{self.path}: cannot be read ({error.strerror})") from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Failure(BAD_DATA, f"{self.path}: cannot be resumed ({type(error).__name__}: {error}); --overwrite begins afresh") from error
        if not done["runs"]:
            return
        if not resume:
            raise Failure(CANNOT_CREATE, f"{self.path} exists: give --resume to go on with it, or --overwrite to begin afresh")
        self.same_study(was)
        self.same_contents(contents)
        self.data.update(done)

    def same_study(self, was: dict) -> None:
        for table in ("study", "data"):
            for key, value in self.data["study"][table].items():
                before = was[table].get(key)
                if key not in ("ranks", "grids", "repeats", "strong", "weak", "floors", "floor_seconds", "keep") and before != value:
                    raise Failure(BAD_CONFIG, f"{self.path}: [{table}] {key} was {before!r}, now it is {value!r}: {ANOTHER}")

    def same_contents(self, found: dict) -> None:
        """All runs are of one problem. `found`: Study.contents of another time."""
        for table, value in self.data["contents"].items():
            if found.get(table) != value:
                raise Failure(BAD_CONFIG, f"{self.data['study'][table]['config']} ([{table}] config): edited since {self.path} was begun: {ANOTHER}")

    def has(self, case: str, repeat: int, table: str = "runs") -> bool:
        return any(r["case"] == case and r["repeat"] == repeat for r in self.data[table])

    def add(self, table: str, record: dict) -> None:
        self.data[table].append(record)
        self.save()

    def save(self) -> None:
        write(self.path, json.dumps(self.data, indent=1) + "\n")

    def write_csv(self, path: str) -> None:
        """One line for every phase of every run that is done."""
        columns = ["case", "kind", "ranks", "time_groups", "size", "repeat", "oversubscribed", "seconds", "solve_seconds",
                   "iterations", "energy", "peak_memory_bytes"]
        phase_columns = ["phase", "calls", "seconds_mean", "seconds_max", "work", "unit", "messages", "bytes_sent"]
        text = io.StringIO()
        out = csv.writer(text)
        out.writerow(columns + ["group"] + phase_columns)
        for run in self.data["runs"]:
            if run["status"] == "done":
                row = {**run, "time_groups": run["layout"]["time_groups"]}
                for phase in run["phases"]:
                    out.writerow([row[c] for c in columns] + [group_of(phase["phase"])] + [phase[c] for c in phase_columns])
        write(path, text.getvalue())


def write(path: str, text: str) -> None:
    """Whole or not at all."""
    temporary = path + ".tmp"
    code = CANNOT_CREATE
    try:
        with open(temporary, "w", encoding="utf-8") as file:
            code = IO_ERROR
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.remove(temporary)
        raise Failure(code, f"{path}: {error.strerror}") from error


def lock(folder: str):
    """Keeps other studies from writing there, for as long as what it returns is open."""
    path = os.path.join(folder, ".lock")  # a file: NFS locks nothing that is not open for writing
    try:
        file = open(path, "a", encoding="utf-8")
    except OSError as error:
        raise Failure(CANNOT_CREATE, f"{path}: cannot be made ({error.strerror})") from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        raise Failure(CANNOT_CREATE, f"{folder}: another study is writing there") from error
    except OSError:
        pass  # a file system without locks
    return file


def make_folder(path: str) -> str:
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as error:
        raise Failure(CANNOT_CREATE, f"{path}: cannot be made ({error.strerror})") from error
    return path
