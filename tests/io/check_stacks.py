"""Stacks that lacuna writes, read by h5py, PIL and astropy: check_stacks.py PROBE MPIRUN FLAGS...; NUMBER of ranks is
appended to the flags."""
import os
import subprocess
import sys
import tempfile
import unittest
import warnings

import h5py
import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from PIL import Image

PROBE, RUN = sys.argv[1], sys.argv[2:]


class Stacks(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="lacuna-stacks-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def at(self, name):
        return os.path.join(self.folder, name)

    def probe(self, ranks, *words):
        done = subprocess.run([*RUN, str(ranks), PROBE, *map(str, words)], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_what_is_written(self):
        for ranks, shape, axes in ((1, (3, 2, 5, 7), "tzyx"), (2, (3, 1, 5, 7), "tyx"), (3, (1, 4, 3, 6), "zyx"),
                                   (3, (2, 2, 30, 41), "tzyx"), (2, (6, 1, 0, 9), "tx"), (3, (1, 1, 8, 5), "yx"),
                                   (2, (1, 1, 0, 5), "x"), (2, (1, 1, 700, 900), "yx")):
            with self.subTest(shape=shape, ranks=ranks):
                self.probe(ranks, "write", self.folder, *shape)
                full = tuple(max(n, 1) for n in shape)
                kept = tuple(full["tzyx".index(letter)] for letter in axes)
                truth = np.arange(np.prod(full)) + 0.25
                with h5py.File(self.at("stack.h5")) as f:
                    d = f["maps/estimate"]
                    np.testing.assert_array_equal(d[()], truth.reshape(kept))
                    self.assertEqual("".join(dim.label for dim in d.dims), axes)
                    self.assertEqual(f["grid"].attrs["axes"], axes)
                    first = {"t": 5, "z": 1, "y": 20, "x": 300}
                    for i, letter in enumerate(axes):
                        places = first[letter] + np.arange(kept[i])
                        if letter == "t" and kept[i] == 3:
                            places = [0, 1.5, 4]
                        np.testing.assert_array_equal(d.dims[i][0][()], places)
                with warnings.catch_warnings():
                    warnings.simplefilter("error")  # astropy warns of a wrong checksum
                    with fits.open(self.at("stack.fits"), checksum=True) as f:
                        f.verify("exception")
                        np.testing.assert_array_equal(f[0].data, truth.reshape(kept))
                        self.assertEqual((f[0].header["BUNIT"], f[0].header["EXTNAME"]), ("counts", "ESTIMATE"))
                with Image.open(self.at("stack.tif")) as image:
                    self.assertEqual((image.mode, image.n_frames), ("F", full[0] * full[1]))
                    text = image.tag_v2[270]
                    planes = []
                    for i in range(image.n_frames):
                        image.seek(i)
                        planes.append(np.array(image))
                np.testing.assert_array_equal(np.array(planes).ravel(), truth.astype("f4"))
                self.assertTrue(text.startswith("ImageJ=1."))
                self.assertIn(f"images={full[0] * full[1]}\n", text)
                self.assertIn("min=0.25\n", text)
                self.assertEqual("slices=" in text, full[1] > 1)
                self.assertEqual("frames=" in text, full[0] > 1)
                self.assertEqual([n for n in os.listdir(self.folder) if n.endswith(".tmp")], [])

    def test_the_sky_stays_where_it_is(self):
        header = fits.Header({"CTYPE1": "RA---TAN-SIP", "CTYPE2": "DEC--TAN-SIP", "CRPIX1": 12.5, "CRPIX2": 7.25,
                              "CRVAL1": 266.4, "CRVAL2": -29.0, "CD1_1": -1.4e-4, "CD1_2": 3e-6, "CD2_1": 2e-6,
                              "CD2_2": 1.3e-4, "A_ORDER": 2, "A_2_0": 1e-4, "B_ORDER": 2, "B_1_1": -2e-4,
                              "OBJECT": "Sgr A*", "CUNIT1": "deg", "CUNIT2": "deg", "HISTORY": "not copied"})
        moving = header.copy()
        for key in ("A_ORDER", "A_2_0", "B_ORDER", "B_1_1"):  # SIP is for images alone
            del moving[key]
        moving.update({"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CTYPE3": "TIME", "CRPIX3": 1.0, "CRVAL3": 100.0, "CDELT3": 2.5, "CD3_3": 2.5, "CUNIT3": "s"})
        for data, head, axes in ((np.zeros((20, 30), "f4"), header, "yx"), (np.zeros((6, 20, 30), "f4"), moving, "tyx")):
            fits.PrimaryHDU(data, head).writeto(self.at("in.fits"), overwrite=True)
            self.probe(2, "copy", self.at("in.fits"), self.at("out.fits"), axes, 2, 5, 3, 15, 4, 26)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                before, after = WCS(fits.getheader(self.at("in.fits"))), WCS(fits.getheader(self.at("out.fits")))
            shift = [4, 3, 2][:len(axes)]
            pixels = np.array([[5.0, 6, 1], [20, 9, 2]])[:, :len(axes)]
            np.testing.assert_allclose(after.all_pix2world(pixels, 0), before.all_pix2world(pixels + shift, 0), rtol=1e-13)
            got = fits.getheader(self.at("out.fits"))
            self.assertEqual(got["OBJECT"], "Sgr A*")
            self.assertNotIn("HISTORY", got)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
