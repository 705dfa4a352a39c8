#!/usr/bin/env bash
# Builds with AddressSanitizer, LeakSanitizer and UBSan and runs the unit tests (ctest -L unit); the exit code is ctest's.
#   bash tests/sanitize.sh [PRESET] [CTEST-OPTION...]      PRESET: asan-ubsan (default), or asan-petsc64
# What Open MPI and its plug-ins keep until the end is listed in cmake/sanitizers/lsan.supp.
set -euo pipefail
preset=asan-ubsan
if [[ $# -gt 0 && $1 != -* ]]; then
  preset=$1
  shift
fi
cd "$(dirname "$0")/.."
bash cmake/install-packages.sh ${preset//-/ }
cmake --preset "$preset"
cmake --build --preset "$preset" --target unit_tests -j "$(nproc)"
exec ctest --preset "$preset" -L unit -j "$(nproc)" "$@"
