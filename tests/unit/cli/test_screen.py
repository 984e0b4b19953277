"""What an analysis looks like: everything is there, nothing is cut unseen, and nothing in it steers the terminal."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from newsml.article import Article, Span
from newsml.cli.screen import LONGEST_QUOTE, MOST_COLUMNS, PIPE_COLUMNS, clean, error_line, output, render
from newsml.results import Analysis, ModelInfo, Scores, StanceResult, SummaryResult, SummarySentence, Topic, TopicResult

TEXT = "The council banned cars. Mayor Ada Berg praised the ban. Shops object to it."
MODEL = ModelInfo("tiny", "abc123")


def span(text: str, score: float | None = 0.9) -> Span:
    start = TEXT.index(text)
    return Span(start, start + len(text), text, score=score)


@pytest.fixture
def analysis() -> Analysis:
    article = Article(text=TEXT, title="Cars [b]banned[/b]", source="Example Post", authors=("A. Writer",))
    carries = ("a", MODEL, False)
    summary = SummaryResult(*carries, "extractive", TEXT[:24], (span("The council banned cars."),), (), ())
    topics = TopicResult(
        *carries,
        label="environment",
        score=0.7,
        labels=(Topic("environment", 0.7, "medtop:06000000", ("environment",)),),
        scores=Scores([("environment", 0.7), ("politics", 0.2), ("sport", 0.05), ("weather", 0.03), ("health", 0.02)]),
        subtopics=(Topic("pollution", 0.4, "medtop:20000424"),),
        evidence=(span("The council banned cars."),),
    )
    target = StanceResult(
        *carries,
        kind="target",
        subject="Ada Berg",
        label="favor",
        score=0.8,
        scores=Scores([("favor", 0.8), ("against", 0.1), ("neutral", 0.1)]),
        evidence=(span("Mayor Ada Berg praised the ban."),),
        mentions=(span("Ada Berg", None),),
    )
    claim = replace(target, kind="claim", subject="Shops like it.", label="disagree", mentions=(), evidence=())
    return Analysis(article, summary, topics, (target,), (claim,), targets_proposed=True)


def shown(analysis: Analysis, *, width: int = 80, colours: bool = False) -> str:
    console = Console(
        file=io.StringIO(),
        width=width,
        force_terminal=colours,
        color_system="standard" if colours else None,
        highlight=False,
    )
    with console.capture() as capture:
        console.print(render(analysis, name="cars.txt"))
    return capture.get()


@pytest.mark.parametrize("width", [80, 100, 110])
def test_everything_is_on_the_screen(analysis: Analysis, width: int) -> None:
    text = shown(analysis, width=width)
    for part in (
        "Cars [b]banned[/b]",
        "cars.txt · Example Post · A. Writer · 14 words",
        "- The council banned cars.",
        "0:24",
        "environment",
        "medtop:06000000",
        "pollution",
        "medtop:20000424",
        "favor          Ada Berg",
        "0.80  1 mention",
        "> Mayor Ada Berg praised the ban.",
        "25:56",
        "--target",
        "disagree       Shops like it.",
        "models: summary tiny abc123 · topics tiny abc123",
    ):
        assert part in text
    assert "health" not in text
    assert max(len(line) for line in text.splitlines()) <= width
    assert "\x1b" not in text


def test_a_bar_is_as_long_as_its_score(analysis: Analysis) -> None:
    lines = {line.split()[0]: line.count("━") for line in shown(analysis).splitlines() if "━" in line}
    assert lines["environment"] > lines["pollution"] > lines["politics"] > 0


def test_stances_have_their_colours(analysis: Analysis) -> None:
    text = shown(analysis, colours=True)
    assert "\x1b[1;32mfavor" in text
    assert "\x1b[1;31mdisagree" in text


def test_proposed_targets_show_one_sentence_each_and_given_ones_all(analysis: Analysis) -> None:
    (target,) = analysis.targets
    both = replace(target, evidence=(*target.evidence, span("Shops object to it.")))
    proposed = replace(analysis, targets=(both,))
    assert "Shops object" not in shown(proposed)
    assert "strongest sentence" in shown(proposed)
    assert "Shops object" in shown(replace(proposed, targets_proposed=False))


def test_given_targets_are_not_called_proposed(analysis: Analysis) -> None:
    assert "--target" not in shown(replace(analysis, targets_proposed=False))
    assert "No name stands out" in shown(replace(analysis, targets=()))


def test_generated_sentences_that_say_more_are_marked(analysis: Analysis) -> None:
    checked = (
        SummarySentence("Cars are banned.", True, (), None),
        SummarySentence("Bob Dow paid 5 million.", False, ("Bob Dow", "5 million"), None),
    )
    summary = replace(analysis.summary, kind="abstractive", sentences=(), checked=checked, text="…")
    text = shown(replace(analysis, summary=summary))
    assert "not in the article: Bob Dow, 5 million" in text
    assert "says more than the article does" in text
    assert "not in the article" not in shown(replace(analysis, summary=replace(summary, checked=checked[:1])))


def test_what_was_not_read_is_said(analysis: Analysis) -> None:
    cut = replace(analysis, topics=replace(analysis.topics, truncated=True))
    assert "Part of the article was not read for: topics." in shown(cut)
    assert "not read" not in shown(analysis)


def test_abstention_is_said(analysis: Analysis) -> None:
    topics = replace(analysis.topics, label=None, labels=(), evidence=())
    assert "No topic reaches the threshold." in shown(replace(analysis, topics=topics))


def test_an_answer_to_abstain_from_is_marked_and_keeps_its_label(analysis: Analysis) -> None:
    assert "unsure" not in shown(analysis)
    (target,), (claim,) = analysis.targets, analysis.claims
    text = shown(replace(analysis, targets=(replace(target, confident=False),)))
    assert "favor          Ada Berg (unsure)" in text
    assert "Shops like it. (unsure)" not in text
    assert "(unsure): the score is lower than the model's card advises to trust." in text
    claims = replace(analysis, claims=(replace(claim, confident=False),))
    assert "disagree       Shops like it. (unsure)" in shown(claims)
    topics = replace(analysis, topics=replace(analysis.topics, confident=False))
    assert "environment (unsure)" in shown(topics)
    assert "politics (unsure)" not in shown(topics)


def test_a_very_long_sentence_is_shortened_and_says_so(analysis: Analysis) -> None:
    text = "word " * 4999 + "end."
    article = Article(text=text)
    summary = replace(analysis.summary, sentences=(Span(0, len(text), text),))
    plain = " ".join(shown(replace(analysis, article=article, summary=summary)).split())
    assert len(plain) < 4 * LONGEST_QUOTE
    assert f"[… {len(text) - 399:,} more characters]" in plain
    assert f"0:{len(text)}" in plain


def test_text_cannot_steer_the_terminal(analysis: Analysis) -> None:
    article = Article(text="Red \x1b[31malert\x07 now.", title="\x1b]0;owned\x07Title")
    assert "\x1b" not in shown(replace(analysis, article=article))
    assert clean("a\x1b[2J\u009bb\n c 👩\u200d🚒") == "a[2Jb c 👩\u200d🚒"


def test_a_title_quote_says_that_it_is_the_title(analysis: Analysis) -> None:
    claim = replace(analysis.claims[0], evidence=(Span(0, 4, "Cars", field="title"),))
    assert "title 0:4" in shown(replace(analysis, claims=(claim,)))


def test_an_error_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    error_line("no\tfile \x1b[1m\r'é'")
    error_line("c.yaml: 2 faults\n  a: b\n  c: d")
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "newsml: no\\tfile \\x1b[1m\\r'é'\nnewsml: c.yaml: 2 faults\n  a: b\n  c: d\n"


def test_a_pipe_is_wider_than_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert output().width == PIPE_COLUMNS
    monkeypatch.setenv("COLUMNS", "400")
    assert output().width == MOST_COLUMNS
    monkeypatch.setenv("COLUMNS", "60")
    assert output().width == 60
