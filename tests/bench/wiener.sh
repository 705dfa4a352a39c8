#!/usr/bin/env bash
# The Wiener benchmark: bash tests/bench/wiener.sh [BUILD] [PROBLEM.h5] [ROUNDS]
# Each round runs lacuna on one rank, the numpy peer, and lacuna on two ranks, one after the other; the medians of the rounds' ratios
# are printed. bench_wiener measures its floors (bare FFTW transforms on the same ranks) in the same process.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${1:-$root/build/release}
problem=${2:-}
rounds=${3:-3}
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMP_NUM_THREADS=1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "$problem" ]; then
  problem=$folder/problem.h5
  /usr/bin/python3 "$root/tests/bench/make_wiener_problem.py" "$problem"
fi
bench=$(find "$build" -name bench_wiener -type f | head -n 1)
for ((i = 0; i < rounds; ++i)); do
  mpirun -n 1 "$bench" "$problem" 2>/dev/null | tee -a "$folder/one"
  /usr/bin/python3 "$root/tests/bench/numpy_wiener.py" "$problem" | tee -a "$folder/numpy"
  mpirun -n 2 "$bench" "$problem" 2>/dev/null | tee -a "$folder/two"
done
/usr/bin/python3 - "$folder" <<'P'
import json, statistics, sys
one, numpy, two = ([json.loads(line) for line in open(f"{sys.argv[1]}/{name}")] for name in ("one", "numpy", "two"))
m = statistics.median
print(f"\none rank against numpy: {m(n['solve_s'] / o['solve_s'] for n, o in zip(numpy, one)):.2f} x faster")
print(f"an iteration against its four bare transforms: {m(o['ratio'] for o in one):.2f} on one rank, {m(t['ratio'] for t in two):.2f} on two")
speedup = m(o["solve_s"] / t["solve_s"] for o, t in zip(one, two))
bare = m(o["four_transforms_ms"] / t["four_transforms_ms"] for o, t in zip(one, two))
print(f"two ranks against one: {speedup:.2f} x; the bare transforms: {bare:.2f} x; ratio {speedup / bare:.2f}")
print(f"peak memory above PETSc's own, per rank: {m(o['memory_MB'] for o in one):.0f} MB on one rank, {m(t['memory_MB'] for t in two):.0f} MB on two "
      f"({m(t['memory_MB'] / o['memory_MB'] for o, t in zip(one, two)):.2f})")
P
