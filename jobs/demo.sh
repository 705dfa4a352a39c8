#!/usr/bin/env bash
# From nothing to a mass map in one command: installs what is missing, builds, simulates a survey whose truth is known,
# maps it on 2 ranks and draws the pictures.     bash jobs/demo.sh [FOLDER]     (default: demo/ in the repository)
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
folder=${1:-$root/demo}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)

cd "$root"
bash cmake/install-packages.sh
cmake --preset release
cmake --build --preset release -j "$(nproc)" --target lacuna-simulate lacuna-massmap

# Open MPI: also as root in a container, and where there is but one core.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
export PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe OMP_NUM_THREADS=1
programs=$root/build/release

cd "$folder"
printf '\n== 1. A simulated survey: %s\n' "$root/inputs/demo_survey.toml"
mpirun -n 2 "$programs/lacuna-simulate" "$root/inputs/demo_survey.toml" --overwrite
printf '\n== 2. Its mass map, on 2 ranks: %s\n' "$root/inputs/demo_map.toml"
mpirun -n 2 "$programs/lacuna-massmap" "$root/inputs/demo_map.toml" --set "data.file=$folder/demo_survey_catalogue.fits" --overwrite
printf '\n== 3. Pictures\n'
/usr/bin/python3 "$root/drivers/lacuna-plot" demo_map.h5 --truth demo_survey.h5
/usr/bin/python3 "$root/drivers/lacuna-report" demo_map.h5 --overwrite

cat <<TEXT

Done. In $folder:
  demo_survey.h5       the truth of the simulated survey: the convergence that sheared its galaxies
  demo_survey_catalogue.fits  the galaxies, as a telescope would see them
  demo_map.h5          the map: kappa_E (mass), kappa_B (what noise alone makes of it), std (error bars), snr, residuals
  demo_map_peaks.csv   the peaks of the map with their positions on the sky and their significance
  demo_map.html        a page about the run, to be opened in a browser
  demo_map*.png        the pictures: the map beside the truth, error bars, significance, residuals, convergence
TEXT
