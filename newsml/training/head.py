"""Fits a head: scikit-learn's logistic regression on a base's mean vectors, saved as a linear layer.

Where labels do not exclude each other, each has a regression of its own (Read et al. 2011 call it binary relevance).

Owns the fit and its translation into a layer. Knows nothing of tables.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file

from newsml.config.finetune import FinetuneConfig
from newsml.errors import TrainingError
from newsml.models.backend import device
from newsml.models.batches import run_batches
from newsml.models.classifier import HEAD_FILE, Classifier
from newsml.models.embedder import unit_vectors
from newsml.models.torch_encoder import TorchEncoder
from newsml.training.classifiers import check_saved, class_weights, prepared
from newsml.training.data import Split
from newsml.training.evaluate import Judged, judge
from newsml.training.examples import Example
from newsml.training.trainer import Say, bf16

REGULARISATION = 0.01
"""Inverse strength of the L2 penalty on standardised vectors: the best of .001 to 1 by five-fold cross-validation on
the IPTC training articles."""


def fit_head(
    config: FinetuneConfig, split: Split, labels: Sequence[str], base: Path, folder: Path, say: Say
) -> Judged | None:
    """Fit, save and reload a head on the mean vectors of the base as it is, and ask it about the held-out rows.

    Returns:
        Its answers; None where nothing is held out.

    Raises:
        TrainingError: A label has no rows.
    """
    encoder, examples, dev = prepared(config, split, base, say)
    check_labels(config, labels, examples)
    say(f"fitting a head on {len(examples)} inputs")
    return finish(config, split, encoder, (examples, dev), labels, folder, base)


def check_labels(config: FinetuneConfig, labels: Sequence[str], examples: Sequence[Example]) -> None:
    """Check that there is something of every label to learn.

    Raises:
        TrainingError: There is not.
    """
    counts = Counter(label for example in examples for label in example.labels or (example.label,))
    if missing := [label for label in labels if not counts[label]]:
        raise TrainingError(f"no row of {missing[0]!r} to train on; a head needs some of every label")
    if config.multi_label and (always := [label for label in labels if counts[label] == len(examples)]):
        raise TrainingError(f"every row to train on has the label {always[0]!r}; a head needs rows without it")


def finish(
    config: FinetuneConfig,
    split: Split,
    encoder: TorchEncoder,
    inputs: tuple[Sequence[Example], Sequence[Example]],
    labels: Sequence[str],
    folder: Path,
    base: Path,
) -> Judged | None:
    """Fit a head on an encoder's vectors, save, reload and check it, and ask it about the held-out rows.

    Args:
        config: The recipe.
        split: Its rows.
        encoder: The base, as it is or tuned.
        inputs: Those to train on, and those held out.
        labels: Class names in the order of the logits.
        folder: Where the head goes, beside the adapter that the encoder was tuned with.
        base: The base as it is.
    """
    examples, dev = inputs
    pairs = [example.pair for example in examples]
    encoder.model.eval()
    with torch.autocast(device().type, torch.bfloat16, enabled=bf16(config.training.precision)):
        vectors = run_batches(
            pairs, encoder.tokenizer, encoder.max_tokens, lambda batch: unit_vectors(encoder, batch, None)
        )
    head = _fitted(np.stack(vectors), examples, labels, config)
    save_file(head, folder / HEAD_FILE)
    saved = Classifier.on_means(TorchEncoder.load(base, name=config.base), folder, labels)
    check_saved(Classifier.mean_head(encoder, head, labels), saved, [*dev, *examples])
    return judge(config, split, dev, saved, labels)


def _fitted(
    vectors: np.ndarray, examples: Sequence[Example], labels: Sequence[str], config: FinetuneConfig
) -> dict[str, np.ndarray]:
    """A layer with the weights of logistic regression on standardised vectors, the standardisation folded in."""
    from sklearn.base import clone
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    found = [example.label for example in examples]
    weights = class_weights(found, labels, config.training.class_weights)
    of_class = None if weights is None else dict(enumerate(weights.tolist()))
    regression = LogisticRegression(C=REGULARISATION, max_iter=1000, class_weight=of_class, random_state=config.seed)
    scaler = StandardScaler().fit(vectors.astype(np.float64))
    scaled = scaler.transform(vectors)
    if config.multi_label:
        each = [clone(regression).fit(scaled, [label in example.labels for example in examples]) for label in labels]
        slopes, offsets = np.vstack([one.coef_ for one in each]), np.concatenate([one.intercept_ for one in each])
    else:
        fitted = regression.fit(scaled, [labels.index(label) for label in found])
        slopes, offsets = fitted.coef_, fitted.intercept_
        if len(labels) == 2:  # One row of log-odds for the second class: half of it for each.
            slopes, offsets = np.vstack([-slopes, slopes]) / 2, np.concatenate([-offsets, offsets]) / 2
    slopes = slopes / scaler.scale_
    offsets = offsets - slopes @ scaler.mean_
    return {name: np.ascontiguousarray(part, np.float32) for name, part in (("weight", slopes), ("bias", offsets))}
