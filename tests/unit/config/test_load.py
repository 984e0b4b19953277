"""Loading configurations: strict values, every fault at once, one line each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field, ValidationError, model_validator

from newsml.config.base import StrictModel
from newsml.config.load import check, load
from newsml.errors import ConfigError, FileMissingError, NewsmlError

Write = Callable[[str | bytes], Path]


class Source(StrictModel):
    path: Path
    weight: float = 1.0
    label: str | None = None


class Data(StrictModel):
    train: tuple[Source, ...] = Field(min_length=1)


class Lora(StrictModel):
    type: Literal["lora"]
    rank: int = Field(8, ge=1)


class Linear(StrictModel):
    type: Literal["linear"]
    strength: float = 1.0


class Recipe(StrictModel):
    kind: Literal["demo"] = "demo"
    data: Data
    epochs: int = 3
    learning_rate: float = 1e-3
    mode: Literal["fast", "slow"] = "fast"
    head: Annotated[Lora | Linear, Field(discriminator="type")] | None = None
    limit: int | str | None = None
    since: date | None = None

    @model_validator(mode="after")
    def _slow_needs_epochs(self) -> Recipe:
        if self.mode == "slow" and self.epochs < 2:
            raise ValueError("mode is 'slow' with 1 epoch, expected 2 or more; raise epochs")
        return self


SCHEMAS = {"demo": Recipe}
GOOD = "kind: demo\ndata: {train: [{path: a.jsonl}]}\n"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(content: str | bytes) -> Path:
        path = tmp_path / "config.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def faults(path: Path) -> list[str]:
    return check(path, schemas=SCHEMAS)


def test_values_arrive_as_their_types(write: Write) -> None:
    recipe = load(
        write(GOOD + "learning_rate: 2e-5\nepochs: 4\nsince: 2014-06-01\nhead: {type: lora, rank: 4}\nlimit: all\n"),
        Recipe,
    )
    assert recipe.data.train == (Source(path=Path("a.jsonl")),)
    assert (recipe.learning_rate, recipe.epochs, recipe.since) == (2e-5, 4, date(2014, 6, 1))
    assert recipe.head == Lora(type="lora", rank=4)
    assert recipe.limit == "all"
    assert faults(write(GOOD)) == []


def test_integers_fit_floats_and_a_byte_order_mark_is_no_fault(write: Write) -> None:
    assert load(write(b"\xef\xbb\xbf" + GOOD.encode() + b"learning_rate: 1\n"), Recipe).learning_rate == 1.0


def test_a_configuration_is_immutable(write: Write) -> None:
    with pytest.raises(ValidationError):
        load(write(GOOD), Recipe).epochs = 5


def test_all_faults_come_at_once_with_their_paths(write: Write) -> None:
    path = write(
        "kind: demo\ndata:\n  train:\n    - {pth: a.jsonl, weight: '3'}\n    - {path: b, label: yes}\n"
        "epochs: '3'\nepoch: 2\nmode: fst\nhead: {type: lora, rnk: 3}\nlimit: [1]\n"
    )
    with pytest.raises(ConfigError) as caught:
        load(path, Recipe)
    assert str(caught.value).splitlines() == [
        f"{path}: 9 faults",
        "  data.train[0].path: missing, this key is required",
        "  data.train[0].weight: got the string '3', expected a number",
        "  data.train[0].pth: unknown key; did you mean 'path'?",
        "  data.train[1].label: got true, expected a string; put it in quotes",
        "  epochs: got the string '3', expected an integer",
        "  mode: got the string 'fst', expected 'fast' or 'slow'; did you mean 'fast'?",
        "  head.rnk: unknown key; did you mean 'rank'?",
        "  limit: got a list of 1, expected an integer or a string",
        "  epoch: unknown key; did you mean 'epochs'?",
    ]
    assert faults(path) == [line.strip() for line in str(caught.value).splitlines()[1:]]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("zzz: 1", "zzz: unknown key; expected one of data, epochs, head, kind, learning_rate, limit, mode, since"),
        ("epochs:", "epochs: got nothing (null), expected an integer"),
        ("epochs: true", "epochs: got true, expected an integer"),
        ("learning_rate: .nan", "learning_rate: got nan, expected a finite number"),
        ("head: {type: lor}", "head: got type 'lor', expected 'lora', 'linear'; did you mean 'lora'?"),
        ("head: {rank: 2}", "head: got no 'type', expected the key that says which one this is"),
        ("head: {type: lora, rank: 0}", "head.rank: got 0, expected a value greater than or equal to 1"),
        ("head: {type: linear, rank: 2}", "head.rank: unknown key; expected one of strength, type"),
        ("mode: slow\nepochs: 1", "the configuration: mode is 'slow' with 1 epoch, expected 2 or more; raise epochs"),
        (
            "since: June",
            "since: got the string 'June', expected a valid date in the format YYYY-MM-DD, input is too short",
        ),
        ("epochs: 1\nepochs: 2", "epochs: duplicate key on line 4, first on line 3; keep one"),
        ("head: {type: linear, no: 1}", "head.no: key on line 3 is bool, expected text; put it in quotes"),
    ],
)
def test_one_fault_one_line(write: Write, line: str, fault: str) -> None:
    found = faults(write(GOOD + line + "\n"))
    assert fault in found
    assert all("\n" not in one for one in found)


def test_an_empty_list_is_named_by_its_least_length(write: Write) -> None:
    assert faults(write("kind: demo\ndata: {train: []}")) == ["data.train: got an empty list, expected at least 1"]


def test_a_duplicate_deep_inside_is_found_and_a_merge_key_is_none(write: Write) -> None:
    assert faults(write("kind: demo\ndata:\n  train:\n    - path: a\n      path: b\n")) == [
        "data.train[0].path: duplicate key on line 5, first on line 4; keep one"
    ]
    assert faults(write("kind: demo\ndata:\n  train:\n    - &a {path: a}\n    - {<<: *a, weight: 2.5}\n")) == []


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "empty, expected a mapping of keys to values"),
        (b"# only a comment\n", "empty, expected a mapping of keys to values"),
        (b"- 1\n", "the top level is a list, expected a mapping of keys to values"),
        (b"3\n", "the top level is the int 3, expected a mapping of keys to values"),
        (b"a: b: c\n", "not YAML at line 1, column 5: mapping values are not allowed here"),
        (b"a:\n\t- b\n", "not YAML at line 2, column 1: found character '\\t' that cannot start any token"),
        (b"a: 1\nb: \0", "not YAML at line 2, column 4: U+0000 is not allowed"),
        (b"\xff\xfea\0", "byte 0xff at offset 0 is not UTF-8; save the file as UTF-8"),
        (b"name: caf\xe9\n", "byte 0xe9 at offset 9 is not UTF-8; save the file as UTF-8"),
        (b"a: &x [*x]\n", "a[0]: contains itself through an alias; write the values out"),
        (b"a: " + b"[" * 1000, "nested too deeply, expected a configuration of a few levels"),
        (
            b"a: 1\n---\nb: 2\n",
            "not YAML at line 2, column 1: expected a single document in the stream, but",
        ),
        (b"a: !!python/name:os.remove\n", "not YAML at line 1, column 4: could not determine a constructor"),
        (b"kind: demo\nx: !!set {a}\n", "the configuration: Object of type set is not JSON serializable"),
        (b"knd: demo\n", "kind: missing, expected 'demo' (the file has 'knd')"),
        (b"kind: dmo\n", "kind: got 'dmo', expected 'demo'; did you mean 'demo'?"),
        (b"kind: [demo]\n", "kind: got ['demo'], expected 'demo'"),
    ],
)
def test_a_file_that_is_no_configuration_gives_one_clear_line(write: Write, content: bytes, fault: str) -> None:
    path = write(content)
    found = faults(path)
    assert len(found) == 1
    assert found[0].startswith(fault)
    assert "\n" not in found[0]
    with pytest.raises(ConfigError):
        load(path, Recipe)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    missing = tmp_path / "no.yaml"
    with pytest.raises(FileMissingError, match=r"no\.yaml: no such file, expected a YAML configuration"):
        load(missing, Recipe)
    assert faults(missing) == ["no such file, expected a YAML configuration"]
    assert faults(tmp_path) == ["a folder, expected a YAML configuration"]


def test_overrides_reach_every_depth_and_the_last_one_wins(write: Write) -> None:
    recipe = load(
        write(GOOD),
        Recipe,
        overrides=[
            "data.train[0].path=b=c.jsonl",
            "learning_rate=1e-4",
            "epochs=7",
            "epochs=8",
            "head.type=linear",
            "head.strength=0.5",
            "limit=",
        ],
    )
    assert recipe.data.train[0].path == Path("b=c.jsonl")
    assert (recipe.learning_rate, recipe.epochs, recipe.limit) == (1e-4, 8, None)
    assert recipe.head == Linear(type="linear", strength=0.5)


@pytest.mark.parametrize(
    ("override", "fault"),
    [
        ("epochs", "--set epochs: got 'epochs', expected key.sub=value or key[0].sub=value"),
        ("=3", "--set : got '=3', expected key.sub=value or key[0].sub=value"),
        ("data..train=3", "--set data..train: got 'data..train=3', expected key.sub=value or key[0].sub=value"),
        ("data.train[4].path=b", "--set data.train[4].path: data.train has 1 entries, so it has no entry [4]"),
        ("data[0]=b", "--set data[0]: data is not a list, so it has no entry [0]"),
        ("kind.x=b", "--set kind.x: kind is not a mapping, so it has no key 'x'"),
        ("epochs=[", "--set epochs: got '[', expected a YAML value"),
        ("epoch=3", "epoch: unknown key; did you mean 'epochs'?"),
        ("epochs=three", "epochs: got the string 'three', expected an integer"),
    ],
)
def test_faulty_overrides_are_faults_like_any_other(write: Write, override: str, fault: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(write(GOOD + "zzz: 1\n"), Recipe, overrides=[override])
    lines = str(caught.value).splitlines()
    assert lines[0].endswith("config.yaml: 2 faults")
    assert sum(line.startswith(f"  {fault}") for line in lines) == 1
    assert sum(line.startswith("  zzz: unknown key") for line in lines) == 1
    assert isinstance(caught.value, NewsmlError)


def test_overrides_leave_the_file_alone(write: Write) -> None:
    path = write(GOOD)
    load(path, Recipe, overrides=["epochs=9"])
    assert path.read_text() == GOOD
