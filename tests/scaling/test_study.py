"""lacuna-scaling as users run it: a small real study through mpirun, runs that fail, a study that goes on, wrong files.
test_study.py BUILD_FOLDER MPIRUN [FLAGS...]"""
import csv
import json
import os
import shutil
import signal
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


class Real(Case):
    def test_a_small_study(self):
        self.study(repeats=2, floors="true", weak="true")
        plan = self.run_driver("study.toml", "--plan").splitlines()
        self.assertEqual(len(plan), 10)  # strong: 1, 2 in time, 2 in space; weak: 2 and 2; twice
        self.assertFalse(os.path.exists(os.path.join(self.folder, "small")))
        text = self.run_driver("study.toml", says=["strong scaling", "weak scaling", "PREDICTED", "report.html"])
        self.assertEqual(text.count("iterations"), 10)
        data = self.results()
        self.assertEqual([r["status"] for r in data["runs"] + data["floors"]], ["done"] * 20)
        self.assertEqual([r["case"] for r in data["runs"][:5]], [r["case"] for r in data["runs"][5:]])  # interleaved
        energies = {r["case"]: r["energy"] for r in data["runs"]}
        for case in ("strong_2_time_4", "strong_2_space_4"):
            self.assertAlmostEqual(energies[case] / energies["strong_1_time_4"], 1, delta=1e-10)
        by_case = {r["case"]: r for r in data["runs"]}
        split = {name: {p["phase"]: p for p in by_case[name]["phases"]} for name in by_case}
        self.assertGreater(split["strong_2_space_4"]["fft transposition"]["bytes_sent"], 0)
        self.assertNotIn("fft transposition", split["strong_2_time_4"])
        self.assertGreater(split["strong_2_time_4"]["exchange in time"]["messages"], 0)
        self.assertEqual(split["strong_1_time_4"]["exchange in time"]["messages"], 0)
        self.assertGreater(split["strong_1_time_4"]["reductions"]["calls"], 10)
        self.assertEqual(by_case["weak_2_time_8"]["layout"]["frames"], 8)
        self.assertEqual(by_case["strong_2_time_4"]["layout"]["time_groups"], 2)
        for r in data["runs"]:
            self.assertGreater(r["peak_memory_bytes_all"], r["ranks"] * 10e6)
            self.assertLess(sum(p["seconds_mean"] for p in r["phases"]), r["seconds"] * 1.01)
        self.assertEqual({c["case"] for c in data["validation"]}, set(by_case))
        self.assertGreater(len(data["prediction"]["table"]), 10)
        with open(os.path.join(self.folder, "small", "small.csv"), newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(len(rows), sum(len(r["phases"]) for r in data["runs"]))
        self.assertEqual({row["group"] for row in rows if row["phase"].startswith("fft along")}, {"fft"})
        left = os.listdir(os.path.join(self.folder, "small", "runs"))
        self.assertFalse([n for n in left if n.endswith(".h5") and not n.startswith("data_")])  # products are removed
        # Once more, from where it was: nothing is run again.
        text = self.run_driver("study.toml", "--resume")
        self.assertNotIn("iterations", text)
        self.assertEqual(len(self.results()["runs"]), 10)
        self.study(repeats=2, floors="true", weak="true", more="keep = true\n[model]\nframes = 100")
        self.run_driver("study.toml", "--resume", says="PREDICTED")
        self.assertIn("100 x 1 x 16 x 20 pixels", self.results()["prediction"]["assumptions"][0])
        self.write("other.toml", self.read("study.toml").replace("size = 4", "size = 5"))
        self.run_driver("other.toml", "--resume", code=74, says=["[data] size was 4, now it is 5"])

    def test_a_run_that_fails_is_told_and_the_others_go_on(self):
        self.study()
        text = self.read("study.toml")
        self.write("study.toml", text.replace('"data.file={data}.h5"]', '"data.file={data}.h5", "solver.time_groups=2"]').replace('["time", "space"]', '["auto"]'))
        said = self.run_driver("study.toml", code=70, says=["FAILED, exit 78", "process grid: 2 time groups do not divide 1 ranks", "1 run(s) failed: strong_1_auto_4"])
        self.assertIn("strong_2_auto_4, repeat 1: ", said)
        self.assertIn("do not divide", self.read("small", "report.html"))
        self.assertEqual([r["status"] for r in self.results()["runs"]], ["failed", "done"])


FAKE = """#!/usr/bin/env python3
# A program of lacuna that needs no time; its energy depends on what is in the file FAULT.
import json, os, sys
words = dict(w.split("=", 1) for w in sys.argv if "=" in w)
ranks, fault = int(os.environ["RANKS"]), os.environ.get("FAULT", "")
if fault == "sleep" or fault == "hold" and ranks == 2:
    import time
    open("pid", "w").write(str(os.getpid()))
    os.rename("pid", "child")
    time.sleep(60)
if fault == "saved" and ranks == 2:
    sys.exit(75)
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
        os.makedirs(os.path.join(self.folder, "small", "runs"))
        self.write(os.path.join("small", "runs", "data_4.h5"), "")  # so that nothing is simulated

    def fake(self, fault="", more=""):
        self.study(launch=f"env RANKS={{ranks}} FAULT={fault} {{program}}", build=self.folder)
        with open(os.path.join(self.folder, "study.toml"), "a", encoding="utf-8") as file:
            file.write(more)

    def faked(self, fault):
        self.fake(fault)
        return "study.toml"

    def test_runs_agree(self):
        self.fake()
        self.run_driver("study.toml", says="strong scaling")

    def test_runs_that_do_not_agree_are_an_error(self):
        self.fake("energy")
        self.run_driver("study.toml", code=70, says="ERROR: the runs do not agree: strong_2_time_4 (repeat 1) has energy 100.0000001")
        self.assertIn("The runs do not agree", self.read("small", "report.html"))

    def test_a_log_without_an_end(self):
        self.fake("log")
        self.run_driver("study.toml", code=70, says="the log has no layout or no end")

    def test_a_run_that_takes_too_long(self):
        self.fake("sleep", "timeout_minutes = 0.005\n")
        self.run_driver("study.toml", code=70, says="stopped after 0.005 minutes")


    def goes_on(self):
        """What was done before an interruption is whole and is not done again."""
        self.assertEqual([(r["case"], r["status"]) for r in self.results()["runs"]], [("strong_1_time_4", "done")])
        self.assertFalse([n for n in os.listdir(os.path.join(self.folder, "small")) if n.endswith(".tmp")])
        self.fake()
        said = self.run_driver("study.toml", "--resume", says=["[2/3] strong_2_time_4", "[3/3] strong_2_space_4"])
        self.assertNotIn("[1/3]", said)
        self.assertEqual(len(self.results()["runs"]), 3)

    def test_a_study_that_gets_a_signal(self):
        child = os.path.join(self.folder, "child")
        for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
            with self.subTest(signum), subprocess.Popen([sys.executable, "-B", DRIVER, self.faked("hold")], cwd=self.folder, text=True,
                                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as study:
                until = time.monotonic() + 60
                while not os.path.exists(child) and study.poll() is None and time.monotonic() < until:
                    time.sleep(0.05)
                study.send_signal(signum)
                if signum == signal.SIGTERM:
                    study.send_signal(signum)  # SLURM sends some twice
                said = study.communicate(timeout=60)[1]
                self.assertEqual(study.returncode, 75, said)
                self.assertIn(f"interrupted by {signum.name}", said)
                self.assertRaises(ProcessLookupError, os.kill, int(self.read("child")), 0)
                os.remove(child)
            self.goes_on()
            os.remove(os.path.join(self.folder, "small", "small.json"))

    def test_a_run_that_gets_a_signal(self):
        self.fake("saved")
        self.run_driver("study.toml", code=75, says="interrupted by a signal to the run")
        self.goes_on()


class Wrong(Case):
    def test_study_files(self):
        for was, now, code, says in (
                ('"lacuna-deconvolve"', '"lacuna-plot"', 78, "\"lacuna-plot\" is not one of"),
                ("repeats", "repaets", 78, "do you mean repeats?"),
                ("[launch]", "[lunch]", 78, "do you mean launch?"),
                ("[1, 2]", "[]", 78, "[study] ranks must be a list that is not empty"),
                ("[1, 2]", "[1, 1]", 78, "a number is given twice"),
                ("[1, 2]", "[1, 0]", 78, "must be positive"),
                ("[1, 2]", '"2"', 78, "must be a list"),
                ("[1, 2]", "[1.5]", 78, "is not an integer"),
                ("repeats = 1", "repeats = true", 78, "is not an integer"),
                ('"space"]', '"2y1"]', 78, "neither auto, time, space nor TxS"),
                ('["time", "space"]', '["2x2"]', 78, "none of them has 1 ranks"),
                ('name = "small"', 'name = "a/b"', 78, "letters, digits"),
                ('name = "small"', "", 78, "[study] name is missing"),
                ("size = 4", "", 78, "{size} is used"),
                ("weak = false", "weak = false\nstrong = false", 78, "neither strong nor weak"),
                ("{ranks}", "{rank}", 78, "is not {ranks}, {nodes} or {program}"),
                ("{program}", "program", 78, "has no {ranks} or no {program}"),
                ('["movie.frames={size}"]', '["movie.frames"]', 78, "is not section.key=value"),
                ("size = 4", 'size = 4\n[model]\nnetwork = "pigeons"', 78, "\"pigeons\" is not one of here, hdr"),
                ("size = 4", "size = 4\n[model]\nlatency_us = 1", 78, "one is missing"),
                ("size = 4", "size = 4\n[model]\nefficiency = 1", 78, "must be below 1"),
                ('"c.toml"', '"d.toml"', 66, "no such file"),
                ("[study]", "[study", 78, "study.toml: "),
                ("[study]", "study = 3\n[studio]", 78, "must be a table")):
            with self.subTest(now):
                self.study(build=self.folder)
                text = self.read("study.toml")
                self.assertIn(was, text)
                self.write("study.toml", text.replace(was, now))
                said = self.run_driver("study.toml", code=code, says=says)
                self.assertEqual(len(said.splitlines()), 1, said)

    def test_command_lines(self):
        self.run_driver(code=64, says="which study?")
        self.run_driver("--plam", "x", code=64)
        self.run_driver("none.toml", code=66, says="none.toml: cannot be read")
        self.assertIn("ranks_per_node", self.run_driver("--help-keys"))
        self.assertIn("exit codes", self.run_driver("--help"))
        self.study(build=self.folder)
        self.run_driver("study.toml", code=66, says="no program lacuna-deconvolve in")
        self.study(launch="no_such_starter -n {ranks} {program}")
        self.run_driver("study.toml", code=66, says="no_such_starter is not in PATH")

    def test_results_that_cannot_be_resumed(self):
        self.study(build=HERE)
        os.makedirs(os.path.join(self.folder, "small"))
        for text, says in (("{", "cannot be resumed"), ('{"format": "x"}', "not the results of a study")):
            self.write(os.path.join("small", "small.json"), text)
            self.run_driver("study.toml", "--resume", code=74, says=says)

    def test_a_folder_that_cannot_be_made(self):
        self.study(build=HERE)
        self.write("small", "a file")
        self.run_driver("study.toml", code=73, says="cannot be made")

    def test_the_example(self):
        text = self.run_driver(os.path.join(ROOT, "inputs", "scaling_movie.toml"), "--plan", code=0 if BUILD_ON_PATH else 66)
        if BUILD_ON_PATH:
            self.assertIn("strong_2_space_16", text)


BUILD_ON_PATH = False
if __name__ == "__main__":
    if BUILD:
        os.environ["PATH"] = BUILD + os.pathsep + os.environ["PATH"]
        BUILD_ON_PATH = True
    else:
        del Real  # without programs
    unittest.main(argv=["test_study"])
