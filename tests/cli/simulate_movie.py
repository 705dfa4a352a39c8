"""Movies of lacuna-simulate from the outside: files read by h5py, astropy and PIL, fields checked by numpy and scipy.

usage: simulate_movie.py PROGRAM MPIEXEC [MPIEXEC OPTIONS...]
"""
import os
import subprocess
import sys
import tempfile
import unittest

import h5py
import numpy as np
from astropy.io import fits
from PIL import Image
from scipy.signal import convolve

PROGRAM, MPIEXEC = sys.argv[1], sys.argv[2:]
SHIPPED = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..", "inputs", "simulate-movie.toml")
KINDS = {
    "tyx": "frames = 7\nny = 31\nnx = 40\n",
    "tzyx": "frames = 3\nnz = 6\nny = 14\nnx = 17\n",
    "zyx": "nz = 9\nny = 12\nnx = 10\npsf_sigma_z_px = 1.0\n",
    "tx": "frames = 20\nnx = 64\n",
    "yx": "ny = 25\nnx = 33\npsf_sigma_px = 0\n",
    "x": "nx = 50\n",
}


class Movies(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="lacuna-movie-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def at(self, name):
        return os.path.join(self.folder, name)

    def run_program(self, config, *words, ranks=1, code=0):
        done = subprocess.run([*MPIEXEC, "-n", str(ranks), PROGRAM, config, *words], capture_output=True, text=True,
                              timeout=100, cwd=self.folder)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def simulate(self, name, text, ranks=1):
        with open(self.at(f"{name}.toml"), "w") as f:
            f.write('[simulation]\nkind = "movie"\n' + text)
        self.run_program(f"{name}.toml", ranks=ranks)
        with h5py.File(self.at(f"{name}.h5")) as f:
            self.assertEqual(f.attrs["complete"], 1)
            out = {name: f["maps"][name][()] for name in f["maps"]}
            out.update(psf=f["psf"][()], axes=f["grid"].attrs["axes"], flux=f["series/flux_truth"][()],
                       counts=f["sources/counts"][()])
            for i, letter in enumerate(out["axes"]):
                self.assertEqual(f["maps/data"].dims[i].label, letter)
        return out

    def test_any_number_of_ranks_draws_the_same_and_the_blur_is_right(self):
        for axes, size in KINDS.items():
            with self.subTest(axes=axes):
                more = "[movie.diffuse]\ncorrelation_frames = 5\n[movie.sources]\ndiffusion_px = 0.4\nnumber = 9\n"
                runs = [self.simulate(f"{axes}{ranks}", "[movie]\n" + size + more, ranks) for ranks in (1, 2, 3)]
                self.assertEqual(runs[0]["axes"], axes)
                self.assertEqual(runs[0]["data"].ndim, len(axes))
                for other in runs[1:]:
                    for name in ("data", "truth", "mean", "psf"):
                        np.testing.assert_array_equal(other[name], runs[0][name])
                truth, mean, psf = (runs[0][name] for name in ("truth", "mean", "psf"))
                frames = zip(truth, mean) if axes[0] == "t" else [(truth, mean)]
                for x, mu in frames:
                    np.testing.assert_allclose(mu, convolve(x, psf, "same", "direct") + 0.5, rtol=1e-12)
                np.testing.assert_allclose(runs[0]["flux"], truth.reshape(len(runs[0]["flux"]), -1).sum(axis=1))
                self.assertAlmostEqual(psf.sum(), 1, 12)

    def test_counts_are_poisson(self):
        run = self.simulate("p", "[movie]\nframes = 20\nny = 60\nnx = 60\nbackground = 3\n")
        data, mean = run["data"], run["mean"]
        np.testing.assert_array_equal(data, np.round(data))
        chi2 = np.mean((data - mean) ** 2 / mean)
        self.assertLess(abs(chi2 - 1), 5 * np.sqrt((2 + 1 / mean.mean()) / data.size))
        self.assertLess(abs((data - mean).sum()), 5 * np.sqrt(mean.sum()))

    def test_sources_alone(self):
        """A blob that does not move keeps its counts; what appears, appears; blinking sources are dark half the time."""
        quiet = "speed_px = 0\ncounts_scatter = 0\nwidth_px = [0.0, 0.0]\n"
        none = "[movie.diffuse]\ncounts = 0\n"
        size = "[movie]\nframes = 200\nny = 9\nnx = 9\n"
        still = self.simulate("a", size + none + "[movie.sources]\nnumber = 4\nblinking = 0\nappearing = 0\n" + quiet)
        np.testing.assert_allclose(still["flux"], 800)
        self.assertEqual(np.count_nonzero(np.ptp(still["truth"], axis=0)), 0)
        here = self.simulate("b", size + none + "[movie.sources]\nnumber = 40\nblinking = 0\nappearing = 1\n" + quiet)
        self.assertEqual(here["flux"][0], 0)
        self.assertTrue(np.all(np.diff(here["flux"]) >= 0))
        np.testing.assert_allclose(here["flux"][-1], 8000)
        blink = self.simulate("c", size + none + "[movie.sources]\nnumber = 40\nblinking = 1\nappearing = 0\n" + quiet)
        self.assertLess(abs(blink["flux"].mean() - 4000), 800)
        self.assertGreater(blink["flux"].std(), 100)
        moving = self.simulate("d", size + none + "[movie.sources]\nnumber = 1\nblinking = 0\nappearing = 0\nspeed_px = 0.7\n"
                                                  "counts_scatter = 0\nwidth_px = [0.0, 0.0]\n")
        np.testing.assert_allclose(moving["flux"], 200)  # it never leaves the movie
        self.assertGreater(len({int(frame.argmax()) for frame in moving["truth"]}), 5)

    def test_the_shipped_input_and_its_files(self):
        out = self.run_program(SHIPPED, ranks=2)
        self.assertIn("wrote", out)
        with h5py.File(self.at("movie.h5")) as f:
            data, truth = f["maps/data"][()], f["maps/truth"][()]
        for name, values in (("data", data), ("truth", truth)):
            np.testing.assert_array_equal(fits.getdata(self.at(f"movie_{name}.fits")), values)
            with Image.open(self.at(f"movie_{name}.tif")) as image:
                self.assertEqual(image.n_frames, len(values))
                image.seek(17)
                np.testing.assert_array_equal(np.array(image), values[17].astype("f4"))
        self.assertIn("exists", self.run_program(SHIPPED, code=73))
        self.assertIn("MB", self.run_program(SHIPPED, "--plan"))

    def test_wrong_values(self):
        for setting, part in (("movie.sources.blinking=0.9", "more than 1"), ("movie.sources.width_px=[2, 1]", "min <= max"),
                              ("movie.nx=0", "nx"), ("movie.frame=3", "frames"), ("movie.sources.counts=-1", "counts")):
            self.assertIn(part, self.run_program(SHIPPED, "--set", setting, code=78))
        self.assertIn("no operator", self.run_program(SHIPPED, "--check", code=64))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
