#!/usr/bin/env bash
# What takes too long for tests/run.sh: one step after the other, and a summary. Leaves with 0 where no step failed.
#   bash tests/nightly.sh [STEP...]       all steps, or some
#   bash tests/nightly.sh --list
# memory, valgrind, mutants, kills and cluster look at what release has built. Each step's output goes to build/nightly/STEP.log.
# LACUNA_DATA is the folder of the real data sets, as for tests/run.sh.
set -uo pipefail
cd "$(dirname "$0")/.."

# NAME  COMMAND, run in the root of the repository; 0 is passed, 77 skipped, all else failed.
read -r -d '' steps <<'STEPS'
release     bash tests/run.sh release
petsc64     bash tests/run.sh petsc64
large       ctest --preset petsc64 -C nightly -R large_file --output-on-failure
sanitizers  bash tests/unit.sh asan-ubsan
memory      ctest --preset release -C nightly --no-tests=error -V -R '^deconvolve_memory'
valgrind    bash cmake/install-packages.sh nightly && ctest --preset release -C nightly --no-tests=error -L '^valgrind' -j "$(nproc)"
mutants     ctest --preset release -C nightly --no-tests=error -V -R '^nightly_mutants'
fuzz        SEED=0 bash tests/fuzz/config/run.sh 1800
kills       ctest --preset release -C nightly --no-tests=error -V -R '^nightly_kills'
cluster     bash tests/cluster/run.sh build/release 2
debian13    bash tests/other_debian.sh trixie build/debian13 -LE cluster
STEPS

names=$(awk '{print $1}' <<< "$steps")
if [[ ${1:-} == --list ]]; then
  printf '%s\n' "$steps"
  exit 0
fi
for name in "$@"; do
  grep -qx -- "$name" <<< "$names" || { echo "no step $name; there are: ${names//$'\n'/ }" >&2; exit 64; }
done

mkdir -p build/nightly
failed=0 summary=
for name in ${*:-$names}; do
  command=$(awk -v name="$name" '$1 == name {$1 = ""; print}' <<< "$steps")
  log=build/nightly/$name.log
  printf '== %s %s:%s (%s)\n' "$(date +%T)" "$name" "$command" "$log"
  begin=$SECONDS code=0
  bash -c "$command" > "$log" 2>&1 < /dev/null || code=$?
  case $code in
    0) result=passed ;;
    77) result=SKIPPED ;;
    *) result="FAILED ($code)" failed=1 ;;
  esac
  [[ $code -eq 0 ]] || tail -n 25 "$log"
  summary+=$(printf '%-12s %-12s %5d s  %s' "$name" "$result" $((SECONDS - begin)) "$log")$'\n'
done
printf '\n%s' "$summary"
exit "$failed"
