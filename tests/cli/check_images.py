"""lacuna-deconvolve as the most careless user runs it.

check_images.py files|values|settings LACUNA-DECONVOLVE MPIEXEC [RANKS]: every case must leave with the right exit code, say in one
message what is wrong and where, and touch nothing; or must work.
"""
import sys

import bad_images
from harness import Bench, Case, judge_all

GOOD = [Case("the good movie", 0, [], bad_images.movie(), (1, 2, 3), then=bad_images.estimate_is(bad_images.SHAPE))]
GROUPS = {"files": bad_images.FILES, "values": bad_images.VALUES, "settings": bad_images.SETTINGS}

if __name__ == "__main__":
    group, program, mpiexec = sys.argv[1:4]
    only = int(sys.argv[4]) if len(sys.argv) > 4 else None
    sys.exit(1 if judge_all(GOOD + GROUPS[group], Bench(program, mpiexec), only) else 0)
