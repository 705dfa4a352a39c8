"""However the ranks of a program fail, all of them leave at once, with one code and one message.

check_farewell.py FAREWELL MPIEXEC: runs the program farewell in all its modes.
"""
import subprocess
import sys
import tempfile
import time

PATIENCE = 30  # seconds; a run takes at most 4, but the machine may be busy. A rank that hangs, hangs for ever

# mode, ranks, exit code, message (None: none)
CASES = [
    ("none", (1, 2, 3), 0, None),
    ("limit", (1, 2, 3), 3, None),
    ("rank-0", (2, 3), 65, "error: rank 0: the first rank's own trouble\n"),
    ("rank-1", (2, 3), 65, "error: rank 1: the second rank's own trouble\n"),
    ("all", (1, 2, 3), 66, "error: the same everywhere\n"),
    ("together", (2, 3), 65, "error: rank 1: found by one\n"),
    ("root", (1, 2, 3), 65, "error: found by the root\n"),
    ("different", (1, 2, 3), 78, "error: reason 0\n"),
    ("busy", (2, 3), 65, "error: rank 0: while the others compute\n"),
    ("late", (2, 3), 65, "error: before the others have finished\n"),
    ("writing", (2, 3), 65, "error: rank 1: with a file open\n"),
    ("memory", (1, 2), 70, "error: out of memory"),
    ("number", (1, 2), 70, "error: unknown exception\n"),
    ("silent", (1, 2), 70, "error: "),
    ("escape", (1, 2), 65, "error: name \\x1b[31m of a file\\x0d\n"),
    ("petsc", (1, 2), 70, "error: PETSc error 85"),
    ("nonsense", (1, 2), 64, "error: no mode nonsense\n"),
]
# Some rank never comes to the farewell: the one that failed waits 3 s for it, then aborts the job.
ABORTED = {"rank-0", "rank-1", "busy", "writing"}


def judge(program, mpiexec, mode, ranks, code, message):
    """What is wrong with this run, or None."""
    with tempfile.TemporaryDirectory(prefix="lacuna_farewell_") as scratch:
        start = [mpiexec, "-n", str(ranks)] if ranks > 1 else []
        since = time.monotonic()
        try:
            done = subprocess.run(start + [program, mode, scratch], capture_output=True, text=True, timeout=PATIENCE, check=False)
        except subprocess.TimeoutExpired:
            return f"not back after {PATIENCE} s"
        seconds = time.monotonic() - since
        seen = f"\n{done.stdout}\n{done.stderr}"
        if done.returncode != code:
            return f"exit code {done.returncode}, expected {code}{seen}"
        if done.stderr.count("error: ") != (message is not None) or (message or "") not in done.stderr:
            return f"the message is not {message!r}, once{seen}"
        if mode not in ABORTED and done.stdout.count("the job has begun") != ranks:
            return f"output was lost{seen}"
        if mode not in ABORTED and "MPI_ABORT" in seen:
            return f"aborted where all could leave together{seen}"
        left = subprocess.run(["pgrep", "-f", scratch], capture_output=True, text=True, check=False).stdout.split()
        if left:
            return f"ranks are left: {left}"
        print(f"passed: {mode} on {ranks}: code {done.returncode}, {seconds:.1f} s", flush=True)
        return None


if __name__ == "__main__":
    failures = 0
    for mode, counts, code, message in CASES:
        for ranks in counts:
            why = judge(sys.argv[1], sys.argv[2], mode, ranks, code, message)
            if why:
                failures += 1
                print(f"FAILED: {mode} on {ranks} rank(s): {why}", flush=True)
    sys.exit(1 if failures else 0)
