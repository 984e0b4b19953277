"""The generator, on tiny random models made on the spot."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    BertConfig,
    BertForSequenceClassification,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
)

from newsml.errors import ModelError
from newsml.models.generator import REPEAT_NGRAM, Generator, _no_repeats
from newsml.models.prompt import Generation, Prompt

WORDS = [f"w{index}" for index in range(40)]
SPECIAL = ["<pad>", "<s>", "</s>", "<unk>", "<user>", "<system>", "<assistant>"]
TEMPLATE = "{% for m in messages %}<{{ m['role'] }}> {{ m['content'] }} {% endfor %}<assistant> "
NO_SYSTEM = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system role') }}{% endif %}" + TEMPLATE
TEXT = " ".join(WORDS[:12])


def tokenizer(template: str | None = None) -> Any:
    vocabulary = {word: index for index, word in enumerate([*SPECIAL, *WORDS, "."])}
    inner = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    inner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made = PreTrainedTokenizerFast(
        tokenizer_object=inner, pad_token="<pad>", bos_token="<s>", eos_token="</s>", unk_token="<unk>"
    )
    made.add_special_tokens({"additional_special_tokens": ["<user>", "<system>", "<assistant>"]})
    made.chat_template = template
    made.model_max_length = 64
    return made


def causal(folder: Path, template: str | None) -> Path:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=48, hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=2, max_position_embeddings=64, pad_token_id=0, bos_token_id=1, eos_token_id=2,
        initializer_range=0.5,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer(template).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Generator:
    return Generator.load(causal(tmp_path_factory.mktemp("chat"), TEMPLATE))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Generator:
    return Generator.load(causal(tmp_path_factory.mktemp("plain"), None), name="tiny")


@pytest.fixture(scope="module")
def seq2seq(tmp_path_factory: pytest.TempPathFactory) -> Generator:
    folder = tmp_path_factory.mktemp("seq2seq")
    torch.manual_seed(1)
    config = BartConfig(
        vocab_size=48, d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=32, decoder_ffn_dim=32, max_position_embeddings=64,
        pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=2, forced_eos_token_id=None,
        init_std=0.5,
    )  # fmt: skip
    BartForConditionalGeneration(config).save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    return Generator.load(folder)


@pytest.mark.parametrize(("kind", "is_chat", "is_seq2seq"), [("chat", 1, 0), ("plain", 0, 0), ("seq2seq", 0, 1)])
def test_what_a_model_is_follows_from_its_folder(
    kind: str, is_chat: bool, is_seq2seq: bool, request: pytest.FixtureRequest
) -> None:
    generator: Generator = request.getfixturevalue(kind)
    assert (generator.is_chat, generator.is_seq2seq) == (is_chat, is_seq2seq)
    assert generator.max_tokens == 64
    assert generator.count_tokens("w1 w2 .") == 3


@pytest.mark.parametrize("kind", ["chat", "plain", "seq2seq"])
@pytest.mark.parametrize("beams", [1, 3])
def test_batch_equals_single_and_runs_repeat(kind: str, beams: int, request: pytest.FixtureRequest) -> None:
    generator: Generator = request.getfixturevalue(kind)
    prompts = [
        Prompt(" ".join(WORDS[:count]), max_new_tokens=20, min_new_tokens=4, num_beams=beams) for count in (2, 30, 7)
    ]
    together = generator(prompts)
    assert together == [generator([prompt])[0] for prompt in prompts]
    assert together == generator(prompts)
    assert all(generation.text for generation in together)
    assert not any(mark in generation.text for generation in together for mark in SPECIAL)


def test_candidates_are_the_beams_likeliest_first(chat: Generator) -> None:
    prompt = Prompt(TEXT, max_new_tokens=8, num_beams=4)
    best = chat([prompt])[0]
    several = chat([replace(prompt, candidates=3)])[0]
    assert (several.text, several.finished) == (best.text, best.finished)
    assert len(several.others) == 2
    assert len({several.text, *(other.text for other in several.others)}) == 3


def test_the_answer_goes_on_from_its_prefix(chat: Generator) -> None:
    assert chat([Prompt(TEXT, prefix="w5 w6", max_new_tokens=3)])[0].text.startswith("w5 w6")


def test_a_system_message_is_read_with_and_without_a_role_for_it(chat: Generator, tmp_path: Path) -> None:
    assert chat.prompt_tokens(Prompt("w1", system="w2 w3")) == chat.prompt_tokens(Prompt("w1")) + 3
    strict = Generator.load(causal(tmp_path, NO_SYSTEM))
    assert strict.prompt_tokens(Prompt("w1", system="w2 w3")) == strict.prompt_tokens(Prompt("w1")) + 2


def test_no_run_of_tokens_is_generated_twice(plain: Generator) -> None:
    words = plain([Prompt(TEXT, max_new_tokens=40, min_new_tokens=40)])[0].text.split()
    runs = [tuple(words[at : at + REPEAT_NGRAM]) for at in range(len(words) - REPEAT_NGRAM + 1)]
    assert len(runs) == len(set(runs))


@pytest.mark.parametrize(("generated", "forbidden"), [([5, 6, 7], False), ([9, 5, 6, 7, 8, 5, 6, 7], True)])
def test_the_prompt_may_be_quoted_but_the_answer_not(generated: list[int], forbidden: bool) -> None:
    prompt = [5, 6, 7, 8]
    scores = _no_repeats(len(prompt))(torch.tensor([prompt + generated]), torch.zeros(1, 10))
    assert bool(scores[0, 8] == -torch.inf) is forbidden


class Scripted:
    """Stands in for a model's generate and answers with given token ids."""

    def __init__(self, generator: Generator, ids: list[int]) -> None:
        self.device, self.generation_config = generator.model.device, generator.model.generation_config
        self.ids = ids

    def eval(self) -> Scripted:
        return self

    def generate(self, *, input_ids: torch.Tensor, **_: Any) -> torch.Tensor:
        return torch.cat([input_ids, torch.tensor([self.ids])], dim=-1)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("W1 w2 . </s>", Generation("W1 w2 .", finished=True)),
        ("W1 w2 . W3 w4", Generation("W1 w2 .", finished=False)),
        ("W1 w2", Generation("W1 w2", finished=False)),
        ("W1 w2 . W3 w4 .", Generation("W1 w2 . W3 w4 .", finished=False)),
        ("W1 w2 . W3 w4 </s>", Generation("W1 w2 . W3 w4", finished=True)),
    ],
)
def test_an_unfinished_last_sentence_is_left_out(plain: Generator, words: str, expected: Generation) -> None:
    made = tokenizer()
    made.add_tokens(["W1", "W3"])
    ids = made.convert_tokens_to_ids(words.split())
    scripted = Generator(Scripted(plain, ids), made, name="scripted", kind="causal", max_tokens=64)
    assert scripted([Prompt("w1", max_new_tokens=8)]) == [expected]


def test_a_prompt_over_the_context_is_refused_not_cut(chat: Generator, seq2seq: Generator) -> None:
    with pytest.raises(ModelError, match="over its context of 64"):
        chat([Prompt(" ".join(WORDS), max_new_tokens=30)])
    with pytest.raises(ModelError, match="cut the text into windows"):
        seq2seq([Prompt(" ".join(WORDS * 2), max_new_tokens=5)])
    assert seq2seq([Prompt(" ".join(WORDS), max_new_tokens=40)])


def test_a_sequence_to_sequence_model_takes_no_prefix(seq2seq: Generator) -> None:
    with pytest.raises(ModelError, match="prefix"):
        seq2seq([Prompt("w1", prefix="w2")])


@pytest.mark.parametrize(
    "wrong", [{"max_new_tokens": 0}, {"min_new_tokens": 200}, {"candidates": 2}, {"candidates": 0}]
)
def test_prompts_that_cannot_be_run_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"candidates|tokens"):
        Prompt("w1", **wrong)  # type: ignore[arg-type]


def test_a_model_that_cannot_generate_is_refused(tmp_path: Path) -> None:
    config = BertConfig(
        vocab_size=10, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8, num_labels=2
    )
    BertForSequenceClassification(config).save_pretrained(tmp_path)
    with pytest.raises(ModelError, match="cannot generate"):
        Generator.load(tmp_path)


def test_broken_weights_are_reported_in_one_line(tmp_path: Path) -> None:
    folder = causal(tmp_path, None)
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelError) as error:
        Generator.load(folder)
    assert "\n" not in str(error.value)
