"""Whole products: what is drawn, the numbers that are stated (against numpy on whole maps), masks, memory, sameness."""
import hashlib
import os
import unittest

import h5py
import numpy as np
from running import PROGRAM, PlotTest
import matplotlib

import products
from lacuna_plot import layer as layers
from lacuna_plot.pictures import draw_kappa, draw_snr, draw_std
from lacuna_plot.product import Product
from lacuna_plot.statistics import residual_statistics

WHOLE = ["convergence", "count", "map", "modes", "overview", "peaks", "residuals", "shear", "snr", "std"]


class Drawing(PlotTest):
    def whole(self, **more):
        maps, places = products.mass_map()
        x, y, height = np.array(places).T
        cards = products.header(*maps["mask"].shape)
        ra = 150.12 + (x + 1 - cards["CRPIX1"]) * cards["CDELT1"]
        dec = 2.21 + (y + 1 - cards["CRPIX2"]) * cards["CDELT2"]
        peaks = dict(ra=ra, dec=dec, snr=height * 50, x=x, y=y, kappa=height)
        products.write(self.path("demo.h5"), maps, peaks=peaks, convergence=products.iterations(), **more)
        return maps

    def test_all_pictures_of_a_mass_map(self):
        maps = self.whole()
        out, _ = self.run_plot(self.path("demo.h5"))
        self.assertEqual(self.pictures(), [f"demo_{name}.png" for name in WHOLE])
        for name in self.pictures():
            self.look(name)
            self.assertIn(f"wrote {self.path(name)}: ", out)
        used = maps["mask"] > 0
        r = np.concatenate([maps[name][used] for name in ("residual1", "residual2")])
        self.assertIn(f"sd {r.std():.3f}, chi2 per datum {np.mean(r * r):.4g} over {r.size:,} data", out)
        self.assertIn("its most significant peak has S/N 10.0 at RA 149.89", out)

    def test_the_same_product_gives_the_same_bytes_whatever_matplotlibrc_says(self):
        self.whole()
        kept = []
        for folder in ("a", "b"):
            os.mkdir(self.path(folder))
            if folder == "b":
                with open(self.path("b/matplotlibrc"), "w") as rc:
                    rc.write("font.size: 30\nimage.origin: upper\naxes.facecolor: red\nsavefig.dpi: 33\n")
            for kind in ("png", "pdf"):
                result = self.run_program(self.path("demo.h5"), "--only", "overview,peaks", "--out", "out",
                                          "--format", kind, cwd=self.path(folder))
                self.assertEqual((result.returncode, result.stderr), (0, ""))
            names = self.pictures(self.path(f"{folder}/out"))
            self.assertEqual(len(names), 4)
            kept.append({name: self.digest(f"{folder}/out/{name}") for name in names})
        self.assertEqual(*kept)

    def digest(self, name):
        with open(self.path(name), "rb") as f:
            return hashlib.sha256(f.read()).hexdigest()

    def test_settings_do_not_leak(self):
        self.whole()
        before = dict(matplotlib.rcParams)
        self.run_plot(self.path("demo.h5"), "--only", "snr")
        self.assertEqual(before, dict(matplotlib.rcParams))

    def test_masked_pixels_look_masked_and_zero_does_not(self):
        maps = self.whole()
        for picture, name in ((draw_kappa, "kappa_E"), (draw_snr, "snr"), (draw_std, "std")):
            with h5py.File(self.path("demo.h5"), "a") as f:
                flat = maps[name] if name == "std" else np.where(maps["snr"] > 1, maps[name], 0.0)  # much of it zero
                f[f"maps/{name}"][...] = np.where(maps["mask"] > 0, flat, 0.0)
            figure, pixels, _ = self.figure(picture, self.path("demo.h5"))
            for masked in (True, False):
                y, x = np.nonzero((maps["mask"] == 0) == masked)
                colours = self.colours_at(figure, pixels, figure.axes[0], x, y)
                grey = (np.ptp(colours, axis=1) < 0.02) & (colours[:, 0] > 0.4) & (colours[:, 0] < 0.75)
                if masked:
                    self.assertGreater(grey.mean(), 0.97, name)
                else:
                    self.assertLess(grey.mean(), 0.02, name)

    def test_truth_beside_the_reconstruction(self):
        maps = self.whole()
        rng = np.random.default_rng(2)
        true = maps["kappa_E"] + 0.03 * rng.normal(size=maps["kappa_E"].shape) + 5.0
        haloes = dict(ra=np.array([150.1]), dec=np.array([2.2]))
        products.write(self.path("sim.h5"), {"kappa_true": true}, haloes=haloes, program="lacuna-simulate")
        with h5py.File(self.path("bare.h5"), "w") as f:
            f["kappa_true"], f["elsewhere"] = true, true.astype(">f4")
        used = maps["mask"] > 0
        error = (maps["kappa_E"] - true)[used]
        for truth in ("sim.h5", "bare.h5", "bare.h5:elsewhere"):
            out, _ = self.run_plot(self.path("demo.h5"), "--truth", self.path(truth), "--only", "truth")
            correlation, rms = np.corrcoef(maps["kappa_E"][used], true[used])[0, 1], np.sqrt(np.mean(error**2))
            self.assertIn(f"correlation {correlation:.3f}, rms error {rms:.3g} (mean {error.mean():+.2g}, "
                          f"sd {error.std():.3g}) over {used.sum():,} pixels", out)
            self.assertIn(f"has sd {np.std(error / maps['std'][used]):.3f}", out)
            self.look("demo_truth.png")

    def test_a_simulated_survey(self):
        maps, _ = products.mass_map()
        simulated = {"kappa_true": maps["kappa_E"], "count": maps["count"], "mask": maps["mask"],
                     "gamma1_true": maps["gamma1"], "gamma2_true": maps["gamma2"]}
        haloes = dict(ra=np.array([150.1, 150.2]), dec=np.array([2.2, 2.1]))
        products.write(self.path("sim.h5"), simulated, haloes=haloes, program="lacuna-simulate")
        out, _ = self.run_plot(self.path("sim.h5"))
        self.assertEqual(self.pictures(), [f"sim_{n}.png" for n in ("count", "mask", "overview", "shear", "true")])
        for name in self.pictures():
            self.look(name)
        self.assertIn("2 haloes were put into the field", out)
        self.assertIn("kappa_true, shear, count.", out)
        self.assertIn(f"{100 * (maps['mask'] > 0).mean():.1f} % of the field", out)

    def test_cluster_lists(self):
        self.whole()
        haloes = dict(ra=np.array([150.1, 30.0]), dec=np.array([2.2, 2.0]))
        products.write(self.path("sim.h5"), {"kappa_true": np.zeros((3, 3))}, haloes=haloes)
        lists = {"blank.txt": "# a list\n# ID  RA  DEC  z\n7 150.1 2.2 0.3\n8 30 2 0.3\n",
                 "named.csv": "name,dec_deg,ra_deg\nA,2.2,150.1\n",
                 "two.txt": "150.1 2.2\n", "hash.txt": "#ra[deg] dec[deg]\n150.1 2.2\n"}
        for name, text in lists.items():
            with open(self.path(name), "w") as f:
                f.write(text)
        for name in [*lists, "sim.h5"]:
            out, _ = self.run_plot(self.path("demo.h5"), "--only", "map", "--clusters", self.path(name))
            self.assertIn("1 of the clusters given lie in the field", out, name)

    def test_block_averages_and_statistics_equal_numpy_on_the_whole_map(self):
        rng = np.random.default_rng(8)
        ny, nx, block = 1301, 2501, 3
        values, mask = rng.normal(3, 1, (ny, nx)), (rng.random((ny, nx)) < 0.3).astype(np.uint8)
        mask[:200, :300] = 0
        values[500:600, :50] = np.nan
        products.write(self.path("big.h5"), {"kappa_E": values, "mask": mask, "residual1": values})
        normal = layers.SLAB_BYTES
        for layers.SLAB_BYTES in (normal, 400_000):  # one slab; many
            product = Product(self.path("big.h5"))
            layer = product.layer("kappa_E")
            statistics = residual_statistics(layers.used_values([product.dataset("residual1")], product.mask))
            good = (mask > 0) & np.isfinite(values)
            bad = (mask > 0) & ~np.isfinite(values)
            self.assertEqual((layer.block, layer.used, layer.bad), (block, good.sum(), bad.sum()))
            self.assertAlmostEqual(statistics.sd, values[good].std(), places=10)
            self.assertAlmostEqual(statistics.mean, values[good].mean(), places=10)
            z = (values[good] - values[good].mean()) / values[good].std()
            self.assertAlmostEqual(statistics.skewness, (z**3).mean(), places=10)
            self.assertAlmostEqual(statistics.kurtosis, (z**4).mean() - 3, places=10)
            cells = rng.integers(0, [-(-ny // block), -(-nx // block)], (300, 2)).tolist()
            for j, i in cells + [[433, 833], [0, 0], [180, 5]]:  # the last, smaller one; a masked one; one with NaN
                cell = (slice(j * block, (j + 1) * block), slice(i * block, (i + 1) * block))
                inside = values[cell][good[cell]]
                self.assertEqual(bool(layer.values.mask[j, i]), inside.size == 0)
                if inside.size:
                    self.assertAlmostEqual(layer.values[j, i], inside.mean(), places=12)
            product.close()

    def test_a_large_map_needs_little_memory(self):
        n = 8192
        with h5py.File(self.path("large.h5"), "w") as f:  # 512 MiB a map; chunks never written read as the fill value
            f.attrs.update(format="lacuna", format_version=1, program="lacuna-massmap", complete=1)
            for name, fill in (("kappa_E", 0.01), ("std", 0.02), ("mask", 1.0)):
                d = f.create_dataset(f"maps/{name}", (n, n), "f8", chunks=(512, 512), fletcher32=True, fillvalue=fill)
                d[1024:1536, 2048:2560] = fill * np.linspace(1, 4, 512)
            f.create_group("grid").attrs.update(nx=n, ny=n, pixel_arcmin=0.1, **products.header(n, n, 0.1))
        script = ("import os,resource,sys;p=os.spawnv(os.P_WAIT,sys.argv[1],sys.argv[1:]);"
                  "print('peak',resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss);sys.exit(p)")
        result = self.run_program("-c", script, PROGRAM, self.path("large.h5"), "--only", "map,std",
                                  program=os.environ["LACUNA_PYTHON"])
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertLess(int(result.stdout.split("peak")[1]) / 1024, 450)  # MiB, 110 of them Python's modules
        self.look("large_map.png")


if __name__ == "__main__":
    unittest.main()
