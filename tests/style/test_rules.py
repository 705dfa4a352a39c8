"""Every rule must find the breach that it is for, and nothing in a tree that is as it should be."""
import os
import tempfile
import unittest

import rules

GOOD = {
    "README.md": "# Title\n\n## Second part\n\nSee [the maths](docs/theory.md#signs-and-units) and [above](#second-part).\n",
    "docs/theory.md": "# Theory\n\n## Signs and units\n",
    "src/base/error.hpp": '#pragma once\n#include <mpi.h>\n#include "base/failure.hpp"\n',
    "src/base/error.cpp": '#include "base/error.hpp"\n',
    "src/base/failure.hpp": "#pragma once\n#include <string>\n",
    "src/base/petsc_version.hpp": "#pragma once\n#if PETSC_VERSION_LT(3, 21, 0)\n#endif\n",
    "src/grid/cube.hpp": '#pragma once\n#include "base/error.hpp"\n',
    "src/io/product.hpp": '#pragma once\n#include "grid/cube.hpp"\n#include "version.hpp"\n',
    "src/survey/binning.hpp": '#pragma once\n#include "io/product.hpp"\n',
    "src/config/keys.hpp": '#pragma once\n#include "base/failure.hpp"\n',
    "src/config/build_map.cpp": '#include "io/product.hpp"\n',
    "tests/grid/CMakeLists.txt": "add_mpi_test(test_cube RANKS 1 SOURCES test_cube.cpp)\nforeach(name plot)\n  f(test_${name}.py)\n",
    "tests/grid/test_cube.cpp": '#include "grid/cube.hpp"\n',
    "tests/grid/test_plot.py": "pass\n",
    "jobs/demo.sh": "#!/usr/bin/env bash\necho done\n",
}
BREACHES = [
    ("top_level", "notes.txt", "hello\n"),
    ("sizes", "src/grid/long.cpp", "//\n" * 321),
    ("sizes", "docs/big.md", "x" * 79 + "\n" + ("y" * 79 + "\n") * 6000),
    ("layers", "src/base/up.hpp", '#pragma once\n#include "grid/cube.hpp"\n'),
    ("layers", "src/io/up.hpp", '#pragma once\n#include "survey/binning.hpp"\n'),
    ("layers", "src/grid/aside.hpp", '#pragma once\n  #  include "io/product.hpp"\n'),
    ("layers", "src/config/mpi.cpp", "#include <mpi.h>\n"),
    ("layers", "src/config/compiled.cpp", '#include "base/error.hpp"\n'),
    ("layers", "src/config/petsc.cpp", "#include <petscvec.h>\n"),
    ("layers", "src/config/up.cpp", '#include "io/product.hpp"\n'),
    ("layers", "src/grid/flat.cpp", '#include "cube.hpp"\n'),
    ("layers", "src/other/a.cpp", "\n"),
    ("layers", "src/lost.cpp", "\n"),
    ("headers", "src/grid/bare.hpp", "#include <string>\n"),
    ("headers", "src/grid/using.hpp", "#pragma once\nusing namespace std;\n"),
    ("portable", "src/grid/version.cpp", "#if PETSC_VERSION_GE(3, 22, 0)\n#endif\n"),
    ("portable", "src/grid/old.cpp", "f(PETSC_DEFAULT);\n"),
    ("portable", "src/base/petsc_version.hpp", "#pragma once\nint n = MPIX_Query_cuda_support();\n"),
    ("portable", "drivers/lacuna-x.cpp", 'getenv("OMPI_COMM_WORLD_RANK");\n'),
    ("words", "src/grid/loose.cpp", "// TO" + "DO later\n"),
    ("words", "docs/path.md", "run /wor" + "k/main/a\n"),
    ("words", "docs/home.md", "run /hom" + "e/me/a\n"),
    ("words", "docs/number.md", "see issue" + " #12\n"),
    ("text", "docs/blank.md", "line \n"),
    ("text", "docs/tab.md", "a\tb\n"),
    ("text", "docs/end.md", "line"),
    ("links", "docs/lost.md", "[gone](gone.md)\n"),
    ("links", "docs/heading.md", "[gone](theory.md#gone)\n"),
    ("links", "src/grid/comment.cpp", "// the formula of docs/" + "gone.md\n"),
    ("tests_run", "tests/grid/test_new.cpp", "\n"),
    ("tests_run", "tests/alone/test_new.py", "\n"),
    ("scripts", "jobs/broken.sh", "#!/bin/bash\nif true\n"),
    ("scripts", "jobs/bare.sh", "true\n"),
]


def tree(folder, contents):
    for path, content in contents.items():
        name = os.path.join(folder, path)
        os.makedirs(os.path.dirname(name), exist_ok=True)
        with open(name, "w", encoding="utf-8") as f:
            f.write(content)


class Rules(unittest.TestCase):
    def found_in(self, extra):
        with tempfile.TemporaryDirectory() as folder:
            tree(folder, {**GOOD, **extra})
            return rules.violations(folder)

    def test_good_tree(self):
        self.assertEqual(self.found_in({}), [])

    def test_breaches(self):
        for rule, path, content in BREACHES:
            with self.subTest(path):
                found = self.found_in({path: content})
                self.assertTrue(found)
                for one in found:  # the rule that is meant, at the file that is meant, and no other
                    self.assertTrue(one.startswith(f"{rule}: {path.split('/')[0] if rule == 'top_level' else path}:"), one)

    def test_each_rule_is_tried(self):
        self.assertEqual({rule for rule, _, _ in BREACHES}, {rule.__name__ for rule in rules.RULES})


if __name__ == "__main__":
    unittest.main()
