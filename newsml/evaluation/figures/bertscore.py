"""BERTScore F1 (Zhang et al. 2020): likeness to references by the vectors of tokens in context.

Owns the matching of tokens. Knows nothing of articles.

Written by hand: ``bert-score`` 0.3.13, the authors' package, does not fit. With transformers
5 it fails on empty candidates and on models whose tokenizer states no limit, and with any it cuts long texts in silence
and turns NaN into 0. For texts that the model reads at once the values here are equal to its own with
``use_fast_tokenizer=True``, without idf and without rescaling.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from newsml.errors import DataError, ModelError
from newsml.evaluation.figures.tokens import TokenReader, Tokens
from newsml.models.load import kind_of, load_torch_encoder, refuse
from newsml.models.resolve import resolve
from newsml.models.torch_encoder import TorchEncoder

Row: TypeAlias = tuple[Sequence[str], Sequence[Sequence[str]]]
"""The sentences of a summary, and one or more references, each a list of sentences."""

ROWS_AT_ONCE = 32
"""Rows whose texts are batched together: their token vectors are held at once."""


class BertScore:
    """BERTScore F1, 0 to 100, against the reference where it is highest.

    Each token of the one text is matched with the token of the other whose hidden state is most similar; precision is
    the mean cosine over the summary's tokens, recall over the reference's. Special tokens can be matched but do not
    count, as in ``bert-score``. A text longer than the model reads is read in windows cut at sentence ends.

    Args:
        encoder: Any encoder.
        layer: Layer of the hidden states, 1 for the first; None is the last one. Published values use the layer that
            ``bert-score`` found best for the model, such as 17 for roberta-large.

    Raises:
        ModelError: The encoder has no such layer.
    """

    def __init__(self, encoder: TorchEncoder, *, layer: int | None = None) -> None:
        layers = encoder.model.config.num_hidden_layers
        if layer is not None and not 1 <= layer <= layers:
            raise ModelError(f"{encoder.name} has no layer {layer}; give one of 1 to {layers}")
        self._encoder = encoder
        self._read = TokenReader(encoder, layer=layers if layer is None else layer)

    def __call__(self, rows: Sequence[Row]) -> list[float]:
        """F1 of each row; 0 where the summary is empty.

        Raises:
            DataError: A row has no reference, or an empty one.
            ModelError: The model computes NaN.
        """
        texts = [(_joined(summary), [_joined(reference) for reference in references]) for summary, references in rows]
        for summary, references in texts:
            if not references or not all(references):
                raise DataError(f"the summary {summary!r:.60} has no reference, or an empty one; leave the row out")
        values: list[float] = []
        for start in range(0, len(texts), ROWS_AT_ONCE):
            batch = texts[start : start + ROWS_AT_ONCE]
            known = self._read([text for summary, references in batch for text in (summary, *references) if text])
            values += [
                100 * max(self._f1(known[summary], known[reference]) for reference in references) if summary else 0.0
                for summary, references in batch
            ]
        return values

    def _f1(self, summary: Tokens, reference: Tokens) -> float:
        cosines = summary.vectors @ reference.vectors.T
        if not np.isfinite(cosines).all():
            raise ModelError(f"{self._encoder.name} computes NaN for a summary or its reference; use another model")
        if not summary.counted.any() or not reference.counted.any():
            return 0.0
        precision = float(cosines.max(axis=1)[summary.counted].mean())
        recall = float(cosines.max(axis=0)[reference.counted].mean())
        # Cosines of a trained encoder are over 0; of texts that point away from each other nothing is alike.
        return 2 * precision * recall / (precision + recall) if min(precision, recall) > 0 else 0.0


def load_bertscore(name: str, *, layer: int | None = None) -> BertScore:
    """BERTScore by an encoder, or by the encoder of a whole classifier.

    Args:
        name: Card name, folder or hub id.
        layer: Layer of the hidden states; None is the last one.

    Raises:
        ModelError: There is no such model or layer, or it is no encoder.
    """
    found = resolve(name)
    kind = kind_of(found)
    if kind not in ("encoder", "sequence-classifier", "nli"):
        raise refuse(found, kind, "an encoder")
    return BertScore(load_torch_encoder(found), layer=layer)


def _joined(sentences: Sequence[str]) -> str:
    return " ".join(word for sentence in sentences for word in sentence.split())
