"""Put a fine-tuned adapter into the package: python scripts/ship.py runs/NAME/model [ALIAS ...]."""

import shutil
import sys
from pathlib import Path

from newsml.models.card import PackageSource, read_card, write_card
from newsml.models.files import model_files

folder, models = Path(sys.argv[1]), Path("newsml/models")
card = read_card(folder)
weights = models / "weights" / card.name
weights.mkdir(parents=True, exist_ok=True)
for path in (*folder.glob("*.safetensors"), folder / "adapter_config.json"):
    shutil.copyfile(path, weights / path.name)
files = model_files(weights, sorted(path.name for path in weights.iterdir()))
shipped = {"sources": (PackageSource(kind="package"),), "files": files, "aliases": tuple(sys.argv[2:])}
write_card(card.model_copy(update=shipped), models / "cards").rename(models / "cards" / f"{card.name}.yaml")
