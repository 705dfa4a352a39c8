#!/usr/bin/env bash
# lacuna-deconvolve beside general-purpose solvers on photon counts: bash tests/bench/peers.sh [BUILD] [ROUNDS] [SCALE] [CASE...]
# The problems of make_poisson_problems.py (SCALE 1: 399,424 pixels without a prior, b2mle, and with smoothness, b2map; 512 x 512 with total variation, b4;
# a movie of 64 x 256 x 256, b5). In every round lacuna-deconvolve on one rank and each peer, one after the other, on one thread: SciPy's L-BFGS-B and
# TAO's BLMVM (on the assembled matrix of b2; by FFT in b5), PDHG in numpy for b4. Compared is user CPU until the energy is near the optimum; a peer that is not
# there after 10 times lacuna's seconds (b2mle: 30) is stopped, and it is said how far away it was. Needs SciPy, h5py and petsc4py.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
build=$(realpath "${1:-$root/build/release}")
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
/usr/bin/python3 -B "$root/tests/bench/make_poisson_problems.py" "$folder" "${3:-1}"
/usr/bin/python3 -B "$root/tests/bench/poisson_rounds.py" "$build/lacuna-deconvolve" "$folder" "${2:-3}" "${@:4}"
