"""lacuna-scaling as users run it: a small real study through mpirun, runs that fail, wrong files.
test_study.py BUILD_FOLDER MPIRUN [FLAGS...]"""
import csv
import os
import unittest

from studies import BUILD, HERE, ROOT, Case


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
        self.run_driver("other.toml", "--resume", code=78, says=["[data] size was 4, now it is 5"])

    def test_a_config_of_the_data_with_an_unknown_key(self):
        self.study()
        self.write("study.toml", self.read("study.toml").replace("movie.frames={size}", "movie.framse={size}"))
        self.run_driver("study.toml", code=78, says=["lacuna-simulate could not make the problem (exit 78)", "framse"])

    def test_a_run_that_fails_is_told_and_the_others_go_on(self):
        self.study()
        text = self.read("study.toml")
        self.write("study.toml", text.replace('"data.file={data}.h5"]', '"data.file={data}.h5", "solver.time_groups=2"]').replace('["time", "space"]', '["auto"]'))
        said = self.run_driver("study.toml", code=70, says=["FAILED, exit 78", "process grid: 2 time groups do not divide 1 ranks", "1 run(s) failed: strong_1_auto_4"])
        self.assertIn("strong_2_auto_4, repeat 1: ", said)
        self.assertIn("do not divide", self.read("small", "report.html"))
        self.assertEqual([r["status"] for r in self.results()["runs"]], ["failed", "done"])


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
                ('name = "small"', 'name = ""', 78, "no . first"),
                ('name = "small"', 'name = ".."', 78, "no . first"),
                ('name = "small"', "", 78, "[study] name is missing"),
                ("size = 4", "", 78, "{size} is used"),
                ("weak = false", "weak = false\nstrong = false", 78, "neither strong nor weak"),
                ("{ranks}", "{rank}", 78, "is not {ranks}, {nodes} or {program}"),
                ("{ranks}", "{ranks.x}", 78, "[launch] command: "),
                ("{ranks}", "{ranks[0]}", 78, "[launch] command: "),
                ("{program}", '"{program}', 78, "No closing quotation: a quote is open"),
                ("ranks_per_node = 2", "timeout_minutes = inf", 78, "[launch] timeout_minutes = inf must be positive and finite"),
                ("ranks_per_node = 2", "timeout_minutes = nan", 78, "must be positive and finite"),
                ("ranks_per_node = 2", "timeout_minutes = 1e9", 78, "at most 30000"),
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
        for text, says in (("{", "cannot be resumed"), ('{"format": "x"}', "not the results of a study"), ("[]", "cannot be resumed"),
                           ('{"format": "lacuna-scaling", "format_version": 1, "runs": [], "floors": []}', "cannot be resumed (KeyError: 'study')")):
            self.write(os.path.join("small", "small.json"), text)
            for words in (["--resume"], []):
                self.run_driver("study.toml", *words, code=65, says=[says, "--overwrite begins afresh"])

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
