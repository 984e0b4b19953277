"""The same as ``newsml finetune``: python scripts/finetune.py CONFIG [--set KEY=VALUE ...]."""

import sys

from newsml.cli.main import main

sys.argv.insert(1, "finetune")
main()
