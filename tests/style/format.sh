#!/usr/bin/env bash
# format.sh ROOT: clang-format finds nothing to change. Exit code 77 (skipped) without the version whose style it is.
set -euo pipefail
version=14  # Debian 12; other versions break lines elsewhere
cd "$1"
tool=$(command -v clang-format-$version || command -v clang-format || true)
if [[ -z $tool || $("$tool" --version) != *"version $version."* ]]; then
  echo "SKIPPED: the format of the sources is NOT CHECKED, for there is no clang-format $version (Debian: clang-format)"
  exit 77
fi
failed=0
while IFS= read -r -d '' file; do
  "$tool" --dry-run -Werror "$file" 2> /dev/null || { echo "$file: not in the format of .clang-format"; failed=1; }
done < <(find src drivers tests -name '*.[ch]pp' -print0 | sort -z)
[[ $failed -eq 0 ]] || echo "mend with: $tool -i FILE..."
exit $failed
