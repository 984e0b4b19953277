"""``newsml finetune`` as a user types it: a tiny recipe from start to end, and what an interruption says."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from newsml.models.card import read_card

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
        [*COMMAND, "--set", "training.epochs=1"], cwd=folder, capture_output=True, encoding="utf-8", check=False
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


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_an_interrupted_run_says_how_it_goes_on(folder: Path) -> None:
    command = [*COMMAND, "--set", "training.epochs=5000"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
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
