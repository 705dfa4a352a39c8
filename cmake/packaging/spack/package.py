# Spack:   spack repo create ~/lacuna-repo lacuna; mkdir -p ~/lacuna-repo/packages/lacuna; cp this file there; spack repo add ~/lacuna-repo
#          cd .../lacuna; spack dev-build lacuna@main ^petsc+mpi~complex
# Not tried with Spack itself.
from spack.package import *


class Lacuna(CMakePackage):
    """MPI-parallel solver for very large Bayesian inverse problems: images, movies and maps from degraded, noisy data."""

    license("BSD-3-Clause")
    version("main")  # the sources are those of `spack dev-build`

    variant("int64", default=False, description="64-bit indices: more than 2^31 unknowns")
    variant("python", default=True, description="lacuna-plot and the tests need Python")

    depends_on("c", type="build")
    depends_on("cxx", type="build")
    depends_on("cmake@3.22:", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("mpi@3:")
    depends_on("petsc@3.18:+mpi~complex+double~int64", when="~int64")
    depends_on("petsc@3.18:+mpi~complex+double+int64", when="+int64")
    depends_on("hdf5@1.10:+mpi+hl")
    depends_on("fftw@3.3:+mpi precision=double,float")
    depends_on("cfitsio")
    depends_on("wcslib")
    depends_on("libtiff")
    depends_on("openssl")
    depends_on("fmt@9:")
    depends_on("tomlplusplus@3.3:", type="build")
    depends_on("cli11@2.1:", type="build")
    depends_on("nlohmann-json", type="build")
    depends_on("random123", type="build")
    depends_on("boost@1.74:+math", type="build")
    depends_on("boost@1.74:+test", type="test")
    with when("+python"):
        depends_on("python@3.9:", type="run")
        depends_on("py-numpy", type="run")
        depends_on("py-h5py", type="run")
        depends_on("py-matplotlib", type="run")
        depends_on("py-scipy", type="test")

    conflicts("%gcc@:11", msg="C++20 with <source_location> and ranges")

    def cmake_args(self):
        return [
            self.define("PETSC_DIR", self.spec["petsc"].prefix),
            self.define("LACUNA_PETSC", "petsc64" if self.spec.satisfies("+int64") else "petsc"),
            self.define("LACUNA_BUILD_TESTS", self.run_tests),
        ]
