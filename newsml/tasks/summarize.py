"""Summaries and headlines: the article's own sentences, or generated ones checked against the article.

Owns the choice between the two ways and loads their models. Knows nothing of how sentences are scored or generated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, Self

from newsml.article import Article
from newsml.config.training import Training
from newsml.errors import ModelError
from newsml.models.backend import loading_for
from newsml.models.embedder import Embedder
from newsml.models.encoder import Encoder
from newsml.models.load import (
    DEFAULT_BASE,
    DEFAULT_GENERATOR,
    kind_of,
    load_base,
    load_encoder,
    load_generator,
    refuse,
    save_model,
)
from newsml.models.resolve import Resolved, resolve
from newsml.models.scorer import SentenceScorer
from newsml.results import ModelInfo, SummaryResult
from newsml.tasks.extractive import Extractive
from newsml.tasks.run import Steps, stream
from newsml.tasks.selection import Length
from newsml.tasks.task import Task, check_article

if TYPE_CHECKING:
    import pandas as pd


class Way(Protocol):
    """A way to summarize."""

    @property
    def model(self) -> ModelInfo:
        """The model behind it."""
        ...

    def summary(self, article: Article, length: Length) -> Steps[SummaryResult]:
        """A summary of about this length."""
        ...

    def headline(self, article: Article) -> Steps[SummaryResult]:
        """A summary of one line."""
        ...


class Summarizer(Task[Article, SummaryResult]):
    """Summarizes articles.

    Attributes:
        model: The model behind it.
        length: How long its summaries are where the caller does not say.
    """

    def __init__(self, way: Way, *, found: Resolved, length: Length | None = None) -> None:
        self.model = way.model
        self.length = length or Length()
        self._way = way
        self._found = found
        self._languages = found.card.languages if found.card else ()

    @classmethod
    def from_pretrained(
        cls,
        model: str | Path = "extractive",
        *,
        sentences: int | None = None,
        words: int | None = None,
        ratio: float | None = None,
        revision: str | None = None,
        encoder: Encoder | None = None,
        backend: str | None = None,
    ) -> Self:
        """Load a summarizer.

        Args:
            model: ``"extractive"`` (the article's own sentences), ``"abstractive"`` (written by a small generator, each
                sentence checked), or a card name, folder or hub id of a sequence-to-sequence summarizer, a causal or
                chat model, or an encoder.
            sentences: Length of its summaries in sentences; or
            words: in words; or
            ratio: as a share of the article's words. Without any, three sentences.
            revision: Commit of a hub id.
            encoder: A loaded copy of the default base to share with other tasks.
            backend: As in ``TopicClassifier.from_pretrained``.

        Raises:
            ModelError: The model is unknown or cannot summarize.
            DownloadError: Its files cannot be fetched.
        """
        found = resolve(model, revision=revision)
        with loading_for(backend):
            way = _load(found, encoder)
        return cls(way, found=found, length=Length(sentences, words, ratio))

    @classmethod
    def finetune(
        cls,
        train: str | Path | pd.DataFrame | Sequence[tuple[Article, str | Sequence[str]]],
        *,
        output: str | Path,
        kind: Literal["extractive", "abstractive"] = "extractive",
        dev: float | str | Path | pd.DataFrame | Sequence[tuple[Article, str | Sequence[str]]] = 0.2,
        columns: Mapping[str, str] | None = None,
        method: str | None = None,
        base: str | Path | None = None,
        training: Training | None = None,
        seed: int = 1,
        name: str | None = None,
        say: Callable[[str], None] | None = None,
    ) -> Self:
        """Train a summarizer on articles with reference summaries, as ``newsml finetune`` does.

        Args:
            train: Pairs of article and summary (a text, or its sentences); a data frame; or the path of a table with
                the columns text and summary.
            output: As in ``TopicClassifier.finetune``, like all that is not named here.
            kind: ``"extractive"`` learns which sentences are nearest to the reference, ``"abstractive"`` to write it.
            dev: Likewise, of articles with summaries.
            columns: Likewise.
            method: Likewise.
            base: Encoder to start from, or of ``"abstractive"`` the chat, causal or sequence-to-sequence model; None is
                the default model's.
            training: Likewise.
            seed: Likewise.
            name: Likewise.
            say: Likewise.

        Raises:
            ModelError: The kind is unknown.
            DataError: The articles cannot be used.
            TrainingError: The data cannot be trained on. The other errors are those of ``TopicClassifier.finetune``.
        """
        from newsml.training.door import finetune_on

        if kind not in ("extractive", "abstractive"):
            raise ModelError(f"kind {kind!r:.40} is unknown; expected 'extractive' or 'abstractive'")
        return cls.from_pretrained(
            finetune_on(
                "summary-abstractive" if kind == "abstractive" else "summary-extractive", train, output=output,
                dev=dev, columns=columns, method=method, training=training, seed=seed, name=name, say=say,
                base=base or (DEFAULT_GENERATOR if kind == "abstractive" else DEFAULT_BASE),
            )
        )  # fmt: skip

    def predict(
        self,
        article: Article,
        *,
        sentences: int | None = None,
        words: int | None = None,
        ratio: float | None = None,
    ) -> SummaryResult:
        """The summary of one article.

        Args:
            article: The article.
            sentences: Length in sentences; or
            words: in words; or
            ratio: as a share of the article's words. Without any, the summarizer's own length.

        Raises:
            ArticleError: The article is in a language the model does not read.
            ModelError: The length makes no sense.
        """
        given = Length(sentences, words, ratio)
        length = self.length if given == Length() else given
        return next(stream([article], lambda item: self._summary(item, length)))

    def headline(self, article: Article) -> SummaryResult:
        """A headline: extractive, the sentence that sums the article up best; abstractive, a generated line."""
        return next(stream([article], self._headline))

    def steps(self, item: Article) -> Steps[SummaryResult]:
        """The way of one article, at the summarizer's own length."""
        return self._summary(item, self.length)

    def _summary(self, article: Article, length: Length) -> Steps[SummaryResult]:
        check_article(article, self._languages)
        return (yield from self._way.summary(article, length))

    def _headline(self, article: Article) -> Steps[SummaryResult]:
        check_article(article, self._languages)
        return (yield from self._way.headline(article))

    def save_pretrained(self, folder: str | Path) -> None:
        """Save the model: a generator in plain ``transformers`` format, a sentence scorer as adapter, head and card.

        Args:
            folder: Made where it does not exist.

        Raises:
            WriteError: The folder cannot be written.
        """
        save_model(self._found, Path(folder))


def _load(found: Resolved, encoder: Encoder | None) -> Way:
    """The way of a model that was found."""
    kind = kind_of(found)
    info = ModelInfo(found.name, found.revision)
    if kind == "newsml-adapter" and found.card is not None and found.card.task == "summary-extractive":
        base = load_base(found.card.base, encoder=encoder)
        scorer = SentenceScorer(base, found.path)
        if base is not encoder:
            base.merge()
        return Extractive(scorer, info, max_tokens=found.card.max_tokens)
    if found.card is not None and found.card.task == "summary-abstractive":
        from newsml.tasks.written import Written

        return Written(found, load_generator(found), Embedder(encoder or load_base()))
    if kind == "encoder":
        embedder = Embedder(load_encoder(found, encoder))
        return Extractive(embedder, info, max_tokens=embedder.encoder.max_tokens)
    if kind in ("seq2seq", "causal", "chat"):
        from newsml.tasks.abstractive import Abstractive

        return Abstractive(found, load_generator(found), Embedder(encoder or load_base()))
    raise refuse(found, kind, "a sentence scorer, an encoder, a sequence-to-sequence or a causal model")
