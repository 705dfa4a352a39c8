#!/usr/bin/env bash
# To be sourced: makes LACUNA_DATA, the folder of the real data sets, absolute (tests run in other folders); ends with 66 where it is set
# and is no folder.
if [[ -z ${LACUNA_DATA:-} ]]; then
  unset LACUNA_DATA
elif [[ ! -d $LACUNA_DATA ]]; then
  echo "error: LACUNA_DATA=$LACUNA_DATA is not a folder" >&2
  exit 66
else
  LACUNA_DATA=$(cd "$LACUNA_DATA" && pwd)
  export LACUNA_DATA
fi
