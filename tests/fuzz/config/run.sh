#!/usr/bin/env bash
# Fuzzes the config reader, built by clang with libFuzzer, AddressSanitizer and UBSan; fails if anything was found.
#   bash tests/fuzz/config/run.sh [SECONDS] [FOLDER]      default: 60 seconds, in build/fuzz
# SEED chooses the course (default 1, so that a run can be repeated; 0: another one every time).
# FOLDER/found keeps the inputs that reached new code, and a finding is FOLDER/crash-*. Exit 77: there is no clang.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
seconds=${1:-60}
folder=${2:-$root/build/fuzz}
if ! command -v clang++ > /dev/null; then
  echo "SKIPPED: clang++ is not installed (cmake/apt-packages.txt, group tests)"
  exit 77
fi
cmake -S "$here" -B "$folder" -G Ninja -DCMAKE_CXX_COMPILER=clang++ > /dev/null
ninja -C "$folder" --quiet

# One seed for each program: the first byte says which (fuzz_config.cpp), and whether settings follow.
mkdir -p "$folder/seeds" "$folder/found"
for file in "$root"/inputs/*.toml "$here"/seeds/*; do
  for program in 0 1 2 3; do
    { printf '%s' "$program" && cat "$file"; } > "$folder/seeds/$program-$(basename "$file")"
  done
  { printf 4 && cat "$file" && printf '\0grid.nx=12\0output.name="a b"'; } > "$folder/seeds/4-$(basename "$file")"
done
cd "$folder"
# Texts above 1 MiB are refused unread; 8 KiB hold every key there is.
exec ./fuzz_config -max_total_time="$seconds" -max_len=8192 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -error_exitcode=1 \
  -verbosity=1 -seed="${SEED:-1}" found seeds
