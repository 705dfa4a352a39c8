"""The recipes of cmake/packaging name what CMake looks for, and are text that their tools' languages accept.

check_recipes.py SOURCE
"""
import os
import re
import sys

try:
    import yaml
except ImportError:
    print("SKIPPED: this Python has no yaml")
    sys.exit(77)

# What CMake looks for: its name in Spack, and in conda-forge.
KNOWN = {
    "MPI": ("mpi", "openmpi"),
    "petsc": ("petsc", "petsc"),
    "HDF5": ("hdf5", "hdf5"),
    "fftw_serial": ("fftw", "fftw"),
    "fftw_single": ("fftw", "fftw"),
    "cfitsio": ("cfitsio", "cfitsio"),
    "wcslib": ("wcslib", "wcslib"),
    "tiff": ("libtiff", "libtiff"),
    "crypto": ("openssl", "openssl"),
    "fmt": ("fmt", "fmt"),
    "tomlplusplus": ("tomlplusplus", "tomlplusplus"),
    "cli11": ("cli11", "cli11"),
    "json": ("nlohmann-json", "nlohmann_json"),
    "random123": ("random123", "random123"),
    "boost_math": ("boost", "libboost-headers"),
    "PkgConfig": ("pkgconfig", "pkg-config"),
    "Boost": ("boost", None),  # the tests alone
}


def read(*path):
    with open(os.path.join(sys.argv[1], *path), encoding="utf-8") as file:
        return file.read()


def main():
    text = read("cmake", "LacunaDependencies.cmake")
    wanted = set(re.findall(r"^ *(?:lacuna_pkg|lacuna_header|find_package)\((\w+)", text, re.M)) | {"petsc"}
    assert wanted == set(KNOWN), f"CMake looks for other things than this test knows: {wanted ^ set(KNOWN)}"

    recipe = read("cmake", "packaging", "spack", "package.py")
    compile(recipe, "package.py", "exec")
    spack = set(re.findall(r'depends_on\("([\w-]+)', recipe))
    conda = yaml.safe_load(read("cmake", "packaging", "conda", "meta.yaml"))
    parts = {word.split()[0] for part in ("build", "host") for word in conda["requirements"][part]}
    for name, (in_spack, in_conda) in KNOWN.items():
        assert in_spack in spack, f"spack/package.py does not depend on {in_spack} ({name})"
        assert in_conda is None or in_conda in parts, f"conda/meta.yaml does not depend on {in_conda} ({name})"

    version = re.search(r"project\(lacuna VERSION ([\d.]+)", read("CMakeLists.txt")).group(1)
    assert conda["package"]["version"] == version, f"conda/meta.yaml is of version {conda['package']['version']}, not {version}"
    for line in re.findall(r"^(?:COPY|RUN) .*", read("cmake", "packaging", "Dockerfile"), re.M):
        for path in re.findall(r"\bcmake/[\w./-]+", line.split("/usr/src")[0]):
            assert os.path.exists(os.path.join(sys.argv[1], path)), f"Dockerfile: {path} does not exist"
    print(f"{len(KNOWN)} dependencies")


main()
