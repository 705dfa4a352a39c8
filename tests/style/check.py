"""check.py ROOT: every rule of rules.py on the tree; exit code 1 and one line for each breach."""
import sys

import rules

found = rules.violations(sys.argv[1])
print("\n".join(found) if found else "no breach of a rule")
sys.exit(bool(found))
