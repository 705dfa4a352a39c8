"""What happens to a run, its checkpoints and the products of earlier runs when ranks are killed and disks fail.

check_faults.py GROUP LACUNA-MASSMAP MPIEXEC [TIMES]
  solve, checkpoint, product   kill -9 of one rank at TIMES (default 4) random moments of the solve, while checkpoints are
                               written, while the product is written: mpiexec is back within PATIENCE seconds, no rank is
                               left, the earlier product is intact, and --resume auto makes the map of an undisturbed run
  disk                         the disk becomes full in mid-run, with both kinds of MPI-IO of Open MPI
  folder                       the output folder vanishes in mid-run
"""
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))
import check_kill  # noqa: E402
from check_bad_input import in_own_mounts  # noqa: E402
from check_kill import children, status  # noqa: E402
from resuming import SHEAR, Runner, passed, require, same  # noqa: E402

PATIENCE = 30  # seconds from the fault to the return of mpiexec
RANKS = 3
AUTO = ("--resume", "auto")
OTHER = ("--set", "posterior.seed=77")  # of the product that is there before
MAPS = ["kappa_E", "kappa_B", "std"]
# What a run does when it is hit, and the solver in whose lines of the log it is recognised.
WORK = {
    "solve": (["--set", "checkpoint.every_seconds=0.5", "--set", "posterior.samples=2500"], "sample"),  # longer than a kill waits
    "checkpoint": (["--set", "checkpoint.every_seconds=0", "--set", "posterior.samples=60"], "sample"),
    "product": (["--set", "noise.rotations=300", "--set", "posterior.samples=3"], "rotation"),
}
TWO_LIBRARIES = {"OMPIO": {"OMPI_MCA_io": "ompio"}, "ROMIO": {"OMPI_MCA_io": "^ompio"}}


def products(folder):
    """sha256 of the finished products of the runs."""
    return {name: digest for name, digest in check_kill.products(folder).items() if name.startswith("out") and ".ckpt." not in name}


def massmap(folder):
    return Runner(sys.argv[2], sys.argv[3], folder, SHEAR)


def back(run, process, ranks, what):
    """Waits for mpiexec and for its ranks; the seconds that it took."""
    since = time.monotonic()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        for pid in ranks + [process.pid]:
            if status(pid):
                os.kill(pid, signal.SIGKILL)
        require(False, f"{what}: not back after {PATIENCE} s\n{run.said()[-2000:]}")
    while any(map(status, ranks)) and time.monotonic() - since < PATIENCE:
        time.sleep(0.05)
    require(not any(map(status, ranks)), f"{what}: ranks are left")
    return time.monotonic() - since


def one_message(run, what, *words):
    """One line says what is wrong, and names the place."""
    errors = [line for line in run.said().splitlines() if line.startswith("error: ")]
    require(len(errors) == 1, f"{what}: not one message\n{run.said()[-3000:]}")
    for word in words:
        require(word in errors[0], f"{what}: '{word}' is not in: {errors[0]}")
    return errors[0]


def kill(folder, kind, times):
    """A rank dies at a random moment."""
    words, solver = WORK[kind]
    run = massmap(folder)
    run.run(RANKS, *words)
    wanted = run.product()
    run.run(RANKS, *words, *OTHER, "--overwrite")
    old = products(folder)
    for name in old:
        os.link(run.path(name), run.path("kept_" + name))
    chance = random.Random(f"{kind} {times}")
    hits = resumed = 0
    for attempt in range(times):
        what = f"{kind}, kill {attempt + 1}"
        for name in [n for n in os.listdir(folder) if n.startswith("out")]:
            os.remove(run.path(name))
        for name in old:
            os.link(run.path("kept_" + name), run.path(name))
        process = run.start(RANKS, *words, "--overwrite")
        run.wait_for(process, solver, 1)
        time.sleep(chance.uniform(0, 1.5))
        ranks = children(process.pid)
        if process.poll() is not None or len(ranks) != RANKS:
            print(f"note: {what}: the run was over before it could be hit", flush=True)
            process.wait()
            continue
        victim = chance.randrange(RANKS)
        os.kill(ranks[victim], signal.SIGKILL)
        seconds = back(run, process, ranks, what)
        require(process.returncode != 0, f"{what}: code 0")
        if products(folder) != old:  # the old product, or all of the new one
            same(run.product(), wanted, MAPS, 1e-10, f"{what}: a product has changed")
            print(f"note: {what}: the run was over before it could be hit", flush=True)
            continue
        again = run.run(RANKS, *words, *AUTO, "--overwrite")
        hits += 1
        resumed += "resumed" in again
        same(run.product(), wanted, MAPS, 1e-10, what)
        require(not [n for n in os.listdir(folder) if n.endswith(".tmp") or ".ckpt." in n], f"{what}: files are left: {os.listdir(folder)}")
        passed(f"{what}: rank {victim}, back after {seconds:.1f} s; the next run made the map of an undisturbed one")
    require(hits > 0 and (kind == "product" or resumed > 0), "no run was hit, or none resumed: nothing was proved")


def mount(folder, megabytes):
    where = os.path.join(folder, "small")
    os.mkdir(where)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", where], check=True)
    return where


def fill(where):
    """Takes all that is left of the disk."""
    with open(os.path.join(where, "filler"), "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(1 << 16))
        except OSError:
            pass


def disk(folder, _):
    """A disk of 64 MiB becomes full in mid-run: before a checkpoint, and before and while the product is written."""
    where = mount(folder, 64)
    try:
        for library, settings in TWO_LIBRARIES.items():
            os.environ.update(settings)
            for ranks in (1, 2):
                for kind in WORK:
                    what = f"{library}, {ranks} ranks, full in the {kind}"
                    words, solver = WORK[kind]
                    run = massmap(folder)
                    words = [*words, "--set", f"output.folder={where}", "--set", "posterior.samples=30"]
                    run.run(ranks, *words)
                    old = products(where)
                    os.symlink(os.path.join(where, "out.jsonl"), run.path("out.jsonl"))
                    process = run.start(ranks, *words, "--overwrite")
                    run.wait_for(process, solver, 3)
                    fill(where)
                    seconds = back(run, process, children(process.pid), what)
                    require(process.returncode == 74, f"{what}: exit code {process.returncode}\n{run.said()[-2000:]}")
                    said = one_message(run, what, where)
                    os.remove(os.path.join(where, "filler"))
                    require(products(where) == old, f"{what}: a product has changed")
                    for name in os.listdir(where):
                        os.remove(os.path.join(where, name))
                    os.remove(run.path("out.jsonl"))
                    passed(f"{what}: 74 after {seconds:.1f} s: {said}")
    finally:
        subprocess.run(["umount", "-l", where], check=False)


def folder(scratch, _):
    """Somebody moves the output folder away while a run computes."""
    for ranks in (1, 2):
        run = massmap(scratch)
        where, away = run.path("out_folder"), run.path("moved")
        os.mkdir(where)
        os.symlink(os.path.join(where, "out.jsonl"), run.path("out.jsonl"))
        process = run.start(ranks, "--set", f"output.folder={where}", "--set", "posterior.samples=1000000")
        run.wait_for(process, "sample", 3)
        os.rename(where, away)
        seconds = back(run, process, children(process.pid), "the folder vanishes")
        require(process.returncode == 74, f"exit code {process.returncode}\n{run.said()[-2000:]}")
        said = one_message(run, "the folder vanishes", where)
        require(not os.path.exists(where), "the folder was made anew")
        shutil.rmtree(away)
        os.remove(run.path("out.jsonl"))
        passed(f"the folder vanishes, {ranks} ranks: {process.returncode} after {seconds:.1f} s: {said}")


if __name__ == "__main__":
    if sys.argv[1] == "disk":
        in_own_mounts()
    group, count = sys.argv[1], int(sys.argv[4]) if len(sys.argv) > 4 else 4
    scratch_folder = tempfile.mkdtemp(prefix="lacuna_faults_")
    try:
        if group in WORK:
            kill(scratch_folder, group, count)
        else:
            {"disk": disk, "folder": folder}[group](scratch_folder, count)
    finally:
        shutil.rmtree(scratch_folder, ignore_errors=True)
