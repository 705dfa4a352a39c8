"""What is on the page of which product; that nothing from a file becomes HTML or script; odd products; bytes."""
import base64
import hashlib
import os
import re
import unittest
from unittest import mock

import h5py
import numpy as np
from reporting import ReportTest, products, write_movie

from lacuna_report import raster, views

HOSTILE = '</script><script>window.pwned=1</script><img src=x onerror="pwned=1">\'"&<!--\u2028\x01$\\frac'


class Pages(ReportTest):
    def write_map(self, name="m", shape=(60, 80), **more):
        maps, _ = products.mass_map(*shape)
        more.setdefault("convergence", products.iterations())
        peaks = dict(ra=np.array([150.12, 150.16]), dec=np.array([2.21, 2.3]), snr=np.array([7.1, 4.0]))
        products.write(self.path(name + ".h5"), maps, peaks=peaks, **more)
        return maps

    def check_sealed(self, page):
        """It loads nothing, and lets no script run but its own."""
        for _, attributes in page.tags:
            for key, value in attributes.items():
                self.assertFalse(key.startswith("on"), attributes)
                if key in ("src", "href", "xlink:href", "srcset", "data", "action"):
                    self.assertRegex(value, r"^(data:|#)")
        for style in [a.get("style", "") for _, a in page.tags] + re.findall(r"<style>(.*?)</style>", page.source, re.S):
            self.assertNotIn("@import", style)
            self.assertFalse(re.search(r"url\((?!#)", style), style)  # of SVG's own clip paths alone
        policy = next(a["content"] for a in page.named("meta") if a.get("http-equiv") == "Content-Security-Policy")
        own = [content for attributes, content in page.scripts if attributes.get("type") != "application/json"]
        self.assertEqual(len(own), 1)
        digest = base64.b64encode(hashlib.sha256(own[0].encode()).digest()).decode()
        self.assertIn("default-src 'none'", policy)
        self.assertIn(f"script-src 'sha256-{digest}'", policy)

    def test_a_mass_map(self):
        maps = self.write_map()
        page = self.report("m")
        self.check_sealed(page)
        self.assertEqual([a["id"] for a in page.named("section")],
                         ["maps", "peaks", "uncertainty", "residuals", "convergence", "more", "notes", "provenance"])
        self.assertEqual({a["data-name"] for a in page.named("figure") if "data-name" in a}, set(maps))
        self.assertIn("The mean of kappa_E", page.text["notes"])
        self.assertIn("0123456789ab", page.text["provenance"])
        self.assertIn("Converged", page.text["header"])
        self.assertEqual(page.row("1")[1:4], ["7.1", "150.1200", "+2.2100"])
        self.assertEqual(page.facts["sky"]["projection"], "TAN")
        self.assertEqual(page.named("html")[0]["lang"], "en")
        for attributes in page.named("div"):
            if attributes.get("role") == "img":
                self.assertTrue(attributes["aria-label"])

    def test_the_same_product_gives_the_same_bytes(self):
        self.write_map()
        self.assertEqual(self.report("m").source, self.report("m").source)

    def test_what_is_under_the_cursor_is_the_map(self):
        """The page's table and palette give the map back: codes, flips, mask."""
        maps = self.write_map()
        page = self.report("m")
        views_ = {a["data-name"]: page.facts["views"][int(a["data-view"])] for a in page.named("figure") if "data-name" in a}
        figures = [a["data-name"] for a in page.named("figure") if "data-name" in a]
        pictures = dict(zip(figures, [a["src"] for a in page.named("img")]))
        for name in ("kappa_E", "snr", "residual1"):
            view = views_[name]
            pixels = self.decode(pictures[name])
            palette = {tuple(bytes.fromhex(view["palette"])[3 * k:3 * k + 3]): k for k in range(1, 256)}
            self.assertEqual(len(palette), 255)
            shown = np.array([[np.nan if p[3] == 0 else view["values"][palette[tuple(p[:3])]] for p in row] for row in pixels])
            wanted = np.where(maps["mask"] > 0, maps[name], np.nan)[::-1, ::-1]  # north up, east to the left
            np.testing.assert_array_equal(np.isnan(shown), np.isnan(wanted))
            error = np.abs(shown - wanted)[np.isfinite(wanted)]
            self.assertLess(np.median(error), 0.51 * view["step"])
            spread = np.nanmax(wanted) - np.nanmin(wanted)
            self.assertLess(error.max(), 0.1 * spread)

    @staticmethod
    def decode(source):
        import io
        from PIL import Image
        data = base64.b64decode(source.split(",", 1)[1])
        return np.asarray(Image.open(io.BytesIO(data)).convert("RGBA"))

    def test_movies_turn_frame_by_frame(self):
        for axes, steps, first in (("tyx", 10, "t = 0 s"), ("zyx", 3, "z = 0"), ("tzyx", 10, "t = 0 s"), ("yx", 0, None), ("tx", 0, None)):
            with self.subTest(axes):
                maps = write_movie(self.path(axes + ".h5"), axes)
                page = self.report(axes)
                self.check_sealed(page)
                self.assertEqual(len(page.facts["steps"]), steps)
                self.assertEqual(len([a for a in page.named("input") if a.get("id") == "step"]), int(steps > 0))
                self.assertEqual({a["data-name"] for a in page.named("figure") if "data-name" in a}, set(maps))
                if first:
                    self.assertEqual(page.facts["steps"][0], first)
                    self.assertEqual(len(set(page.facts["views"][1]["frames"])), steps)  # the data: every frame has its noise

    def test_lines_are_charts(self):
        write_movie(self.path("x.h5"), "x")
        with h5py.File(self.path("x.h5"), "a") as f:
            f["maps/std"] = np.full(56, 2.0)
        page = self.report("x")
        self.assertEqual(page.facts["views"], [])
        self.assertIn("Data, model, estimate along x", page.text["maps"])
        self.assertIn("S/N along x", page.text["uncertainty"])
        self.assertGreaterEqual(len(page.named("svg")), 4)

    def test_nothing_from_a_file_becomes_html(self):
        name = "<b>&\"'"
        maps = {"kappa_E": np.ones((4, 5)), HOSTILE.replace("/", "|"): np.ones((4, 5))}
        products.write(self.path(name + ".h5"), maps, convergence=(products.iterations()[0], {"method": HOSTILE, "stopped": HOSTILE}))
        with h5py.File(self.path(name + ".h5"), "a") as f:
            f.attrs["program"] = HOSTILE
            for key in ("units", "long_name"):
                f["maps/kappa_E"].attrs[key] = HOSTILE
            f.create_group("config").attrs.update(toml=f'[data]\nfile = "{HOSTILE}"', source="<script>1</script>")
            f["notes"].attrs.update({HOSTILE: HOSTILE})
            f["provenance"].attrs["command"] = HOSTILE
            f["provenance"].attrs["inputs"] = '[{"path": "<script>x</script>", "bytes": 3, "sha256": "<img src=x>"}]'
            f["performance/phase"] = np.array([HOSTILE.encode()], dtype="S200")
            f["performance/calls"] = np.array([3])
            f["performance/<i>bytes"] = np.array([3.0])
        page = self.report(name)
        self.check_sealed(page)
        self.assertEqual([a for a in page.named("img") if a["src"] == "x"], [])
        for text in page.source.split("window.pwned=1")[:-1]:  # always as text: each has its bracket escaped in front
            self.assertTrue(text.endswith(("&lt;script&gt;", "\\u003cscript>")), text[-60:])
        self.assertFalse([mark for mark in ("\x01", "<!--") if mark in page.source])
        self.assertEqual(len(page.named("script")), 2)
        for section in ("config", "notes", "provenance", "performance"):
            self.assertIn("window.pwned=1", page.text[section] + page.text["header"])

    def test_every_column_of_performance_is_shown(self):
        self.write_map()
        with h5py.File(self.path("m.h5"), "a") as f:
            columns = {"calls": [10, 20], "seconds_mean": [3.0, 1.0], "seconds_max": [3.3, 2.0], "messages": [100, 0], "bytes": [1 << 40, 7]}
            for key, values in columns.items():
                f[f"performance/{key}"] = np.array(values)
            f["performance/seconds_mean"].attrs["units"] = "s"
            f["performance/phase"] = np.array([b"halo", b"write"])
            f["performance/broken"] = np.zeros(3)
        page = self.report("m")
        self.assertEqual(page.row("Phase"), ["Phase", "calls", "seconds mean [s]", "seconds max", "bytes", "messages", "imbalance", "share of these"])
        self.assertEqual(page.row("halo"), ["halo", "10", "3", "3.3", "1,099,511,627,776", "100", "1.10", "75.0 %"])
        self.assertEqual(page.row("write")[-2:], ["2.00", "25.0 %"])

    def test_odd_maps(self):
        rng = np.random.default_rng(3)
        nan, masked = {"kappa_E": np.full((9, 7), np.nan)}, {"kappa_E": rng.normal(size=(9, 7)), "mask": np.zeros((9, 7))}
        tests = [nan, masked, {"kappa_E": np.ones((1, 1))}, {"kappa_E": np.zeros((6, 5)), "mask": np.ones((6, 5))},
                 {"kappa_E": rng.normal(size=(3, 900)) * 1e300}, {"kappa_E": np.array([[np.inf, -np.inf, 1.0]])},
                 {"kappa_E": rng.normal(size=(3, 8, 9)), "mask": np.ones((8, 9)), "residual1": np.zeros((3, 8, 9))}]
        for number, maps in enumerate(tests):
            with self.subTest(number):
                products.write(self.path("odd.h5"), maps, convergence=None)
                page = self.report("odd")
                self.check_sealed(page)
                self.assertEqual("no finite value" in page.source, number < 2)
        self.assertEqual(len(page.facts["steps"]), 3)
        write_movie(self.path("one.h5"), "yx", maps={"data": np.ones((1, 1)), "estimate": np.ones((1, 1))})
        self.report("one")
        write_movie(self.path("void.h5"), "tyx", maps={"data": np.full((10, 4, 5), np.nan), "estimate": np.zeros((10, 4, 5))})
        self.report("void")

    def test_a_page_stays_small(self):
        rng = np.random.default_rng(4)
        products.write(self.path("big.h5"), {name: rng.normal(size=(300, 301)) for name in ("kappa_E", "kappa_B", "std")})
        write_movie(self.path("film.h5"), "tyx", maps={"data": rng.normal(size=(70, 90, 90)), "estimate": rng.normal(size=(70, 90, 90))})
        with mock.patch.object(views, "STILL_BYTES", 150_000), mock.patch.object(views, "MOVIE_BYTES", 250_000):
            still, film = self.report("big"), self.report("film")
        for page, limit in ((still, 150_000), (film, 250_000)):
            frames = [a["src"] for a in page.named("img")] + [f for v in page.facts["views"] for f in v.get("frames", [])]
            self.assertLess(sum(map(len, frames)), 1.1 * limit)
            self.assertGreater(sum(map(len, frames)), 0.4 * limit)
        self.assertIn("means of", still.source)
        self.assertEqual(len(film.facts["steps"]), 64)
        self.assertIn("64 of 70", film.source)

    def test_colours_of_a_palette_differ(self):
        for cmap in ("RdBu_r", "magma", "viridis", "gray", "binary_r"):
            colours = raster.Scale(-1, 1, -3, 3, cmap).colours()
            self.assertEqual(len({tuple(c) for c in colours.tolist()}), 256, cmap)


if __name__ == "__main__":
    unittest.main()
