#!/usr/bin/env bash
# Installs what is missing of cmake/apt-packages.txt:  bash cmake/install-packages.sh [GROUP...]
# Needs neither root nor a network where nothing is missing; otherwise works as root, or through sudo.
set -euo pipefail
list=$(dirname "$0")/apt-packages.txt

if ! command -v dpkg-query > /dev/null; then
  echo "note: not a Debian system, so no packages are installed; CMake will name what is missing" >&2
  exit 0
fi

missing=()
while read -r package group _; do
  [[ -z $package || $package == '#'* ]] && continue
  [[ -n $group && " $* " != *" $group "* ]] && continue
  [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null || true) == installed ]] || missing+=("$package")
done < "$list"
[[ ${#missing[@]} -eq 0 ]] && exit 0

echo "installing Debian packages: ${missing[*]}"
if [[ $(id -u) -eq 0 ]]; then
  as_root=()
elif command -v sudo > /dev/null; then
  as_root=(sudo)
else
  echo "error: these packages are missing, and this is neither root nor a machine with sudo. Ask for:" >&2
  echo "  apt-get install ${missing[*]}" >&2
  exit 1
fi
# A package source of someone else that is out of order is no reason to stop; a package that then is not found is.
"${as_root[@]}" apt-get update -q || echo "warning: apt-get update failed; going on with the package lists that are there" >&2
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}" || {
  echo "error: apt-get could not install: ${missing[*]}" >&2
  exit 1
}
