"""Topics as a scikit-learn estimator, for cross-validation, grid searches and pipelines over lists of texts.

Owns the translation between scikit-learn's conventions and ``TopicClassifier.finetune``. Knows nothing of training.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, check_is_fitted, column_or_1d

from newsml.article import Article, require_words
from newsml.config.training import Training
from newsml.errors import DataError
from newsml.models.load import DEFAULT_BASE
from newsml.tasks.topics import TopicClassifier


class TopicEstimator(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """A topics classifier that is fitted on texts and their classes, with scikit-learn's interface.

    ``X`` is a list (or array, or series) of texts or of ``Article``, whose titles are read too; ``y`` has a class of
    any type that scikit-learn takes for each. Every fit reads all texts, also those it has seen in another fit, and
    holds out none: scores are not calibrated (``sklearn.calibration.CalibratedClassifierCV`` does it).

    Estimators, fitted or not, can be cloned, copied and pickled, as parallel searches need; a fitted one carries its
    model's files. To keep a model call ``save_pretrained``, whose folder ``TopicClassifier.from_pretrained`` and plain
    ``transformers`` load: nothing that newsml saves is a pickle.

    Args:
        method: ``"head"`` (logistic regression on the frozen base), or ``"lora"``, ``"full"`` and the others of
            ``FinetuneConfig``, which train in minutes rather than seconds.
        base: Card name, hub id or folder of the encoder.
        max_tokens: Longest input in tokens; longer texts are read in windows.
        class_weights: ``"none"``, ``"balanced"`` or ``"root"``, as in a recipe.
        epochs: Passes over the texts, None for as many as suit their number; this and what follows are of no matter to
            ``"head"``.
        learning_rate: Peak of the schedule.
        batch_size: Texts a step.
        lora_rank: Rank of the low-rank updates.
        random_state: Seed of initial weights and of the order of batches.

    Attributes:
        classes_: The classes, in the order of the columns of ``predict_proba``.
        model_: The fitted ``TopicClassifier``, whose labels are the classes written as text.
    """

    def __init__(
        self,
        *,
        method: str = "head",
        base: str = DEFAULT_BASE,
        max_tokens: int = 256,
        class_weights: Literal["none", "balanced", "root"] = "none",
        epochs: float | None = None,
        learning_rate: float = 5e-4,
        batch_size: int = 16,
        lora_rank: int = 16,
        random_state: int = 1,
    ) -> None:
        self.method = method
        self.base = base
        self.max_tokens = max_tokens
        self.class_weights = class_weights
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.lora_rank = lora_rank
        self.random_state = random_state

    def fit(self, X: Iterable[str | Article], y: Any) -> Self:  # noqa: N803  # scikit-learn's name
        """Fit the model.

        Args:
            X: The texts.
            y: The class of each.

        Raises:
            DataError: Something is no text, the lengths differ, or there are fewer than two classes.
            ArticleError: A text is empty.
            ConfigError: A parameter fits no recipe.
        """
        articles = [require_words(article) for article in _articles(X)]
        classes, numbers = _classes(y)
        check_consistent_length(articles, numbers)
        names = [str(name) for name in classes]
        given = {key: np.asarray(value).item() for key, value in self.get_params().items()}  # Searches draw NumPy's.
        training = Training.model_construct(**{key: given[key] for key in given if key in Training.model_fields})
        place = TemporaryDirectory(prefix="newsml-")
        self.model_ = TopicClassifier.finetune(
            [(article, names[number]) for article, number in zip(articles, numbers, strict=True)],
            output=Path(place.name) / "topics",
            dev=0.0,
            labels=names,
            method=given["method"],
            base=given["base"],
            training=training,
            seed=given["random_state"],
            say=lambda _: None,
        )
        self.classes_ = classes
        self._place = place  # The model's files are gone with it.
        return self

    def predict_proba(self, X: Iterable[str | Article]) -> np.ndarray:  # noqa: N803
        """Probabilities of the classes, shape (texts, classes)."""
        check_is_fitted(self)
        return self.model_.probabilities(_articles(X))

    def predict(self, X: Iterable[str | Article]) -> np.ndarray:  # noqa: N803
        """The likeliest class of each text."""
        scores = self.predict_proba(X)
        found: np.ndarray = self.classes_[scores.argmax(axis=1)]
        return found

    def save_pretrained(self, folder: str | Path) -> None:
        """Save the fitted model, as ``TopicClassifier.save_pretrained`` does.

        Raises:
            WriteError: The folder cannot be written.
        """
        check_is_fitted(self)
        self.model_.save_pretrained(folder)

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn asks of an estimator: this one reads a list of texts."""
        tags = super().__sklearn_tags__()
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        return tags

    def __getstate__(self) -> dict[str, Any]:
        """The parameters, and of a fitted estimator the files of its model."""
        state: dict[str, Any] = dict(super().__getstate__())
        if state.pop("model_", None) is not None:
            folder = Path(state.pop("_place").name) / "topics" / "model"
            state["_files"] = {path.name: path.read_bytes() for path in folder.iterdir()}
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Write the model's files to a folder of this process, and load them."""
        files = state.pop("_files", None)
        super().__setstate__(state)
        if files is not None:
            self._place = TemporaryDirectory(prefix="newsml-")
            folder = Path(self._place.name) / "topics" / "model"
            folder.mkdir(parents=True)
            for name, content in files.items():
                (folder / name).write_bytes(content)
            self.model_ = TopicClassifier.from_pretrained(folder)


def _articles(texts: Iterable[str | Article]) -> list[Article]:
    """Texts as articles.

    Raises:
        DataError: There is none, or something else stands among them.
    """
    if isinstance(texts, str | Article) or not isinstance(texts, Iterable):
        raise DataError(f"got {texts!r:.60}, expected a list of texts; put a single one in a list")
    items = list(texts)
    if not items:
        raise DataError("Found array with 0 sample(s): no text, expected a list of texts")
    if odd := next((item for item in items if not isinstance(item, str | Article)), None):
        raise DataError(f"got {odd!r:.60} among the texts, expected text or an Article")
    return [item if isinstance(item, Article) else Article(text=str(item)) for item in items]


def _classes(y: Any) -> tuple[np.ndarray, np.ndarray]:
    """The classes in order, and the number of each text's class.

    Raises:
        DataError: There are fewer than two, or they cannot be told apart as text.
        ValueError: They are no classes (scikit-learn's own checks).
    """
    if y is None:
        raise DataError("TopicEstimator requires y to be passed, but the target y is None")
    flat = column_or_1d(y, warn=True)
    check_classification_targets(flat)
    classes, numbers = np.unique(flat, return_inverse=True)
    names = [str(name).strip() for name in classes]
    if len(names) < 2 or len(set(names)) < len(names) or "" in names:
        count = "1 class" if len(names) == 1 else f"{len(names)} classes"
        raise DataError(f"got {count} ({', '.join(names)}), expected at least two, with names that differ")
    return classes, numbers
