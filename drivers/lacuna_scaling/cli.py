"""The command line: arguments, the rounds of runs, the files, the exit code."""
from __future__ import annotations

import argparse
import contextlib
import datetime
import os
import signal
import socket
import sys

from .failure import CHECKPOINTED, IO_ERROR, RUN_FAILED, USAGE, Failure, Interrupted
from .forecast import outlook
from .model import Model, doubt, largest_from_smaller, leave_one_out, usable
from .phases import base_of, disagreement, efficiency, karp_flatt, points
from .report import page, serial_text
from .results import Results, lock, make_folder, write
from .runner import Launcher, run_case, run_floors
from .study import KEYS, Case, Study, read_study

HELP = """It writes NAME/NAME.json (after every run), NAME/NAME.csv and NAME/report.html into the working directory. Inside a SLURM job
programs are started by srun, else by mpirun; [launch] command says otherwise. docs/scaling.md tells how to read the report.

exit codes: 0 all runs done, and their energies agree; 64 usage; 65 NAME.json is damaged; 66 no such file; 70 a run failed or the
energies differ (the others are reported all the same); 73 NAME.json has runs (--resume, --overwrite), another study writes there, or
files cannot be made; 74 files cannot be read or written; 75 interrupted (SIGTERM, SIGINT, SIGUSR1, or a run that was): the same
command with --resume goes on; 78 a study file that is wrong, or another one than that of the runs to be resumed."""


class Parser(argparse.ArgumentParser):
    def error(self, message):
        raise Failure(USAGE, f"{message}; see lacuna-scaling --help")


def parse(arguments):
    parser = Parser(prog="lacuna-scaling", allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter, epilog=HELP,
                    description="Runs a problem on several numbers of ranks, says where the time goes, and what to expect of more ranks.")
    parser.add_argument("study", metavar="STUDY.toml", nargs="?", help="what to run; --help-keys lists its keys")
    parser.add_argument("--plan", action="store_true", help="list the runs and stop")
    again = parser.add_mutually_exclusive_group()
    again.add_argument("--resume", action="store_true", help="skip the runs that NAME.json has already, if there is one")
    again.add_argument("--overwrite", action="store_true", help="begin afresh, and lose the runs that NAME.json has")
    parser.add_argument("--help-keys", action="store_true", help="the keys of a study file")
    options = parser.parse_args(arguments)
    if not options.study and not options.help_keys:
        raise Failure(USAGE, "which study? lacuna-scaling STUDY.toml; see --help")
    return options


def print_keys() -> None:
    for table, keys in KEYS.items():
        print(f"[{table}]")
        for key, (kind, default, what) in keys.items():
            name = {str: "text", int: "integer", float: "number", bool: "true or false"}
            kind = f"list of {name[kind[0]]}" if isinstance(kind, list) else name[kind]
            print(f"  {key:<20} {kind}{'' if default is None else ', needed' if default is ... else f', default {default!r}'}: {what}")


def rounds(study: Study) -> list[tuple[int, Case]]:
    """Interleaved: what disturbs the machine for a while disturbs all cases alike."""
    cases = study.cases()
    return [(repeat, case) for repeat in range(1, study["study.repeats"] + 1) for case in cases]


def say(text: str) -> None:
    print(text, flush=True)


def perform(study: Study, launcher: Launcher, results: Results, folder: str) -> None:
    runs = make_folder(os.path.join(folder, "runs"))
    todo = rounds(study)
    for number, (repeat, case) in enumerate(todo, 1):
        record = next((r for r in results.data["runs"] if r["case"] == case.id and r["repeat"] == repeat), None)
        if record is None:
            results.same_contents(study.contents())
            record = run_case(study, launcher, runs, case, repeat)
            results.add("runs", record)
            said = (f"{record['seconds']:.4g} s, {record['iterations']} iterations" if record["status"] == "done"
                    else "FAILED, exit {}:\n    {}".format(record["exit_code"], "\n    ".join(record["stderr_tail"])))
            say(f"[{number}/{len(todo)}] {case.id}, repeat {repeat}: {said}")
        if study["study.floors"] and record["status"] == "done" and not results.has(case.id, repeat, "floors"):
            results.add("floors", run_floors(study, launcher, runs, record))


def evaluate(study: Study, launcher: Launcher, results: Results, folder: str) -> int:
    data = results.data
    found = points(data)
    different = disagreement(data)
    fitted = usable(found)
    model = Model(fitted) if fitted else None
    checks, largest = leave_one_out(found), largest_from_smaller(found)
    reference = base_of("strong", fitted) or base_of("weak", fitted)
    ahead = outlook(study, model, reference, launcher.ranks_per_node) if model else None
    data["validation"] = [vars(check) | {"error": check.error} for check in checks + largest]
    if ahead:
        data["prediction"] = {"answer": ahead.answer, "assumptions": ahead.assumptions,
                              "coefficients": {group: list(c) for group, c in model.coefficients.items()},
                              "table": [{"nodes": f.nodes, "ranks": f.ranks, "time_groups": f.layout.time_groups, "seconds": f.seconds,
                                         "efficiency": f.efficiency, "memory_bytes_a_rank": f.memory, "groups": f.groups} for f in ahead.table]}
    results.save()
    results.write_csv(os.path.join(folder, study["study.name"] + ".csv"))
    report = os.path.join(folder, "report.html")
    write(report, page(data, found, different, model, checks, largest, ahead))
    summary(found, checks, largest, ahead)
    for path in (results.path, results.path[:-5] + ".csv", report):
        say(f"wrote {path}")
    failed = [r for r in data["runs"] + data["floors"] if r["status"] != "done"]
    for line in different:
        print(f"ERROR: the runs do not agree: {line}", file=sys.stderr)
    if failed:
        print(f"ERROR: {len(failed)} run(s) failed: {', '.join(sorted({r['case'] for r in failed}))}; see {report}", file=sys.stderr)
    return RUN_FAILED if failed or different else 0


def summary(found, checks, largest, ahead) -> None:
    for kind in ("strong", "weak"):
        base = base_of(kind, found)
        if base is None:
            continue
        say(f"\n{kind + ' scaling':<16}{'ranks':>6}{'time x space':>14}{'seconds':>10}{'efficiency':>12}{'Karp-Flatt':>12}{'MB a rank':>11}")
        for p in sorted(found, key=lambda p: p.ranks):
            if p.kind == kind:
                e = efficiency(p, base)
                serial = karp_flatt(e * p.ranks / base.ranks, p.ranks / base.ranks) if kind == "strong" else None
                say(f"{'':<16}{p.ranks:>6}{f'{p.time_groups} x {p.ranks_in_space}':>14}{p.seconds:>10.4g}{e:>12.1%}"
                    f"{'-' if serial is None else serial_text(serial):>12}{p.memory / 1e6:>11.1f}")
    for title, list_ in (("each case from the others", checks), ("most ranks from fewer", largest)):
        if list_:
            say(f"model, {title}: errors " + ", ".join(f"{c.error:+.1%} ({c.case})" for c in list_))
    if ahead:
        say(f"\nPREDICTED: {ahead.answer}")
        say(doubt(checks + largest) + "\n")


SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)


def interrupted(signum, frame):
    """scancel, a time limit: the ranks that run are stopped too."""
    for other in SIGNALS:
        signal.signal(other, signal.SIG_IGN)  # one is enough: what it started is to be finished
    raise Interrupted(signal.Signals(signum).name)


def main(arguments: list[str]) -> int:
    for signum in SIGNALS:
        signal.signal(signum, interrupted)
    try:
        options = parse(arguments)
        if options.help_keys:
            print_keys()
            return 0
        study = read_study(options.study)
        launcher = Launcher(study)
        if options.plan:
            for repeat, case in rounds(study):
                say(f"{case.id}, repeat {repeat}: " + " ".join(launcher.words(study["study.program"], case.ranks, [study.file("study.config")])))
            return 0
        folder = make_folder(os.path.abspath(study["study.name"]))
        with contextlib.closing(lock(folder)):
            results = Results(os.path.join(folder, study["study.name"] + ".json"), study.values, study.contents())
            if not options.overwrite:
                results.load(options.resume)
            for name in {study["study.program"]} | ({"lacuna-floors"} if study["study.floors"] else set()):
                launcher.program(name)  # missing programs are found before the first run
            results.data["host"] = socket.gethostname()
            results.data["date_utc"] = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
            if any(study["study.ranks"]) and max(study["study.ranks"]) > launcher.room():
                say(f"note: {launcher.room()} cores; runs on more ranks share them, and are no part of the model")
            perform(study, launcher, results, folder)
            return evaluate(study, launcher, results, folder)
    except Failure as failure:
        print(f"lacuna-scaling: {failure}", file=sys.stderr)
        return failure.code
    except Interrupted as why:
        print(f"lacuna-scaling: interrupted by {why}; what is done is kept: --resume goes on", file=sys.stderr)
        return CHECKPOINTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        print(f"lacuna-scaling: {error}", file=sys.stderr)
        return IO_ERROR
