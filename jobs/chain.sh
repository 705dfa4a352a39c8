#!/usr/bin/env bash
# A chain of three jobs, each of which waits until the one before has succeeded: a simulated survey, its mass map, the pictures.
#   bash jobs/chain.sh [OPTIONS OF SBATCH...]                      on a login node, in the folder in which lacuna was built
# A job that requeues itself (jobs/map.sbatch) keeps its number, so that the next one waits for it; where one fails for good,
# the rest is cancelled.
set -euo pipefail
export PATH=$PWD/build/release:$PWD/drivers:$PATH OMP_NUM_THREADS=1
after() { sbatch --parsable --kill-on-invalid-dep=yes --dependency="afterok:$1" "${@:2}"; }

simulate=$(sbatch --parsable --job-name=lacuna-simulate --ntasks=2 --time=00:10:00 --output=%x-%j.log "$@" \
  --wrap "srun --mpi=pmix lacuna-simulate inputs/demo_survey.toml --resume auto")
map=$(after "$simulate" "$@" jobs/map.sbatch inputs/demo_map.toml --set "data.file=$PWD/demo_survey_catalogue.fits")
plot=$(after "$map" --job-name=lacuna-plot --ntasks=1 --time=00:10:00 --output=%x-%j.log "$@" \
  --wrap "lacuna-plot demo_map.h5 --truth demo_survey.h5")

echo "submitted: $simulate (simulate), $map (map), $plot (pictures); squeue --me shows them, scancel $simulate $map $plot ends them"
