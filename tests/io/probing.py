"""What the checks of io's files share: runs of the program io_probe, and a folder for each test.

For scripts that are called SCRIPT TESTS PROBE MPIEXEC...
"""
import os
import subprocess
import sys
import tempfile
import unittest

import numpy as np

PROBE, MPIEXEC = (sys.argv[2], sys.argv[3:]) if len(sys.argv) > 3 else (None, [])
ENV = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1", SLURM_JOB_ID="4711")


def command(ranks, *words):
    return [*MPIEXEC, str(ranks), PROBE, *map(str, words)]


def probe(ranks, *words):
    done = subprocess.run(command(ranks, *words), env=ENV, capture_output=True, text=True, timeout=120)  # a hang is a failure
    return done.returncode, done.stdout, [line for line in done.stderr.splitlines() if line.startswith("error:")]


def field(ny, nx, channel):
    return 1000.0 * np.arange(ny)[:, None] + np.arange(nx)[None, :] + channel / 3.0


def content(path):
    with open(path, "rb") as f:
        return f.read()


def put(path, data):
    with open(path, "wb") as f:
        f.write(data)


class Files(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="lacuna-io-")
        self.folder = self.temporary.name
        self.addCleanup(self.temporary.cleanup)

    def at(self, name):
        return os.path.join(self.folder, name)

    def refused(self, code, parts, *words):
        got, _, errors = probe(2, *words)
        self.assertEqual((got, len(errors)), (code, 1), (words, errors))
        for part in parts:
            self.assertIn(part, errors[0])

    def read(self, *wanted):
        """Every (file, name, expected values) at 1 and 3 ranks."""
        for ranks in (1, 3):
            code, out, errors = probe(ranks, "read", *(word for file, name, _ in wanted for word in (file, name)))
            self.assertEqual(code, 0, errors)
            for line, (file, name, expected) in zip(out.splitlines(), wanted, strict=True):
                flat = np.asarray(expected, dtype=np.float64).ravel()
                ny, nx, total, weighted = map(float, line.split())
                self.assertEqual((ny, nx), np.shape(expected), (file, name))
                np.testing.assert_allclose(total, flat.sum(), rtol=1e-10, err_msg=name)
                np.testing.assert_allclose(weighted, (flat * np.arange(flat.size)).sum(), rtol=1e-10, err_msg=name)
