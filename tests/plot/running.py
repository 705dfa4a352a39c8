"""Runs lacuna-plot, in this process or as a program, and looks into the pictures it wrote."""
import contextlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
import warnings

HERE = os.path.dirname(os.path.realpath(__file__))
DRIVERS = os.path.join(os.path.dirname(os.path.dirname(HERE)), "drivers")
PROGRAM = os.path.join(DRIVERS, "lacuna-plot")
sys.path[:0] = [DRIVERS, HERE]
warnings.simplefilter("error")  # a warning of numpy or matplotlib here would be a fault of a picture
os.environ["LACUNA_PYTHON"] = sys.executable

import h5py  # noqa: E402,F401
import matplotlib.image  # noqa: E402
import numpy as np  # noqa: E402

from lacuna_plot import cli, style  # noqa: E402
from lacuna_plot.pictures import Job  # noqa: E402
from lacuna_plot.product import Product  # noqa: E402


class PlotTest(unittest.TestCase):
    """A folder of its own for each test, and what to ask of a picture."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lacuna-plot-")
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def run_plot(self, *arguments, code=0):
        """cli.main in this process, warnings being errors: stdout and stderr, after the checks every run must pass."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            got = cli.main([str(a) for a in arguments])
        self.assertEqual(got, code, out.getvalue() + err.getvalue())
        self.assertEqual(len(err.getvalue().splitlines()), 1 if code else 0, err.getvalue())
        self.assertNotIn("matplotlib.pyplot", sys.modules)
        return out.getvalue(), err.getvalue()

    def run_program(self, *arguments, program=PROGRAM, **more):
        return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, timeout=200, **more)

    def pictures(self, folder=None):
        return sorted(name for name in os.listdir(folder or self.folder) if name.endswith((".png", ".pdf", ".tmp")))

    def look(self, name):
        """Pixels [row][column][rgb] in 0..1 of a PNG that must be large enough, opaque, and show something."""
        pixels = matplotlib.image.imread(self.path(name))[:, :, :3]
        self.assertGreaterEqual(min(pixels.shape[:2]), 80, name)
        self.assertLessEqual(max(pixels.shape[:2]), 6000, name)
        self.assertGreater(pixels.std(), 0.03, f"{name} is blank")
        return pixels

    def figure(self, picture, path, **job):
        """The figure of a picture, laid out, with the pixels it would have at 100 dpi: (figure, rgb, sentence)."""
        with contextlib.closing(Product(path)) as product, style.settings():
            figure, sentence = picture(Job(product, **job))
            figure.set_dpi(100)
            figure.canvas.draw()
            return figure, np.asarray(figure.canvas.buffer_rgba())[:, :, :3] / 255.0, sentence

    def colours_at(self, figure, pixels, ax, x, y):
        """The picture's colour at data coordinates."""
        column, row = ax.transData.transform(np.column_stack([x, y])).T
        return pixels[np.round(pixels.shape[0] - 1 - row).astype(int), np.round(column).astype(int)]

    @staticmethod
    def artist(ax, gid):
        return next(a for a in ax.get_children() if a.get_gid() == gid)
