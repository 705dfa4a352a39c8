"""Products at the edge: tiny and stretched grids, constant, huge and masked maps, missing parts. All must be drawn."""
import os
import unittest

import h5py
import numpy as np
from running import PlotTest

import products


class Odd(PlotTest):
    def draw(self, maps, expect_note=None, every=False, only="map,overview", **more):
        """The two pictures that use most of the code, or every one."""
        products.write(self.path("odd.h5"), maps, **more)
        for name in self.pictures():
            os.unlink(self.path(name))
        out, _ = self.run_plot(self.path("odd.h5"), "--dpi", 50, *([] if every else ["--only", only]))
        names = self.pictures()
        for name in only.split(","):
            self.assertTrue(f"odd_{name}.png" in names or f"note: {name}: not drawn" in out, name)
        for name in names:
            self.look(name)
        if expect_note:
            self.assertIn(expect_note, out)
        return out, names

    def test_tiny_and_stretched_grids(self):
        for shape in ((1, 1), (7, 1), (3, 5), (700, 3), (1, 3000)):
            with self.subTest(shape):
                maps, _ = products.mass_map(*shape)
                maps["mask"][...] = 1
                self.draw(maps, peaks=dict(ra=np.array([150.12]), dec=np.array([2.21]), snr=np.array([4.0])),
                          convergence=products.iterations(1), every=shape in ((3, 5), (1, 3000)))

    def test_values_of_every_size(self):
        maps, _ = products.mass_map(20, 30)
        for factor in (0.0, 1e-300, 1e-30, -1.0, 1e12, 1e300):
            with self.subTest(factor):
                scaled = {name: values if name == "mask" else values * factor for name, values in maps.items()}
                self.draw(scaled, every=factor == 1e300, only="map")

    def test_equal_values(self):
        for value in (0.0, 1.0, -3.5, 1e15):
            with self.subTest(value):
                names = ("kappa_E", "kappa_B", "std", "snr", "residual1", "residual2", "gamma1", "gamma2")
                self.draw({name: np.full((12, 17), value) for name in names}, every=value == 1.0, only="map")

    def test_all_masked(self):
        maps, _ = products.mass_map(20, 30)
        maps["mask"][...] = 0
        maps["residual1"][...] = maps["residual2"][...] = np.nan
        self.draw(maps, expect_note="note: kappa_E: no usable pixel", every=True)

    def test_values_that_are_not_finite_inside_the_mask_are_noted(self):
        maps, _ = products.mass_map(20, 30)
        maps["mask"][...] = 1
        maps["snr"][3, 4:7] = np.inf, -np.inf, np.nan
        maps["kappa_E"][...] = np.nan
        out, _ = self.draw(maps, expect_note="note: snr: 3 pixels inside the mask are not finite")
        self.assertIn("note: kappa_E: 600 pixels", out)

    def test_each_part_may_be_missing(self):
        maps, _ = products.mass_map(20, 30)
        for gone in (["std", "snr"], ["kappa_B", "kappa_ks"], ["residual1"], ["count", "mask"], ["gamma1"]):
            with self.subTest(gone):
                self.draw({name: values for name, values in maps.items() if name not in gone}, only="overview,shear")
        out, names = self.draw({"kappa_E": maps["kappa_E"]}, every=True)
        self.assertIn("note: std: not drawn", out)
        self.assertIn("note: peaks: not drawn", out)

    def test_peaks_that_nobody_looked_for(self):
        maps, _ = products.mass_map(20, 30)
        del maps["snr"]
        empty = {name: np.zeros(0) for name in ("ra", "dec", "snr", "x", "y", "kappa")}
        out, names = self.draw(maps, every=True, peaks=empty)
        self.assertRegex(out, "note: peaks: not drawn, .*odd.h5 has no /maps/snr")
        self.assertNotIn("odd_peaks.png", names)

    def test_iterations_without_numbers(self):
        maps, _ = products.mass_map(20, 30)
        nan = np.full(3, np.nan)
        columns = {"iteration": np.arange(3), "residual": nan, "energy": nan, "chi2_per_datum": nan}
        only = "map,overview,convergence"
        out, _ = self.draw(maps, convergence=(columns, {"method": "kaiser-squires"}), only=only)
        self.assertIn("note: convergence: not drawn", out)
        columns.update(residual=np.array([1.0, 0.1, 0.0]), energy=np.array([-5.0, -7.0, -8.0]))
        self.draw(maps, convergence=(columns, {"rtol": 1e-6}), only=only)
        self.assertIn("odd_convergence.png", self.pictures())

    def test_no_peak(self):
        maps, _ = products.mass_map(20, 30)
        empty = np.empty(0)
        peaks = dict.fromkeys(("ra", "dec", "snr", "x", "y", "kappa"), empty)
        out, _ = self.draw(maps, peaks=peaks, only="map,overview,peaks")
        self.assertIn("no peak in the list", out)

    def test_a_grid_without_wcs_is_labelled_with_offsets(self):
        maps, _ = products.mass_map(20, 30)
        peaks = {name: np.array([value]) for name, value in dict(ra=np.nan, dec=np.nan, snr=4.0, x=3.0, y=2.0).items()}
        self.draw(maps, cards={}, peaks=peaks, expect_note="note: no usable WCS")
        orthographic = {**products.header(20, 30), "CTYPE1": "RA---SIN", "CTYPE2": "DEC--SIN"}
        self.draw(maps, cards=orthographic, pixel_arcmin=0.0, expect_note="note: no usable WCS")

    def test_frames_of_a_cube(self):
        maps, _ = products.mass_map(20, 30)
        cube = np.stack([maps["kappa_E"], maps["kappa_E"] + 100.0])
        products.write(self.path("cube.h5"), {"kappa_E": cube, "mask": maps["mask"]})
        for frame, level in ((0, 0), (1, 100)):
            out, _ = self.run_plot(self.path("cube.h5"), "--only", "map", "--frame", frame)
            self.assertIn(f"mean {cube[frame][maps['mask'] > 0].mean():.3g} ", out)
        _, err = self.run_plot(self.path("cube.h5"), "--frame", 2, code=65)
        self.assertIn("no frame 2", err)

    def test_other_types_and_byte_orders(self):
        maps, _ = products.mass_map(20, 30)
        mask, count = maps["mask"].astype(bool), maps["count"].astype("<u2")
        self.draw({"kappa_E": maps["kappa_E"].astype(">f4"), "mask": mask, "count": count})
        with h5py.File(self.path("odd.h5")) as f:
            self.assertEqual(f["maps/kappa_E"].dtype, np.dtype(">f4"))


if __name__ == "__main__":
    unittest.main()
