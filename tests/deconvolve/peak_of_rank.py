"""Runs a program as one rank of mpiexec: peak_of_rank.py FOLDER PROGRAM WORDS... Leaves its exit code and largest resident
memory in FOLDER/RANK, and leaves with 0: mpiexec ends the other ranks otherwise."""
import os
import resource
import subprocess
import sys

code = subprocess.call(sys.argv[2:])
with open(os.path.join(sys.argv[1], os.environ["OMPI_COMM_WORLD_RANK"]), "w", encoding="utf-8") as file:
    file.write(f"{code} {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024}")
