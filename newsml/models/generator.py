"""Runner: prompts to generated text, with a chat, causal or sequence-to-sequence model.

Owns chat templates, decoding and where a generated text ends. Knows nothing of articles or of what prompts ask for.

Decoding is greedy or by beams, never sampled, and prompts run one at a time: a result depends on its prompt alone.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from newsml.errors import ModelError
from newsml.models.architecture import architecture
from newsml.models.quiet import quiet
from newsml.text.sentences import split

REPEAT_NGRAM = 4
"""No run of so many tokens is generated twice: small models otherwise repeat sentences."""

_ENDS = (".", "!", "?", "…", '"', "”", "’", "'", ")")


@dataclass(frozen=True, slots=True)
class Prompt:
    """The input of a generator.

    Attributes:
        text: The source document for a sequence-to-sequence model, else the user's message.
        system: The system message of a chat; models without a system role get it before the user's message.
        prefix: How the answer begins; the model goes on from there. Chat and causal models only.
        max_new_tokens: At most so many tokens are generated.
        min_new_tokens: At least so many.
        num_beams: Beams to decode with; 1 is greedy. None is what the model's own generation config says, 1 for chat.
        candidates: So many texts are returned, the likeliest first; at most ``num_beams``.
    """

    text: str
    system: str = ""
    prefix: str = ""
    max_new_tokens: int = 128
    min_new_tokens: int = 0
    num_beams: int | None = None
    candidates: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.min_new_tokens <= self.max_new_tokens or self.max_new_tokens < 1:
            raise ValueError(f"tokens to generate: got {self.min_new_tokens} to {self.max_new_tokens}")
        if self.candidates < 1 or self.candidates > max(self.num_beams or 1, 1):
            raise ValueError(f"{self.candidates} candidates need as many beams, got num_beams={self.num_beams}")


@dataclass(frozen=True, slots=True)
class Generation:
    """A generated text.

    Attributes:
        text: The text without surrounding white space; an unfinished last sentence is left out where one stands before.
        finished: True where the model ended the text itself, False where ``max_new_tokens`` did.
        others: The next likeliest texts, where the prompt asked for candidates.
    """

    text: str
    finished: bool
    others: tuple[Generation, ...] = ()


class Generator:
    """A generative model.

    Attributes:
        max_tokens: Context in tokens: prompt and answer together, or the source of a sequence-to-sequence model.
            None where nothing limits it.
        is_seq2seq: Whether it reads a source and writes a target, rather than going on with a prompt.
        is_chat: Whether it has a chat template.
        at_once: It does one prompt after the other.
    """

    at_once = 1

    def __init__(self, model: Any, tokenizer: Any, *, name: str, kind: str, max_tokens: int | None) -> None:
        self.model = model.eval()
        self.tokenizer = tokenizer
        self.name = name
        self.max_tokens = max_tokens
        self.is_seq2seq = kind == "seq2seq"
        self.is_chat = kind == "chat"

    @classmethod
    def load(
        cls, folder: Path, *, name: str | None = None, dtype: str = "auto", adapter: Path | None = None
    ) -> Generator:
        """Load a model from a folder with ``config.json``, tokenizer and safetensors.

        Args:
            folder: A causal, chat or sequence-to-sequence model.
            name: What messages call it; the folder's name where None.
            adapter: A PEFT adapter's folder, merged into the weights.
            dtype: ``"float32"``, ``"bfloat16"``, ``"float16"``, or ``"auto"``: fp32 on the processor, where half
                precision is slower or less exact, and the checkpoint's own type on a GPU.

        Raises:
            ModelError: The folder holds no generative model, or cannot be loaded.
        """
        from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM

        from newsml.models.batches import device
        from newsml.models.encoder import load_tokenizer, loading, to_device

        found = architecture(folder)
        if found.kind not in ("seq2seq", "causal", "chat"):
            raise ModelError(
                f"{folder}: a {found.kind} model cannot generate text; "
                "expected a chat, causal or sequence-to-sequence model"
            )
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

            with loading(adapter):
                model = PeftModel.from_pretrained(model, adapter).merge_and_unload()
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
        return [self._generate(prompt) for prompt in inputs]

    def _generate(self, prompt: Prompt) -> Generation:
        import torch
        from transformers import LogitsProcessorList

        ids = self.encode(prompt)
        self._check_length(ids, prompt)
        source = torch.tensor([ids], device=self.model.device)
        skipped = 0 if self.is_seq2seq else len(ids)
        with torch.inference_mode():
            output = self.model.generate(
                input_ids=source,
                attention_mask=torch.ones_like(source),
                generation_config=self._config(prompt),
                logits_processor=LogitsProcessorList([_no_repeats(skipped)]),
            )
        made = [self._read(row[skipped:].tolist(), prompt) for row in output]
        return Generation(made[0].text, made[0].finished, tuple(made[1:]))

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
        from newsml.models.batches import valid

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
