"""Ranks that are killed in the middle of a run: the old product stays as it was, mpiexec returns, no rank is left, and
the next run clears up.

check_kill.py LACUNA-MASSMAP MPIEXEC
"""
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

import numpy as np

PATIENCE = 20  # seconds from the signal to the return of mpiexec; it takes about one
START = 60  # to the first iteration, on a busy machine
CONFIG = """[data]
file = "cat.csv"
[grid]
pixel_arcmin = 0.5
nx = 16
ny = 16
center_deg = [150.0, 2.0]
[posterior]
samples = 2
[output]
name = "out"
"""
ENDLESS = ["--set", "posterior.samples=1000000"]  # killed while it draws samples: before anything is written
WRITING = ["--set", "noise.rotations=10000"]  # killed while it writes realisations into the temporary product


def require(ok, text):
    if not ok:
        print("FAILED: " + text)
        sys.exit(1)


def catalogue(path):
    random = np.random.default_rng(5)
    n = 400
    columns = [150 + random.uniform(-0.06, 0.06, n), 2 + random.uniform(-0.06, 0.06, n), *random.normal(0, 0.26, (2, n)), np.ones(n)]
    np.savetxt(path, np.column_stack(columns), delimiter=",", header="ra,dec,e1,e2,weight", comments="")


def products(folder):
    """sha256 of everything under its final name, but for checkpoints: a run that gets SIGTERM saves one."""
    found = {}
    for name in sorted(os.listdir(folder)):
        if not name.endswith((".tmp", ".jsonl", ".jsonl.old")) and ".ckpt." not in name:
            with open(os.path.join(folder, name), "rb") as file:
                found[name] = hashlib.sha256(file.read()).hexdigest()
    return found


def temporary(folder):
    return sorted(name for name in os.listdir(folder) if name.endswith(".tmp"))


def status(pid):
    """State and parent of a process; None if there is none."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            state, parent = file.read().rsplit(")", 1)[1].split()[:2]
        return None if state == "Z" else (state, int(parent))
    except OSError:
        return None


def children(pid):
    """The ranks that an mpiexec has started."""
    every = [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]
    return sorted(p for p in every if (status(p) or ("", 0))[1] == pid)


def solvers(log):
    """The solvers whose iterations stand in the log; every whole line is JSON, however the run ended."""
    if not os.path.exists(log):
        return []
    with open(log, encoding="utf-8") as file:
        lines = file.read().split("\n")[:-1]
    return [event.get("solver") for event in map(json.loads, lines) if event["event"] == "iteration"]


def kill_when(folder, command, solver, victim, number):
    """Starts the command and sends a signal when `solver` is at work: to a rank, or (None) to what was started. Seconds
    until it is back."""
    log = os.path.join(folder, "out.jsonl")
    if os.path.exists(log):
        os.remove(log)
    with open(os.path.join(folder, "stderr.tmp"), "w+", encoding="utf-8") as errors, \
            subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=errors) as process:
        deadline = time.monotonic() + START
        while solvers(log).count(solver) < 5 and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        ranks = children(process.pid)
        if process.poll() is not None or (victim is not None and len(ranks) != 3):
            process.kill()
            errors.seek(0)
            require(False, f"ended before the signal, or ranks {ranks} are not three:\n{errors.read()}")
        os.kill(process.pid if victim is None else ranks[victim], number)
        since = time.monotonic()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            for pid in ranks + [process.pid]:
                if status(pid):
                    os.kill(pid, signal.SIGKILL)
            require(False, f"not back {PATIENCE} s after the signal")
        seconds = time.monotonic() - since
        while any(map(status, ranks)) and time.monotonic() - since < PATIENCE:
            time.sleep(0.05)
        require(not any(map(status, ranks)), "ranks are left")
        require(process.returncode != 0, "a killed run left with code 0")
    os.remove(os.path.join(folder, "stderr.tmp"))
    return seconds


def main(program, mpiexec):
    with tempfile.TemporaryDirectory(prefix="lacuna_kill_") as folder:
        catalogue(os.path.join(folder, "cat.csv"))
        with open(os.path.join(folder, "run.toml"), "w", encoding="utf-8") as file:
            file.write(CONFIG)
        run = [program, "run.toml", "--overwrite"]
        parallel = [mpiexec, "-n", "3"] + run
        subprocess.run(run, cwd=folder, stdout=subprocess.DEVNULL, check=True)
        old = products(folder)
        require("out.h5" in old and "out_std.fits" in old, f"the first run made {list(old)}")
        for what, command, solver, victim, number in (
            ("SIGTERM to one rank in the solve", parallel + ENDLESS, "sample", 1, signal.SIGTERM),
            ("SIGKILL to the first rank in the solve", parallel + ENDLESS, "sample", 0, signal.SIGKILL),
            ("SIGKILL to the last rank while it writes", parallel + WRITING, "rotation", 2, signal.SIGKILL),
            ("SIGTERM to mpiexec while it writes", parallel + WRITING, "rotation", None, signal.SIGTERM),
            ("SIGINT to a run without mpiexec", run + ENDLESS, "sample", None, signal.SIGINT),
            ("SIGKILL to a run without mpiexec while it writes", run + WRITING, "rotation", None, signal.SIGKILL),
        ):
            seconds = kill_when(folder, command, solver, victim, number)
            require(products(folder) == old, f"{what}: a product has changed: {old} {products(folder)}")
            print(f"passed: {what}: back after {seconds:.1f} s, the old products are intact", flush=True)
        stale = temporary(folder)
        require("out.h5.tmp" in stale, "the killed runs left nothing behind: the next check would prove nothing")
        again = subprocess.run(parallel, cwd=folder, capture_output=True, text=True, check=False)
        require(again.returncode == 0, f"the run after the killed ones left with {again.returncode}:\n{again.stderr}")
        require(not temporary(folder), f"stale files are left: {temporary(folder)}")
        require(not [name for name in os.listdir(folder) if ".ckpt." in name], "checkpoints are left beside the product")
        require(products(folder).keys() == old.keys(), f"the last run made {list(products(folder))}")
        require(products(folder)["out.h5"] != old["out.h5"], "the last run did not replace the product")
        print(f"passed: the next run cleared {len(stale)} stale temporary files")


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]), sys.argv[2])
