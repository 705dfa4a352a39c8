#!/usr/bin/env bash
# The cluster tests of a build:  bash tests/cluster/run.sh BUILD-FOLDER RANKS-PER-NODE [CASE...]     (all cases by default)
# Leaves with 77 where this machine cannot make a cluster. Needs nothing of, and changes nothing on, a SLURM that is installed here.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source=$(cd "$here/../.." && pwd)
build=$(cd "$1" && pwd)
export RANKS_PER_NODE=$2
python=$(sed -n 's/^LACUNA_PYTHON:[^=]*=//p' "$build/CMakeCache.txt") # with h5py, as CMake has found it
shift 2

# What a user has: the folder in which lacuna was built.
folder=$(mktemp -d "${TMPDIR:-/tmp}/lacuna-cluster-work.XXXXXX")
trap 'rm -rf --one-file-system "$folder"' EXIT
trap 'exit 143' TERM INT HUP
mkdir "$folder/build"
ln -s "$build" "$folder/build/release"
ln -s "$source/jobs" "$source/inputs" "$source/drivers" "$folder/"
cd "$folder"
setpriv --pdeathsig TERM bash "$here/cluster.sh" 3 "$RANKS_PER_NODE" "${python:-python3}" -B "$here/check_cluster.py" "$@" &
trap 'kill "$!" 2> /dev/null; wait "$!" || true; exit 143' TERM INT HUP
wait "$!"
