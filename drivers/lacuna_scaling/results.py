"""The results of a study: NAME.json after every run, NAME.csv at the end."""
from __future__ import annotations

import csv
import json
import os

from .failure import CANNOT_CREATE, IO_ERROR, Failure
from .phases import group_of

FORMAT_VERSION = 1


class Results:
    def __init__(self, path: str, study: dict):
        self.path = path
        self.data = {"format": "lacuna-scaling", "format_version": FORMAT_VERSION, "study": study, "runs": [], "floors": []}

    def load(self) -> None:
        """Takes over what an earlier start of the same study has done; failed runs are tried again."""
        if not os.path.exists(self.path):
            return
        try:
            with open(self.path, encoding="utf-8") as file:
                old = json.load(file)
        except (OSError, ValueError) as error:
            raise Failure(IO_ERROR, f"{self.path}: cannot be resumed ({error}); remove it to start afresh") from error
        if old.get("format") != "lacuna-scaling" or old.get("format_version") != FORMAT_VERSION:
            raise Failure(IO_ERROR, f"{self.path}: not the results of a study of this version")
        for table in ("study", "data"):
            for key, value in self.data["study"][table].items():
                was = old["study"][table].get(key)
                if key not in ("ranks", "grids", "repeats", "strong", "weak", "floors", "floor_seconds", "keep") and was != value:
                    raise Failure(IO_ERROR, f"{self.path}: [{table}] {key} was {was!r}, now it is {value!r}: another study; "
                                  "give it another name, or remove the file")
        self.data["runs"] = [run for run in old["runs"] if run["status"] == "done"]
        self.data["floors"] = [floor for floor in old["floors"] if floor["status"] == "done"]

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
        temporary = path + ".tmp"
        try:
            with open(temporary, "w", newline="", encoding="utf-8") as file:
                out = csv.writer(file)
                out.writerow(columns + ["group"] + phase_columns)
                for run in self.data["runs"]:
                    if run["status"] == "done":
                        row = {**run, "time_groups": run["layout"]["time_groups"]}
                        for phase in run["phases"]:
                            out.writerow([row[c] for c in columns] + [group_of(phase["phase"])] + [phase[c] for c in phase_columns])
            os.replace(temporary, path)
        except OSError as error:
            raise Failure(IO_ERROR, f"{path}: {error.strerror}") from error


def write(path: str, text: str) -> None:
    """Whole or not at all."""
    temporary = path + ".tmp"
    try:
        with open(temporary, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise Failure(IO_ERROR, f"{path}: {error.strerror}") from error


def make_folder(path: str) -> str:
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as error:
        raise Failure(CANNOT_CREATE, f"{path}: cannot be made ({error.strerror})") from error
    return path
