"""Ways to score a text against labels: a trained head, cosine to the labels' names, or entailment.

Owns how scores become probabilities. Knows nothing of articles: its inputs are text pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from newsml.errors import ModelError
from newsml.models.batches import TextPair
from newsml.models.classifier import Classifier, softmax
from newsml.models.embedder import Embedder
from newsml.tasks.inputs import JOINT_TOKENS, one_text
from newsml.tasks.run import Call, Steps

COSINE_TEMPERATURE = 0.042
"""Softness of the cosines of encoders whose card has no calibration: the default base's, fitted on 1,200 AG News
training texts with the default template (accuracy .72, expected calibration error .05)."""

COSINE_TOKENS = 256
"""Longest text behind one vector: the longest that the default base was made for."""

SHORTEST_TEXT = 32
"""Tokens of text that the labels have to leave room for beside them."""


class Labeler(Protocol):
    """Scores texts against a fixed list of labels."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, in the order of the scores."""
        ...

    @property
    def max_tokens(self) -> int:
        """Longest input in tokens, special tokens included."""
        ...

    @property
    def exclusive(self) -> bool:
        """True where the scores of a text add up to 1."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> Sequence[int]:
        """Tokens of each text, without special tokens."""
        ...

    def scores(self, inputs: Sequence[TextPair]) -> Steps[np.ndarray]:
        """Probabilities of the inputs, shape (inputs, labels)."""
        ...


class TrainedLabels:
    """A sequence classifier's own labels."""

    def __init__(
        self, classifier: Classifier, *, temperature: float, max_tokens: int, multi_label: bool = False
    ) -> None:
        self.classifier = classifier
        self.labels = classifier.labels
        self.max_tokens = min(max_tokens, classifier.max_tokens)
        self.temperature = temperature
        self.exclusive = not multi_label and not classifier.multi_label

    def count_tokens(self, texts: Sequence[str]) -> Sequence[int]:
        """Tokens of each text, without special tokens."""
        return self.classifier.count_tokens(texts)

    def scores(self, inputs: Sequence[TextPair]) -> Steps[np.ndarray]:
        """Probabilities, shape (inputs, labels)."""
        logits = np.stack((yield Call(self.classifier, inputs)))
        if self.exclusive:
            return softmax(logits, temperature=self.temperature)
        return expit(logits / self.temperature)


def expit(logits: np.ndarray) -> np.ndarray:
    """Probabilities of logits, each by itself; the logistic function, which cannot overflow in this form."""
    probabilities: np.ndarray = 0.5 * (1 + np.tanh(0.5 * logits))
    return probabilities


def worded(template: str, label: str) -> str:
    """A label in its template, where ``{}`` stands for it."""
    return template.replace("{}", label)


class CosineLabels:
    """Any labels, by the cosine of a text's vector with the vectors of the labels in a template.

    The labels are encoded once, when the object is made; an article costs one pass however many there are. In a label
    space, which has a centre, a label's vector is the mean of those of its name alone and in the template, and what it
    has in common with all texts is taken off: else a broad label (*trade*) draws what belongs to narrow ones (*grain*).
    """

    def __init__(
        self,
        embedder: Embedder,
        labels: Sequence[str],
        *,
        template: str,
        multi_label: bool,
        temperature: float = COSINE_TEMPERATURE,
        centre: np.ndarray | None = None,
    ) -> None:
        self.embedder = embedder
        self.labels = tuple(labels)
        self.temperature = temperature
        self.max_tokens = min(COSINE_TOKENS, embedder.encoder.max_tokens)
        self.exclusive = not multi_label
        names = (*labels, "something")
        vectors = np.stack(embedder([worded(template, name) for name in names]))
        if centre is not None:
            vectors = vectors + np.stack(embedder(names))
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        self._vectors = vectors
        self._common = vectors @ centre if centre is not None else np.zeros(len(names))

    def count_tokens(self, texts: Sequence[str]) -> Sequence[int]:
        """Tokens of each text, without special tokens."""
        return self.embedder.encoder.count_tokens(texts)

    def similarities(self, vectors: np.ndarray) -> np.ndarray:
        """Cosines with the labels, and with "something" in the last column: (texts, width) to (texts, labels + 1)."""
        found: np.ndarray = vectors @ self._vectors.T - self._common
        return found

    def scores(self, inputs: Sequence[TextPair]) -> Steps[np.ndarray]:
        """Probabilities, shape (inputs, labels); multi-label ones measure each label against "something"."""
        cosines = self.similarities(np.stack((yield Call(self.embedder, [one_text(pair) for pair in inputs]))))
        if self.exclusive:
            return softmax(cosines[:, :-1], temperature=self.temperature)
        return expit((cosines[:, :-1] - cosines[:, -1:]) / self.temperature)


class EntailedLabels:
    """Any labels, by the probability that a text entails the label in a template (Yin et al. 2019).

    A forward pass per text and label: the cost grows with the labels.
    """

    def __init__(self, classifier: Classifier, labels: Sequence[str], *, template: str, multi_label: bool) -> None:
        self.classifier = classifier
        self.labels = tuple(labels)
        self.entailment = Entailment(classifier)
        self.exclusive = not multi_label
        self._hypotheses = [worded(template, label) for label in labels]
        longest = max(classifier.count_tokens(self._hypotheses))
        self.max_tokens = classifier.max_tokens - longest - JOINT_TOKENS
        if self.max_tokens < SHORTEST_TEXT:
            raise ModelError(
                f"labels of up to {longest} tokens leave no room for text in the {classifier.max_tokens} that the "
                "model reads; give shorter ones"
            )

    def count_tokens(self, texts: Sequence[str]) -> Sequence[int]:
        """Tokens of each text, without special tokens."""
        return self.classifier.count_tokens(texts)

    def scores(self, inputs: Sequence[TextPair]) -> Steps[np.ndarray]:
        """Probabilities, shape (inputs, labels)."""
        pairs = [TextPair(one_text(pair), hypothesis) for pair in inputs for hypothesis in self._hypotheses]
        logits = np.stack((yield Call(self.classifier, pairs))).reshape(len(inputs), len(self.labels), -1)
        if self.exclusive:
            return softmax(logits[..., self.entailment.entails])
        return self.entailment.probabilities(logits)[..., 0]


class Entailment:
    """Which logits of an NLI model mean entailment, contradiction and neutral.

    Attributes:
        entails: Index of entailment.
        contradicts: Index of contradiction (of *not entailment* in two-class models).
        neutral: Index of neutral, or None.
    """

    def __init__(self, classifier: Classifier) -> None:
        names = {label.lower().replace("_", " ").replace("-", " "): i for i, label in enumerate(classifier.labels)}

        def find(*options: str) -> int | None:
            return next((names[option] for option in options if option in names), None)

        entails = find("entailment")
        contradicts = find("contradiction", "not entailment")
        if entails is None or contradicts is None:
            raise ModelError(f"labels {', '.join(classifier.labels)} are no NLI labels; expected entailment among them")
        self.entails: int = entails
        self.contradicts: int = contradicts
        self.neutral: int | None = find("neutral")

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Entailment, contradiction and neutral, shape (..., 3); neutral is 0 in two-class models."""
        every = softmax(logits)
        neutral = every[..., self.neutral] if self.neutral is not None else np.zeros(every.shape[:-1])
        return np.stack([every[..., self.entails], every[..., self.contradicts], neutral], axis=-1)
