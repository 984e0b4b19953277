"""Fits the space in which zero-shot topics compare texts with labels: a LoRA adapter on an encoder, no head.

Owns the loss, the draws of labels and the evaluation. Knows nothing of tables or recipes' files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch
from transformers import set_seed

from newsml.config.evaluate import Bootstrap
from newsml.config.finetune import FinetuneConfig
from newsml.errors import TrainingError
from newsml.evaluation.figures import classification
from newsml.evaluation.predictions import Prediction
from newsml.io.rows import Row
from newsml.models.batches import WIDTH, TextPair, encode
from newsml.models.calibration import Calibration
from newsml.models.classifier import softmax
from newsml.models.embedder import Embedder
from newsml.models.encoder import Encoder
from newsml.models.label_space import save_centre
from newsml.models.load import merge
from newsml.models.torch_encoder import TorchEncoder, unit_tensors
from newsml.tasks.inputs import one_text
from newsml.tasks.labelers import CosineLabels, worded
from newsml.tasks.topics import TEMPLATE
from newsml.training.calibrate import calibrate
from newsml.training.cards import Figures, Measured
from newsml.training.classifiers import with_lora
from newsml.training.data import Split
from newsml.training.held_out import HeldOut
from newsml.training.own_words import own_words
from newsml.training.trainer import OwnLossTrainer, Say, arguments, fingerprint, load_base, set_up, train

TEMPLATES = (TEMPLATE, "{}", "This text is about {}.", "The topic of this article is {}.", "News about {}.")
"""How labels stand in training: every second time in the default template, that of use."""

CHARACTERS = 8
"""Characters of a text for each token that is trained on: English takes about five, so that no text falls short."""

Systems = Mapping[str, tuple[Embedder, np.ndarray | None]]
"""What is evaluated: an encoder, and the centre of its label space where it has one."""

CENTRE_TEXTS = 300
"""Texts of a table that the centre is the mean of."""

WORDS = -1
"""What stands for the number of a table where a text is asked for words of its own."""

Labels = Mapping[int, tuple[str, ...]]
"""The labels of each table, by its number."""


def fit_label_space(
    config: FinetuneConfig, split: Split, base: Path, folder: Path, say: Say
) -> tuple[Figures, Calibration]:
    """Fit, save, reload, calibrate and evaluate a label space.

    Returns:
        Figures of the model, the frozen base and the commonest label by table, and the calibration of the cosines.

    Raises:
        TrainingError: A table has fewer than two labels.
    """
    set_seed(config.seed)
    encoder = load_base(config, base)
    labels = labels_of(split)
    for number, names in labels.items():
        if len(names) < 2:
            raise TrainingError(
                f"train[{number}] has the label {names[0]!r} alone; a text is compared with two or more"
            )
        say(f"  {config.train[number].name}: {len(names)} labels")
    say("preparing inputs")
    entries = _entries(split.train, encoder, max_tokens=config.training.max_tokens)
    model = _Space(with_lora(encoder.model.train(), config), config)
    set_up(encoder.model, config)
    trainer = OwnLossTrainer(
        model=model,
        args=arguments(config),
        train_dataset=entries,
        data_collator=_Collator(config, split.train, labels, encoder.tokenizer),
    )
    say(f"training on {len(entries)} texts")
    train(trainer, fingerprint(config, split), say)
    _shrink(model.encoder, config.contrast.share)
    model.encoder.half().save_pretrained(folder)  # Half the file; the figures are those of the file.
    fitted = Embedder(merge(base, folder, name=config.name))
    centre = _centre(config, split.train, fitted)
    save_centre(centre, folder)
    plain = Embedder(TorchEncoder.load(base, name=config.base))
    return evaluate(config, split, {"model": (fitted, centre), "cosine": (plain, None)}, say)


def _shrink(encoder: Any, share: float) -> None:
    """Go only a share of the way from the base's weights to the tuned ones."""
    with torch.no_grad():
        for name, weight in encoder.named_parameters():
            if ".lora_B." in name:
                weight.mul_(share)


def _centre(config: FinetuneConfig, rows: Sequence[Row], embedder: Embedder) -> np.ndarray:
    """The mean vector of texts of every table, as many of each."""
    random = Random(config.seed)
    texts = []
    for number in range(len(config.train)):
        own = list(dict.fromkeys(row for row in rows if row.source == number))
        chosen = random.sample(own, min(len(own), CENTRE_TEXTS))
        texts += [opening(row, max_tokens=config.training.max_tokens) for row in chosen]
    centre: np.ndarray = np.stack(embedder(texts)).mean(axis=0)
    return centre


def labels_of(split: Split) -> Labels:
    """The labels of each table, sorted."""
    found: dict[int, set[str]] = {}
    for row in (*split.train, *split.dev):
        found.setdefault(row.source, set()).add(row.label)
    return {number: tuple(sorted(names)) for number, names in sorted(found.items())}


def drawn(own: str, labels: Sequence[str], random: Random) -> list[bool]:
    """Which labels a text is compared with: its own, and each other one with a chance that is drawn first.

    So a text meets few labels and many, as in use.
    """
    chance = random.random()
    return [label == own or random.random() < chance for label in labels]


def evaluate(config: FinetuneConfig, split: Split, systems: Systems, say: Say) -> tuple[Figures, Calibration]:
    """Figures on the held-out rows by table, each text against all labels of its table, beside the base as it is.

    The temperature is fitted on the same rows, each against labels drawn as in training.
    """
    labels = labels_of(split)
    every = tuple(sorted({name for names in labels.values() for name in names}))
    rows = [row for number in labels for row in split.dev if row.source == number]
    scale = config.contrast.temperature
    if not rows:
        return {}, Calibration(method="temperature", temperature=scale)
    figures: Figures = {}
    cosines = np.full((len(rows), len(every)), -np.inf)
    random, first = Random(config.seed), 0
    for number, names in labels.items():
        own = [row for row in rows if row.source == number]
        if not own:
            continue
        similar = {system: similarities(own, names, *parts, config) for system, parts in systems.items()}
        common = Counter(row.label for row in split.train if row.source == number).most_common(1)[0][0]
        answers = {system: [names[i] for i in found.argmax(axis=1)] for system, found in similar.items()}
        answers["majority"] = [common] * len(own)
        for system, given in answers.items():
            measured = _measured(own, given, names, system=system, seed=config.seed)
            figures[f"{config.train[number].name}: {system}"] = measured
            chief = ", ".join(f"{figure.name} {figure.value:.3f}" for figure in measured.figures)
            say(f"{config.train[number].name}: {system}: {measured.rows} rows, {chief}")
        asked = np.array([drawn(row.label, names, random) for row in own])
        columns = [every.index(name) for name in names]
        cosines[first : first + len(own), columns] = np.where(asked, similar["model"], -np.inf)
        first += len(own)
    held = HeldOut(
        rows=tuple(rows),
        tables=tuple(config.train[row.source].name for row in rows),
        labels=every,
        probabilities=lambda temperature: softmax(cosines, temperature=scale * temperature),
    )
    calibration, _ = calibrate(held, seed=config.seed)
    # Fitted as a multiple of the temperature in training, which cosines are nowhere near 1 for.
    return figures, calibration.model_copy(update={"temperature": round(scale * calibration.temperature, 4)})


def _measured(rows: Sequence[Row], answers: Sequence[str], names: Sequence[str], *, system: str, seed: int) -> Measured:
    """Accuracy and macro-F1 of answers; the model's with intervals."""
    pairs = enumerate(zip(rows, answers, strict=True))
    predictions = [Prediction(str(n), row.group, (row.label,), (said,), said == row.label) for n, (row, said) in pairs]
    doubt = Bootstrap(samples=Bootstrap().samples if system == "model" else 0)
    found = classification.figures(predictions, names, fnc=False, bootstrap=doubt, seed=seed)
    return Measured(len(rows), tuple(f for f in found if f.name in (classification.ACCURACY, classification.MACRO_F1)))


def similarities(
    rows: Sequence[Row], names: Sequence[str], embedder: Embedder, centre: np.ndarray | None, config: FinetuneConfig
) -> np.ndarray:
    """How near the rows' texts are to labels in the default template, as in use: (rows, labels)."""
    labeler = CosineLabels(embedder, names, template=TEMPLATE, multi_label=False, centre=centre)
    vectors = np.stack(embedder([opening(row, max_tokens=config.training.max_tokens) for row in rows]))
    return labeler.similarities(vectors)[:, : len(names)]


def opening(row: Row, *, max_tokens: int) -> str:
    """The title and the first so many tokens of a row, or somewhat more."""
    text = row.text[: CHARACTERS * max_tokens]
    return one_text(TextPair(row.title, text) if row.title else TextPair(text))


def _entries(rows: Sequence[Row], encoder: Encoder, *, max_tokens: int) -> list[dict[str, Any]]:
    made: dict[Row, Sequence[int]] = {}
    for row in dict.fromkeys(rows):
        text = TextPair(opening(row, max_tokens=max_tokens))
        made[row] = encode(encoder.tokenizer, text, max_tokens)["input_ids"]
    return [{"input_ids": made[row], "row": number, "length": len(made[row])} for number, row in enumerate(rows)]


@dataclass(frozen=True, slots=True)
class _Question:
    """What a text of a batch is asked.

    Attributes:
        table: Whose labels it meets, by number; ``WORDS`` for the words of the texts beside it.
        own: The label that is its own.
    """

    table: int
    own: str


class _Collator:
    """Texts and the labels they are compared with; what is drawn depends on the rows alone, so that runs can resume."""

    def __init__(self, config: FinetuneConfig, rows: Sequence[Row], labels: Labels, tokenizer: Any) -> None:
        self.config, self.rows, self.labels, self.tokenizer = config, rows, labels, tokenizer
        distinct = list(dict.fromkeys(rows))
        found = own_words([opening(row, max_tokens=config.training.max_tokens) for row in distinct])
        self.words = dict(zip(distinct, found, strict=True))

    def __call__(self, entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """A batch: encoded texts, encoded labels, which labels each text meets, and which is its own."""
        rows = [self.rows[entry["row"]] for entry in entries]
        random = Random(f"{self.config.seed} {[entry['row'] for entry in entries]}")
        questions = [self._question(row, random) for row in rows]
        tables = sorted({question.table for question in questions})
        columns = [(table, label) for table in tables for label in self._chosen(table, questions, random)]
        template = random.choice((TEMPLATE, random.choice(TEMPLATES)))
        names = [random.choice((label, *self.config.wording.get(label, ()))) for _, label in columns]
        labels = [encode(self.tokenizer, TextPair(worded(template, name)), None)["input_ids"] for name in names]
        asked = [self._met(row, question, columns, random) for row, question in zip(rows, questions, strict=True)]
        return {
            "texts": self._padded([entry["input_ids"] for entry in entries]),
            "labels": self._padded(labels),
            "asked": torch.tensor(asked),
            "own": torch.tensor([columns.index((question.table, question.own)) for question in questions]),
        }

    def _question(self, row: Row, random: Random) -> _Question:
        words = self.words[row]
        if words and random.random() < self.config.contrast.words:
            return _Question(WORDS, random.choice(words))
        return _Question(row.source, row.label)

    def _chosen(self, table: int, questions: Sequence[_Question], random: Random) -> list[str]:
        present = {question.own for question in questions if question.table == table}
        others = [label for label in self.labels.get(table, ()) if label not in present]
        room = max(self.config.contrast.labels - len(present), 0)
        return sorted(present) + random.sample(others, min(room, len(others)))

    def _met(self, row: Row, question: _Question, columns: Sequence[tuple[int, str]], random: Random) -> list[bool]:
        """Which labels a text meets: of its own table alone; of the words of others, those that it has not itself."""
        meets = drawn(question.own, [label for _, label in columns], random)
        also = set(self.words[row]) - {question.own} if question.table == WORDS else ()
        return [
            table == question.table and met and label not in also
            for (table, label), met in zip(columns, meets, strict=True)
        ]

    def _padded(self, ids: Sequence[Sequence[int]]) -> dict[str, torch.Tensor]:
        return dict(self.tokenizer.pad({"input_ids": list(ids)}, return_tensors="pt", pad_to_multiple_of=WIDTH))


class _Space(torch.nn.Module):
    def __init__(self, encoder: Any, config: FinetuneConfig) -> None:
        super().__init__()
        self.encoder = encoder
        self.temperature = config.contrast.temperature

    def forward(self, texts: Any, labels: Any, asked: torch.Tensor, own: torch.Tensor) -> dict[str, torch.Tensor]:
        """Cross-entropy over the labels that each text meets."""
        vectors, names = unit_tensors(self.encoder, texts), unit_tensors(self.encoder, labels)
        logits = (vectors @ names.T / self.temperature).masked_fill(~asked, -torch.inf)
        loss = torch.nn.functional.cross_entropy(logits, own)
        return {"loss": loss, "logits": logits}
