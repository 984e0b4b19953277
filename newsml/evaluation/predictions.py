"""What a system answered to each row, and the file it is kept in.

Owns the record and its JSON lines. Knows nothing of figures, which are all computed from these records.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from newsml.errors import DataError


@dataclass(frozen=True, slots=True)
class Prediction:
    """An answer to a row.

    Attributes:
        id: The row, unique in its data set.
        group: The article it comes from.
        gold: The right answer: one class; in multi-label topics any number; of a summary the reference's sentences.
        prediction: The answer: one class or *(none)*; any number; the summary's sentences.
        correct: Whether the two agree; None for summaries.
        scores: Probability of each class; empty where the system has none.
        subject: Claim or target.
        values: Summaries: the figures of this row, of which the report gives means.
        evidence: The spans the answer rests on, each with start, end, text, field and score.
    """

    id: str
    group: str
    gold: tuple[str, ...]
    prediction: tuple[str, ...]
    correct: bool | None = None
    scores: Mapping[str, float] = field(default_factory=dict)
    subject: str = ""
    values: Mapping[str, float] = field(default_factory=dict)
    evidence: tuple[Mapping[str, Any], ...] = ()

    @property
    def label(self) -> str:
        """The one class answered; ``NO_ANSWER`` where there is none."""
        return self.prediction[0] if self.prediction else NO_ANSWER


NO_ANSWER = "(none)"
"""What stands in a confusion matrix for an answer that is none of the classes: abstained, or mapped to null."""


def line_of(prediction: Prediction) -> str:
    """A prediction as a line of JSON, without its line break."""
    return json.dumps({key: value for key, value in asdict(prediction).items() if value not in ("", {}, ())})


def read_predictions(path: Path) -> list[Prediction]:
    """Read a file of predictions.

    Raises:
        DataError: It is missing, or a line is no prediction.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read as predictions ({error})") from error
    return list(_parsed(lines, path))


def _parsed(lines: Iterable[str], path: Path) -> Iterable[Prediction]:
    for number, line in enumerate(lines, start=1):
        try:
            record = json.loads(line)
            for key in ("gold", "prediction", "evidence"):
                record[key] = tuple(record.get(key, ()))
            yield Prediction(**record)
        except (ValueError, TypeError, AttributeError) as error:
            raise DataError(
                f"{path}, line {number}: no prediction ({error}); expected what newsml evaluate wrote"
            ) from error
