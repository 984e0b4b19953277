"""Fetching: sources in order, checksums, all or nothing, and no network the second time."""

from __future__ import annotations

import importlib.util
import io
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from newsml.errors import DownloadError, MissingDependencyError, ModelError
from newsml.models import hub, sources
from newsml.models.cache import cache_folder, entry_of, filling, is_whole, locked
from newsml.models.card import Card
from newsml.models.sources import fetch, located

FILES = {
    "config.json": b'{"architectures": ["BertModel"]}',
    "sub/vocab.txt": b"a\nb\n",
    "model.safetensors": b"w" * 999,
}

MakeCard = Callable[..., Card]
AddWheel = Callable[[str, Mapping[str, bytes]], Path]


def in_wheel(files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {f"tiny_model/model/{path}": data for path, data in files.items()} | {"tiny_model/__init__.py": b"1 / 0"}


def folder_with(path: Path, files: Mapping[str, bytes]) -> Path:
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


def content(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file() and path.name != "manifest.json")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def nothing_left(home: Path) -> bool:
    return not [path for path in home.rglob("*") if path.is_file() and path.suffix != ".lock"]


def test_index_then_cache(
    make_card: MakeCard, add_wheel: AddWheel, home: Path, screen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = add_wheel("tiny-model", in_wheel(FILES))
    card = make_card()
    assert located(card) is None
    path = fetch(card, progress=screen)
    assert path.is_relative_to(home)
    assert content(path) == FILES
    assert "fetching tiny (0.0 MB) from the package index (tiny-model==1.0)" in screen.said[0]
    assert str(path) in screen.said[-1]
    assert screen.bytes[-1] == (1500, 1500)
    assert "tiny_model" not in sys.modules

    wheel.unlink()
    monkeypatch.setattr(subprocess, "Popen", None)
    assert fetch(card) == located(card, verify=True) == path


def test_parts_of_a_split_zip(make_card: MakeCard, add_wheel: AddWheel, home: Path, screen: Any) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, member in FILES.items():
            archive.writestr(f"top/{name}", member)
    data, cut = packed.getvalue(), 200
    add_wheel("tiny-part-1", {"part_1/input/x.zip.001": data[:cut]})
    add_wheel("tiny-part-2", {"part_2/input/x.zip.002": data[cut:]})
    packages = ("tiny-part-1==1.0", "tiny-part-2==1.0")
    source = {"kind": "index", "packages": packages, "archive": "*/input/x.zip.*", "folder": "top", "bytes": 3000}
    path = fetch(make_card(sources=(source,)), progress=screen)
    assert content(path) == FILES
    assert path.is_relative_to(home)


def test_damaged_download(make_card: MakeCard, add_wheel: AddWheel, home: Path, screen: Any) -> None:
    add_wheel("tiny-model", in_wheel(FILES | {"model.safetensors": b"x" * 999}))
    card = make_card()
    with pytest.raises(DownloadError) as caught:
        fetch(card, progress=screen)
    message = str(caught.value)
    assert "model.safetensors is damaged" in message
    assert card.files[-1].sha256[:16] in message
    assert "\n" not in message
    assert nothing_left(home)
    assert located(card) is None


@pytest.mark.parametrize("members", [{"tiny_model/model/config.json": b"{}"}, {}])
def test_files_missing_from_the_wheel(
    make_card: MakeCard, add_wheel: AddWheel, home: Path, screen: Any, members: dict[str, bytes]
) -> None:
    add_wheel("tiny-model", members)
    with pytest.raises(DownloadError, match="holds no tiny_model/model/"):
        fetch(make_card(), progress=screen)
    assert nothing_left(home)


def test_no_network_and_empty_cache(make_card: MakeCard, index: Path, home: Path, screen: Any) -> None:
    assert not list(index.iterdir())
    with pytest.raises(DownloadError) as caught:
        fetch(make_card(), progress=screen)
    message = str(caught.value)
    for part in ("tiny-model==1.0", "cannot be reached", "newsml models pull tiny", str(home), "NEWSML_HOME"):
        assert part in message
    assert "\n" not in message
    assert nothing_left(home)


@pytest.mark.usefixtures("index")
def test_next_source_serves_and_all_reasons_are_told(
    make_card: MakeCard, home: Path, screen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deliver(repo: str, revision: str, paths: list[str], target: Path) -> None:
        assert (repo, revision, paths) == ("org/tiny", "a" * 40, list(FILES))
        assert not list(target.iterdir())
        folder_with(target, served)

    monkeypatch.setattr(hub, "deliver", deliver)
    from_index = make_card().sources[0].model_dump()
    card = make_card(sources=(from_index, {"kind": "hub", "repo": "org/tiny", "revision": "a" * 40}))
    served = FILES | {"config.json": b"{}"}
    with pytest.raises(DownloadError, match=r"the package index .*; the Hugging Face Hub .*config\.json is damaged"):
        fetch(card, progress=screen)
    assert nothing_left(home)
    served = FILES
    assert content(fetch(card, progress=screen)) == FILES


def test_folder_of_the_user_comes_first(make_card: MakeCard, tmp_path: Path, home: Path, screen: Any) -> None:
    folder = folder_with(tmp_path / "mine", FILES)
    path = fetch(make_card(), folder=folder, progress=screen)
    assert content(path) == content(folder)
    assert path.is_relative_to(home)


def test_without_pip(make_card: MakeCard, home: Path, screen: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(MissingDependencyError, match="ensurepip"):
        fetch(make_card(), progress=screen)
    assert nothing_left(home)


def test_cache_that_cannot_be_written(
    make_card: MakeCard, tmp_path: Path, screen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    monkeypatch.setenv("NEWSML_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(DownloadError, match=r"cannot write to the cache folder .*file/home .*NEWSML_HOME"):
        fetch(make_card(), progress=screen)


def test_cut_file_in_the_cache_is_fetched_again(make_card: MakeCard, tmp_path: Path, home: Path, screen: Any) -> None:
    folder = folder_with(tmp_path / "mine", FILES)
    card = make_card(sources=({"kind": "folder", "path": str(folder)},))
    path = fetch(card, progress=screen)
    (path / "model.safetensors").write_bytes(b"w")
    assert located(card) is None
    assert content(fetch(card, progress=screen)) == FILES
    (path / "model.safetensors").write_bytes(b"x" * 999)
    assert located(card) == path
    assert located(card, verify=True) is None
    assert content(fetch(card, verify=True, progress=screen)) == FILES
    assert home.exists()


def test_interrupted_fetch_leaves_nothing(
    make_card: MakeCard, tmp_path: Path, home: Path, screen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = folder_with(tmp_path / "mine", FILES)
    card = make_card(sources=({"kind": "folder", "path": str(folder)},))

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sources, "check_files", interrupt)
    with pytest.raises(KeyboardInterrupt):
        fetch(card, progress=screen)
    assert nothing_left(home)


def test_what_a_killed_process_left_is_cleared(make_card: MakeCard, home: Path) -> None:
    entry = entry_of(make_card())
    folder_with(entry.parent / f".{entry.name}.partial", {"half.safetensors": b"w"})
    with filling(entry) as staging:
        assert not list(staging.iterdir())
        folder_with(staging, FILES)
    assert is_whole(entry, verify=True)
    assert content(home / "models" / "tiny" / entry.name) == FILES


def test_second_process_waits_and_fetches_nothing(make_card: MakeCard, home: Path, screen: Any) -> None:
    card = make_card(sources=({"kind": "folder", "path": str(home / "absent")},))
    entry = entry_of(card)
    waits = threading.Event()
    found: list[Path] = []

    class Watcher:
        def say(self, message: str) -> None:
            screen.say(message)
            waits.set()

        def advance(self, done: int, total: int) -> None:
            screen.advance(done, total)

    second = threading.Thread(target=lambda: found.append(fetch(card, progress=Watcher())))
    with locked(entry, waiting=lambda: None):
        second.start()
        assert waits.wait(timeout=30)
        with filling(entry) as staging:
            folder_with(staging, FILES)
    second.join(timeout=30)
    assert found == [entry]
    assert screen.said == ["tiny: another process is fetching it, waiting …"]


def test_card_without_sources(make_card: MakeCard, home: Path) -> None:
    with pytest.raises(ModelError, match="names no source"):
        fetch(make_card(sources=(), files={}))
    assert not home.exists()


def test_weights_missing_from_the_installation(make_card: MakeCard, home: Path) -> None:
    with pytest.raises(ModelError, match="installation of newsml is damaged"):
        located(make_card(name="not-shipped", sources=({"kind": "package"},)))
    assert not home.exists()


def test_cache_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSML_HOME", "~/somewhere")
    assert cache_folder() == Path.home() / "somewhere"
    monkeypatch.delenv("NEWSML_HOME")
    assert cache_folder().name in ("newsml", "Cache")
