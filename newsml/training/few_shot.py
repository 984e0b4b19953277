"""Fits a classifier on a handful of rows a class: an adapter tuned on pairs, then a head (Tunstall et al. 2022).

Owns the pairs and their loss, SetFit's recipe: texts of one class shall have cosine 1, texts of two classes cosine 0,
as many of the one as of the other; texts of several labels, the share of their labels that both have. Every pair in a
batch counts, so that a text is encoded once for all of its pairs.
The library ``setfit`` would bring ``sentence-transformers`` along and saves its head as a pickle, which newsml never
loads. Knows nothing of tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import torch
from transformers import set_seed

from newsml.config.finetune import FinetuneConfig
from newsml.models.batches import WIDTH, encode
from newsml.models.torch_encoder import unit_tensors
from newsml.training.classifiers import parts, prepared, with_lora
from newsml.training.data import Split
from newsml.training.evaluate import Judged
from newsml.training.examples import Example
from newsml.training.head import check_labels, finish
from newsml.training.trainer import OwnLossTrainer, Say, arguments, fingerprint, set_up, train


def fit_few_shot(
    config: FinetuneConfig, split: Split, labels: Sequence[str], base: Path, folder: Path, say: Say
) -> Judged | None:
    """Tune an adapter on pairs, fit a head on its mean vectors, save, reload, and ask about the held-out rows.

    Returns:
        Its answers; None where nothing is held out.

    Raises:
        TrainingError: A label has no rows.
    """
    set_seed(config.seed)
    encoder, examples, dev = prepared(config, split, base, say)
    check_labels(config, labels, examples)
    model = with_lora(encoder.model.train(), config)
    set_up(encoder.model, config)
    training = config.training.model_copy(
        update={"batch_size": max(config.training.batch_size // 2, 1), "group_by_length": False}
    )
    trainer = OwnLossTrainer(
        model=_Pairs(encoder.model),
        args=arguments(config.model_copy(update={"training": training})),
        train_dataset=[{"place": place} for place in range(len(examples))],
        data_collator=_Collator(config, examples, labels, encoder.tokenizer),
    )
    say(f"training on pairs of {len(examples)} inputs")
    train(trainer, fingerprint(config, split), say)
    model.save_pretrained(folder)
    return finish(config, split, encoder, (examples, dev), labels, folder, base)


class _Collator:
    """Inputs and a partner alike for each; what is drawn depends on the inputs alone, for resuming."""

    def __init__(
        self, config: FinetuneConfig, examples: Sequence[Example], labels: Sequence[str], tokenizer: Any
    ) -> None:
        self.seed, self.tokenizer = config.seed, tokenizer
        self.encoded = [encode(tokenizer, example.pair, config.training.max_tokens) for example in examples]
        # An input without labels is like the others without any, which stand for one more label.
        own = [example.labels or (example.label,) for example in examples]
        self.kinds = torch.tensor([[float(label in has) for label in (*labels, "")] for has in own])

    def __call__(self, entries: Sequence[Mapping[str, int]]) -> dict[str, Any]:
        """A batch: encoded texts, their lengths, and which labels each has, shape (texts, labels)."""
        places = [entry["place"] for entry in entries]
        random = Random(f"{self.seed} {places}")
        for place in tuple(places):
            alike = (self.kinds @ self.kinds[place]).nonzero().flatten().tolist()
            others = [other for other in alike if other != place]
            places.append(random.choice(others) if others else place)  # Alone in its class, it is only unlike others.
        chosen = [self.encoded[place] for place in places]
        padded = self.tokenizer.pad(chosen, return_tensors="pt", pad_to_multiple_of=WIDTH)
        return {
            "texts": dict(padded),
            "lengths": torch.tensor([len(entry["input_ids"]) for entry in chosen]),
            "kinds": self.kinds[places],
        }


class _Pairs(torch.nn.Module):
    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, texts: Any, lengths: torch.Tensor, kinds: torch.Tensor) -> dict[str, torch.Tensor]:
        """Mean squared error of the cosines of all pairs, those alike and those not weighing the same."""
        made = [(rows, unit_tensors(self.model, part)) for rows, part in parts(texts, lengths)]
        order = torch.argsort(torch.cat([rows for rows, _ in made]))
        vectors = torch.cat([out for _, out in made])[order].float()
        above = torch.triu(torch.ones(len(kinds), len(kinds), dtype=torch.bool, device=kinds.device), diagonal=1)
        both = kinds @ kinds.T
        either = kinds.sum(dim=1)[:, None] + kinds.sum(dim=1)[None, :] - both
        shared = (both / either)[above]
        errors = ((vectors @ vectors.T)[above] - shared) ** 2
        halves = [errors[chosen].mean() for chosen in (shared > 0, shared == 0) if chosen.any()]
        return {"loss": torch.stack(halves).mean()}
