"""What the tests need of SLURM: submitting, waiting, looking at jobs. To be run on the head node of tests/cluster/cluster.sh."""
import glob
import json
import os
import subprocess
import sys
import time

import h5py
import numpy as np

PATIENCE = 1500  # seconds for anything; a quiet machine needs a thirtieth
TOLERANCE = 1e-10
OVER = ("COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY")


class Failure(Exception):
    pass


class Misjudged(Failure):
    """The machine is faster or slower than it was when its speed was measured: a run was over before it could be disturbed, say."""


def require(ok, text):
    if not ok:
        raise Failure(text)


def call(*words, **more):
    done = subprocess.run(words, capture_output=True, text=True, check=False, **more)
    require(done.returncode == 0, f"{' '.join(words)} left with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


def wait(what, condition, patience=PATIENCE):
    """The first result of condition() that is true."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.2)
    raise Failure(f"waited {patience} s in vain for {what}\n{call('squeue')}\n{call('sinfo')}")


def node(action, name):
    """crash, boot, cut, heal: what cluster.sh does to a node."""
    call(os.environ["CLUSTER"], action, name.removeprefix("n"))


class Job:
    def __init__(self, number):
        self.number = number

    def __getattr__(self, name):
        """What `scontrol show job` says: job.JobState, job.Restarts, ..."""
        words = call("scontrol", "show", "job", "-o", self.number).split("\n")[0].split()
        fields = dict(word.split("=", 1) for word in words if "=" in word)
        if name not in fields:
            raise AttributeError(name)
        return fields[name]

    def ends(self, state="COMPLETED", attempts=3):
        """Waits until the job is over for good, in this state and after so many attempts."""
        wait(f"job {self.number} to end", lambda: self.JobState in OVER)
        require(self.JobState == state, f"job {self.number} is {self.JobState}, not {state}:\n{self.log()}")
        require(int(self.Restarts) < attempts, f"job {self.number} took {int(self.Restarts) + 1} attempts:\n{self.log()}")

    def process(self, program, rank):
        """The process of a rank of this job; all nodes are on this machine."""
        wanted = {f"SLURM_JOB_ID={self.number}", f"SLURM_PROCID={rank}"}
        for folder in glob.glob("/proc/[0-9]*"):
            try:
                with open(f"{folder}/comm", encoding="utf-8") as comm, open(f"{folder}/environ", encoding="utf-8", errors="replace") as environ:
                    if comm.read().strip() == program[:15] and wanted <= set(environ.read().split("\0")):
                        return int(folder.removeprefix("/proc/"))
            except OSError:
                pass  # it has ended meanwhile
        raise Failure(f"no rank {rank} of {program} in job {self.number}")

    def log(self):
        """What stands in the job's log, without the lines of single samples."""
        try:
            with open(self.StdOut, encoding="utf-8", errors="replace") as file:
                return "".join(line for line in file if not line.startswith(("sample ", "wiener ", "checkpoint ")))
        except OSError as error:
            return str(error)


def submit(*words):
    """sbatch as a user calls it; the nodes get their breath back first."""
    wait("nodes that are idle", lambda: not call("sinfo", "-h", "-t", "completing", "-o", "%D"))
    return Job(call("sbatch", "--parsable", *words).split(";")[0])


def samples(name):
    """The posterior samples that the log of a run tells of, and the seconds since its solver began."""
    found = (0, 0.0)
    try:
        with open(f"{name}.jsonl", encoding="utf-8") as file:
            for line in file.read().split("\n")[:-1]:
                event = json.loads(line)
                if event.get("solver") == "sample":
                    found = (event["iteration"], event["seconds"])
    except OSError:
        pass
    return found


def equal_maps(one, other):
    with h5py.File(f"{one}.h5") as a, h5py.File(f"{other}.h5") as b:
        require(a.attrs["complete"] == 1 and b.attrs["complete"] == 1, "a product is not complete")
        require(sorted(a["maps"]) == sorted(b["maps"]), f"{sorted(a['maps'])} and {sorted(b['maps'])}")
        worst = 0
        for name in a["maps"]:
            x, y = a["maps"][name][()], b["maps"][name][()]
            require(np.array_equal(np.isnan(x), np.isnan(y)), f"maps/{name}: other pixels are empty")
            scale = np.max(np.abs(x), where=np.isfinite(x), initial=0) or 1
            with np.errstate(invalid="ignore"):  # the error of what no datum sees is infinite
                worst = max(worst, np.max(np.where((x == y) | np.isnan(x), 0, np.abs(x - y)), initial=0) / scale)
            require(worst <= TOLERANCE, f"maps/{name} differ by {worst:.1e} of the largest value")
    return worst


def perform(cases):
    """Runs those of the cases (functions) that the command line names, or all."""
    wanted = sys.argv[1:] or [case.__name__ for case in cases]
    known = {case.__name__: case for case in cases}
    for name in wanted:
        require(name in known, f"no case {name}; there are {', '.join(known)}")
    failed = False
    for name in wanted:
        begin = time.monotonic()
        try:
            try:
                text = known[name]()
            except Misjudged as why:
                print(f"again: {name}: {why}", flush=True)
                text = known[name]()
            print(f"passed: {name}: {text} ({time.monotonic() - begin:.0f} s)", flush=True)
        except (Failure, OSError, KeyError, ValueError) as failure:
            failed = True
            print(f"FAILED: {name}: {failure}", flush=True)
            for job in call("squeue", "-h", "-o", "%A").split():
                call("scancel", job)
    sys.exit(1 if failed else 0)
