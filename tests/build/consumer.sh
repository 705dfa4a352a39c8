#!/usr/bin/env bash
# Installs lacuna into a scratch folder, moves it, and builds and runs a small project against it in both ways.
set -euo pipefail
cmake=$1 build=$2 scratch=$3 compiler=$4 mpiexec=$5 sanitize=$6
here=$(cd "$(dirname "$0")" && pwd)
rm -rf "$scratch"
"$cmake" --install "$build" --prefix "$scratch/first" > /dev/null
mv "$scratch/first" "$scratch/prefix"  # package files must not know where they were installed
prefix=$scratch/prefix
flags=${sanitize:+-fsanitize=$sanitize}

"$cmake" -S "$here/consumer" -B "$scratch/cmake" -D CMAKE_PREFIX_PATH="$prefix" -D CMAKE_CXX_COMPILER="$compiler" \
  -D CMAKE_CXX_FLAGS="$flags"
"$cmake" --build "$scratch/cmake"

pc=$(find "$prefix" -name lacuna.pc -printf %h)
package=$(PKG_CONFIG_PATH="$pc:${PKG_CONFIG_PATH:-}" pkg-config --cflags --libs lacuna)
# shellcheck disable=SC2086
"$compiler" -std=c++20 $flags "$here/consumer/main.cpp" -o "$scratch/consumer" $package

expected="pixels 2000 rms"
for program in "$scratch/cmake/consumer" "$scratch/consumer"; do
  one=$("$mpiexec" -n 1 "$program")
  two=$("$mpiexec" -n 2 "$program")
  echo "$program: $one"
  [[ $one == "$expected "* ]] || { echo "not '$expected ...': $one"; exit 1; }
  [[ $one == "$two" ]] || { echo "2 ranks say otherwise: $two"; exit 1; }
done

