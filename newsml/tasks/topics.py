"""Topics of articles: IPTC Media Topics, labels learned from data, or any labels the caller gives.

Owns the way from windows to topics. Knows nothing of files or of how a labeler scores.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from newsml.article import Article, Span
from newsml.config.training import Training
from newsml.errors import ModelError
from newsml.models.backend import loading_for
from newsml.models.batches import TextPair
from newsml.models.card import write_card
from newsml.models.classifier import softmax
from newsml.models.embedder import Embedder
from newsml.models.encoder import Encoder
from newsml.models.load import DEFAULT_BASE, kind_of, least_score, load_base, load_classifier, refuse, save_model
from newsml.models.load import temperature as temperature_of
from newsml.models.resolve import Resolved, resolve
from newsml.results import ModelInfo, Scores, Topic, TopicResult
from newsml.tasks.evidence import UNIT_TOKENS
from newsml.tasks.inputs import SPECIAL_TOKENS, one_text, topic_pair, topic_title, topic_windows
from newsml.tasks.labelers import COSINE_TEMPERATURE, Labeler, TrainedLabels, worded
from newsml.tasks.run import Call, Steps, stream
from newsml.tasks.task import Task, check_article
from newsml.tasks.taxonomy import Taxonomy, tree_of
from newsml.tasks.zero_shot import zero_shot_card, zero_shot_labels
from newsml.text.windows import Window, pieces

if TYPE_CHECKING:
    import pandas as pd

TEMPLATE = "This news article is about {}."
"""How a label is worded for zero-shot: .83 accuracy on BBC's five sections, against .78 for bare names."""

EVIDENCE_SENTENCES = 2
MULTI_LABEL_THRESHOLD = {True: 0.25, False: 0.5}
"""Least score of an assigned topic, by whether the scores of all labels share 1 among them."""


class TopicClassifier(Task[Article, TopicResult]):
    """Assigns topics to articles.

    Long articles are read in windows; their scores are averaged, weighted by length in tokens.

    Attributes:
        labels: The labels it can assign.
        model: The model behind it.
        multi_label: Whether an article may have several topics.
        threshold: Least score of an assigned topic; below it the classifier abstains.
    """

    def __init__(
        self,
        labeler: Labeler,
        *,
        found: Resolved,
        multi_label: bool = False,
        threshold: float | None = None,
        taxonomy: Taxonomy | None = None,
        embedder: Embedder | None = None,
    ) -> None:
        if threshold is not None and not 0 <= threshold <= 1:
            raise ModelError(f"threshold {threshold} is no probability; expected a number from 0 to 1")
        default = MULTI_LABEL_THRESHOLD[labeler.exclusive] if multi_label else 0.0
        self.labels = labeler.labels
        self.model = ModelInfo(found.name, found.revision)
        self.multi_label = multi_label
        self.threshold = default if threshold is None else threshold
        self._labeler = labeler
        self._found = found
        self._least_score = least_score(found.card)
        self._languages = found.card.languages if found.card else ()
        self._taxonomy = taxonomy
        self._embedder = embedder
        self._child_vectors: dict[str, np.ndarray] = {}

    @classmethod
    def from_pretrained(
        cls,
        model: str | Path = "default",
        *,
        labels: Sequence[str] | None = None,
        multi_label: bool = False,
        threshold: float | None = None,
        template: str = TEMPLATE,
        revision: str | None = None,
        encoder: Encoder | None = None,
        backend: str | None = None,
    ) -> Self:
        """Load a topics model.

        Args:
            model: Card name, folder or hub id of a sequence classifier, or, with ``labels``, of an NLI model or an
                encoder. ``"default"`` is the IPTC classifier, ``"accurate"`` a larger and slower one; with ``labels``
                ``"default"`` is the zero-shot adapter.
            labels: Any labels, for zero-shot classification; None takes the model's own.
            multi_label: Allow several topics an article; a model trained for several does in any case.
            threshold: Least score of an assigned topic, 0 to 1. By default 0 for single labels (never abstain); for
                multi-label .25 where the scores of all labels add up to 1, else .5.
            template: Zero-shot: the sentence a label stands in, with ``{}`` for the label. Like ``multi_label`` and
                ``threshold`` it is not saved with a model: give it again.
            revision: Commit of a hub id.
            encoder: A loaded copy of the base to share with other tasks.
            backend: What it computes with: ``"torch"`` (fp32), another name of docs/speed.md, or ``"auto"``; None
                leaves it at ``"torch"``. A shared ``encoder`` computes as it was loaded.

        Raises:
            ModelError: The model is unknown or cannot classify.
            DownloadError: Its files cannot be fetched.
        """
        with loading_for(backend):
            return cls._load(model, labels, multi_label, threshold, template, revision, encoder)

    @classmethod
    def _load(
        cls,
        model: str | Path,
        labels: Sequence[str] | None,
        multi_label: bool,
        threshold: float | None,
        template: str,
        revision: str | None,
        encoder: Encoder | None,
    ) -> Self:
        if labels is not None:
            found = resolve(model, revision=revision, task="topics-zero-shot")
            labeler = zero_shot_labels(found, labels, template=template, multi_label=multi_label, encoder=encoder)
            return cls(labeler, found=found, multi_label=multi_label, threshold=threshold)
        found = resolve(model, revision=revision, task="topics")
        kind, card = kind_of(found), found.card
        if kind in ("encoder", "nli", "causal", "chat") and card is not None and card.task == "topics" and card.labels:
            labeler = zero_shot_labels(found, card.labels, template=template, multi_label=multi_label, encoder=encoder)
            return cls(labeler, found=found, multi_label=multi_label, threshold=threshold)
        if kind not in ("newsml-adapter", "sequence-classifier") or (card and card.task != "topics"):
            raise refuse(found, kind, "a topics classifier; give labels=[…] for zero-shot with an NLI model or encoder")
        classifier = load_classifier(found, kind, encoder=encoder)
        limit = card.max_tokens if card else classifier.max_tokens
        tree = tree_of(classifier.labels)
        if tree is not None and card is not None and card.base is not None:
            encoder = load_base(card.base, encoder=encoder)
        several = bool(card and card.multi_label)
        trained = TrainedLabels(classifier, temperature=temperature_of(card), max_tokens=limit, multi_label=several)
        return cls(
            trained,
            found=found,
            multi_label=multi_label or several,
            threshold=threshold,
            taxonomy=tree,
            embedder=Embedder(encoder) if encoder is not None else None,
        )

    @classmethod
    def finetune(
        cls,
        train: str | Path | pd.DataFrame | Sequence[tuple[Article, str | Sequence[str]]],
        *,
        output: str | Path,
        dev: float | str | Path | pd.DataFrame | Sequence[tuple[Article, str | Sequence[str]]] = 0.2,
        columns: Mapping[str, str] | None = None,
        labels: Sequence[str] = (),
        multi_label: bool = False,
        method: str | None = None,
        base: str | Path = DEFAULT_BASE,
        training: Training | None = None,
        seed: int = 1,
        name: str | None = None,
        say: Callable[[str], None] | None = None,
    ) -> Self:
        """Train a topics model on labelled articles, as ``newsml finetune`` does.

        Args:
            train: Pairs of article and label, a data frame, or the path of a table (.jsonl, .csv, .tsv, .parquet).
            output: Folder for the model (in ``model``), checkpoints, and a recipe that repeats the run with the
                labelled articles; what of them lies in memory is written there too.
            dev: Labelled articles of their own to judge the model by, or the share of ``train`` to hold out for that,
                0 to 0.9; its figures stand in the model's card and calibrate its scores.
            columns: Our field name to the table's column name, such as ``{"text": "body", "label": "desk"}``; text,
                label, id, title and group (never both trained on and held out) are found under their own names.
            labels: The classes in the order of the scores; by default those of the data, sorted.
            multi_label: Whether an article has any number of labels, in a sequence.
            method: How to train, such as ``"head"`` or ``"lora"``, as in a recipe; None leaves it to newsml.
            base: Card name, hub id or folder of the encoder to start from.
            training: How the weights are fitted; None takes the defaults.
            seed: Fixes the split, initial weights and the order of batches.
            name: What the model's card calls it; by default the output folder's name.
            say: Receives lines of progress; by default they go to standard error.

        Raises:
            ConfigError: An argument fits no recipe.
            DataError: The labelled articles cannot be used; TrainingError: they cannot be trained on.
            WriteError: The output folder cannot be written.
        """
        from newsml.training.door import finetune_on

        return cls.from_pretrained(
            finetune_on(
                "topics", train, output=output, dev=dev, columns=columns, labels=labels, method=method, base=base,
                training=training, seed=seed, name=name, say=say, multi_label=multi_label,
            )
        )  # fmt: skip

    def predict(self, article: Article) -> TopicResult:
        """The topics of one article.

        Raises:
            ArticleError: The article is in a language the model does not read.
        """
        return self.predict_batch([article])[0]

    def steps(self, item: Article) -> Steps[TopicResult]:
        """The way of one article: windows, scores, mean by length, labels, evidence, subtopics."""
        title, cut, inputs = self._read(item)
        by_window = yield from self._labeler.scores(inputs)
        scores = _mean(by_window, cut)
        best = int(scores.argmax())
        evidence = yield from self._evidence(cut[int(by_window[:, best].argmax())], best)
        subtopics = yield from self._subtopics(inputs, cut, self.labels[best])
        ranked = [i for i in np.argsort(-scores, kind="stable") if scores[i] >= self.threshold]
        chosen = ranked if self.multi_label else ranked[:1]
        return TopicResult(
            article_id=item.id,
            model=self.model,
            truncated=len(title.split()) < len(item.title.split()),
            label=self.labels[chosen[0]] if chosen else None,
            score=float(scores[best]),
            labels=tuple(self._topic(self.labels[i], float(scores[i])) for i in chosen),
            scores=Scores(zip(self.labels, scores, strict=True)),
            subtopics=subtopics,
            evidence=evidence,
            confident=bool(scores[best] >= self._least_score),
        )

    def probabilities(self, articles: Iterable[Article]) -> np.ndarray:
        """The scores of articles and nothing else, shape (articles, labels): without evidence, in half the time."""

        def steps(item: Article) -> Steps[np.ndarray]:
            _, cut, inputs = self._read(item)
            return _mean((yield from self._labeler.scores(inputs)), cut)

        return np.array(list(stream(articles, steps))).reshape(-1, len(self.labels))

    def _read(self, item: Article) -> tuple[str, Sequence[Window], list[TextPair]]:
        """An article's title as far as there is room for it, its windows, and the inputs that they make."""
        check_article(item, self._languages)
        count, limit = self._labeler.count_tokens, self._labeler.max_tokens
        title = topic_title(item, count, max_tokens=limit)
        cut = topic_windows(item, count, max_tokens=limit)
        return title, cut, [topic_pair(title, window) for window in cut]

    def _evidence(self, window: Window, label: int) -> Steps[tuple[Span, ...]]:
        """The sentences of the strongest window that carry the label best when read alone."""
        longest = min(UNIT_TOKENS, self._labeler.max_tokens - SPECIAL_TOKENS)
        sentences = pieces(window.sentences, self._labeler.count_tokens, max_tokens=longest)
        scores = yield from self._labeler.scores([TextPair(sentence.text) for sentence in sentences])
        order = np.argsort(-scores[:, label], kind="stable")[:EVIDENCE_SENTENCES]
        return tuple(sentences[i].span(float(scores[i, label])) for i in order)

    def _subtopics(self, inputs: Sequence[TextPair], cut: Sequence[Window], parent: str) -> Steps[tuple[Topic, ...]]:
        """The topics under the best one, by cosine of the article's vector with their names."""
        if self._taxonomy is None or self._embedder is None or not (below := self._taxonomy.children(parent)):
            return ()
        if parent not in self._child_vectors:
            self._child_vectors[parent] = np.stack(self._embedder([worded(TEMPLATE, c.name) for c in below]))
        vectors = yield Call(self._embedder, [one_text(pair) for pair in inputs])
        vector = _mean(np.stack(vectors), cut)
        scores = softmax(self._child_vectors[parent] @ vector, temperature=COSINE_TEMPERATURE)
        order = np.argsort(-scores, kind="stable")
        return tuple(
            Topic(below[i].name, float(scores[i]), below[i].id, self._taxonomy.path(below[i].id)) for i in order
        )

    def _topic(self, name: str, score: float) -> Topic:
        tree = self._taxonomy
        return Topic(name, score, tree.node(name).id, tree.path(name)) if tree else Topic(name, score)

    def save_pretrained(self, folder: str | Path) -> None:
        """Save the model so that plain ``transformers`` loads it, with a card of its labels.

        Args:
            folder: Made where it does not exist.

        Raises:
            WriteError: The folder cannot be written.
        """
        save_model(self._found, Path(folder))
        if not isinstance(self._labeler, TrainedLabels):
            write_card(zero_shot_card(self._found, self._labeler), Path(folder))


def _mean(by_window: np.ndarray, cut: Sequence[Window]) -> np.ndarray:
    """The mean over an article's windows, weighted by length in tokens."""
    mean: np.ndarray = np.average(by_window, axis=0, weights=[max(window.tokens, 1) for window in cut])
    return mean
