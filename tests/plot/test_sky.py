"""Where things are drawn, against astropy's WCS of the same header and against plain geometry."""
import unittest

import numpy as np
from running import PlotTest
from astropy.wcs import WCS

import products
from lacuna_plot.pictures import draw_kappa, draw_peaks, draw_shear
from lacuna_plot.product import Product

FIELDS = [  # ra, dec, projection, pixel_arcmin
    (150.12, 2.21, "gnomonic", 0.3), (0.02, -50.0, "gnomonic", 2.0), (359.99, 85.0, "gnomonic", 1.0),
    (200.0, -89.5, "gnomonic", 1.0), (150.12, 2.21, "none", 0.3), (0.0, -50.0, "none", 1.5),
    (10.0, 0.0, "gnomonic", 20.0)]


def astropy_wcs(cards):
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = [cards["CTYPE1"], cards["CTYPE2"]]
    for name in ("crpix", "crval", "cdelt"):
        setattr(wcs.wcs, name, [cards[f"{name.upper()}1"], cards[f"{name.upper()}2"]])
    wcs.wcs.set()
    return wcs


class Sky(PlotTest):
    def product_at(self, ra, dec, projection, pixel, ny=120, nx=150, **more):
        maps, _ = products.mass_map(ny, nx)
        cards = products.header(ny, nx, pixel, ra, dec, projection)
        path = self.path("p.h5")
        products.write(path, maps, cards, pixel, **more)
        return path, astropy_wcs(cards)

    def test_pixels_and_sky_agree_with_astropy(self):
        rng = np.random.default_rng(5)
        x, y = rng.uniform(-0.5, 149.5, 500), rng.uniform(-0.5, 119.5, 500)
        for field in FIELDS:
            path, wcs = self.product_at(*field)
            product = Product(path)
            ra, dec = wcs.all_pix2world(x, y, 0)
            mine = product.frame.to_sky(x, y)
            self.assertLess(np.abs((mine[0] - ra + 180) % 360 - 180).max() * np.cos(np.radians(field[1])), 1e-9, field)
            self.assertLess(np.abs(mine[1] - dec).max(), 1e-9, field)
            back = product.frame.to_pixel(ra, dec)
            self.assertLess(max(np.abs(back[0] - x).max(), np.abs(back[1] - y).max()), 1e-6, field)
            product.close()

    def test_the_far_side_of_the_sky_is_nowhere(self):
        path, _ = self.product_at(*FIELDS[0])
        product = Product(path)
        x, _ = product.frame.to_pixel(np.array([150.12 - 180, 150.12]), np.array([-2.21, 2.21]))
        self.assertTrue(np.isnan(x[0]) and np.isfinite(x[1]))
        product.close()

    def test_marks_lie_where_astropy_puts_them(self):
        rng = np.random.default_rng(6)
        for field in FIELDS:
            cards = products.header(120, 150, field[3], *field[:3])
            x, y = rng.uniform(0, 149, 9), rng.uniform(0, 119, 9)
            ra, dec = astropy_wcs(cards).all_pix2world(x, y, 0)
            peaks = dict(ra=ra, dec=dec, snr=np.arange(9.0) + 3, x=x, y=y, kappa=x * 0)
            path, wcs = self.product_at(*field, peaks=peaks)
            for picture in (draw_kappa, draw_peaks):
                figure, _, _ = self.figure(picture, path)
                drawn = np.asarray(self.artist(figure.axes[0], "peaks").get_offsets())[::-1]  # highest first
                expected = np.column_stack(wcs.all_world2pix(ra, dec, 0))
                self.assertLess(np.abs(drawn - expected).max(), 0.01, field)

    def test_ticks_carry_true_coordinates(self):
        for field in FIELDS:
            path, wcs = self.product_at(*field)
            figure, _, _ = self.figure(draw_kappa, path)
            ax = figure.axes[0]
            if "Offset" in ax.get_xlabel():
                self.assertGreater(abs(field[1]) + 2, 85)  # only where a pole is near
                continue
            number = [float(t.get_text().replace("\N{MINUS SIGN}", "-")) for t in ax.get_xticklabels()]
            self.assertTrue(all(0 <= value < 360 for value in number), number)
            left, right = ax.get_xlim()
            self.assertGreater(left, right)  # columns run along +RA: east is to the left
            ra, _ = wcs.all_pix2world(ax.get_xticks(), np.full(len(number), -0.5), 0)
            ra_next, _ = wcs.all_pix2world(ax.get_xticks() + 1, np.full(len(number), -0.5), 0)
            scale = ((ra_next - ra + 180) % 360 - 180)  # deg of RA per pixel
            self.assertLess(np.abs(((ra - number + 180) % 360 - 180) / scale).max(), 0.05, field)
            self.assertGreater(abs(np.diff(ax.get_xticks()).mean()), 5)
            number = [float(t.get_text().replace("\N{MINUS SIGN}", "-")) for t in ax.get_yticklabels()]
            _, dec = wcs.all_pix2world(np.full(len(number), left), ax.get_yticks(), 0)
            self.assertLess(np.abs(dec - number).max() / (field[3] / 60), 0.05, field)

    def test_a_bright_pixel_at_high_ra_is_on_the_left_of_the_png(self):
        kappa = np.zeros((40, 40))
        kappa[30, 34] = 1.0  # far along +RA and +Dec
        products.write(self.path("p.h5"), {"kappa_E": kappa})
        self.run_plot(self.path("p.h5"), "--only", "map")
        figure, pixels, _ = self.figure(draw_kappa, self.path("p.h5"))
        box = figure.axes[0].get_window_extent()
        top, bottom = (int(pixels.shape[0] - y) for y in (box.y1, box.y0))
        inside = pixels[top + 3:bottom - 3, int(box.x0) + 3:int(box.x1) - 3]
        bright = np.argwhere(inside.sum(axis=2) > 2.0)  # magma: zero is black, the maximum pale yellow
        row, column = bright.mean(axis=0) / inside.shape[:2]
        self.assertAlmostEqual(column, 1 - 34.5 / 40, delta=0.01)
        self.assertAlmostEqual(row, 1 - 30.5 / 40, delta=0.01)

    def test_sticks_of_a_tangential_shear_are_tangential_on_the_page(self):
        y, x = np.mgrid[:100, :140]
        phi = np.arctan2(y - 40, x - 90)
        products.write(self.path("p.h5"), {"gamma1": -0.1 * np.cos(2 * phi), "gamma2": -0.1 * np.sin(2 * phi),
                                           "kappa_E": np.exp(-((x - 90) ** 2 + (y - 40) ** 2) / 50.0)})
        figure, _, _ = self.figure(draw_shear, self.path("p.h5"))
        ax = figure.axes[0]
        centre = ax.transData.transform((90, 40))
        ends = np.array([ax.transData.transform(s) for s in self.artist(ax, "sticks").get_segments()])
        along, radius = ends[:, 1] - ends[:, 0], ends.mean(axis=1) - centre
        far = np.hypot(*radius.T) > 60
        self.assertGreater(far.sum(), 100)
        cosine = np.abs((along * radius).sum(axis=1)) / np.hypot(*along.T) / np.hypot(*radius.T)
        self.assertLess(cosine[far].max(), 0.12)

    def test_marks_that_contradict_their_pixels_are_noted(self):
        values = dict(ra=150.12, dec=2.21, snr=5.0, x=10.0, y=10.0, kappa=0.1)
        path, _ = self.product_at(*FIELDS[0], peaks={name: np.array([value]) for name, value in values.items()})
        out, _ = self.run_plot(path, "--only", "map")
        self.assertIn("note: peaks: x, y and ra, dec differ", out)


if __name__ == "__main__":
    unittest.main()
