"""The sections of a recipe that say how weights are fitted: ``training``, ``contrast`` and ``sweep``.

Owns the settings, their ranges and their defaults. Knows nothing of tables, nor of how a setting is carried out.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator

from newsml.config.base import StrictModel
from newsml.errors import suggest

Method = Literal["auto", "head", "few-shot", "lora", "full"]

LEARNING_RATES: dict[str, float] = {"lora": 5e-4, "full": 5e-5, "few-shot": 5e-4}
"""Peak rate of a method where the recipe names none: every weight moves in ``full``, low-rank updates in the others."""


class Training(StrictModel):
    """How the weights are fitted.

    Attributes:
        epochs: Passes over the training rows; by default 3, of classifiers on fewer than some 3,000 rows more, up to
            20; of ``few-shot``, which reads every row with another, 2 to 10.
        max_steps: Stop after so many optimiser steps (0: no limit).
        learning_rate: Peak of a linear schedule with warm-up; by default 5e-5 for ``full``, 5e-4 for ``lora`` and
            ``few-shot``.
        warmup: Share of the steps in which the rate rises, 0 to 1.
        batch_size: Rows a step and process; of ``few-shot`` texts a step.
        gradient_accumulation: Batches whose gradients make one step: the effect of a batch so many times as large, in
            the memory of one.
        gradient_checkpointing: Compute layers anew on the way back instead of keeping them: less memory, a third more
            time, the same weights.
        patience: Stop when the task's chief metric on the held-out rows has not risen in so many evaluations, and keep
            the best weights; one evaluation comes with each checkpoint (``save_steps``). 0 trains to the end.
        windows: Topics: windows of a long article that are trained on, in order; 0 takes all. The first names the topic
            of most news.
        weight_decay: Decoupled weight decay (AdamW).
        label_smoothing: Mass given to the other labels, 0 to 1.
        secondary: Mass given to a row's secondary label where it has one, 0 to 0.5.
        class_weights: ``"none"``, or ``"balanced"``: inverse class frequency; ``"root"``: its square root.
        max_tokens: Longest input in tokens, special tokens included.
        lora_rank: Rank of the low-rank updates (method ``lora``).
        lora_alpha: Their scale is ``lora_alpha / lora_rank``.
        dropout: Dropout in the base and before the low-rank updates. On a processor it takes as long to draw as all
            the rest of a step; the same time buys twice the examples without it.
        group_by_length: Batches of near-equal length: faster, but where a class goes with a length the batches are
            lopsided, and training can collapse.
        precision: ``"auto"`` computes in bf16 where the processor or GPU has it, else fp32.
        save_steps: A checkpoint every so many steps; a killed run resumes from the last.
    """

    epochs: float | None = Field(default=None, gt=0)
    max_steps: int = Field(default=0, ge=0)
    learning_rate: float | None = Field(default=None, gt=0)
    warmup: float = Field(default=0.1, ge=0, le=1)
    batch_size: int = Field(default=16, ge=1)
    gradient_accumulation: int = Field(default=1, ge=1)
    gradient_checkpointing: bool = False
    patience: int = Field(default=0, ge=0)
    windows: int = Field(default=1, ge=0)
    weight_decay: float = Field(default=0.01, ge=0)
    label_smoothing: float = Field(default=0.0, ge=0, lt=1)
    secondary: float = Field(default=0.0, ge=0, le=0.5)
    class_weights: Literal["none", "balanced", "root"] = "none"
    max_tokens: int = Field(default=256, ge=16)
    lora_rank: int = Field(default=16, ge=1)
    lora_alpha: int = Field(default=32, ge=1)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    group_by_length: bool = True
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    save_steps: int = Field(default=200, ge=1)

    def settled(self, method: str, *, epochs: float) -> Training:
        """The same with what depends on the method, and with epochs where there are none, filled in."""
        return self.model_copy(
            update={
                "epochs": self.epochs or epochs,
                "learning_rate": self.learning_rate or LEARNING_RATES.get(method, LEARNING_RATES["lora"]),
            }
        )


class Contrast(StrictModel):
    """How texts are compared with labels (task ``topics-zero-shot``).

    Attributes:
        temperature: The loss is cross-entropy over ``softmax(cosines / temperature)``.
        labels: Labels of a table that a step compares its texts with: those of the texts, and so many in all where
            there are more.
        words: Share of the texts that are asked, instead of for their topic, for a telling word of their own among
            those of the texts beside them: what keeps the space open to labels that no table has.
        share: How far to go from the base's weights to the tuned ones, 0 to 1. Half-way weights hold up better on data
            unlike those of training (Wortsman et al. 2022).
    """

    temperature: float = Field(default=0.05, gt=0)
    labels: int = Field(default=48, ge=2)
    words: float = Field(default=0.3, ge=0, le=1)
    share: float = Field(default=1.0, gt=0, le=1)


class Range(StrictModel):
    """Values of a setting between two bounds.

    Attributes:
        low: The least.
        high: The greatest.
        log: Whether to draw magnitudes evenly instead of values.
    """

    low: float = Field(gt=0)
    high: float
    log: bool = False

    @model_validator(mode="after")
    def _ordered(self) -> Range:
        if self.low >= self.high:
            raise ValueError(f"low {self.low:g} is not below high {self.high:g}")
        return self


class Sweep(StrictModel):
    """A search over settings of ``training``; the best trial's model is the one that is kept.

    Attributes:
        trials: How many settings are tried, those of an earlier run of the same recipe among them.
        search: Names of ``training`` to the values to try: a list, or a range of numbers.
    """

    trials: int = Field(default=8, ge=1)
    search: dict[str, Range | tuple[Any, ...]] = Field(min_length=1)

    @model_validator(mode="after")
    def _known(self) -> Sweep:
        for name, values in self.search.items():
            if name not in Training.model_fields:
                raise ValueError(f"search: {name!r} is no setting of training{suggest(name, Training.model_fields)}")
            if not isinstance(values, Range) and not values:
                raise ValueError(f"search.{name}: the list is empty; expected the values to try")
            for value in (values.low, values.high) if isinstance(values, Range) else values:
                try:
                    Training.model_validate({name: fitting(name, value)})
                except ValidationError as error:
                    reason = error.errors()[0]["msg"]
                    raise ValueError(f"search.{name}: {value!r} does not fit training.{name} ({reason})") from error
        return self


def fitting(name: str, value: Any) -> Any:
    """A value of a setting of ``training``; of whole numbers, as one."""
    whole = Training.model_fields[name].annotation is int and isinstance(value, float) and value.is_integer()
    return int(value) if whole else value
