"""How lacuna-plot refuses: the exit code, one line on stderr that names the file, and nothing half-written."""
import os
import shutil
import signal
import subprocess
import unittest

import h5py
import numpy as np
from running import DRIVERS, PROGRAM, PlotTest

import products


class Errors(PlotTest):
    def setUp(self):
        super().setUp()
        self.maps, _ = products.mass_map(40, 50)
        self.demo = self.path("demo.h5")
        products.write(self.demo, self.maps, convergence=products.iterations())

    def refused(self, code, *arguments, says):
        _, err = self.run_plot(*arguments, code=code)
        self.assertIn(says, err)
        self.assertEqual(self.pictures(), [])

    def text(self, name, content):
        with open(self.path(name), "w") as f:
            f.write(content)
        return self.path(name)

    def test_usage(self):
        self.refused(64, says="required")
        wrong = (("--only", "maps", 'no picture "maps"'), ("--only", "", "no picture"), ("--only", "truth", "--truth"),
                 ("--onyl", "map", "--onyl"), ("--dpi", "5", "20..1200"), ("--dpi", "many", "--dpi"),
                 ("--format", "gif", "gif"), ("--frame", "-1", "negative"))
        for option, value, says in wrong:
            self.refused(64, self.demo, option, value, says=says)

    def test_files_that_are_not_there_or_not_products(self):
        self.refused(66, self.path("none.h5"), says="none.h5: no such file")
        self.refused(66, self.folder, says="no such file")
        self.refused(65, self.text("text.h5", "not HDF5"), says="text.h5: not an HDF5 file")
        self.refused(65, self.text("empty.h5", ""), says="empty.h5: not an HDF5 file")
        with open(self.demo, "rb") as f:
            half = f.read()[: os.path.getsize(self.demo) // 2]
        with open(self.path("half.h5"), "wb") as f:
            f.write(half)
        self.refused(65, self.path("half.h5"), says="half.h5: not an HDF5 file, or a damaged one")
        with h5py.File(self.path("foreign.h5"), "w") as f:
            f["maps/kappa_E"] = np.zeros((3, 3))
        self.refused(65, self.path("foreign.h5"), says="not a lacuna product")
        products.write(self.path("later.h5"), self.maps, attributes={"format_version": 2})
        self.refused(65, self.path("later.h5"), says="format_version is 2")

    def test_unfinished(self):
        for complete in (None, 0):
            products.write(self.path("u.h5"), self.maps, complete=complete)
            self.refused(65, self.path("u.h5"), says="unfinished")
        out, _ = self.run_plot(self.path("u.h5"), "--force", "--only", "map,overview")
        self.assertIn("note: the product is unfinished", out)
        self.assertEqual(self.pictures(), ["u_map.png", "u_overview.png"])

    def test_maps_that_cannot_be_right(self):
        products.write(self.path("p.h5"), {**self.maps, "std": np.zeros((40, 51))})
        self.refused(65, self.path("p.h5"), says="/maps/std has 40 x 51 pixels")
        for name, value in (("line", np.zeros(5)), ("text", np.array([[b"a"]])), ("nothing", np.zeros((0, 4)))):
            shutil.copy(self.demo, self.path("p.h5"))
            with h5py.File(self.path("p.h5"), "a") as f:
                f[f"maps/{name}"] = value
            self.refused(65, self.path("p.h5"), says=f"maps/{name}")
        with h5py.File(self.path("p.h5"), "a") as f:
            del f["maps"]
        self.refused(65, self.path("p.h5"), says="no map in /maps")
        with h5py.File(self.path("p.h5"), "a") as f:
            f.create_dataset("maps/kappa_E", (1 << 22, 1 << 22), "f8", chunks=(64, 64))
        self.refused(65, self.path("p.h5"), says="4194304")
        products.write(self.path("p.h5"), {"mask": self.maps["mask"], "extra": self.maps["mask"]})
        self.refused(65, self.path("p.h5"), "--only", "std", says="nothing in it can be drawn")
        products.write(self.path("p.h5"), self.maps, peaks=dict(ra=np.zeros(3), dec=np.zeros(2), snr=np.zeros(3)))
        self.refused(65, self.path("p.h5"), "--only", "map", says="/peaks differ in length")

    def test_links_out_of_the_file_are_refused(self):
        for link in (h5py.ExternalLink(self.demo, "/maps/std"), h5py.SoftLink("/maps/kappa_E")):
            shutil.copy(self.demo, self.path("p.h5"))
            with h5py.File(self.path("p.h5"), "a") as f:
                f["maps/out"] = link
            self.refused(65, self.path("p.h5"), says="maps/out is a link")
        shutil.copy(self.demo, self.path("p.h5"))
        with h5py.File(self.path("p.h5"), "a") as f:
            f.create_dataset("maps/raw", (40, 50), "f8", external=[(self.path("raw"), 0, 16000)])
        self.refused(65, self.path("p.h5"), says="outside the file")

    def test_a_flipped_bit_is_found(self):
        with h5py.File(self.demo) as f:
            where = f["maps/kappa_E"].id.get_chunk_info(0).byte_offset + 1000
        with open(self.demo, "r+b") as f:
            f.seek(where)
            byte = f.read(1)[0]
            f.seek(where)
            f.write(bytes([byte ^ 4]))
        self.refused(74, self.demo, "--only", "map", says="demo.h5: /maps/kappa_E cannot be read")

    def test_truth(self):
        self.refused(66, self.demo, "--truth", self.path("none.h5"), says="none.h5: no such file")
        self.refused(65, self.demo, "--truth", self.demo, says="no dataset maps/kappa_true or kappa_true")
        self.refused(65, self.demo, "--truth", self.demo + ":maps/nothing", says="maps/nothing")
        products.write(self.path("t.h5"), {"kappa_true": np.zeros((40, 49))})
        self.refused(65, self.demo, "--truth", self.path("t.h5"), says="(40, 49)")
        products.write(self.path("t.h5"), {"kappa_true": np.zeros((40, 50))}, products.header(40, 50, ra=150.2))
        self.refused(65, self.demo, "--truth", self.path("t.h5"), says="pixels away")

    def test_clusters(self):
        self.refused(66, self.demo, "--clusters", self.path("none.txt"), says="none.txt: no such file")
        for content, says in (("1 150 2\n", "c.txt:1: which of the 3 columns"), ("# ra dec\n", "no positions"),
                              ("ra dec\n150 x\n", "c.txt:2: no RA and Dec"),
                              ("ra dec\n150 95\n", "no position in degrees"), ("ra,dec,z\n150\n", "c.txt:2")):
            self.refused(65, self.demo, "--clusters", self.text("c.txt", content), says=says)
        with open(self.path("c.bin"), "wb") as f:
            f.write(bytes(range(256)))
        self.refused(65, self.demo, "--clusters", self.path("c.bin"), says="neither a text table")
        self.refused(65, self.demo, "--clusters", self.demo, says="no haloes in it")

    def test_output(self):
        self.refused(73, self.demo, "--out", self.text("file", ""), says="file: pictures cannot be written there")
        self.refused(73, self.demo, "--out", "/proc/lacuna", says="/proc/lacuna")
        os.mkdir(self.path("out"))
        os.mkdir(self.path("out/demo_map.png"))
        self.refused(73, self.demo, "--out", self.path("out"), "--only", "map", says="demo_map.png: cannot be written")
        self.assertEqual(os.listdir(self.path("out")), ["demo_map.png"])
        self.run_plot(self.demo, "--out", self.path("new/folder"), "--only", "map")
        self.assertEqual(os.listdir(self.path("new/folder")), ["demo_map.png"])

    def test_a_full_disk_leaves_nothing_behind(self):
        script = 'ulimit -f 8; exec "$0" "$@"'  # no file beyond 8 KiB
        for kind in ("png", "pdf"):
            arguments = (PROGRAM, self.demo, "--only", "map", "--format", kind)
            result = self.run_program("-c", script, *arguments, program="bash")
            self.assertEqual(result.returncode, 74, result.stderr)
            self.assertIn(f"demo_map.{kind}: cannot be written", result.stderr)
            self.assertNotIn("Traceback", result.stderr)
            self.assertEqual(self.pictures(), [])

    def test_installed_and_linked(self):
        os.makedirs(self.path("prefix/bin"))
        shutil.copy(PROGRAM, self.path("prefix/bin/lacuna-plot"))
        alone = self.run_program(self.demo, program=self.path("prefix/bin/lacuna-plot"))
        self.assertEqual(alone.returncode, 70)
        self.assertIn("share/lacuna", alone.stderr)
        shutil.copytree(os.path.join(DRIVERS, "lacuna_plot"), self.path("prefix/share/lacuna/python/lacuna_plot"))
        os.symlink(self.path("prefix/bin/lacuna-plot"), self.path("linked"))
        result = self.run_program("demo.h5", "--only", "map", program=self.path("linked"), cwd=self.folder)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(self.pictures(), ["demo_map.png"])

    def test_a_library_that_crashes(self):
        for killer, code, says in (("SIGSEGV", 65, "demo.h5"), ("SIGABRT", 65, "damaged file"), ("SIGTERM", -15, ""), ("SIGKILL", -9, "")):
            with open(self.path("sitecustomize.py"), "w") as f:
                f.write("import os, signal\ntry:\n    import h5py\nexcept ImportError:  # the first python3 in PATH, which starts another\n    pass\n"
                        f"else:\n    h5py.File = lambda *_, **__: os.kill(os.getpid(), signal.{killer})\n")
            done = self.run_program(self.demo, env={**os.environ, "PYTHONPATH": self.folder})
            self.assertEqual(done.returncode, code, killer)
            self.assertEqual(bool(done.stderr), code == 65, done.stderr)
            self.assertIn(says, done.stderr)
            self.assertEqual(self.pictures(), [])

    def test_what_kills_the_program_kills_all_of_it(self):
        with open(self.path("sitecustomize.py"), "w") as f:
            f.write("import os, time\ntry:\n    import h5py\nexcept ImportError:\n    pass\nelse:\n"
                    "    def wait(*_, **__):\n        print(os.getpid(), flush=True)\n        time.sleep(100)\n    h5py.File = wait\n")
        for killer in (signal.SIGKILL, signal.SIGQUIT, signal.SIGUSR1, signal.SIGTERM):
            with subprocess.Popen([PROGRAM, self.demo], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": self.folder}) as program:
                reader = int(program.stdout.readline())
                self.assertNotEqual(reader, program.pid)
                program.send_signal(killer)
                self.assertEqual(program.wait(20), -killer)
                self.assertEqual(program.stdout.read(), "")  # the end comes when the reader has closed it, too

    def test_a_python_without_the_modules_in_path_is_passed_over(self):
        os.mkdir(self.path("bin"))
        with open(self.path("bin/python3"), "w") as f:
            f.write('#!/bin/sh\nexec "$BARE" -S "$@"\n')  # without site-packages: no h5py
        os.chmod(self.path("bin/python3"), 0o755)
        bare = {**os.environ, "PATH": self.path("bin") + ":" + os.environ["PATH"], "BARE": os.environ["LACUNA_PYTHON"]}
        good = self.run_program(self.demo, "--only", "map", env=bare)  # LACUNA_PYTHON names one that has them
        self.assertEqual((good.returncode, good.stderr), (0, ""))
        bad = self.run_program(self.demo, env={**bare, "LACUNA_PYTHON": self.path("bin/python3")})
        self.assertEqual(bad.returncode, 70)
        self.assertIn("needs h5py, numpy and matplotlib", bad.stderr)
        nowhere = self.run_program(self.demo, env={**bare, "LACUNA_PYTHON": self.path("nowhere")})
        self.assertEqual(nowhere.returncode, 70)
        self.assertIn("nowhere cannot be run", nowhere.stderr)


if __name__ == "__main__":
    unittest.main()
