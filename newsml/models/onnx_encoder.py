"""An encoder and classifiers that ONNX Runtime computes in fp32, without torch.

Owns how adapters reach the graph: as inputs, so that one copy of the base serves them all. Knows nothing of articles
or tasks.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from newsml.errors import ExportError, ModelError
from newsml.models.batches import Batch
from newsml.models.classifier import Classifier
from newsml.models.encoder import Encoder
from newsml.models.loading import loading
from newsml.models.onnx_files import Exported, exported, updates
from newsml.models.threads import one_thread

if TYPE_CHECKING:
    from newsml.models.torch_encoder import TorchEncoder

BEYOND = ("use_dora", "use_qalora", "lora_bias", "fan_in_fan_out", "rank_pattern", "alpha_pattern")
"""What the configuration of an adapter may ask for that is not done here."""


class OnnxEncoder(Encoder):
    """A base encoder that was exported."""

    def __init__(self, made: Exported, *, name: str) -> None:
        super().__init__(made.tokenizer(), name=name, max_tokens=made.about.max_tokens, width=made.about.width)
        self._session = made.session()
        self._layers = made.about.layers
        self._adapters: dict[str | None, dict[str, np.ndarray]] = {None: updates(self._layers, {})}

    @classmethod
    def load(cls, folder: Path, *, name: str) -> OnnxEncoder:
        """Load a base encoder from the cache; the first time it is exported, which takes torch.

        Raises:
            MissingDependencyError: onnxruntime or onnx is not installed.
            ModelError: It cannot be loaded.
            ExportError: It cannot be exported.
        """

        def load() -> TorchEncoder:
            """In torch."""
            from newsml.models.torch_encoder import TorchEncoder

            return TorchEncoder.load(folder, name=name)

        return cls(exported([folder], load, name=name), name=name)

    def attach(self, folder: Path) -> tuple[str, dict[str, np.ndarray]]:
        """As of every encoder."""
        from safetensors.numpy import load_file

        with loading(folder):
            scale = _scale(json.loads((folder / "adapter_config.json").read_text(encoding="utf-8")), folder)
            stored = load_file(folder / "adapter_model.safetensors")
        ends: dict[str, dict[str, np.ndarray]] = {}
        rest = {}
        for key, tensor in stored.items():
            path, _, end = key.removeprefix("base_model.model.").partition(".lora_")
            if not end:
                rest[path] = tensor
                continue
            if end not in ("A.weight", "B.weight"):
                raise _beyond(folder)
            layer = path if path in self._layers else path.partition(".")[2]
            if layer not in self._layers:
                raise self._unfit(folder, path)
            ends.setdefault(layer, {})[end.partition(".")[0]] = tensor.astype(np.float32)
        found = {}
        for layer, both in ends.items():
            into, out = self._layers[layer]
            down, up = both.get("A"), both.get("B")
            if down is None or up is None or down.shape[1] != into or up.shape[0] != out or len(down) != up.shape[1]:
                raise self._unfit(folder, layer)
            found[layer] = np.ascontiguousarray(down.T), np.ascontiguousarray(up.T * scale)
        name = f"{folder.name}-{len(self._adapters)}"
        self._adapters[name] = updates(self._layers, found)
        return name, rest

    def means(self, batch: Batch, weights: np.ndarray, adapter: str | None) -> np.ndarray:
        """As of every encoder."""
        hidden = self._run("last_hidden_state", batch, adapter)
        with one_thread():
            sums: np.ndarray = weights @ hidden
        return sums

    def pooled(self, batch: Batch, adapter: str | None) -> np.ndarray:
        """As of every encoder."""
        return self._run("pooler_output", batch, adapter)

    def merge(self) -> None:
        """Nothing: adapters stay beside the graph."""

    def _run(self, output: str, batch: Batch, adapter: str | None) -> np.ndarray:
        found: np.ndarray = self._session.run([output], batch | self._adapters[adapter])[0]
        return found

    def _unfit(self, folder: Path, layer: str) -> ModelError:
        return ModelError(
            f"adapter {folder} does not fit the base {self.name}, which has no such layer {layer}; "
            "use the base its card names"
        )


def _scale(config: dict[str, Any], folder: Path) -> float:
    """What the update of a LoRA adapter is multiplied by."""
    plain = config["peft_type"] == "LORA" and config["bias"] == "none"
    if not plain or any(config.get(key) for key in BEYOND):
        raise _beyond(folder)
    rank = config["r"] ** 0.5 if config.get("use_rslora") else config["r"]
    return float(config["lora_alpha"] / rank)


def _beyond(folder: Path) -> ExportError:
    return ExportError(f"adapter {folder}: backend onnx computes plain LoRA only; take backend torch")


def onnx_classifier(made: Exported) -> Classifier:
    """A classifier that was exported."""
    running = made.session()

    def logits(batch: Batch) -> np.ndarray:
        """Of each text."""
        found: np.ndarray = running.run(["logits"], batch)[0]
        return found

    about = made.about
    return Classifier(
        logits,
        made.tokenizer(),
        labels=about.labels,
        max_tokens=about.max_tokens,
        multi_label=about.multi_label,
    )
