"""A study that stops, goes on, begins afresh, finds data, another study or a full disk. test_resume.py BUILD_FOLDER MPIRUN [FLAGS...]"""
import os
import signal
import subprocess
import sys
import unittest

from studies import CONFIG, DRIVER, SIMULATION, Faked


class Resume(Faked):
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
        self.fake("log")
        self.run_driver("study.toml", code=70)  # the data are made in their own time
        self.fake("sleep", "timeout_minutes = 0.005\n")
        self.run_driver("study.toml", code=70, says="stopped after 0.005 minutes")

    def test_data_are_taken_where_the_same_words_made_them(self):
        os.makedirs(os.path.join(self.folder, "small", "runs"))
        self.write(os.path.join("small", "runs", "data_4.h5"), "of somebody")
        self.fake()
        self.run_driver("study.toml")
        self.assertEqual(self.simulated(), 1)
        self.run_driver("study.toml", "--overwrite")
        self.assertEqual(self.simulated(), 1)
        self.write("study.toml", self.read("study.toml").replace('frames={size}"', 'frames={size}", "movie.seed=3"'))
        self.run_driver("study.toml", "--overwrite")
        self.assertEqual(self.simulated(), 2)
        self.assertIn("movie.seed=3", self.read("small", "runs", "data_4.h5"))
        self.write("s.toml", SIMULATION.replace("nx = 20", "nx = 24"))
        self.run_driver("study.toml", "--overwrite")
        self.assertEqual(self.simulated(), 3)

    def test_runs_of_two_problems_are_not_mixed(self):
        self.fake()
        self.run_driver("study.toml", "--resume")  # where there is nothing yet
        before = self.results()
        for name, text in (("c.toml", CONFIG), ("s.toml", SIMULATION)):
            self.write(name, text + "# edited")
            self.run_driver("study.toml", "--resume", code=78, says=[f"{name} (", "edited since", "begin afresh with --overwrite"])
            self.write(name, text)
        self.assertEqual(self.results(), before)
        self.run_driver("study.toml", "--resume")
        self.fake("edit")
        self.run_driver("study.toml", "--overwrite", code=78, says="c.toml ([study] config): edited since")

    def test_a_study_that_is_there_is_kept(self):
        self.fake("log")
        self.run_driver("study.toml", code=70)
        self.fake()
        self.run_driver("study.toml")  # nothing was done: nothing is lost
        before = self.results()
        self.run_driver("study.toml", code=73, says="small.json exists: give --resume to go on with it, or --overwrite to begin afresh")
        self.run_driver("study.toml", "--resume", "--overwrite", code=64, says="not allowed with")
        self.assertEqual(self.results(), before)
        self.assertIn("[3/3]", self.run_driver("study.toml", "--overwrite"))

    def test_two_studies_at_once(self):
        self.fake("hold")
        with subprocess.Popen([sys.executable, "-B", DRIVER, "study.toml"], cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as first:
            self.wait_for_child(first)
            for word in ("--resume", "--overwrite"):
                self.run_driver("study.toml", word, code=73, says="small: another study is writing there")
            self.run_driver("study.toml", "--plan", says="strong_2_time_4")
            first.send_signal(signal.SIGTERM)
        self.goes_on()

    def test_a_full_disk_leaves_nothing_half_written(self):
        self.fake()
        os.makedirs(os.path.join(self.folder, "small"))
        half = os.path.join(self.folder, "small", "small.json.tmp")
        os.symlink("/dev/full", half)
        said = self.run_driver("study.toml", code=74, says="small.json: No space left on device")
        self.assertEqual(len(said.splitlines()), 1, said)
        self.assertFalse(os.path.lexists(half))

    def test_folders_that_cannot_be_written(self):
        self.fake()
        for name in (".lock", os.path.join("runs", "data_4.log.tmp"), "small.json.tmp"):
            os.makedirs(os.path.join(self.folder, "small", name))  # permissions do not stop root
            said = self.run_driver("study.toml", code=73)
            self.assertEqual(len(said.splitlines()), 1, said)
            os.rmdir(os.path.join(self.folder, "small", name))

    def test_a_study_that_gets_a_signal(self):
        child = os.path.join(self.folder, "child")
        for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
            with self.subTest(signum), subprocess.Popen([sys.executable, "-B", DRIVER, self.faked("hold")], cwd=self.folder, text=True,
                                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as study:
                self.wait_for_child(study)
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


if __name__ == "__main__":
    unittest.main(argv=["test_resume"])
