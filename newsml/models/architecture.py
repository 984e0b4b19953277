"""What kind of model a folder holds, read from its configuration and never from its name.

Owns the reading of ``config.json`` and its neighbours. Loads no weights and knows nothing of names or downloads.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from newsml.errors import ModelError
from newsml.models.card import CARD_FILE, Card, read_card

Kind = Literal["sequence-classifier", "nli", "seq2seq", "causal", "chat", "encoder", "newsml-adapter"]

MODEL_FILES = ("config.json", "adapter_config.json", CARD_FILE)
"""A folder that holds one of these is a model's."""

_ENCODER_SUFFIXES = ("Model", "ForMaskedLM", "ForPreTraining")
_CAUSAL_SUFFIXES = ("ForCausalLM", "LMHeadModel")
_SEQ2SEQ_SUFFIXES = ("ForConditionalGeneration", "WithLMHeadModel")
_LENGTH_KEYS = ("max_position_embeddings", "n_positions", "max_encoder_position_embeddings", "n_ctx")
_NO_LIMIT = 1_000_000
"""Tokenizers without a limit of their own state numbers beyond this one."""

POSITIONS_AFTER_PADDING = ("roberta", "xlm-roberta", "camembert", "mpnet", "longformer", "bigbird_pegasus", "esm")
"""Model types that count positions from ``pad_token_id + 1``, so that as many of them hold no token."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """What a folder holds.

    Attributes:
        kind: ``"nli"`` is a sequence classifier with an entailment class; ``"chat"`` a causal model with a chat
            template; ``"newsml-adapter"`` an adapter or head of newsml's own, on the base its card names.
        labels: Class names in the order of the logits; empty where there are none.
        max_tokens: Longest input in tokens, special tokens included; None where nothing limits it.
        languages: BCP 47 codes, as far as the folder's card says.
    """

    kind: Kind
    labels: tuple[str, ...]
    max_tokens: int | None
    languages: tuple[str, ...]


def architecture(folder: Path, *, card: Card | None = None) -> Architecture:
    """Find out what kind of model lies in a folder.

    Args:
        folder: A local model folder.
        card: Its card, where that lies elsewhere.

    Raises:
        ModelError: There is no configuration, it cannot be read, or newsml has no use for such a model.
    """
    card = card or (read_card(folder) if (folder / CARD_FILE).is_file() else None)
    if card and ((folder / "adapter_config.json").is_file() or not (folder / "config.json").is_file()):
        return Architecture("newsml-adapter", card.labels or (), card.max_tokens, card.languages)
    if (folder / "adapter_config.json").is_file():
        raise ModelError(
            f"{folder}: an adapter without a {CARD_FILE}, expected a whole model or a folder saved by newsml; "
            "merge the adapter into its base with peft (merge_and_unload) and save that"
        )
    config = _read_json(folder / "config.json", required=True)
    tokenizer = _read_json(folder / "tokenizer_config.json", required=False)
    chat = "chat_template" in tokenizer or any((folder / f"chat_template.{end}").is_file() for end in ("jinja", "json"))
    labels = _labels(config, folder)
    kind = _kind(config, labels, chat, folder)
    return Architecture(
        kind,
        labels if kind in ("sequence-classifier", "nli") else (),
        _max_tokens(config, tokenizer),
        card.languages if card else (),
    )


def _kind(config: dict[str, Any], labels: tuple[str, ...], chat: bool, folder: Path) -> Kind:
    names = config.get("architectures")
    if not isinstance(names, list) or not names or not isinstance(names[0], str):
        raise ModelError(
            f"{folder}: config.json names no architecture, expected 'architectures' as transformers saves it"
        )
    name = names[0]
    # Sequence classifiers first: BART's, for one, are encoder-decoders as well.
    if name.endswith("ForSequenceClassification"):
        folded = {label.casefold() for label in labels}
        return (
            "nli" if "entailment" in folded and folded & {"contradiction", "not_entailment"} else "sequence-classifier"
        )
    if config.get("is_encoder_decoder") and name.endswith(_SEQ2SEQ_SUFFIXES):
        return "seq2seq"
    if name.endswith(_CAUSAL_SUFFIXES):
        return "chat" if chat else "causal"
    if name.endswith(_ENCODER_SUFFIXES) and not config.get("is_encoder_decoder"):
        return "encoder"
    raise ModelError(
        f"{folder}: architecture {name} is not one newsml uses; expected a sequence classifier, "
        "a sequence-to-sequence, causal or chat model for text, or an encoder"
    )


def _labels(config: dict[str, Any], folder: Path) -> tuple[str, ...]:
    names = config.get("id2label")
    if names is None:
        # transformers leaves out what has its default: two classes, or num_labels of them.
        return tuple(f"LABEL_{index}" for index in range(int(config.get("num_labels", 2))))
    try:
        return tuple(str(name) for _, name in sorted((int(index), name) for index, name in names.items()))
    except (AttributeError, TypeError, ValueError) as error:
        raise ModelError(f"{folder}: config.json has an unreadable id2label ({names!r:.80})") from error


def _max_tokens(config: dict[str, Any], tokenizer: dict[str, Any]) -> int | None:
    limits = [config[key] for key in _LENGTH_KEYS if isinstance(config.get(key), int) and config[key] > 0][:1]
    if limits and config.get("model_type") in POSITIONS_AFTER_PADDING:
        limits = [limits[0] - int(config.get("pad_token_id") or 0) - 1]
    stated = tokenizer.get("model_max_length")
    if isinstance(stated, int | float) and 0 < stated < _NO_LIMIT:
        limits.append(int(stated))
    return min(limits, default=None)


def _read_json(path: Path, *, required: bool) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        if not required:
            return {}
        raise ModelError(
            f"{path.parent}: no {path.name}, expected a model folder ({', '.join(MODEL_FILES)})"
        ) from error
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{path}: cannot be read ({str(error).splitlines()[0]}); save or fetch the model again"
        ) from error
    if not isinstance(content, dict):
        raise ModelError(f"{path}: got a JSON {type(content).__name__}, expected an object")
    return content
