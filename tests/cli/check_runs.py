"""lacuna-massmap as it is meant to be run: what it answers, what it makes, what it leaves alone.

check_runs.py GROUP LACUNA-MASSMAP MPIEXEC
"""
import json
import os
import re
import sys

import h5py
import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

from harness import MAPS, Bench, Failed, Scene, contents, galaxies, maps, require, require_untouched, write_csv, write_hdf5

MAIN = {"kappa_E", "kappa_B", "kappa_ks", "count", "mask", "gamma1", "gamma2", "noise_variance", "residual1", "residual2"}


def good(bench, scene, words, ranks, code=0):
    ran = bench.run(scene.folder, words, ranks)
    require(ran.code == code, f"{words} on {ranks} left with {ran.code}, expected {code}\n{ran.out[-500:]}\n{ran.err[:1500]}")
    require(ran.err == "", f"{words} on {ranks} says on stderr: {ran.err[:500]}")
    return ran


def creates_nothing(bench, scene, words, ranks):
    before = contents(scene.folder)
    ran = good(bench, scene, words, ranks)
    after = contents(scene.folder)
    require_untouched(before, after)
    require("out.jsonl" not in after, f"{words} made a log")
    return ran.out


def events(scene):
    lines = scene.read("out.jsonl").decode().split("\n")
    require(lines.pop() == "", "the log ends within a line")
    return [json.loads(line, parse_constant=lambda word: require(False, f"{word} is not JSON")) for line in lines]


def product(scene, name="out.h5"):
    """{map: values} of a finished product; its layout is looked at."""
    with h5py.File(scene.path(name), "r") as file:
        require(file.attrs["complete"] == 1 and file.attrs["format"] == "lacuna", "the product is not finished")
        require(set(file) >= {"maps", "grid", "convergence", "peaks", "performance", "config", "provenance", "notes"}, f"groups {set(file)}")
        require("[data]" in file["config"].attrs["toml"], "no echo of the configuration")
        inputs = json.loads(file["provenance"].attrs["inputs"])
        require(inputs and all(len(entry["sha256"]) == 64 for entry in inputs), f"inputs {inputs}")
        return {key: values[:] for key, values in file["maps"].items()}


def same(a, b, what):
    """Equal to what two solves to the default rtol, 1e-6, may differ by."""
    distance = np.abs(a - b).max() / np.abs(a).max()
    require(distance < 1e-5, f"{what}: kappa_E differs by {distance:.1e}")


def map_of(bench, scene, ranks=1, words=()):
    good(bench, scene, ["run.toml", "--overwrite", *words], ranks)
    return product(scene)["kappa_E"]


def answers(bench):
    """--help, --help-keys and --version need no configuration and print once, on any number of ranks."""
    for word, said in (("--help", ["CONFIG", "--set", "--plan", "--check", "--check-signs", "--overwrite", "--help-keys", "PETSc"]),
                       ("--help-keys", ["[data]", "pixel_arcmin", "arcmin", "wiener", "kaiser-squires", "0.02", "seed"]),
                       ("--version", ["lacuna-massmap"])):
        with Scene() as scene:
            alone, together = (creates_nothing(bench, scene, [word], ranks) for ranks in (1, 2))
            require(alone == together, f"{word} prints something else on two ranks")
            for text in said:
                require(text in alone, f"{word} does not say {text}")
    require(re.fullmatch(r"lacuna-massmap \d+\.\d+\.\d+ \([\w-]+\)\n", alone), f"--version says {alone!r}")


def plans(bench):
    """--plan says what a run needs, computes nothing, creates nothing, even where the machine has not that much."""
    for ranks in (1, 2):
        with Scene() as scene:
            scene.catalogue()
            out = creates_nothing(bench, scene, ["run.toml", "--plan"], ranks)
            require(re.search(r"^total +[\d.]+ MB", out, re.M) and "wiener" not in out, f"--plan prints\n{out}")
            out = creates_nothing(bench, scene, ["run.toml", "--plan", "--set", "grid.nx=15000", "--set", "grid.ny=15000"], ranks)
            total = float(re.search(r"^total .* ([\d.]+) MB$", out, re.M).group(1))
            require(total > 10 * 8e-6 * 4 * 15000**2, f"{total} MB are planned for 15000 x 15000 pixels")
            scene.maps()
            require("total" in creates_nothing(bench, scene, ["run.toml", "--plan"], ranks), "--plan of maps")


def checks(bench):
    """--check passes on these problems, with every method, and creates nothing."""
    for ranks, method, make in ((1, "wiener", Scene.catalogue), (2, "wiener", Scene.maps), (3, "wiener", Scene.catalogue),
                                (2, "null-b", Scene.catalogue), (3, "kaiser-squires", Scene.maps)):
        with Scene() as scene:
            make(scene)
            out = creates_nothing(bench, scene, ["run.toml", "--check", "--set", f"solver.method={method}"], ranks)
            rows = re.findall(r"\bpassed\b", out, re.I)
            require(len(rows) >= (2 if method == "kaiser-squires" else 6) and not re.search(r"fail", out, re.I), f"--check prints\n{out}")


def signs(bench):
    """--check-signs prints the four flips and a verdict; pure noise is undecided."""
    for ranks in (1, 2):
        with Scene() as scene:
            scene.catalogue()
            out = creates_nothing(bench, scene, ["run.toml", "--check-signs"], ranks)
            require("verdict: undecided" in out and out.count("true") + out.count("false") >= 8, f"--check-signs prints\n{out}")
            pixel = [word for key in ("nx", "ny", "pad_factor") for word in ("--set", f"grid.{key}=1")]
            out = creates_nothing(bench, scene, ["run.toml", "--check-signs", *pixel], ranks)
            require("verdict: undecided" in out and "nan" not in out, f"--check-signs of one pixel prints\n{out}")


def products(bench):
    """What a run makes: all maps, FITS and CSV beside them, a log of whole JSON lines."""
    for ranks in (1, 2, 3):
        with Scene() as scene:
            scene.catalogue()
            ran = good(bench, scene, ["run.toml"], ranks)
            found = product(scene)
            require(set(found) == MAIN | {"std", "snr"}, f"maps {sorted(found)}")
            require(all(values.shape == (12, 12) for values in found.values()), "shapes of the maps")
            for name in ("kappa_E", "std", "snr", "mask"):
                with fits.open(scene.path(f"out_{name}.fits"), checksum=True) as hdus:
                    require(np.array_equal(hdus[0].data, found[name]), f"out_{name}.fits is not /maps/{name}")
            require(np.isfinite(found["kappa_E"]).all() and (found["std"] > 0).all(), "kappa_E or std are not numbers")
            require(scene.read("out_peaks.csv").startswith(b"ra_deg,dec_deg,snr,kappa,x,y\n"), "header of out_peaks.csv")
            log = events(scene)
            require(log[0]["event"] == "start" and log[0]["ranks"] == ranks and log[-1]["event"] == "finish", "start and finish of the log")
            solvers = [event["solver"] for event in log if event["event"] == "iteration"]
            require(solvers.count("wiener") >= 2 and solvers.count("sample") == 2, f"iterations in the log: {solvers}")
            written = set(re.findall(r"^wrote (?:\./)?(\S+)$", ran.out, re.M))
            require(written == set(os.listdir(scene.folder)) - {"run.toml", "cat.fits", "out.jsonl"}, f"said to be written: {written}")


def options(bench):
    """Every method; no samples, one sample, exact std; no FITS; noise realisations; a mask file; the iteration limit."""
    with Scene() as scene:
        scene.catalogue()
        for method in ("wiener", "kaiser-squires", "null-b"):
            good(bench, scene, ["run.toml", "--set", f"solver.method={method}", "--set", "solver.rtol=0.01",
                 "--set", f"output.name={method}"], 2)
            require(set(product(scene, f"{method}.h5")) - {"std", "snr"} == MAIN, f"maps of {method}")
            require(os.path.exists(scene.path(f"{method}_std.fits")) == (method == "wiener"), f"std of {method}")
        good(bench, scene, ["run.toml", "--set", "prior.kind=flat", "--set", "solver.rtol=0.01", "--set", "output.name=flat"], 2)
        flat, null_b = (product(scene, f"{name}.h5")["kappa_E"] for name in ("flat", "null-b"))
        require(np.abs(flat - null_b).max() < 0.01 * np.abs(null_b).max(), "a flat prior is not null-b")
        good(bench, scene, ["run.toml", "--overwrite", "--set", "solver.method=null-b", "--set", "output.name=wiener"], 2)
        left = sorted(name for name in os.listdir(scene.folder) if name.startswith("wiener"))
        require(left == ["wiener.h5", "wiener.jsonl", "wiener_kappa_E.fits", "wiener_mask.fits"], f"error bars of another map: {left}")
        for samples in (0, 1):
            good(bench, scene, ["run.toml", "--set", f"posterior.samples={samples}", "--set", f"output.name=s{samples}"], 2)
            require(set(product(scene, f"s{samples}.h5")) == MAIN, f"maps with {samples} samples")
            require(not os.path.exists(scene.path(f"s{samples}_peaks.csv")), f"peaks with {samples} samples")
    with Scene() as scene:
        scene.catalogue()
        good(bench, scene, ["run.toml", "--set", "posterior.samples=400"], 1)
        sampled = product(scene)["std"]
        good(bench, scene, ["run.toml", "--overwrite", "--set", "posterior.std=exact"], 2)
        exact = product(scene)["std"]
        require(np.abs(sampled / exact - 1).max() < 5 / np.sqrt(800), "sampled std against exact std")
    with Scene() as scene:
        scene.catalogue()
        good(bench, scene, ["run.toml", "--set", "noise.rotations=3", "--set", "output.fits=false"], 2)
        require(not [name for name in os.listdir(scene.folder) if name.startswith("out_") and name.endswith(".fits")], "FITS though fits = false")
        with h5py.File(scene.path("out.h5")) as file:
            turned = [file[f"noise/{n:04}/gamma1"][:] for n in (1, 2, 3)]
            use = file["maps/mask"][:] != 0
            require(not np.array_equal(turned[0], turned[1]) and all((g[use] != 0).all() for g in turned), "noise realisations")
            require(np.isfinite(file["noise/kappa_ks_std"][:]).all(), "noise of kappa_ks")
    with Scene() as scene:
        scene.catalogue()
        mask = np.ones((12, 12))
        mask[:, :5] = 0
        write_hdf5(scene.path("mask.h5"), {"area": mask})
        fits.PrimaryHDU(mask).writeto(scene.path("mask.fits"))
        free = map_of(bench, scene)
        masked = map_of(bench, scene, 2, ["--set", "data.mask_file=mask.h5", "--set", "data.mask_dataset=area"])
        same(masked, map_of(bench, scene, 1, ["--set", "data.mask_file=mask.fits"]), "the mask as HDF5 and FITS")
        require(np.abs(masked - free).max() > 1e-4, "the mask changes nothing")
        require((product(scene)["mask"][:, :5] == 0).all(), "galaxies in masked pixels are used")
    with Scene() as scene:
        scene.catalogue()
        good(bench, scene, ["run.toml", "--set", "solver.iterations=1"], 2, code=3)
        product(scene)
        with h5py.File(scene.path("out.h5")) as file:
            require("limit" in file["convergence"].attrs["stopped"], "the product does not say that it stopped at the limit")


def inputs(bench):
    """The same data in FITS, HDF5 and CSV, as catalogue and as maps, on any number of ranks, make the same map."""
    with Scene() as scene:
        scene.catalogue()
        first = map_of(bench, scene)
        write_csv(scene.path("cat.csv"), galaxies())
        write_hdf5(scene.path("cat.h5"), galaxies())
        for ranks, name in ((2, "cat.fits"), (2, "cat.csv"), (3, "cat.h5"), (5, "cat.h5")):
            same(first, map_of(bench, scene, ranks, ["--set", f"data.file={name}", "--set", "solver.rtol=1e-10"]), f"{name} on {ranks}")
    with Scene() as scene:
        scene.maps()
        first = map_of(bench, scene)
        keys = ["gamma1", "gamma2", "mask"]
        fields = {**maps(), "noise_variance": maps()["variance"]}
        images = [fits.ImageHDU(fields[key], name=key.upper()) for key in keys[1:] + ["noise_variance"]]
        fits.HDUList([fits.PrimaryHDU(fields["gamma1"]), *images]).writeto(scene.path("all.fits"))
        for key in fields:
            fits.PrimaryHDU(fields[key]).writeto(scene.path(f"{key}.fits"))
        each = [word for key in keys + ["noise_variance"] for word in ("--set", f"data.{key}={key}.fits")]
        same(first, map_of(bench, scene, 2, each), "a FITS file for each map")
        hdus = [word for key, hdu in (("gamma1", "0"), ("gamma2", "GAMMA2"), ("mask", "MASK"), ("noise_variance", "3"))
                for word in ("--set", f"data.{key}={hdu}")]
        same(first, map_of(bench, scene, 2, ["--set", "data.file=all.fits", *hdus]), "HDUs of one FITS file")
        same(-first, map_of(bench, scene, 3, ["--set", "data.flip_e1=true", "--set", "data.flip_e2=true"]), "both components flipped")


def world(kind, ny=12, nx=12):
    """Header of an image of 0.8-arcmin pixels around RA 359.99, Dec -35; TAN by a CD matrix, CAR by CDELT."""
    header = fits.Header()
    header["CTYPE1"], header["CTYPE2"] = f"RA---{kind}", f"DEC--{kind}"
    step = 0.8 / 60
    header["CRPIX1"], header["CRVAL1"] = (nx + 1) / 2, 359.99
    header["CRPIX2"], header["CRVAL2"] = ((ny + 1) / 2, -35.0) if kind == "TAN" else ((ny + 1) / 2 + 35 / step, 0.0)
    if kind == "TAN":
        header["CD1_1"], header["CD1_2"], header["CD2_1"], header["CD2_2"] = step, 0.0, 0.0, step
    else:
        header["CDELT1"], header["CDELT2"] = step, step
    return header


def world_coordinates(bench):
    """Maps that tell their place on the sky need no [grid]; what contradicts it is said, mirrored maps too."""
    bare = ('mask = "mask"\nnoise_variance = "variance"\n[grid]\npixel_arcmin = 0.5\ncenter_deg = [150.0, 2.0]\n',
            'gamma2 = "GAMMA2"\ngamma1 = "GAMMA1"\nnoise_sd = 0.1\n')
    for kind, projection in (("TAN", "gnomonic"), ("CAR", "none")):
        with Scene() as scene:
            scene.config(MAPS, bare, ("maps.h5", "maps.fits"))
            header = world(kind)
            images = [fits.ImageHDU(maps()[name], header, name=name.upper()) for name in ("gamma1", "gamma2")]
            fits.HDUList([fits.PrimaryHDU(), *images]).writeto(scene.path("maps.fits"))
            ran = good(bench, scene, ["run.toml"], 2)
            require("warning" not in ran.out and "0.8 arcmin" in ran.out, f"{kind}: {ran.out}")
            with h5py.File(scene.path("out.h5")) as file:
                grid = file["grid"].attrs
                require(grid["projection"] == projection and abs(grid["pixel_arcmin"] - 0.8) < 1e-12, f"grid of {kind}")
            corners = [[0, 0], [11, 0], [0, 11], [5.5, 5.5]]
            sky = WCS(header).wcs_pix2world(corners, 0)
            back = WCS(fits.getheader(scene.path("out_kappa_E.fits"))).wcs_world2pix(sky, 0)
            require(np.abs(back - corners).max() < 1e-6, f"{kind}: pixels {back}")
            said = good(bench, scene, ["run.toml", "--plan", "--set", "grid.pixel_arcmin=0.7", "--set", "grid.center_deg=[0,-35]"], 1).out
            require(said.count("warning") == 2 and "0.8 arcmin" in said and "359.99" in said, f"contradictions: {said}")
            # The product as maps: the same map, without a word about the grid.
            scene.config(MAPS, (bare[0], 'gamma1 = "maps/gamma1"\ngamma2 = "maps/gamma2"\nnoise_sd = 0.1\n'),
                         ("maps.h5", "out.h5"), ('"out"', '"again"'))
            good(bench, scene, ["run.toml"], 3)
            same(product(scene)["kappa_E"], product(scene, "again.h5")["kappa_E"], "a product as maps")
            with h5py.File(scene.path("again.h5")) as file:
                require(all(file["grid"].attrs[key] == grid_value for key, grid_value in grid_of(scene).items()), "grid of the product")
    with Scene() as scene:
        header = world("TAN")
        header["CD1_1"] *= -1
        scene.config(MAPS, bare, ("maps.h5", "maps.fits"))
        images = [fits.ImageHDU(maps()[name][:, ::-1], header, name=name.upper()) for name in ("gamma1", "gamma2")]
        fits.HDUList([fits.PrimaryHDU(), *images]).writeto(scene.path("maps.fits"))
        said = good(bench, scene, ["run.toml"], 2).out
        require("warning" in said and "columns run along -RA" in said and "no center_deg" in said, f"mirrored maps: {said}")


def grid_of(scene):
    with h5py.File(scene.path("out.h5")) as file:
        return {key: file["grid"].attrs[key] for key in ("projection", "pixel_arcmin", "center_ra_deg", "center_dec_deg", "CRPIX2")}


def places(bench):
    """Paths in a configuration are relative to it; products go to the working directory; odd names are names."""
    with Scene() as scene:
        scene.catalogue()
        os.mkdir(scene.path("my survey \u00e9"))
        for name in ("cat.fits", "run.toml"):
            os.rename(scene.path(name), scene.path(f"my survey \u00e9/{name}"))
        good(bench, scene, ["my survey \u00e9/run.toml", "--set", "output.name=map [1]"], 2)
        require(product(scene, "map [1].h5").keys() and os.path.exists(scene.path("map [1]_kappa_E.fits")), "product")
        good(bench, scene, ["my survey \u00e9/run.toml", "--set", "output.folder=my survey \u00e9"], 1)
        require(os.path.exists(scene.path("my survey \u00e9/out.h5")), "output.folder")


def petsc(bench):
    """Options after -- reach PETSc."""
    with Scene() as scene:
        scene.catalogue()
        ran = good(bench, scene, ["run.toml", "--", "-ksp_monitor", "-ksp_view", "-log_view"], 2)
        for text in ("KSP Residual norm", "KSP Object", "Performance Summary"):
            require(text in ran.out, f"'{text}' is not printed")
        limited = good(bench, scene, ["run.toml", "--overwrite", "--", "-ksp_max_it", "1"], 2, code=3)
        require("limit" in limited.out, "-ksp_max_it")


GROUPS = {"answers": [answers, plans, checks, signs], "products": [products, options], "inputs": [inputs, world_coordinates, places, petsc]}

if __name__ == "__main__":
    failures = 0
    for check in GROUPS[sys.argv[1]]:
        try:
            check(Bench(sys.argv[2], sys.argv[3]))
            print(f"passed: {check.__doc__}", flush=True)
        except Failed as why:
            failures += 1
            print(f"FAILED: {check.__name__}: {why}", flush=True)
    sys.exit(1 if failures else 0)
