"""How lacuna-report refuses: the exit code, one line that names the file, and nothing half-written."""
import contextlib
import io
import os
import re
import shutil
import unittest

import h5py
import numpy as np
from reporting import PROGRAM, ReportTest, cli, products, running


class Errors(ReportTest):
    def setUp(self):
        super().setUp()
        maps, _ = products.mass_map(20, 30)
        self.demo = self.path("demo.h5")
        products.write(self.demo, maps, convergence=products.iterations())

    def refused(self, code, *arguments, says):
        before = sorted(os.listdir(self.folder))
        _, err = self.run_report(*arguments, code=code)
        self.assertIn(says, err)
        self.assertTrue(err.startswith("lacuna-report: "))
        self.assertEqual(sorted(os.listdir(self.folder)), before)

    def test_usage(self):
        self.refused(64, says="required")
        self.refused(64, self.demo, "--onyl", says="--onyl")
        self.refused(64, self.demo, self.demo, says="unrecognized")
        self.refused(64, self.demo, "-o", says="-o")
        self.refused(64, self.demo, "-o", self.demo, "--overwrite", says="the place of the product")

    def test_files_that_are_not_there_or_not_products(self):
        self.refused(66, self.path("none.h5"), says="none.h5: no such file")
        self.refused(66, self.folder, says="no such file")
        with open(self.path("text.h5"), "w") as f:
            f.write("not HDF5")
        self.refused(65, self.path("text.h5"), says="not an HDF5 file")
        with h5py.File(self.path("foreign.h5"), "w") as f:
            f["maps/kappa_E"] = np.zeros((3, 3))
        self.refused(65, self.path("foreign.h5"), says="not a lacuna product")
        products.write(self.path("later.h5"), {"kappa_E": np.zeros((3, 3))}, attributes={"format_version": 2})
        self.refused(65, self.path("later.h5"), says="format_version is 2")

    def test_unfinished(self):
        products.write(self.path("u.h5"), {"kappa_E": np.zeros((3, 3))}, complete=0)
        self.refused(65, self.path("u.h5"), says="unfinished")
        self.assertIn("Unfinished", self.report("u", "--force").text["header"])

    def test_damage(self):
        with h5py.File(self.demo) as f:
            where = f["maps/kappa_E"].id.get_chunk_info(0).byte_offset + 1000
        with open(self.demo, "r+b") as f:
            f.seek(where)
            byte = f.read(1)[0]
            f.seek(where)
            f.write(bytes([byte ^ 4]))
        self.refused(74, self.demo, says="kappa_E cannot be read")

    def test_damaged_groups(self):
        """The nodes of HDF5's groups, spoilt one by one: h5py raises KeyError, RuntimeError and others."""
        with open(self.demo, "rb") as f:
            good = f.read()
        places = [found.start() for found in re.finditer(b"SNOD|HEAP", good)]
        self.assertGreater(len(places), 3)
        said = []
        for place in places:
            with open(self.demo, "wb") as f:
                f.write(good[:place] + b"X" + good[place + 1:])
            out, err = io.StringIO(), io.StringIO()
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = cli.main([self.demo, "--overwrite"])
            self.assertIn(code, (0, 65, 74), err.getvalue())  # 0: a group that a page can do without
            self.assertEqual(len(err.getvalue().splitlines()), 1 if code else 0, err.getvalue())
            said.append(err.getvalue())
        self.assertIn("demo.h5: damaged or no product of lacuna: ", "".join(said))

    def test_links_out_of_the_file_are_refused(self):
        with h5py.File(self.demo, "a") as f:
            f["maps/out"] = h5py.ExternalLink("other.h5", "/maps/std")
        self.refused(65, self.demo, says="maps/out is a link")
        shutil.copy(self.demo, self.path("p.h5"))
        with h5py.File(self.path("p.h5"), "a") as f:
            del f["maps/out"]
            f["performance"] = h5py.ExternalLink("other.h5", "/performance")
        self.refused(65, self.path("p.h5"), says="performance is a link")

    def test_output(self):
        self.run_report(self.demo)
        self.refused(73, self.demo, says="--overwrite")
        with open(self.path("demo.html"), "rb") as f:
            first = f.read()
        self.run_report(self.demo, "--overwrite")
        with open(self.path("demo.html"), "rb") as f:
            self.assertEqual(f.read(), first)
        os.mkdir(self.path("sub"))
        self.run_report(self.demo, "-o", self.path("sub/other.html"))
        self.assertEqual(os.listdir(self.path("sub")), ["other.html"])
        self.refused(73, self.demo, "-o", self.path("sub"), says="is a folder")
        self.refused(73, self.demo, "-o", self.path("nowhere/x.html"), says="does not exist")

    def test_a_full_disk_leaves_nothing_behind(self):
        script = 'ulimit -f 8; exec "$0" "$@"'  # no file beyond 8 KiB
        result = self.run_program("-c", script, PROGRAM, self.demo, program="bash")
        self.assertEqual(result.returncode, 74, result.stderr)
        self.assertIn("demo.html: cannot be written", result.stderr)
        self.assertEqual(os.listdir(self.folder), ["demo.h5"])

    def test_installed_and_linked(self):
        os.makedirs(self.path("prefix/bin"))
        shutil.copy(PROGRAM, self.path("prefix/bin/lacuna-report"))
        for package in ("lacuna_plot", "lacuna_report"):
            shutil.copytree(os.path.join(running.DRIVERS, package), self.path("prefix/share/lacuna/python/" + package))
        os.symlink(self.path("prefix/bin/lacuna-report"), self.path("linked"))
        result = self.run_program("demo.h5", program=self.path("linked"), cwd=self.folder)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("demo.html", os.listdir(self.folder))
        told = self.run_program("--help", program=PROGRAM)
        self.assertEqual(told.returncode, 0)
        for word in ("--overwrite", "exit codes", "NAME.h5"):
            self.assertIn(word, told.stdout)


if __name__ == "__main__":
    unittest.main()
