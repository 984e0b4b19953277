"""Fits a sequence classifier: LoRA adapter with head, or every weight.

Owns the loss. Knows nothing of tables or recipes' files, or of how a fitted model is evaluated.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import DataCollatorWithPadding, EarlyStoppingCallback, Trainer, set_seed

from newsml.config.finetune import FinetuneConfig
from newsml.config.training import Training
from newsml.errors import TrainingError
from newsml.io.rows import Row
from newsml.models.batches import WIDTH, encode, padded
from newsml.models.classifier import MULTI_LABEL, Classifier, new_classifier
from newsml.models.encoder import Encoder
from newsml.models.loading import loading
from newsml.models.quiet import quiet
from newsml.models.torch_encoder import TorchEncoder
from newsml.training.data import Split
from newsml.training.evaluate import Judged, answered, chief, judge
from newsml.training.examples import Example, claim_examples, target_examples, topic_examples
from newsml.training.start import start_folder
from newsml.training.trainer import (
    METRIC,
    Say,
    arguments,
    bf16,
    fingerprint,
    load_base,
    set_up,
    train,
)

PARTS = 4
"""Parts that a batch is computed in on a processor, by length."""

PROBES = 32
"""Inputs on which a saved model is compared with the one that was fitted."""

ROUNDING = 1e-3
"""How far the logits of the two may lie apart: merging an adapter into its base rounds some in the fifth digit."""


def fit_classifier(
    config: FinetuneConfig, split: Split, labels: Sequence[str], base: Path, folder: Path, say: Say
) -> Judged | None:
    """Fit, save and reload a classifier, and ask it about the held-out rows.

    Returns:
        Its answers; None where nothing is held out.
    """
    set_seed(config.seed)
    encoder, examples, dev = prepared(config, split, base, say)
    model, drawn = new_classifier(base, labels)
    if config.method == "lora":
        if lacking := sorted(name for name in drawn if name.startswith(f"{model.base_model_prefix}.")):
            raise TrainingError(
                f"{config.base} lacks weights for {lacking[0]}, which an adapter would not save; take method: full"
            )
        model = with_lora(model, config)
    set_up(model, config)
    if config.multi_label:
        model.config.problem_type = MULTI_LABEL
    trainer = _Trainer(
        model=model,
        args=arguments(config),
        train_dataset=_tokenised(examples, encoder.tokenizer, labels, config.training),
        eval_dataset=dev,
        data_collator=DataCollatorWithPadding(encoder.tokenizer, pad_to_multiple_of=WIDTH),
        processing_class=encoder.tokenizer,
    )
    trainer.smoothing = config.training.label_smoothing
    trainer.weights = class_weights([example.label for example in examples], labels, config.training.class_weights)
    trainer.several = config.multi_label
    inside = Classifier.around(model, encoder.tokenizer)
    if config.training.patience:
        trainer.add_callback(EarlyStoppingCallback(config.training.patience))
        trainer.metric = lambda: chief(answered(config, split, dev, _quickly(inside, dev, config), labels), config.seed)
    say(f"training on {len(examples)} inputs")
    train(trainer, fingerprint(config, split), say)
    model.eval().save_pretrained(folder)
    if config.method == "lora":
        fitted = Classifier.merged(base, folder, labels)
    else:
        encoder.tokenizer.save_pretrained(folder)
        fitted = Classifier.whole(folder)
    check_saved(inside, fitted, [*dev, *examples])
    return judge(config, split, dev, fitted, labels)


def _quickly(classifier: Classifier, examples: Sequence[Example], config: FinetuneConfig) -> np.ndarray:
    """Logits in the precision of training, shape (inputs, classes)."""
    half = bf16(config.training.precision)
    classifier.model.eval()
    with torch.autocast(classifier.model.device.type, torch.bfloat16, enabled=half):
        return np.stack(classifier([example.pair for example in examples]))


def check_saved(fitted: Classifier, saved: Classifier, examples: Sequence[Example]) -> None:
    """Check that a model that was saved and loaded again answers as the one that was fitted.

    Args:
        fitted: In memory.
        saved: Loaded from the folder.
        examples: Some inputs; the first few are asked.

    Raises:
        TrainingError: It answers otherwise.
    """
    pairs = [example.pair for example in examples[:PROBES]]
    apart = float(np.abs(np.stack(fitted(pairs)) - np.stack(saved(pairs))).max())
    if not apart <= ROUNDING:
        raise TrainingError(
            f"the saved model does not answer as the fitted one: logits lie up to {apart:.2g} apart; this is a fault "
            "of newsml or of a library beside it, please report it with the recipe"
        )


def prepared(
    config: FinetuneConfig, split: Split, base: Path, say: Say
) -> tuple[TorchEncoder, list[Example], list[Example]]:
    """The encoder to start from, the inputs to train on, and those of the held-out rows."""
    encoder = load_base(config, base)
    say("preparing inputs")
    return (
        encoder,
        make_examples(config, split.train, encoder),
        make_examples(config, split.dev, encoder, training=False),
    )


def make_examples(
    config: FinetuneConfig, rows: Sequence[Row], encoder: Encoder, *, training: bool = True
) -> list[Example]:
    """The inputs of a task's rows."""
    if config.task == "claim-stance":
        return claim_examples(rows, encoder, max_tokens=config.training.max_tokens, training=training)
    if config.task == "target-stance":
        return target_examples(rows, encoder, max_tokens=config.training.max_tokens, training=training)
    most = config.training.windows if training else 0
    return topic_examples(rows, encoder, max_tokens=config.training.max_tokens, most=most)


def with_lora(model: Any, config: FinetuneConfig) -> Any:
    """The model with low-rank updates on every linear layer of its base.

    A classification head is trained whole; the head of a language model, its vocabulary, stays as it is. Of a recipe
    that goes on from an adapter, updates and head are those of the adapter.

    Raises:
        TrainingError: The recipe names an adapter that is not for it.
    """
    from peft import LoraConfig, PeftModel, get_peft_model

    if (start := start_folder(config)) is not None:
        with loading(start), quiet():
            return PeftModel.from_pretrained(model, start, is_trainable=True)
    base = getattr(model, model.base_model_prefix, model)
    speaks = "SEQ_2_SEQ_LM" if model.config.is_encoder_decoder else "CAUSAL_LM"
    writes = config.task == "summary-abstractive"
    heads = () if writes or base is model else model.named_children()
    head = [name for name, part in heads if part is not base and _learns(part)]
    vocabulary = model.get_output_embeddings() if writes else None
    linear = [
        name for name, part in base.named_modules() if isinstance(part, torch.nn.Linear) and part is not vocabulary
    ]
    targets = {name.rpartition(".")[2] for name in linear}
    inside = [name for part in head for name, _ in getattr(model, part).named_modules()]
    adapter = LoraConfig(
        task_type=speaks if writes else "SEQ_CLS" if head else "FEATURE_EXTRACTION",
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
    several = False
    metric: Callable[[], float]

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """The chief figure on the held-out rows, reduced to rows as in use."""
        metrics = {METRIC: self.metric()}
        self.log(dict(metrics))
        self.control: Any = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, **_: Any) -> Any:
        """The loss of a batch, and the model's outputs where the trainer asks for them."""
        gold = inputs.pop("labels").float()
        lengths = inputs.pop("length")
        outputs = [(rows, model(**part).logits) for rows, part in parts(inputs, lengths)]
        order = torch.argsort(torch.cat([rows for rows, _ in outputs]))
        logits = torch.cat([made for _, made in outputs])[order].float()
        weights = None if self.weights is None else self.weights.to(logits.device)
        if self.several:
            loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, gold)
        else:
            loss = torch.nn.functional.cross_entropy(logits, gold, weight=weights, label_smoothing=self.smoothing)
        return (loss, {"logits": logits}) if return_outputs else loss


def parts(inputs: Any, lengths: torch.Tensor) -> Iterator[tuple[torch.Tensor, dict[str, torch.Tensor]]]:
    """A batch in parts of near-equal length, each without the padding of the longest row.

    Batches stay random, and their loss is that of the whole: only the time goes that padding would take. A GPU would
    rather have one large batch.
    """
    if lengths.is_cuda:
        yield torch.arange(len(lengths), device=lengths.device), dict(inputs)
        return
    for rows in torch.argsort(lengths, stable=True).tensor_split(min(PARTS, len(lengths))):
        width = padded(int(lengths[rows].max()))
        yield rows, {name: values[rows, :width] for name, values in inputs.items()}


def _tokenised(examples: Sequence[Example], tokenizer: Any, labels: Sequence[str], training: Training) -> Any:
    from datasets import Dataset

    encoded = [encode(tokenizer, example.pair, training.max_tokens) for example in examples]
    columns = {key: [entry[key] for entry in encoded] for key in encoded[0]}
    return Dataset.from_dict(
        columns
        | {
            "labels": [_masses(example, labels, training.secondary) for example in examples],
            "length": [len(ids) for ids in columns["input_ids"]],
        }
    )


def _masses(example: Example, labels: Sequence[str], secondary: float) -> list[float]:
    """The probability of each class that an example teaches; of one with several labels or none, 1 for each."""
    if len(example.labels) != 1 and not example.label:
        return [float(label in example.labels) for label in labels]
    share = secondary if example.secondary in labels and example.secondary != example.label else 0.0
    own = {example.label: 1.0 - share, example.secondary: share} if share else {example.label: 1.0}
    return [own.get(label, 0.0) for label in labels]
