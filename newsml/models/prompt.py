"""What a generator is asked, and what it answers.

Owns the form of both. Knows nothing of models.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prompt:
    """The input of a generator.

    Attributes:
        text: The source document for a sequence-to-sequence model, else the user's message.
        system: The system message of a chat; models without a system role get it before the user's message.
        prefix: How the answer begins; the model goes on from there. Chat and causal models only.
        max_new_tokens: At most so many tokens are generated.
        min_new_tokens: At least so many.
        num_beams: Beams to decode with; 1 is greedy. None is what the model's own generation config says, 1 for chat.
        candidates: So many texts are returned, the likeliest first; at most ``num_beams``.
    """

    text: str
    system: str = ""
    prefix: str = ""
    max_new_tokens: int = 128
    min_new_tokens: int = 0
    num_beams: int | None = None
    candidates: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.min_new_tokens <= self.max_new_tokens or self.max_new_tokens < 1:
            raise ValueError(f"tokens to generate: got {self.min_new_tokens} to {self.max_new_tokens}")
        if self.candidates < 1 or self.candidates > max(self.num_beams or 1, 1):
            raise ValueError(f"{self.candidates} candidates need as many beams, got num_beams={self.num_beams}")


@dataclass(frozen=True, slots=True)
class Generation:
    """A generated text.

    Attributes:
        text: The text without surrounding white space; an unfinished last sentence is left out where one stands before.
        finished: True where the model ended the text itself, False where ``max_new_tokens`` did.
        others: The next likeliest texts, where the prompt asked for candidates.
    """

    text: str
    finished: bool
    others: tuple[Generation, ...] = ()
