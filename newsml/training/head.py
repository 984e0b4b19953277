"""Fits a head: scikit-learn's logistic regression on vectors as they are, saved as a model's own classification head.

Owns the fit and its translation into a model that plain ``transformers`` loads. Knows nothing of tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from newsml.config.finetune import FinetuneConfig
from newsml.errors import TrainingError
from newsml.models.classifier import Classifier, new_classifier
from newsml.training.classifiers import check_saved, class_weights, prepared
from newsml.training.data import Split
from newsml.training.evaluate import Judged, judge
from newsml.training.examples import Example
from newsml.training.trainer import Say

REGULARISATION = {"head": 0.01, "few-shot": 0.01}
"""Inverse strength of the L2 penalty on standardised vectors: the best of .001 to 1 by five-fold cross-validation on
the IPTC training articles (macro-F1 .68, and .63 for 1)."""


def fit_head(
    config: FinetuneConfig, split: Split, labels: Sequence[str], base: Path, folder: Path, say: Say
) -> Judged | None:
    """Fit, save and reload a head on the pooled output of the base as it is, and ask it about the held-out rows.

    Returns:
        Its answers; None where nothing is held out.

    Raises:
        TrainingError: The base's own classification head is not a single linear layer, or a label has no rows.
    """
    encoder, examples, dev = prepared(config, split, base, say)
    bare = bare_classifier(config, base, labels, examples)
    say(f"fitting a head on {len(examples)} inputs")
    return finish(config, split, bare, (examples, dev), encoder.tokenizer, folder)


def bare_classifier(
    config: FinetuneConfig, base: Path, labels: Sequence[str], examples: Sequence[Example]
) -> tuple[Any, torch.nn.Linear]:
    """A classifier whose logits are what its head reads, and that head.

    Raises:
        TrainingError: The base's own classification head is not a single linear layer, or a label has no rows.
    """
    found = {example.label for example in examples}
    if missing := [label for label in labels if label not in found]:
        raise TrainingError(f"no row of {missing[0]!r} to train on; a head needs some of every label")
    model, _ = new_classifier(base, labels)
    head = getattr(model, "classifier", None)
    if not isinstance(head, torch.nn.Linear):
        raise TrainingError(f"{config.base} ({model.config.model_type}) has no single linear head; take method: lora")
    model.classifier = torch.nn.Identity()
    return model, head


def finish(
    config: FinetuneConfig,
    split: Split,
    bare: tuple[Any, torch.nn.Linear],
    inputs: tuple[Sequence[Example], Sequence[Example]],
    tokenizer: Any,
    folder: Path,
) -> Judged | None:
    """Fit the head of a bare classifier on the training inputs, save, reload and check it, and ask it about the others.

    Args:
        config: The recipe.
        split: Its rows.
        bare: From ``bare_classifier``.
        inputs: Those to train on, and those held out.
        tokenizer: The base's.
        folder: Where the model goes.
    """
    (model, head), (examples, dev) = bare, inputs
    labels = [model.config.id2label[number] for number in range(model.config.num_labels)]
    found = [example.label for example in examples]
    vectors = np.stack(Classifier.around(model, tokenizer)([example.pair for example in examples]))
    weights = class_weights(found, labels, config.training.class_weights)
    strength = REGULARISATION[config.method]
    model.classifier = _linear(_fitted(vectors, found, labels, weights, strength, config.seed), labels, head)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    saved = Classifier.whole(folder)
    check_saved(Classifier.around(model, tokenizer), saved, [*dev, *examples])
    return judge(config, split, dev, saved, labels)


def _fitted(
    vectors: np.ndarray,
    found: Sequence[str],
    labels: Sequence[str],
    weights: torch.Tensor | None,
    strength: float,
    seed: int,
) -> Any:
    """Standardisation and logistic regression, its classes numbered in the order of the labels."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    of_class = None if weights is None else dict(enumerate(weights.tolist()))
    regression = LogisticRegression(C=strength, max_iter=1000, class_weight=of_class, random_state=seed)
    numbers = [labels.index(label) for label in found]
    return make_pipeline(StandardScaler(), regression).fit(vectors.astype(np.float64), numbers)


def _linear(pipeline: Any, labels: Sequence[str], head: torch.nn.Linear) -> torch.nn.Linear:
    """The head with the regression's weights, the standardisation folded in."""
    scaler, regression = pipeline.steps[0][1], pipeline.steps[1][1]
    slopes, offsets = regression.coef_, regression.intercept_
    if len(labels) == 2:  # One row of log-odds for the second class: half of it for each.
        slopes, offsets = np.vstack([-slopes, slopes]) / 2, np.concatenate([-offsets, offsets]) / 2
    slopes = slopes / scaler.scale_
    with torch.no_grad():
        head.weight.copy_(torch.tensor(slopes))
        head.bias.copy_(torch.tensor(offsets - slopes @ scaler.mean_))
    return head
