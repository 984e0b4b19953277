"""Zero-shot topics: which way scores a caller's own labels, by what the model is.

Owns that choice, the checks of the labels and what a saved model says of them. Knows nothing of articles.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from newsml.errors import ModelError
from newsml.models.card import Card
from newsml.models.encoder import Encoder
from newsml.models.generator import Generator
from newsml.models.label_space import load_centre
from newsml.models.load import kind_of, load_classifier, load_embedder, refuse, temperature
from newsml.models.resolve import Resolved
from newsml.tasks.labelers import COSINE_TEMPERATURE, CosineLabels, EntailedLabels, Labeler


def zero_shot_labels(
    found: Resolved, labels: Sequence[str], *, template: str, multi_label: bool, encoder: Encoder | None
) -> Labeler:
    """A labeler for the caller's own labels.

    Args:
        found: An NLI model, an encoder, a label space, or a causal or chat model.
        labels: Names that differ.
        template: The sentence a label stands in, with ``{}`` for it.
        multi_label: Whether each label is scored by itself.
        encoder: A loaded base to share.

    Raises:
        ModelError: The labels or the template make no sense, or the model cannot score them.
    """
    names = tuple(labels)
    if isinstance(labels, str) or not names or not all(isinstance(n, str) and n.strip() for n in names):
        raise ModelError(f"labels must be a list of names, got {labels!r:.60}")
    if len(set(names)) < len(names):
        raise ModelError(f"labels must differ, got {next(n for n in names if names.count(n) > 1)!r} twice")
    if "{}" not in template:
        raise ModelError(f"template must hold {{}} where the label goes, got {template!r:.60}")
    kind = kind_of(found)
    if kind == "nli":
        return EntailedLabels(load_classifier(found, kind), names, template=template, multi_label=multi_label)
    if kind == "encoder" or (kind == "newsml-adapter" and found.card and found.card.task == "topics-zero-shot"):
        calibrated = found.card is not None and found.card.calibration is not None
        return CosineLabels(
            load_embedder(found, kind, encoder=encoder),
            names,
            template=template,
            multi_label=multi_label,
            temperature=temperature(found.card) if calibrated else COSINE_TEMPERATURE,
            centre=load_centre(found.path),
        )
    if kind in ("causal", "chat"):
        from newsml.tasks.chosen import ChosenLabels

        return ChosenLabels(found, Generator.load(found.path, name=found.name), names)
    raise refuse(found, kind, "an NLI model, an encoder, or a causal or chat model for labels of your own")


def zero_shot_card(found: Resolved, labeler: Labeler) -> Card:
    """The card of a model with the labels that it was given, to be saved beside it."""
    card = found.card
    return Card(
        name=re.sub(r"^[^A-Za-z0-9]+|[^A-Za-z0-9._-]", "", Path(found.name).name) or "zero-shot",
        task="topics",
        base=found.name,
        summary=f"Zero-shot topics by {found.name} at {found.revision}.",
        labels=labeler.labels,
        calibration=card.calibration if card else None,
        max_tokens=labeler.max_tokens,
        languages=card.languages if card else (),
        licence=card.licence if card else "that of the original model",
        limits=card.limits if card else "Those of the original model.",
        intended_use="Topics of news articles.",
    )
