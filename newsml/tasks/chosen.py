"""Topics and stance by a causal or chat model, asked in words.

Owns the questions. Knows nothing of how the model answers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from newsml.models.batches import TextPair
from newsml.models.chooser import Choice, Chooser
from newsml.models.generator import Generator
from newsml.models.resolve import Resolved
from newsml.results import TARGET_LABELS, ModelInfo
from newsml.tasks.inputs import Passage, Question
from newsml.tasks.run import Call, Steps

TEXT_TOKENS = 1024
"""Most tokens of an article in one question."""

TOPIC_QUESTION = "What is this news article about?"
CLAIM_QUESTION = 'How does this news article stand to the claim "{}"?'
CLAIM_OPTIONS = (
    "It says that the claim is true.",
    "It says that the claim is false.",
    "It reports the claim without saying whether it is true.",
    "It is about something else.",
)
"""In the order of ``CLAIM_LABELS``."""

TARGET_QUESTION = "What is the attitude of this news sentence toward {}?"


class _Chosen:
    """What questions to a causal model have in common."""

    def __init__(self, found: Resolved, generator: Generator) -> None:
        self.found = found
        self.model = ModelInfo(found.name, found.revision)
        self.generator = generator
        self.chooser = Chooser(generator)
        limit = generator.max_tokens
        self.max_tokens = TEXT_TOKENS if limit is None else min(TEXT_TOKENS, limit // 2)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, without special tokens."""
        return [self.generator.count_tokens(text) for text in texts]


class ChosenLabels(_Chosen):
    """Any labels, as the options of a question."""

    exclusive = True

    def __init__(self, found: Resolved, generator: Generator, labels: Sequence[str]) -> None:
        super().__init__(found, generator)
        self.labels = tuple(labels)

    def scores(self, inputs: Sequence[TextPair]) -> Steps[np.ndarray]:
        """Probabilities, shape (inputs, labels)."""
        texts = [pair.first if pair.second is None else f"{pair.first}\n\n{pair.second}" for pair in inputs]
        return np.stack((yield Call(self.chooser, [Choice(text, TOPIC_QUESTION, self.labels) for text in texts])))


class ChosenClaimJudge(_Chosen):
    """Stance toward a claim, as a question about its sentences."""

    def probabilities(self, questions: Sequence[Question]) -> Steps[list[np.ndarray]]:
        """Probabilities over ``CLAIM_LABELS`` for each question."""
        choices = [
            Choice(" ".join(s.text for s in asked.sentences), CLAIM_QUESTION.format(asked.claim), CLAIM_OPTIONS)
            for asked in questions
        ]
        return list((yield Call(self.chooser, choices)))


class ChosenTargetJudge(_Chosen):
    """Stance toward a target, as a question about each passage."""

    def probabilities(self, target: str, passages: Sequence[Passage]) -> Steps[list[np.ndarray]]:
        """Probabilities over ``TARGET_LABELS`` for each passage."""
        question = TARGET_QUESTION.format(target)
        choices = [Choice(passage.text, question, TARGET_LABELS) for passage in passages]
        return list((yield Call(self.chooser, choices)))
