#!/usr/bin/env bash
# The log-normal benchmark: bash tests/bench/lognormal.sh [BUILD] [ROUNDS]
# Each round runs lacuna on one rank, SciPy's Newton-CG, and lacuna on two ranks, one after the other; the medians of the rounds' ratios
# are printed.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${1:-$root/build/release}
rounds=${2:-3}
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMP_NUM_THREADS=1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
/usr/bin/python3 "$root/tests/bench/make_lognormal_problem.py" "$folder/problem.h5"
bench=$(find "$build" -name bench_lognormal -type f | head -n 1)
for ((i = 0; i < rounds; ++i)); do
  mpirun -n 1 "$bench" "$folder/problem.h5" 2>/dev/null | tee -a "$folder/one"
  /usr/bin/python3 "$root/tests/bench/numpy_lognormal.py" "$folder/problem.h5" | tee -a "$folder/numpy"
  mpirun -n 2 "$bench" "$folder/problem.h5" 2>/dev/null | tee -a "$folder/two"
done
/usr/bin/python3 - "$folder" <<'P'
import json, statistics, sys
one, numpy, two = ([json.loads(line) for line in open(f"{sys.argv[1]}/{name}")] for name in ("one", "numpy", "two"))
m = statistics.median
print(f"\nwithin 0.01 nats: one rank {m(o['seconds'] for o in one):.3f} s, two {m(o['seconds'] for o in two):.3f} s, "
      f"SciPy's Newton-CG {m(n['seconds'] for n in numpy):.3f} s")
print(f"one rank against SciPy's Newton-CG: {m(n['seconds'] / o['seconds'] for n, o in zip(numpy, one)):.2f} x faster; "
      f"two ranks against one: {m(o['seconds'] / t['seconds'] for o, t in zip(one, two)):.2f} x")
P
