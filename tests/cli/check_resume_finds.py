"""What --resume finds: nothing, a finished run, damage, strangers, other settings, other and moved files, a full disk.

check_resume_finds.py GROUP LACUNA-DECONVOLVE LACUNA-MASSMAP MPIEXEC
"""
import json
import os
import shutil
import sys
import tempfile

import h5py
import numpy as np

from resuming import SHEAR, deconvolve, flipped, massmap, passed, require, same

RL, AUTO = "richardson-lucy", ("--resume", "auto")


def finished(folder):
    """Nothing there, a finished run, one that was killed while it finished."""
    run = deconvolve(folder)
    for n in (1, 2):
        run.run(n, *AUTO, "--set", "solver.iterations=20", said=["the run begins afresh"])
        before = run.product()
        run.run(n, *AUTO, "--set", "solver.iterations=20", said=["nothing is left to do"])
        run.run(n, *AUTO, "--set", "solver.iterations=21", code=78, said=["[solver] iterations", "20", "finished"])
        run.run(n, *AUTO, "--set", "solver.iterations=21", "--overwrite")
        require(len(run.product()["history"]) == len(before["history"]) + 1, "not computed anew")
        run.clear()
        fits = ("--set", "solver.iterations=20", "--set", "output.fits=true")
        run.run(n, *fits)
        os.remove(run.path("out.h5"))  # the last file to get its name: a run that was killed before that has others
        run.run(n, *fits, code=73, said=["out_estimate.fits exists"])
        run.run(n, *AUTO, *fits)
        same(run.product(), before, ["estimate"], 0, "killed while it finished")
        run.clear()
        passed(f"nothing there, a finished run, and one that was killed while it finished, on {n} ranks")


def choices(folder):
    """Which checkpoints are kept and taken; damage, strangers, other settings, other data."""
    run = deconvolve(folder)
    every = ("--set", "checkpoint.every_seconds=0")
    run.interrupted(1, RL, 30, *every)
    found = run.checkpoints()
    require(len(found) == 3, f"keep = 3, but {found}")
    with open(run.path("out.jsonl"), "a", encoding="utf-8") as log:
        log.write('{"event":"iterat')  # what a full disk leaves
    run.interrupted(1, RL, run.iterations(RL) + 30, *AUTO, *every, "--set", "checkpoint.keep=5")
    require(len(run.checkpoints()) == 5, f"keep = 5, but {run.checkpoints()}")
    with open(run.path("out.jsonl"), encoding="utf-8") as log:
        require(all(json.loads(line)["event"] for line in log), "a line without an event")
    passed("keep")

    wanted = run.state()
    run.run(1, code=73, said=["--resume auto", "--overwrite"])
    require(run.state() == wanted, "checkpoints were touched")
    run.run(1, *AUTO, "--set", "psf.fwhm_px=3.5", code=78, said=["[psf] fwhm_px = [3.5]", "[3.0]", "resumed"])
    run.run(1, *AUTO, "--set", "convolution.deterministic=false", code=78, said=["deterministic"])
    run.run(1, "--resume", "none.h5", code=66, said=["none.h5"])
    run.run(1, "--resume", "blur.h5", code=65, said=["not a checkpoint"])
    passed("what is refused")

    kept = {name: open(run.path(name), "rb").read() for name in run.checkpoints()}

    def restore():
        for name in run.checkpoints():
            os.remove(run.path(name))
        for name, data in kept.items():
            with open(run.path(name), "wb") as file:
                file.write(data)
    newest, before = sorted(kept)[-1], sorted(kept)[-2]
    for what, spoil in (("truncated", lambda d: d[: len(d) // 2]), ("empty", lambda d: b""), ("noise", lambda d: os.urandom(4096)),
                        ("a flipped bit", lambda d: flipped(run.path(newest), d))):
        for n in (1, 2):
            restore()
            with open(run.path(newest), "wb") as file:
                file.write(spoil(kept[newest]))
            run.run(n, *AUTO, "--set", "solver.iterations=1", said=["WARNING", newest, "resumed from", before])
            if os.path.exists(run.path("out.h5")):
                os.remove(run.path("out.h5"))
        restore()
        with open(run.path(newest), "wb") as file:
            file.write(spoil(kept[newest]))
        run.run(1, "--resume", newest, code=65, said=[newest])
        passed(f"the newest is {what}")

    def meta(**changes):
        def change(file):
            text = json.loads(file["meta"][0])
            del file["meta"]
            file["meta"] = [json.dumps({**text, **changes})]
        return change

    for what, change, word in (("an earlier version", lambda f: f.attrs.modify("format_version", np.int64(1)), "an earlier version: give --overwrite"),
                               ("another configuration than it was", meta(config="[data]"), "its configuration is not what was written"),
                               ("another grid", meta(grid=[1, 1, 1, 40, 36]), "its grid is"),
                               ("a later version", lambda f: f.attrs.modify("format_version", np.int64(99)), "later version"),
                               ("not complete", lambda f: f.attrs.modify("complete", np.int64(0)), "not complete")):
        restore()
        with h5py.File(run.path(newest), "a") as file:
            change(file)
        run.run(1, "--resume", newest, code=65, said=[word])
        passed(what)
    restore()
    other = massmap(folder, SHEAR)
    other.run(1, *AUTO, code=65, said=["lacuna-deconvolve", "not of lacuna-massmap"])
    run = deconvolve(folder)
    restore()
    with h5py.File(run.path("blur.h5"), "a") as file:
        file["counts"][3, 3] += 1
    run.run(1, *AUTO, code=65, said=["blur.h5", "is not the file that the run began with"])
    passed("strangers and other data")


def moved(folder):
    """Configuration and data in another place: the same files, whatever they are called; other files are refused."""
    run = deconvolve(folder)
    there = os.path.join(folder, "there")
    os.mkdir(there)
    for n in (1, 2):
        run.interrupted(n, RL, 10)
        shutil.copy(run.path("blur.h5"), os.path.join(there, "counts.h5"))
        words = ("--set", f"data.file={there}/counts.h5", "--set", f"solver.iterations={run.iterations(RL) + 20}")
        run.run(n, *AUTO, *words, said=["resumed from"])
        run.run(n, *AUTO, *words, said=["nothing is left to do"])
        run.run(n, *AUTO, *words[2:], said=["nothing is left to do"])
        with h5py.File(os.path.join(there, "counts.h5"), "a") as file:
            file["counts"][0, 0] += 1
        run.run(n, *AUTO, *words, code=65, said=["out.h5 is finished", "counts.h5", "--overwrite"])
        os.remove(os.path.join(there, "counts.h5"))
        run.run(n, *AUTO, *words, said=["nothing is left to do"])  # a result outlives its data
        run.run(n, *AUTO, *words, "--overwrite", said=["nothing is left to do"])
        run.clear()
        # Files that no path names, and one that has taken the place of another.
        for name in ("flat.h5", "psf.h5", "wide.h5"):
            with h5py.File(run.path(name), "w") as file:
                file["flat"] = np.ones((40, 37))
                file["psf"] = np.ones((3, 3) if name == "psf.h5" else (5, 5))
        words = ("--set", "solver.iterations=20", "--set", "data.exposure=flat.h5:flat", "--set", "psf.kind=file", "--set", "psf.dataset=psf")
        run.run(n, *words, "--set", "psf.file=psf.h5")
        run.run(n, *AUTO, *words, "--set", "psf.file=psf.h5", said=["nothing is left to do"])
        run.run(n, *AUTO, *words, "--set", "psf.file=wide.h5", code=65, said=["wide.h5", "is not the file"])
        run.run(n, *AUTO, *words, "--set", "psf.file=flat.h5", code=65, said=["flat.h5", "is not the file"])
        with h5py.File(run.path("flat.h5"), "a") as file:
            file["flat"][2, 2] = 0.5
        run.run(n, *AUTO, *words, "--set", "psf.file=psf.h5", code=65, said=["flat.h5", "is not the file"])
        run.clear()
        passed(f"moved files on {n} ranks")


def full_disk(folder):
    """A disk without room: the run goes on and says so; asked to stop it leaves with 74."""
    small = os.path.join(folder, "small")
    os.mkdir(small)
    if os.geteuid() != 0 or os.system(f"mount -t tmpfs -o size=64k tmpfs {small} 2>/dev/null") != 0:
        print("SKIPPED: a small file system cannot be mounted here")
        sys.exit(77)
    try:
        for n in (1, 2):
            run = deconvolve(folder)
            where = ("--set", f"checkpoint.folder={small}")
            run.run(n, *where, "--set", "checkpoint.every_seconds=0", "--set", "solver.iterations=30", said=["WARNING: no checkpoint could be written"])
            require(os.listdir(small) == [], f"left behind: {os.listdir(small)}")
            run.clear()
            run.interrupted(n, RL, 10, *where, "--set", "solver.iterations=10000000", code=74, said=["no checkpoint could be written"])
            run.clear()
            passed(f"a full disk, {n} ranks")
    finally:
        os.system(f"umount -l {small}")


if __name__ == "__main__":
    scratch = tempfile.mkdtemp(prefix="lacuna_resume_")
    try:
        {f.__name__: f for f in (finished, choices, moved, full_disk)}[sys.argv[1]](scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
