"""Damaged input files: each is read, or refused with an exit code for bad input; nothing crashes, hangs or takes the
memory that a damaged number asks for.   check_mutants.py READ_PROBE COUNT [KIND...]  COUNT of each kind, see seeds.py
The same COUNT gives the same damage (the newer HDF5 files hold the time of their making). What failed is named and kept."""
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter

from seeds import KINDS

ALLOWED = {"0", "65", "66", "78"}  # read; bad data; an input that is not there; something has to be chosen
NUMBERS = [0, 1, -1, 2, 7, 255, 256, 2**15, 2**16 - 1, 2**24, 2**31 - 1, -(2**31), 2**32 - 1, 2**40, 2**62, 2**63 - 1, -(2**63)]


def structure(data, choose):
    """A place to damage: mostly near the beginning or where bytes are not zero, since files are full of padding."""
    for _ in range(8):
        at = choose.randrange(len(data))
        if data[at]:
            break
    return at


def number(choose, size):
    value = choose.choice(NUMBERS) if choose.random() < 0.7 else choose.getrandbits(8 * size)
    return (value % 2 ** (8 * size)).to_bytes(size, choose.choice(("little", "big")))


def damage(data, choose):
    """One change of some bytes."""
    at = structure(data, choose)
    way = choose.randrange(12)
    if way < 3:  # one bit
        data[at] ^= 1 << choose.randrange(8)
    elif way == 3:
        data[at] = choose.choice((0, 1, 0x7F, 0x80, 0xFF, 32, 48, 57, choose.randrange(256)))
    elif way < 7:  # a number, mostly at a place where one may stand
        size = choose.choice((2, 4, 8))
        at -= at % choose.choice((1, 2, 4, 8))
        data[at:at + size] = number(choose, size)
    elif way == 7:  # a number that is near: sizes and offsets that nearly fit
        size = choose.choice((2, 4, 8))
        at -= at % 4
        old = int.from_bytes(data[at:at + size].ljust(size, b"\0"), "little")
        data[at:at + size] = ((old + choose.choice((-8, -1, 1, 8, 16, old))) % 2 ** (8 * size)).to_bytes(size, "little")
    elif way == 8:  # a block of zeros, as a hole in the file
        length = choose.choice((4, 16, 64, 512))
        data[at:at + length] = bytes(len(data[at:at + length]))
    elif way == 9:  # a block from elsewhere
        length = choose.choice((4, 8, 16, 64))
        source = choose.randrange(len(data))
        data[at:at + length] = data[source:source + length]
    elif way == 10:  # digits, as headers of text have them
        digits = [i for i in range(max(0, at - 200), min(len(data), at + 200)) if chr(data[i]).isdigit()]
        for i in choose.sample(digits, min(len(digits), choose.randrange(1, 4))):
            data[i] = ord(choose.choice("0123456789-.eE"))
    elif choose.random() < 0.3:
        del data[at:]
    else:
        del data[at:at + choose.choice((1, 2, 80))]


def mutant(data, choose):
    data = bytearray(data)
    for _ in range(choose.choice((1, 1, 1, 2, 3, 6))):
        if data:
            damage(data, choose)
    return bytes(data)


def run(probe, jobs, folder):
    """Outcomes and messages of the probe, one a job."""
    path = os.path.join(folder, "list")
    with open(path, "w") as f:
        f.writelines("\t".join(job) + "\n" for job in jobs)
    with open(os.path.join(folder, "messages"), "w") as messages:
        done = subprocess.run([*probe, path], stdout=subprocess.PIPE, stderr=messages, text=True, timeout=1500)
    outcomes = done.stdout.splitlines()
    if done.returncode or len(outcomes) != len(jobs):
        sys.exit(f"the probe itself failed: exit {done.returncode}, {len(outcomes)} of {len(jobs)} files\n"
                 + open(os.path.join(folder, "messages")).read()[-2000:])
    return outcomes


def check(kind, probe, count, folder):
    os.makedirs(folder)
    seeds = list(KINDS[kind](lambda name: os.path.join(folder, name)))
    good = run(probe, seeds, folder)
    contents = {path: open(path, "rb").read() for _, path, _ in seeds}
    choose = random.Random(f"{kind} {count}")
    jobs, origins = [], []
    for i in range(count):
        how, path, name = seeds[i % len(seeds)]
        target = os.path.join(folder, f"{i:05d}_" + os.path.basename(path))
        with open(target, "wb") as f:
            f.write(mutant(contents[path], choose))
        jobs.append((how, target, name))
        origins.append(path)
    outcomes = run(probe, jobs, folder)
    print(f"{kind}: {len(seeds)} good files {dict(Counter(good))}, {count} damaged ones {dict(Counter(outcomes))}", flush=True)
    refused = [(s, o) for s, o in zip(seeds, good) if o not in ("0", "65", "78")]
    if good.count("0") * 2 < len(good) or refused:
        print(f"  too many good files are refused: {[(s, o) for s, o in zip(seeds, good) if o != '0']}")
        return False
    failures = [(job, outcome) for job, outcome in zip(jobs, outcomes) if outcome not in ALLOWED]
    for (how, path, name), outcome in failures:
        print(f"  {outcome}: {how} {path} '{name}'")
    return not failures


def main():
    probe, count, kinds = [sys.argv[1]], int(sys.argv[2]), sys.argv[3:] or list(KINDS)
    folder = tempfile.mkdtemp(prefix="lacuna_mutants_")
    results = [check(kind, probe, count, os.path.join(folder, kind)) for kind in kinds]
    if all(results):
        shutil.rmtree(folder)
        return 0
    print("kept in", folder)
    return 1


if __name__ == "__main__":
    sys.exit(main())
