"""The report's page in a real browser: its plots are there and the console stays empty."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from newsml.evaluation.pages.html import html
from newsml.evaluation.report import (
    Bin,
    Cell,
    ClassFigures,
    Confusion,
    Figure,
    Mistake,
    Point,
    Quote,
    Report,
)
from newsml.evaluation.report_data import Data, Tables

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)

pytestmark = pytest.mark.skipif(BROWSER is None, reason=f"no browser on the PATH ({', '.join(BROWSERS)})")

TEXT = "The council closed the pier. Fishermen objected."
LABELS = ("agree", "disagree")


def cell(system: str, *, baseline: bool) -> Cell:
    figure = Figure(name="macro-F1", value=0.6, low=0.5, high=0.7)
    classes = (ClassFigures(label=label, precision=0.5, recall=0.5, f1=figure, rows=4, predicted=4) for label in LABELS)
    evidence = (Quote(start=4, end=11, text="council"),)
    wrong = Mistake(
        id="1",
        subject="It stays open.",
        gold="disagree",
        prediction="agree",
        score=0.9,
        title="Pier <script>throw 1</script>",
        text=TEXT,
        cut=0,
        evidence=evidence,
    )
    return Cell(
        data="pier",
        system=system,
        baseline=baseline,
        rows=8,
        groups=8,
        figures=(figure,),
        classes=tuple(classes),
        confusion=Confusion(gold=LABELS, predicted=LABELS, counts=((3, 1), (2, 2))),
        reliability=(Bin(low=0.5, high=1, rows=8, confidence=0.8, accuracy=0.7),),
        risk_coverage=(Point(coverage=0.5, risk=0.1), Point(coverage=1, risk=0.3)),
        mistakes=(wrong,),
        seconds=1,
        rows_per_second=8,
        predictions="predictions/pier.jsonl",
        sha256="ab" * 32,
    )


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tables = Tables(names=("t.csv",), rows=8, groups=8, sha256="cd" * 32, classes={"agree": 4, "disagree": 4})
    pier = Data(
        name="pier",
        labels=LABELS,
        test=tables,
        train=None,
        partial=True,
        skipped={},
        duplicates=0,
        conflicts=0,
        overlap=0,
    )
    report = Report(
        name="pier",
        task="claim-stance",
        config_sha256="12" * 32,
        created="2026-11-22T10:00:00Z",
        seed=1,
        level=0.95,
        samples=100,
        versions={"newsml": "0.1.0"},
        hardware="2 cores",
        partial=True,
        data=(pier,),
        cells=(cell("default", baseline=False), cell("tfidf", baseline=True)),
        comparisons=(),
    )
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(html(report), encoding="utf-8")
    return path


def opened(address: str, profile: Path) -> tuple[str, list[str]]:
    """The document once its scripts have run, and the lines of the browser's console."""
    assert BROWSER is not None
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--v=0", "--dump-dom"]
    command = [BROWSER, *options, f"--user-data-dir={profile}", address]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", timeout=180, check=True)
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def test_the_page_shows_its_plots_and_no_error(page: Path, tmp_path: Path) -> None:
    document, console = opened(page.as_uri(), tmp_path)
    assert console == []
    assert len(re.findall(r'<svg [^>]*role="img"', document)) == 1 + 2 * 3
    assert len(re.findall(r"<table\b", document)) > 6
    assert '<mark data-evidence="1" title="evidence 1">council</mark>' in document
    assert re.findall(r'<details class="cell" id="(cell-\d)" open', document) == ["cell-1"]


def test_a_link_to_a_folded_part_opens_it(page: Path, tmp_path: Path) -> None:
    document, console = opened(f"{page.as_uri()}#cell-2", tmp_path)
    assert console == []
    assert re.findall(r'<details class="cell" id="(cell-\d)" open', document) == ["cell-1", "cell-2"]


def test_the_console_would_tell_of_an_error_and_of_a_request(page: Path, tmp_path: Path) -> None:
    """The other tests see nothing in the console; this shows that they could."""
    broken = tmp_path / "broken.html"
    added = '<script>undefined.x</script><img src="https://example.org/x.png">'
    broken.write_text(page.read_text(encoding="utf-8").replace("</main>", f"{added}</main>"), encoding="utf-8")
    _, console = opened(broken.as_uri(), tmp_path / "profile")
    assert len([line for line in console if "Content Security Policy" in line]) == 2
