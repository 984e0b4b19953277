"""``newsml analyze FILE…``: everything about each article, on a screen or as JSON.

Owns the options, the reading of files one by one, and what becomes of the ones that fail. Knows nothing of models or
of how an analysis looks.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from newsml.article import Article
from newsml.cli.screen import BACKENDS, backend_said, error_line, output, render
from newsml.errors import ExportError, NewsmlError, ReadError
from newsml.models.progress import screen
from newsml.text.language import prepare

if TYPE_CHECKING:
    from newsml.results import Analysis
    from newsml.tasks.analyze import Analyzer

STANDARD_INPUT = "-"

T = TypeVar("T")

EPILOG = (
    "Exit codes: 0 all files analysed; 1 at least one could not be (each has a line on standard error, the others are "
    "printed); 2 wrong usage; 130 interrupted; 141 the reader of the output went away."
)


Files = Annotated[
    list[str],
    typer.Argument(metavar="FILE...", help="Articles: text or .json files; - is standard input.", show_default=False),
]
Targets = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        help="Stance toward this person, organisation, country or policy; repeat for more. "
        "Without it, the article's most salient names are proposed.",
    ),
]
Claims = Annotated[list[str] | None, typer.Option(metavar="TEXT", help="Stance toward this claim; repeat for more.")]
Labels = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="Choose the topic among these labels instead of IPTC's; repeat for more."),
]
Language = Annotated[
    str | None,
    typer.Option(metavar="CODE", help="Language of the articles, as a code such as en; else it is found out."),
]
Backend = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help=f"{BACKENDS} Without it newsml's own models are computed by onnx where it is installed, which starts "
        "sooner and answers the same, and others by torch.",
    ),
]


def analyze(
    files: Files,
    target: Targets = None,
    claim: Claims = None,
    label: Labels = None,
    sentences: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Length of the summary in sentences.")
    ] = None,
    summary: Annotated[
        str, typer.Option(metavar="MODEL", help="extractive, abstractive, or a model by card, folder or hub id.")
    ] = "extractive",
    topics: Annotated[str, typer.Option(metavar="MODEL", help="Topics model: card, folder or hub id.")] = "default",
    stance: Annotated[str, typer.Option(metavar="MODEL", help="Stance model: card, folder or hub id.")] = "default",
    backend: Backend = None,
    encoding: Annotated[str, typer.Option(metavar="NAME", help="Encoding of the files.")] = "utf-8",
    language: Language = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON: one object a line for each file (JSON Lines).")
    ] = False,
) -> None:
    """Summary, topics and stance of articles, with the sentences that carry them.

    Results go to standard output, everything else to standard error.
    """
    if files.count(STANDARD_INPUT) > 1:
        raise typer.BadParameter("standard input (-) can be read once", param_hint="FILE...")
    analyzer: Analyzer | None = None
    done = 0
    with ExitStack() as stack:
        for number, file in enumerate(files, 1):
            article = _unless_refused(file, partial(_read, file, encoding=encoding, language=language))
            if article is None:
                continue
            if analyzer is None:
                analyzer = _load(
                    stack,
                    topics=topics,
                    stance=stance,
                    summary=summary,
                    labels=label or None,
                    sentences=sentences,
                    backend=backend,
                )
            ask = partial(analyzer.analyze, article, targets=target or None, claims=claim or ())
            with screen().status(f"reading {number} of {len(files)} …"):
                analysis = _unless_refused(file, ask)
            if analysis is None:
                continue
            if as_json:
                _write_json(analysis, file)
            else:
                _show(analysis, file, first=done == 0)
            done += 1
    raise typer.Exit(int(done < len(files)))


def _unless_refused(file: str, make: Callable[[], T]) -> T | None:
    """What is made of a file; None where it is refused, which is said on standard error."""
    try:
        return make()
    except NewsmlError as error:
        name, message = _name(file), str(error)
        error_line(message if not name or message.startswith(f"{name}: ") else f"{name}: {message}")
        return None


def _read(file: str, *, encoding: str, language: str | None) -> Article:
    from newsml.io.read import MAX_BYTES, read, read_text

    if file != STANDARD_INPUT:
        return read(file, encoding=encoding, language=language)
    content = sys.stdin.buffer.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ReadError(f"standard input: over {MAX_BYTES:,} bytes, too much for one article; split it first")
    return read_text(content, encoding=encoding, language=language)


def _load(stack: ExitStack, *, backend: str | None, **options: Any) -> Analyzer:
    with screen().status("loading models …"), _swiftly():
        from newsml.tasks.analyze import Analyzer

        make = partial(Analyzer.from_pretrained, **options)
        own = (options["topics"], options["stance"], options["summary"]) == ("default", "default", "extractive")
        if backend is None and own:
            analyzer = _soonest(make)
        else:
            analyzer = make(backend="torch" if backend is None else backend_said(backend))
        if "transformers" in sys.modules:
            from newsml.models.quiet import quiet

            stack.enter_context(quiet())
        return analyzer


def _soonest(make: Callable[..., Analyzer]) -> Analyzer:
    """What starts fastest, for which models are exported the first time; where they cannot be, what always works."""
    from newsml.models.backend import quickest

    try:
        return make(backend=quickest())
    except ExportError as error:
        screen().print(f"computing with torch: {error}", markup=False, highlight=False)
        return make(backend="torch")


@contextmanager
def _swiftly() -> Iterator[None]:
    """Half a second less for each: nothing that imports make is garbage, and languages are unpacked beside them."""
    with ThreadPoolExecutor(1) as beside:
        beside.submit(prepare)
        gc.disable()
        try:
            yield
        finally:
            gc.freeze()
            gc.enable()


def _name(file: str) -> str:
    return "standard input" if file == STANDARD_INPUT else file


def _show(analysis: Analysis, file: str, *, first: bool) -> None:
    console = output()
    if not first:
        console.print("", "=" * console.width, "", sep="\n")
    console.print(render(analysis, name=_name(file)))


def _write_json(analysis: Analysis, file: str) -> None:
    """Write a whole line at once: what cannot be said in full is not begun."""
    plain = {"file": file, **analysis.to_dict()}
    try:
        line = json.dumps(plain, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:  # Half of a surrogate pair, which JSON can only say escaped.
        line = json.dumps(plain).encode("ascii")
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()
