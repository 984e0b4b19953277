"""One system on one data set: every row answered, in a file that an interrupted run goes on with.

Owns the files of predictions and when they may be used again. Knows nothing of figures.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newsml.errors import NewsmlError, WriteError
from newsml.evaluation.predictions import Prediction, line_of, read_predictions
from newsml.evaluation.systems import Answer, Answering
from newsml.io.rows import Row

if TYPE_CHECKING:
    from hashlib import _Hash as Hash

ROWS_AT_ONCE = 256
"""Rows answered between two writes: the most that an interruption loses."""

Values = Callable[[Sequence[Row], Sequence[Answer], Sequence[tuple[str, ...]]], Sequence[Mapping[str, float]]]
"""The figures of summaries, by rows, answers and reference summaries; of other tasks none."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A system's answers to a data set.

    Attributes:
        predictions: One for each row, in order.
        seconds: Wall time of the answers; loading the model and computing figures are left out.
        refused: Reasons to numbers of rows that the system did not read: they count as wrong.
        path: The file.
        sha256: Of the file.
    """

    predictions: tuple[Prediction, ...]
    seconds: float
    refused: Mapping[str, int]
    path: Path
    sha256: str


def answer_rows(
    rows: Sequence[Row],
    load: Callable[[], Answering],
    *,
    path: Path,
    key: Mapping[str, Any],
    gold: Callable[[Row], tuple[str, ...]],
    values: Values | None,
    progress: Callable[[int, int], None],
) -> Answered:
    """Answer every row, or take the answers that lie there already.

    Answers are appended chunk by chunk, and the chunks follow from the rows alone: a run that goes on after an
    interruption gives the same file as one that was left in peace.

    Args:
        rows: The rows.
        load: Loads the system; called only where a row is left to answer.
        path: The file of predictions.
        key: What the answers depend on; a file made with another key is begun anew.
        gold: The right answer of a row.
        values: The figures of summaries.
        progress: Receives how many rows are done, and of how many.

    Raises:
        WriteError: The file cannot be written.
    """
    digest = sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()
    state = _State.read(path, digest)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.truncate(state.size)
        if state.rows < len(rows):
            system, hasher = load(), sha256(path.read_bytes())
            while state.rows < len(rows):
                progress(state.rows, len(rows))
                chunk = rows[state.rows : state.rows + ROWS_AT_ONCE]
                state = _chunk(chunk, system, path, state, hasher, gold, values)
        progress(state.rows, len(rows))
    except OSError as error:
        if isinstance(error, NewsmlError):
            raise
        raise WriteError(f"{error.filename or path}: cannot be written ({error.strerror or error})") from error
    return Answered(tuple(read_predictions(path)), state.seconds, state.refused, path, state.sha256)


def _chunk(
    rows: Sequence[Row],
    system: Answering,
    path: Path,
    state: _State,
    hasher: Hash,
    gold: Callable[[Row], tuple[str, ...]],
    values: Values | None,
) -> _State:
    started = time.monotonic()
    answers = list(system(rows))
    seconds = time.monotonic() - started
    golds = [gold(row) for row in rows]
    found = values(rows, answers, golds) if values else [{}] * len(rows)
    lines = []
    for row, answer, right, value in zip(rows, answers, golds, found, strict=True):
        prediction = Prediction(
            id=row.id,
            group=row.group,
            gold=right,
            prediction=answer.given,
            correct=None if values else set(answer.given) == set(right),
            scores=answer.scores,
            subject=row.claim or row.target,
            values=value,
            evidence=tuple(asdict(span) for span in answer.evidence),
        )
        lines.append(line_of(prediction) + "\n")
    written = "".join(lines).encode()
    with path.open("ab") as file:
        file.write(written)
        file.flush()
        os.fsync(file.fileno())
    hasher.update(written)
    refused = Counter(state.refused) + Counter(answer.refused for answer in answers if answer.refused)
    done = _State(
        key=state.key,
        rows=state.rows + len(rows),
        size=state.size + len(written),
        sha256=hasher.hexdigest(),
        seconds=state.seconds + seconds,
        refused=dict(refused),
    )
    done.write(path)
    return done


@dataclass(frozen=True, slots=True)
class _State:
    """How far a file of predictions has come."""

    key: str
    rows: int
    size: int
    sha256: str
    seconds: float
    refused: dict[str, int]

    @classmethod
    def read(cls, path: Path, key: str) -> _State:
        """The state of a file; none where it was made with another key, or has been changed since."""
        begun = cls(key, 0, 0, "", 0.0, {})
        try:
            found = cls(**json.loads(_beside(path).read_text(encoding="utf-8")))
            answers = path.read_bytes()[: found.size]
            return found if found.key == key and sha256(answers).hexdigest() == found.sha256 else begun
        except (OSError, ValueError, TypeError):
            return begun

    def write(self, path: Path) -> None:
        """Keep the state beside the file."""
        part = _beside(path).with_suffix(".part")
        part.write_text(json.dumps(asdict(self)), encoding="utf-8")
        part.replace(_beside(path))


def _beside(path: Path) -> Path:
    return path.with_suffix(".state.json")
