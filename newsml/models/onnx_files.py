"""Models exported for ONNX Runtime in fp32, kept in the cache: what torch is needed for once.

Owns the entries: graph, tokenizer, and what else has to be known of a model. Knows nothing of how it is run.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from newsml.errors import DownloadError, ExportError
from newsml.models.backend import loading_for
from newsml.models.batches import TextPair, encode_all, pad
from newsml.models.cache import MANIFEST, cache_folder, kept
from newsml.models.files import sha256_of
from newsml.models.onnx_session import require_onnx, session
from newsml.models.plain_tokenizer import PlainTokenizer

if TYPE_CHECKING:
    from newsml.models.classifier import Classifier
    from newsml.models.torch_encoder import TorchEncoder

FORM = 1
"""Changes with the way of exporting, so that older exports are not taken for new ones."""

APART = 1e-4
"""How far an output may lie from torch's, as a share of the largest, or of 1."""

CHECKED = 1024
"""Tokens of the longer of the texts that are compared, at most."""

GRAPH, TOKENIZER, ABOUT = "model.onnx", "tokenizer.json", "about.json"

_READ = (".safetensors", ".json", ".txt", ".model")
"""Endings of the files that a model is made of."""


@dataclass(frozen=True, slots=True)
class About:
    """What else has to be known of an exported model.

    Attributes:
        padding: What the graph reads beside adapters, and the id of each that stands where a text has ended.
        max_tokens: Longest input in tokens, special tokens included.
        width: Of a hidden state.
        labels: Of a classifier.
        multi_label: Whether a text may have several of them.
        layers: The linear layers that have room for an adapter, with their numbers in and out.
    """

    padding: dict[str, int]
    max_tokens: int
    width: int
    labels: tuple[str, ...] = ()
    multi_label: bool = False
    layers: dict[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Exported:
    """A model in the cache.

    Attributes:
        folder: Its entry.
        about: What is known of it.
    """

    folder: Path
    about: About

    def tokenizer(self) -> PlainTokenizer:
        """Its tokenizer."""
        padding = self.about.padding
        return PlainTokenizer(self.folder / TOKENIZER, inputs=tuple(padding), padding=padding)

    def session(self) -> Any:
        """Its graph, ready to run."""
        return session(self.folder / GRAPH)


def exported(
    folders: Sequence[Path], load: Callable[[], TorchEncoder | Classifier], *, name: str, labels: Sequence[str] = ()
) -> Exported:
    """A model from the cache, or exported now.

    Args:
        folders: What it is made of; a change of a file in them makes another entry.
        load: Loads it with torch.
        name: What messages call it.
        labels: Those of its card, where that says what they are.

    Raises:
        MissingDependencyError: onnxruntime or onnx is not installed.
        ModelError: It cannot be loaded.
        ExportError: It cannot be exported, answers otherwise than in torch, or the cache folder cannot be written.
    """
    require_onnx("onnx")
    entry = cache_folder() / "onnx" / _digest(folders, labels)

    def make(folder: Path) -> None:
        """The export."""
        from newsml.models.progress import ScreenProgress

        ScreenProgress().say(f"{name}: exporting for ONNX Runtime, once")
        with loading_for("torch"):
            _make(load(), folder, name)

    try:
        kept(entry, make, name=name)
    except DownloadError as error:
        raise ExportError(str(error)) from error
    return Exported(entry, About(**json.loads((entry / ABOUT).read_text(encoding="utf-8"))))


def _digest(folders: Sequence[Path], labels: Sequence[str]) -> str:
    """Of the files of folders, or of the list that the cache keeps of them with their checksums."""
    digest = hashlib.sha256(f"{FORM} {list(labels)}".encode())
    for folder in folders:
        manifest = folder / MANIFEST
        files = [manifest] if manifest.is_file() else sorted(p for p in folder.iterdir() if p.suffix in _READ)
        for path in files:
            digest.update(f"{path.name} {sha256_of(path)}".encode())
    return digest.hexdigest()[:32]


def _make(loaded: TorchEncoder | Classifier, folder: Path, name: str) -> None:
    from newsml.models.classifier import Classifier
    from newsml.models.onnx_graph import export, make_room

    tokenizer, model = loaded.tokenizer, loaded.model
    if not getattr(tokenizer, "is_fast", False) or {tokenizer.padding_side, tokenizer.truncation_side} != {"right"}:
        raise ExportError(f"{name}: onnx needs a fast tokenizer that pads and cuts on the right; take backend torch")
    export(model, tokenizer, folder / GRAPH)
    tokenizer.backend_tokenizer.save(str(folder / TOKENIZER))
    ids = {"input_ids": tokenizer.pad_token_id, "token_type_ids": tokenizer.pad_token_type_id, "attention_mask": 0}
    padding = {one.name: ids[one.name] for one in session(folder / GRAPH).get_inputs()}
    width = model.config.hidden_size
    if isinstance(loaded, Classifier):
        about = About(padding, loaded.max_tokens, width, loaded.labels, loaded.multi_label)
    else:
        about = About(padding, loaded.max_tokens, width, layers=make_room(folder / GRAPH))
    _check(model, Exported(folder, about), name)
    (folder / ABOUT).write_text(json.dumps(asdict(about)) + "\n", encoding="utf-8")


def _check(model: Any, made: Exported, name: str) -> None:
    """Compare with torch, on a short text and one as long as the model reads, together."""
    import torch

    from newsml.models.torch_encoder import numbers, tensors

    texts = ["Rain fell in Oslo.", "The council will meet on Monday about the budget of the city, it was said. " * 100]
    plain = made.tokenizer()
    encoded = encode_all(plain, [TextPair(text) for text in texts], min(made.about.max_tokens, CHECKED))
    batch = pad(plain, encoded, max(len(one["input_ids"]) for one in encoded))
    running = made.session()
    outputs = [one.name for one in running.get_outputs()]
    found = running.run(outputs, batch | updates(made.about.layers, {}))
    with torch.inference_mode():
        expected = model(**tensors(batch))
    real = batch["attention_mask"].astype(bool)
    for output, values in zip(outputs, found, strict=True):
        other = numbers(getattr(expected, output))
        if output == "last_hidden_state":
            values, other = values[real], other[real]
        apart = float(np.abs(values - other).max() / max(np.abs(other).max(), 1))
        if not apart <= APART:
            raise ExportError(
                f"{name}: by ONNX Runtime it answers otherwise ({output} {apart:.1g} apart); take backend torch"
            )


def updates(layers: dict[str, tuple[int, int]], found: dict[str, tuple[np.ndarray, np.ndarray]]) -> dict[str, Any]:
    """What the layers of a graph read of an adapter: (in, rank) and (rank, out), of rank 0 where it has none."""
    made = {}
    for layer, (into, out) in layers.items():
        none = np.zeros((into, 0), np.float32), np.zeros((0, out), np.float32)
        made[f"{layer}.A"], made[f"{layer}.B"] = found.get(layer, none)
    return made
