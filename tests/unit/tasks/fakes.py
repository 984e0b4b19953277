"""What stands in for a generator where its answers matter and not how they come about."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from newsml.models.prompt import Generation, Prompt


class FakeGenerator:
    """Answers each prompt with fixed candidates, and counts words for tokens."""

    max_tokens = 2048

    def __init__(self, answer: Callable[[Prompt], Sequence[str]], *, finished: bool = True) -> None:
        self.answer = answer
        self.finished = finished
        self.prompts: list[Prompt] = []

    def count_tokens(self, text: str) -> int:
        return len(text.split())

    def prompt_tokens(self, prompt: Prompt) -> int:
        return len(prompt.text.split()) + len(prompt.system.split())

    def __call__(self, inputs: Sequence[Prompt]) -> list[Generation]:
        self.prompts += inputs
        made = []
        for prompt in inputs:
            first, *others = [Generation(text, self.finished) for text in self.answer(prompt)]
            made.append(Generation(first.text, first.finished, tuple(others)))
        return made
