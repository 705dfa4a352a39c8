"""lacuna-massmap as the most careless user runs it: bad configurations, bad data, bad places for the output.

check_bad_input.py GROUP LACUNA-MASSMAP MPIEXEC [RANKS]: every case must leave with the right exit code, say in one message what
is wrong and where, and touch nothing.
"""
import os
import subprocess
import sys

import bad_config
import bad_data
import bad_output
from harness import Bench, Case, judge_all

GOOD = [Case("the good catalogue", 0, [], lambda scene: scene.catalogue(), (1, 2, 3)),
        Case("the good maps", 0, [], lambda scene: scene.maps(), (1, 2, 3))]
GROUPS = {
    "config_text": bad_config.TEXT,
    "config_values": bad_config.VALUES,
    "command_line": bad_config.LINE,
    "catalogues": bad_data.CATALOGUES,
    "files": bad_data.FILES,
    "maps": bad_data.FIELDS,
    "output": bad_output.OUTPUT,
    "mounts": bad_output.MOUNTS,
}


def in_own_mounts():
    """Starts this program again where it may mount file systems that nobody else sees; skips where that is forbidden."""
    if os.environ.get("LACUNA_OWN_MOUNTS"):
        return
    unshare = ["unshare", "--mount"] if os.getuid() == 0 else ["unshare", "--mount", "--map-root-user"]
    probe = "d=$(mktemp -d) && mount -t tmpfs none $d; e=$?; umount $d 2>/dev/null; rmdir $d; exit $e"
    if subprocess.run(unshare + ["sh", "-c", probe], stderr=subprocess.DEVNULL, check=False).returncode:
        print("SKIPPED: no file system can be mounted here: nothing was tried on read-only folders and full disks")
        sys.exit(77)
    os.environ["LACUNA_OWN_MOUNTS"] = "1"
    os.execvp(unshare[0], unshare + [sys.executable] + sys.argv)


if __name__ == "__main__":
    group, program, mpiexec = sys.argv[1:4]
    if group == "mounts":
        in_own_mounts()
    only = int(sys.argv[4]) if len(sys.argv) > 4 else None
    # What is spoilt must be good before: a case that fails for another reason proves nothing.
    sys.exit(1 if judge_all(GOOD + GROUPS[group], Bench(program, mpiexec), only) else 0)
