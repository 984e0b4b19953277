"""How far a model's scores can be trusted: what its card says of temperature, calibration error and abstention.

Owns the schema of that part of a card, and what each number means. Knows nothing of how they are fitted or used.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from newsml.config.base import StrictModel

Share = Annotated[float, Field(ge=0, le=1)]
Text = Annotated[str, StringConstraints(min_length=1)]


class ReliabilityBin(StrictModel):
    """Answers of about the same score.

    Attributes:
        low: Least score, 0 to 1; the bin does not hold it.
        high: Greatest score.
        rows: How many answers.
        confidence: Their mean score.
        accuracy: Share of them that is right.
    """

    low: Share
    high: Share
    rows: int = Field(gt=0)
    confidence: Share
    accuracy: Share


class CoveragePoint(StrictModel):
    """What comes of answering a part of the rows only, those of the highest score.

    Attributes:
        coverage: Share of the rows answered, 0 to 1.
        risk: Share of wrong answers among them, 0 to 1.
    """

    coverage: Share
    risk: Share


class Abstention(StrictModel):
    """The score under which the model had better not answer.

    Attributes:
        threshold: That score, 0 to 1: results under it are not ``confident``.
        rule: How it was chosen.
        coverage: Share of the rows at or over it, 0 to 1.
        accuracy: Share of right answers among those, 0 to 1; among all rows it is that of coverage 1 on the curve.
    """

    threshold: Share
    rule: Text
    coverage: Share
    accuracy: Share


class Calibration(StrictModel):
    """How logits become probabilities: ``softmax(logits / temperature)`` (Guo et al. 2017), and how far to trust them.

    The logits of zero-shot topics are cosines. Only method and temperature are needed; the rest says what a training
    run measured on its held-out rows.

    Attributes:
        method: Temperature scaling.
        temperature: Over 1 softens scores, under 1 sharpens them.
        rows: Held-out rows that temperature and threshold were fitted on.
        how: How the figures below were measured: on which rows, and fitted on which others.
        error_before: Expected calibration error at temperature 1, 0 to 1 (Naeini et al. 2015).
        error: The same at the fitted temperature.
        reliability: Score against accuracy, by bins; empty ones are left out.
        risk_coverage: A few points of the risk-coverage curve, rising (El-Yaniv & Wiener 2010).
        abstention: When to abstain; None where no threshold keeps its rule.
    """

    method: Literal["temperature"]
    temperature: float = Field(gt=0)
    rows: int | None = Field(default=None, gt=0)
    how: Text | None = None
    error_before: Share | None = None
    error: Share | None = None
    reliability: tuple[ReliabilityBin, ...] = ()
    risk_coverage: tuple[CoveragePoint, ...] = ()
    abstention: Abstention | None = None

    @model_validator(mode="after")
    def _explained(self) -> Calibration:
        measured = self.error is not None or self.reliability or self.risk_coverage or self.abstention
        if measured and (self.how is None or self.rows is None):
            raise ValueError("how and rows: missing, expected both where something was measured")
        if (self.error is None) != (self.error_before is None):
            raise ValueError("expected both calibration errors, error_before and error, or neither")
        return self
