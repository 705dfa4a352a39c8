#!/usr/bin/env bash
# Installs what is missing, builds with all cores and runs every test; the exit code is ctest's.
#   bash tests/run.sh [PRESET] [CTEST-OPTION...]     for example: bash tests/run.sh debug -R wiener
# PRESET is one of CMakePresets.json (release, debug, asan-ubsan, petsc64; default release), built in build/PRESET.
# LACUNA_DATA is the folder of the real data sets; without it their tests are skipped.
set -euo pipefail

preset=release
if [[ $# -gt 0 && $1 != -* ]]; then
  preset=$1
  shift
fi
source "$(dirname "$0")/data_folder.sh"
data_note=
if [[ -z ${LACUNA_DATA:-} ]]; then
  data_note="NOTE: LACUNA_DATA is not set: the tests on real data WILL BE SKIPPED (set it to the folder of the data sets)"
fi

cd "$(dirname "$0")/.."
groups=("$preset" tests)
[[ $(id -u) -eq 0 ]] && groups+=(cluster) # its tests make network namespaces
bash cmake/install-packages.sh "${groups[@]}"
cmake --preset "$preset"
cmake --build --preset "$preset" -j "$(nproc)"
[[ -n $data_note ]] && printf '\n%s\n\n' "$data_note"
exec ctest --preset "$preset" -j "$(nproc)" "$@"
