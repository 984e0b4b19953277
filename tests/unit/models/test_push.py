"""Pushing a model to the hub: what a hub is given, and what is said when it takes nothing."""

from __future__ import annotations

import shutil
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
from huggingface_hub import constants, errors
from typer.testing import CliRunner

from newsml.article import Article
from newsml.cli.main import app
from newsml.errors import ModelError, WriteError
from newsml.models.card import Figure, read_card, write_card
from newsml.models.push import PAGE, check_push, push
from newsml.tasks.topics import TopicClassifier

HTTP: Any = import_module(errors.HTTPError.__module__.partition(".")[0])  # type: ignore[attr-defined]
"""The HTTP client of the hub's own client, whichever it is in this version."""

RECIPE = """
kind: finetune
name: tiny
task: topics
method: head
base: ./base
output: out
train:
- {path: rows.csv, columns: {text: text, label: label}, dev: 0.25}
training: {max_tokens: 32}
card: {summary: Tells rain from war.}
"""


class FakeHub:
    """A hub in a folder, with the calls that newsml makes of the real one."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.asked: list[str] = []
        self.error: Exception | None = None

    def __call__(self) -> FakeHub:
        return self

    def whoami(self) -> dict[str, Any]:
        self._note("whoami")
        return {"name": "desk"}

    def create_repo(self, repo: str, *, private: bool, exist_ok: bool) -> str:
        self._note(f"create {repo} {private=} {exist_ok=}")
        return f"https://hub.test/{repo}"

    def upload_folder(self, *, repo_id: str, folder_path: Path, commit_message: str) -> None:
        self._note(f"upload {commit_message}")
        shutil.copytree(folder_path, self.root / repo_id)

    def _note(self, what: str) -> None:
        if self.error is not None:
            raise self.error
        self.asked.append(what)


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeHub:
    made = FakeHub(tmp_path / "hub")
    monkeypatch.setattr(huggingface_hub, "HfApi", made)
    return made


@pytest.fixture
def folder(models: Path, tmp_path: Path) -> Path:
    """A model on a base that everybody has, as far as its card says."""
    folder = shutil.copytree(models / "learned", tmp_path / "learned", ignore=shutil.ignore_patterns(PAGE))
    figure = Figure.model_validate(
        {
            "metric": "accuracy", "value": 0.5, "low": 0.4, "high": 0.6, "data": "desk.csv", "split": "held-out groups",
            "rows": 1000, "command": "c", "hardware": "h", "date": date(2026, 11, 27),
        }
    )  # fmt: skip
    write_card(read_card(folder).model_copy(update={"base": "all-MiniLM-L6-v2", "figures": (figure,)}), folder)
    return folder


def test_a_hub_gets_the_folder_and_a_page(fake: FakeHub, folder: Path) -> None:
    assert push(folder, "desk/topics") == "https://hub.test/desk/topics"
    assert fake.asked == ["create desk/topics private=True exist_ok=True", "upload learned, by newsml"]
    there = fake.root / "desk" / "topics"
    assert {path.name for path in there.iterdir()} == {path.name for path in folder.iterdir()}
    page = (there / PAGE).read_text(encoding="utf-8")
    for part in (
        "base_model: sentence-transformers/all-MiniLM-L6-v2",
        "license: apache-2.0",
        "| accuracy | 0.500 | 0.400 to 0.600 | desk.csv, held-out groups | 1,000 |",
        "Labels: sport, weather, war",
        "from_pretrained('hub:desk/topics')",
    ):
        assert part in page


def test_a_page_of_the_users_own_stays(fake: FakeHub, folder: Path) -> None:
    (folder / PAGE).write_text("Mine.", encoding="utf-8")
    push(folder, "desk/topics")
    assert (fake.root / "desk" / "topics" / PAGE).read_text(encoding="utf-8") == "Mine."


def test_what_was_pushed_can_be_loaded_by_its_hub_id(
    fake: FakeHub, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    TopicClassifier.from_pretrained(models / "learned").save_pretrained(tmp_path / "whole")
    push(tmp_path / "whole", "desk/topics")

    class Api:
        def model_info(self, *_: Any, **__: Any) -> None:
            """The repository is there."""

    def download(repo: str, *, allow_patterns: list[str], **_: Any) -> str:
        taken = tmp_path / "taken"
        taken.mkdir()
        for pattern in allow_patterns:
            for path in (fake.root / repo).glob(pattern):
                shutil.copy(path, taken)
        return str(taken)

    monkeypatch.setattr(huggingface_hub, "HfApi", Api)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    article = Article("Rain fell in Oslo.")
    result = TopicClassifier.from_pretrained("hub:desk/topics").predict(article)
    expected = TopicClassifier.from_pretrained(tmp_path / "whole").predict(article)
    assert result.scores == expected.scores  # Calibrated alike: the card came along.


def test_an_adapter_on_a_folder_of_this_machine_is_of_no_use_to_others(fake: FakeHub, models: Path) -> None:
    with pytest.raises(ModelError, match="which nobody else has; train it on a card or a hub id"):
        push(models / "learned", "desk/topics")
    assert fake.asked == []


def answer(code: int) -> errors.HfHubHTTPError:
    request = HTTP.Request("POST", "https://hub.test")
    return errors.HfHubHTTPError("no", response=HTTP.Response(code, request=request))


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (errors.LocalTokenNotFoundError("no token"), "nobody is logged in, run `hf auth login` first"),
        (errors.OfflineModeIsEnabled("offline"), "offline mode is on, unset HF_HUB_OFFLINE"),
        (ConnectionError("no route"), "the Hugging Face Hub cannot be reached"),
        (HTTP.ConnectError("no route"), "the Hugging Face Hub cannot be reached"),
        (answer(401), "the hub answers 401, log in with an account that may write there"),
        (answer(500), r"the hub answers 500$"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_refusals_are_worded(fake: FakeHub, folder: Path, error: Exception, message: str) -> None:
    fake.error = error
    with pytest.raises(WriteError, match=rf"cannot push to desk/topics: {message}"):
        check_push("desk/topics")
    again = message.removesuffix("$")
    with pytest.raises(WriteError, match=rf"{again}.*; the model is in .*`hf upload desk/topics .*` tries again"):
        push(folder, "desk/topics")


def test_offline_mode_as_the_client_itself_knows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HF_TOKEN", "hf_none")
    with pytest.raises(WriteError, match="offline mode is on"):
        check_push("desk/topics")


@pytest.fixture
def recipe(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A recipe of a few rows, in the current folder."""
    shutil.copytree(models / "base", tmp_path / "base")
    rows = "".join(f"The {word} of day {day}.,{word}\n" for word in ("rain", "war") for day in range(8))
    (tmp_path / "rows.csv").write_text(f"text,label\n{rows}", encoding="utf-8")
    (tmp_path / "tiny.yaml").write_text(RECIPE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "tiny.yaml"


def test_finetune_pushes_what_it_made(fake: FakeHub, recipe: Path) -> None:
    result = CliRunner().invoke(app, ["finetune", str(recipe), "--push", "desk/tiny"])
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1] == "pushed: https://hub.test/desk/tiny"
    assert read_card(fake.root / "desk" / "tiny").name == "tiny"


def test_finetune_asks_the_hub_before_it_trains(fake: FakeHub, recipe: Path) -> None:
    fake.error = errors.LocalTokenNotFoundError("no token")
    result = CliRunner().invoke(app, ["finetune", str(recipe), "--push", "desk/tiny"])
    assert result.exit_code == 1
    assert "nobody is logged in" in result.stderr
    result = CliRunner().invoke(app, ["finetune", str(recipe), "--push", "tiny"])
    assert result.exit_code == 1
    assert "'tiny' is no hub id to push to, expected org/name" in result.stderr
    assert not (recipe.parent / "out").exists()
