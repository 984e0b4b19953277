"""Tiny models, built on the spot, that every test may use; no network."""

from __future__ import annotations

import shutil
import string
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_model
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    BertConfig,
    BertForSequenceClassification,
    BertModel,
    BertTokenizerFast,
    LlamaConfig,
    LlamaForCausalLM,
)

from newsml.article import Article
from newsml.models.calibration import Calibration
from newsml.models.card import Card, write_card
from newsml.models.label_space import save_centre
from newsml.models.scorer import HEAD_FILE
from newsml.results import CLAIM_LABELS, TARGET_LABELS
from newsml.tasks.taxonomy import iptc
from newsml.training.sentences import LearningHead

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
LETTERS = string.ascii_lowercase + string.digits + string.punctuation + "“”’—äöüéß"
WORDS = [
    "the",
    "of",
    "to",
    "and",
    "in",
    "a",
    "said",
    "that",
    "is",
    "for",
    "on",
    "was",
    "with",
    "russia",
    "nato",
    "troops",
    "council",
    "budget",
    "rain",
    "school",
    "team",
    "war",
]
WIDTH = 32

TEXT = (
    "NATO warned on Thursday of a new Russian buildup. “We see more troops at the border,” said Anders Fogh Rasmussen. "
    "Russia denied the report. The council will meet in Brussels on Monday.\n\nRain fell in Oslo. "
    "Rasmussen praised Ukraine for its calm."
)


def tiny_tokenizer() -> BertTokenizerFast:
    """A WordPiece tokenizer that knows a few words and spells the rest."""
    pieces = [*SPECIAL, *WORDS, *LETTERS, *(f"##{letter}" for letter in LETTERS)]
    vocabulary = {piece: index for index, piece in enumerate(dict.fromkeys(pieces))}
    return BertTokenizerFast(vocab=vocabulary, do_lower_case=True, model_max_length=512)


def tiny_config(**extra: Any) -> BertConfig:
    """A BERT of two layers, its weights spread enough to tell inputs apart."""
    return BertConfig(
        vocab_size=len(tiny_tokenizer()),
        hidden_size=WIDTH,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=512,
        initializer_range=0.3,
        **extra,
    )


def save_classifier(folder: Path, labels: Sequence[str], *, seed: int = 1) -> Path:
    """A whole sequence classifier with random weights."""
    torch.manual_seed(seed)
    names = dict(enumerate(labels))
    config = tiny_config(num_labels=len(labels), id2label=names, label2id={v: k for k, v in names.items()})
    BertForSequenceClassification(config).save_pretrained(folder)
    tiny_tokenizer().save_pretrained(folder)
    return folder


def save_adapter(folder: Path, base: Path, task: str, labels: Sequence[str], *, seed: int = 2) -> Path:
    """A LoRA adapter with random weights, its head or sentence head, and its card."""
    torch.manual_seed(seed)
    headless = task in ("summary-extractive", "topics-zero-shot")
    model: Any
    if task == "summary-extractive":
        save_model(LearningHead(WIDTH, 16), str(_made(folder) / HEAD_FILE))
    if headless:
        model = BertModel.from_pretrained(base)
    else:
        model = BertForSequenceClassification.from_pretrained(base, num_labels=len(labels))
    adapter = LoraConfig(
        task_type="FEATURE_EXTRACTION" if headless else "SEQ_CLS",
        r=4,
        lora_alpha=8,
        target_modules=["query", "key", "value", "dense"],
        modules_to_save=None if headless else ["classifier"],
        init_lora_weights=False,
    )
    get_peft_model(model, adapter).save_pretrained(folder)
    if task == "topics-zero-shot":
        save_centre(np.linspace(-0.1, 0.1, WIDTH), folder)
    card = Card(
        name=folder.name,
        task=task,  # type: ignore[arg-type]
        base=str(base),
        summary="A tiny model for tests.",
        labels=None if headless else tuple(labels),
        max_tokens=128,
        languages=("en",),
        licence="Apache-2.0",
        limits="Random weights.",
        intended_use="Tests.",
        calibration=None if task == "summary-extractive" else Calibration(method="temperature", temperature=1.5),
    )
    write_card(card, folder)
    return folder


def save_chat(folder: Path) -> Path:
    """A chat model with random weights."""
    torch.manual_seed(3)
    tokenizer = tiny_tokenizer()
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=WIDTH,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=1024,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.cls_token_id,
        eos_token_id=tokenizer.sep_token_id,
        initializer_range=0.3,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.chat_template = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }} {% endfor %}assistant:"
    tokenizer.save_pretrained(folder)
    return folder


def save_writer(folder: Path, base: Path) -> Path:
    """A LoRA adapter with random weights on a chat model, and the card of a summarizer."""
    torch.manual_seed(5)
    adapter = LoraConfig(task_type="CAUSAL_LM", r=4, target_modules=["q_proj", "v_proj"], init_lora_weights=False)
    get_peft_model(LlamaForCausalLM.from_pretrained(base), adapter).save_pretrained(folder)
    card = Card(
        name=folder.name,
        task="summary-abstractive",
        base=str(base),
        summary="A tiny model for tests.",
        max_tokens=512,
        languages=("en",),
        licence="Apache-2.0",
        limits="Random weights.",
        intended_use="Tests.",
    )
    write_card(card, folder)
    return folder


def save_seq2seq(folder: Path) -> Path:
    """A sequence-to-sequence model with random weights."""
    torch.manual_seed(4)
    tokenizer = tiny_tokenizer()
    config = BartConfig(
        vocab_size=len(tokenizer),
        d_model=WIDTH,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
        max_position_embeddings=512,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.cls_token_id,
        eos_token_id=tokenizer.sep_token_id,
        decoder_start_token_id=tokenizer.sep_token_id,
        init_std=0.3,
    )
    BartForConditionalGeneration(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of tiny models.

    ``base`` is an encoder; ``topics`` and ``nli`` are whole classifiers; ``claim``, ``target``, ``learned``, ``iptc``,
    ``any-labels`` and ``scorer`` are adapters on the base; ``stance`` holds the two of stance; ``chat`` and
    ``seq2seq`` generate, and ``writer`` is an adapter on ``chat``.
    """
    root = tmp_path_factory.mktemp("models")
    torch.manual_seed(0)
    BertModel(tiny_config()).save_pretrained(root / "base")
    tiny_tokenizer().save_pretrained(root / "base")
    save_classifier(root / "topics", ("sport", "weather", "war"))
    save_classifier(root / "nli", ("entailment", "neutral", "contradiction"))
    save_adapter(root / "claim", root / "base", "claim-stance", CLAIM_LABELS)
    save_adapter(root / "target", root / "base", "target-stance", TARGET_LABELS)
    save_adapter(root / "learned", root / "base", "topics", ("sport", "weather", "war"))
    save_adapter(root / "iptc", root / "base", "topics", [concept.name for concept in iptc().top()])
    save_adapter(root / "any-labels", root / "base", "topics-zero-shot", ())
    save_adapter(root / "scorer", root / "base", "summary-extractive", ())
    for name in ("claim", "target"):
        shutil.copytree(root / name, root / "stance" / name)
    save_chat(root / "chat")
    save_seq2seq(root / "seq2seq")
    save_writer(root / "writer", root / "chat")
    return root


@pytest.fixture(scope="session")
def article() -> Article:
    """A short news article."""
    return Article(TEXT, title="NATO warns of buildup")


@pytest.fixture(scope="session")
def articles(article: Article) -> list[Article]:
    """Articles of different lengths."""
    long = " ".join(f"{TEXT} Item {number} of the list was read aloud by the mayor of Lund." for number in range(8))
    short = [Article("Rain fell."), Article("Russia won the war. It snowed.")]
    return [article, *short, Article(long, title="A long report")]
