"""Stance of an article toward a claim or a target, with the sentences that carry it.

Owns the choice of sentences and the way of a query. Knows nothing of how a judge computes.

Claims: the title and the sentences nearest to the claim are judged together, and each of them alone; the answer is the
mean of the first judgement and the mean of the others, and the sentences that carry it best are its evidence. Targets:
every sentence that names the target is judged; the article's stance is the mean of their probabilities, each weighted
by how decided it is (``NEUTRAL_WEIGHT``). A target that is a topic nobody names is judged on the whole text instead, in
windows reduced the same way, where the caller asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from newsml.article import Article, Sentence, Span
from newsml.config.training import Training
from newsml.errors import ModelError, QueryError
from newsml.models.backend import loading_for
from newsml.models.embedder import Embedder
from newsml.models.encoder import Encoder
from newsml.models.load import DEFAULT_BASE, save_model
from newsml.results import CLAIM_LABELS, NOT_MENTIONED, TARGET_LABELS, Scores, StanceResult
from newsml.tasks.evidence import UNIT_TOKENS, nearest, units
from newsml.tasks.inputs import CLAIM_SENTENCES, SPECIAL_TOKENS, Passage, Question, target_windows
from newsml.tasks.judges import ClaimJudge, TargetJudge, load_judges
from newsml.tasks.query import Scope, StanceQuery
from newsml.tasks.run import Call, Steps
from newsml.tasks.task import Task, check_article
from newsml.tasks.verdicts import reduced, result, strongest
from newsml.text.mentions import Mention, find_mentions, mentions_at
from newsml.text.sentences import split
from newsml.text.windows import pieces

if TYPE_CHECKING:
    import pandas as pd


class StanceDetector(Task[StanceQuery, StanceResult]):
    """Finds the stance of an article toward a claim or a target."""

    def __init__(
        self,
        *,
        embedder: Embedder,
        claim_judge: ClaimJudge | None = None,
        target_judge: TargetJudge | None = None,
        languages: Sequence[str] = (),
    ) -> None:
        self._embedder = embedder
        self._count = embedder.encoder.count_tokens
        self._claim_judge = claim_judge
        self._target_judge = target_judge
        self._languages = tuple(languages)

    @classmethod
    def from_pretrained(
        cls,
        model: str | Path = "default",
        *,
        revision: str | None = None,
        encoder: Encoder | None = None,
        backend: str | None = None,
    ) -> Self:
        """Load a stance model.

        Args:
            model: ``"default"`` loads the default claim and target models on one copy of their base. Else a card name,
                folder or hub id of a claim- or target-stance classifier, an NLI model, or a causal or chat model.
            revision: Commit of a hub id.
            encoder: A loaded copy of the default base to share with other tasks.
            backend: As in ``TopicClassifier.from_pretrained``.

        Raises:
            ModelError: The model is unknown or cannot judge stance.
            DownloadError: Its files cannot be fetched.
        """
        with loading_for(backend):
            judges = load_judges(model, revision=revision, encoder=encoder)
        return cls(
            embedder=Embedder(judges.encoder),
            claim_judge=judges.claim,
            target_judge=judges.target,
            languages=judges.languages,
        )

    @classmethod
    def finetune(
        cls,
        train: str | Path | pd.DataFrame | Sequence[tuple[StanceQuery, str]],
        *,
        output: str | Path,
        dev: float | str | Path | pd.DataFrame | Sequence[tuple[StanceQuery, str]] = 0.2,
        columns: Mapping[str, str] | None = None,
        labels: Mapping[str, str | None] | None = None,
        unrelated: int = 0,
        method: str | None = None,
        base: str | Path = DEFAULT_BASE,
        training: Training | None = None,
        seed: int = 1,
        name: str | None = None,
        say: Callable[[str], None] | None = None,
    ) -> Self:
        """Train a model of stance toward claims, or toward targets, on labelled questions, as ``newsml finetune`` does.

        Args:
            train: Pairs of question and label, all about claims or all about targets; a data frame; or the path of a
                table with the columns text and label, and either claim or target. A target is learned from the
                sentences that name it, or as its question says (``places``, ``scope``); in a table from its offsets,
                ``start`` and ``end``, where ``columns`` maps them, else from all of the text.
            output: As in ``TopicClassifier.finetune``, like all that is not named here.
            dev: Likewise, of questions.
            columns: Likewise; it may map ``evidence`` too, lists of verbatim fragments that carry a target's label.
            labels: Your labels to ``CLAIM_LABELS`` or ``TARGET_LABELS``; one mapped to None is left out.
            unrelated: So many claims of other articles are added to each article as *unrelated*; so many targets of
                other texts as *neutral*.
            method: Likewise.
            base: Likewise.
            training: Likewise.
            seed: Likewise.
            name: Likewise.
            say: Likewise.

        Raises:
            DataError: The questions are of both kinds, or cannot be used.
            TrainingError: The data cannot be trained on. The other errors are those of ``TopicClassifier.finetune``.
        """
        from newsml.training.door import asks_about, finetune_on

        about = asks_about(train, columns)
        return cls.from_pretrained(
            finetune_on(
                "claim-stance" if about == "claim" else "target-stance", train, output=output, dev=dev,
                columns=columns, source={"labels": labels and dict(labels), "unrelated": unrelated},
                labels=CLAIM_LABELS if about == "claim" else TARGET_LABELS, method=method, base=base,
                training=training, seed=seed, name=name, say=say,
            )
        )  # fmt: skip

    @property
    def judges_targets(self) -> bool:
        """Whether it can be asked about targets."""
        return self._target_judge is not None

    def predict(
        self, article: Article, *, claim: str | None = None, target: str | None = None, scope: Scope = "mentions"
    ) -> StanceResult:
        """The stance of one article toward a claim or a target.

        Args:
            article: The article.
            claim: A claim or headline; the answer is one of ``CLAIM_LABELS``.
            target: A person, organisation, country or policy; the answer is one of ``TARGET_LABELS`` or
                *not mentioned*.
            scope: What a target is judged on: the sentences that name it (``"mentions"``), or all of the text
                (``"text"``), for topics that a text is about without naming them.

        Raises:
            QueryError: Neither or both are given, or the one given is empty or too long; or the scope is unknown.
            ModelError: The model judges only the other kind.
            ArticleError: The article is in a language the model does not read.
        """
        return self.predict_batch([StanceQuery(article, claim=claim, target=target, scope=scope)])[0]

    def steps(self, item: StanceQuery) -> Steps[StanceResult]:
        """The way of one query: sentences, judgement, reduction, evidence."""
        check_article(item.article, self._languages)
        if item.claim is not None:
            return (yield from self._claim(item.article, " ".join(item.claim.split())))
        target = " ".join((item.target or "").split())
        if item.scope == "text":
            return (yield from self._topic(item.article, target))
        return (yield from self._target(item.article, target, item.places))

    def judged_on(self, item: StanceQuery) -> Steps[tuple[Span, ...]]:
        """The sentences that a query is judged on, in reading order; nothing is judged.

        For a claim these are the title and the sentences nearest to it, for a target those that name it, or with
        ``scope="text"`` all of the text.

        Raises:
            ModelError: The model judges only the other kind.
            QueryError: The claim is too long.
        """
        if item.claim is not None:
            near, _ = yield from self._near(item.article, " ".join(item.claim.split()))
            return tuple(sentence.span() for sentence in near)
        if item.scope == "text":
            return tuple(sentence.span() for sentence in split(item.article.text))
        mentions = self._mentions(item.article, " ".join((item.target or "").split()), item.places)
        return tuple(dict.fromkeys(mention.sentence.span() for mention in mentions))

    def _units(self, article: Article, judge: ClaimJudge | TargetJudge) -> tuple[Sentence, ...]:
        """The sentences, none longer than ``UNIT_TOKENS`` to the embedder or to the judge, whose tokens may differ."""

        def count(texts: Sequence[str]) -> list[int]:
            return [max(pair) for pair in zip(self._count(texts), judge.count_tokens(texts), strict=True)]

        return units(article, count)

    def _claim(self, article: Article, claim: str) -> Steps[StanceResult]:
        judge = self._judge_of_claims()
        near, cosines = yield from self._near(article, claim)
        whole, *alone = yield from judge.probabilities(
            [Question(claim, tuple(near), max(cosines))]
            + [Question(claim, (sentence,), cosine) for sentence, cosine in zip(near, cosines, strict=True)]
        )
        mean = (whole + np.mean(alone, axis=0)) / 2
        scores = Scores(zip(CLAIM_LABELS, mean, strict=True))
        label = CLAIM_LABELS.index(scores.best)
        strength = [float(row[label]) * max(c, 0.0) for row, c in zip(alone, cosines, strict=True)]
        evidence = () if scores.best == "unrelated" else strongest(near, strength)
        return result("claim", article, judge, claim, scores, evidence)

    def _near(self, article: Article, claim: str) -> Steps[tuple[list[Sentence], list[float]]]:
        """The sentences a claim is judged on, in reading order, and their cosines with it."""
        judge = self._judge_of_claims()
        count = judge.count_tokens
        length = count([claim])[0]
        if length > judge.max_tokens // 2:
            raise QueryError(f"claim of {length} tokens, expected a sentence of at most {judge.max_tokens // 2}")
        sentences = self._units(article, judge)
        query, *vectors = yield Call(self._embedder, [claim, *(sentence.text for sentence in sentences)])
        room = judge.max_tokens - SPECIAL_TOKENS - length
        lengths = count([sentence.text for sentence in sentences])
        chosen = nearest(query, vectors, lengths, count=CLAIM_SENTENCES, max_tokens=room)
        return [sentences[i] for i in chosen], [float(vectors[i] @ query) for i in chosen]

    def _target(self, article: Article, target: str, places: Sequence[tuple[int, int]] | None) -> Steps[StanceResult]:
        judge = self._judge_of_targets()
        mentions = self._mentions(article, target, places)
        first: dict[tuple[str, int], Mention] = {}
        for mention in mentions:
            first.setdefault((mention.sentence.field, mention.sentence.start), mention)
        if not first:
            absent = Scores([(NOT_MENTIONED, 1.0), *((label, 0.0) for label in TARGET_LABELS)])
            return result("target", article, judge, target, absent, ())
        named = list(first.values())
        rows = np.stack((yield from judge.probabilities(target, [Passage.of(mention) for mention in named])))
        scores = reduced(rows)
        strength = [float(value) for value in rows[:, TARGET_LABELS.index(scores.best)]]
        evidence = strongest([mention.sentence for mention in named], strength)
        return result("target", article, judge, target, scores, evidence, tuple(m.span() for m in mentions))

    def _mentions(self, article: Article, target: str, places: Sequence[tuple[int, int]] | None) -> tuple[Mention, ...]:
        """Where the article names a target: at the places given, or wherever its name is found."""
        sentences = self._units(article, self._judge_of_targets())
        title = [sentence for sentence in sentences if sentence.field == "title"]
        body = [sentence for sentence in sentences if sentence.field == "text"]
        if places is not None:
            return mentions_at(places, body)
        return find_mentions(target, body, title) if any(c.isalnum() for c in target) else ()

    def _topic(self, article: Article, target: str) -> Steps[StanceResult]:
        """A target judged on all of the text; its sentences, each judged alone, are the evidence."""
        judge = self._judge_of_targets()
        length = judge.count_tokens([target])[0]
        if length > judge.max_tokens // 2:
            raise QueryError(f"target of {length} tokens, expected a name or topic of at most {judge.max_tokens // 2}")
        cut = target_windows(article.text, target, judge.count_tokens, max_tokens=judge.max_tokens)
        room = min(UNIT_TOKENS, judge.max_tokens - SPECIAL_TOKENS - length)
        sentences = pieces(split(article.text), judge.count_tokens, max_tokens=room)
        passages = [*(Passage(window.text) for window in cut), *(Passage(sentence.text) for sentence in sentences)]
        rows = np.stack((yield from judge.probabilities(target, passages)))
        scores = reduced(rows[: len(cut)])
        strength = [float(value) for value in rows[len(cut) :, TARGET_LABELS.index(scores.best)]]
        return result("target", article, judge, target, scores, strongest(sentences, strength))

    def _judge_of_claims(self) -> ClaimJudge:
        if self._claim_judge is None:
            raise ModelError("this model judges targets only; load a claim-stance model for claims")
        return self._claim_judge

    def _judge_of_targets(self) -> TargetJudge:
        if self._target_judge is None:
            raise ModelError("this model judges claims only; load a target-stance model for targets")
        return self._target_judge

    def save_pretrained(self, folder: str | Path) -> None:
        """Save the model so that plain ``transformers`` loads it, with its card.

        Args:
            folder: Made where it does not exist. Two models, one for claims and one for targets, are saved in the
                folders ``claim`` and ``target`` in it.

        Raises:
            WriteError: The folder cannot be written.
        """
        judges = {"claim": self._claim_judge, "target": self._target_judge}
        found = {name: judge.found for name, judge in judges.items() if judge is not None}
        if len({id(model) for model in found.values()}) == 1:
            save_model(next(iter(found.values())), Path(folder))
        else:
            for name, model in found.items():
                save_model(model, Path(folder) / name)
