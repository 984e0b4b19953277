"""What an analysis looks like on a screen.

Owns layout, colours, and how long a quotation may be. Knows nothing of how results are made.
"""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from newsml.results import NOT_MENTIONED

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table
    from rich.text import Text

    from newsml.article import Article, Span
    from newsml.results import Analysis, Result, StanceResult, SummaryResult, TopicResult

BACKENDS = "torch or onnx (fp32), torch-bf16, onnx-int8, ctranslate2-int8, or auto."

Backend = Annotated[str, typer.Option(metavar="NAME", help=BACKENDS)]
"""What the models of a command compute with."""

PIPE_COLUMNS = 100
"""Width where no terminal says otherwise."""

MOST_COLUMNS = 110
"""Longer lines are hard to read."""

TOPICS = 4
SUBTOPICS = 3
BAR_COLUMNS = 18
LABEL_COLUMNS = len(NOT_MENTIONED)
NOTE_COLUMNS = 15

LONGEST_QUOTE = 400
"""Characters; a longer sentence is cut on the screen, which says so. JSON has it whole."""

UNSURE = " (unsure)"
"""Stands behind the subject of an answer that its model had better not have given."""

STYLES = {
    "favor": "green",
    "agree": "green",
    "against": "red",
    "disagree": "red",
    "neutral": "yellow",
    "discuss": "yellow",
}
"""Colour of a stance; the others are dim."""


def output() -> Console:
    """Standard output as a screen: as wide as the terminal up to ``MOST_COLUMNS``, without control codes in a pipe."""
    from rich.console import Console

    class Output(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    console = Output(highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = PIPE_COLUMNS
    console.width = min(console.width, MOST_COLUMNS)
    return console


def backend_said(name: str) -> str:
    """The backend of a name; where that left it open, the one that is taken is said with the reason.

    Raises:
        ModelError: There is none of this name.
    """
    from newsml.models.backend import chosen, faster
    from newsml.models.progress import screen

    if (found := chosen(name)) != name:
        screen().print(f"backend: {found} ({faster()[1]})", markup=False, highlight=False)
    return found


def error_line(message: str) -> None:
    """Say on standard error what went wrong, as ``newsml: message``; only a list of faults has several lines."""
    lines = ["".join(c if c.isprintable() else repr(c)[1:-1] for c in line) for line in message.split("\n")]
    print(f"newsml: {chr(10).join(lines)}", file=sys.stderr)  # noqa: T201


def render(analysis: Analysis, *, name: str) -> RenderableType:
    """Everything found in an article.

    Args:
        analysis: The analysis.
        name: The file it came from.
    """
    from rich.console import Group
    from rich.text import Text

    article = analysis.article
    parts: list[RenderableType] = [
        Text(clean(article.title) or "(no title)", style="bold"),
        Text(_source(article, name), style="dim"),
        *_section("Summary", *_summary(analysis.summary)),
        *_section("Topics", *_topics(analysis.topics)),
        *_section("Stance toward targets", *_targets(analysis)),
    ]
    if analysis.claims:
        parts += _section("Stance toward claims", *_stances(analysis.claims))
    parts += [Text(), *_foot(analysis)]
    return Group(*parts)


def clean(text: str) -> str:
    """Text on one line, without the control characters that a terminal would obey."""
    return "".join(c for c in " ".join(text.split()) if unicodedata.category(c) != "Cc")


def quote(*spans: Span, mark: str = ">") -> Table:
    """Sentences with where they stand (``start:end`` in the text, or in the title); very long ones cut, visibly."""
    from rich.table import Table

    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column()
    table.add_column(ratio=1)
    table.add_column(justify="right", style="dim", no_wrap=True)
    for span in spans:
        place = f"{'title ' * (span.field == 'title')}{span.start}:{span.end}"
        table.add_row(mark, _shortened(clean(span.text)), place)
    return table


def _shortened(text: str) -> Text:
    from rich.text import Text

    if len(text) <= LONGEST_QUOTE:
        return Text(text)
    start = text[:LONGEST_QUOTE].rpartition(" ")[0] or text[:LONGEST_QUOTE]
    return Text.assemble(start, (f" [… {len(text) - len(start):,} more characters]", "yellow"))


def _section(heading: str, *content: RenderableType) -> list[RenderableType]:
    from rich.text import Text

    return [Text(), Text(heading, style="bold cyan"), *(_indented(part) for part in content)]


def _source(article: Article, name: str) -> str:
    published = article.published_at.isoformat() if article.published_at else ""
    words = len(article.text.split())
    facts = (name, article.source or "", ", ".join(article.authors), published, article.url or "", f"{words:,} words")
    return clean(" · ".join(fact for fact in facts if fact))


def _summary(summary: SummaryResult) -> Iterator[RenderableType]:
    from rich.text import Text

    if summary.sentences:
        yield quote(*summary.sentences, mark="-")
    for sentence in summary.checked:
        yield _shortened(clean(sentence.text))
        if not sentence.supported:
            yield Text(f"  not in the article: {clean(', '.join(sentence.unsupported))}", style="bold red")
    if summary.checked and not summary.supported:
        yield Text("This summary was generated and says more than the article does.", style="red")


def _topics(result: TopicResult) -> Iterator[RenderableType]:
    from rich.text import Text

    table = _bars()
    assigned = {topic.name: topic for topic in result.labels}
    for place, (name, score) in enumerate(list(result.scores.items())[:TOPICS]):
        topic = assigned.get(name)
        named = Text(clean(name), style="bold" if topic else "")
        if place == 0 and not result.confident:
            named.append(UNSURE, style="yellow not bold")
        table.add_row(*_row(named, score, "cyan", note=(topic.id if topic else None) or ""))
        for below in result.subtopics[:SUBTOPICS] if place == 0 else ():
            table.add_row(*_row(Text(f"  {clean(below.name)}"), below.score, "blue", note=below.id or ""))
    yield table
    if result.label is None:
        yield Text("No topic reaches the threshold.", style="yellow")
    elif result.evidence:
        yield _indented(quote(result.evidence[0]))


def _targets(analysis: Analysis) -> Iterator[RenderableType]:
    from rich.text import Text

    if analysis.targets_proposed and not analysis.targets:
        yield Text("No name stands out in this article; give one with --target.", style="dim")
    elif analysis.targets_proposed:
        yield Text(
            "The names this article is most about, each with its strongest sentence; ask for others with --target.",
            style="dim",
        )
    yield from _stances(analysis.targets, quotes=1 if analysis.targets_proposed else None)


def _stances(results: tuple[StanceResult, ...], *, quotes: int | None = None) -> Iterator[RenderableType]:
    from rich.text import Text

    for result in results:
        style = STYLES.get(result.label, "dim")
        number = len(result.mentions)
        note = f"{number} mention{'s' * (number != 1)}" if result.kind == "target" else None
        table = _bars(label=True, notes=result.kind == "target")
        subject = Text(clean(result.subject), style="bold")
        if not result.confident:
            subject.append(UNSURE, style="yellow not bold")
        table.add_row(Text(result.label, style=f"bold {style}"), *_row(subject, result.score, style, note=note))
        yield table
        if result.evidence:
            yield _indented(quote(*result.evidence[:quotes]))


def _indented(part: RenderableType) -> RenderableType:
    from rich.padding import Padding

    return Padding(part, (0, 0, 0, 2))


def _bars(*, label: bool = False, notes: bool = True) -> Table:
    """A table of (labels,) names, bars, scores (and notes); the names take the width that is left."""
    from rich.table import Table

    table = Table.grid(padding=(0, 2), expand=True)
    if label:
        table.add_column(width=LABEL_COLUMNS)
    table.add_column(ratio=1)
    table.add_column(width=BAR_COLUMNS)
    table.add_column(justify="right", width=4)
    if notes:
        table.add_column(style="dim", width=NOTE_COLUMNS)
    return table


def _row(name: Text, score: float, style: str, *, note: str | None = None) -> tuple[RenderableType, ...]:
    from rich.progress_bar import ProgressBar

    bar = ProgressBar(total=1.0, completed=score, width=BAR_COLUMNS, complete_style=style, finished_style=style)
    return name, bar, f"{score:.2f}", *(() if note is None else (note,))


def _foot(analysis: Analysis) -> Iterator[RenderableType]:
    from rich.text import Text

    parts: dict[str, Sequence[Result]] = {
        "summary": [analysis.summary],
        "topics": [analysis.topics],
        "targets": list(analysis.targets),
        "claims": list(analysis.claims),
    }
    cut = [what for what, results in parts.items() if any(result.truncated for result in results)]
    if cut:
        yield Text(f"Part of the article was not read for: {', '.join(cut)}.", style="bold yellow")
    if not analysis.topics.confident or not all(one.confident for one in (*analysis.targets, *analysis.claims)):
        yield Text("(unsure): the score is lower than the model's card advises to trust.", style="dim")
    named = (
        f"{what} {' + '.join(dict.fromkeys(f'{r.model.name} {r.model.revision}' for r in results))}"
        for what, results in parts.items()
        if results
    )
    yield Text(clean("models: " + " · ".join(named)), style="dim")
