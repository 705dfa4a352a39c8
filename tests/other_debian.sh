#!/usr/bin/env bash
# Builds lacuna with the compiler, MPI, PETSc and HDF5 of another release of Debian, and runs its tests there:
#   bash tests/other_debian.sh SUITE FOLDER [CTEST-OPTION...]      for example: trixie build/trixie -R solver
# FOLDER becomes the root of that release (2 GB); a second call uses it again. What is mounted is seen by this script alone and goes with
# it. Needs root and debootstrap; leaves with 77 without them.
set -euo pipefail
source=$(cd "$(dirname "$0")/.." && pwd)
if [[ $(id -u) -ne 0 ]] || ! command -v debootstrap > /dev/null; then
  echo "*** SKIPPED: another Debian needs root and the package debootstrap ***" >&2
  exit 77
fi
suite=$1
mkdir -p "$2"
root=$(cd "$2" && pwd)
shift 2

if [[ -z ${OTHER_DEBIAN_INSIDE:-} ]]; then
  OTHER_DEBIAN_INSIDE=1 exec setpriv --pdeathsig KILL unshare --mount --propagation private --pid --fork --kill-child \
    bash "$0" "$suite" "$root" "$@"
fi
if [[ ! -e $root/etc/debian_version ]]; then
  debootstrap --variant=minbase "$suite" "$root" http://deb.debian.org/debian
fi
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
cp /etc/resolv.conf "$root/etc/resolv.conf"
mkdir -p "$root/lacuna"
git -C "$source" ls-files -z --cached --others --exclude-standard | tar -C "$source" --null -T - -c | tar -x -C "$root/lacuna"
exec chroot "$root" bash /lacuna/tests/run.sh release "$@"
