"""The same as ``newsml evaluate``: python scripts/evaluate.py CONFIG [--set KEY=VALUE ...]."""

import sys

from newsml.cli.main import main

sys.argv.insert(1, "evaluate")
main()
