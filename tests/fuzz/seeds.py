"""Small files of every kind that is read, for check_mutants.py: most of their bytes are structure, not data."""
import os
import sys

import h5py
import numpy as np
import scipy.io
import scipy.sparse as sp
from astropy.io import fits

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "io"))
from make_stacks import IMAGEJ, OME, write_tiff  # noqa: E402

CUBE = np.arange(3 * 6 * 8, dtype="f8").reshape(3, 6, 8)
ROWS = np.arange(40.0)
WHEN = "2026-01-01T00:00:00"  # the same bytes every day
H = sp.random(20, 15, 0.2, "csr", random_state=1)


def hdf5(at):
    """Both generations of the format (0: symbol tables; latest: checksummed headers), every layout and filter."""
    for name, libver in (("old", ("earliest", "v108")), ("new", ("latest", "latest"))):
        with h5py.File(at(f"image_{name}.h5"), "w", libver=libver) as f:
            f["maps/kappa"] = CUBE[0]
            f["maps/kappa"].attrs["units"] = "counts"
            f["grid/axis"] = np.arange(8.0)
            f["grid/axis"].make_scale("x")
            f["maps/kappa"].dims[1].attach_scale(f["grid/axis"])
            f["grid"].attrs.update({"pixel_arcmin": 0.5, "nx": 8, "ny": 6, "projection": "gnomonic"})
        yield "map", at(f"image_{name}.h5"), "maps/kappa"
        with h5py.File(at(f"packed_{name}.h5"), "w", libver=libver) as f:
            f.create_dataset("cube", data=CUBE.astype(">i2"), chunks=(1, 4, 3), compression="gzip", shuffle=True,
                             fletcher32=True, maxshape=(None, 6, 8))
            f["cube"].dims[0].label = "t"
        yield "tyx", at(f"packed_{name}.h5"), ""
        yield "tyx", at(f"packed_{name}.h5"), "cube"
        with h5py.File(at(f"odd_{name}.h5"), "w", libver=libver) as f:
            f.create_dataset("scaled", data=CUBE.astype("i4"), chunks=(3, 6, 8), scaleoffset=0)
            f["again"] = h5py.SoftLink("/scaled")
            for i in range(20):
                f[f"many/{i}"] = np.float32(i)
        yield "tyx", at(f"odd_{name}.h5"), "again"
        with h5py.File(at(f"table_{name}.h5"), "w", libver=libver) as f:
            f["cat/ra"] = ROWS
            f.create_dataset("cat/e1", data=ROWS.astype("f4"), chunks=(16,), compression="gzip")
            f["cat/n"] = ROWS.astype("u2")
            f["cat/flag"] = ROWS > 3
        yield "table", at(f"table_{name}.h5"), "cat"
        with h5py.File(at(f"records_{name}.h5"), "w", libver=libver) as f:
            f["rows"] = np.zeros(9, [("ra", "<f8"), ("dec", ">f4"), ("id", "<i4"), ("name", "S3")])
            f["names"] = [b"a", b"b"]
            f["texts"] = np.array(["abc", "d"], dtype=h5py.string_dtype())
        yield "table", at(f"records_{name}.h5"), ""
        with h5py.File(at(f"sparse_{name}.h5"), "w", libver=libver) as f:
            group = f.create_group("H")
            group["data"], group["indices"], group["indptr"] = H.data, H.indices, H.indptr
            group.attrs["shape"] = H.shape
        yield "sparse", at(f"sparse_{name}.h5"), "H"


def fits_files(at):
    for dtype in ("u1", "i2", "i4", "i8", "f4", "f8"):
        hdu = fits.PrimaryHDU(CUBE[0].astype(dtype))
        hdu.header.update({"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRPIX1": 4.5, "CRPIX2": 3.5, "CRVAL1": 150.0,
                           "CRVAL2": 2.0, "CDELT1": 0.01, "CDELT2": 0.01, "BUNIT": "counts"})
        if dtype[0] == "i":
            hdu.header["BLANK"] = 7
        hdu._get_timestamp = lambda: WHEN
        hdu.writeto(at(f"image_{dtype}.fits"), overwrite=True, checksum=dtype == "f8")
        yield "map", at(f"image_{dtype}.fits"), ""
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(CUBE.astype("f4"), name="CUBE")]).writeto(at("cube.fits"), overwrite=True)
    yield "tyx", at("cube.fits"), ""
    yield "stack", at("cube.fits"), "CUBE"
    for kind in ("RICE_1", "GZIP_1", "HCOMPRESS_1", "PLIO_1"):
        packed = fits.CompImageHDU(CUBE[0].astype("i2"), compression_type=kind, tile_shape=(4, 4), name="PACKED")
        fits.HDUList([fits.PrimaryHDU(), packed]).writeto(at(f"packed_{kind}.fits"), overwrite=True)
        yield "stack", at(f"packed_{kind}.fits"), "PACKED"
        yield "map", at(f"packed_{kind}.fits"), "1"
    columns = [fits.Column("RA", "D", array=ROWS), fits.Column("e1", "E", array=ROWS), fits.Column("n", "J", array=ROWS, null=3),
               fits.Column("b", "B", array=ROWS), fits.Column("l", "L", array=ROWS > 3),
               fits.Column("u", "I", bzero=32768, array=ROWS.astype("u2")), fits.Column("v", "3E", array=np.zeros((40, 3))),
               fits.Column("name", "5A", array=["abc"] * 40), fits.Column("p", "PD()", array=[[1.0]] * 40)]
    for checksum in (False, True):
        table = fits.BinTableHDU.from_columns(columns, name="GALAXIES")
        first = fits.PrimaryHDU()
        first._get_timestamp = table._get_timestamp = lambda: WHEN
        fits.HDUList([first, table]).writeto(at(f"table_{checksum}.fits"), overwrite=True, checksum=checksum)
        yield "table", at(f"table_{checksum}.fits"), "GALAXIES"
        yield "table", at(f"table_{checksum}.fits"), ""


def tiffs(at):
    pages = list(CUBE.astype("u2"))
    single = IMAGEJ.format(3, 1, 1, 3)
    ome = OME.format("XYZCT", "<TiffData/>").replace('SizeX="7" SizeY="5"', 'SizeX="8" SizeY="6"').replace(
        'SizeZ="3" SizeC="2" SizeT="4"', 'SizeZ="1" SizeC="1" SizeT="3"')
    for name, options in {"plain": {}, "big": {"big": True, "order": ">"}, "strips": {"rows": 2, "compress": True},
                          "tiles": {"tile": 16, "compress": True}, "predictor": {"compress": True, "predictor": True},
                          "imagej": {"description": single}, "single": {"description": single, "single": True},
                          "ome": {"description": ome}}.items():
        write_tiff(at(f"{name}.tif"), pages, **options)
        yield "stack" if "description" in options else "tyx", at(f"{name}.tif"), ""
    write_tiff(at("planar.tif"), [np.stack([p, p]).astype("f4") for p in pages], samples=2, planar=2)
    yield "tcyx", at("planar.tif"), ""
    try:
        from PIL import Image
    except ImportError:
        return
    for kind in ("tiff_lzw", "packbits", "group4", "jpeg"):
        image = Image.fromarray((CUBE[0] * 5).astype("u1"))
        (image.convert("1") if kind == "group4" else image).save(at(f"{kind}.tif"), compression=kind)
        yield "stack", at(f"{kind}.tif"), ""


def sparse(at):
    scipy.io.mmwrite(at("real.mtx"), H)
    scipy.io.mmwrite(at("pattern.mtx"), H, field="pattern")
    square = sp.random(9, 9, 0.3, random_state=2)
    scipy.io.mmwrite(at("symmetric.mtx"), square + square.T, symmetry="symmetric")
    for name in ("real", "pattern", "symmetric"):
        yield "sparse", at(f"{name}.mtx"), ""
    for integer in (">i4", ">i8"):
        with open(at(f"matrix{integer[2]}.petsc"), "wb") as f:
            for part in ([1211216, 20, 15, H.nnz], np.diff(H.indptr), H.indices):
                f.write(np.asarray(part, integer).tobytes())
            f.write(H.data.astype(">f8").tobytes())
        yield "sparse", at(f"matrix{integer[2]}.petsc"), ""


def texts(at):
    with open(at("catalogue.csv"), "w") as f:
        f.write("# a remark\nra, dec,e1,\"e2\"\n" + "".join(f"{i},{i / 3!r}, {i}e-2,+{i}\n" for i in range(30)))
    yield "table", at("catalogue.csv"), ""
    with open(at("windows.csv"), "w") as f:
        f.write("ra;dec\r\n1;2\r\n")
    yield "table", at("windows.csv"), ""
    with open(at("spectrum.txt"), "w") as f:
        f.write("# ell C_ell\n" + "".join(f"{i} {1 / i!r}\n" for i in range(1, 30)))
    yield "spectrum", at("spectrum.txt"), ""


KINDS = {"hdf5": hdf5, "fits": fits_files, "tiff": tiffs, "sparse": sparse, "text": texts}
