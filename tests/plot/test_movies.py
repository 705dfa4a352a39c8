"""Stacks and movies: which pictures are drawn of which product, what they show, and what is refused."""
import os
import unittest

import h5py
import numpy as np
from PIL import Image, ImageSequence
from running import PlotTest

from lacuna_plot.movie import Movie, scale, shrink
from lacuna_plot.movie_pictures import draw_kymograph, draw_panels, draw_strip
from lacuna_plot.pictures import Job

LENGTH = {"t": 10, "z": 3, "y": 40, "x": 56}


def scene(axes, seed=3):
    """A blob that moves along x, in Poisson counts: data, estimate, model."""
    t, z, y, x = np.ogrid[:10.0, :3.0, :40.0, :56.0]
    blob = 60 * np.exp(-((x - 5 - 5 * t) ** 2 + (y - 20) ** 2 + 4 * (z - 1) ** 2) / 30)
    blob = blob[tuple(slice(None) if c in axes else {"t": 4, "z": 1, "y": 20}[c] for c in "tzyx")]
    mean = 0.8 * blob + 2
    return np.random.default_rng(seed).poisson(mean).astype(float), blob, mean


def write(path, axes, program="lacuna-deconvolve", static=False, maps=None):
    data, estimate, model = scene(axes)
    if static:
        estimate = estimate[0]
    maps = maps or {"data": data, "estimate": estimate, "model": model}
    with h5py.File(path, "w") as f:
        f.attrs.update(format="lacuna", format_version=1, program=program, complete=1)
        grid = f.create_group("grid")
        grid.attrs.update(axes=axes)
        for letter in axes:
            grid[letter] = np.arange(LENGTH[letter]) * (0.5 if letter == "t" else 1.0)
            grid[letter].make_scale(letter)
            grid[letter].attrs["units"] = "s" if letter == "t" else "pixel"
        for name, values in maps.items():
            d = f.create_dataset(f"maps/{name}", data=values, chunks=True, fletcher32=True)
            d.attrs.update(units="counts", long_name=name)
            for i, letter in enumerate(axes[-values.ndim:]):
                d.dims[i].label = letter
        if "t" in axes:
            flat = tuple(range(1, data.ndim))
            f["series/flux_in"] = data.sum(flat)
            f["series/flux_out"] = model.sum(flat)
        k = np.arange(20)
        for name, values in {"iteration": k, "energy": 100 + 10.0 ** (-k / 3.0), "residual": 10.0 ** (-k / 4.0)}.items():
            f[f"convergence/{name}"] = values.astype(float)
        f["convergence"].attrs.update(method="map", stopped="converged", rtol=1e-5)
    return maps


class Movies(PlotTest):
    def test_each_kind_has_its_pictures(self):
        cases = {"tyx": ["convergence", "flux", "panels", "strip"], "tzyx": ["convergence", "flux", "panels", "strip"],
                 "yx": ["convergence", "panels"], "zyx": ["convergence", "panels"], "x": ["convergence", "panels"],
                 "tx": ["convergence", "flux", "kymograph", "panels"]}
        for axes, names in cases.items():
            with self.subTest(axes=axes):
                write(self.path(f"{axes}.h5"), axes)
                os.mkdir(self.path(axes))
                out, _ = self.run_plot(self.path(f"{axes}.h5"), "--out", self.path(axes), "--dpi", 70)
                self.assertEqual(self.pictures(self.path(axes)), [f"{axes}_{name}.png" for name in names])
                for name in names:
                    self.look(f"{axes}/{axes}_{name}.png")
                self.assertEqual(os.path.exists(self.path(f"{axes}/{axes}_movie.gif")), axes in ("tyx", "tzyx"))
                self.assertNotIn("Traceback", out)

    def test_the_movie_has_all_frames_and_both_maps(self):
        write(self.path("m.h5"), "tyx")
        self.run_plot(self.path("m.h5"), "--only", "movie")
        with Image.open(self.path("m_movie.gif")) as gif:
            frames = [np.asarray(page.convert("L"), dtype=float) for page in ImageSequence.Iterator(gif)]
        self.assertEqual(len(frames), 10)
        half = frames[0].shape[1] // 2
        for k, frame in enumerate(frames):  # the brightest column of the estimate moves with the blob: 5 pixels a frame
            estimate = frame[18:-2, half + 2:-2]
            brightest = np.argmax(estimate.sum(axis=0)) / estimate.shape[1] * 56
            self.assertLess(abs(brightest - (5 + 5 * k)), 3, k)

    def test_the_strip_shows_data_above_the_estimate(self):
        maps = write(self.path("m.h5"), "tyx")
        figure, _, sentence = self.movie_figure(draw_strip, "m.h5")
        images = [ax.images[0].get_array() for ax in figure.axes if ax.images and ax.get_label() != "<colorbar>"]
        self.assertEqual(len(images), 16)
        np.testing.assert_array_equal(images[0], maps["data"][0])
        np.testing.assert_array_equal(images[15], maps["estimate"][9])
        self.assertEqual(len({image.shape for image in images}), 1)
        self.assertIn("8 frames in a row, data above estimate", sentence)

    def test_volumes_are_shown_by_their_brightest_plane(self):
        maps = write(self.path("v.h5"), "tzyx")
        figure, _, sentence = self.movie_figure(draw_panels, "v.h5", frame=7)
        np.testing.assert_array_equal(figure.axes[0].images[0].get_array(), maps["data"][7].max(axis=0))
        self.assertIn("t = 3.5 s", sentence)

    def test_residuals_are_in_units_of_their_noise(self):
        maps = write(self.path("r.h5"), "yx")
        figure, _, _ = self.movie_figure(draw_panels, "r.h5")
        shown = figure.axes[2].images[0]
        np.testing.assert_allclose(shown.get_array(), (maps["data"] - maps["model"]) / np.sqrt(maps["model"]))
        self.assertEqual(shown.norm.vmin, -shown.norm.vmax)

    def test_time_runs_down_in_a_kymograph(self):
        write(self.path("k.h5"), "tx")
        figure, _, _ = self.movie_figure(draw_kymograph, "k.h5")
        estimate = figure.axes[1].images[0]
        low, high = estimate.get_extent()[3], estimate.get_extent()[2]
        self.assertAlmostEqual((low + high) / 2, 2.25)
        self.assertLess(low, high)
        self.assertLess(np.argmax(estimate.get_array()[0]), np.argmax(estimate.get_array()[9]))

    def test_odd_products(self):
        write(self.path("one.h5"), "tyx", static=True)  # one estimate of all frames
        self.run_plot(self.path("one.h5"), "--only", "strip,panels,movie", "--dpi", 60)
        data = scene("tyx")[0]
        data[:] = np.nan
        write(self.path("nan.h5"), "tyx", maps={"data": data, "estimate": np.zeros_like(data)})
        self.run_plot(self.path("nan.h5"), "--dpi", 60)
        write(self.path("sim.h5"), "tyx", program="lacuna-simulate",
              maps=dict(zip(("data", "truth", "mean"), scene("tyx"))))
        out, _ = self.run_plot(self.path("sim.h5"), "--dpi", 60)
        self.assertIn("data above truth", out)

    def test_lines_that_are_the_data_of_images(self):
        """Products of lacuna-solve: the estimate has axes that the grid of the data does not know."""
        images, lines = np.arange(2.0 * 5 * 7).reshape(2, 5, 7), np.ones((2, 30))
        cases = (("tx", lines, images, [1, 2]), ("x", lines[0], images[0], [1]), ("tx", lines, images[0], [1]))
        for number, (axes, data, estimate, flux) in enumerate(cases):
            name = f"s{number}.h5"
            with h5py.File(self.path(name), "w") as f:
                f.attrs.update(format="lacuna", format_version=1, program="lacuna-solve", complete=1)
                f.create_group("grid").attrs.update(axes=axes)
                f["maps/data"], f["maps/estimate"], f["series/flux_out"] = data, estimate, np.array(flux, float)
                for i, letter in enumerate(axes):
                    f["maps/data"].dims[i].label = letter
                if estimate.ndim == 3:
                    f["maps/estimate"].dims[0].label = "t"
            figure, _, sentence = self.movie_figure(draw_panels, name, frame=0)
            np.testing.assert_array_equal(figure.axes[0].images[0].get_array(), images[0])
            self.assertTrue(sentence.startswith("estimate"), sentence)
            self.run_plot(self.path(name), "--dpi", 60)

    def test_what_is_refused(self):
        write(self.path("m.h5"), "tyx")
        self.assertIn("of this product", self.run_plot(self.path("m.h5"), "--only", "map", code=64)[1])
        self.assertIn("maps of the sky", self.run_plot(self.path("m.h5"), "--truth", "t.h5", code=64)[1])
        write(self.path("bad.h5"), "tyx")
        with h5py.File(self.path("bad.h5"), "a") as f:
            f["grid"].attrs["axes"] = "yt"
        self.assertIn("has the axes", self.run_plot(self.path("bad.h5"), code=65)[1])
        write(self.path("none.h5"), "yx", maps={"std": np.ones((4, 5))})
        self.assertIn("neither /maps/data", self.run_plot(self.path("none.h5"), code=65)[1])
        with h5py.File(self.path("m.h5"), "a") as f:
            f.attrs["complete"] = 0
        self.assertIn("unfinished", self.run_plot(self.path("m.h5"), code=65)[1])
        self.run_plot(self.path("m.h5"), "--force", "--only", "flux")

    def test_helpers(self):
        image = np.arange(1300.0 * 4).reshape(1300, 4)
        image[5, 2] = np.nan
        small = shrink(image)
        self.assertEqual(small.shape, (434, 2))
        self.assertAlmostEqual(small[0, 0], image[:3, :3].mean())
        self.assertAlmostEqual(small[1, 0], np.nanmean(image[3:6, :3]))
        self.assertEqual(scale([np.zeros((3, 3))]), (-0.5, 0.5))
        spike = np.zeros((100, 100))
        spike[3, 4] = 7
        self.assertEqual(scale([spike]), (0.0, 7.0))

    def movie_figure(self, picture, name, frame=None):
        from lacuna_plot import style
        product = Movie(self.path(name), frame=frame)
        self.addCleanup(product.close)
        with style.settings():
            figure, sentence = picture(Job(product))
            figure.canvas.draw()
            return figure, None, sentence


if __name__ == "__main__":
    unittest.main()
