"""Checkpoints: runs that are stopped in every way and resumed in every way.

check_resume.py GROUP LACUNA-DECONVOLVE LACUNA-MASSMAP MPIEXEC
"""
import os
import shutil
import signal
import sys
import tempfile

import h5py
import numpy as np

from harness import CATALOGUE, galaxies, write_fits
from resuming import BLUR, MAP, Missed, deconvolve, massmap, passed, reference, require, same

RL, AUTO = "richardson-lucy", ("--resume", "auto")


def signals(folder):
    """Every way to ask a run to stop, or to save and go on."""
    run = deconvolve(folder)
    wanted = reference(run)
    for ranks in (1, 2):
        for sig in (signal.SIGUSR1, signal.SIGTERM, signal.SIGINT):
            if ranks > 1 and sig == signal.SIGINT:
                continue  # mpiexec makes SIGTERM of it
            run.grace = 5 if sig == signal.SIGTERM else 1
            # mpiexec itself ends by a SIGTERM, whatever the ranks say.
            run.interrupted(ranks, RL, 20, sig=sig, code=1 if ranks > 1 and sig == signal.SIGTERM else 75, said=["checkpoint"])
            require(len(run.checkpoints()) == 1, f"{run.checkpoints()} after signal {sig}")
            require(not os.path.exists(run.path("out.h5")), "a product of a run that was stopped")
            run.run(ranks, *AUTO, said=["resumed richardson-lucy at iteration"])
            same(run.product(), wanted, ["estimate"], 0 if ranks == 1 else 1e-10, f"signal {sig}, {ranks} ranks")
            require(run.checkpoints() == [], "checkpoints are left beside the product")
            run.clear()
            passed(f"signal {sig} on {ranks} ranks: 75, and resumed")

        for _ in range(8):  # the run may end sooner than the signal comes
            process = run.start(ranks)
            run.wait_for(process, RL, 10)
            process.send_signal(signal.SIGUSR2)
            out = run.finish(process, 0)
            got = run.product()
            run.clear()
            if "SIGUSR2" in out:
                break
        require(out.count("asked for by SIGUSR2") == 1, "SIGUSR2 did not make one checkpoint")
        same(got, wanted, ["estimate"], 0 if ranks == 1 else 1e-10, "SIGUSR2")
        passed(f"SIGUSR2 on {ranks} ranks: saved, and gone on")

        # As soon as there is a log: before anything is solved.
        run.clear()
        process = run.start(ranks, "--set", "solver.iterations=10000000")
        run.wait(process, "no log", lambda: run.words()[1] > 0)
        with open(run.path("STOP"), "w", encoding="utf-8"):
            pass
        run.finish(process, 75, ["the file STOP"])
        run.clear()
        for name, code, said in (("STOP", 75, "the file STOP"), ("CHECKPOINT", 0, "the file CHECKPOINT")):
            process = run.start(ranks, "--set", "solver.iterations=1000000" if code else "solver.iterations=60000")
            run.wait_for(process, RL, 10)
            with open(run.path(name), "w", encoding="utf-8"):
                pass
            out = run.finish(process, code, [said])
            require(out.count("asked for by " + said) == 1, f"{name} made more than one checkpoint")
            passed(f"{name} on {ranks} ranks: {code}")
            if code:  # an old file means nothing to the next run
                run.run(ranks, *AUTO, "--set", f"solver.iterations={run.iterations(RL) + 5}")
            run.clear()

        run.run(ranks, "--max-hours", str(6 / 3600), "--set", "solver.iterations=10000000", code=75, said=["--max-hours"])
        require(0.5 < run.last(RL)["seconds"] < 6, f"--max-hours of 6 s: the last iteration after {run.last(RL)['seconds']} s")
        run.clear()
        passed(f"--max-hours on {ranks} ranks")


def one_rank(folder):
    """A signal that reaches the last of three ranks alone counts for all."""
    run = deconvolve(folder)
    process = run.start(3, "--set", "solver.iterations=10000000")
    run.wait_for(process, RL, 5)
    ranks = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
            if words[0].decode() == run.program and os.readlink(f"/proc/{pid}/cwd") == os.path.realpath(folder):
                ranks.append(int(pid))
        except OSError:
            continue
    require(len(ranks) == 3, f"{len(ranks)} ranks are found")
    os.kill(max(ranks), signal.SIGUSR1)
    run.finish(process, 75, ["SIGUSR1"])
    passed("a signal to one rank")


def ranks(folder):
    """1 -> 2 -> 3 ranks, with and without momentum; bit by bit on as many."""
    # Momentum passes rounding on, with a growing factor: few iterations, made slow by a checkpoint each.
    fast = ("--set", "solver.acceleration=true", "--set", "solver.iterations=150", "--set", "checkpoint.every_seconds=0")
    for extra in ((), fast):
        run = deconvolve(folder)
        run.run(1, *extra)
        wanted = run.product()
        run.clear()
        run.interrupted(1, RL, 40, *extra)
        run.interrupted(1, RL, run.iterations(RL) + 40, *AUTO, *extra)
        run.run(1, *AUTO, *extra)
        got = run.product()
        same(got, wanted, ["estimate", "history", "energies"], 0, f"the same ranks {extra}")
        require(got["resumed"].count("iteration") == 2, f"provenance: {got['resumed']}")
        run.clear()
        run.interrupted(1, RL, 40, *extra)
        run.interrupted(2, RL, run.iterations(RL) + 40, *AUTO, *extra)
        run.run(3, *AUTO, *extra)
        same(run.product(), wanted, ["estimate"], 1e-10, f"1, 2, 3 ranks {extra}")
        run.clear()
        passed(f"resumed on the same ranks bit by bit, on others to 1e-10 {extra}")


def engines(folder):
    """Without the key deterministic: the engine and FFTW's plans come from the checkpoint."""
    run = deconvolve(folder, BLUR.replace("deterministic = true", "deterministic = false"))
    for n in (1, 2):
        for engine in ("auto", "global", "tiled"):
            words = ("--set", f"convolution.engine={engine}", "--set", "solver.iterations=9000")
            kept = run.saved_on_the_way(n, RL, 30, *words)
            wanted = run.product()
            os.remove(run.path("out.h5"))
            run.run(n, "--resume", kept, *words, said=["as when the run began"] if engine == "auto" else [])
            # FFTW's measured plans of tiles are not always found again.
            same(run.product(), wanted, ["estimate", "energies"], 1e-11 if engine == "tiled" else 0, f"engine {engine} on {n} ranks")
            run.clear()
            passed(f"engine {engine} goes on on {n} ranks")


def maps(folder):
    """A mass map that is stopped in its samples, and in its first solve."""
    run = massmap(folder)
    for n in (1, 2):
        kept = run.saved_on_the_way(n, "sample", 50)
        wanted = run.product()
        os.remove(run.path("out.h5"))
        run.run(n, "--resume", kept, "--overwrite",
                said=["kappa_E was finished before", "kappa_B was finished before", "resumed std/samples at iteration"])
        same(run.product(), wanted, ["kappa_E", "kappa_B", "std", "history"], 0, f"samples on the same {n} ranks")
        run.clear()
        passed(f"samples go on bit by bit on {n} ranks")
    wanted = reference(run)
    run.interrupted(1, "sample", 50)
    run.interrupted(2, "sample", run.iterations("sample") + 50, *AUTO)
    run.run(3, *AUTO)
    same(run.product(), wanted, ["kappa_E", "kappa_B", "std"], 1e-7, "samples on 1, 2, 3 ranks")
    run.clear()
    passed("samples go on where they were")
    solve = ("--set", "solver.rtol=1e-14", "--set", "posterior.samples=2", "--set", "checkpoint.every_seconds=0")
    run.run(1, *solve)
    wanted = run.product()
    run.clear()
    run.interrupted(1, "wiener", 3, *solve, said=[])
    out = run.run(2, *AUTO, *solve)
    same(run.product(), wanted, ["kappa_E", "std"], 1e-9, "the solve")
    passed("a linear solve goes on" if "resumed kappa_E/wiener" in out else "a linear solve was over before the signal")


def rotations(folder):
    """Noise realisations: those that are there are not made again, but for those that are damaged or of another run."""
    run = massmap(folder, CATALOGUE + "[noise]\nrotations = 40\n[checkpoint]\nevery_seconds = 0\n")
    write_fits(run.path("cat.fits"), galaxies(50000))

    def noise():
        with h5py.File(run.path("out.h5")) as file:
            return {name: file["noise"][name][()] if name == "kappa_ks_std" else file["noise"][name]["gamma1"][()] for name in file["noise"]}

    for n, after, tolerance in ((1, 1, 0), (2, 2, 0), (2, 3, 1e-12)):
        run.run(n)
        wanted = noise()
        require(len(wanted) == 41 and run.checkpoints() == [], f"{len(wanted)} datasets, {run.checkpoints()}")
        run.clear()
        run.interrupted(n, "rotation", 5)
        parts = [name for name in run.checkpoints() if "part" in name]
        require(5 <= len(parts) < 40, f"parts {parts}")
        with open(run.path(parts[1]), "r+b") as file:
            file.truncate(3000)
        for name, doubled in ((parts[2], "run"), (parts[3], "gamma1")):  # of another run; what only a reader of the file can know
            with h5py.File(run.path(name), "r+") as file:
                if doubled == "run":
                    file.attrs["run"] = "another"
                file["gamma1"][...] *= 2
        run.run(after, *AUTO, said=["resumed rotations at iteration"])
        got = noise()
        require(np.array_equal(got.pop("0004"), 2 * wanted.pop("0004")), "the kept realisation was not taken")
        got.pop("kappa_ks_std"), wanted.pop("kappa_ks_std")
        same(got, wanted, list(wanted), tolerance, f"realisations on {n} and {after} ranks")
        require(run.checkpoints() == [], "parts are left beside the product")
        with h5py.File(run.path("out.h5")) as file:
            require("rotations" in str(file["provenance"].attrs["resumed"]), "/provenance does not tell of it")
        run.clear()
        run.interrupted(n, "rotation", 3)
        run.run(after, "--overwrite")
        same(noise(), {**wanted, "0004": noise()["0004"]}, list(wanted), tolerance, "afresh beside parts of another run")
        require(run.checkpoints() == [], "parts of another run are left beside the product")
        run.clear()
        passed(f"noise realisations on {n} ranks, resumed on {after}")


def estimates(folder):
    """A MAP estimate stopped in the search for its strength, in the solve, in its samples."""
    cases = {"admm and newton": (), "exponential": ("--set", "solver.positivity=exp"),
             "quasi-newton": ("--set", "solver.algorithm=quasi-newton", "--set", "prior.space.strength=0.02", "--set", "solver.rtol=1e-8")}
    for name, words in cases.items():
        for n, after in ((1, 2), (2, 1)) if not words else ((1, 2),):
            run = deconvolve(folder, MAP)
            run.run(n, *words)
            wanted = run.product()
            run.clear()
            stops = (["strength"] if "quasi" not in name else []) + ["map", "sample"]
            words_said = ["resumed samples", "estimate was finished before"] + (["estimate/strength"] if "strength" in stops else [])
            for _ in range(6):  # a stop may come late, when what was to be stopped next is done
                try:
                    said = run.stopped(n, after, stops, *words)
                    if all(word in said for word in words_said):
                        break
                except Missed as why:
                    said = str(why)
                run.clear()
            else:
                require(False, f"{name}: not stopped in {stops}, or one of {words_said} is not said\n{said[-3000:]}")
            same(run.product(), wanted, ["estimate"], 1e-4, f"{name}, {n} ranks")
            same(run.product(), wanted, ["std"], 1e-3, f"{name}, {n} ranks")
            run.clear()
            passed(f"{name}, stopped in {stops} on {n} and {after} ranks")
    run = deconvolve(folder, MAP.replace('[posterior]', '[convolution]\ndeterministic = true\n[posterior]'))
    for n in (1, 2):
        for solver in ("strength", "proximal", "map", "sample"):
            kept = run.saved_on_the_way(n, solver, 1, "--set", "posterior.samples=60")
            wanted = run.product()
            os.remove(run.path("out.h5"))
            said = run.run(n, "--resume", kept, "--set", "posterior.samples=60")
            require(solver == "strength" or "strength  " not in said, "the strength is looked for again")
            same(run.product(), wanted, ["estimate", "std", "history", "energies"], 0, f"MAP saved in {solver}, {n} ranks")
            run.clear()
        passed(f"a MAP estimate goes on bit by bit on {n} ranks")


if __name__ == "__main__":
    scratch = tempfile.mkdtemp(prefix="lacuna_resume_")
    try:
        {f.__name__: f for f in (signals, one_rank, ranks, engines, maps, rotations, estimates)}[sys.argv[1]](scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
