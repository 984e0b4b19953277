"""Runner: prompts to generated text, with a chat, causal or sequence-to-sequence model.

Owns chat templates, decoding and where a generated text ends. Knows nothing of articles or of what prompts ask for.

Decoding is greedy or by beams, never sampled. Prompts are decoded several at a time, padded on the left and masked:
what stands beside a prompt changes probabilities in the last digits of fp32, and a text only where two are that close.
In int8 by CTranslate2 each is decoded alone.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from newsml.errors import ModelError
from newsml.models.architecture import architecture
from newsml.models.backend import current
from newsml.models.batches import valid
from newsml.models.loading import loading
from newsml.models.prompt import Generation, Prompt
from newsml.models.quiet import quiet
from newsml.models.threads import threads
from newsml.text.sentences import split

REPEAT_NGRAM = 4
"""No run of so many tokens is generated twice: small models otherwise repeat sentences."""

AT_ONCE = 9
"""Prompts decoded together, such as those of three summaries of three sentences; many more take longer each."""

PROMPT_TOKENS = 2048
"""Padded tokens of prompts decoded together."""

_ENDS = (".", "!", "?", "…", '"', "”", "’", "'", ")")


class Generator:
    """A generative model.

    Attributes:
        max_tokens: Context in tokens: prompt and answer together, or the source of a sequence-to-sequence model.
            None where nothing limits it.
        is_seq2seq: Whether it reads a source and writes a target, rather than going on with a prompt.
        is_chat: Whether it has a chat template.
        at_once: So many prompts are decoded together.
    """

    def __init__(self, model: Any, tokenizer: Any, *, name: str, kind: str, max_tokens: int | None) -> None:
        self.model = model.eval()
        self.tokenizer = tokenizer
        self.name = name
        self.max_tokens = max_tokens
        self.is_seq2seq = kind == "seq2seq"
        self.is_chat = kind == "chat"
        self._backend = current()
        together = AT_ONCE * (threads() if self._backend == "ctranslate2-int8" else 1)
        # A state that runs through padding, as in Mamba, would not be the prompt's own.
        self.at_once = 1 if getattr(model, "_is_stateful", False) else together

    @classmethod
    def load(
        cls, folder: Path, *, name: str | None = None, dtype: str = "auto", adapter: Path | None = None
    ) -> Generator:
        """Load a model from a folder with ``config.json``, tokenizer and safetensors.

        Args:
            folder: A causal, chat or sequence-to-sequence model.
            name: What messages call it; the folder's name where None.
            adapter: A PEFT adapter's folder, merged into the weights.
            dtype: ``"float32"``, ``"bfloat16"``, ``"float16"``, or ``"auto"``: bf16 where models are loaded for the
                backend of that name, else fp32 on the processor and the checkpoint's own type on a GPU.

        Raises:
            ModelError: The folder holds no generative model, or cannot be loaded.
            MissingDependencyError: The backend that models are loaded for is not installed.
        """
        import torch
        from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM

        from newsml.models import ctranslate2_int8
        from newsml.models.backend import device
        from newsml.models.torch_encoder import load_tokenizer, to_device

        found = architecture(folder)
        if found.kind not in ("seq2seq", "causal", "chat"):
            raise ModelError(
                f"{folder}: a {found.kind} model cannot generate text; "
                "expected a chat, causal or sequence-to-sequence model"
            )
        if current() == "ctranslate2-int8":
            ctranslate2_int8.check()
        auto = AutoModelForSeq2SeqLM if found.kind == "seq2seq" else AutoModelForCausalLM
        chosen = "float32" if dtype == "auto" and device().type == "cpu" else dtype
        try:
            with quiet():
                model = auto.from_pretrained(folder, dtype=chosen, use_safetensors=True)
            tokenizer = load_tokenizer(folder)
        except (OSError, ValueError) as error:
            raise ModelError(f"{folder}: cannot be loaded ({str(error).splitlines()[0]})") from error
        if adapter is not None:
            from peft import PeftModel

            with loading(adapter), quiet():
                model = PeftModel.from_pretrained(model, adapter).merge_and_unload()
        if dtype == "auto" and current() == "torch-bf16":
            model = model.to(torch.bfloat16)
        return cls(to_device(model), tokenizer, name=name or folder.name, kind=found.kind, max_tokens=found.max_tokens)

    def save(self, folder: Path) -> None:
        """Write model and tokenizer so that plain ``transformers`` loads them."""
        folder.mkdir(parents=True, exist_ok=True)
        self.model.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)

    @property
    def parameters(self) -> int:
        """Number of weights."""
        return sum(weight.numel() for weight in self.model.parameters())

    def count_tokens(self, text: str) -> int:
        """Tokens of a text, without special tokens."""
        return len(self._ids(text, special=False))

    def prompt_tokens(self, prompt: Prompt) -> int:
        """Tokens of a prompt as the model reads it, template and special tokens included."""
        return len(self.encode(prompt))

    def __call__(self, inputs: Sequence[Prompt]) -> list[Generation]:
        """Generate one text per prompt, in order.

        Raises:
            ModelError: A prompt and its answer are longer than the model's context, or it has a prefix that the model
                cannot go on from.
        """
        encoded = [self.encode(prompt) for prompt in inputs]
        for ids, prompt in zip(encoded, inputs, strict=True):
            self._check_length(ids, prompt)
        made: dict[int, Generation] = {}
        limits = (self.at_once, PROMPT_TOKENS) if self._int8 is None else (len(inputs), math.inf)
        for places in _batches(encoded, inputs, *limits):
            rows = self._decode([encoded[i] for i in places], inputs[places[0]])
            for place, candidates in zip(places, rows, strict=True):
                first, *others = (self._read(ids, inputs[place]) for ids in candidates)
                made[place] = replace(first, others=tuple(others))
        return [made[place] for place in range(len(inputs))]

    def _decode(self, encoded: Sequence[Sequence[int]], prompt: Prompt) -> list[list[list[int]]]:
        """The token ids of the candidates of each prompt, all of them to be decoded as one of them says."""
        import torch
        from transformers import LogitsProcessorList

        config = self._config(prompt)
        if self._int8 is not None:
            return self._int8(encoded, config, no_repeats=REPEAT_NGRAM)
        width = max(len(ids) for ids in encoded)
        source = torch.full((len(encoded), width), config.pad_token_id or 0)
        mask = torch.zeros_like(source)
        for row, ids in enumerate(encoded):
            place = slice(0, len(ids)) if self.is_seq2seq else slice(width - len(ids), width)
            source[row, place], mask[row, place] = torch.tensor(ids), 1
        skipped = 0 if self.is_seq2seq else width
        with torch.inference_mode():
            output = self.model.generate(
                input_ids=source.to(self.model.device),
                attention_mask=mask.to(self.model.device),
                generation_config=config,
                logits_processor=LogitsProcessorList([_no_repeats(skipped)]),
            )
        rows = output[:, skipped:].tolist()
        each = prompt.candidates
        return [rows[first : first + each] for first in range(0, len(rows), each)]

    @cached_property
    def _int8(self) -> Callable[..., list[list[list[int]]]] | None:
        """What decodes in int8, made when the first text is asked for: models that choose among labels need none."""
        if self._backend != "ctranslate2-int8":
            return None
        from newsml.models.ctranslate2_int8 import int8

        return int8(self.model, self.tokenizer, name=self.name, is_seq2seq=self.is_seq2seq)

    def encode(self, prompt: Prompt) -> list[int]:
        """The prompt's token ids, through the chat template where there is one."""
        if self.is_seq2seq:
            if prompt.prefix:
                raise ModelError(
                    f"{self.name}: a sequence-to-sequence model takes no prefix, got {prompt.prefix!r:.40}"
                )
            return self._ids(prompt.text)
        if not self.is_chat:
            text = "\n\n".join(part for part in (prompt.system, prompt.text, prompt.prefix) if part)
            return self._ids(text)
        from jinja2.exceptions import TemplateError

        messages = [{"role": "user", "content": prompt.text}]
        system = [{"role": "system", "content": prompt.system}] if prompt.system else []
        try:
            text = self._template(system + messages)
        except TemplateError:
            # Some templates (Gemma's, Mistral's) refuse the system role.
            text = self._template([{"role": "user", "content": f"{prompt.system}\n\n{prompt.text}".strip()}])
        return self._ids(text + prompt.prefix, special=False)

    def answer_ids(self, text: str) -> list[int]:
        """Token ids of an answer as the model would generate it, its end included."""
        ends = self.model.generation_config.eos_token_id
        end = ends[0] if isinstance(ends, list) else ends
        return [*self._ids(text, special=False), self.tokenizer.eos_token_id if end is None else end]

    def _ids(self, text: str, *, special: bool = True) -> list[int]:
        ids: list[int] = self.tokenizer(valid(text), add_special_tokens=special, verbose=False)["input_ids"]
        return ids

    def _template(self, messages: list[dict[str, str]]) -> str:
        text: str = self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        return text

    def _check_length(self, ids: Sequence[int], prompt: Prompt) -> None:
        needed = len(ids) + (0 if self.is_seq2seq else prompt.max_new_tokens)
        if self.max_tokens is not None and needed > self.max_tokens:
            answer = "" if self.is_seq2seq else f" and an answer of {prompt.max_new_tokens}"
            raise ModelError(
                f"{self.name}: a prompt of {len(ids)} tokens{answer} is over its context of {self.max_tokens}; "
                "cut the text into windows first"
            )

    def _config(self, prompt: Prompt) -> Any:
        """The model's own generation config, made deterministic and bounded by the prompt."""
        config = copy.deepcopy(self.model.generation_config)
        config.do_sample = False
        config.temperature = config.top_p = config.top_k = config.min_p = config.typical_p = None
        config.max_length, config.max_new_tokens = None, prompt.max_new_tokens
        if prompt.min_new_tokens:
            config.min_length, config.min_new_tokens = 0, prompt.min_new_tokens
        elif config.min_length:
            config.min_length = min(config.min_length, prompt.max_new_tokens)
        # Over the whole input of a decoder-only model this would forbid quoting the prompt; see _no_repeats.
        config.no_repeat_ngram_size = 0
        own = config.num_beams if self.is_seq2seq else 1
        config.num_beams = prompt.num_beams or own or 1
        if config.num_beams == 1:
            config.early_stopping, config.length_penalty = False, 1.0
        config.num_return_sequences = prompt.candidates
        if config.pad_token_id is None:
            ends = config.eos_token_id
            config.pad_token_id = ends[0] if isinstance(ends, list) else ends
        return config

    def _read(self, ids: list[int], prompt: Prompt) -> Generation:
        ends = self.model.generation_config.eos_token_id
        stops = set(ends if isinstance(ends, list) else [ends]) - {None}
        start = 1 if self.is_seq2seq else 0
        finished = any(token in stops for token in ids[start:])
        text = (prompt.prefix + self.tokenizer.decode(ids, skip_special_tokens=True)).strip()
        return Generation(text if finished else _trim(text), finished)


def _batches(
    encoded: Sequence[Sequence[int]], prompts: Sequence[Prompt], most: int, tokens: float
) -> Iterator[list[int]]:
    """Places of prompts that are decoded in the same way, of near-equal lengths, at most so many (tokens) at once."""
    alike: dict[tuple[Any, ...], list[int]] = {}
    for place, prompt in enumerate(prompts):
        how = (prompt.max_new_tokens, prompt.min_new_tokens, prompt.num_beams, prompt.candidates)
        alike.setdefault(how, []).append(place)
    for places in alike.values():
        places.sort(key=lambda place: (len(encoded[place]), place))
        batch: list[int] = []
        for place in places:
            if batch and (len(batch) == most or (len(batch) + 1) * len(encoded[place]) > tokens):
                yield batch
                batch = []
            batch.append(place)
        yield batch


def _no_repeats(skipped: int) -> Any:
    """A logits processor that forbids repeats within the answer alone, so that the prompt may be quoted."""
    from transformers import LogitsProcessor, NoRepeatNGramLogitsProcessor

    inner = NoRepeatNGramLogitsProcessor(REPEAT_NGRAM)

    class NoRepeats(LogitsProcessor):  # type: ignore[misc]
        def __call__(self, input_ids: Any, scores: Any) -> Any:
            return inner(input_ids[:, skipped:], scores)

    return NoRepeats()


def _trim(text: str) -> str:
    """The text without an unfinished last sentence, where a finished one stands before it."""
    sentences = split(text)
    if len(sentences) > 1 and not sentences[-1].text.endswith(_ENDS):
        return text[: sentences[-2].end]
    return text
