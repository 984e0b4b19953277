"""A model's forward pass in int8 by ONNX Runtime: exported once into the cache, compared with fp32, refused if unlike.

Owns the cache of exports and the gate. Knows nothing of graphs, articles or tasks.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import torch

from newsml.errors import ModelError
from newsml.models.backend import on_gpu
from newsml.models.cache import entry_made_of, kept
from newsml.models.encoder import Head
from newsml.models.onnx_graph import LONGEST, OUTPUTS, export, quantise
from newsml.models.onnx_session import require_onnx, session
from newsml.models.progress import ScreenProgress

FORM = 2
"""Changes with the way of exporting, so that older exports are not taken for new ones."""

AGREEMENT = 0.99
"""Share of the probes on which a classifier in int8 has to give the label that it gives in fp32."""

FALL = 0.005
"""How far the macro-F1 of a classifier may fall, where the labels of the probes are its own."""

COSINE = 0.99
"""Least cosine of a probe's mean vector in int8 with that in fp32."""

TOPICS = "topics"
"""The probes of every model whose labels are not those of others."""

SMOOTHED = 3
"""Every so manieth probe shows how large activations get."""

FILE = "model.onnx"
GATE = "gate.json"


class Int8Model:
    """Answers as the ``transformers`` model does that it was made of, on the processor, a text a call.

    Attributes:
        config: That of the model.
    """

    def __init__(self, folder: Path, config: Any) -> None:
        self._session = session(folder / FILE)
        self._inputs = [one.name for one in self._session.get_inputs()]
        self._outputs = [one.name for one in self._session.get_outputs()]
        self.config = config

    def __call__(self, **batch: torch.Tensor) -> SimpleNamespace:
        """Outputs of a batch padded on the right; hidden states of padding are zeros."""
        asked = {name: batch[name].cpu().numpy() for name in self._inputs}
        lengths = asked["attention_mask"].sum(axis=1)
        rows = [
            self._session.run(None, {name: values[row : row + 1, :length] for name, values in asked.items()})
            for row, length in enumerate(lengths)
        ]
        found = {
            name: self._joined([row[place] for row in rows], asked["attention_mask"].shape[1])
            for place, name in enumerate(self._outputs)
        }
        return SimpleNamespace(**{name: found.get(name) for name in OUTPUTS})

    def _joined(self, rows: Sequence[np.ndarray], width: int) -> torch.Tensor:
        """One tensor of the rows' outputs, hidden states padded to a width."""
        if rows[0].ndim < 3:
            return torch.from_numpy(np.concatenate(rows))
        return torch.from_numpy(np.concatenate([np.pad(r, ((0, 0), (0, width - r.shape[1]), (0, 0))) for r in rows]))


def int8(
    model: Any,
    tokenizer: Any,
    *,
    name: str,
    adapter: str | None = None,
    head: Head | None = None,
) -> Int8Model:
    """The int8 form of a loaded model, from the cache or exported now.

    Args:
        model: In fp32.
        tokenizer: Its tokenizer.
        name: What messages call it.
        adapter: The adapter that is switched on, where there is one unmerged.
        head: The classifier on it, where there is one.

    Raises:
        MissingDependencyError: onnxruntime or onnx is not installed.
        ModelError: In int8 it answers otherwise than in fp32; or there is a GPU.
        DownloadError: The cache folder cannot be written.
    """
    require_onnx("onnx-int8")
    if on_gpu():
        raise ModelError("backend onnx-int8 computes on a processor, and this machine has a GPU; take torch-bf16")
    import onnxruntime
    from peft.tuners.tuners_utils import BaseTunerLayer

    if adapter is not None:
        name = f"{name} with {adapter}"
        model = copy.deepcopy(model)
        for module in model.modules():
            if isinstance(module, BaseTunerLayer):
                module.merge(adapter_names=[adapter])
    how = f"{FORM} {onnxruntime.__version__} {model.config.to_json_string()}"
    entry = entry_made_of(model, "onnx-int8", how)

    def make(folder: Path) -> None:
        """The graph, and what the gate says of it."""
        ScreenProgress().say(f"{name}: exporting to int8 and comparing with fp32, once")
        export(model, tokenizer, folder / FILE)
        quantise(folder / FILE, tokenizer, [probe.second for probe in probes()[TOPICS][::SMOOTHED]])
        labels = tuple(model.config.id2label.values()) if model.base_model is not model else ()
        refused = gate(model, Int8Model(folder, model.config), tokenizer, labels=labels, head=head)
        (folder / GATE).write_text(json.dumps({"name": name, "refused": refused}) + "\n", encoding="utf-8")

    kept(entry, make, name=name)
    verdict = json.loads((entry / GATE).read_text(encoding="utf-8"))
    if verdict["refused"]:
        raise ModelError(f"{name}: {verdict['refused']}; take backend torch, or torch-bf16 where the processor has it")
    return Int8Model(entry, model.config)


def gate(
    exact: Callable[..., Any],
    fast: Callable[..., Any],
    tokenizer: Any,
    *,
    labels: Sequence[str] = (),
    head: Head | None = None,
) -> str:
    """Why a model in int8 is refused; empty where it answers the probes as it does in fp32.

    Of a classifier the labels are compared, and where they are those of the probes, the macro-F1 as well; of an encoder
    the mean vectors.

    Args:
        exact: In fp32; like ``fast`` from a padded batch to what ``transformers`` models give.
        fast: In int8.
        tokenizer: Makes the inputs.
        labels: Class names of a classifier that is a model of its own.
        head: As in ``int8``.
    """
    names = head.labels if head else tuple(labels)
    task = next((name for name, found in probes().items() if {probe.label for probe in found} <= set(names)), None)
    gold, answers, apart = [], [], []
    for probe in probes()[task or TOPICS]:
        batch = tokenizer([probe.first], [probe.second], truncation=True, max_length=LONGEST, return_tensors="pt")
        with torch.inference_mode():
            found = exact(**batch), fast(**batch)
        gold.append(probe.label)
        if names:
            logits = [head.logits(one.pooler_output.numpy()) if head else one.logits for one in found]
            answers.append([names[int(one.argmax())] for one in logits])
        else:
            means = [one.last_hidden_state.mean(dim=1) for one in found]
            apart.append(float(torch.nn.functional.cosine_similarity(*means)))
    return _unlike(answers, gold if task else []) if names else _far(apart)


def _unlike(answers: Sequence[Sequence[str]], gold: Sequence[str]) -> str:
    """Why labels in fp32 and in int8, and those that are right where they are known, speak against int8."""
    share = sum(one == other for one, other in answers) / len(answers)
    if not share >= AGREEMENT:
        count = len(answers)
        return f"in int8 it gives {share:.1%} of {count} probes the label of fp32, expected {AGREEMENT:.0%} or more"
    if gold:
        from sklearn.metrics import f1_score

        exact, fast = (
            f1_score(gold, column, average="macro", zero_division=0) for column in zip(*answers, strict=True)
        )
        if not exact - fast <= FALL:
            return f"in int8 its macro-F1 on {len(gold)} probes is {fast:.3f}, in fp32 {exact:.3f}"
    return ""


def _far(apart: Sequence[float]) -> str:
    """Why the cosines of vectors in fp32 and in int8 speak against int8."""
    if min(apart) >= COSINE:
        return ""
    return f"in int8 its vectors have a cosine of {min(apart):.3f} with those in fp32, expected {COSINE} or more"


class Probe(NamedTuple):
    """What a classifier is asked; see ``scripts/make_probes.py``.

    Attributes:
        first: A text.
        second: The other text of the pair.
        label: What the writer of the article says.
    """

    first: str
    second: str
    label: str


@cache
def probes() -> dict[str, tuple[Probe, ...]]:
    """By task, probes of newsml's sample articles."""
    found = json.loads((Path(__file__).parent / "probes.json").read_text(encoding="utf-8"))
    return {task: tuple(Probe(*one) for one in rows) for task, rows in found.items()}
