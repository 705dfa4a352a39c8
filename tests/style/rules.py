"""The rules of the source tree that a machine can check. Each yields texts "path:line: what is wrong"."""
import os
import re
import subprocess

TOP_LEVEL = set("""src drivers inputs jobs tests cmake docs CMakeLists.txt CMakePresets.json README.md LICENSE CITATION.cff
    CHANGELOG.md CONTRIBUTING.md .ci .clang-format .clang-tidy .editorconfig .gitignore""".split())
LINE_LIMIT = 320
TEST_LINE_LIMIT = 340
BYTE_LIMIT = 400_000

CHAIN = ["base", "grid", "operators", "model", "priors", "solvers", "samplers"]
MAY_INCLUDE = {folder: set(CHAIN[: i + 1]) for i, folder in enumerate(CHAIN)}
MAY_INCLUDE["io"] = {"io", "base", "grid"}
MAY_INCLUDE["survey"] = {"survey", "base", "grid", "io"}
MAY_INCLUDE["config"] = {"config", "base"}  # and base only where neither MPI nor a compiled file is needed
PROGRAM_LAYER = {"massmap", "movie", "deconvolve", "floors"}  # what one program is made of: above all the others, below drivers/
MAY_INCLUDE.update({folder: set(MAY_INCLUDE) | {folder} for folder in PROGRAM_LAYER})
GENERATED = {"version.hpp"}
PARALLEL_HEADERS = re.compile(r"(mpi|petsc\w*|slepc\w*|hdf5|H5\w*|fftw3\S*|fitsio|wcslib/\S*)\.h\b")
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')

# Spelt so that this file does not break its own rule.
FORBIDDEN = {
    "a path of one machine": re.compile(r"/(wor[k]|far[m]|hom[e]/\w+|roo[t]/|tmp/(w[t]|b-\w|bash_job[s]))[/.\w]"),
    "a loose end": re.compile(r"\b(TOD[O]|FIXM[E]|XX[X]|HAC[K])\b|not implemente[d]|unimplemente[d]|placeholde[r]"),
    "a word about how the project was written": re.compile(r"\b(claud[e]|anthropi[c]|chatgp[t]|copilo[t]|LL[M]s?|AI-generate[d])\b|\bissue #?\d", re.I),
}


def files(root):
    """What belongs to the repository: what git knows or would add; without git, everything that is not built."""
    try:
        listed = subprocess.run(["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                                capture_output=True, check=True).stdout.decode().split("\0")
        found = [path for path in listed if path and os.path.isfile(os.path.join(root, path))]
    except (OSError, subprocess.CalledProcessError):
        found = []
        for folder, inner, names in os.walk(root):
            if folder == root:
                inner[:] = [d for d in inner if d not in (".git", "demo") and not d.startswith("build")]
            inner[:] = [d for d in inner if d != "__pycache__"]
            found += [os.path.relpath(os.path.join(folder, name), root) for name in names if name != ".git"]
    return sorted(found)


def lines_of(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as f:
        return f.read().split("\n")


def under(paths, folders, endings=("",)):
    return [p for p in paths if p.split("/")[0] in folders and p.endswith(tuple(endings))]


def top_level(root, paths):
    for name in sorted({path.split("/")[0] for path in paths} - TOP_LEVEL):
        yield f"{name}:1: does not belong at the top of the repository"


def sizes(root, paths):
    for path in paths:
        if os.path.getsize(os.path.join(root, path)) > BYTE_LIMIT:
            yield f"{path}:1: larger than {BYTE_LIMIT} bytes: data do not belong into the repository"
    for path in under(paths, ("src", "drivers", "tests")):
        count = len(lines_of(root, path)) - 1
        limit = TEST_LINE_LIMIT if path.startswith("tests/") else LINE_LIMIT
        if count > limit:
            yield f"{path}:{count}: {count} lines, more than {limit}"


def includes(root, path):
    for number, line in enumerate(lines_of(root, path), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1) == '"', match.group(2)


def needs_parallel(root, header, seen):
    """Why a header of ours cannot be used without MPI, or an empty string."""
    if header in seen or header in GENERATED:
        return ""
    seen.add(header)
    if os.path.exists(os.path.join(root, "src", re.sub(r"\.hpp$", ".cpp", header))) and not header.startswith("config/"):
        return f"{header} has a .cpp of the parallel library"
    if not os.path.exists(os.path.join(root, "src", header)):
        return ""
    for _, ours, name in includes(root, "src/" + header):
        if PARALLEL_HEADERS.match(name):
            return f"{header} includes {name}"
        why = needs_parallel(root, name, seen) if ours else ""
        if why:
            return why
    return ""


def layers(root, paths):
    """Arrows between the folders of src/ go one way; every include of ours names its folder and exists."""
    known = set(paths)
    for path in under(paths, ("src",), (".hpp", ".cpp")):
        parts = path.split("/")
        if len(parts) != 3 or parts[1] not in MAY_INCLUDE:
            yield f"{path}:1: not in a folder that the layers know"
            continue
        folder = parts[1]
        serial = folder == "config" and not parts[2].startswith("build")
        for number, ours, name in includes(root, path):
            if serial and PARALLEL_HEADERS.match(name):
                yield f"{path}:{number}: config must do without {name}"
            if not ours or name in GENERATED:
                continue
            if f"src/{name}" not in known:
                yield f'{path}:{number}: "{name}" is no file of src/ (write "folder/file.hpp")'
            elif folder == "config" and not serial:
                continue  # the factory uses all
            elif name.split("/")[0] not in MAY_INCLUDE[folder]:
                yield f"{path}:{number}: {folder} must not use {name}"
            elif serial:
                why = needs_parallel(root, name, set())
                if why:
                    yield f"{path}:{number}: config must do without MPI: {why}"


def headers(root, paths):
    for path in under(paths, ("src", "drivers"), (".hpp",)):
        if lines_of(root, path)[0] != "#pragma once":
            yield f"{path}:1: does not begin with #pragma once"
        for number, line in enumerate(lines_of(root, path), 1):
            if re.match(r"\s*using namespace\b", line):
                yield f"{path}:{number}: using namespace in a header"


PETSC_VERSIONS = "src/base/petsc_version.hpp"
PORTABLE = {
    f"PETSc's version is asked for in {PETSC_VERSIONS} alone": re.compile(r"\bPETSC_VERSION_\w+|PetscLogGetStageLog|\bPETSC_DEFAULT\b"),
    "belongs to one MPI": re.compile(r"\b(OMPI_|MPIX_|OPEN_MPI|PRTE_|MPICH_|I_MPI_)\w*"),
}


def portable(root, paths):
    """C++ that any MPI and any PETSc since 3.18 compiles."""
    for path in under(paths, ("src", "drivers"), (".hpp", ".cpp")):
        for number, line in enumerate(lines_of(root, path), 1):
            for what, pattern in PORTABLE.items():
                match = pattern.search(line)
                if match and not (path == PETSC_VERSIONS and match.group(0).startswith("PETSC_")):
                    yield f"{path}:{number}: {match.group(0)}: {what}"


def words(root, paths):
    for path in paths:
        for number, line in enumerate(lines_of(root, path), 1):
            for what, pattern in FORBIDDEN.items():
                match = pattern.search(line)
                if match:
                    yield f"{path}:{number}: {what}: {match.group(0)}"


def text(root, paths):
    for path in paths:
        if path.endswith((".png", ".h5", ".fits")):
            continue  # not text
        content = lines_of(root, path)
        if content[-1] != "":
            yield f"{path}:{len(content)}: no newline at the end of the file"
        for number, line in enumerate(content, 1):
            if line != line.rstrip():
                yield f"{path}:{number}: blanks at the end of the line"
            if "\t" in line:
                yield f"{path}:{number}: a tab"


def anchors(root, path):
    """The headings of a Markdown file as GitHub names them."""
    fenced = False
    for line in lines_of(root, path):
        fenced ^= line.lstrip().startswith("```")
        if line.startswith("#") and not fenced:
            title = re.sub(r"[^\w\- ]", "", line.lstrip("#").strip().lower())
            yield title.replace(" ", "-")


def links(root, paths):
    """Links between our documents lead somewhere, and so do documents that comments name."""
    known = set(paths) | {os.path.dirname(path) for path in paths}
    for path in paths:
        for number, line in enumerate(lines_of(root, path), 1):
            for target in re.findall(r"\]\(([^)\s]+)\)", line) if path.endswith(".md") else []:
                if re.match(r"[a-z]+:", target):
                    continue
                name, _, anchor = target.partition("#")
                goal = os.path.normpath(os.path.join(os.path.dirname(path), name)) if name else path
                if goal not in known and not any(p.startswith(goal + "/") for p in paths):
                    yield f"{path}:{number}: link to {target}, which does not exist"
                elif anchor and goal.endswith(".md") and anchor not in anchors(root, goal):
                    yield f"{path}:{number}: link to {target}: no such heading"
            for target in re.findall(r"\b(?:docs|inputs|jobs|cmake)/[\w-]+\.(?:md|toml|sh|sbatch|txt)\b", line):
                if target not in known and not path.startswith("tests/style/"):
                    yield f"{path}:{number}: names {target}, which does not exist"


def tests_run(root, paths):
    """A test file that no CMakeLists.txt names is a test that never runs."""
    for path in under(paths, ("tests",), (".cpp", ".py", ".sh")):
        name = os.path.basename(path)
        if not name.startswith("test_"):
            continue
        lists = os.path.join(os.path.dirname(path), "CMakeLists.txt")
        stem = re.escape(os.path.splitext(name)[0])
        short = re.escape(os.path.splitext(name)[0][len("test_"):])  # foreach(name a b): test_${name}.py
        listed = "\n".join(lines_of(root, lists)) if lists in paths else ""
        looped = "test_${" in listed and re.search(rf"\b{short}\b", listed)
        if not re.search(rf"\b{stem}\b", listed) and not looped:
            yield f"{path}:1: {lists} does not run it"


def scripts(root, paths):
    for path in paths:
        first = lines_of(root, path)[0]
        if path.endswith((".sh", ".sbatch")) or re.match(r"#!.*\bbash\b", first):
            checked = subprocess.run(["bash", "-n", os.path.join(root, path)], capture_output=True, text=True)
            if checked.returncode:
                yield f"{path}:1: {checked.stderr.strip()}"
            if not first.startswith("#!"):
                yield f"{path}:1: a script without #!"


RULES = [top_level, sizes, layers, headers, portable, words, text, links, tests_run, scripts]


def violations(root):
    paths = files(root)
    return [f"{rule.__name__}: {found}" for rule in RULES for found in rule(root, paths)]
