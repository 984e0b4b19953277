"""Runner: multiple-choice questions to probabilities, with a causal or chat model.

Owns how options are lettered and read off the model's next token. Knows nothing of what is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase

import numpy as np

from newsml.errors import ModelError
from newsml.models.classifier import softmax
from newsml.models.generator import Generator
from newsml.models.prompt import Prompt


@dataclass(frozen=True, slots=True)
class Choice:
    """A multiple-choice question.

    Attributes:
        text: What the question is about.
        question: The question.
        options: The answers to choose from, at most 26.
    """

    text: str
    question: str
    options: tuple[str, ...]


class Chooser:
    """Asks a causal or chat model to name the letter of an option (Hendrycks et al. 2021).

    One forward pass a question, however many options there are: the probabilities are those of the letters as the
    model's next token.

    Attributes:
        generator: The model.
    """

    def __init__(self, generator: Generator) -> None:
        if generator.is_seq2seq:
            raise ModelError(f"{generator.name} is a sequence-to-sequence model; expected a causal or chat model")
        self.generator = generator

    def __call__(self, inputs: Sequence[Choice]) -> list[np.ndarray]:
        """Probabilities over the options of each question, shape (options,)."""
        return [self._choose(choice) for choice in inputs]

    def _choose(self, choice: Choice) -> np.ndarray:
        import torch

        if not 2 <= len(choice.options) <= len(ascii_uppercase):
            raise ModelError(f"a causal model chooses among 2 to 26 labels, got {len(choice.options)}")
        ids = self.generator.encode(prompt_of(choice, chat=self.generator.is_chat))
        source = torch.tensor([ids], device=self.generator.model.device)
        with torch.inference_mode():
            logits = self.generator.model(input_ids=source).logits[0, -1].float().cpu().numpy()
        letters = [self._tokens(letter) for letter in ascii_uppercase[: len(choice.options)]]
        return softmax(np.array([np.logaddexp.reduce(logits[tokens]) for tokens in letters]))

    def _tokens(self, letter: str) -> list[int]:
        """The single tokens that spell a letter, with and without a space before it."""
        spelled = [
            self.generator.tokenizer(form, add_special_tokens=False)["input_ids"] for form in (letter, f" {letter}")
        ]
        return sorted({ids[0] for ids in spelled if len(ids) == 1}) or [spelled[0][0]]


def prompt_of(choice: Choice, *, chat: bool) -> Prompt:
    """The prompt of a question: text, question, lettered options."""
    options = "\n".join(f"{letter}. {option}" for letter, option in zip(ascii_uppercase, choice.options, strict=False))
    ending = "Answer with the letter alone." if chat else "Answer:"
    return Prompt(text=f"{choice.text}\n\n{choice.question}\n{options}\n{ending}", max_new_tokens=1)
