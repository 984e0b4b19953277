"""The renderings of reports made by hand: self-contained, well-formed, escaped, and true to the figures."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest

from newsml.errors import MissingDependencyError
from newsml.evaluation.pages.evidence import stretches, unseen
from newsml.evaluation.pages.html import html, need_plots
from newsml.evaluation.pages.markdown import markdown
from newsml.evaluation.pages.overview import grouped, standings
from newsml.evaluation.report import (
    Bin,
    Cell,
    ClassFigures,
    Comparison,
    Confusion,
    Deletion,
    Figure,
    Mistake,
    Point,
    Quote,
    Report,
)
from newsml.evaluation.report_data import Data, Tables

STANCES = ("agree", "disagree", "discuss", "unrelated")
SUBJECTS = tuple(f"subject {number:02d}, and a name that is long" for number in range(1, 18))
TEXT = (
    "The harbour council voted on Tuesday to close the old pier. Fishermen said they had not been asked. "
    "“We learned of it from the radio,” said Ana Brandt, who has sold herring there since 1987.\n\n"
    "The council's engineers had warned in March that the pier would not outlast another winter."
)
TITLE = "Council closes pier; fishermen object"
NASTY = "<script>alert('x')</script> | *a* _b_ `c` $d$ &amp; \"q\"\nnext \x00\x1b\ud800 ${e} {{ f }} ]]>"
BAR = re.compile(r"(?<!\\)\|")
VOID = {"meta", "br", "hr", "img", "input", "link", "wbr"}


def quote(words: str, *, text: str = TEXT, field: Any = "text", score: float | None = 0.5) -> Quote:
    start = text.index(words)
    return Quote(start=start, end=start + len(words), text=words, field=field, score=score)


def mistake(**changes: Any) -> Mistake:
    fields: dict[str, Any] = {
        "id": "row-7",
        "subject": "The pier stays open.",
        "gold": "disagree",
        "prediction": "discuss",
        "score": 0.934,
        "title": TITLE,
        "text": TEXT,
        "cut": 1200,
        "evidence": (
            quote("voted on Tuesday to close the old pier. Fishermen said", score=0.8),
            quote("close the old pier"),
            quote("the old pier. Fishermen said they had not been asked."),
            quote("closes pier", text=TITLE, field="title"),
            Quote(start=5000, end=5021, text="It lies beyond the cut", score=None),
        ),
    }
    return Mistake(**fields | changes)


def cell(system: str, chief: float, *, labels: tuple[str, ...] = STANCES, **changes: Any) -> Cell:
    size = len(labels)
    predicted = (*labels, "(none)")
    counts = tuple(tuple(40 if a == b else (a * 7 + b) % 5 for b in range(size + 1)) for a in range(size))
    fields: dict[str, Any] = {
        "data": "harbour",
        "system": system,
        "baseline": False,
        "model": {"name": f"{system}-minilm", "revision": "0123456789ab"},
        "card": {
            "summary": "Reads harbour news.",
            "licence": "Apache-2.0",
            "limits": "English only.",
            "training_data": [{"name": "Pier corpus", "licence": "CC BY 4.0", "rows": 1234}],
        },
        "rows": sum(map(sum, counts)),
        "groups": 123,
        "figures": (
            Figure(name="macro-F1", value=chief, low=chief - 0.04, high=chief + 0.042),
            Figure(name="accuracy", value=0.7312, low=0.6901, high=0.7723),
            Figure(name="FNC-1 score", value=79.456, low=77.0, high=81.0),
            Figure(name="ECE", value=0.0456, better="lower"),
            Figure(name="MCC", value=-0.0001, low=-0.1, high=0.1),
        ),
        "classes": tuple(
            ClassFigures(
                label=label,
                precision=0.4 + 0.5 * place / size,
                recall=0.9 - 0.6 * place / size,
                f1=Figure(name="F1", value=0.612, low=0.55, high=0.6789),
                rows=sum(counts[place]),
                predicted=31 + place,
            )
            for place, label in enumerate(labels)
        ),
        "confusion": Confusion(gold=labels, predicted=predicted, counts=counts),
        "reliability": tuple(
            Bin(low=n / 10, high=(n + 1) / 10, rows=0 if n < 2 else 11 * n, confidence=n / 10 + 0.05, accuracy=n / 12)
            for n in range(10)
        ),
        "risk_coverage": tuple(Point(coverage=n / 50, risk=0.3 * (n / 50) ** 2) for n in range(1, 51)),
        "mistakes": (mistake(), mistake(id="row-8", evidence=(), subject="", cut=0)),
        "seconds": 12.34,
        "rows_per_second": 81.2,
        "predictions": f"predictions/harbour.{system}.jsonl",
        "sha256": "ab" * 32,
    }
    return Cell(**fields | changes)


def baseline(system: str, chief: float, **changes: Any) -> Cell:
    empty = {"reliability": (), "risk_coverage": (), "mistakes": ()}
    about = {"model": None, "card": None, "note": "Class shares come from the test rows."}
    return cell(system, chief, **{"baseline": True} | about | empty | changes)


def data(name: str = "harbour", **changes: Any) -> Data:
    classes = {"agree": 40, "disagree": 20, "discuss": 60, "unrelated": 1080}
    fields: dict[str, Any] = {
        "name": name,
        "labels": STANCES,
        "test": Tables(names=("test.csv",), rows=1200, groups=123, sha256="cd" * 32, classes=classes),
        "train": Tables(names=("a.csv", "b.csv"), rows=4000, groups=400, sha256="ef" * 32, classes={"agree": 4000}),
        "partial": False,
        "skipped": {"no text": 3},
        "duplicates": 12,
        "conflicts": 2,
        "overlap": 37,
    }
    return Data(**fields | changes)


def comparison(a: str, b: str, **changes: Any) -> Comparison:
    fields: dict[str, Any] = {
        "data": "harbour",
        "a": a,
        "b": b,
        "figure": "macro-F1",
        "value_a": 0.6412,
        "value_b": 0.5104,
        "difference": 0.1308,
        "low": 0.0991,
        "high": 0.1622,
        "p_value": 0.0003,
        "test": "approximate randomisation",
        "rows": 1200,
    }
    return Comparison(**fields | changes)


def report(**changes: Any) -> Report:
    fields: dict[str, Any] = {
        "name": "harbour-stance",
        "task": "claim-stance",
        "config_sha256": "12" * 32,
        "created": "2026-11-22T10:00:00Z",
        "seed": 5,
        "level": 0.95,
        "samples": 1000,
        "versions": {"python": "3.11.9", "newsml": "0.1.0"},
        "hardware": "2 cores, x86_64",
        "partial": False,
        "data": (data(),),
        "cells": (
            cell("default", 0.6412),
            cell("large", 0.6104, mistakes=()),
            baseline("majority", 0.2381),
            baseline("tfidf", 0.5104),
        ),
        "comparisons": (comparison("default", "tfidf"), comparison("default", "large", p_value=0.2104)),
    }
    return Report(**fields | changes)


def topics() -> Report:
    return report(
        name="iptc",
        task="topics",
        data=(data(labels=SUBJECTS), data("second", labels=SUBJECTS, overlap=0, duplicates=0, conflicts=0, train=None)),
        cells=(
            cell("default", 0.71, labels=SUBJECTS),
            baseline("cosine", 0.52, labels=SUBJECTS),
            cell("default", 0.69, labels=SUBJECTS, data="second"),
        ),
        comparisons=(comparison("default", "cosine"),),
    )


def multi_label() -> Report:
    figures = (Figure(name="micro-F1", value=0.61, low=0.6, high=0.62), Figure(name="average precision", value=0.7))
    wrong = mistake(subject="", gold="economy, politics", prediction="", evidence=())
    return report(task="topics", cells=(cell("default", 0.6, confusion=None, figures=figures, mistakes=(wrong,)),))


def summaries() -> Report:
    figures = (
        Figure(name="ROUGE-1", value=41.234, low=40.1, high=42.3),
        Figure(name="ROUGE-Lsum", value=25.2, low=24.9, high=25.6),
        Figure(name="BERTScore", value=88.01),
        Figure(name="extractive coverage", value=0.97, better="none"),
        Figure(name="novel bigrams", value=0.12, better="none"),
        Figure(name="unsupported names", value=0.03, low=0.01, high=0.05, better="lower"),
        Figure(name="words", value=61.4, better="none"),
        Figure(name="oddity", value=0.4, better="none"),
    )
    worst = mistake(subject="", gold="The pier closes.\nFishermen object.", prediction=TEXT[:60], score=3.21)
    plain: dict[str, Any] = {"figures": figures, "classes": (), "confusion": None, "reliability": ()}
    return report(
        name="pier-summaries",
        task="summary",
        data=(data(labels=(), test=Tables(names=("t.jsonl",), rows=9, groups=9, sha256="cd" * 32), overlap=0),),
        cells=(
            cell("extractive", 0, mistakes=(worst,), risk_coverage=(), **plain),
            baseline("lead-3", 0, **plain),
        ),
        comparisons=(),
    )


def deletion(others: Any, value: float, **changes: Any) -> Deletion:
    names = ("drop without the evidence", "drop without other sentences", "difference of the drops")
    figures = tuple(Figure(name=name, value=value, low=value - 0.05, high=value + 0.05) for name in names)
    fields: dict[str, Any] = {"others": others, "rows": 180, "groups": 91, "figures": figures, "unmentioned": 0}
    return Deletion(**fields | {"skipped": {}} | changes)


def deleted() -> Report:
    measured = (
        deletion("any", 0.1234, unmentioned=1, skipped={"too few other sentences": 19, "it is <b>": 1}),
        deletion("read", 0.0, rows=0, groups=0, figures=(), skipped={"too few other sentences": 200}),
    )
    return report(cells=(cell("default", 0.64, deletions=measured), baseline("majority", 0.2)), comparisons=())


def partial() -> Report:
    return report(partial=True, data=(data(partial=True),), cells=(baseline("majority", 0.2),), comparisons=())


def baselines_only() -> Report:
    return report(cells=(baseline("majority", 0.2), baseline("stratified", 0.25)), comparisons=())


def nasty() -> Report:
    evidence = (Quote(start=0, end=len(NASTY), text=NASTY), quote("<script>", text=NASTY, field="title"))
    wrong = mistake(id=NASTY, subject=NASTY, gold=NASTY, prediction=NASTY, title=NASTY, text=NASTY, evidence=evidence)
    labels = (NASTY, "$x_$", "漢字の見出し", "العربية")
    base = cell(NASTY, 0.5, labels=labels, note=NASTY, data=NASTY, mistakes=(wrong,))
    return report(
        name=NASTY,
        hardware=NASTY,
        versions={NASTY: NASTY},
        data=(data(NASTY, labels=labels, skipped={NASTY: 2}),),
        cells=(base.model_copy(update={"card": {"summary": NASTY, "limits": [NASTY]}, "predictions": NASTY}),),
        comparisons=(comparison(NASTY, NASTY, data=NASTY, figure=NASTY),),
    )


REPORTS = {
    "stance": report,
    "topics": topics,
    "multi-label": multi_label,
    "summaries": summaries,
    "deleted evidence": deleted,
    "partial": partial,
    "baselines only": baselines_only,
    "nasty": nasty,
}


class Page(HTMLParser):
    """A page taken apart: its elements, its text, and every fault of nesting."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.faults: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.marks: list[tuple[tuple[str, ...], str, str]] = []
        self.texts: list[str] = []
        self.feed(source)
        self.close()
        self.faults += [f"<{tag}> is never closed" for tag in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if len({name for name, _ in attrs}) != len(attrs):
            self.faults.append(f"<{tag}> has an attribute twice")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if "svg" not in self.open:
            self.faults.append(f"<{tag}/> closes itself outside an SVG")
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes nothing, at {self.getpos()}")

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("style", "script"):
            return
        self.texts.append(data)
        tag, attributes = self.elements[-1] if self.elements else ("", {})
        if self.open and self.open[-1] in ("mark", "q") and tag == self.open[-1]:
            self.marks.append((tuple(attributes["data-evidence"].split()), data, tag))

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.texts))

    def all(self, name: str) -> list[str]:
        """The values of an attribute."""
        return [attributes[name] for _, attributes in self.elements if name in attributes]


@cache
def page_of(name: str) -> str:
    """The page of a sample report, drawn once."""
    return html(REPORTS[name]())


def text_of(name: str) -> str:
    return Page(page_of(name)).text


@pytest.fixture(params=REPORTS)
def rendered(request: pytest.FixtureRequest) -> tuple[Report, str]:
    return REPORTS[request.param](), page_of(request.param)


def test_the_page_asks_for_nothing_from_outside(rendered: tuple[Report, str]) -> None:
    _, source = rendered
    page = Page(source)
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"link", "img", "iframe", "object", "embed", "base", "form", "image", "video", "audio", "frame"}
    assert not {"src", "srcset", "data", "xlink:href", "action", "poster", "ping"} & {
        name for _, attributes in page.elements for name in attributes
    }
    assert all(value.startswith("#") for value in page.all("href"))
    style = source[source.index("<style>") : source.index("</style>")] + " ".join(page.all("style"))
    assert "url(" not in style.lower()
    assert "@import" not in style.lower()
    assert [name for name in page.all("clip-path") + page.all("fill") if "url" in name] == []


def test_the_page_is_well_formed_and_its_links_lead_somewhere(rendered: tuple[Report, str]) -> None:
    _, source = rendered
    page = Page(source)
    assert page.faults == []
    ids = Counter(page.all("id"))
    assert [name for name, times in ids.items() if times > 1] == []
    assert {value[1:] for value in page.all("href")} <= set(ids)
    assert {"results", "comparisons", "detail-1", "cell-1", "data", "reproducibility"} <= set(ids)
    assert source.startswith("<!DOCTYPE html>")
    assert all(attributes.get("scope") in ("col", "row") for tag, attributes in page.elements if tag == "th")
    plots = [attributes for tag, attributes in page.elements if tag == "svg"]
    assert plots
    assert all(one["role"] == "img" and one["aria-label"] for one in plots)


def test_the_page_can_be_written(rendered: tuple[Report, str]) -> None:
    built, source = rendered
    for written in (source, markdown(built)):
        assert written.encode("utf-8")
        assert re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", written) is None


def test_the_same_report_gives_the_same_page_whatever_the_user_set_matplotlib_to() -> None:
    import matplotlib

    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red", "svg.fonttype": "path"}):
        before = matplotlib.rcParams.copy()
        assert html(report()).encode("utf-8") == page_of("stance").encode("utf-8")
        assert matplotlib.rcParams.copy() == before
    assert markdown(report()) == markdown(report())


def test_every_figure_of_the_report_is_on_the_page(rendered: tuple[Report, str]) -> None:
    built, source = rendered
    text, lines = Page(source).text, markdown(built).replace("\\", "")
    for shown in (text, lines):
        for one in built.cells:
            for figure in one.figures:
                decimals = 3 if abs(figure.value) <= 1 else 2
                assert f"{figure.value:z.{decimals}f}" in shown
                if figure.low is not None:
                    assert f"[{figure.low:z.{decimals}f}, {figure.high:z.{decimals}f}]" in shown
            for kind in one.classes:
                assert f"{kind.precision:.3f}" in shown
                assert f"{kind.f1.value:.3f} [{kind.f1.low:.3f}, {kind.f1.high:.3f}]" in shown
            assert one.sha256 in shown
        assert built.config_sha256 in shown
        assert all(half.sha256 in shown for data in built.data for half in (data.test, data.train) if half)


def test_deleted_evidence_is_told_with_the_rows_it_was_measured_on() -> None:
    for text in (text_of("deleted evidence"), markdown(deleted()).replace("\\", "")):
        for part in (
            "0.123 [0.073, 0.173]",
            "faithful where the difference, here with its 95% interval over articles, is above 0",
            "the comparison with others that were read is the stricter one",
            "Compared with any others: in 1 row the target is not mentioned without the evidence, so the score is 0;"
            " 19 rows not measured: too few other sentences; 1 row not measured: it is <b>.",
            "Compared with others that were read: 200 rows not measured: too few other sentences.",
        ):
            assert part in text
    lines = markdown(deleted()).splitlines()
    assert "| any others | 180 | 91 | 0.123 [0.073, 0.173] | 0.123 [0.073, 0.173] | 0.123 [0.073, 0.173] |" in lines
    assert "| others that were read | 0 | 0 | — | — | — |" in lines
    assert "without the evidence" not in text_of("stance")
    assert "without the evidence" not in markdown(report())


def test_the_matrix_holds_every_count_with_its_share_of_the_row() -> None:
    built, source = report(), page_of("stance")
    table = source[source.index('<table class="matrix') :]
    table = table[: table.index("</table>")]
    found = re.findall(r"<b>([\d,]+)</b><small>(\d+)%</small>|<span class=\"zero\">(0)</span>", table)
    matrix = built.cells[0].confusion
    assert matrix is not None
    want = [(n, round(100 * n / sum(row))) for row in matrix.counts for n in row]
    assert [(int(number or zero), int(part or 0)) for number, part, zero in found] == want


def test_comparisons_are_told_with_their_doubt() -> None:
    text = text_of("stance")
    assert "+0.131 [0.099, 0.162]" in text
    assert "< 0.001" in text
    assert "0.210" in text
    assert "approximate randomisation" in text


def test_the_best_is_in_bold_and_alone_it_is_not() -> None:
    source = page_of("stance")
    chief = source[source.index('<table class="chief"') :]
    chief = chief[: chief.index("</table>")]
    assert re.findall(r'<strong><span class="value">([\d.]+)', chief) == ["0.641"]
    alone = page_of("multi-label")
    assert "<strong>" not in alone[alone.index('<table class="chief"') : alone.index("</table>")]


def test_less_is_better_where_the_figure_says_so() -> None:
    cells = tuple(
        cell(name, 0.5, figures=(Figure(name="ECE", value=value, better="lower"),))
        for name, value in (("a", 0.9), ("b", 0.1), ("c", 0.1 + 1e-15))
    )
    row = standings(report(cells=cells))[0].chief
    assert row.best == frozenset({"b", "c"})


def test_evidence_is_marked_where_it_stands() -> None:
    page, wrong = Page(page_of("stance")), report().cells[0].mistakes[0]
    for number, one in enumerate(wrong.evidence, start=1):
        assert "".join(text for numbers, text, _ in page.marks if str(number) in numbers) == one.text
    assert [text for _, text, tag in page.marks if tag == "q"] == ["It lies beyond the cut"]
    assert max(len(numbers) for numbers, _, _ in page.marks) == 3


def test_stretches_make_up_the_text_and_follow_overlaps() -> None:
    quotes = (quote("bcd", text="abcdef"), quote("de", text="abcdef"), quote("a", text="abc", field="title"))
    cut = stretches("abcdef", quotes, "text")
    assert [(one.text, one.evidence) for one in cut] == [("a", ()), ("bc", (1,)), ("d", (1, 2)), ("e", (2,)), ("f", ())]
    assert stretches("", quotes, "text") == ()


@pytest.mark.parametrize(
    ("given", "marked"),
    [
        (Quote(start=4, end=9, text="efghi"), "ef"),
        (Quote(start=9, end=12, text="jkl"), ""),
        (Quote(start=1, end=3, text="xy"), ""),
        (Quote(start=3, end=3, text=""), ""),
        (Quote(start=-2, end=2, text="ab"), ""),
    ],
    ids=["across the cut", "beyond it", "other words", "empty", "before the start"],
)
def test_evidence_that_is_not_all_there_is_quoted_below(given: Quote, marked: str) -> None:
    cut = stretches("abcdef", (given,), "text")
    assert "".join(one.text for one in cut if one.evidence) == marked
    assert unseen(mistake(text="abcdef", evidence=(given,))) == ((1, given),)


def test_a_partial_report_and_leaking_data_are_said_at_once() -> None:
    source, lines = page_of("partial"), markdown(partial())
    assert 'id="partial"' in source
    assert 'id="partial"' not in page_of("stance")
    for shown in (Page(source).text, lines):
        assert "Partial report." in shown
        assert "not comparable with published" in shown
        assert "37 test rows (3.1%)" in shown
        assert "12 test rows say the same as an earlier one, 2 of them with another gold label" in shown
        assert "3 rows left out: no text" in shown
    assert re.search(r'<li class="warning">37 test rows', source)
    assert re.search(r'<li class="warning">37 test rows', page_of("summaries")) is None


def test_the_figures_of_summaries_are_grouped() -> None:
    figures = summaries().cells[0].figures
    groups = {heading: [one.name for one in some] for heading, some in grouped(figures, summaries=True)}
    assert groups == {
        "Likeness to the reference": ["ROUGE-1", "ROUGE-Lsum", "BERTScore"],
        "Faithfulness to the article": ["unsupported names"],
        "Abstractiveness": ["extractive coverage", "novel bigrams"],
        "Length and repetition": ["words"],
        "Other figures": ["oddity"],
    }
    text = text_of("summaries")
    assert "Worst summaries" in text
    assert "ROUGE-L 3.21" in text


def test_text_of_articles_never_becomes_markup() -> None:
    page = Page(page_of("nasty"))
    assert sum(tag == "script" for tag, _ in page.elements) == 1
    assert "<script>alert('x')</script> | *a* _b_ `c` $d$ &amp; \"q\"" in page.text
    assert "\ufffd" in page.text
    lines = markdown(nasty()).splitlines()
    assert not [line for line in lines if re.search(r"(?<!\\)<script", re.sub(r"(?<!\\)`[^`]*`", "", line))]
    tables = [line for line in lines if line.startswith("|")]
    assert {len(BAR.findall(line)) for line in tables} == {len(BAR.findall(line)) for line in tables if "---" in line}


def test_markdown_starts_with_the_chief_table() -> None:
    lines = markdown(report()).splitlines()
    tables = [place for place, line in enumerate(lines) if line.startswith("|")]
    assert lines[tables[0]] == "| System | harbour: macro-F1 |"
    assert lines[tables[2]] == "| default | **0.641 [0.601, 0.683]** |"
    assert "- **harbour**: Best model: default, macro-F1 0.641 \\[0.601, 0.683\\]; best baseline: tfidf, macro-F1" in (
        "\n".join(lines)
    )


@pytest.mark.parametrize("name", REPORTS)
def test_every_table_of_the_markdown_is_whole(name: str) -> None:
    lines, width = markdown(REPORTS[name]()).splitlines(), 0
    for before, line in pairwise(["", *lines]):
        if line.startswith("|"):
            bars = len(BAR.findall(line))
            assert bars == (width if before.startswith("|") else bars)
            width = bars


def test_a_report_without_models_or_comparisons_says_so() -> None:
    for shown in (text_of("baselines only"), markdown(baselines_only())):
        assert "No two systems were compared." in shown
    empty = report(cells=(), comparisons=())
    assert "No system was evaluated." in Page(html(empty)).text
    assert "No system was evaluated." in markdown(empty)


def test_without_intervals_there_are_no_brackets() -> None:
    bare = report(
        samples=0, cells=(cell("default", 0.5, figures=(Figure(name="macro-F1", value=0.5),)),), comparisons=()
    )
    assert "no bootstrap samples were drawn" in Page(html(bare)).text
    assert "| default | 0.500 |" in markdown(bare)


def test_a_missing_extra_is_said_before_anything_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"jinja2": object()}
    monkeypatch.setattr("newsml.evaluation.pages.html.find_spec", found.get)
    with pytest.raises(MissingDependencyError, match=r"^matplotlib: not installed.*pip install 'newsml\[report\]'"):
        need_plots()
    assert markdown(report())
