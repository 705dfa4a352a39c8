"""Files of io against h5py and astropy, and what happens when disks, folders and files are bad.

usage: check_files.py TESTS PROBE MPIEXEC...     (TESTS: Written, Read or Faults; PROBE: the program io_probe)
"""
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
import unittest
import warnings

import h5py
import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

from probing import command, content, ENV, field, Files, probe, put


class Written(Files):
    def test_product(self):
        source = self.at("input.bin")
        put(source, random.Random(1).randbytes(10_000_000))
        digest = hashlib.sha256(content(source)).hexdigest()
        for ranks, ny, nx in ((1, 37, 29), (2, 37, 29), (3, 700, 600), (4, 2, 3)):
            name = f"p{ranks}"
            code, _, errors = probe(ranks, "product", self.folder, name, ny, nx, source)
            self.assertEqual(code, 0, errors)
            with h5py.File(self.at(name + ".h5")) as f:
                self.assertEqual((f.attrs["format"], f.attrs["format_version"], f.attrs["complete"]), ("lacuna", 1, 1))
                self.assertEqual(f.attrs["program"], "lacuna-probe")
                for map_name, channel, units in (("kappa_E", 0, "1"), ("std", 1, "arcmin")):
                    d = f["maps"][map_name]
                    self.assertEqual(d.dtype, np.float64)
                    np.testing.assert_array_equal(d[()], field(ny, nx, channel))
                    self.assertTrue(d.fletcher32)
                    self.assertLessEqual(np.prod(d.chunks) * 8, 1 << 21)
                    self.assertEqual(d.attrs["units"], units)
                    np.testing.assert_array_equal(d.dims[0][0][()], f["grid/y"][()])
                    np.testing.assert_array_equal(d.dims[1][0][()], f["grid/x"][()])
                    self.assertEqual([x.label for x in d.dims], ["y", "x"])
                self.assertEqual(f["maps/kappa_E"].attrs["long_name"], "convergence, E-mode")
                grid = f["grid"]
                np.testing.assert_allclose(grid["x"], (np.arange(nx) - (nx - 1) / 2) * 0.29, atol=1e-12)
                np.testing.assert_allclose(grid["y"], (np.arange(ny) - (ny - 1) / 2) * 0.29, atol=1e-12)
                self.assertEqual((grid.attrs["nx"], grid.attrs["ny"], grid.attrs["pixel_arcmin"]), (nx, ny, 0.29))
                self.assertEqual((grid.attrs["CTYPE1"], grid.attrs["CRVAL1"]), ("RA---TAN", 150.1))
                self.assertEqual((grid.attrs["projection"], grid.attrs["CRPIX1"]), ("gnomonic", 0.5 * (nx + 1)))
                self.assertEqual(f["config"].attrs["toml"], '[data]\nfile = "caf\u00e9"\n')
                origin = dict(f["provenance"].attrs)
                self.assertEqual((origin["ranks"], origin["seed"], origin["slurm_job_id"]), (ranks, 42, "4711"))
                for library in ("PETSc", "HDF5", "fftw", "CFITSIO", "WCSLIB", "MPI"):
                    self.assertIn(library, origin["libraries"])
                self.assertEqual(json.loads(origin["inputs"]), [{"path": source, "bytes": 10_000_000, "sha256": digest}])
                c = f["convergence"]
                np.testing.assert_array_equal(c["residual"][()], [0.25, 0.25])
                self.assertTrue(np.isnan(c["energy"][()]).all())
                self.assertEqual((c.attrs["method"], c.attrs["stopped"], c.attrs["rtol"]), ("wiener", "converged", 1e-6))
                self.assertEqual(list(f["performance/phase"].asstr()), ["fft"])
                self.assertEqual(list(f["performance/calls"]), [7])
                self.assertEqual((f["peaks/ra"][0], f["peaks/kappa"][0]), (150.125, 0.06))
                self.assertEqual(f["notes"].attrs["mean_convention"], "the mean is zero")
            with open(self.at(name + "_peaks.csv")) as f:
                self.assertEqual(f.readline().strip(), "ra_deg,dec_deg,snr,kappa,x,y")
                self.assertEqual([float(v) for v in f.readline().split(",")], [150.125, 2.25, 4.5, 0.06, 10, 11.5])
            self.read((self.at(name + ".h5"), "maps/std", field(ny, nx, 1)))
        self.assertFalse([n for n in os.listdir(self.folder) if n.endswith(".tmp")])

    def test_fits_world_coordinates(self):
        ny, nx = 37, 29
        tan = ("RA---TAN", "DEC--TAN", 15.0, 19.0, 150.11987654321, 2.20567890123, 0.00483333333333, 0.00483333333333)
        small = ("RA---TAN", "DEC--TAN", 15.0, 19.0, 359.99999876543, -51.2, 8.3e-6, 8.3e-6)  # HST pixels, RA wraps
        car = ("RA---CAR", "DEC--CAR", 15.0, -1234.5, 10.0, 0.0, 0.01, 0.01)
        for i, numbers in enumerate((tan, small, car)):
            path = self.at(f"w{i}.fits")
            code, _, errors = probe(1 + i, "fits", path, ny, nx, *map(str, numbers))
            self.assertEqual(code, 0, errors)
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # astropy warns of wrong checksums and of odd headers
                with fits.open(path, checksum=True) as f:
                    hdu = f[0]
                    np.testing.assert_array_equal(hdu.data, field(ny, nx, 1))
                    self.assertIn("CHECKSUM", hdu.header)
                    self.assertIn("DATASUM", hdu.header)
                    self.assertEqual((hdu.header["BUNIT"], hdu.header["RADESYS"]), ("arcmin", "ICRS"))
                    self.assertTrue(hdu.header["LONGNAME"].endswith("fit on one card"))
                    self.assertEqual((hdu.header["CUNIT1"], hdu.header["CUNIT2"]), ("deg", "deg"))
                    found = WCS(hdu.header)
            expected = WCS(naxis=2)
            expected.wcs.ctype, expected.wcs.crpix = numbers[:2], numbers[2:4]
            expected.wcs.crval, expected.wcs.cdelt = numbers[4:6], numbers[6:8]
            y, x = np.mgrid[0:ny:4, 0:nx:4]
            back = found.wcs_world2pix(*expected.wcs_pix2world(x, y, 0), 0)
            self.assertLess(np.abs(np.asarray(back) - (x, y)).max(), 1e-6)
        # the gnomonic projection, written out (Calabretta & Greisen 2002)
        with fits.open(self.at("w0.fits")) as f:
            ra, dec = WCS(f[0].header).wcs_pix2world(x, y, 0)
        ra0, dec0 = np.radians(tan[4]), np.radians(tan[5])
        ra, dec = np.radians(ra), np.radians(dec)
        cos = np.sin(dec0) * np.sin(dec) + np.cos(dec0) * np.cos(dec) * np.cos(ra - ra0)
        xi = np.degrees(np.cos(dec) * np.sin(ra - ra0) / cos)
        eta = np.degrees((np.cos(dec0) * np.sin(dec) - np.sin(dec0) * np.cos(dec) * np.cos(ra - ra0)) / cos)
        np.testing.assert_allclose(xi / tan[6] + tan[2] - 1, x, atol=1e-6)
        np.testing.assert_allclose(eta / tan[7] + tan[3] - 1, y, atol=1e-6)
        self.read((self.at("w0.fits"), "", field(ny, nx, 1)), (self.at("w0.fits"), "KAPPA", field(ny, nx, 1)))


class Read(Files):
    def test_hdf5_of_others(self):
        path = self.at("a.h5")
        image = np.arange(7 * 11).reshape(7, 11) % 97
        with h5py.File(path, "w") as f:
            for name in ("<f2", ">f2", "<f4", ">f4", ">f8", "<i1", ">i2", "<i4", ">i8", "<u2", ">u4", "<u8"):
                f["t/" + name] = image.astype(name)
            f["bool"] = image % 3 == 0
            f.create_dataset("gzip", data=image, chunks=(3, 4), compression="gzip", shuffle=True, fletcher32=True)
            f.create_dataset("resizable", data=image.astype("f4"), maxshape=(None, None))
            f["leading"] = image[None, None]
            f["transposed"] = image.astype("f8").T
            f["nan"] = np.where(image == 14, np.nan, image)
            f["names"] = np.array(["a", "b"], dtype="S")
            f["complex"] = image.astype(complex)
            types = [(path, "t/" + name, image.astype(name)) for name in f["t"]]
        self.refused(65, [path, "nan", "row 1, column 3"], "read", path, "nan")
        self.refused(65, [path, "names"], "read", path, "names")
        self.refused(65, [path, "complex"], "read", path, "complex")
        with h5py.File(self.at("new.h5"), "w", libver="latest") as f:  # the newer file format
            f.create_dataset("a", data=image, chunks=(2, 11), fletcher32=True)
        others = [(path, name, image) for name in ("gzip", "resizable", "leading")]
        self.read(*types, *others, (path, "transposed", image.T), (path, "bool", image % 3 == 0),
                  (self.at("new.h5"), "a", image))

    def test_hdf5_hostile(self):
        path, other = self.at("a.h5"), self.at("other.h5")
        with h5py.File(other, "w") as f:
            f["secret"] = np.ones((4, 5))
        layout = h5py.VirtualLayout((4, 5), "f8")
        layout[:] = h5py.VirtualSource(other, "secret", (4, 5))
        with h5py.File(path, "w") as f:
            f["link"] = h5py.ExternalLink(other, "secret")
            f.create_virtual_dataset("vds", layout)
            f.create_dataset("raw", (4, 5), "f8", external=[(other, 0, 160)])
            f["cycle"] = h5py.SoftLink("/cycle")
            f["g/gamma1"] = np.ones((4, 5))
        for name in ("link", "vds", "raw"):
            self.refused(65, [path, name, "refused"], "read", path, name)
        self.refused(65, [path, "cycle"], "read", path, "cycle")
        self.refused(65, [path, "gamma1", "nearest: g/gamma1"], "read", path, "gamma1")
        self.refused(66, [path + "x"], "read", path + "x", "gamma1")

    def test_hdf5_damaged(self):
        path = self.at("a.h5")
        with h5py.File(path, "w") as f:
            f["g/gamma1"] = np.ones((4, 5))
        data = content(path)
        put(self.at("cut.h5"), data[: len(data) * 2 // 3])
        self.refused(65, ["cut.h5", "truncated"], "read", self.at("cut.h5"), "g/gamma1")
        rng = random.Random(7)
        for i in range(6):  # metadata: HDF5 itself may crash on them, but the job must end
            broken = bytearray(data)
            for _ in range(20):
                broken[rng.randrange(8, len(data))] ^= 1 << rng.randrange(8)
            put(self.at("bits.h5"), broken)
            code, _, errors = probe(1 + i % 3, "read", self.at("bits.h5"), "g/gamma1")
            self.assertTrue(code in (0, 65) or code >= 128, errors)

    def test_fits_of_others(self):
        image = (np.arange(7 * 11).reshape(7, 11) * 3) % 251
        types = ("u1", "i2", "i4", "i8", "f4", "f8", "u2", "u4")
        for name in types:
            fits.PrimaryHDU(image.astype(name)).writeto(self.at(name + ".fits"), checksum=True)
        path = self.at("extensions.fits")
        scaled = fits.ImageHDU(image.astype("f8"), name="SCALED")
        scaled.scale("int16", bscale=0.5, bzero=100)
        packed = fits.CompImageHDU(image.astype("i4"), name="PACKED")
        fits.HDUList([fits.PrimaryHDU(), scaled, packed]).writeto(path, checksum=True)
        self.read(*((self.at(name + ".fits"), "", image) for name in types),
                  *((path, name, image) for name in ("", "SCALED", "1", "PACKED", "2")))
        self.refused(65, [path, "not an image"], "read", path, "0")
        self.refused(66, ["[1:3,1:3]"], "read", path + "[1:3,1:3]", "")
        data = bytearray(content(self.at("f8.fits")))
        data[2880 + 8 * 20 + 3] ^= 1
        put(self.at("bit.fits"), data)
        self.refused(65, ["bit.fits", "checksum"], "read", self.at("bit.fits"), "")
        put(self.at("cut.fits"), data[: 2880 + 100])
        self.refused(65, ["cut.fits", "truncated"], "read", self.at("cut.fits"), "")


class Faults(Files):
    def product(self, ranks, folder, ny=40, nx=50, *more, name="map"):
        return probe(ranks, "product", folder, name, ny, nx, __file__, *more)

    def mount(self, options):
        where = self.at("disk")
        os.mkdir(where)
        if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", where], capture_output=True).returncode:
            self.skipTest("SKIPPED: a small disk cannot be mounted here (needs root)")
        self.addCleanup(subprocess.run, ["umount", where], check=True)
        return where

    def test_existing_output_is_kept(self):
        put(self.at("map.h5"), b"precious")
        self.refused(73, ["map.h5", "--overwrite"], "product", self.folder, "map", 4, 5, __file__)
        self.assertEqual(content(self.at("map.h5")), b"precious")
        self.assertEqual(os.listdir(self.folder), ["map.h5"])
        self.assertEqual(self.product(2, self.folder, 4, 5, "overwrite")[0], 0)
        self.assertTrue(h5py.is_hdf5(self.at("map.h5")))

    def test_folders(self):
        self.refused(73, ["nowhere"], "product", self.at("nowhere"), "map", 4, 5, __file__)
        self.refused(73, ["cannot create"], "product", "/proc", "map", 4, 5, __file__)
        self.refused(66, ["no such input"], "product", self.folder, "map", 4, 5, self.at("no such input"))
        self.assertEqual(os.listdir(self.folder), [])

    def test_read_only_disk(self):
        self.refused(73, ["Read-only"], "product", self.mount("size=1m,ro"), "map", 4, 5, __file__)

    def test_full_disk(self):
        disk = self.mount("size=2m")
        for ranks in (1, 3):
            code, _, errors = self.product(ranks, disk, 1000, 1000)
            self.assertEqual((code, len(errors)), (74, 1), errors)
            self.assertIn("No space left", errors[0])
            self.assertEqual(os.listdir(disk), [])
            numbers = "RA---TAN DEC--TAN 1 1 1 1 0.1 0.1".split()
            code, _, errors = probe(ranks, "fits", disk + "/map.fits", 1000, 1000, *numbers)
            self.assertEqual((code, len(errors)), (74, 1), errors)
            self.assertEqual(os.listdir(disk), [])
        code, _, errors = self.product(2, disk, 100, 100)  # what fits is written
        self.assertEqual(code, 0, errors)
        old = content(disk + "/map.h5")
        self.assertEqual(self.product(2, disk, 1000, 1000, "overwrite")[0], 74)
        self.assertEqual(content(disk + "/map.h5"), old)

    def test_disk_that_fails_while_writing(self):
        for ranks in (1, 3):
            code, _, errors = probe(ranks, "broken-disk", self.folder, 1500, 1000)
            self.assertEqual((code, len(errors)), (74, 1), errors)
            self.assertIn("broken.h5", errors[0])
            self.assertFalse(os.path.exists(self.at("broken.h5")))
            self.assertEqual(os.listdir(self.folder), [])

    def test_one_rank_fails_alone(self):
        for ranks in (1, 3):
            code, _, errors = probe(ranks, "one-fails", self.folder)
            self.assertEqual((code, len(errors)), (65, 1), errors)
            self.assertIn("this rank alone", errors[0])
            self.assertFalse(os.path.exists(self.at("alone.h5")))

    def test_kill_leaves_a_whole_file(self):
        rng = random.Random(3)
        for _ in range(3):
            run = subprocess.Popen(command(2, "again", self.folder, "map", 900, 800, __file__, "overwrite"), env=ENV,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            deadline = time.time() + 30
            while not os.path.exists(self.at("map.h5")) and time.time() < deadline:
                time.sleep(0.02)
            time.sleep(rng.uniform(0.2, 1.0))
            with open(f"/proc/{run.pid}/task/{run.pid}/children") as f:
                ranks = [int(pid) for pid in f.read().split()]
            for pid in (*ranks, run.pid):
                os.kill(pid, signal.SIGKILL)
            run.wait()
            while any(os.path.exists(f"/proc/{pid}") for pid in ranks):
                time.sleep(0.02)
            with h5py.File(self.at("map.h5")) as f:
                self.assertEqual(f.attrs["complete"], 1)
                np.testing.assert_array_equal(f["maps/std"][()], field(900, 800, 1))
        self.assertEqual(self.product(1, self.folder, 9, 8, "overwrite")[0], 0)  # the stale .tmp is no obstacle
        self.assertEqual(sorted(os.listdir(self.folder)), ["map.h5", "map_peaks.csv"])


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    unittest.main(argv=["check_files.py", sys.argv[1]], verbosity=2)
