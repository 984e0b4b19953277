"""Models of the user's own under a name: added, loaded, listed, removed, and what is refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from newsml.article import Article
from newsml.cli.models import app
from newsml.errors import DownloadError, ModelError
from newsml.models.added import add, added_names, remove
from newsml.models.card import CARD_FILE, Card, read_card, write_card
from newsml.models.files import model_files
from newsml.models.resolve import resolve
from newsml.tasks.stance import StanceDetector
from newsml.tasks.summarize import Summarizer
from newsml.tasks.topics import TopicClassifier

ARTICLE = Article("Rain fell in Oslo. Russia denied the report.")

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def folder(models: Path, tmp_path: Path) -> Path:
    """A fine-tuned adapter of the user's."""
    return shutil.copytree(models / "learned", tmp_path / "runs" / "learned")


def test_a_name_loads_what_the_folder_held(folder: Path) -> None:
    before = TopicClassifier.from_pretrained(folder).predict(ARTICLE)
    card, path = add(folder, "desk")
    assert card.name == "desk"
    assert path.is_dir()
    shutil.rmtree(folder)
    after = TopicClassifier.from_pretrained("desk").predict(ARTICLE)
    assert after.scores == before.scores
    assert (after.model.name, after.model.revision) == ("desk", card.revision)
    assert added_names() == ["desk"]


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("topics", lambda: TopicClassifier.from_pretrained("mine").predict(ARTICLE).label),
        ("claim", lambda: StanceDetector.from_pretrained("mine").predict(ARTICLE, claim="Rain fell.").label),
        ("any-labels", lambda: TopicClassifier.from_pretrained("mine", labels=["rain", "war"]).predict(ARTICLE).label),
        ("scorer", lambda: Summarizer.from_pretrained("mine").predict(ARTICLE, sentences=1).text),
        ("writer", lambda: Summarizer.from_pretrained("mine").predict(ARTICLE, sentences=1).text),
    ],
)
def test_every_kind_of_model_can_be_added(models: Path, tmp_path: Path, name: str, answer: Callable[[], str]) -> None:
    folder = shutil.copytree(models / name, tmp_path / name)
    if name == "topics":  # A whole classifier, as method full and method head leave it.
        labels = ("sport", "weather", "war")
        write_card(read_card(models / "learned").model_copy(update={"name": "topics", "labels": labels}), folder)
    add(folder, "mine")
    assert answer()


def test_a_model_that_was_added_is_saved_like_any_other(folder: Path, tmp_path: Path) -> None:
    add(folder)
    TopicClassifier.from_pretrained("learned").save_pretrained(tmp_path / "saved")
    assert read_card(tmp_path / "saved").sources == ()
    assert TopicClassifier.from_pretrained(tmp_path / "saved").labels == ("sport", "weather", "war")


def test_a_damaged_copy_is_fetched_again_from_the_folder(folder: Path) -> None:
    _, path = add(folder)
    (path / "adapter_model.safetensors").write_bytes(b"?")
    found = resolve("learned")
    assert (found.path / "adapter_model.safetensors").stat().st_size > 1
    shutil.rmtree(path)
    (folder / "adapter_model.safetensors").write_bytes(b"?")
    with pytest.raises(DownloadError, match="damaged: expected SHA-256"):
        resolve("learned")


def test_adding_twice_is_adding_once(folder: Path, models: Path) -> None:
    assert add(folder) == add(folder)
    with pytest.raises(ModelError, match=r"another model already.*newsml models remove learned"):
        add(models / "claim", "learned")
    remove("learned")
    assert add(models / "claim", "learned")[0].task == "claim-stance"


def test_a_base_in_a_folder_is_found_from_everywhere(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(models)
    folder = shutil.copytree("learned", tmp_path / "learned")
    write_card(read_card(folder).model_copy(update={"base": "base"}), folder)
    add(folder)
    monkeypatch.chdir(tmp_path)
    assert TopicClassifier.from_pretrained("card:learned").predict(ARTICLE).label
    write_card(read_card(folder).model_copy(update={"base": "nowhere"}), folder)
    with pytest.raises(ModelError, match="base 'nowhere' is no card, no hub id, and no folder"):
        add(folder, "other")


@pytest.mark.parametrize("name", ["all-MiniLM-L6-v2", "default", "extractive"])
def test_the_names_of_newsmls_own_models_are_taken(folder: Path, name: str) -> None:
    with pytest.raises(ModelError, match="comes with newsml; give another with --name"):
        add(folder, name)
    with pytest.raises(ModelError, match=r"cannot be removed|was added"):
        remove(name)


def test_folders_that_are_no_model_of_newsmls(folder: Path, models: Path) -> None:
    with pytest.raises(ModelError, match=r"no folder .*did you mean 'learned'"):
        add(folder.with_name("learnt"))
    with pytest.raises(ModelError, match=r"has no card \(newsml.yaml\)"):
        add(models / "base")
    with pytest.raises(ModelError, match="is no model name"):
        add(folder, "../up")
    listed = model_files(folder, ["adapter_model.safetensors"])
    write_card(read_card(folder).model_copy(update={"files": listed}), folder)
    assert add(folder, "sound")
    with (folder / "adapter_model.safetensors").open("ab") as stream:
        stream.write(b"?")
    with pytest.raises(ModelError, match=r"damaged: expected SHA-256 .*save or copy the model again"):
        add(folder, "broken")
    (folder / "adapter_model.safetensors").unlink()
    write_card(read_card(folder).model_copy(update={"files": ()}), folder)
    with pytest.raises(ModelError, match=r"no \.safetensors file"):
        add(folder, "empty")
    (folder / CARD_FILE).write_text("name: [", encoding="utf-8")
    with pytest.raises(ModelError, match="not YAML"):
        add(folder, "odd")
    assert added_names() == ["sound"]


def test_code_and_pickles_are_left_behind(folder: Path) -> None:
    for name in ("modeling.py", "weights.bin", "notes.md"):
        (folder / name).write_text("?", encoding="utf-8")
    _, path = add(folder)
    assert {file.suffix for file in path.iterdir()} == {".json", ".safetensors"}


def test_a_cache_folder_that_takes_no_files_is_said(folder: Path, home: Path) -> None:
    home.mkdir(parents=True)
    (home / "cards").write_text("", encoding="utf-8")
    with pytest.raises(DownloadError, match="cannot write to the cache folder"):
        add(folder)


def test_misspelt_names_are_met_with_those_that_were_added(folder: Path) -> None:
    add(folder, "desk-topics")
    with pytest.raises(ModelError, match="did you mean 'desk-topics'"):
        resolve("desk-topic")
    with pytest.raises(ModelError, match="did you mean 'desk-topics'"):
        remove("desk-topic")
    remove("desk-topics")
    with pytest.raises(ModelError, match="added are none"):
        remove("desk-topics")


def test_on_the_command_line(folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.stdout

    assert run("add", str(folder), "--name", "desk").startswith(f"desk: added, in {home / 'models' / 'desk'}")
    assert any(line.split()[0] == "desk" and line.split()[-1] == "yes" for line in run("list").splitlines())
    assert {row["name"]: row["cached"] for row in json.loads(run("list", "--json"))}["desk"]
    assert "sport, weather, war" in run("show", "desk")
    assert Card.model_validate_json(json.dumps(read_card(home / "cards" / "desk.yaml").model_dump(mode="json")))
    assert run("remove", "desk") == "desk: removed\n"
    assert "desk" not in run("list")
    assert not (home / "models" / "desk").exists()
    assert folder.is_dir()
