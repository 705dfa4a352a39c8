#!/usr/bin/env bash
# Configures a project of nothing but our dependencies on machines where they are missing or wrong, and reads what is said.
set -euo pipefail
cmake=$1 modules=$2 scratch=$3 petsc=$4
here=$(cd "$(dirname "$0")" && pwd)
rm -rf "$scratch"
mkdir -p "$scratch"

# refuses NAME TEXT... -- CMAKE-ARGUMENT...: configuring fails and says every TEXT.
refuses() {
  local name=$1 texts=() log
  shift
  while [[ $1 != -- ]]; do texts+=("$1"); shift; done
  shift
  log=$scratch/$name.log
  if "$cmake" -S "$here/dependencies" -B "$scratch/$name" -D MODULES="$modules" "$@" > "$log" 2>&1; then
    echo "$name: configuring did not fail"; exit 1
  fi
  for text in "${texts[@]}"; do
    tr -s ' \n' ' ' < "$log" | grep -qF -- "$text" || { echo "$name: no '$text' in:"; cat "$log"; exit 1; }
  done
  echo "$name: refused as it should be"
}

# accepts NAME CMAKE-ARGUMENT...: configuring succeeds.
accepts() {
  local name=$1
  shift
  "$cmake" -S "$here/dependencies" -B "$scratch/$name" -D MODULES="$modules" "$@" > "$scratch/$name.log" 2>&1 ||
    { echo "$name: configuring failed:"; cat "$scratch/$name.log"; exit 1; }
  echo "$name: found"
}

accepts all -D LACUNA_PETSC="$petsc"

# Every message names its Debian package, and all come at once.
PKG_CONFIG_LIBDIR=/nonexistent PKG_CONFIG_PATH='' PETSC_DIR='' refuses nothing \
  "PETSc>=3.18 (Debian: libpetsc-real-dev)" "fftw3 (Debian: libfftw3-dev)" "FFTW3-MPI in double and single precision (Debian: libfftw3-mpi-dev)" \
  "cfitsio (Debian: libcfitsio-dev)" "wcslib (Debian: wcslib-dev)" "libtiff-4 (Debian: libtiff-dev)" "libcrypto (Debian: libssl-dev)" "fmt (Debian: libfmt-dev)" \
  "toml++/toml.h (Debian: libtomlplusplus-dev)" "CLI/CLI.hpp (Debian: libcli11-dev)" \
  "nlohmann/json.hpp (Debian: nlohmann-json3-dev)" "Random123/philox.h (Debian: librandom123-dev)" "boost/math/special_functions/gamma.hpp (Debian: libboost-dev)" \
  "Boost.Test (Debian: libboost-test-dev)" "Python with 'numpy'" "parallel HDF5 (Debian: libhdf5-openmpi-dev)" "MPI 3 (Debian: libopenmpi-dev)" \
  "apt-get install libopenmpi-dev" "python3-astropy" \
  -- -D LACUNA_PETSC=petsc -D CMAKE_DISABLE_FIND_PACKAGE_MPI=ON -D CMAKE_DISABLE_FIND_PACKAGE_HDF5=ON \
  -D CMAKE_DISABLE_FIND_PACKAGE_fmt=ON -D CMAKE_DISABLE_FIND_PACKAGE_Boost=ON -D HIDE_SYSTEM=ON -D LACUNA_PYTHON=/nonexistent/python3 \
  -D PKG_CONFIG_EXECUTABLE="$(command -v pkg-config)"
PETSC_DIR='' refuses pkgconfig "PETSc>=3.18" "PETSC_DIR (with PETSC_ARCH)" -- -D CMAKE_DISABLE_FIND_PACKAGE_PkgConfig=ON -D LACUNA_PETSC="$petsc"

# PETSc: a site's own by PETSC_DIR and PETSC_ARCH, a folder without one, the wrong size of indices, no such flavour.
prefix=$(sed -n 's/^-- PETSc prefix: \([^,]*\),.*/\1/p' "$scratch/all.log")
PETSC_DIR=$(dirname "$prefix") PETSC_ARCH=$(basename "$prefix") accepts petsc_arch -D LACUNA_PETSC="$petsc"
grep -q "module files: $prefix/lib/pkgconfig" "$scratch/petsc_arch.log" || { echo "PETSC_DIR was ignored"; exit 1; }
accepts petsc_prefix -D LACUNA_PETSC="$petsc" -D PETSC_DIR="$prefix"
# ... without pkg-config too, all libraries by their headers and files; and a PETSc that is too old.
PETSC_DIR=$(dirname "$prefix") PETSC_ARCH=$(basename "$prefix") accepts without_pkg_config -D LACUNA_PETSC="$petsc" \
  -D CMAKE_DISABLE_FIND_PACKAGE_PkgConfig=ON
mkdir -p "$scratch/old/include" "$scratch/old/lib"
touch "$scratch/old/include/petscconf.h" "$scratch/old/lib/libpetsc.so"
printf '#define PETSC_VERSION_%s\n' "MAJOR 3" "MINOR 17" "SUBMINOR 4" > "$scratch/old/include/petscversion.h"
refuses petsc_old "PETSc>=3.18: the one in $scratch/old/ is 3.17.4" -- -D LACUNA_PETSC="$petsc" -D PETSC_DIR="$scratch/old"
PETSC_DIR=/nonexistent PETSC_ARCH=linux refuses petsc_dir "there is no /nonexistent/linux/lib/pkgconfig/PETSc.pc, nor /nonexistent/linux/include/petscconf.h" -- -D LACUNA_PETSC="$petsc"
other=$([[ $petsc == petsc ]] && echo petsc64 || echo petsc)
refuses petsc_size "set LACUNA_PETSC=$petsc" -- -D LACUNA_PETSC="$other" -D PETSC_DIR="$prefix"
refuses petsc_name "it must be petsc or petsc64" -- -D LACUNA_PETSC=petsc128

# HDF5: a serial one, as a machine has it where only libhdf5-dev is installed.
serial=$scratch/serial
mkdir -p "$serial/bin" "$serial/include" "$serial/lib"
: > "$serial/lib/libhdf5.so"
cat > "$serial/include/H5pubconf.h" <<'TEXT'
#define H5_VERSION "1.10.8"
/* #undef H5_HAVE_PARALLEL */
TEXT
echo '#include "H5pubconf.h"' > "$serial/include/hdf5.h"
refuses hdf5_serial "the one found is serial, $serial/lib/libhdf5.so (Debian: libhdf5-openmpi-dev)" -- -D LACUNA_PETSC="$petsc" \
  -D HDF5_ROOT="$serial"
