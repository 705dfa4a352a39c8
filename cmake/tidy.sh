#!/usr/bin/env bash
# bash cmake/tidy.sh [FILE.cpp...]: the checks of .clang-tidy on these files, or on all of src/ and drivers/ (minutes).
# Needs clang-tidy 16 or newer (bash cmake/install-packages.sh style) and configures build/release where that is not done.
set -euo pipefail
cd "$(dirname "$0")/.."
tool=$(command -v clang-tidy-16 || command -v clang-tidy || true)
version=$([[ -n $tool ]] && "$tool" --version | sed -n 's/.*version \([0-9]*\)\..*/\1/p' || echo 0)
if [[ $version -lt 16 ]]; then
  echo "error: no clang-tidy 16 or newer (older ones do not know std::source_location): bash cmake/install-packages.sh style" >&2
  exit 1
fi
build=build/release
[[ -f $build/compile_commands.json ]] || cmake --preset release
cmake --build "$build" --target lacuna_version
files=("$@")
[[ ${#files[@]} -gt 0 ]] || mapfile -t files < <(find src drivers -name '*.cpp' | sort)
printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P "$(nproc)" "$tool" -p "$build" --quiet
