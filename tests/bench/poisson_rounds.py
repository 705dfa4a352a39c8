#!/usr/bin/env python3
"""The rounds of peers.sh: poisson_rounds.py LACUNA-DECONVOLVE FOLDER ROUNDS [CASE...]. FOLDER holds the arrays of make_poisson_problems.py, and gets
what this writes. Seconds are user CPU. Of lacuna-deconvolve: the whole run less that of --plan, to where it stopped by itself; and, as peers are timed,
its solvers until the energy was near the optimum (their share of the seconds of the run)."""
import json
import os
import resource
import statistics
import subprocess
import sys

import h5py
import numpy as np

# case: how near the optimum [nats], rtol that leads there, the peers, how many times lacuna's seconds these may take, keys
CASES = {
    "b2map": (5e-3, 1e-9, ("lbfgsb", "blmvm"), 10, '[prior.space]\nkind = "smooth"\nstrength = 5e-4\n'),
    "b2mle": (1.0, 7e-8, ("lbfgsb",), 30, ""),
    "b4": (2.0, 3e-7, ("pdhg",), 10, '[prior.space]\nkind = "total_variation"\nstrength = 0.25\n'),
    "b5": (2.0, 2e-7, ("blmvm",), 10, '[prior.time]\nkind = "random_walk"\nsd = 0.6\ninitial_mean = 10\ninitial_sd = 10\n'),
}
program, folder, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
wanted = sys.argv[4:] or list(CASES)
here = os.path.dirname(os.path.abspath(__file__))


def user_of(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 3):
        sys.exit(f"{' '.join(command)}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before, done.stdout


def prepare(case):
    """Inputs of lacuna-deconvolve; what its energies lack to deviance/2."""
    counts, psf = (np.load(f"{case[:2]}_{what}.npy") for what in ("counts", "psf"))
    with h5py.File(f"{case}.h5", "w") as file:
        file["counts"], file["psf"] = counts, psf
    with open(f"{case}.toml", "w", encoding="utf-8") as out:
        out.write(f'[data]\nfile = "{case}.h5"\ndataset = "counts"\naxes = "{"tyx" if counts.ndim == 3 else "yx"}"\nbackground = 1.0\n'
                  f'[psf]\nkind = "file"\nfile = "{case}.h5"\ndataset = "psf"\n'
                  f'[model]\nboundary = "{"zero" if case[:2] == "b2" else "periodic"}"\n'
                  f'[solver]\nrtol = {CASES[case][1]}\niterations = 5000\n[output]\nname = "{case}_out"\n{CASES[case][4]}')
    seen = counts[counts > 0]
    return float((seen * np.log(seen)).sum() - counts.sum())


def seconds_until(log, energy):
    """Of the solvers in a log until the energy is this low, and of the whole run."""
    before = last = 0.0
    solver = near = None
    with open(log, encoding="utf-8") as lines:
        for line in map(json.loads, lines):
            if line["event"] == "finish":
                return near, line["seconds"]
            if line["event"] != "iteration" or near is not None:
                continue
            if line["solver"] != solver:
                before, solver = before + last, line["solver"]
            last = line["seconds"]
            if line["energy"] <= energy:
                near = before + last
    sys.exit(f"{log} has no end")


def lacuna(case, constant, target, *options):
    """Seconds of the run, seconds until it was near, energy."""
    command = ["mpirun", "-n", "1", program, f"{case}.toml", "--overwrite", *options]
    plan, _ = user_of([*command, "--plan"])
    whole, _ = user_of(command)
    near, run = seconds_until(f"{case}_out.jsonl", target - constant)
    with h5py.File(f"{case}_out.h5") as file:
        return whole - plan, near and near / run * whole, float(file["notes"].attrs["energy"]) + constant


os.chdir(folder)
for case in wanted:
    gap, _, peers, patience, _ = CASES[case]
    constant = prepare(case)
    _, _, optimum = lacuna(case, constant, 0, "--set", "solver.rtol=1e-11")
    print(f"{case}: the optimum is {optimum:.4f} nats (lacuna-deconvolve, rtol = 1e-11)", flush=True)
    took = {"mixed": [], "double": []}
    ratios = {peer: {(precision, what): [] for precision in took for what in ("whole", "near")} for peer in peers}
    for _ in range(rounds):
        mine = {}
        for precision in took:
            whole, near, energy = lacuna(case, constant, optimum + gap, "--set", f'solver.precision="{precision}"')
            if near is None:
                sys.exit(f"{case}: lacuna-deconvolve stops {energy - optimum:.5f} nats above the optimum, not within {gap}: its rtol is too large here")
            mine[precision, "whole"], mine[precision, "near"] = whole, near
            took[precision].append(whole)
            print(f"  lacuna-deconvolve, {precision}: {near:.2f} s to within {gap} nats, {whole:.2f} s the whole run, which ends {energy - optimum:.5f} nats "
                  "above", flush=True)
        for peer in peers:
            found = json.loads(user_of(["/usr/bin/python3", "-B", f"{here}/poisson_peers.py", case, peer, ".", str(optimum + gap),
                                        str(patience * mine["double", "whole"])])[1])
            there = found["energy"] <= optimum + gap
            for key, seconds in mine.items():
                ratios[peer][key].append(found["seconds"] / seconds)
            print(f"  {peer}: {found['seconds']:.2f} s, " + ("there" if there else f"not there: {found['energy'] - optimum:.4g} nats above"), flush=True)
    for peer in peers:
        ratio = {key: statistics.median(values) for key, values in ratios[peer].items()}
        print(f"{case}: {peer} takes {ratio['double', 'near']:.1f} times as long to within {gap} nats (mixed precision: {ratio['mixed', 'near']:.1f}), "
              f"{ratio['double', 'whole']:.1f} times the whole run of {statistics.median(took['double']):.2f} s (mixed: {ratio['mixed', 'whole']:.1f})", flush=True)
