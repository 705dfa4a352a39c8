"""Bad catalogues and maps: what must be said about each."""
import os

import h5py
import numpy as np
from astropy.io import fits

from harness import CATALOGUE, MAPS, ROWS, Case, galaxies, maps, write_csv, write_hdf5

DATA, NO_INPUT, CONFIG = 65, 66, 78


def columns(*changes, **replaced):
    """cat.fits with replaced columns."""
    def spoil(scene):
        scene.catalogue(**replaced)
        scene.config(CATALOGUE, *changes)
    return spoil


def entry(column, row, value, *changes):
    """cat.fits with one bad entry."""
    def spoil(scene):
        values = galaxies()[column].copy()
        values[row] = value
        scene.catalogue(**{column: values})
        scene.config(CATALOGUE, *changes)
    return spoil


def csv(edit, **columns_replaced):
    """cat.csv, its lines edited."""
    def spoil(scene):
        write_csv(scene.path("cat.csv"), {**galaxies(), **columns_replaced})
        lines = scene.read("cat.csv").decode().splitlines()
        scene.write("cat.csv", "\n".join(edit(lines)) + "\n")
        scene.config(CATALOGUE, ("cat.fits", "cat.csv"))
    return spoil


def hdf5(edit=None, **replaced):
    def spoil(scene):
        write_hdf5(scene.path("cat.h5"), {**galaxies(), **replaced})
        if edit:
            with h5py.File(scene.path("cat.h5"), "a") as file:
                edit(file, scene)
        scene.config(CATALOGUE, ("cat.fits", "cat.h5"))
    return spoil


def bytes_of(name, make, edit, config, *changes):
    """A file whose bytes are edited after it was made."""
    def spoil(scene):
        make(scene)
        scene.write(name, edit(scene.read(name)))
        scene.config(config, *changes)
    return spoil


def external_link(file, scene):
    write_hdf5(scene.path("other.h5"), {"e1": galaxies()["e1"]})
    del file["e1"]
    file["e1"] = h5py.ExternalLink("other.h5", "/e1")


def half(content):
    return content[: len(content) // 2]


def promise(content):
    """The header of the table promises 10^9 rows."""
    at = content.index(b"NAXIS2  = ")
    return content[:at] + b"NAXIS2  = %20d" % 10**9 + content[at + 30:]


def mask_file(values, name="mask.fits"):
    def spoil(scene):
        scene.catalogue()
        if name.endswith(".fits"):
            fits.PrimaryHDU(values).writeto(scene.path(name))
        else:
            write_hdf5(scene.path(name), {"mask": values})
        scene.config(CATALOGUE, ("[grid]", f'mask_file = "{name}"\n[grid]'))
    return spoil


def field(name, row, column, value, *changes):
    """maps.h5 with one bad pixel; row 4, column 5 is outside the mask."""
    def spoil(scene):
        values = maps()[name].copy()
        values[row, column] = value
        scene.maps(**{name: values})
        scene.config(MAPS, *changes)
    return spoil


def changed_maps(*changes, **replaced):
    def spoil(scene):
        scene.maps(**replaced)
        scene.config(MAPS, *changes)
    return spoil


def group_as_mask(scene):
    scene.maps()
    with h5py.File(scene.path("maps.h5"), "a") as file:
        file.create_group("group")
    scene.config(MAPS, ('mask = "mask"', 'mask = "group"'))


def folder(scene):
    os.mkdir(scene.path("cat.fits"))
    scene.config(CATALOGUE)


def pipe(scene):
    os.mkfifo(scene.path("cat.fits"))
    scene.config(CATALOGUE)


def filter_in_name(scene):
    """cat.fits is there; CFITSIO would read the first ten rows of it."""
    scene.catalogue()
    scene.config(CATALOGUE, ("cat.fits", "cat.fits[1][#row<10]"))


def filter_in_map(scene):
    shear = maps()
    for name in ("gamma1", "gamma2"):
        fits.PrimaryHDU(shear[name]).writeto(scene.path(f"{name}.fits"))
    scene.config(MAPS, ('file = "maps.h5"\nmask = "mask"\nnoise_variance = "variance"', 'noise_sd = 0.1\ngamma1 = "gamma1.fits[1:10,1:10]"\n'
                        'gamma2 = "gamma2.fits[1:10,1:10]"'))


def second_table(scene):
    scene.catalogue()
    with fits.open(scene.path("cat.fits")) as hdus:
        other = fits.BinTableHDU.from_columns([fits.Column("z", "D", array=np.zeros(3))])
        fits.HDUList([fits.PrimaryHDU(), other, hdus[1]]).writeto(scene.path("cat.fits"), overwrite=True)
    scene.config(CATALOGUE)


def command_in_name(scene):
    """CFITSIO would run a name that begins with a bar, or fetch one that begins with a protocol."""
    scene.catalogue()
    scene.config(CATALOGUE, ("cat.fits", "sh://touch made_by_filter |"))


far = np.full(ROWS, 20.0)

CATALOGUES = [
    Case("catalogue that is not there", NO_INPUT, ["nowhere.fits"], columns(("cat.fits", "nowhere.fits"))),
    Case("folder as catalogue", NO_INPUT, ["cat.fits", "director"], folder),
    Case("named pipe as catalogue", NO_INPUT, ["cat.fits"], pipe),
    Case("missing column, near one named", DATA, ["cat.fits", "'e1'", "e_1"], columns(e1=None, e_1=galaxies()["e1"])),
    Case("missing weight column", DATA, ["cat.fits", "'weight'"], columns(weight=None)),
    Case("missing column of a selection", DATA, ["cat.fits", "'z'"], columns(("[grid]", 'select = ["z,0,1"]\n[grid]'))),
    Case("wrong HDU", DATA, ["cat.fits", "7"], columns(("[grid]", "hdu = 7\n[grid]"))),
    Case("NaN e1", DATA, ["cat.fits", "'e1'", "row 217", "nan"], entry("e1", 217, np.nan), (1, 2, 3)),
    Case("infinite ra", DATA, ["cat.fits", "'ra'", "row 299", "inf"], entry("ra", 299, np.inf), (1, 2, 3)),
    Case("NaN dec and no grid given", DATA, ["cat.fits", "'dec'", "row 3", "nan"],
         entry("dec", 3, np.nan, ("pixel_arcmin = 0.5\nnx = 12\nny = 12\ncenter_deg = [150.0, 2.0]\n", ""))),
    Case("Dec of 95 deg", DATA, ["cat.fits", "'dec'", "row 0", "95"], entry("dec", 0, 95.0)),
    Case("mark of a failed fit", DATA, ["cat.fits", "'e2'", "row 31", "-9999"], entry("e2", 31, -9999.0)),
    Case("columns in the second table", DATA, ["cat.fits[1]", "'ra'", "first of 2 tables", "hdu"], second_table),
    Case("negative weight", DATA, ["cat.fits", "'weight'", "row 150", "-1"], entry("weight", 150, -1.0)),
    Case("all weights 0", DATA, ["cat.fits", f"{ROWS} of weight 0"], columns(weight=np.zeros(ROWS))),
    Case("nothing selected", DATA, ["cat.fits", f"{ROWS} not selected"], columns(("[grid]", 'select = ["ra,10,11"]\n[grid]'))),
    Case("no galaxy on the grid", DATA, ["cat.fits", f"{ROWS} outside the grid", "RA 20"], columns(ra=far)),
    Case("degrees taken for radians", DATA, ["cat.fits", "'ra'", "angle_unit"], columns(("[grid]", 'angle_unit = "rad"\n[grid]'))),
    Case("radians taken for degrees", DATA, ["cat.fits", "radians"],
         columns(ra=np.radians(galaxies()["ra"]), dec=np.radians(galaxies()["dec"]))),
    Case("empty catalogue", DATA, ["cat.fits"], columns(**{name: np.zeros(0) for name in galaxies()})),
    Case("all e1 and e2 zero", DATA, ["cat.fits", "shape_sd"], columns(e1=np.zeros(ROWS), e2=np.zeros(ROWS))),
    Case("mask_file all zero", DATA, ["cat.fits", "masked"], mask_file(np.zeros((12, 12)))),
    Case("mask_file of another shape", DATA, ["mask.fits", "12 x 11", "12 x 12"], mask_file(np.ones((12, 11)))),
    Case("mask_file of another shape, HDF5", DATA, ["mask.h5", "12 x 11", "12 x 12"], mask_file(np.ones((12, 11)), "mask.h5")),
    Case("mask_file with NaN", DATA, ["mask.h5", "row 2, column 3", "nan"],
         mask_file(np.where(np.arange(144).reshape(12, 12) == 27, np.nan, 1.0), "mask.h5")),
    Case("mask_file of three axes", DATA, ["mask.fits", "2 x 12 x 12"], mask_file(np.ones((2, 12, 12)))),
]

FILES = [
    Case("truncated FITS catalogue", DATA, ["cat.fits"], bytes_of("cat.fits", lambda s: s.catalogue(), half, CATALOGUE), (1, 2, 3)),
    Case("FITS header that promises more rows", DATA, ["cat.fits"], bytes_of("cat.fits", lambda s: s.catalogue(), promise, CATALOGUE), (1, 2, 3)),
    Case("garbage after SIMPLE", DATA, ["cat.fits"],
         bytes_of("cat.fits", lambda s: s.catalogue(), lambda b: b[:30] + bytes(range(256)) * 20, CATALOGUE)),
    Case("file of zero bytes", DATA, ["cat.fits", "empty"], bytes_of("cat.fits", lambda s: s.catalogue(), lambda b: b"", CATALOGUE)),
    Case("compressed catalogue", DATA, ["cat.fits", "unpack"],
         bytes_of("cat.fits", lambda s: s.catalogue(), lambda b: b"\x1f\x8b" + b[2:], CATALOGUE)),
    Case("filter syntax in the name of the catalogue", NO_INPUT, ["cat.fits[1][#row<10]"], filter_in_name),
    Case("filter syntax in the name of a map", NO_INPUT, ["gamma1.fits[1:10,1:10]"], filter_in_map),
    Case("a command as file name", NO_INPUT, ["sh://"], command_in_name),
    Case("CSV with a word", DATA, ["cat.csv", "line 41", "abc"], csv(lambda l: l[:40] + [l[40].rsplit(",", 1)[0] + ",abc"] + l[41:]), (1, 2, 3)),
    Case("CSV with too few fields", DATA, ["cat.csv", "line 41"], csv(lambda l: l[:40] + ["1,2"] + l[41:])),
    Case("CSV without a header", DATA, ["cat.csv", "line 1", "names of the columns"], csv(lambda l: l[1:])),
    Case("CSV without rows", DATA, ["cat.csv"], csv(lambda l: l[:1])),
    Case("truncated HDF5 catalogue", DATA, ["cat.h5"],
         bytes_of("cat.h5", lambda s: write_hdf5(s.path("cat.h5"), galaxies()), half, CATALOGUE, ("cat.fits", "cat.h5"))),
    Case("external link in HDF5", DATA, ["cat.h5", "e1", "external"], hdf5(external_link)),
    Case("HDF5 columns of unequal length", DATA, ["cat.h5", "weight"], hdf5(weight=np.ones(ROWS - 1))),
    Case("HDF5 column of text", DATA, ["cat.h5", "e1"], hdf5(e1=np.array([b"a"] * ROWS))),
    Case("HDF5 without the columns", DATA, ["cat.h5", "'ra'", "'RA_J2000'", "[data]"], hdf5(lambda file, _: file.move("ra", "RA_J2000"))),
    Case("truncated HDF5 maps", DATA, ["maps.h5"], bytes_of("maps.h5", lambda s: s.maps(), half, MAPS)),
]

FIELDS = [
    Case("maps that are not there", NO_INPUT, ["nowhere.h5"], changed_maps(("maps.h5", "nowhere.h5"))),
    Case("missing dataset, near one named", DATA, ["maps.h5", "variants", "variance"], changed_maps(('"variance"', '"variants"'))),
    Case("zero variance inside the mask", DATA, ["maps.h5", "variance", "row 7, column 2"], field("variance", 7, 2, 0.0), (1, 2, 3)),
    Case("negative variance inside the mask", DATA, ["maps.h5", "variance", "row 11, column 11", "-0.01"], field("variance", 11, 11, -0.01), (1, 2, 3)),
    Case("NaN variance inside the mask", DATA, ["maps.h5", "variance", "row 0, column 0", "nan"], field("variance", 0, 0, np.nan)),
    Case("zero variance outside the mask is fine", 0, [], field("variance", 4, 5, 0.0), (1, 2, 3)),
    Case("infinite variance masks a pixel", 0, [], field("variance", 0, 0, np.inf)),
    Case("NaN gamma inside the mask", DATA, ["maps.h5:gamma1", "row 9, column 1", "nan"], field("gamma1", 9, 1, np.nan), (1, 2, 3)),
    Case("infinite gamma2 inside the mask", DATA, ["maps.h5:gamma2", "row 2, column 8", "inf"], field("gamma2", 2, 8, -np.inf)),
    Case("NaN gamma outside the mask is fine", 0, [], field("gamma1", 4, 5, np.nan), (1, 2, 3)),
    Case("NaN mask", DATA, ["maps.h5", "mask", "row 1, column 10"], field("mask", 1, 10, np.nan)),
    Case("all-masked maps", DATA, ["maps.h5:mask", "no pixel is left"], changed_maps(mask=np.zeros((12, 12)))),
    Case("gamma2 of another shape", DATA, ["maps.h5", "gamma2", "11 x 12", "12 x 12"], changed_maps(gamma2=np.zeros((11, 12)))),
    Case("mask of another shape", DATA, ["maps.h5", "mask", "6 x 24"], changed_maps(mask=np.ones((6, 24)))),
    Case("gamma of three axes", DATA, ["maps.h5", "gamma1", "2 x 12 x 12"], changed_maps(gamma1=np.zeros((2, 12, 12)))),
    Case("gamma of text", DATA, ["maps.h5", "gamma1"], changed_maps(gamma1=np.full((12, 12), b"x"))),
    Case("complex gamma", DATA, ["maps.h5", "gamma1"], changed_maps(gamma1=np.zeros((12, 12), dtype=complex))),
    Case("dataset that is a group", DATA, ["maps.h5", "'group'"], group_as_mask),
    Case("clusters that are not there", NO_INPUT, ["clusters.txt"], changed_maps(("[grid]", 'clusters = "clusters.txt"\n[grid]'))),
]
