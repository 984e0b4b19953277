"""The same as ``newsml finetune``: python scripts/finetune.py CONFIG [--set KEY=VALUE ...].

Data-parallel: accelerate launch --multi_gpu --num_processes 8 scripts/finetune.py CONFIG. Every process takes batches
of ``training.batch_size`` rows, so that a step takes eight times as many; the first writes the model.
"""

import sys

from newsml.cli.main import main

sys.argv.insert(1, "finetune")
main()
