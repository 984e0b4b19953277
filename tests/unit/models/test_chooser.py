"""Multiple choice with a causal model: the letters' probabilities, one pass a question."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch

from newsml.errors import ModelError
from newsml.models.chooser import Choice, Chooser, prompt_of
from newsml.models.generator import Generator
from newsml.models.prompt import Prompt

CHOICE = Choice("Rain fell.", "What is it about?", ("sport", "weather", "war"))


class FakeModel:
    """Prefers one token, and counts its passes."""

    device = "cpu"

    def __init__(self, preferred: int) -> None:
        self.preferred = preferred
        self.passes = 0

    def __call__(self, input_ids: Any) -> Any:
        self.passes += 1
        logits = torch.zeros(1, input_ids.shape[1], 256)
        logits[0, -1, self.preferred] = 5.0
        return SimpleNamespace(logits=logits)


def fake(preferred: str, *, is_seq2seq: bool = False, is_chat: bool = False) -> Generator:
    def encode(prompt: Prompt) -> list[int]:
        return [ord(character) % 256 for character in prompt.text]

    def tokenizer(text: str, **_: Any) -> dict[str, list[int]]:
        return {"input_ids": [ord(character) for character in text]}

    made = SimpleNamespace(
        model=FakeModel(ord(preferred)),
        tokenizer=tokenizer,
        encode=encode,
        is_seq2seq=is_seq2seq,
        is_chat=is_chat,
        name="fake",
    )
    return cast(Generator, made)


def test_probabilities_follow_the_letters() -> None:
    generator = fake("B")
    (probabilities,) = Chooser(generator)([CHOICE])
    assert probabilities.shape == (3,)
    assert probabilities.sum() == pytest.approx(1.0)
    assert CHOICE.options[int(np.argmax(probabilities))] == "weather"
    assert cast(Any, generator.model).passes == 1


def test_the_prompt_letters_every_option() -> None:
    text = prompt_of(CHOICE, chat=False).text
    assert text == "Rain fell.\n\nWhat is it about?\nA. sport\nB. weather\nC. war\nAnswer:"
    assert prompt_of(CHOICE, chat=True).text.endswith("letter alone.")


@pytest.mark.parametrize("count", [1, 27])
def test_too_few_or_too_many_options(count: int) -> None:
    options = tuple(f"label {number}" for number in range(count))
    with pytest.raises(ModelError, match=f"2 to 26 labels, got {count}"):
        Chooser(fake("A"))([Choice("Text.", "What?", options)])


def test_a_sequence_to_sequence_model_is_refused() -> None:
    with pytest.raises(ModelError, match="expected a causal or chat model"):
        Chooser(fake("A", is_seq2seq=True))
