"""The templates of jobs/ on a real SLURM, and what happens to a run when its time is up, its job is cancelled, a rank is killed, a
node loses power or its network: in the end the maps are those of an undisturbed run.

check_cluster.py [CASE...]     on the head node of tests/cluster/cluster.sh, in a folder with jobs/, inputs/, drivers/ and build/release
"""
import glob
import json
import os
import subprocess
from signal import SIGKILL

import h5py
import numpy as np

from slurm import OVER, PATIENCE, Failure, Misjudged, call, equal_maps, node, perform, require, samples, submit, wait

RANKS = int(os.environ.get("RANKS_PER_NODE", "2"))
PLACE = ["--nodes=2", f"--ntasks-per-node={RANKS}"]
CONFIG = """[data]
file = "survey_catalogue.h5"
[grid]
pixel_arcmin = 2
nx = 30
ny = 30
center_deg = [269.73, 66.02]
[prior]
spectrum_model = "matern"
sd = 0.03
correlation_arcmin = 4
smoothness = 0.3
[solver]
rtol = 1e-10
[posterior]
samples = %d
rtol = 1e-8
[checkpoint]
every_seconds = 5
[output]
name = "%s"
fits = false
"""


def config(name, number):
    with open(f"{name}.toml", "w", encoding="utf-8") as file:
        file.write(CONFIG % (number, name))
    return f"{name}.toml"


def undisturbed(name, number):
    command = ["srun", "--mpi=pmix", *PLACE, "build/release/lacuna-massmap", config(name, number), "--overwrite"]
    try:
        call(*command)
    except Failure as why:  # Open MPI that fails as it starts, on a busy machine; the templates try again, too
        print(f"again: {why}", flush=True)
        call(*command)


REFERENCES = {}  # seconds: (number of samples, name of the undisturbed product)


def reference(seconds):
    """How many samples a run draws in about so many seconds, and the name of its undisturbed product."""
    if not os.path.exists("survey.h5"):
        call("srun", "--mpi=pmix", "-n1", "build/release/lacuna-simulate", "inputs/demo_survey.toml", "--set", "output.name=survey",
             "--set", "galaxies.density_arcmin2=5", "--set", "output.fits=false")
    if seconds not in REFERENCES:
        number, name = 0, f"reference{seconds}"
        for trial in (20, 100, 500, 2500):
            undisturbed("trial", trial)
            took = samples("trial")[1]
            number = max(20, int(trial * seconds / took))
            if took > 4:
                break
        undisturbed(name, number)
        REFERENCES[seconds] = (number, name)
    return REFERENCES[seconds]


class Disturbed:
    """A job that draws samples for so long that it can be disturbed."""

    def __init__(self, name, seconds, *options):
        self.name = name
        for old in glob.glob(f"{name}.*") + glob.glob(f"{name}_peaks.*"):
            os.remove(old)
        self.number, self.undisturbed = reference(seconds)
        self.job = submit(*PLACE, *options, "jobs/map.sbatch", config(name, self.number))

    def is_at_work(self, share=0.3):
        wait(f"job {self.job.number} to draw samples", lambda: samples(self.name)[0] >= share * self.number or self.job.JobState in OVER)
        self.was_not_too_fast()
        require(self.job.JobState == "RUNNING", f"job {self.job.number} is {self.job.JobState}:\n{self.job.log()}")

    def has_checkpoint(self):
        wait("a checkpoint", lambda: glob.glob(f"{self.name}.ckpt.*.h5") or self.job.JobState in OVER)
        self.was_not_too_fast()

    def was_not_too_fast(self):
        if self.job.JobState == "COMPLETED":
            REFERENCES.clear()
            raise Misjudged(f"job {self.job.number} was done before anything happened to it")

    def is_requeued(self, patience=PATIENCE):
        wait(f"job {self.job.number} to be requeued", lambda: int(self.job.Restarts) > 0 or self.job.JobState in OVER, patience)
        self.was_not_too_fast()
        require(int(self.job.Restarts) > 0, f"job {self.job.number} is {self.job.JobState} and not requeued:\n{self.job.log()}")

    def is_right(self):
        """It has gone on from a checkpoint, and its maps are those of the run that nobody disturbed."""
        require("resumed from" in self.job.log(), f"the run did not go on from its checkpoint:\n{self.job.log()}")
        worst = equal_maps(self.name, self.undisturbed)
        return f"{int(self.job.Restarts) + 1} attempts, {self.number} samples, the maps agree to {worst:.1e}"


def limit():
    """Its time is up: the run stops itself, the job requeues itself, and what waits for it starts when it has really ended."""
    run = Disturbed("limit", 42, "--time=1", "--signal=USR1@20")  # of which an attempt uses half a minute
    next_one = submit(f"--dependency=afterok:{run.job.number}", "--output=next.log", "--wrap", "ls -l limit.h5")
    run.is_requeued()
    require(next_one.JobState == "PENDING", f"the job that waits for success is {next_one.JobState}")
    run.job.ends(attempts=20)
    attempts, took = int(run.job.Restarts) + 1, samples("limit")[1]
    if attempts > 3 and took > 1.5 * 42:
        REFERENCES.clear()
        raise Misjudged(f"{attempts} attempts, since samples for 42 s took {took:.0f} s")
    require(attempts <= 3, f"{attempts} attempts:\n{run.job.log()}")
    next_one.ends()
    return run.is_right()


def signal():
    """The signal of --signal reaches the ranks, not the script alone."""
    run = Disturbed("signal", 20)
    run.is_at_work()
    call("scancel", "--signal=USR1", run.job.number)
    run.is_requeued(60)
    run.job.ends()
    return run.is_right()


def killed():
    """A rank is killed, as the system does where memory runs out: the job tries again."""
    run = Disturbed("killed", 20)
    run.is_at_work()
    run.has_checkpoint()
    os.kill(run.job.process("lacuna-massmap", 2 * RANKS - 1), SIGKILL)
    run.is_requeued(180)
    run.job.ends()
    return run.is_right()


def cancelled():
    """scancel saves the state; the next job goes on from there."""
    run = Disturbed("cancelled", 20)
    run.is_at_work()
    call("scancel", run.job.number)
    run.job.ends("CANCELLED")
    require(glob.glob("cancelled.ckpt.*.h5") and not os.path.exists("cancelled.h5"), "no checkpoint, or a product, after scancel")
    run.job = submit(*PLACE, "jobs/map.sbatch", "cancelled.toml")
    run.job.ends()
    return run.is_right()


def moved():
    """Begun on two nodes, gone on with on one, and then on three."""
    run = Disturbed("moved", 20)
    for share, place in ((0.2, ["--nodes=1", f"--ntasks-per-node={RANKS}"]), (0.5, ["--nodes=3", "--ntasks-per-node=1"])):
        run.is_at_work(share)
        call("scancel", run.job.number)
        run.job.ends("CANCELLED")
        run.job = submit(*place, "jobs/map.sbatch", "moved.toml")
    run.job.ends()
    return run.is_right()


def fault(name, do, undo, first):
    run = Disturbed(name, 20)
    run.is_at_work()
    run.has_checkpoint()
    nodes = call("scontrol", "show", "hostnames", run.job.NodeList).split()
    hit = next(n for n in nodes if (n == run.job.BatchHost) == first)
    node(do, hit)
    try:
        run.is_requeued(120)
        # Ranks that live on without a network keep the lock of the output where rank 0 is among them: refused until the node is back.
        wait("the job to end, or to be refused", lambda: run.job.JobState in OVER or "another run is writing" in run.job.log())
    finally:
        node(undo, hit)
    run.job.ends()
    wait("the node to come back", lambda: call("sinfo", "-h", "-t", "idle", "-o", "%D") == "3", 120)
    return run.is_right()


def crash():
    """A node loses power."""
    return fault("crash", "crash", "boot", first=False)


def crash_first():
    """The node with rank 0 and the script loses power."""
    return fault("crash_first", "crash", "boot", first=True)


def cut():
    """A node loses its network; its ranks live on, alone."""
    return fault("cut", "cut", "heal", first=False)


def cut_first():
    """The node with rank 0 and the script loses its network."""
    return fault("cut_first", "cut", "heal", first=True)


def array():
    """Pairs of truth and map, one task each."""
    job = submit("--array=1-3%2", f"--ntasks={RANKS}", "jobs/fields.sbatch", "pairs")
    wait("the array to end", lambda: not call("squeue", "-h", "-j", job.number))
    skies = []
    for n in (1, 2, 3):
        with h5py.File(f"pairs/field_{n}.h5") as truth, h5py.File(f"pairs/map_{n}.h5") as estimate:
            kappa, map_e, mask = truth["maps/kappa_true"][()], estimate["maps/kappa_E"][()], estimate["maps/mask"][()] != 0
            r = np.corrcoef(kappa[mask], map_e[mask])[0, 1]
            require(kappa.shape == map_e.shape and r > 0.5, f"field {n}: truth {kappa.shape} and map {map_e.shape} correlate by {r:.2f}")
            skies.append(kappa)
    require(not np.allclose(skies[0], skies[1]) and not np.allclose(skies[1], skies[2]), "the fields have one sky")
    call("srun", "--mpi=pmix", f"--ntasks={RANKS}", "build/release/lacuna-massmap", "inputs/demo_map.toml", "--overwrite", "--set",
         "data.file=pairs/field_2_catalogue.h5", "--set", "posterior.samples=50", "--set", "posterior.seed=2",
         "--set", "output.name=field_alone", "--set", "output.fits=false")
    return f"3 fields, the second as alone to {equal_maps('pairs/map_2', 'field_alone'):.1e}"


def chain():
    """Simulate, map, draw, each after the one before; and none after one that fails."""
    text = call("bash", "jobs/chain.sh", f"--ntasks-per-node={RANKS}")
    wait("the chain to end", lambda: not call("squeue", "-h"))
    require(os.path.exists("demo_map.h5") and glob.glob("demo_map*.png"), f"no map or no picture: {text}")
    call("srun", "--mpi=pmix", *PLACE, "build/release/lacuna-massmap", "inputs/demo_map.toml", "--overwrite", "--set",
         "data.file=demo_survey_catalogue.fits", "--set", "output.name=chain_alone")
    worst = equal_maps("demo_map", "chain_alone")
    wrong = submit("--output=wrong.log", "--wrap", "exit 3")
    after = submit("--kill-on-invalid-dep=yes", f"--dependency=afterok:{wrong.number}", "--output=after.log", "--wrap", "touch after.txt")
    after.ends("CANCELLED")
    require(not os.path.exists("after.txt"), "a job ran after one that failed")
    return f"{text.split(';')[0]}, the map as without jobs to {worst:.1e}"


def study(name):
    """The results of a scaling study so far."""
    try:
        with open(f"{name}/{name}.json", encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return {"runs": [], "floors": []}


def is_studied(name, before):
    """All runs are done, over both nodes where there are that many ranks, and those from before are not done again."""
    data = study(name)
    require(data["runs"][:len(before)] == before, f"{name}: runs that were done are done again")
    counts = [2**i for i in range(10) if 2**i <= 2 * RANKS]
    wanted = [(repeat, ranks) for repeat in (1, 2, 3) for ranks in counts]
    found = [(run["repeat"], run["ranks"]) for run in data["runs"]]
    require(found == wanted and len(data["floors"]) == len(found), f"{name}: runs (repeat, ranks) {found}")
    for run in data["runs"] + data["floors"]:
        require(run["status"] == "done", f"{name}: {run}")
    for run in data["runs"]:
        nodes = 2 if run["ranks"] > RANKS else 1
        require(f"srun --mpi=pmix --cpu-bind=cores --nodes={nodes} --ntasks={run['ranks']} " in run["command"], run["command"])
        require(run["layout"]["time_groups"] * run["layout"]["ranks_in_space"] == run["ranks"], f"{run['layout']}")
    with open(f"{name}/report.html", encoding="utf-8") as file:
        require(f"{name.capitalize()} scaling" in file.read(), "the report does not tell of it")
    return f"{len(found)} runs"


def strong():
    """A scaling study as the body of a job, cancelled in the middle: the next job goes on with the next run."""
    words = [*PLACE, "jobs/strong.sbatch", "8"]
    job = submit(*words)
    wait("two runs", lambda: len(study("strong")["runs"]) >= 2 or job.JobState in OVER)
    call("scancel", job.number)
    job.ends("CANCELLED")
    before = study("strong")["runs"]
    require(2 <= len(before) and before[-1]["status"] == "done", f"after scancel: {before}")
    job = submit(*words)
    job.ends()
    return f"{len(before)} runs before scancel, " + is_studied("strong", before)


def weak():
    """A study whose ranks get SIGUSR1 requeues itself."""
    job = submit(*PLACE, "jobs/weak.sbatch", "4")
    wait("a run", lambda: study("weak")["runs"] or job.JobState in OVER)

    def requeued():  # one that comes between two runs reaches nobody
        if "interrupted by" in job.log() or int(job.Restarts) > 0 or job.JobState in OVER:
            return True
        subprocess.run(["scancel", "--signal=USR1", job.number], capture_output=True, check=False)
        return False
    wait("the job to be requeued", requeued)
    before = study("weak")["runs"]
    job.ends()
    require(int(job.Restarts) > 0, f"no restart:\n{job.log()}")
    return is_studied("weak", before)


def movie():
    """jobs/movie.sbatch as it is."""
    job = submit(f"--ntasks-per-node={RANKS}", "jobs/movie.sbatch")
    job.ends()
    with h5py.File("movie_deconvolved.h5") as file:
        require(file.attrs["complete"] == 1, "the product is not complete")
    return "done"


if __name__ == "__main__":
    try:
        perform([limit, signal, killed, cancelled, moved, crash, crash_first, cut, cut_first, array, chain, movie, strong, weak])
    except (Failure, subprocess.SubprocessError) as error:
        raise SystemExit(f"FAILED: {error}") from error
