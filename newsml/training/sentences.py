"""Fits an extractive sentence scorer: LoRA adapter with a sentence head, on oracle labels.

Owns the loss and the evaluation of sentence scorers. Knows nothing of tables or recipes' files.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_model, save_model
from transformers import set_seed

from newsml.article import Article
from newsml.config.evaluate import Bootstrap
from newsml.config.finetune import FinetuneConfig
from newsml.evaluation.extractive import lead
from newsml.evaluation.figures.summaries import ROUGE, figures, rouge
from newsml.evaluation.predictions import Prediction
from newsml.io.rows import Row
from newsml.models.batches import padded
from newsml.models.encoder import Encoder
from newsml.models.loading import loading
from newsml.models.scorer import FEATURES, HEAD_FILE, SentenceScorer, collate, encode_windows
from newsml.models.torch_encoder import TorchEncoder
from newsml.results import ModelInfo
from newsml.tasks.extractive import Extractive, scored_windows
from newsml.tasks.run import stream
from newsml.tasks.selection import Length
from newsml.text.sentences import split as split_sentences
from newsml.training.cards import Figures, Measured
from newsml.training.classifiers import with_lora
from newsml.training.data import Split
from newsml.training.examples import oracle
from newsml.training.start import start_folder
from newsml.training.trainer import OwnLossTrainer, Say, arguments, fingerprint, load_base, set_up, train

SUMMARY_SENTENCES = 3


def fit_sentences(config: FinetuneConfig, split: Split, base: Path, folder: Path, say: Say) -> Figures:
    """Fit, save, reload and evaluate a sentence scorer, whose scores are no probabilities and need no calibration.

    Returns:
        ROUGE of the model, of Lead-3 and of the oracle on the held-out rows.
    """
    set_seed(config.seed)
    encoder = load_base(config, base)
    say("choosing oracle sentences")
    entries = [entry for row in split.train for entry in _entries(row, encoder, max_tokens=config.training.max_tokens)]
    width, start = encoder.model.config.hidden_size, start_folder(config)
    head = LearningHead(width)
    if start is not None:
        with loading(start):
            load_model(head, start / HEAD_FILE)
    model = _Extractor(with_lora(encoder.model.train(), config), head)
    set_up(encoder.model, config)
    trainer = OwnLossTrainer(
        model=model,
        args=arguments(config),
        train_dataset=entries,
        data_collator=lambda batch: _batch(batch, encoder.tokenizer),
    )
    say(f"training on {len(entries)} windows")
    train(trainer, fingerprint(config, split), say)
    model.encoder.save_pretrained(folder)
    save_model(model.head, str(folder / HEAD_FILE))
    scorer = SentenceScorer(TorchEncoder.load(base, name=config.base), folder)
    extractive = Extractive(scorer, ModelInfo(config.name, ""), max_tokens=config.training.max_tokens)
    return evaluate(split.dev, extractive, say, seed=config.seed)


def evaluate(rows: Sequence[Row], extractive: Extractive, say: Say, *, seed: int) -> Figures:
    """ROUGE of summaries of three sentences as newsml makes them, of Lead-3 and of the oracle, on the same rows."""
    if not rows:
        return {}
    articles = [Article(text=row.text) for row in rows]
    systems: dict[str, list[str]] = {"model": [], "lead-3": [], "oracle": []}
    for summary in stream(articles, lambda article: extractive.summary(article, Length(sentences=SUMMARY_SENTENCES))):
        systems["model"].append("\n".join(span.text for span in summary.sentences))
    for row in rows:
        sentences = [sentence.text for sentence in split_sentences(row.text)]
        systems["lead-3"].append("\n".join(sentences[i] for i in lead(sentences, SUMMARY_SENTENCES)))
        systems["oracle"].append("\n".join(sentences[i] for i in sorted(oracle(sentences, row.summary))))
    found = {name: _measured(rows, summaries, seed=seed) for name, summaries in systems.items()}
    for name, measured in found.items():
        say(f"{name}: " + ", ".join(f"{key} {value:.2f}" for key, value in measured.values.items()))
    return found


def _measured(rows: Sequence[Row], summaries: Sequence[str], *, seed: int) -> Measured:
    """ROUGE against the reference, with intervals over articles."""
    made = []
    for number, (row, summary) in enumerate(zip(rows, summaries, strict=True)):
        scores = rouge([summary], ["\n".join(row.summary)])
        values = {name: scores[key] for name, key in ROUGE.items() if key in scores}
        made.append(Prediction(str(number), row.group, row.summary, (summary,), values=values))
    return Measured(len(rows), figures(made, bootstrap=Bootstrap(), seed=seed))


class LearningHead(torch.nn.Module):
    """``SentenceHead`` with gradients, on hidden states and the sentence that each token is of."""

    def __init__(self, width: int, hidden: int = 128) -> None:
        super().__init__()
        self.inner = torch.nn.Linear(3 * width + FEATURES, hidden)
        self.outer = torch.nn.Linear(hidden, 1)

    def forward(self, hidden: torch.Tensor, owners: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
        """Scores of the sentences of a batch of windows.

        Args:
            hidden: (batch, tokens, width) hidden states.
            owners: (batch, tokens) number of the sentence in its window, -1 for tokens of none.
            places: (batch, sentences, 2) index in the article and article length; length 0 where there is none.

        Returns:
            (batch, sentences) logits; meaningless where there is no sentence.
        """
        count = places.shape[1]
        member = (owners.unsqueeze(1) == torch.arange(count, device=owners.device).view(1, -1, 1)).to(hidden.dtype)
        tokens = member.sum(-1, keepdim=True)
        vectors = member @ hidden / tokens.clamp(min=1)
        real = (places[..., 1:] > 0).to(hidden.dtype)
        document = (vectors * real).sum(1, keepdim=True) / real.sum(1, keepdim=True).clamp(min=1)
        index, total = places[..., :1].to(hidden.dtype), places[..., 1:].to(hidden.dtype).clamp(min=1)
        features = torch.cat(
            [1 / (1 + index), index / total, (index == 0).to(hidden.dtype), torch.log1p(tokens) / 5], dim=-1
        )
        joined = torch.cat([vectors, document.expand_as(vectors), vectors * document, features], dim=-1)
        scores: torch.Tensor = self.outer(torch.nn.functional.gelu(self.inner(joined))).squeeze(-1)
        return scores


class _Extractor(torch.nn.Module):
    def __init__(self, encoder: Any, head: LearningHead) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = head

    def forward(
        self, owners: torch.Tensor, places: torch.Tensor, labels: torch.Tensor, **inputs: Any
    ) -> dict[str, torch.Tensor]:
        """Binary cross-entropy over the real sentences."""
        scores = self.head(self.encoder(**inputs).last_hidden_state.float(), owners, places)
        real = places[..., 1] > 0
        loss = torch.nn.functional.binary_cross_entropy_with_logits(scores[real], labels[real])
        return {"loss": loss, "logits": scores}


def _entries(row: Row, encoder: Encoder, *, max_tokens: int) -> list[dict[str, Any]]:
    made = scored_windows(Article(text=row.text), encoder.count_tokens, max_tokens=max_tokens)
    flat = [sentence.text for _, chosen in made for sentence in chosen]
    best = oracle(flat, row.summary)
    entries, offset = [], 0
    windows = [window for window, _ in made]
    for encoded, (window, chosen) in zip(encode_windows(encoder.tokenizer, windows), made, strict=True):
        wanted = [float(offset + i in best) for i in range(len(chosen))]
        entries.append({**encoded, "window": window, "labels": wanted, "length": len(encoded["input_ids"])})
        offset += len(chosen)
    return entries


def _batch(entries: Sequence[dict[str, Any]], tokenizer: Any) -> dict[str, torch.Tensor]:
    windows = [entry["window"] for entry in entries]
    encoded = [{key: entry[key] for key in entry if key not in ("window", "labels", "length")} for entry in entries]
    width = padded(max(entry["length"] for entry in entries), tokenizer.model_max_length)
    made = collate(windows, encoded, tokenizer, width=width)
    batch = {name: torch.from_numpy(values) for name, values in made.items()}
    labels = torch.zeros(batch["places"].shape[:2])
    for row, entry in enumerate(entries):
        labels[row, : len(entry["labels"])] = torch.tensor(entry["labels"])
    return {**batch, "labels": labels}
