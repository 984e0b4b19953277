"""The same as ``newsml predict``: python scripts/predict.py --task TASK --input PATH --output FOLDER."""

import sys

from newsml.cli.main import main

sys.argv.insert(1, "predict")
main()
