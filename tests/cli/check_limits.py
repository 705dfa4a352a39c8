"""A solve that stopped at its limit of iterations goes on with a higher one.

check_limits.py GROUP LACUNA-DECONVOLVE LACUNA-MASSMAP MPIEXEC
"""
import os
import shutil
import sys
import tempfile

import numpy as np

from resuming import MAP, SHEAR, Runner, passed, require, same

AUTO, LIMITED = ("--resume", "auto"), "out.ckpt.limit.h5"


def few(iterations):
    return ("--set", f"solver.iterations={iterations}")


def estimates(folder):
    """MAP estimates by every method: as if the limit had been the higher one from the beginning."""
    config = MAP.replace("[posterior]", "[convolution]\ndeterministic = true\n[posterior]").replace('"auto"', "0.02")
    # ADMM alone, where the prior has no gradient, stops at both limits.
    tv = ("--set", "prior.space.kind=total_variation", "--set", "solver.rtol=1e-14", "--set", "posterior.samples=0")
    newton = ("--set", "solver.algorithm=newton", "--set", "posterior.samples=10")
    lbfgs = ("--set", "solver.algorithm=quasi-newton", "--set", "posterior.samples=10", "--set", "solver.rtol=1e-8")
    for n, words, low, high, code, tolerance in ((1, tv, 20, 120, 3, 0), (2, tv, 20, 120, 3, 0), (2, newton, 2, 50, 0, 0), (1, lbfgs, 5, 200, 0, 1e-4)):
        run = Runner(sys.argv[2], sys.argv[4], folder, config)
        what = f"{words[1]} on {n} ranks"
        run.run(n, *words, *few(high), code=code)
        wanted = run.product()
        run.clear()
        run.run(n, *words, *few(low), code=3, said=["limit of iterations", LIMITED + " is kept"])
        require(os.listdir(folder).count(LIMITED) == 1 and run.checkpoints() == [LIMITED], f"{what}: {run.checkpoints()}")
        first = run.product()
        require(not np.array_equal(first["estimate"], wanted["estimate"]), f"{what}: {low} iterations are enough")
        run.run(n, *AUTO, *words, *few(low), said=["nothing is left to do"])
        run.run(n, *AUTO, *words, *few(high), "--set", "psf.fwhm_px=3.5", code=78, said=["[psf] fwhm_px"])
        said = run.run(n, *AUTO, *words, *few(high), code=code, said=[f"resumed from ./{LIMITED}", f"at iteration {low}"])
        names = ["estimate", "history", "energies"] if tolerance == 0 else ["estimate"]
        same(run.product(), wanted, [*names, "std"] if tolerance == 0 and "std" in wanted else names, tolerance, what)
        require(run.checkpoints() == ([LIMITED] if code == 3 else []), f"{what}: afterwards {run.checkpoints()}\n{said[-500:]}")
        if code == 3:
            os.remove(run.path(LIMITED))
            run.run(n, *AUTO, *words, *few(high + 1), code=78, said=["[solver] iterations", "finished"])
        run.clear()
        passed(what)


def maps(folder):
    """A mass map that is stopped after its limit; one that is begun afresh; one whose checkpoint is damaged."""
    run = Runner(sys.argv[3], sys.argv[4], folder, SHEAR.replace("samples = 600", "samples = 200"))
    run.run(1)
    wanted = run.product()
    run.clear()
    run.interrupted(2, "sample", 5, *few(3), said=[LIMITED])
    require(LIMITED in run.checkpoints() and len(run.checkpoints()) == 2, f"{run.checkpoints()}")
    run.run(2, *few(1000), code=73, said=["--resume auto"])
    run.run(1, *AUTO, *few(1000), said=[f"resumed from ./{LIMITED}", "resumed kappa_E/wiener at iteration 3"])
    same(run.product(), wanted, ["kappa_E", "kappa_B", "std"], 1e-8, "a mass map")
    require(run.checkpoints() == [], f"{run.checkpoints()}")
    run.clear()
    run.run(1, *few(3), code=3)
    with open(run.path(LIMITED), "r+b") as file:
        file.truncate(1000)
    run.run(1, *AUTO, *few(1000), said=["WARNING", LIMITED, "begins afresh"])
    same(run.product(), wanted, ["kappa_E", "std"], 1e-10, "with a checkpoint that is damaged")
    run.clear()
    passed("a mass map that was stopped after its limit, and one whose checkpoint is damaged")


if __name__ == "__main__":
    scratch = tempfile.mkdtemp(prefix="lacuna_limits_")
    try:
        {"estimates": estimates, "maps": maps}[sys.argv[1]](scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
