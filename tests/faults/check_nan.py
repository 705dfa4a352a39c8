"""A NaN that appears in a product with H in iteration 5, on one rank: code 70, one message, an earlier product intact.

check_nan.py LACUNA-SOLVE MPIEXEC SHIM
"""
import os
import shutil
import sys
import tempfile
import time

import h5py
import numpy as np

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))
import check_kill  # noqa: E402
from resuming import Runner, passed, require  # noqa: E402

PATIENCE = 30  # seconds
CONFIG = """[operator]
file = "H.h5"
[data]
file = "H.h5"
dataset = "counts"
background = 0.5
[solver]
iterations = 40
rtol = 1e-12
[output]
name = "out"
"""
# method and the call of MatMult that goes wrong: one each iteration, others before the start
METHODS = {"map": 9, "richardson-lucy": 9}


def write(path):
    n = 60
    i, j = np.indices((n, n))
    H = np.where(abs(i - j) < 4, np.exp(-0.3 * (i - j) ** 2), 0)
    rows, columns = np.nonzero(H)
    x = 5 + 40.0 * (np.arange(n) % 17 == 3)
    with h5py.File(path, "w") as file:
        file["data"], file["indices"], file["shape"] = H[rows, columns], columns, (n, n)
        file["indptr"] = np.searchsorted(rows, np.arange(n + 1))
        file["counts"] = np.random.default_rng(4).poisson(H @ x + 0.5).astype(float)


def products(folder):
    return {name: digest for name, digest in check_kill.products(folder).items() if name.startswith("out")}


def main(folder):
    run = Runner(sys.argv[1], sys.argv[2], folder, CONFIG)
    write(run.path("H.h5"))
    for method, call in METHODS.items():
        words = ("--set", f"solver.method={method}")
        for ranks in (1, 2, 3):
            run.run(ranks, *words, "--overwrite")
            require(len(run.product()["history"]) > 6, f"{method}: over before iteration 6: nothing is proved")
            before = products(folder)
            os.environ.update(LD_PRELOAD=os.path.abspath(sys.argv[3]), NAN_AT=str(call))
            since = time.monotonic()
            out = run.run(ranks, *words, "--overwrite", code=70)
            del os.environ["LD_PRELOAD"], os.environ["NAN_AT"]
            require(time.monotonic() - since < PATIENCE, f"{method}, {ranks} ranks: {time.monotonic() - since:.0f} s")
            errors = [line for line in out.splitlines() if line.startswith("error: ")]
            require(len(errors) == 1 and any(word in errors[0] for word in ("not a number", "not finite", "NaN")), f"{method}: {errors}\n{out[-1500:]}")
            last = run.iterations(method)
            require(last == 4, f"{method}, {ranks} ranks: the last iteration is {last}\n{out[-1500:]}")
            require(products(folder) == before, f"{method}: an earlier product has changed")
            with open(run.path("out.jsonl.old"), encoding="utf-8") as log:
                require('"event":"finish"' in log.read(), f"{method}: the log of the earlier product is lost")
            require(not [n for n in os.listdir(folder) if n.endswith(".tmp")], f"left behind: {os.listdir(folder)}")
            passed(f"{method} on {ranks} ranks: {errors[0]}")


if __name__ == "__main__":
    scratch = tempfile.mkdtemp(prefix="lacuna_nan_")
    try:
        main(scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
