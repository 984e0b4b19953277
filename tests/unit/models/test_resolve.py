"""Names: exactly one reading, or an error that says what was tried; and kinds, read from the configuration."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from newsml.errors import DownloadError, ModelError
from newsml.models import hub
from newsml.models import resolve as module
from newsml.models.architecture import architecture
from newsml.models.card import Card, write_card
from newsml.models.resolve import find_card, resolve

MakeCard = Callable[..., Card]

NLI = {"0": "contradiction", "1": "neutral", "2": "ENTAILMENT"}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture(autouse=True)
def shelf(make_card: MakeCard, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Card]:
    """Three cards, and no hub."""
    source = {"kind": "folder", "path": str(tmp_path / "origin")}
    model(tmp_path / "origin", {"architectures": ["BertModel"]})
    files = {path.name: path.read_bytes() for path in (tmp_path / "origin").iterdir()}
    made = [
        make_card(files=files, sources=(source,)),
        make_card(name="news-topics", task="topics", base="tiny", aliases=("default",), files=files, sources=(source,)),
        make_card(
            name="stance", task="claim-stance", base="tiny", aliases=("default",), files=files, sources=(source,)
        ),
    ]
    found = {card.name: card for card in made}
    monkeypatch.setattr(module, "cards", lambda: MappingProxyType(found))
    monkeypatch.setattr(hub, "snapshot", refuse)
    assert not home.exists()
    return found


def refuse(repo: str, revision: str | None) -> tuple[Path, str]:
    pytest.fail(f"asked the hub for {repo}@{revision}")


def model(folder: Path, config: dict[str, Any], *, weights: bytes = b"weights", **others: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "model.safetensors").write_bytes(weights)
    for name, data in others.items():
        (folder / f"{name}.json").write_text(json.dumps(data), encoding="utf-8")
    return folder


def test_card_by_name(shelf: dict[str, Card], home: Path) -> None:
    found = resolve("tiny")
    assert (found.kind, found.name, found.card) == ("card", "tiny", shelf["tiny"])
    assert found.revision == shelf["tiny"].revision
    assert found.path.is_relative_to(home)
    assert resolve("card:tiny") == found == resolve("tiny", revision=found.revision)


def test_alias_needs_its_task() -> None:
    assert resolve("default", task="topics").name == "news-topics"
    assert resolve("default", task="claim-stance").name == "stance"
    with pytest.raises(ModelError, match="'news-topics', 'stance'"):
        resolve("default")
    assert find_card("default", task="target-stance") is None


def test_unknown_name_offers_near_ones() -> None:
    with pytest.raises(ModelError, match=r"no card .* no folder .* org/name.*did you mean 'news-topics'") as caught:
        resolve("news-topic")
    assert "\n" not in str(caught.value)
    with pytest.raises(ModelError, match=r"the cards are stance$"):
        resolve("qqqq", task="claim-stance")
    with pytest.raises(ModelError, match="did you mean 'tiny'"):
        resolve("card:tinny")


def test_fixed_revision_of_a_card() -> None:
    with pytest.raises(ModelError, match="fixes it"):
        resolve("tiny", revision="main")


@pytest.mark.parametrize("name", ["runs/model", "./runs/model", Path("runs/model")])
def test_folder(here: Path, name: str | Path) -> None:
    model(here / "runs/model", {"architectures": ["BertModel"]})
    found = resolve(name)
    assert (found.kind, found.name, found.card) == ("folder", str(name), None)
    assert found.path.resolve() == (here / "runs/model").resolve()
    assert found.revision == hashlib.sha256(b"weights").hexdigest()[:12]


def test_saved_folder_has_its_card(here: Path, make_card: MakeCard) -> None:
    card = make_card(name="mine", sources=(), files={})
    write_card(card, model(here / "mine", {"architectures": ["BertModel"]}))
    assert resolve("mine").card == card


def test_card_and_folder_of_one_name(here: Path) -> None:
    (here / "tiny").mkdir()
    assert resolve("tiny").kind == "card"
    model(here / "tiny", {"architectures": ["BertModel"]})
    with pytest.raises(ModelError, match=r"'card:tiny' .* './tiny'"):
        resolve("tiny")
    assert resolve("card:tiny").kind == "card"
    assert resolve("./tiny").kind == "folder"


@pytest.mark.parametrize("name", ["./absent", "/absent/too", "~/absent-model", Path("absent")])
def test_absent_folder(name: str | Path) -> None:
    with pytest.raises(ModelError, match="does not exist"):
        resolve(name)


def test_folders_without_a_usable_model(here: Path) -> None:
    (here / "empty").mkdir()
    with pytest.raises(ModelError, match="holds no model"):
        resolve("empty")
    (here / "file").write_text("x", encoding="utf-8")
    with pytest.raises(ModelError, match="is a file"):
        resolve("file")
    model(here / "old", {}).joinpath("model.safetensors").rename(here / "old" / "pytorch_model.bin")
    with pytest.raises(ModelError, match=r"pytorch_model\.bin can carry code"):
        resolve("old")


def test_slip_in_a_path_is_no_download(here: Path) -> None:
    model(here / "runs/stance", {"architectures": ["BertModel"]})
    with pytest.raises(ModelError, match=r"folder 'runs' exists.*did you mean 'stance'\? write 'hub:runs/stence'"):
        resolve("runs/stence")


@pytest.mark.parametrize(
    ("name", "revision", "asked"),
    [
        ("org/name", None, ("org/name", None)),
        ("org/name@v1.0", None, ("org/name", "v1.0")),
        ("org/name", "main", ("org/name", "main")),
        ("hub:here/name", None, ("here/name", None)),
    ],
)
def test_hub_id(
    here: Path, monkeypatch: pytest.MonkeyPatch, name: str, revision: str | None, asked: tuple[str, str | None]
) -> None:
    calls: list[tuple[str, str | None]] = []
    (here / "here").mkdir()

    def snapshot(repo: str, wanted: str | None) -> tuple[Path, str]:
        calls.append((repo, wanted))
        return here, "c" * 40

    monkeypatch.setattr(hub, "snapshot", snapshot)
    found = resolve(name, revision=revision)
    assert calls == [asked]
    assert (found.kind, found.name, found.revision, found.card) == ("hub", asked[0], "c" * 40, None)


def test_two_revisions() -> None:
    with pytest.raises(ModelError, match="one of the two"):
        resolve("org/name@a", revision="b")
    with pytest.raises(ModelError, match="only hub ids have revisions"):
        resolve(model(Path("m"), {}), revision="b")


@pytest.mark.parametrize("name", ["", "  ", "a\0b", "x" * 5000, "hub:a/b/c", "a/b/c", "hub:x"])
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(ModelError, match=r"no model|no hub id"):
        resolve(name)


def test_hub_out_of_reach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub.constants as constants

    monkeypatch.undo()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    with pytest.raises(DownloadError, match="does not deliver it") as caught:
        hub.snapshot("org/name", None)
    assert "\n" not in str(caught.value)
    with pytest.raises(DownloadError, match="offline mode is on"):
        hub.deliver("org/name", "a" * 40, ["config.json"], tmp_path)


@pytest.mark.parametrize(
    ("config", "others", "kind", "labels", "max_tokens"),
    [
        (
            {"architectures": ["BertForSequenceClassification"], "id2label": {"1": "b", "0": "a"}},
            {},
            "sequence-classifier", ("a", "b"), None,
        ),
        ({"architectures": ["RobertaForSequenceClassification"], "num_labels": 3, "model_type": "roberta",
          "max_position_embeddings": 514, "pad_token_id": 1},
         {}, "sequence-classifier", ("LABEL_0", "LABEL_1", "LABEL_2"), 512),
        ({"architectures": ["BartForSequenceClassification"], "is_encoder_decoder": True, "id2label": NLI,
          "max_position_embeddings": 1024},
         {}, "nli", ("contradiction", "neutral", "ENTAILMENT"), 1024),
        ({"architectures": ["DebertaV2ForSequenceClassification"],
          "id2label": {"0": "entailment", "1": "not_entailment"}},
         {"tokenizer_config": {"model_max_length": 512}}, "nli", ("entailment", "not_entailment"), 512),
        ({"architectures": ["PegasusForConditionalGeneration"], "is_encoder_decoder": True,
          "id2label": {"0": "LABEL_0"}},
         {"tokenizer_config": {"model_max_length": int(1e30)}}, "seq2seq", (), None),
        ({"architectures": ["GPT2LMHeadModel"], "n_positions": 1024}, {}, "causal", (), 1024),
        ({"architectures": ["LlamaForCausalLM"], "max_position_embeddings": 8192},
         {"tokenizer_config": {"chat_template": "{{ messages }}", "model_max_length": 2048}}, "chat", (), 2048),
        ({"architectures": ["LlamaForCausalLM"]}, {"chat_template": {}}, "chat", (), None),
        ({"architectures": ["BertModel"], "max_position_embeddings": 512}, {}, "encoder", (), 512),
        ({"architectures": ["MPNetForMaskedLM"]}, {}, "encoder", (), None),
    ],
)  # fmt: skip
def test_kinds(
    here: Path,
    config: dict[str, Any],
    others: dict[str, Any],
    kind: str,
    labels: tuple[str, ...],
    max_tokens: int | None,
) -> None:
    found = architecture(model(here / "any-name", config, **others))
    assert (found.kind, found.labels, found.max_tokens) == (kind, labels, max_tokens)


def test_own_adapter(here: Path, make_card: MakeCard) -> None:
    folder = here / "adapter"
    folder.mkdir()
    (folder / "adapter_config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelError, match="merge the adapter"):
        architecture(folder)
    write_card(make_card(task="topics", base="tiny", labels=("a", "b"), sources=(), files={}), folder)
    found = architecture(folder)
    assert (found.kind, found.labels, found.max_tokens, found.languages) == ("newsml-adapter", ("a", "b"), 16, ("en",))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (None, "no config.json"),
        ("{", "cannot be read"),
        ("[]", "a JSON list"),
        ("{}", "names no architecture"),
        ('{"architectures": ["ViTForImageClassification"]}', "ViTForImageClassification"),
        ('{"architectures": ["LlavaForConditionalGeneration"]}', "is not one newsml uses"),
        ('{"architectures": ["BertForSequenceClassification"], "id2label": ["a"]}', "id2label"),
    ],
)
def test_unusable_configurations(here: Path, text: str | None, fault: str) -> None:
    if text is not None:
        (here / "config.json").write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=fault) as caught:
        architecture(here)
    assert "\n" not in str(caught.value)
