"""Which Python runs a driver: the first python3 in PATH where it has the modules (a cluster's module or conda environment;
/usr/bin/python3 is often too old there), else Debian's /usr/bin/python3 (whose packages a pyenv or virtualenv in PATH
would hide). LACUNA_PYTHON=/path/to/python3 overrules both. This file must parse on any Python 3."""
import ctypes
import importlib
import os
import signal
import sys

from .failure import BAD_DATA, INTERNAL

SYSTEM_PYTHON = "/usr/bin/python3"
PR_SET_PDEATHSIG = 1  # of linux/prctl.h


def missing_modules(modules):
    """What keeps this interpreter from drawing, or an empty string."""
    if sys.version_info < (3, 8):
        return "Python 3.8 or newer"
    names = ", ".join(modules[:-1]) + " and " + modules[-1]
    try:
        found = {name: importlib.import_module(name) for name in modules}
    except Exception as error:  # a broken binary module raises more than ImportError
        return "{} ({})".format(names, error)
    version = found["matplotlib"].__version__
    if tuple(int(part) for part in version.split(".")[:2]) < (3, 6):
        return "matplotlib 3.6 or newer (this is {})".format(version)
    return ""


def run_under(python, script):
    os.environ["LACUNA_PYTHON_CHOSEN"] = "1"  # one change of interpreter at most: no loop
    try:
        os.execv(python, [python, os.path.realpath(script)] + sys.argv[1:])
    except OSError as error:
        sys.stderr.write("{}: {} cannot be run ({})\n".format(os.path.basename(script), python, error.strerror))
        sys.exit(INTERNAL)


def in_child(name, main):
    """main() in a process of its own, and its exit code: damaged bytes can kill HDF5 1.10 where it reads them, and then somebody must
    say so. Whatever else kills the child kills this process, too."""
    child = os.fork()
    if child == 0:
        try:  # not to outlive the parent, whatever ends that
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        except (OSError, AttributeError):
            pass  # not Linux
        sys.exit(main())
    passed_on = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
    for number in passed_on:
        signal.signal(number, lambda got, _: os.kill(child, got))
    status = os.waitpid(child, 0)[1]
    if os.WIFEXITED(status):
        return os.WEXITSTATUS(status)
    killer = os.WTERMSIG(status)
    if killer in (signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGFPE):
        sys.stderr.write("{}: the HDF5 library crashed (signal {}), most likely on a damaged file: {}\n".format(
            name, killer, " ".join(sys.argv[1:])))
        return BAD_DATA
    if killer in passed_on:
        signal.signal(killer, signal.SIG_DFL)
    os.kill(os.getpid(), killer)
    return INTERNAL


def launch(script, package, modules):
    """Runs PACKAGE.cli.main under a Python that has the modules (matplotlib among them), and exits with its code."""
    os.environ["HDF5_PLUGIN_PRELOAD"] = "::"  # a file from elsewhere must not load code into the reader
    os.environ.setdefault("HDF5_USE_FILE_LOCKING", "FALSE")  # parallel file systems often refuse locks to readers
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # nothing here is threaded; login nodes limit threads
    if "LACUNA_PYTHON_CHOSEN" not in os.environ:
        if os.environ.get("LACUNA_PYTHON"):
            run_under(os.environ["LACUNA_PYTHON"], script)
        if missing_modules(modules) and os.path.exists(SYSTEM_PYTHON):
            run_under(SYSTEM_PYTHON, script)
    missing = missing_modules(modules)
    if missing:
        packages = " ".join("python3-" + name for name in modules)
        sys.stderr.write("{}: {} needs {}. Debian: apt-get install {}; elsewhere load a Python that has them, or set "
                         "LACUNA_PYTHON.\n".format(os.path.basename(script), sys.executable, missing, packages))
        sys.exit(INTERNAL)
    main = importlib.import_module(package + ".cli").main
    sys.exit(in_child(os.path.basename(script), lambda: main(sys.argv[1:])))
