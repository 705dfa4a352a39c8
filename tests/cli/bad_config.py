"""Bad configurations and command lines: what must be said about each."""
import os

import numpy as np

from harness import CATALOGUE, MAPS, Case

USAGE, DATA, NO_INPUT, CONFIG = 64, 65, 66, 78


def catalogue(*changes, words=None):
    """The good catalogue with a changed configuration."""
    def spoil(scene):
        scene.catalogue()
        scene.config(CATALOGUE, *changes)
        return words
    return spoil


def maps(*changes, words=None):
    def spoil(scene):
        scene.maps()
        scene.config(MAPS, *changes)
        return words
    return spoil


def more(text, base=catalogue):
    """Lines added to the section [posterior]."""
    return base(("samples = 2\n", "samples = 2\n" + text + "\n"))


def command(*words):
    return catalogue(words=list(words))


def raw(content):
    def spoil(scene):
        scene.catalogue()
        scene.write("run.toml", content)
    return spoil


def spectrum(content):
    def spoil(scene):
        scene.catalogue()
        scene.config(CATALOGUE, ("[posterior]", '[prior]\nspectrum = "cl.txt"\n[posterior]'))
        if content is not None:
            scene.write("cl.txt", content)
    return spoil


def folder_as_config(scene):
    scene.catalogue()
    os.mkdir(scene.path("folder.toml"))
    return ["folder.toml"]


def petscrc(scene):
    """A .petscrc in the working directory is somebody else's: it changes nothing."""
    scene.catalogue()
    scene.write(".petscrc", "-ksp_type nonsense\n-no_such_option\n")


TEXT = [
    Case("unknown key, near one named", CONFIG, ["run.toml:10:1", "unknown key sample", "[posterior]", "samples"], more("sample = 3")),
    Case("key of another section", CONFIG, ["run.toml:10:1", "pixel_arcmin", "[grid]"], more("pixel_arcmin = 3")),
    Case("unknown section, near one named", CONFIG, ["run.toml:3:", "[gird]", "[grid]"], catalogue(("[grid]", "[gird]"))),
    Case("key outside any section", CONFIG, ["run.toml:1:1", "file", "[data]"], catalogue(("[data]\n", ""))),
    Case("duplicate key", CONFIG, ["run.toml:10:", "samples"], more("samples = 3")),
    Case("duplicate section", CONFIG, ["run.toml:10:", "grid"], catalogue(("[output]", "[grid]\n[output]"))),
    Case("wrong type: text for a number", CONFIG, ["run.toml:4:", "pixel_arcmin", "number"], catalogue(("= 0.5", '= "0.5"'))),
    Case("wrong type: fraction for an integer", CONFIG, ["run.toml:5:", "nx", "integer"], catalogue(("nx = 12", "nx = 12.5"))),
    Case("wrong type: table for a number", CONFIG, ["run.toml:5:", "nx"], catalogue(("nx = 12", "nx = {a = 1}"))),
    Case("out of range: negative", CONFIG, ["run.toml:9:", "samples", "-3"], catalogue(("samples = 2", "samples = -3"))),
    Case("out of range: rtol = 1", CONFIG, ["run.toml:", "rtol", "(0, 1)"], catalogue(("[posterior]", "[solver]\nrtol = 1\n[posterior]"))),
    Case("Dec beyond the pole", CONFIG, ["run.toml:7:", "center_deg", "[-90, 90]"], catalogue(("2.0]", "92.0]"))),
    Case("three numbers for two", CONFIG, ["run.toml:7:", "center_deg", "2 numbers"], catalogue(("2.0]", "2.0, 1.0]"))),
    Case("unknown choice, near one named", CONFIG, ["run.toml:9:", "method", "wienner", "wiener"], catalogue(("[posterior]", '[solver]\nmethod = "wienner"\n[posterior]'))),
    Case("NaN", CONFIG, ["run.toml:4:", "pixel_arcmin", "nan"], catalogue(("= 0.5", "= nan"))),
    Case("infinity", CONFIG, ["run.toml:4:", "pixel_arcmin", "inf"], catalogue(("= 0.5", "= inf"))),
    Case("number too large for an integer", CONFIG, ["run.toml:5:", ], catalogue(("nx = 12", "nx = 99999999999999999999"))),
    Case("non-ASCII key", CONFIG, ["run.toml:10:", "ASCII"], more("s\u00e4mples = 3")),
    Case("not TOML", CONFIG, ["run.toml:10:"], more("samples: 3")),
    Case("string without an end", CONFIG, ["run.toml:2:", "quote is missing"], catalogue(('"cat.fits"', '"cat.fits'))),
    Case("2 MiB", CONFIG, ["run.toml", "1 MiB"], raw("# " + "x" * (1 << 21) + "\n" + CATALOGUE)),
    Case("zero bytes inside", CONFIG, ["run.toml:"], raw(CATALOGUE.replace("0.5", "0.5\0"))),
    Case("a binary file as configuration", CONFIG, ["run.toml"], raw(bytes(range(256)) * 8)),
    Case("empty configuration", CONFIG, ["run.toml", "file", "[data]"], raw("")),
]

HUGE = [  # 1.0e9 pixels, which 32-bit indices can count: about 350 GB
    Case("more memory than the machine has", CONFIG, ["nx = 32000", "ny = 32000", "GB", "memory"],
         catalogue(("nx = 12", "nx = 32000"), ("ny = 12", "ny = 32000\npad_factor = 1")), memory=1 << 34),
]
if os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") > 2 * 10**11:
    print("SKIPPED: this machine has the memory for the largest grid: nothing is tried on too little")
    HUGE = []
VALUES = HUGE + [
    Case("absurd nx and ny", CONFIG, ["nx = 1000000", "ny = 1000000", "petsc64"], catalogue(("nx = 12", "nx = 1000000"), ("ny = 12", "ny = 1000000"))),
    Case("maps without pixel_arcmin", CONFIG, ["run.toml", "pixel_arcmin"], maps(("pixel_arcmin = 0.5\n", ""))),
    Case("maps with another nx", CONFIG, ["run.toml:8:", "nx = 13", "12"], maps(("center_deg", "nx = 13\ncenter_deg"))),
    Case("maps without noise", CONFIG, ["noise_variance", "noise_sd"], maps(('noise_variance = "variance"\n', ""))),
    Case("both noise_variance and noise_sd", CONFIG, ["noise_sd", "noise_variance"], maps(("[grid]", "noise_sd = 0.1\n[grid]"))),
    Case("both spectrum and spectrum_model", CONFIG, ["spectrum_model", "spectrum"],
         catalogue(("[posterior]", '[prior]\nspectrum = "cl.txt"\nspectrum_model = "matern"\n[posterior]'))),
    Case("power law without amplitude", CONFIG, ["amplitude", "power-law"], catalogue(("[posterior]", '[prior]\nspectrum_model = "power-law"\n[posterior]'))),
    Case("exact std of too many unknowns", CONFIG, ["exact", "10000"],
         catalogue(("samples = 2", 'std = "exact"'), ("nx = 12", "nx = 80"), ("ny = 12", "ny = 80"))),
    Case("selection with min > max", CONFIG, ["select", "e1,2,1"], catalogue(("[grid]", 'select = ["e1,2,1"]\n[grid]'))),
    Case("selection that is none", CONFIG, ["select", "column,min,max"], catalogue(("[grid]", 'select = ["e1 > 2"]\n[grid]'))),
    Case("output name with a slash", CONFIG, ["run.toml:11:", "name", "folder/out"], catalogue(('"out"', '"folder/out"'))),
    Case("output name with a newline", CONFIG, ["run.toml:11:", "name"], catalogue(('"out"', '"o\\nut"'))),
    Case("spectrum that is not there", NO_INPUT, ["cl.txt"], spectrum(None)),
    Case("spectrum with a negative power", DATA, ["cl.txt", "3"], spectrum("# ell C_ell\n10 1e-9\n20 -1e-9\n30 1e-10\n")),
    Case("spectrum with falling ell", DATA, ["cl.txt", "3"], spectrum("10 1e-9\n30 1e-9\n20 1e-10\n")),
    Case("spectrum with NaN", DATA, ["cl.txt", "2"], spectrum("10 1e-9\n20 nan\n30 1e-10\n")),
    Case("spectrum with words", DATA, ["cl.txt", "1"], spectrum("ell C_ell\n10 1e-9\n")),
    Case("spectrum with one column", DATA, ["cl.txt", "1"], spectrum("10\n20\n")),
    Case("spectrum of zeros", DATA, ["cl.txt", "0 everywhere"], spectrum("10 0\n20 0\n")),
    Case("spectrum without rows", DATA, ["cl.txt"], spectrum("# nothing\n")),
    Case("spectrum that is binary", DATA, ["cl.txt"], spectrum(np.arange(100.0).tobytes())),
]

LINE = [
    Case("no configuration named", USAGE, ["CONFIG.toml", "usage: lacuna-massmap"], command("--plan")),
    Case("no words at all", USAGE, ["CONFIG.toml", "usage: lacuna-massmap"], lambda scene: scene.catalogue() or ["--"]),
    Case("configuration that is not there", NO_INPUT, ["nowhere.toml"], command("nowhere.toml")),
    Case("folder as configuration", NO_INPUT, ["folder.toml"], folder_as_config),
    Case("two configurations", USAGE, ["usage:"], command("run.toml", "run.toml")),
    Case("misspelt option, near one named", USAGE, ["--overwite", "--overwrite"], command("run.toml", "--overwite")),
    Case("PETSc option before --", USAGE, ["-ksp_monitor", "after --"], command("run.toml", "-ksp_monitor")),
    Case("--set without a value", USAGE, ["--set", "section.key=value"], command("run.toml", "--set", "grid.nx")),
    Case("--set as the last word", USAGE, ["--set"], command("run.toml", "--set")),
    Case("--set of an unknown key", CONFIG, ["--set", "grid.nxx", "nx"], command("run.toml", "--set", "grid.nxx=3")),
    Case("--set of a wrong value", CONFIG, ["--set", "nx", "integer"], command("run.toml", "--set", "grid.nx=many")),
    Case("PETSc option that nothing uses", USAGE, ["-kps_type"], command("run.toml", "--", "-kps_type", "cg")),
    Case("PETSc option without its dash", USAGE, ["'ksp_rtol'", "-name"], command("run.toml", "--", "ksp_rtol", "0.1")),
    Case("two values of a PETSc option", USAGE, ["'4'"], command("run.toml", "--", "-ksp_max_it", "3", "4")),
    Case("PETSc option of a solver that does not run", USAGE, ["-ksp_rtol"],
         command("run.toml", "--set", "solver.method=kaiser-squires", "--", "-ksp_rtol", "0.1")),
    Case("PETSc option with a wrong value", USAGE, ["PETSc options", "KSP type nonsense"], command("run.toml", "--", "-ksp_type", "nonsense")),
    Case("PETSc options that are used", 0, [], command("run.toml", "--", "-ksp_type", "cg")),
    Case("somebody's .petscrc changes nothing", 0, [], petscrc),
]
