#!/usr/bin/env bash
# Binning a large catalogue: bash tests/bench/binning.sh [BUILD] [ROWS] [RANKS]
# Writes a catalogue of ROWS galaxies (default 4e7, 1.1 GB) as HDF5 columns and as a FITS table into a temporary folder, and
# prints the phases of the reading and binning of lacuna-massmap: what is read from the (cached) file, placed on the grid, sent to its owner.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${1:-$root/build/release}
rows=${2:-40000000}
ranks=${3:-1}
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMP_NUM_THREADS=1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
/usr/bin/python3 - "$rows" <<'P'
import sys
import h5py
import numpy as np
from astropy.io import fits
rows, step = int(sys.argv[1]), 4_000_000
rng = np.random.default_rng(1)
types = {"ra": "f8", "dec": "f8", "e1": "f4", "e2": "f4", "weight": "f4"}
header = fits.Header()
with h5py.File("cat.h5", "w") as file, open("cat.fits", "wb") as table:
    for name, kind in types.items():
        file.create_dataset(name, (rows,), kind, chunks=(1 << 18,))
    empty = fits.BinTableHDU(np.zeros(0, dtype=[(n, ">" + k) for n, k in types.items()]))
    empty.header["NAXIS2"] = rows
    table.write(fits.PrimaryHDU().header.tostring().encode() + empty.header.tostring().encode())
    for first in range(0, rows, step):
        n = min(step, rows - first)
        part = {"ra": rng.uniform(30, 50, n), "dec": rng.uniform(-10, 10, n), "e1": rng.normal(0, 0.26, n),
                "e2": rng.normal(0, 0.26, n), "weight": rng.uniform(0.5, 1.5, n)}
        record = np.empty(n, dtype=[(k, ">" + t) for k, t in types.items()])
        for name, values in part.items():
            file[name][first:first + n] = values
            record[name] = values
        table.write(record.tobytes())
    table.write(b"\0" * (-(rows * 28) % 2880))
P
for file in cat.h5 cat.fits; do
  cat "$file" >/dev/null  # into the cache
  printf '[data]\nfile = "%s"\n[grid]\ncenter_deg = [40, 0]\npixel_arcmin = 1\nnx = 1200\nny = 1200\npad_factor = 1\n[solver]\nmethod = "kaiser-squires"\n[output]\nfits = false\n' "$PWD/$file" >run.toml
  echo "== $file, $rows rows, $ranks rank(s); dd reads the file in:"
  dd if="$file" of=/dev/null bs=4M 2>&1 | tail -n 1
  mpirun --oversubscribe -n "$ranks" "$(find "$build" -name lacuna-massmap -type f | head -n 1)" run.toml --overwrite | grep -E "galaxies used|^phase|catalogue"
done
