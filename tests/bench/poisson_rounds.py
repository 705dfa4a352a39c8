#!/usr/bin/env python3
"""The rounds of peers.sh: poisson_rounds.py LACUNA-DECONVOLVE FOLDER ROUNDS [CASE...]. FOLDER holds the arrays of make_poisson_problems.py, and gets
what this writes. Seconds are user CPU: of lacuna-deconvolve the whole run, less that of --plan."""
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
    "b2mle": (1.0, 2e-7, ("lbfgsb",), 30, ""),
    "b4": (2.0, 2.5e-7, ("pdhg",), 10, '[prior.space]\nkind = "total_variation"\nstrength = 0.25\n'),
    "b5": (2.0, 4e-7, ("blmvm",), 10, '[prior.time]\nkind = "random_walk"\nsd = 0.6\ninitial_mean = 10\ninitial_sd = 10\n'),
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


def lacuna(case, constant, *options):
    command = ["mpirun", "-n", "1", program, f"{case}.toml", "--overwrite", *options]
    plan, _ = user_of([*command, "--plan"])
    whole, _ = user_of(command)
    with h5py.File(f"{case}_out.h5") as file:
        return whole - plan, float(file["notes"].attrs["energy"]) + constant


os.chdir(folder)
for case in wanted:
    gap, _, peers, patience, _ = CASES[case]
    constant = prepare(case)
    _, optimum = lacuna(case, constant, "--set", "solver.rtol=1e-11")
    print(f"{case}: the optimum is {optimum:.4f} nats (lacuna-deconvolve, rtol = 1e-11)", flush=True)
    own, ratios, mixed = [], {peer: [] for peer in peers}, []
    for _ in range(rounds):
        for precision, times in (("mixed", mixed), ("double", own)):
            seconds, energy = lacuna(case, constant, "--set", f'solver.precision="{precision}"')
            times.append(seconds)
            print(f"  lacuna-deconvolve, {precision}: {seconds:.2f} s of user CPU, {energy - optimum:.5f} nats above the optimum"
                  + ("" if energy <= optimum + gap else ": NOT THERE"), flush=True)
        for peer in peers:
            found = json.loads(user_of(["/usr/bin/python3", "-B", f"{here}/poisson_peers.py", case, peer, ".", str(optimum + gap),
                                        str(patience * seconds)])[1])
            there = found["energy"] <= optimum + gap
            ratios[peer].append(found["seconds"] / seconds)
            print(f"  {peer}: {found['seconds']:.2f} s, {found['seconds'] / seconds:.1f} times that, "
                  + ("there" if there else f"not there: {found['energy'] - optimum:.4g} nats above"), flush=True)
    for peer in peers:
        saved = statistics.median(mine / less for mine, less in zip(own, mixed))
        ratio = statistics.median(ratios[peer])
        print(f"{case}: {peer} {ratio:.1f} times the CPU of lacuna-deconvolve ({statistics.median(own):.2f} s), {saved * ratio:.1f} times that with "
              f"mixed precision; within {gap} nats")
