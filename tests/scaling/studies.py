"""Small studies to test lacuna-scaling with: of the real programs, and of one that needs no time.
TESTS.py BUILD_FOLDER MPIRUN [FLAGS...]"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
DRIVER = os.path.join(ROOT, "drivers", "lacuna-scaling")
BUILD, LAUNCH = (sys.argv[1], sys.argv[2:]) if len(sys.argv) > 2 else ("", ["mpirun"])

SIMULATION = """[simulation]
kind = "movie"
[movie]
frames = 8
ny = 16
nx = 20
psf_sigma_px = 1.0
[output]
fits = false
"""
CONFIG = """[data]
file = "m.h5"
dataset = "maps/data"
axes = "tyx"
background = 0.5
[psf]
kind = "gaussian"
sigma_px = 1.0
[prior.time]
kind = "random_walk"
sd = 3.0
[solver]
rtol = 1e-2
"""
STUDY = """[study]
name = "small"
program = "lacuna-deconvolve"
config = "c.toml"
set = ["data.file={{data}}.h5"]
ranks = [1, 2]
grids = ["time", "space"]
repeats = {repeats}
floors = {floors}
weak = {weak}
floor_seconds = 0.02
{more}
[data]
config = "s.toml"
set = ["movie.frames={{size}}"]
size = 4
[launch]
command = '{launch}'
programs = '{build}'
ranks_per_node = 2
"""


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lacuna_scaling_")
        self.addCleanup(shutil.rmtree, self.folder)
        self.write("s.toml", SIMULATION)
        self.write("c.toml", CONFIG)

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)

    def read(self, *name):
        with open(os.path.join(self.folder, *name), encoding="utf-8") as file:
            return file.read()

    def study(self, repeats=1, floors="false", weak="false", more="", launch="", build=None, name="study.toml"):
        launch = launch or " ".join([*LAUNCH, "-n", "{ranks}", "{program}"])
        self.write(name, STUDY.format(repeats=repeats, floors=floors, weak=weak, more=more, launch=launch, build=build or BUILD))

    def run_driver(self, *words, code=0, says=()):
        ran = subprocess.run([sys.executable, "-B", DRIVER, *words], cwd=self.folder, capture_output=True, text=True, timeout=400)
        text = ran.stdout + ran.stderr
        self.assertEqual(ran.returncode, code, text)
        self.assertNotIn("Traceback", text)
        for part in [says] if isinstance(says, str) else says:
            self.assertIn(part, text)
        return text

    def results(self):
        return json.loads(self.read("small", "small.json"))


FAKE = """#!/usr/bin/env python3
# A program of lacuna that needs no time; its energy depends on what is in the file FAULT.
import json, os, sys
words = dict(w.split("=", 1) for w in sys.argv if "=" in w)
ranks, fault = int(os.environ["RANKS"]), os.environ.get("FAULT", "")
if os.path.basename(sys.argv[0]) == "lacuna-simulate":
    open(os.path.join(words["output.folder"], words["output.name"] + ".h5"), "w").write(" ".join(sys.argv))
    open("simulated", "a").write("x")
    sys.exit()
if fault == "sleep" or fault == "hold" and ranks == 2:
    import time
    open("pid", "w").write(str(os.getpid()))
    os.rename("pid", "child")
    time.sleep(60)
if fault == "saved" and ranks == 2:
    sys.exit(75)
if fault == "edit" and ranks == 2:
    open("c.toml", "a").write("#")
energy = 100.0 * (1 + (1e-9 if fault == "energy" and ranks == 2 else 1e-13 * ranks))
with open(os.path.join(words["output.folder"], words["output.name"] + ".jsonl"), "w") as out:
    for event in ([] if fault == "log" else [
            dict(event="layout", frames=4, channels=1, nz=1, ny=8, nx=8, time_groups=ranks, ranks_in_space=1),
            dict(event="iteration", solver="proximal", iteration=5, energy=energy, seconds=1.0),
            dict(event="finish", seconds=2.0 / ranks, stopped="reached rtol", peak_memory_bytes=1, peak_memory_bytes_all=1, phases=[])]):
        out.write(json.dumps(event) + chr(10))
"""


class Faked(Case):
    def setUp(self):
        super().setUp()
        for name in ("lacuna-simulate", "lacuna-deconvolve"):
            self.write(name, FAKE)
            os.chmod(os.path.join(self.folder, name), 0o755)

    def fake(self, fault="", more=""):
        self.study(launch=f"env RANKS={{ranks}} FAULT={fault} {{program}}", build=self.folder)
        with open(os.path.join(self.folder, "study.toml"), "a", encoding="utf-8") as file:
            file.write(more)

    def faked(self, fault):
        self.fake(fault)
        return "study.toml"

    def simulated(self):
        return len(self.read("simulated"))

    def wait_for_child(self, study):
        until = time.monotonic() + 60
        while not os.path.exists(os.path.join(self.folder, "child")) and study.poll() is None and time.monotonic() < until:
            time.sleep(0.05)

    def goes_on(self):
        """What was done before an interruption is whole and is not done again."""
        self.assertEqual([(r["case"], r["status"]) for r in self.results()["runs"]], [("strong_1_time_4", "done")])
        self.assertFalse([n for n in os.listdir(os.path.join(self.folder, "small")) if n.endswith(".tmp")])
        self.fake()
        said = self.run_driver("study.toml", "--resume", says=["[2/3] strong_2_time_4", "[3/3] strong_2_space_4"])
        self.assertNotIn("[1/3]", said)
        self.assertEqual(len(self.results()["runs"]), 3)
