"""Generators in int8: they search as in fp32, each prompt alone, are converted once, and left in fp32 if unknown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    LlamaConfig,
    LlamaForCausalLM,
    MBartConfig,
    MBartForConditionalGeneration,
    OlmoConfig,
    OlmoForCausalLM,
    PegasusConfig,
    PegasusForConditionalGeneration,
    T5Config,
    T5ForConditionalGeneration,
)

from newsml.article import Article
from newsml.batch.job import Job
from newsml.errors import DownloadError, MissingDependencyError, ModelError
from newsml.models import ctranslate2_int8
from newsml.models.backend import chosen, loading_for
from newsml.models.generator import REPEAT_NGRAM, Generator
from newsml.models.load import load_generator
from newsml.models.prompt import Prompt
from newsml.models.resolve import resolve
from newsml.tasks.stance import StanceDetector
from newsml.tasks.summarize import Summarizer
from newsml.tasks.topics import TopicClassifier
from tests.unit.models.test_generator import TEMPLATE, WORDS, tokenizer

NAME = "ctranslate2-int8"
IDS: dict[str, Any] = {"vocab_size": 48, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
LAYERS: dict[str, Any] = {
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "max_position_embeddings": 64,
    "initializer_range": 0.5,
}
STACKS: dict[str, Any] = {
    "d_model": 16,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 32,
    "decoder_ffn_dim": 32,
    "max_position_embeddings": 64,
    "init_std": 0.3,
    "forced_eos_token_id": 2,
}
T5: dict[str, Any] = {"d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 2, "num_heads": 2, "initializer_factor": 3.0}
ROPE = {"rope_type": "default", "rope_theta": 100.0}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    pytest.importorskip("ctranslate2")
    monkeypatch.setenv("NEWSML_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / NAME


def made(kind: str) -> Any:
    torch.manual_seed(1)
    if kind == "llama":
        model: Any = LlamaForCausalLM(LlamaConfig(**LAYERS, **IDS, rope_parameters=ROPE))
        model.generation_config.eos_token_id = [2, 9, 10]
    elif kind == "bart":
        model = BartForConditionalGeneration(BartConfig(**STACKS, **IDS, decoder_start_token_id=2))
        model.generation_config.forced_bos_token_id, model.generation_config.min_length = 1, 7
    elif kind == "pegasus":
        model = PegasusForConditionalGeneration(PegasusConfig(**STACKS, **IDS, decoder_start_token_id=0))
    elif kind == "mbart":
        model = MBartForConditionalGeneration(MBartConfig(**STACKS, **IDS, decoder_start_token_id=5))
    elif kind == "t5":
        model = T5ForConditionalGeneration(T5Config(**T5, **IDS, decoder_start_token_id=3))
    elif kind == "gated t5":
        gated = {"feed_forward_proj": "gated-gelu", "tie_word_embeddings": False}
        model = T5ForConditionalGeneration(T5Config(**T5, **IDS, **gated, decoder_start_token_id=3))
    else:
        model = OlmoForCausalLM(OlmoConfig(**LAYERS, **IDS))
    return model


def saved(model: Any, folder: Path, template: str | None = None) -> Path:
    model.save_pretrained(folder)
    tokenizer(template).save_pretrained(folder)
    return folder


def loaded(folder: Path) -> Generator:
    with loading_for(NAME):
        return Generator.load(folder, name="tiny")


def prompts(**search: Any) -> list[Prompt]:
    return [
        Prompt(" ".join(WORDS[first:last]), max_new_tokens=most, min_new_tokens=least, **search)
        for first, last in ((0, 2), (3, 30), (10, 17))
        for most, least in ((20, 0), (12, 5), (8, 8), (1, 0))
    ]


@pytest.mark.parametrize("kind", ["llama", "bart", "pegasus", "mbart", "t5", "gated t5"])
def test_in_fp32_it_writes_what_transformers_writes(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctranslate2_int8, "COMPUTE", "float32")
    folder = saved(made(kind), tmp_path / "model", TEMPLATE if kind == "llama" else None)
    found = loaded(folder)(prompts())
    assert found == Generator.load(folder)(prompts())
    assert len({one.text for one in found}) > 3


@pytest.mark.parametrize("kind", ["llama", "bart"])
def test_an_answer_in_int8_is_the_same_whatever_stands_beside_it(kind: str, tmp_path: Path) -> None:
    generator = loaded(saved(made(kind), tmp_path / "model"))
    asked = [*prompts(), *prompts(num_beams=4, candidates=3)]
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    together = generator(asked)
    assert torch.get_num_threads() == 3
    torch.set_num_threads(before)
    assert together == [generator([prompt])[0] for prompt in asked]
    assert together == generator(asked[::-1])[::-1]
    assert [len(one.others) for one in together] == [0] * 12 + [2] * 12


def test_no_run_of_tokens_comes_twice_but_the_prompt_may_be_quoted(tmp_path: Path) -> None:
    model = LlamaForCausalLM(LlamaConfig(**{**LAYERS, "hidden_size": 48}, **IDS))
    words = tokenizer().convert_tokens_to_ids(WORDS[:5])
    with torch.no_grad():  # After w0 comes w1, and so on, and after w4 w0 again, whatever stood before.
        for layer in model.model.layers:
            layer.self_attn.o_proj.weight.zero_()
            layer.mlp.down_proj.weight.zero_()
        model.model.embed_tokens.weight.copy_(torch.eye(48))
        model.lm_head.weight.zero_()
        model.lm_head.weight[words, [words[-1], *words[:-1]]] = 1.0
    folder = saved(model, tmp_path / "model")
    (found,) = loaded(folder)([Prompt(" ".join(WORDS[:5]), max_new_tokens=30, min_new_tokens=30)])
    made = found.text.split()
    assert made[:8] == [*WORDS[:5], *WORDS[:3]]
    runs = [tuple(made[at : at + REPEAT_NGRAM]) for at in range(len(made) - REPEAT_NGRAM + 1)]
    assert len(runs) == len(set(runs))


def test_it_is_converted_once(models: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def written() -> list[Any]:
        asked = [Prompt("Rain fell in Oslo.", max_new_tokens=12)]
        with loading_for(NAME):
            return [load_generator(resolve(models / name))(asked) for name in ("writer", "chat", "seq2seq")]

    first = written()
    assert len([path for path in cache.iterdir() if path.is_dir()]) == 3, "an adapter makes another model"
    monkeypatch.setattr(ctranslate2_int8, "_convert", None)
    assert written() == first


def test_a_summarizer_in_int8_is_saved_as_it_was(
    models: Path, article: Article, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsml.models.load.DEFAULT_BASE", str(models / "base"))
    summarizer = Summarizer.from_pretrained(models / "writer", backend=NAME)
    summarizer.predict(article)
    summarizer.save_pretrained(tmp_path / "saved")
    one, other = (Summarizer.from_pretrained(path) for path in (models / "writer", tmp_path / "saved"))
    assert one.predict(article).text == other.predict(article).text


def test_what_does_not_write_computes_in_fp32(
    models: Path, cache: Path, articles: list[Article], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsml.models.load.DEFAULT_BASE", str(models / "base"))
    for name, labels in (("topics", None), ("chat", ["sport", "war"])):
        fast, exact = (
            TopicClassifier.from_pretrained(models / name, labels=labels, backend=one) for one in (NAME, "torch")
        )
        assert (fast.probabilities(articles) == exact.probabilities(articles)).all()
    judged = [
        StanceDetector.from_pretrained(models / "chat", backend=one).predict(articles[0], claim="Rain fell.")
        for one in (NAME, "torch")
    ]
    assert judged[0] == judged[1]
    assert not cache.exists()


def test_a_model_that_it_does_not_know_computes_in_fp32_and_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    penalised = made("llama")
    penalised.generation_config.repetition_penalty = 1.3
    gaps = saved(made("llama"), tmp_path / "gaps")
    text = (gaps / "tokenizer.json").read_text(encoding="utf-8")
    (gaps / "tokenizer.json").write_text(text.replace('"w39": 46', '"w39": 60'), encoding="utf-8")
    for folder, why in (
        (saved(made("olmo"), tmp_path / "olmo"), "OlmoForCausalLM of a kind that CTranslate2 does not know"),
        (saved(penalised, tmp_path / "penalised"), "asks for repetition_penalty, which int8 does not do"),
        (gaps, "LlamaForCausalLM of a kind that CTranslate2 does not know"),
    ):
        assert loaded(folder)(prompts()) == Generator.load(folder)(prompts())
        assert f"tiny: {why}; it computes in fp32" in capsys.readouterr().err


def test_what_cannot_be_done_is_said_in_one_line(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = saved(made("llama"), tmp_path / "model")
    with monkeypatch.context() as patched:
        patched.setattr(ctranslate2_int8, "find_spec", lambda _: None)
        with pytest.raises(MissingDependencyError, match=r"pip install 'newsml\[fast\]'"):
            loaded(folder)
    with monkeypatch.context() as patched:
        patched.setattr(torch.cuda, "is_available", lambda: True)
        with pytest.raises(ModelError, match="this machine has a GPU; take torch-bf16"):
            loaded(folder)
    with monkeypatch.context() as patched:
        patched.setattr(ctranslate2_int8, "Int8Generator", None)  # Neither it nor what it reads is there.
        with pytest.raises(ModelError, match=r"tiny: cannot be converted to int8 \(.*\); take backend torch"):
            loaded(folder)(prompts())
    assert not [path for path in cache.iterdir() if path.is_dir()]
    monkeypatch.setenv("NEWSML_HOME", str(folder / "config.json"))
    with pytest.raises(DownloadError, match="cannot write to the cache folder"):
        loaded(folder)(prompts())


def test_it_has_to_be_named(models: Path) -> None:
    assert chosen("auto") != NAME
    assert Job(tasks=["summary"], backend=NAME).backend == NAME
    with pytest.raises(ModelError, match=f"did you mean '{NAME}'"):
        Summarizer.from_pretrained(models / "chat", backend="ctranslate-int8")
