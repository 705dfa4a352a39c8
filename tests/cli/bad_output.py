"""Bad places for the output: what is there already, what cannot be written, what is full."""
import fcntl
import os
import stat
import subprocess

from harness import CATALOGUE, Case, require

DATA, CREATE, IO = 65, 73, 74
OVERWRITE = ["run.toml", "--overwrite"]
PRODUCTS = ["out.h5", "out_kappa_E.fits", "out_mask.fits", "out_peaks.csv", "out_snr.fits", "out_std.fits"]


def there(*names, words=None, columns=None):
    """Files of these names are there already, with somebody's work in them."""
    def spoil(scene):
        scene.catalogue(**(columns or {}))
        for name in names:
            scene.write(name, f"the only copy of {name}")
        return words
    return spoil


def input_is_output(scene):
    """The name of the product is that of the catalogue."""
    scene.catalogue()
    os.rename(scene.path("cat.fits"), scene.path("out.h5"))
    return ["run.toml", "--overwrite", "--set", "data.file=out.h5"]


def folders(*names, words=None):
    def spoil(scene):
        scene.catalogue()
        for name in names:
            os.mkdir(scene.path(name))
        return words
    return spoil


def into(folder, make=lambda scene: None):
    """[output] folder."""
    def spoil(scene):
        scene.catalogue()
        scene.config(CATALOGUE, ('name = "out"', f'name = "out"\nfolder = "{folder}"'))
        make(scene)
    return spoil


def link(name, words):
    """The output, or its temporary file, is a link to somebody's work."""
    def spoil(scene):
        scene.catalogue()
        scene.write("precious", "the only copy")
        os.symlink("precious", scene.path(name))
        return words
    return spoil


def locked(scene):
    """Another run is writing the same product: it holds the lock of the temporary file until this process ends."""
    scene.catalogue()
    scene.write("out.h5.tmp", "half of a product")
    scene.keep = open(scene.path("out.h5.tmp"), "rb")  # closed with the scene
    fcntl.flock(scene.keep, fcntl.LOCK_EX)


def products(scene, _):
    """All products under their names, nothing temporary."""
    names = sorted(name for name in os.listdir(scene.folder) if name.startswith("out"))
    require(names == sorted(PRODUCTS + ["out.jsonl"]), f"the products are {names}")
    for name in PRODUCTS:
        require(b"the only copy" not in scene.read(name), f"{name} was not replaced")
        require(stat.S_IMODE(os.stat(scene.path(name)).st_mode) & 0o077 == 0o777 & ~umask() & 0o066, f"{name} ignores the umask")


def umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def link_replaced(scene, ran):
    products(scene, ran)
    require(not os.path.islink(scene.path("out.h5")), "out.h5 is still a link")
    require(scene.read("precious") == b"the only copy", "what the link pointed to was overwritten")


OUTPUT = [
    Case("product exists", CREATE, ["out.h5", "--overwrite"], there("out.h5"), (1, 2, 3)),
    Case("a map exists, the product does not", CREATE, ["out_snr.fits", "--overwrite"], there("out_snr.fits")),
    Case("a map exists that this run does not make", CREATE, ["out_std.fits", "--overwrite"],
         there("out_std.fits", words=["run.toml", "--set", "posterior.samples=0"])),
    Case("the list of peaks exists", CREATE, ["out_peaks.csv", "--overwrite"], there("out_peaks.csv")),
    Case("the product would replace the catalogue", CREATE, ["out.h5", "[data] file"], input_is_output, (1, 2)),
    Case("--overwrite replaces all", 0, [], there(*PRODUCTS, words=OVERWRITE), (1, 2, 3), then=products),
    Case("--overwrite, but the data are bad", DATA, ["cat.fits", "'e1'"], there(*PRODUCTS, words=OVERWRITE, columns={"e1": None})),
    Case("--overwrite, but the solver's options are bad", 64, ["-no_such_option"],
         there(*PRODUCTS, words=OVERWRITE + ["--", "-no_such_option"])),
    Case("stale temporary files", 0, [], there("out.h5.tmp", "out_std.fits.tmp", "out_peaks.csv.tmp"), then=products),
    Case("another run writes the same product", CREATE, ["out.h5", "another run"], locked),
    Case("folder that does not exist", CREATE, ["nowhere"], into("nowhere")),
    Case("file as folder", CREATE, ["cat.fits", "not a folder"], into("cat.fits")),
    Case("product is a folder", CREATE, ["out.h5", "folder"], folders("out.h5", words=OVERWRITE)),
    Case("temporary file is a folder", CREATE, ["out.h5.tmp"], folders("out.h5.tmp")),
    Case("log is a folder", CREATE, ["out.jsonl"], folders("out.jsonl")),
    Case("temporary file is a link", CREATE, ["out.h5.tmp"], link("out.h5.tmp", None)),
    Case("product is a link, with --overwrite", 0, [], link("out.h5", OVERWRITE), then=link_replaced),
]


def mount(scene, options):
    """A file system of its own on the folder small/; only this test's mount namespace sees it."""
    os.makedirs(scene.path("small"), exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", scene.path("small")], check=True)
    scene.mounts.append(scene.path("small"))


def read_only(scene):
    mount(scene, "size=1m")
    scene.write("small/out.h5", "the only copy")
    subprocess.run(["mount", "-o", "remount,ro", scene.path("small")], check=True)


def full(scene):
    mount(scene, "size=64k")
    scene.write("small/filler", bytes(64 << 10))


def small(size, *changes):
    def spoil(scene):
        scene.catalogue()
        scene.config(CATALOGUE, ('name = "out"', 'name = "out"\nfolder = "small"'), *changes)
        mount(scene, f"size={size}k")
    return spoil


LARGE = ("nx = 12", "nx = 160"), ("ny = 12", "ny = 160"), ("samples = 2", "samples = 0")
MOUNTS = [
    Case("read-only folder", CREATE, ["small/out"], into("small", read_only), (1, 2, 3)),
    Case("full before the start", IO, ["small/out.jsonl", "No space left"], into("small", full)),
    Case("too little for the maps", IO, ["small/out.h5", "MB"], small(1024, *LARGE), (1, 2, 3)),
] + [  # from a disk that is full at the first dataset to one that is full at the last FITS image
    Case(f"disk full, {size} KiB", IO, ["small/out", "No space left"], small(size), (1, 2) if size == 400 else (1,)) for size in (32, 200, 400)
]
