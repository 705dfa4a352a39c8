#!/usr/bin/env bash
# The benchmark of blurs: bash tests/bench/convolution.sh [BUILD] [PROBLEM.h5] [ROUNDS]
# Richardson-Lucy on photon counts of 2048 x 2048 pixels, PSFs of 15 x 15. Each round runs lacuna on one rank, scikit-image, and
# lacuna on two ranks, one after the other; the medians of the rounds' ratios are printed. bench_convolution measures the four bare
# FFTW transforms of an iteration by FFT in the same process, and the floors of an iteration: its two convolutions alone, and the
# bytes that it must move at the bandwidth of the machine.
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
  /usr/bin/python3 "$root/tests/bench/make_blur_problem.py" "$problem"
fi
bench=$(find "$build" -name bench_convolution -type f | head -n 1)
for ((i = 0; i < rounds; ++i)); do
  for psf in gauss ring; do
    mpirun -n 1 "$bench" "$problem" $psf | tee -a "$folder/one"
    /usr/bin/python3 "$root/tests/bench/skimage_richardson_lucy.py" "$problem" $psf | tee -a "$folder/skimage"
    mpirun -n 2 "$bench" "$problem" $psf | tee -a "$folder/two"
  done
done
/usr/bin/python3 - "$folder" <<'P'
import json, statistics, sys
one, peer, two = ([json.loads(line) for line in open(f"{sys.argv[1]}/{name}")] for name in ("one", "skimage", "two"))
names = {"gauss": "separable PSF", "ring": "PSF of rank 8"}
for psf, name in names.items():
    rows = [(o, s, t) for o, s, t in zip(one, peer, two) if o["psf"] == psf]
    ratio = lambda f: statistics.median(f(*row) for row in rows)
    print(f"{name}: an iteration {ratio(lambda o, s, t: o['iteration_ms']):.1f} ms of CPU time, "
          f"{ratio(lambda o, s, t: s['iteration_ms'] / o['iteration_ms']):.1f} x faster than scikit-image, "
          f"{ratio(lambda o, s, t: o['ratio']):.2f} x faster than four bare transforms; "
          f"{ratio(lambda o, s, t: o['iteration_to_floor']):.2f} of its floors (convolutions and memory traffic), "
          f"{ratio(lambda o, s, t: o['cg_to_floor']):.2f} an iteration of Newton's conjugate gradients; "
          f"two ranks against one {ratio(lambda o, s, t: o['wall_ms'] / t['wall_ms']):.2f} x (wall time)")
P
