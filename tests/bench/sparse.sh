#!/usr/bin/env bash
# MAP through an assembled sparse matrix: bash tests/bench/sparse.sh [BUILD] [ROUNDS] [PROBLEM.h5]
# 399,424 counts of as many pixels, H a 5 x 5 blur as a sparse matrix, a smoothness prior, x >= 0. Each round runs lacuna-solve on one rank,
# SciPy's L-BFGS-B and, where petsc4py is installed, TAO's BLMVM, one after the other. Compared is the CPU time to within 5e-3 nats of
# the minimum, without reading the matrix: of lacuna-solve its solver's share of the run; and the whole run less that of --plan. Medians of the rounds.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
build=$(realpath "${1:-$root/build/release}")
rounds=${2:-3}
problem=${3:+$(realpath "$3")}
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMP_NUM_THREADS=1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
if [ -n "$problem" ]; then
  ln -s "$problem" problem.h5
else
  /usr/bin/python3 "$root/tests/bench/make_sparse_problem.py" problem.h5
fi
cat > solve.toml <<'P'
[operator]
file = "problem.h5"
dataset = "H"
shape = [632, 632]
[data]
file = "problem.h5"
dataset = "counts"
background = 1.0
[prior.space]
kind = "smooth"
strength = 5e-4
[solver]
rtol = 1e-9
P
/usr/bin/python3 -B "$root/tests/bench/sparse_rounds.py" "$build/lacuna-solve" "$rounds"
