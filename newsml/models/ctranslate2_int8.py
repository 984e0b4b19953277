"""A generator in int8 by CTranslate2: converted once into the cache, each prompt decoded by a thread of its own.

Owns the cache of conversions, and how a search of ``transformers`` is put to CTranslate2. Knows nothing of articles or
of what prompts ask for.
"""

from __future__ import annotations

import copy
import json
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from newsml.errors import MissingDependencyError, ModelError
from newsml.models.backend import on_gpu
from newsml.models.cache import entry_made_of, kept
from newsml.models.progress import ScreenProgress
from newsml.models.quiet import quiet
from newsml.models.threads import threads

FORM = 1
"""Changes with the way of converting, so that older conversions are not taken for new ones."""

COMPUTE = "int8_float32"
"""Products with weights in int8, the rest in fp32."""

PATIENCE = 2.0
"""A search ends with so many times its beams in finished texts, where the model's own config does not end it early."""

BEYOND = (
    "repetition_penalty",
    "encoder_repetition_penalty",
    "encoder_no_repeat_ngram_size",
    "bad_words_ids",
    "force_words_ids",
    "sequence_bias",
    "suppress_tokens",
    "begin_suppress_tokens",
    "exponential_decay_length_penalty",
    "guidance_scale",
)
"""What a model's generation config may ask for that is not done here."""


class Int8Generator:
    """Searches as ``model.generate`` does of the model that it was made of, on the processor."""

    def __init__(self, folder: Path, tokenizer: Any, *, is_seq2seq: bool) -> None:
        import ctranslate2

        kind = ctranslate2.Translator if is_seq2seq else ctranslate2.Generator
        # Threads that share a prompt wait for each other at every token: two take longer than one.
        count = threads()
        self._model = kind(str(folder), device="cpu", compute_type=COMPUTE, inter_threads=count, intra_threads=1)
        torch.set_num_threads(count)  # Which the line before has set to one for all of the process.
        self._tokenizer = tokenizer
        self._is_seq2seq = is_seq2seq
        known = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self._needs_start = is_seq2seq and not known["decoder_start_token"]  # A language's in mBART.

    def __call__(self, encoded: Sequence[Sequence[int]], config: Any, *, no_repeats: int) -> list[list[list[int]]]:
        """The token ids of the candidates of each prompt, the likeliest first, with their ends.

        Args:
            encoded: Token ids of prompts, or of sources.
            config: The search, a ``GenerationConfig``.
            no_repeats: No run of so many tokens is generated twice.
        """
        tokens = [self._tokenizer.convert_ids_to_tokens(list(ids)) for ids in encoded]
        ends = config.eos_token_id
        search = {
            "max_batch_size": 1,  # Beside others of other lengths a prompt has another answer.
            "beam_size": config.num_beams,
            "num_hypotheses": config.num_return_sequences,
            "patience": 1.0 if config.early_stopping else PATIENCE,
            "length_penalty": 1.0 if config.length_penalty is None else config.length_penalty,
            "no_repeat_ngram_size": no_repeats,
            "end_token": ends if isinstance(ends, list) or ends is None else [ends],
            "return_end_token": True,
        }
        least, most = config.min_new_tokens or 0, config.max_new_tokens
        if not self._is_seq2seq:
            found = self._model.generate_batch(
                tokens, max_length=most, min_length=least, include_prompt_in_result=False, **search
            )
            return [one.sequences_ids for one in found]
        begin = [config.decoder_start_token_id] * self._needs_start
        begin += [] if config.forced_bos_token_id is None else [config.forced_bos_token_id]
        least = max(least, (config.min_length or 0) - 1)  # Which counts the start of the answer.
        found = self._model.translate_batch(
            tokens,
            target_prefix=[self._tokenizer.convert_ids_to_tokens(begin)] * len(tokens),
            max_input_length=0,
            max_decoding_length=most,
            min_decoding_length=min(least, most),
            **search,
        )
        return [[self._answer(one, config) for one in answers.hypotheses] for answers in found]

    def _answer(self, tokens: Sequence[str], config: Any) -> list[int]:
        """The ids that ``transformers`` gives of an answer: its start before it, and its end where that is forced."""
        ids: list[int] = self._tokenizer.convert_tokens_to_ids(list(tokens))
        if len(ids) == config.max_new_tokens and config.forced_eos_token_id is not None:
            ids[-1] = config.forced_eos_token_id
        return [config.decoder_start_token_id, *ids]


def check() -> None:
    """Whether generators can be loaded for this backend.

    Raises:
        MissingDependencyError: ctranslate2 is not installed.
        ModelError: There is a GPU.
    """
    if find_spec("ctranslate2") is None:
        raise MissingDependencyError(
            "backend ctranslate2-int8 needs ctranslate2, which is not installed: pip install 'newsml[fast]'"
        )
    if on_gpu():
        raise ModelError(
            "backend ctranslate2-int8 computes on a processor, and this machine has a GPU; take torch-bf16"
        )


def int8(model: Any, tokenizer: Any, *, name: str, is_seq2seq: bool) -> Int8Generator | None:
    """The int8 form of a loaded generator, from the cache or converted now; None, and said, where there cannot be one.

    Args:
        model: In fp32, an adapter merged.
        tokenizer: Its tokenizer.
        name: What messages call it.
        is_seq2seq: Whether it is a sequence-to-sequence model.

    Raises:
        ModelError: The conversion fails.
        DownloadError: The cache folder cannot be written.
    """
    import ctranslate2

    screen = ScreenProgress()
    beyond = [asked for asked in BEYOND if getattr(model.generation_config, asked, None) not in (None, 0, 1, [])]
    if beyond:
        screen.say(f"{name}: asks for {', '.join(beyond)}, which int8 does not do; it computes in fp32")
        return None
    vocabulary = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    made_of = (FORM, COMPUTE, ctranslate2.__version__, model.config.to_json_string(), vocabulary)
    how = repr((*made_of, sorted(tokenizer.special_tokens_map.items())))
    entry = entry_made_of(model, "ctranslate2-int8", how)

    def make(folder: Path) -> None:
        """The conversion, which is read at once, since that may say that it cannot be used."""
        _convert(model, tokenizer, folder, name)
        Int8Generator(folder, tokenizer, is_seq2seq=is_seq2seq)

    try:
        return Int8Generator(kept(entry, make, name=name), tokenizer, is_seq2seq=is_seq2seq)
    except (NotImplementedError, ValueError, KeyError):
        screen.say(f"{name}: {type(model).__name__} of a kind that CTranslate2 does not know; it computes in fp32")
        return None
    except (AttributeError, RuntimeError, TypeError) as error:
        what = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelError(f"{name}: cannot be converted to int8 ({what}); take backend torch") from error


def _convert(model: Any, tokenizer: Any, folder: Path, name: str) -> None:
    """Write a model as CTranslate2 reads it.

    Raises:
        ValueError: The converter does not know it; so say its ``NotImplementedError`` and ``KeyError``.
    """
    from ctranslate2.converters import TransformersConverter

    class Loaded(TransformersConverter):  # type: ignore[misc]
        def _load(self) -> Any:
            spec = super()._load()
            for token in ("bos_token", "eos_token", "unk_token"):
                if getattr(spec.config, token) is None:
                    setattr(spec.config, token, "")  # CTranslate2 reads no model that lacks one.
            return spec

        def load_model(self, model_class: Any, *_: Any, **__: Any) -> Any:
            """The model that is loaded already, not one of a folder."""
            if not isinstance(model, model_class):
                raise ValueError(f"expected a {model_class.__name__}")
            ScreenProgress().say(f"{name}: converting to int8, once")
            plain = copy.deepcopy(model)  # The converter takes layers away.
            if model.config.is_encoder_decoder:
                # What configurations said before transformers 5, which goes by the class.
                decoder = plain.get_decoder()
                plain.config.normalize_before = hasattr(decoder, "layer_norm")
                plain.config.normalize_embedding = hasattr(decoder, "layernorm_embedding")
            return plain

        def load_tokenizer(self, *_: Any, **__: Any) -> Any:
            """Likewise."""
            return tokenizer

    if sorted(tokenizer.get_vocab().values()) != list(range(len(tokenizer.get_vocab()))):
        raise ValueError("its vocabulary has gaps, and CTranslate2 numbers tokens by their order")
    with tempfile.TemporaryDirectory() as place, quiet():
        model.config.save_pretrained(place)
        Loaded(place).convert(str(folder), quantization=COMPUTE, force=True)
