"""How programs end: farewell.py FAREWELL RANKS MPIEXEC runs every case and checks exit code, message and time."""
import os
import subprocess
import sys
import tempfile
import time

program, ranks, mpiexec = os.path.abspath(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
last = ranks - 1
bad = 0


def naming(rank, text):
    return f"error: rank {rank}: {text}" if ranks > 1 else f"error: {text}"


def expect(words, code, message="", env=None, cwd=None, stdout=None):
    """One line that starts with "error:" (none if `message` is empty), this exit code, within a minute."""
    global bad
    begin = time.monotonic()
    done = subprocess.run([mpiexec, "-n", str(ranks), program, *words], capture_output=True, text=True, timeout=60, check=False,
                          env={**os.environ, **(env or {})}, cwd=cwd)
    took = time.monotonic() - begin
    errors = [line for line in done.stderr.splitlines() if line.startswith("error:")]
    ok = done.returncode == code and errors == ([message] if message else [])
    ok = ok and (stdout is None or all(part in done.stdout for part in stdout))
    print(("passed: " if ok else "FAILED: ") + " ".join(words), f"left with {done.returncode} (expected {code}) after {took:.1f} s: {errors}")
    if not ok:
        print(done.stdout, done.stderr)
        bad = 1


expect([], 0)
expect(["words", "a b", "--flag", "--", "-options_left", "0"], 0, stdout=["[words]", "[a b]", "[--flag]"])
expect(["limit"], 3)
expect(["all"], 65, "error: the same trouble")
expect(["first"], 65, naming(0, "mine alone"))
expect(["last"], 66, naming(last, "mine alone"))
expect(["silent"], 74, naming(last, ""))
expect(["together"], 78, naming(last, "told to all"))
expect(["memory"], 70, "error: out of memory: --plan shows what a run needs; more nodes need less each")
expect(["odd"], 70, "error: unknown exception")
expect(["options", "--", "-nobody_asked", "7"], 64, "error: PETSc option(s) that nothing uses: -nobody_asked 7")
expect(["options"], 0, env={"PETSC_OPTIONS": "-nobody_asked 7"}, stdout=["PETSC_OPTIONS is ignored (-nobody_asked 7)"])
with tempfile.TemporaryDirectory() as folder:
    with open(os.path.join(folder, ".petscrc"), "w", encoding="utf-8") as file:
        file.write("-nobody_asked 7\n")
    expect(["options"], 0, cwd=folder)
if ranks > 1:
    expect(["stuck"], 73, f"error: rank {last}: left the others")
sys.exit(bad)
