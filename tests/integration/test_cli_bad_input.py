"""Bad input on the command line: one clear line each, a non-zero exit, nothing on standard output, no traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import newsml
from newsml.errors import ReadError

ARABIC = "حذر حلف شمال الأطلسي يوم الخميس من حشد عسكري روسي جديد على الحدود الأوكرانية ووصفه بأنه خطوة مؤسفة. " * 3
GERMAN = "Die Bundesregierung hat am Donnerstag ein neues Gesetz über den Ausbau der Windkraft beschlossen. " * 3
ENGLISH = "The café owner said on Thursday that the council had ignored his letters about the noise for months."

FILES: dict[str, tuple[bytes, str]] = {
    "empty.txt": (b"", "nothing but white space"),
    "blank.txt": (b" \n\t\n  ", "nothing but white space"),
    "title.txt": (b"Only a title\n\n", "only a title"),
    "large.txt": (b"Ten megabytes of text. " * 450_000, "at most 4,000,000 make one article"),
    "image.txt": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "looks like a PNG image"),
    "utf16.txt": (ENGLISH.encode("utf-16"), "--encoding utf-16"),
    "latin1.txt": (ENGLISH.encode("latin-1"), "--encoding latin-1"),
    "nul.txt": (b"Some text with a \x00 in it.", "NUL"),
    "table.csv": (b"text,label\nSome text.,a\n", "a .csv file holds many articles"),
    "page.html": (b"<html><p>Hello.</p></html>", "HTML is not read yet"),
    "broken.json": (b'{"text": "Some', "not JSON at line 1"),
    "notext.json": (b'{"headline": "Some"}', "text"),
    "two.json": (b'[{"text": "One."}, {"text": "Two."}]', "a list of 2 articles"),
}
"""What no model is needed to refuse: bytes, and what the line says of them."""


def newsml_command(*arguments: str, folder: Path, stdin: bytes = b"") -> subprocess.CompletedProcess[str]:
    """The command as a user types it, in a folder."""
    command = [sys.executable, "-m", "newsml", *arguments]
    done = subprocess.run(command, cwd=folder, input=stdin, capture_output=True, check=False)
    return subprocess.CompletedProcess(command, done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, (content, _) in FILES.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "folder").mkdir()
    return tmp_path


def test_each_bad_file_has_its_line(folder: Path) -> None:
    expected = {name: says for name, (_, says) in FILES.items()}
    expected |= {"empty.tx": "did you mean 'empty.txt'", "folder": "a folder, expected a file", "": "not a path"}
    done = newsml_command("analyze", *expected, folder=folder)
    lines = done.stderr.splitlines()
    assert len(lines) == len(expected), done.stderr
    for line, (name, says) in zip(lines, expected.items(), strict=True):
        assert line.startswith(f"newsml: {name}: " if name else "newsml: "), line
        assert says in line
    assert (done.returncode, done.stdout) == (1, "")


@pytest.mark.parametrize(
    ("content", "says"), [(b"", "nothing but white space"), (b"word " * 900_000, "over 4,000,000 bytes")]
)
def test_standard_input_is_no_better(tmp_path: Path, content: bytes, says: str) -> None:
    done = newsml_command("analyze", "-", "--json", folder=tmp_path, stdin=content)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("newsml: standard input: ")
    assert says in line


def test_an_unknown_encoding_is_named(folder: Path) -> None:
    done = newsml_command("analyze", "nul.txt", "--encoding", "utf-9", folder=folder)
    assert done.returncode == 1
    assert "unknown encoding 'utf-9'" in done.stderr
    assert "did you mean 'utf-8'" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["analyze"],
        ["analyse", "nul.txt"],
        ["analyze", "-", "-"],
        ["analyze", "nul.txt", "--sentences", "0"],
        ["analyze", "nul.txt", "--nonsense"],
        ["finetune"],
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_with_two(folder: Path, arguments: list[str]) -> None:
    done = newsml_command(*arguments, folder=folder)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stdout == "" or not arguments


def test_an_encoding_that_fits_reads_the_same_article(folder: Path) -> None:
    texts = {newsml.read(folder / f"{name}.txt", encoding=name).text for name in ("utf16", "latin1")}
    assert texts == {ENGLISH}
    with pytest.raises(ReadError, match="utf-16"):
        newsml.read(folder / "utf16.txt")


@pytest.mark.model
def test_other_languages_and_unknown_models_have_their_line(folder: Path) -> None:
    (folder / "arabic.txt").write_text(ARABIC, encoding="utf-8")
    (folder / "german.txt").write_text(GERMAN, encoding="utf-8")
    done = newsml_command("analyze", "arabic.txt", "german.txt", folder=folder)
    assert (done.returncode, done.stdout) == (1, "")
    for line, name, code in zip(done.stderr.splitlines(), ("arabic", "german"), ("'ar'", "'de'"), strict=True):
        assert line.startswith(f"newsml: {name}.txt: ")
        assert code in line
        assert "--language en" in line
    done = newsml_command("analyze", "german.txt", "--summary", "abstractiv", folder=folder)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert "'abstractiv' is no model" in line
    assert "did you mean 'abstractive'" in line


RECIPE = """kind: finetune
name: tiny
task: topics
output: out
epoch: 3
training: {epochs: many}
train:
- {path: a.jsonl, columns: {text: text, label: label}}
card: {summary: A model.}
"""


def test_all_faults_of_a_recipe_are_listed_at_once(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(RECIPE, encoding="utf-8")
    done = newsml_command("finetune", "tiny.yaml", "--set", "seeds=2", folder=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    first, *faults = done.stderr.splitlines()
    assert first == "newsml: tiny.yaml: 3 faults"
    for key in (
        "epoch: unknown key",
        "training.epochs: got the string 'many'",
        "seeds: unknown key; did you mean 'seed' or 'sweep'?",
    ):
        assert any(fault.strip().startswith(key) for fault in faults), faults


def test_what_a_recipe_lacks_is_one_line(tmp_path: Path) -> None:
    for arguments, says in ((["none.yaml"], "no such file"), (["tiny.yaml", "--set", "epoch"], "epoch")):
        done = newsml_command("finetune", *arguments, folder=tmp_path)
        assert (done.returncode, done.stdout) == (1, "")
        assert says in done.stderr
        assert "Traceback" not in done.stderr
        (tmp_path / "tiny.yaml").write_text(RECIPE, encoding="utf-8")
