"""Fits a chat model to write summaries and headlines: a LoRA adapter, or every weight.

Owns the loss, on the answers alone, and its figures on the held-out rows. Knows nothing of tables, nor of decoding: how
good the summaries are is measured by an evaluation, which makes them as a user does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import Trainer, set_seed

from newsml.config.finetune import ANSWERS, FinetuneConfig
from newsml.errors import TrainingError
from newsml.evaluation.report import Figure
from newsml.models.encoder import device
from newsml.models.generator import Generator
from newsml.training.cards import Figures, Measured
from newsml.training.classifiers import PAD_TO, with_lora
from newsml.training.data import Split
from newsml.training.summaries import Dialogue, dialogues
from newsml.training.trainer import Say, arguments, bf16, fingerprint, set_up, train

UNSEEN = -100
"""Label of tokens that carry no loss: the question, and padding."""


def fit_generator(config: FinetuneConfig, split: Split, base: Path, folder: Path, say: Say) -> Figures:
    """Fit, save and evaluate a generator.

    Returns:
        Perplexity of the held-out answers, of the model and of its base as it was.

    Raises:
        TrainingError: The base has no chat template, or no row can be trained on.
    """
    set_seed(config.seed)
    generator = Generator.load(base, name=config.base, dtype="float32")
    if not generator.is_chat:
        raise TrainingError(f"{config.base} has no chat template; task summary-abstractive starts from a chat model")
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
    trainer = _Trainer(
        model=model.train(),
        args=arguments(config),
        train_dataset=[_entry(dialogue, generator) for dialogue in made],
        data_collator=_batch,
    )
    say(f"training on {len(made)} sentences that their articles support")
    train(trainer, fingerprint(config, split), say)
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
    """Token ids of question and answer, the end of the turn included, and which of them carry the loss."""
    question, answer = generator.encode(dialogue.prompt), generator.answer_ids(dialogue.answer)
    ids = [*question, *answer]
    return {"input_ids": ids, "labels": [UNSEEN] * len(question) + answer, "length": len(ids)}


def _batch(entries: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
    """Entries padded on the right to one width, a multiple of ``PAD_TO``."""
    longest = max(len(entry["input_ids"]) for entry in entries)
    width = -(-longest // PAD_TO) * PAD_TO
    ids = torch.zeros((len(entries), width), dtype=torch.long)  # Padding is masked, so that any token will do.
    labels = torch.full((len(entries), width), UNSEEN)
    for row, entry in enumerate(entries):
        ids[row, : len(entry["input_ids"])] = torch.tensor(entry["input_ids"])
        labels[row, : len(entry["labels"])] = torch.tensor(entry["labels"])
    seen = torch.arange(width)[None] < torch.tensor([len(entry["input_ids"]) for entry in entries])[:, None]
    return {"input_ids": ids, "attention_mask": seen.long(), "labels": labels}


def answer_loss(model: Any, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
    """Mean cross-entropy of the answers' tokens.

    Logits are computed where there is a label alone: over a vocabulary of 50,000 they take as long as many layers.
    """
    whole = model.get_base_model() if hasattr(model, "get_base_model") else model
    labels = inputs["labels"][:, 1:]
    hidden = getattr(whole, whole.base_model_prefix)(
        input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"], use_cache=False
    ).last_hidden_state[:, :-1]
    wanted = labels != UNSEEN
    logits = whole.get_output_embeddings()(hidden[wanted]).float()
    return torch.nn.functional.cross_entropy(logits, labels[wanted])


class _Trainer(Trainer):  # type: ignore[misc]  # transformers is untyped
    """The Hugging Face trainer with the loss of the answers."""

    def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, **_: Any) -> Any:
        """The loss of a batch."""
        inputs.pop("length", None)
        loss = answer_loss(model, inputs)
        return (loss, {"loss": loss}) if return_outputs else loss


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
