"""The same as ``newsml benchmark``: python scripts/benchmark.py CONFIG [--set KEY=VALUE ...]."""

import sys

from newsml.cli.main import main

sys.argv.insert(1, "benchmark")
main()
