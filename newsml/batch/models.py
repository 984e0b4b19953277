"""The models of a job, and what they say of a shard.

Owns which models a job needs, what they share, and which errors are an article's own. Knows nothing of files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from newsml.article import Article
from newsml.batch.job import Job, TaskName
from newsml.batch.rows import Rejection, Row
from newsml.batch.store import Outcome
from newsml.errors import ArticleError
from newsml.evaluation.environment import version_of
from newsml.models.backend import loading_for
from newsml.models.load import kind_of, load_base
from newsml.models.resolve import Resolved, resolve
from newsml.results import Result
from newsml.tasks.judges import find_judges
from newsml.tasks.query import StanceQuery
from newsml.tasks.run import Steps, stream, together
from newsml.tasks.stance import StanceDetector
from newsml.tasks.summarize import Summarizer
from newsml.tasks.topics import TopicClassifier


def models_of(job: Job) -> dict[TaskName, tuple[Resolved, ...]]:
    """The models of each task, fetched where they are not here yet; of stance those for claims and for targets.

    Raises:
        ModelError: A model is unknown.
        DownloadError: Its files cannot be fetched.
    """
    found: dict[TaskName, tuple[Resolved, ...]] = {}
    for task in job.tasks:
        if task == "topics":
            found[task] = (resolve(job.topics_model, task="topics-zero-shot" if job.labels else "topics"),)
        elif task == "stance":
            claims, targets = find_judges(job.stance_model)
            found[task] = (claims,) if claims is targets else (claims, targets)
        else:
            found[task] = (resolve(job.summary_model),)
    return found


def made_by(job: Job) -> dict[str, Any]:
    """What answers follow from beside the settings: the models with their revisions, and newsml's version."""
    models = {task: [[one.name, one.revision] for one in found] for task, found in models_of(job).items()}
    return {"models": models, "newsml": version_of("newsml")}


class Models:
    """The models of a job, loaded: rows in, results out.

    Several tasks share one copy of the base that most of their adapters were made for; a single adapter is merged.
    """

    def __init__(self, job: Job) -> None:
        """Load them.

        Raises:
            ModelError: A model is unknown, or cannot do its task.
        """
        self._job = job
        self._tasks: dict[TaskName, Callable[[Article], list[Steps[Any]]]] = {}
        with loading_for(job.backend):
            self._load(job)

    def _load(self, job: Job) -> None:
        found = models_of(job)
        shared = _shared_base(found)
        encoder = load_base(shared) if shared else None

        def own(task: TaskName) -> Any:
            return encoder if any(_base(one) == shared for one in found[task]) else None

        if "topics" in found:
            topics = TopicClassifier.from_pretrained(
                job.topics_model,
                labels=list(job.labels) or None,
                multi_label=job.multi_label,
                threshold=job.threshold,
                encoder=own("topics"),
            )
            self._tasks["topics"] = lambda article: [topics.steps(article)]
        if "stance" in found:
            detector = StanceDetector.from_pretrained(job.stance_model, encoder=own("stance"))
            self._tasks["stance"] = lambda article: [detector.steps(query) for query in self._queries(article)]
        if "summary" in found:
            summarizer = Summarizer.from_pretrained(
                job.summary_model, sentences=job.sentences, words=job.words, encoder=own("summary")
            )
            self._tasks["summary"] = lambda article: [summarizer.steps(article)]

    def answer(self, rows: Sequence[Row], advance: Callable[[int], None]) -> Outcome:
        """What the models say of the rows of one shard: always the same batches for the same rows.

        Args:
            rows: The rows.
            advance: Told of rows as they are answered.

        Raises:
            QueryError: A claim or target that cannot be asked.
            ModelError: The stance model does not judge what is asked.
        """
        results: dict[TaskName, list[Result]] = {task: [] for task in self._tasks}
        rejected = [row.found for row in rows if isinstance(row.found, Rejection)]
        advance(len(rejected))
        read = [(row, row.found) for row in rows if isinstance(row.found, Article)]
        for answers in stream(read, lambda item: self._steps(*item)):
            for task, said in answers:
                if isinstance(said, Rejection):
                    rejected.append(said)
                else:
                    results[task] += said
            advance(1)
        return Outcome(results, sorted(rejected, key=lambda one: one.row))

    def _steps(self, row: Row, article: Article) -> Steps[list[tuple[TaskName, list[Result] | Rejection]]]:
        answers = yield from together([_unless_refused(row, task, make(article)) for task, make in self._tasks.items()])
        return list(zip(self._tasks, answers, strict=True))

    def _queries(self, article: Article) -> Iterator[StanceQuery]:
        yield from (StanceQuery(article, claim=claim) for claim in self._job.claims)
        yield from (StanceQuery(article, target=target) for target in self._job.targets)


def _unless_refused(row: Row, task: TaskName, parts: Sequence[Steps[Any]]) -> Steps[list[Result] | Rejection]:
    """The results of a task for one article; where its model refuses the article, why."""
    try:
        return (yield from together(parts))
    except ArticleError as error:
        article_id = row.found.id if isinstance(row.found, Article) else None
        return Rejection(row.number, row.where, "refused", str(error), article_id, task)


def _shared_base(found: dict[TaskName, tuple[Resolved, ...]]) -> str | None:
    """The base that the adapters of several tasks were made for."""
    if len(found) < 2:
        return None
    bases = [base for models in found.values() for base in {_base(one) for one in models} if base is not None]
    return next((base for base in bases if bases.count(base) > 1), None)


def _base(found: Resolved) -> str | None:
    return found.card.base if found.card and kind_of(found) == "newsml-adapter" else None
