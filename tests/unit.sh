#!/usr/bin/env bash
# Builds the unit tests of a preset and runs them (ctest -L unit); the exit code is ctest's.
#   bash tests/unit.sh PRESET [CTEST-OPTION...]
# PRESET: petsc64 (64-bit indices), asan-ubsan (AddressSanitizer, LeakSanitizer, UBSan; what Open MPI and its plug-ins keep until the
# end is listed in cmake/sanitizers/lsan.supp), or asan-petsc64 (both in one build).
set -euo pipefail
preset=${1:?"which preset?"}
shift
source "$(dirname "$0")/data_folder.sh"
cd "$(dirname "$0")/.."
bash cmake/install-packages.sh ${preset//-/ }
cmake --preset "$preset"
cmake --build --preset "$preset" --target unit_tests -j "$(nproc)"
exec ctest --preset "$preset" -L unit -j "$(nproc)" "$@"
