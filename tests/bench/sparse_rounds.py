"""The rounds of sparse.sh, in its folder: sparse_rounds.py LACUNA-SOLVE ROUNDS"""
import json
import os
import resource
import statistics
import subprocess
import sys


def cpu_of(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done


def lacuna():
    """Seconds of the whole run without reading, of its solver until an energy, and its energies."""
    plan, _ = cpu_of(["mpirun", "-n", "1", sys.argv[1], "solve.toml", "--plan"])
    whole, done = cpu_of(["mpirun", "-n", "1", sys.argv[1], "solve.toml", "--overwrite"])
    if done.returncode != 0:
        sys.exit(done.stdout[-2000:] + done.stderr)
    with open("solve.jsonl", encoding="utf-8") as file:
        events = list(map(json.loads, file))
    share = whole / events[-1]["seconds"]  # CPU time a second
    own.append(whole - plan)
    return [(share * step["seconds"], step["energy"]) for step in events if step["event"] == "iteration"]


def peer(name):
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sparse_peers.py")
    done = subprocess.run(["/usr/bin/python3", "-B", script, "problem.h5", name], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(f"{name} is left out: {(done.stderr.strip() or '?').splitlines()[-1]}")
        return None
    return json.loads(done.stdout)["trace"]


own = []  # CPU time of whole runs of lacuna-solve, without reading
traces = {"lacuna-solve": [], "lbfgsb": [], "blmvm": []}
for number in range(int(sys.argv[2])):
    for solver, runs in traces.items():
        found = lacuna() if solver == "lacuna-solve" else peer(solver)
        if found:
            runs.append(found)
            print(f"round {number + 1}: {solver} {found[-1][0]:.2f} s, {found[-1][1]:.6f} nats", flush=True)
lowest = min(energy for runs in traces.values() for run in runs for _, energy in run)
within = {solver: [next((s for s, energy in run if energy <= lowest + 5e-3), float("nan")) for run in runs] for solver, runs in traces.items()}
for solver, seconds in within.items():
    if len(seconds) == len(own):
        ratios = [statistics.median(s / o for s, o in zip(seconds, other)) for other in (within["lacuna-solve"], own)]
        print(f"{solver}: within 5e-3 nats after {statistics.median(seconds):.2f} s of CPU, {ratios[0]:.2f} times lacuna-solve, "
              f"{ratios[1]:.2f} times its whole run of {statistics.median(own):.2f} s")
