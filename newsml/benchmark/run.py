"""Races: contenders timed in turn on the same articles, and what came of it.

Owns clocks, ratios and memory. Knows nothing of models.
"""

from __future__ import annotations

import json
import multiprocessing
import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from newsml.article import Article
from newsml.benchmark.contenders import prepared
from newsml.benchmark.corpus import mixed, of_length
from newsml.config.benchmark import BenchmarkConfig, Contender, Race
from newsml.errors import MissingDependencyError, WriteError
from newsml.evaluation.environment import hardware, versions

Say = Callable[[str], None]
"""Receives a line of progress."""


@dataclass(frozen=True, slots=True)
class Spread:
    """What several runs gave."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Least, median and greatest of some values."""
        return cls(min(values), statistics.median(values), max(values))

    def __str__(self) -> str:
        return f"{self.low:.3g}–{self.median:.3g}–{self.high:.3g}"


@dataclass(frozen=True, slots=True)
class Lap:
    """How a contender did on one set of articles.

    Attributes:
        race: The race.
        contender: Its name.
        at: The value of a curve, such as ``"1000 words"``; empty on the mixed corpus.
        articles: How many.
        rate: Articles a second, over the repeats.
        ratio: How many times as fast as the race's last contender, by repeat; None of that one itself.
        agreement: Share of the articles with the same answer as that one's; None likewise, or where answers are texts.
        memory: Peak resident memory in MiB of a process that does this alone; None where it was not measured.
        skipped: Why it was not timed; empty where it was.
    """

    race: str
    contender: str
    at: str
    articles: int
    rate: Spread | None = None
    ratio: Spread | None = None
    agreement: float | None = None
    memory: float | None = None
    skipped: str = ""


def benchmark(config: BenchmarkConfig, say: Say) -> list[Lap]:
    """Carry out a benchmark, and write ``benchmark.json`` and ``benchmark.md`` into its folder.

    Raises:
        ModelError: A model or a backend is unknown.
        ReadError: The corpus cannot be read, or is empty.
        WriteError: The folder cannot be written.
    """
    laps = [lap for race in config.races for lap in _race(config, race, say)]
    record = {
        "name": config.name,
        "date": date.today().isoformat(),
        "hardware": hardware(),
        "versions": versions(),
        "config": config.model_dump(mode="json"),
        "laps": [asdict(lap) for lap in laps],
    }
    folder = Path(config.output)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "benchmark.json").write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", "utf-8")
        (folder / "benchmark.md").write_text(markdown(config, laps), "utf-8")
    except OSError as error:
        raise WriteError(f"{folder}: cannot be written ({error.strerror}); choose another output") from error
    return laps


def _race(config: BenchmarkConfig, race: Race, say: Say) -> list[Lap]:
    courses: list[tuple[str, list[Article], tuple[str, ...]]] = []
    if race.curve is None:
        courses.append(("", mixed(config.corpus, race.articles, seed=config.seed), race.labels))
    else:
        every = race.curve.articles
        for words in race.curve.words:
            found = of_length(config.corpus, every, words, seed=config.seed)
            courses.append((f"{words} words", found, race.labels))
        for count in race.curve.labels:
            names = tuple(f"{race.labels[n % len(race.labels)]} {n}" for n in range(count))
            courses.append((f"{count} labels", mixed(config.corpus, every, seed=config.seed), names))
    laps = []
    for at, articles, labels in courses:
        timed = _timed(config, race, at, articles, labels)
        for lap in timed:
            shown = f"{lap.rate} articles/s" if lap.rate else f"skipped: {lap.skipped}"
            say(f"{' '.join(filter(None, (lap.race, lap.at)))}: {lap.contender}: {shown}")
        laps += timed
    return laps


def _timed(config: BenchmarkConfig, race: Race, at: str, articles: list[Article], labels: tuple[str, ...]) -> list[Lap]:
    runs, skipped = {}, {}
    for contender in race.contenders:
        try:
            runs[contender.name] = prepared(race, contender, labels)
        except MissingDependencyError as error:
            skipped[contender.name] = str(error)
    answers = {name: run(articles) for name, run in runs.items()}  # The first time warms caches and kernels.
    rates: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(config.repeats):
        for name, run in runs.items():
            start = time.perf_counter()
            run(articles)
            rates[name].append(len(articles) / (time.perf_counter() - start))
    peer = race.contenders[-1].name
    laps = []
    for contender in race.contenders:
        name = contender.name
        if name in skipped:
            laps.append(Lap(race.name, name, at, len(articles), skipped=skipped[name]))
            continue
        beside = name != peer and peer in rates
        same = [one == other for one, other in zip(answers[name], answers[peer], strict=True)] if beside else []
        labelled = race.task in ("topics", "claims")
        ratios = [mine / theirs for mine, theirs in zip(rates[name], rates[peer], strict=True)] if beside else []
        memory = _peak(race, contender, articles, labels) if config.memory and not at else None
        laps.append(
            Lap(
                race.name,
                name,
                at,
                len(articles),
                rate=Spread.of(rates[name]),
                ratio=Spread.of(ratios) if ratios else None,
                agreement=sum(same) / len(same) if same and labelled else None,
                memory=memory,
            )
        )
    return laps


def _peak(race: Race, contender: Contender, articles: list[Article], labels: tuple[str, ...]) -> float:
    """Peak resident memory in MiB of a fresh process that does the race once."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_alone, race, contender, articles, labels).result()


def _alone(race: Race, contender: Contender, articles: list[Article], labels: tuple[str, ...]) -> float:
    prepared(race, contender, labels)(articles)
    status = Path("/proc/self/status")
    if status.is_file():  # Elsewhere than in getrusage's figure a new process does not begin with its parent's peak.
        peak = next(line for line in status.read_text("ascii").splitlines() if line.startswith("VmHWM:"))
        return int(peak.split()[1]) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def table(laps: Sequence[Lap]) -> list[list[str]]:
    """The laps as rows of text, the names of the columns first."""
    rows = [["race", "contender", "articles", "articles/s", "times the peer", "same answer", "peak memory"]]
    rows += [
        [
            " ".join(filter(None, (lap.race, lap.at))),
            lap.contender,
            str(lap.articles),
            str(lap.rate or lap.skipped),
            str(lap.ratio or ""),
            "" if lap.agreement is None else f"{lap.agreement:.1%}",
            "" if lap.memory is None else f"{lap.memory:,.0f} MiB",
        ]
        for lap in laps
    ]
    return rows


def markdown(config: BenchmarkConfig, laps: Sequence[Lap]) -> str:
    """The laps as a page."""
    head, *rows = ([cell.replace("|", "/") for cell in row] for row in table(laps))
    lines = [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]
    said = f"{hardware()}, torch {versions()['torch']}, {date.today()}"
    how = f"Least–median–greatest of {config.repeats} runs, contenders in turn; {said}."
    return "\n".join([f"# {config.name}", "", how, "", *lines, ""])
