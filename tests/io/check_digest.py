"""The digest of a large input is what hashlib says and what the command in docs/files.md says, on any number of ranks.

usage: check_digest.py PROBE MPIEXEC...     (PROBE: the program io_probe)
"""
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile

import h5py

PIECE = 1 << 26


def main(probe, mpiexec, folder):
    source = os.path.join(folder, "large.bin")
    with open(source, "wb") as f:  # two pieces, and a bit; mostly a hole
        f.write(random.Random(2).randbytes(1000))
        f.seek(PIECE - 3)
        f.write(b"abcdef")
        f.seek(2 * PIECE)
        f.write(b"12345")
    with open(source, "rb") as f:
        pieces = "".join(hashlib.sha256(f.read(PIECE)).hexdigest() for _ in range(3))
    digest = hashlib.sha256(pieces.encode()).hexdigest()

    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "files.md")) as f:
        recipe = next(line for line in f if line.startswith("split -b 64M")).replace("FILE", source)
    shell = subprocess.run(["bash", "-c", recipe], capture_output=True, text=True, check=True).stdout.split()[0]
    assert shell == digest, (shell, digest)

    for ranks in ("1", "3", "4"):
        subprocess.run([*mpiexec, ranks, probe, "product", folder, "p" + ranks, "2", "3", source], check=True, timeout=300)
        with h5py.File(os.path.join(folder, f"p{ranks}.h5")) as f:
            inputs = json.loads(f["provenance"].attrs["inputs"])
        assert inputs == [{"path": source, "bytes": 2 * PIECE + 5, "sha256": digest}], inputs


with tempfile.TemporaryDirectory(prefix="lacuna-digest-") as temporary:
    main(sys.argv[1], sys.argv[2:], temporary)
