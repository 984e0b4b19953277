"""Fits a sequence classifier: LoRA adapter with head, or every weight.

Owns the loss and the evaluation of classifiers. Knows nothing of tables or recipes' files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import DataCollatorWithPadding, Trainer, set_seed

from newsml.config.finetune import FinetuneConfig
from newsml.errors import TrainingError
from newsml.evaluation.baselines import flat, tfidf_model
from newsml.evaluation.figures.classification import classification, fnc_score
from newsml.io.rows import Row
from newsml.models.classifier import Classifier, new_classifier, softmax
from newsml.models.encoder import Encoder, encode
from newsml.results import NOT_MENTIONED, TARGET_LABELS
from newsml.tasks.stance import sentence_weight
from newsml.training.calibrate import fit_temperature
from newsml.training.cards import Figures
from newsml.training.data import Split
from newsml.training.examples import Example, claim_examples, target_examples, topic_examples
from newsml.training.trainer import Say, arguments, fingerprint, load_base, set_up, train

PAD_TO = 16
"""Batch widths are multiples of this: fewer shapes, which the processor's bf16 kernels are compiled for one by one."""


def fit_classifier(
    config: FinetuneConfig, split: Split, labels: Sequence[str], base: Path, folder: Path, say: Say
) -> tuple[Figures, float]:
    """Fit, save, reload, calibrate and evaluate a classifier.

    Returns:
        Figures of the model and its baselines by table, and the temperature.
    """
    set_seed(config.seed)
    encoder = load_base(config, base)
    say("preparing inputs")
    examples = make_examples(config, split.train, encoder)
    dev = make_examples(config, split.dev, encoder, training=False)
    model, drawn = new_classifier(base, labels)
    if config.method == "lora":
        if lacking := sorted(name for name in drawn if name.startswith(f"{model.base_model_prefix}.")):
            raise TrainingError(
                f"{config.base} lacks weights for {lacking[0]}, which an adapter would not save; take method: full"
            )
        model = with_lora(model, config)
    set_up(model, config)
    trainer = _Trainer(
        model=model,
        args=arguments(config),
        train_dataset=_tokenised(examples, encoder.tokenizer, labels, config.training.max_tokens),
        data_collator=DataCollatorWithPadding(encoder.tokenizer, pad_to_multiple_of=PAD_TO),
        processing_class=encoder.tokenizer,
    )
    trainer.smoothing = config.training.label_smoothing
    trainer.weights = class_weights([example.label for example in examples], labels, config.training.class_weights)
    say(f"training on {len(examples)} inputs")
    train(trainer, fingerprint(config, split), say)
    model.save_pretrained(folder)
    if config.method == "lora":
        fitted = Classifier.merged(base, folder, labels)
    else:
        encoder.tokenizer.save_pretrained(folder)
        fitted = Classifier.whole(folder)
    return evaluate(config, split, dev, fitted, labels, say)


def evaluate(
    config: FinetuneConfig,
    split: Split,
    dev: Sequence[Example],
    fitted: Callable[[Sequence[Any]], Sequence[np.ndarray]],
    labels: Sequence[str],
    say: Say,
) -> tuple[Figures, float]:
    """Figures on the held-out rows, all together and by table, beside majority and TF-IDF on the same rows."""
    if not dev:
        return {}, 1.0
    logits = np.stack(fitted([example.pair for example in dev]))
    number = {label: index for index, label in enumerate(labels)}

    def reduced(temperature: float) -> np.ndarray:
        """Probabilities of the rows, by the rule of the task; a row without an input has none."""
        found = softmax(logits, temperature=temperature)
        decided = [sentence_weight(row) if tuple(labels) == TARGET_LABELS else 1.0 for row in found]
        weights = np.array([example.weight for example in dev]) * decided
        owners = [example.row for example in dev]
        sums, total = np.zeros((len(split.dev), len(labels))), np.zeros(len(split.dev))
        np.add.at(sums, owners, weights[:, None] * found)
        np.add.at(total, owners, weights)
        made: np.ndarray = sums / np.maximum(total, 1e-12)[:, None]
        return made

    temperature = fit_temperature(reduced, np.array([number[row.label] for row in split.dev]))
    probabilities = reduced(temperature)
    predicted = [labels[int(row.argmax())] if row.any() else NOT_MENTIONED for row in probabilities]
    gold = [row.label for row in split.dev]
    learned = [row.label for row in split.train]
    rival = tfidf_model(len(learned), seed=config.seed).fit([flat(row) for row in split.train], learned)
    systems = {
        "model": predicted,
        "tfidf": rival.predict([flat(row) for row in split.dev]).tolist(),
        "majority": [Counter(learned).most_common(1)[0][0]] * len(gold),
    }
    figures: Figures = {}
    for source in [None, *sorted({row.source for row in split.dev})]:
        where = "all" if source is None else config.train[source].name
        chosen = [i for i, row in enumerate(split.dev) if source in (None, row.source)]
        for system, answers in systems.items():
            truth, guess = [gold[i] for i in chosen], [answers[i] for i in chosen]
            values = {"rows": float(len(chosen)), **classification(truth, guess, labels)}
            if config.task == "claim-stance":
                values["fnc_score"] = fnc_score(truth, guess)
            figures[f"{where}: {system}"] = values
            say(f"{where}: {system}: " + ", ".join(f"{name} {value:.3f}" for name, value in values.items()))
    return figures, temperature


def make_examples(
    config: FinetuneConfig, rows: Sequence[Row], encoder: Encoder, *, training: bool = True
) -> list[Example]:
    """The inputs of a task's rows."""
    if config.task == "claim-stance":
        return claim_examples(rows, encoder, max_tokens=config.training.max_tokens, training=training)
    if config.task == "target-stance":
        return target_examples(rows, encoder, max_tokens=config.training.max_tokens, training=training)
    return topic_examples(rows, encoder, max_tokens=config.training.max_tokens, first_only=training)


def with_lora(model: Any, config: FinetuneConfig) -> Any:
    """The model with low-rank updates on every linear layer of its base.

    A classification head is trained whole; the head of a language model, its vocabulary, stays as it is.
    """
    from peft import LoraConfig, get_peft_model

    base = getattr(model, model.base_model_prefix, model)
    speaks = config.task == "summary-abstractive"
    heads = () if speaks or base is model else model.named_children()
    head = [name for name, part in heads if part is not base and _learns(part)]
    targets = {name.rpartition(".")[2] for name, part in base.named_modules() if isinstance(part, torch.nn.Linear)}
    inside = [name for part in head for name, _ in getattr(model, part).named_modules()]
    adapter = LoraConfig(
        task_type="CAUSAL_LM" if speaks else "SEQ_CLS" if head else "FEATURE_EXTRACTION",
        r=config.training.lora_rank,
        lora_alpha=config.training.lora_alpha,
        lora_dropout=config.training.dropout,
        target_modules=sorted(targets),
        exclude_modules=rf"(?:{'|'.join(head)})\..*" if targets & set(inside) else None,
        modules_to_save=head or None,
    )
    return get_peft_model(model, adapter)


def _learns(part: torch.nn.Module) -> bool:
    return any(True for _ in part.parameters())


def class_weights(found: Sequence[str], labels: Sequence[str], rule: str) -> torch.Tensor | None:
    """Weights of the classes in the loss, of mean 1 over the rows; None where all count the same."""
    if rule == "none":
        return None
    counts = Counter(found)
    power = 1.0 if rule == "balanced" else 0.5
    raw = torch.tensor([(1 / max(counts[label], 1)) ** power for label in labels])
    rows = torch.tensor([float(counts[label]) for label in labels])
    return raw * rows.sum() / (raw * rows).sum()


class _Trainer(Trainer):  # type: ignore[misc]  # transformers is untyped
    """The Hugging Face trainer with weighted, smoothed cross-entropy."""

    smoothing = 0.0
    weights: torch.Tensor | None = None

    def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, **_: Any) -> Any:
        """The loss of a batch, and the model's outputs where the trainer asks for them."""
        gold = inputs.pop("labels")
        inputs.pop("length", None)
        outputs = model(**inputs)
        weights = None if self.weights is None else self.weights.to(outputs.logits.device)
        loss = torch.nn.functional.cross_entropy(
            outputs.logits.float(), gold, weight=weights, label_smoothing=self.smoothing
        )
        return (loss, outputs) if return_outputs else loss


def _tokenised(examples: Sequence[Example], tokenizer: Any, labels: Sequence[str], max_tokens: int) -> Any:
    from datasets import Dataset

    number = {label: index for index, label in enumerate(labels)}
    encoded = [encode(tokenizer, example.pair, max_tokens) for example in examples]
    columns = {key: [entry[key] for entry in encoded] for key in encoded[0]}
    return Dataset.from_dict(
        columns
        | {
            "labels": [number[example.label] for example in examples],
            "length": [len(ids) for ids in columns["input_ids"]],
        }
    )
