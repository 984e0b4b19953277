"""Cards: a strict schema, and every shipped one fits it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import yaml

import newsml.models.card
from newsml.errors import ModelError
from newsml.models.calibration import Abstention, Calibration, CoveragePoint, ReliabilityBin
from newsml.models.card import CARD_FILE, Card, Figure, cards, read_card, write_card
from newsml.models.files import model_files
from newsml.models.load import least_score, temperature

SHIPPED = sorted((Path(newsml.models.card.__file__).parent / "cards").glob("*.yaml"))
BASES = ("all-MiniLM-L6-v2", "all-mpnet-base-v2", "SmolLM2-135M-Instruct")

MakeCard = Callable[..., Card]


def test_cards_are_shipped() -> None:
    assert set(BASES) <= set(cards())
    assert len(SHIPPED) == len(cards())


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_card(path: Path) -> None:
    card = read_card(path)
    assert card.name == path.stem
    assert card == cards()[card.name]
    assert card.sources
    assert card.files
    assert len(card.revision) == 12
    assert card.base is None or card.base in cards()


def test_aliases_are_unique_within_a_task() -> None:
    pairs = [(card.task, alias) for card in cards().values() for alias in card.aliases]
    assert len(set(pairs)) == len(pairs)
    assert not {alias for _, alias in pairs} & set(cards())


def test_round_trip(make_card: MakeCard, tmp_path: Path) -> None:
    figure = {
        "metric": "macro-F1", "value": 0.5, "low": 0.4, "high": 0.6, "baseline": {"name": "majority", "value": 0.1},
        "data": "a set", "split": "test", "rows": 10, "command": "newsml evaluate x.yaml", "hardware": "2 cores",
        "date": "2026-11-01",
    }  # fmt: skip
    write_card(make_card(), tmp_path)
    content = yaml.safe_load((tmp_path / CARD_FILE).read_text(encoding="utf-8"))
    (tmp_path / CARD_FILE).write_text(yaml.safe_dump(content | {"figures": [figure]}), encoding="utf-8")
    card = read_card(tmp_path)
    assert card.figures[0].date.isoformat() == "2026-11-01"
    write_card(card, tmp_path)
    assert read_card(tmp_path) == card


def test_calibration_may_say_much_or_little(make_card: MakeCard, tmp_path: Path) -> None:
    old = make_card(calibration={"method": "temperature", "temperature": 1.5})
    assert temperature(old) == 1.5
    assert least_score(old) == least_score(make_card()) == least_score(None) == 0.0
    full = Calibration(
        method="temperature",
        temperature=0.9,
        rows=40,
        how="40 held-out rows",
        error_before=0.1,
        error=0.05,
        reliability=(ReliabilityBin(low=0.4, high=0.5, rows=40, confidence=0.45, accuracy=0.5),),
        risk_coverage=(CoveragePoint(coverage=1.0, risk=0.5),),
        abstention=Abstention(threshold=0.47, rule="halves the risk", coverage=0.6, accuracy=0.75),
    )
    card = make_card(calibration=full)
    assert least_score(card) == 0.47
    write_card(card, tmp_path)
    assert read_card(tmp_path) == card
    write_card(old, tmp_path)
    written = yaml.safe_load((tmp_path / CARD_FILE).read_text(encoding="utf-8"))
    assert written["calibration"] == {"method": "temperature", "temperature": 1.5}


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"temperature": 0.0}, "temperature"),
        ({"error": 0.1}, "how and rows: missing"),
        ({"error": 0.1, "rows": 4, "how": "so"}, "both calibration errors"),
        ({"abstention": {"threshold": 1.5, "rule": "r", "coverage": 1.0, "accuracy": 1.0}}, "threshold"),
        ({"threshold": 0.5}, "threshold"),
    ],
)
def test_calibrations_that_cannot_be(changes: dict[str, object], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        Calibration.model_validate({"method": "temperature", "temperature": 1.0, **changes})


def test_intervals_have_their_ends_in_order() -> None:
    known = {
        "metric": "Brier score", "data": "d", "split": "dev", "rows": 9, "command": "c", "hardware": "h",
        "date": date(2026, 11, 22),
    }  # fmt: skip
    # Of a biased figure on few rows the bootstrap interval may lie beside the value.
    assert Figure.model_validate({**known, "value": 0.01, "low": 0.02, "high": 0.05}).low == 0.02
    with pytest.raises(ValueError, match="ends in order"):
        Figure.model_validate({**known, "value": 0.01, "low": 0.2, "high": 0.05})
    with pytest.raises(ValueError, match="both ends"):
        Figure.model_validate({**known, "value": 0.01, "low": 0.2})


def test_unknown_keys_and_all_other_faults_on_one_line(make_card: MakeCard, tmp_path: Path) -> None:
    path = write_card(make_card(), tmp_path)
    text = (
        path.read_text(encoding="utf-8").replace("licence:", "license:").replace("max_tokens: 16", "max_tokens: '16'")
    )
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        read_card(tmp_path)
    message = str(caught.value)
    assert "\n" not in message
    assert "license: unknown key" in message
    assert "'licence'" in message
    assert "max_tokens" in message


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"task": "topics"}, "base"),
        ({"base": "other"}, "base"),
        ({"labels": ("a", "a")}, "twice"),
        ({"files": {}}, "files"),
        ({"convert": {"file": "absent.gguf"}}, "absent.gguf"),
        ({"name": "../up"}, "name"),
    ],
)
def test_contradictions(make_card: MakeCard, changes: dict[str, object], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        make_card(**changes)


@pytest.mark.parametrize("path", ["../x", "/x", "a/../../x", "a\\x", ""])
def test_files_stay_in_the_folder(make_card: MakeCard, path: str) -> None:
    with pytest.raises(ValueError, match="relative path"):
        make_card(files={path: b""})


def test_absent_card(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such file"):
        read_card(tmp_path)


def test_fingerprint_follows_content(make_card: MakeCard) -> None:
    assert make_card().fingerprint == make_card(summary="Other words.").fingerprint
    assert make_card().fingerprint != make_card(files={"model.safetensors": b"v"}).fingerprint


def test_model_files(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"abc")
    (file,) = model_files(tmp_path, ["a.txt"])
    assert (file.path, file.bytes, file.sha256[:8]) == ("a.txt", 3, "ba7816bf")
