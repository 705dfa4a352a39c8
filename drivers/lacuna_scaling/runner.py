"""Starts programs on a number of ranks, by mpirun or inside a SLURM job, and reads what they leave."""
from __future__ import annotations

import json
import math
import os
import shlex
import shutil
import signal
import subprocess
import time

from .failure import BAD_CONFIG, CANNOT_CREATE, CHECKPOINTED, NO_INPUT, Failure, Interrupted
from .results import write
from .study import Case, Study

# Ranks that got a signal, before or after they could handle it: meant for all of the study.
STOPPED = (CHECKPOINTED, 128 + signal.SIGUSR1, 128 + signal.SIGTERM)
ITERATION_LIMIT = 3  # exit code: the result is written; a study may well fix the number of iterations
TAIL = 8  # lines of stderr that a report shows
# mpirun's own remarks on a rank that failed; what the rank said itself is worth more.
NOISE = ("---", "Primary job", "a non-zero exit code", "mpirun detected", "mpiexec detected", "the job to be terminated",
         "  Process name", "  Exit code")


class Launcher:
    def __init__(self, study: Study):
        self.programs = study.file("launch.programs") if study["launch.programs"] else None
        self.in_job = "SLURM_JOB_ID" in os.environ
        self.ranks_per_node = study["launch.ranks_per_node"] or ranks_per_node()
        default = ("srun --mpi=pmix --nodes={nodes} --ntasks={ranks} {program}" if self.in_job
                   else "mpirun -n {ranks} {program}")
        self.command = study["launch.command"] or default
        self.timeout = 60 * study["launch.timeout_minutes"]
        starter = shlex.split(self.command)[0]
        if shutil.which(starter) is None:
            raise Failure(NO_INPUT, f"{starter} is not in PATH: how is a program started here? ([launch] command)")

    def room(self) -> int:
        """Ranks that have a core of their own."""
        nodes = int(os.environ.get("SLURM_JOB_NUM_NODES", "1")) if self.in_job else 1
        return nodes * self.ranks_per_node

    def program(self, name: str) -> str:
        here = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))  # drivers/, or share/lacuna/python
        folders = [self.programs] if self.programs else [
            here, os.path.join(here, "..", "..", "..", "bin"), os.path.join(here, "..", "build", "release"),
            *os.environ.get("PATH", "").split(os.pathsep)]
        for folder in folders:
            path = os.path.join(folder or ".", name)
            if os.path.isfile(path) and os.access(path, os.X_OK):
                return os.path.abspath(path)
        raise Failure(NO_INPUT, f"no program {name} in {self.programs or 'PATH'}: [launch] programs says where")

    def words(self, name: str, ranks: int, arguments: list[str]) -> list[str]:
        nodes = math.ceil(ranks / self.ranks_per_node)
        # Split before the values go in: a path may hold blanks.
        values = {"ranks": ranks, "nodes": nodes, "program": self.program(name)}
        return [word.format(**values) for word in shlex.split(self.command)] + arguments

    def run(self, words: list[str], log: str) -> dict:
        """{status, exit_code, wall_seconds, stdout, stderr_tail}. Standard error goes to `log` too."""
        environment = dict(os.environ)
        if not self.in_job and words[0].endswith("mpirun"):
            environment.setdefault("OMP_NUM_THREADS", "1")
        begin = time.time()
        with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              errors="replace", env=environment, start_new_session=True) as process:
            try:
                out, err = process.communicate(timeout=self.timeout)
                status = "done" if process.returncode in (0, ITERATION_LIMIT) else "failed"
            except subprocess.TimeoutExpired:
                stop(process)
                out, err = process.communicate()
                err += f"\nstopped after {self.timeout / 60:g} minutes ([launch] timeout_minutes)\n"
                status = "failed"
            except BaseException:  # interrupted: leave no ranks behind
                stop(process)
                raise
        write(log, f"# {shlex.join(words)}\n{out}\n{err}")
        if process.returncode in STOPPED:
            raise Interrupted("a signal to the run")
        lines = [line for line in err.splitlines() if line.strip() and not line.startswith(NOISE)]
        return {"status": status, "exit_code": process.returncode, "wall_seconds": time.time() - begin, "stdout": out,
                "stderr_tail": lines[-TAIL:]}


def stop(process: subprocess.Popen) -> None:
    """mpirun forwards the first signal to its ranks."""
    for signum, grace in ((signal.SIGTERM, 10), (signal.SIGKILL, 10)):
        try:
            os.killpg(process.pid, signum)
            process.wait(grace)
            return
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            pass


def ranks_per_node() -> int:
    tasks = os.environ.get("SLURM_NTASKS_PER_NODE", "")
    cores = os.environ.get("SLURM_CPUS_ON_NODE", "")
    if "SLURM_JOB_ID" in os.environ and (tasks.isdigit() or cores.isdigit()):
        return int(tasks) if tasks.isdigit() else int(cores)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def prepare(study: Study, launcher: Launcher, folder: str, size: int | None) -> str:
    """The problem of this size, made by lacuna-simulate where the same words have not made it yet; its path without .h5."""
    stem = os.path.join(folder, "data" if size is None else f"data_{size}")
    words = [study.file("data.config"), *sets(study["data.set"], size, stem), "--set", f"output.folder={folder}", "--set",
             f"output.name={os.path.basename(stem)}", "--overwrite"]
    made = json.dumps({"words": words, "sha256": study.contents()["data"]}, indent=1) + "\n"
    note = stem + ".made.json"
    if os.path.exists(stem + ".h5") and os.path.exists(note):
        with open(note, encoding="utf-8", errors="replace") as file:
            if file.read() == made:
                return stem
        os.remove(note)  # before the data change
    ranks = min(launcher.room(), max(study["study.ranks"]))
    ended = launcher.run(launcher.words("lacuna-simulate", ranks, words), stem + ".log")
    if ended["status"] != "done":
        code = BAD_CONFIG if ended["exit_code"] == BAD_CONFIG else CANNOT_CREATE
        raise Failure(code, f"lacuna-simulate could not make the problem (exit {ended['exit_code']}):\n  "
                      + "\n  ".join(ended["stderr_tail"]))
    write(note, made)
    return stem


def sets(texts: list[str], size: int | None, data: str) -> list[str]:
    out = []
    for text in texts:
        out += ["--set", text.replace("{size}", str(size)).replace("{data}", data)]
    return out


def run_case(study: Study, launcher: Launcher, folder: str, case: Case, repeat: int) -> dict:
    """One run of the program, as a record of the results."""
    name = f"{case.id}_{repeat}"
    data = prepare(study, launcher, folder, case.size) if study["data.config"] else ""
    words = [study.file("study.config"), *sets(study["study.set"], case.size, data), "--set", f"output.folder={folder}",
             "--set", f"output.name={name}", "--overwrite"]
    if case.time_groups:
        words += ["--set", f"solver.time_groups={case.time_groups}"]
    words = launcher.words(study["study.program"], case.ranks, words)
    try:
        ended = launcher.run(words, os.path.join(folder, name + ".log"))
    finally:
        if not study["study.keep"]:
            for entry in os.listdir(folder):
                if entry.startswith(name) and not entry.endswith((".log", ".jsonl")):
                    os.remove(os.path.join(folder, entry))
    record = {"case": case.id, "kind": case.kind, "ranks": case.ranks, "grid": case.grid, "size": case.size, "repeat": repeat,
              "command": shlex.join(words), "oversubscribed": case.ranks > launcher.room(),
              **{key: ended[key] for key in ("status", "exit_code", "wall_seconds", "stderr_tail")}}
    if ended["status"] == "done":
        try:
            record.update(read_log(os.path.join(folder, name + ".jsonl")))
        except (OSError, ValueError, KeyError) as error:
            record.update(status="failed", stderr_tail=[f"{name}.jsonl: {error}"])
    return record


def read_log(path: str) -> dict:
    """What a run says of itself in NAME.jsonl."""
    layout = finish = None
    energy, iterations, solvers = None, 0, {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            event = json.loads(line)
            if event["event"] == "layout":
                layout = event
            elif event["event"] == "finish":
                finish = event
            elif event["event"] == "iteration":
                solvers[event["solver"]] = (event["iteration"], event["seconds"])
                if event["energy"] is not None:
                    energy = event["energy"]
    if layout is None or finish is None:
        raise ValueError("the log has no layout or no end: is the program of this version?")
    iterations = sum(number for number, _ in solvers.values())
    return {"seconds": finish["seconds"], "solve_seconds": sum(seconds for _, seconds in solvers.values()),
            "iterations": max(iterations, 1), "energy": energy, "stopped": finish["stopped"],
            "layout": {key: layout[key] for key in ("frames", "nz", "ny", "nx", "time_groups", "ranks_in_space")},
            "phases": finish["phases"], "peak_memory_bytes": finish["peak_memory_bytes"],
            "peak_memory_bytes_all": finish["peak_memory_bytes_all"]}


def run_floors(study: Study, launcher: Launcher, folder: str, record: dict) -> dict:
    """The floors of a run that is done."""
    size = record["layout"]
    words = ["--nx", size["nx"], "--ny", size["ny"], "--nz", size["nz"], "--frames", size["frames"], "--time-groups",
             size["time_groups"], "--seconds", study["study.floor_seconds"]]
    name = os.path.join(folder, f"{record['case']}_{record['repeat']}_floors.log")
    ended = launcher.run(launcher.words("lacuna-floors", record["ranks"], [str(word) for word in words]), name)
    if ended["status"] != "done":
        return {"case": record["case"], "repeat": record["repeat"], "status": "failed", "stderr_tail": ended["stderr_tail"]}
    lines = [line for line in ended["stdout"].splitlines() if line.startswith("{")]
    return {"case": record["case"], "repeat": record["repeat"], "status": "done", **json.loads(lines[-1])}
