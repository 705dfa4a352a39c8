"""Runs a program as one rank of mpiexec and appends its largest resident memory to a file: peak_of_rank.py FILE PROGRAM WORDS..."""
import resource
import subprocess
import sys

code = subprocess.call(sys.argv[2:])
with open(sys.argv[1], "a", encoding="utf-8") as file:
    file.write(f"{resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024}\n")
sys.exit(code)
