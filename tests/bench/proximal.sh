#!/usr/bin/env bash
# ADMM on photon counts: bash tests/bench/proximal.sh [BUILD] [FOLDER]
# Runs bench_proximal on b2 (without and with smoothness), b4 (total variation) and b5 (a movie) on one rank, in double and in mixed precision, and b5
# on two, in turn.
# FOLDER holds the inputs (PREFIX_counts.npy, PREFIX_psf.npy); without it they are made, and 300 iterations are run.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${1:-$root/build/release}
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMP_NUM_THREADS=1
limits=()
if [ $# -gt 1 ]; then
  folder=$2
else
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  python3 "$root/tests/bench/make_poisson_problems.py" "$folder"
  limits=(-optimum -1e300 -iterations 300)
fi
run() { mpirun --oversubscribe -n "$1" "$build/tests/bench/bench_proximal" "${@:2}" "${options[@]}"; }
for single in 0 1; do
  options=(-- "${limits[@]}" -single "$single")
  run 1 b2mle "$folder" 1
  run 1 b2map "$folder" 0.005
  run 1 b4 "$folder" 2
  for _ in 1 2; do
    run 1 b5 "$folder" 2
    run 2 b5 "$folder" 2
  done
done
