"""Fits a generator to write summaries and headlines, chat, causal or sequence-to-sequence: LoRA, or every weight.

Owns the loss, on the answers alone, and its figures on the held-out rows. Knows nothing of tables, nor of decoding: how
good the summaries are is measured by an evaluation, which makes them as a user does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from types import MethodType
from typing import Any

import torch
from transformers import set_seed

from newsml.config.finetune import ANSWERS, FinetuneConfig
from newsml.errors import TrainingError
from newsml.evaluation.report import Figure
from newsml.models.backend import device
from newsml.models.batches import padded
from newsml.models.generator import Generator
from newsml.training.cards import Figures, Measured
from newsml.training.classifiers import with_lora
from newsml.training.data import Split
from newsml.training.summaries import Dialogue, dialogues
from newsml.training.trainer import OwnLossTrainer, Say, arguments, bf16, fingerprint, set_up, train

UNSEEN = -100
"""Label of tokens that carry no loss: the question, and padding."""


def fit_generator(config: FinetuneConfig, split: Split, base: Path, folder: Path, say: Say) -> Figures:
    """Fit, save and evaluate a generator.

    Returns:
        Perplexity of the held-out answers, of the model and of its base as it was.

    Raises:
        TrainingError: No row can be trained on, or a sequence-to-sequence model, which is asked nothing, shall learn
            summaries and headlines at once.
    """
    set_seed(config.seed)
    generator = Generator.load(base, name=config.base, dtype="float32")
    asked = {row.label or ANSWERS[0] for row in split.train}
    if generator.is_seq2seq and len(asked) > 1:
        raise TrainingError(
            f"{config.base} reads an article and nothing else, so that it cannot tell whether a summary or a headline "
            "is wanted; give it tables of one of the two"
        )
    say("preparing prompts")
    made = dialogues(split.train, generator, max_tokens=config.training.max_tokens)
    if not made:
        raise TrainingError(
            f"no answer is supported by its article and fits training.max_tokens={config.training.max_tokens}"
        )
    held = {label: _held_out(config, split, label, generator) for label in ANSWERS}
    before = {label: _perplexity(generator.model, entries, config) for label, entries in held.items()}
    model = with_lora(generator.model, config) if config.method == "lora" else generator.model
    set_up(model, config)
    trainer = OwnLossTrainer(
        model=model.train(),
        args=arguments(config),
        train_dataset=[_entry(dialogue, generator) for dialogue in made],
        data_collator=_batch,
    )
    say(f"training on {len(made)} answers that their articles support")
    # On the instance: the processes of a data-parallel run exchange gradients of what they call through ``forward``.
    model.forward = MethodType(_forward, model)
    train(trainer, fingerprint(config, split), say)
    del model.forward
    model.eval()
    _save(model, generator, folder, config)
    figures: Figures = {}
    for label, entries in held.items():
        for system, value in (("model", _perplexity(model, entries, config)), ("untuned", before[label])):
            if entries:
                perplexity = Figure(name="perplexity", value=value, better="lower")
                figures[f"{_table(config, label)}: {system}"] = Measured(len(entries), (perplexity,))
                say(f"{label}, {len(entries)} held out: {system}: perplexity {value:.2f}")
    return figures


def _held_out(config: FinetuneConfig, split: Split, label: str, generator: Generator) -> list[dict[str, Any]]:
    rows = [row for row in split.dev if (row.label or ANSWERS[0]) == label]
    return [_entry(d, generator) for d in dialogues(rows, generator, max_tokens=config.training.max_tokens)]


def _table(config: FinetuneConfig, label: str) -> str:
    """What figures call the held-out rows of a label: their first table and its answers."""
    return next(f"{t.name} ({label})" for t in config.train if (t.label or ANSWERS[0]) == label and t.dev)


def _entry(dialogue: Dialogue, generator: Generator) -> dict[str, Any]:
    """Token ids to read, and those that carry the loss: of a sequence-to-sequence model the answer alone.

    Of others both are question and answer, the end of the turn included.
    """
    question, answer = generator.encode(dialogue.prompt), generator.answer_ids(dialogue.answer)
    if generator.is_seq2seq:
        return {"input_ids": question, "labels": answer, "length": len(question)}
    ids = [*question, *answer]
    return {"input_ids": ids, "labels": [UNSEEN] * len(question) + answer, "length": len(ids)}


def _batch(entries: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
    """Entries padded on the right, ids and labels each to a width that is a multiple of ``WIDTH``."""
    ids = _padded([entry["input_ids"] for entry in entries], 0)  # Padding is masked, so that any token will do.
    seen = torch.arange(ids.shape[1])[None] < torch.tensor([len(entry["input_ids"]) for entry in entries])[:, None]
    labels = _padded([entry["labels"] for entry in entries], UNSEEN)
    return {"input_ids": ids, "attention_mask": seen.long(), "labels": labels}


def _padded(rows: Sequence[Sequence[int]], value: int) -> torch.Tensor:
    width = padded(max(map(len, rows)))
    return torch.tensor([[*row, *[value] * (width - len(row))] for row in rows])


def answer_loss(model: Any, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
    """Mean cross-entropy of the answers' tokens.

    Of a model that goes on with a prompt, logits are computed where there is a label alone: over a vocabulary of 50,000
    they take as long as many layers.
    """
    whole = model.get_base_model() if hasattr(model, "get_base_model") else model
    if whole.config.is_encoder_decoder:
        loss: torch.Tensor = type(whole).forward(whole, **inputs).loss
        return loss
    labels = inputs["labels"][:, 1:]
    hidden = getattr(whole, whole.base_model_prefix)(
        input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"], use_cache=False
    ).last_hidden_state[:, :-1]
    wanted = labels != UNSEEN
    logits = whole.get_output_embeddings()(hidden[wanted]).float()
    return torch.nn.functional.cross_entropy(logits, labels[wanted])


def _forward(model: Any, **inputs: torch.Tensor) -> dict[str, torch.Tensor]:
    """The loss of a batch, as what a model returns."""
    inputs.pop("length", None)
    return {"loss": answer_loss(model, inputs)}


def _perplexity(model: Any, entries: Sequence[dict[str, Any]], config: FinetuneConfig) -> float:
    """Per token of the answers; NaN where there are none."""
    losses, tokens = 0.0, 0
    half = bf16(config.training.precision)
    model.eval()
    for entry in entries:
        batch = {key: value.to(device()) for key, value in _batch([entry]).items()}
        with torch.inference_mode(), torch.autocast(device().type, torch.bfloat16, enabled=half):
            count = int((batch["labels"] != UNSEEN).sum())
            losses += float(answer_loss(model, batch)) * count
            tokens += count
    return math.exp(losses / tokens) if tokens else math.nan


def _save(model: Any, generator: Generator, folder: Path, config: FinetuneConfig) -> None:
    """Write what was fitted; of an adapter in half precision, which its merged weights do not tell apart."""
    if config.method == "lora":
        for name, weight in model.named_parameters():
            if ".lora_" in name:
                weight.data = weight.data.to(torch.bfloat16)
        model.save_pretrained(folder)
    else:
        model.save_pretrained(folder)
        generator.tokenizer.save_pretrained(folder)
