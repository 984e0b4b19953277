"""``newsml finetune`` as a user types it: a tiny recipe from start to end, and what an interruption says."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from newsml.config.finetune import FinetuneConfig
from newsml.config.load import load
from newsml.models.card import read_card
from newsml.training.finetune import finetune

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "newsml", "finetune", "tiny.yaml"]
WORDS = {
    "sport": ("match", "goal", "team", "coach", "league"),
    "weather": ("rain", "wind", "storm", "snow", "cloud"),
}
RECIPE = """
kind: finetune
name: tiny
task: topics
base: ./base
method: lora
output: out
train:
- path: rows.jsonl
  columns: {text: text, label: topic}
  dev: 0.25
training: {epochs: 2, batch_size: 4, max_tokens: 32, lora_rank: 2, precision: fp32, save_steps: 5}
card: {summary: Tells sport from weather.}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A recipe, forty rows, and a base of two tiny layers."""
    from transformers import BertConfig, BertModel, BertTokenizerFast

    words = [word for group in WORDS.values() for word in group]
    vocabulary = {
        word: number for number, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ".", *words])
    }
    BertTokenizerFast(vocab=vocabulary, model_max_length=64).save_pretrained(tmp_path / "base")
    shape = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    config = BertConfig(vocab_size=len(vocabulary), max_position_embeddings=64, **shape)
    BertModel(config).save_pretrained(tmp_path / "base")
    rows = [
        {"text": " ".join((group[i % 5], group[(i // 5 + i) % 5], group[i % 3])) + f" {group[i % 4]}.", "topic": topic}
        for topic, group in WORDS.items()
        for i in range(20)
    ]
    lines = [json.dumps({**row, "text": f"{row['text']} row{number}"}) for number, row in enumerate(rows)]
    (tmp_path / "rows.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "tiny.yaml").write_text(RECIPE, encoding="utf-8")
    return tmp_path


def test_a_recipe_becomes_a_model_and_a_table(folder: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "--set", "training.epochs=1", "--set", "data_root=."],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    heading, systems, *figures = done.stdout.splitlines()
    assert heading.strip() == "rows.jsonl, 10 rows"
    assert systems.split()[0] == "model"
    assert "majority" in systems
    assert any(line.startswith("accuracy") for line in figures)
    assert figures[-1] == f"model: {Path('out', 'model')}"
    assert "30 rows to train on, 10 held out" in done.stderr
    for noise in ("LOAD REPORT", "Warning", "Traceback", "MISSING"):
        assert noise not in done.stderr
    card = read_card(folder / "out" / "model")
    assert card.name == "tiny"
    assert card.labels == ("sport", "weather")
    assert card.figures[0].command == "newsml finetune tiny.yaml --set training.epochs=1"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_an_interrupted_run_says_how_it_goes_on(folder: Path) -> None:
    command = [*COMMAND, "--set", "training.epochs=5000"]
    pipe, heed = subprocess.PIPE, partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # A shell's "&" ignores it.
    with subprocess.Popen(command, cwd=folder, stdout=pipe, stderr=pipe, preexec_fn=heed) as process:
        assert process.stderr is not None
        while not process.stderr.readline().startswith(b"training on "):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert process.returncode == 130, err.decode()
    assert out == b""
    last = err.decode().splitlines()[-1]
    assert last == "newsml: interrupted; run the same command again to go on from the last checkpoint in out"
    assert "Traceback" not in err.decode()


def in_process(folder: Path, *changes: str, said: list[str] | None = None) -> dict[str, torch.Tensor]:
    """The weights that the recipe makes in this process."""
    lines = [] if said is None else said
    with contextlib.chdir(folder):
        return adapter(finetune(load("tiny.yaml", FinetuneConfig, overrides=changes), say=lines.append).folder)


def adapter(folder: Path) -> dict[str, torch.Tensor]:
    tensors: dict[str, torch.Tensor] = load_file(folder / "adapter_model.safetensors")
    return tensors


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_run_killed_anywhere_goes_on_to_the_weights_of_an_uninterrupted_one(folder: Path) -> None:
    changes = ["training.epochs=9", "training.dropout=0.1", "training.save_steps=10"]
    command = [*COMMAND, *(part for change in changes for part in ("--set", change))]
    checkpoints = folder / "out" / "checkpoints"
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        # The first line of losses comes in the seventh epoch; where the kill falls after it is left to chance.
        assert any(line.startswith(b"step 50 of 72") for line in process.stderr)
        process.kill()
    assert process.returncode == -signal.SIGKILL
    assert not (folder / "out" / "model").exists()
    assert list(checkpoints.glob("checkpoint-*"))
    said: list[str] = []
    resumed = in_process(folder, *changes, said=said)
    assert any(line.startswith("going on from step ") for line in said)
    whole = in_process(folder, *changes, "output=whole")
    assert all(torch.equal(whole[name], tensor) for name, tensor in resumed.items())


@pytest.mark.parametrize("task", ["topics", "summary-abstractive"])
def test_two_processes_make_the_model_that_one_makes_of_batches_twice_as_large(
    folder: Path, models: Path, task: str
) -> None:
    changes = ["training.max_steps=3", "training.group_by_length=false", "training.learning_rate=0.01"]
    if task == "summary-abstractive":
        # Of one length, so that the mean over the tokens of two batches is the mean of their means.
        texts = [(f"The council of Lund met on day {n}.", f"Lund's council met on day {n}.") for n in range(10)]
        lines = [json.dumps({"text": f"{text} It rained.", "topic": summary}) for text, summary in texts * 3]
        (folder / "rows.jsonl").write_text("\n".join(lines), encoding="utf-8")
        changes += ["task=summary-abstractive", f"base={models / 'chat'}", "training.max_tokens=512"]
        changes += ["train[0].columns={text: text, summary: topic}", "train[0].dev=0"]
    launcher = ["-m", "accelerate.commands.accelerate_cli", "launch", "--multi_gpu", "--num_processes=2"]
    plain = ["--num_machines=1", "--mixed_precision=no", "--dynamo_backend=no"]
    command = [sys.executable, *launcher, *plain, str(ROOT / "scripts" / "finetune.py"), "tiny.yaml"]
    done = subprocess.run(
        [*command, *(part for change in changes for part in ("--set", change))],
        cwd=folder,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("model: out/model") == 1
    assert done.stderr.count("training on 30") == 1
    ours = in_process(folder, *changes, "output=one", "training.batch_size=8")
    made = adapter(folder / "out" / "model")
    exact = {torch.float32: (1e-5, 1e-4), torch.bfloat16: (1e-3, 2e-2)}
    for name, tensor in made.items():
        atol, rtol = exact[tensor.dtype]
        torch.testing.assert_close(tensor, ours[name], atol=atol, rtol=rtol)
    assert any(tensor.any() for name, tensor in made.items() if "lora_B" in name)
