"""One article from a file: titles, encodings, JSON, and every kind of file that is none."""

import gzip
import json
import os
from datetime import date
from pathlib import Path

import pytest

from newsml.article import MAX_CHARACTERS
from newsml.errors import ArticleError, FileMissingError, NewsmlError, ReadError
from newsml.io import read, read_text

SEEDS = Path(__file__).parents[3] / "seeds"
BODY = "NATO warned of a “new” buildup – again, said Müller.\n\nMoscow did not answer.\n"


def refusal(path: Path, *, encoding: str = "utf-8") -> str:
    """The one line with which a file is refused."""
    with pytest.raises(NewsmlError) as caught:
        read(path, encoding=encoding)
    message = str(caught.value)
    assert "\n" not in message
    assert path.name[:40] in message
    return message


def test_sample_article_keeps_every_character_of_its_text() -> None:
    raw = (SEEDS / "nato-russian-troop-buildup.txt").read_text("utf-8")
    article = read(SEEDS / "nato-russian-troop-buildup.txt")
    assert article.title == "NATO warns of new Russian troop buildup"
    assert raw == f"{article.title}\n\n{article.text}"
    assert article.id == read(SEEDS / "nato-russian-troop-buildup.txt").id


@pytest.mark.parametrize(
    ("content", "title", "text"),
    [
        ("Head\n\nBody.", "Head", "Body."),
        ("\n\n  \nHead \r\n \t\r\n\r\n  Body.\r\n", "Head", "  Body.\r\n"),
        ("\ufeffHead\r\rBody.", "Head", "Body."),
        ("Line one.\nLine two.\n", "", "Line one.\nLine two.\n"),
        ("Only line.\n", "", "Only line.\n"),
        ("x" * 301 + "\n\nBody.", "", "x" * 301 + "\n\nBody."),
    ],
)
def test_title_is_a_first_line_with_a_blank_line_after_it(content: str, title: str, text: str) -> None:
    article = read_text(content)
    assert (article.title, article.text) == (title, text)


def test_a_given_title_leaves_the_text_whole() -> None:
    assert read_text("Head\n\nBody.", title="").text == "Head\n\nBody."
    article = read_text(b"Head\n\nBody.", title="Mine", language="en")
    assert (article.title, article.text, article.language) == ("Mine", "Head\n\nBody.", "en")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1"])
def test_encodings_asked_for_are_read(tmp_path: Path, encoding: str) -> None:
    text = BODY if encoding != "latin-1" else "Müller said no.\n"
    (tmp_path / "a.txt").write_bytes(text.encode(encoding))
    assert read(tmp_path / "a.txt", encoding=encoding, title="").text == text


def test_utf8_byte_order_mark_is_dropped(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfHead\n\nBody.")
    assert read(tmp_path / "a.txt").title == "Head"


@pytest.mark.parametrize(
    ("encoding", "advice"),
    [
        ("utf-16", "encoding='utf-16' (--encoding utf-16)"),
        ("utf-16-le", "encoding='utf-16-le'"),
        ("utf-16-be", "encoding='utf-16-be'"),
        ("utf-32", "encoding='utf-32'"),
        ("cp1252", "encoding='cp1252'"),
    ],
)
def test_other_encodings_are_named(tmp_path: Path, encoding: str, advice: str) -> None:
    (tmp_path / "a.txt").write_bytes(BODY.encode(encoding))
    assert advice in refusal(tmp_path / "a.txt")


def test_latin1_says_at_which_byte(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("Said Müller.".encode("latin-1"))
    message = refusal(tmp_path / "a.txt")
    assert "not utf-8 at byte 6 (0xfc)" in message
    assert "--encoding latin-1" in message


def test_cut_off_utf8_is_not_taken_for_latin1(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("Said Mü".encode()[:-1])
    assert "cut off" in refusal(tmp_path / "a.txt")


def test_wrong_and_unknown_encodings(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("Said Müller".encode())
    assert "not ascii at byte 6" in refusal(tmp_path / "a.txt", encoding="ascii")
    with pytest.raises(ReadError, match=r"unknown encoding 'utf8x'.*did you mean 'utf-8'"):
        read(tmp_path / "a.txt", encoding="utf8x")
    with pytest.raises(ReadError, match="unknown encoding 'rot13'"):
        read(tmp_path / "a.txt", encoding="rot13")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "PDF"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "PNG"),
        (b"PK\x03\x04\x14\0\x06\0", "ZIP"),
        (gzip.compress(b"hello"), "gzip"),
        (b"MZ\x90\0\x03\0\0\0\x04", "program"),
        (b"\x7fELF\x02\x01\x01\0", "program"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "JPEG"),
        (b"Some text\0and more text that goes on", "NUL byte at byte 9"),
        (b"x" * 5000 + b"\0", "NUL character at offset 5000"),
    ],
)
def test_binary_files_are_named(tmp_path: Path, data: bytes, what: str) -> None:
    (tmp_path / "a.txt").write_bytes(data)
    assert what in refusal(tmp_path / "a.txt")


@pytest.mark.parametrize("content", ["<!DOCTYPE html><p>Hi", "  \n<HTML lang='en'>", "<?xml version='1.0'?><nitf/>"])
def test_html_is_not_read_yet(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.txt").write_text(content)
    assert "extract the text" in refusal(tmp_path / "a.txt")
    (tmp_path / "b.html").write_text("Plain.")
    assert "HTML is not read yet" in refusal(tmp_path / "b.html")


@pytest.mark.parametrize(
    ("content", "what"), [("", "white space"), (" \n\t\n", "white space"), ("Title\n\n", "only a title")]
)
def test_nothing_to_analyse(tmp_path: Path, content: str, what: str) -> None:
    (tmp_path / "a.txt").write_text(content)
    with pytest.raises(ArticleError, match=what):
        read(tmp_path / "a.txt")


def test_missing_file_offers_near_names(tmp_path: Path) -> None:
    (tmp_path / "report.txt").write_text("Hi.")
    with pytest.raises(FileMissingError, match=r"no such file or folder; did you mean 'report\.txt'\?"):
        read(tmp_path / "reprot.txt")
    with pytest.raises(FileMissingError, match="there is no folder"):
        read(tmp_path / "nowhere" / "report.txt")
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "x.html")


def test_paths_that_are_no_file(tmp_path: Path) -> None:
    assert "read_corpus" in refusal(tmp_path)
    for name in ("", "a\0b", "x" * 5000):
        with pytest.raises(ReadError):
            read(name)
    (tmp_path / "a.csv").write_text("text\nHi.\n")
    assert "read_corpus" in refusal(tmp_path / "a.csv")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_file_without_permission(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Hi.")
    (tmp_path / "a.txt").chmod(0)
    assert "cannot be read (Permission denied)" in refusal(tmp_path / "a.txt")


def test_too_large_a_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "a.txt").open("wb") as file:
        file.truncate(10_000_000_000)  # Sparse: no disk is used, and no memory could hold it.
    assert "at most 4,000,000 make one article" in refusal(tmp_path / "a.txt")
    (tmp_path / "b.txt").write_text("a" * (MAX_CHARACTERS + 1))
    assert "at most 1,000,000 make one article" in refusal(tmp_path / "b.txt")


def test_json_object_fills_every_field(tmp_path: Path) -> None:
    record = {
        "text": "Body.",
        "title": "Head",
        "id": 17,
        "url": "https://example.org/17",
        "source": "Example",
        "authors": ["A. Lee", "B. Kay"],
        "published_at": "2014-06-19",
        "language": "en",
        "section": "World",
    }
    (tmp_path / "a.json").write_text(json.dumps([record]))
    article = read(tmp_path / "a.json")
    assert (article.id, article.authors, article.published_at) == ("17", ("A. Lee", "B. Kay"), date(2014, 6, 19))
    assert read(tmp_path / "a.json", language="de", title="New").language == "de"
    assert read(tmp_path / "a.json", title="New").title == "New"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("{", "not JSON at line 1, column 2"),
        ('{"text": "a"}\n{"text": "b"}', ".jsonl"),
        ('[{"text": "a"}, {"text": "b"}]', "read_corpus"),
        ("[]", "read_corpus"),
        ('"text"', "it holds a str"),
        ("[1]", "entry 1 is a int"),
        ('{"body": "a"}', "no column 'text' to read text from; the columns are 'body'"),
        ('{"text": null}', "text is missing"),
        ('{"text": NaN}', "text is missing"),
        ('{"text": 5}', "text must be a string, got int"),
        ('{"text": "a", "title": 5}', "title must be a string"),
        ('{"text": "a", "id": true}', "id must be a string"),
        ('{"text": "a", "authors": [1]}', "authors must be"),
        ('{"text": "a", "published_at": "June 19"}', "ISO 8601"),
        ('{"text": "a", "published_at": 1403136000}', "ISO 8601"),
        ('{"text": "a\\u0000b"}', "NUL"),
        ("[" * 100_000, "cannot be read"),
    ],
)
def test_json_that_is_no_article(tmp_path: Path, content: str, what: str) -> None:
    (tmp_path / "a.json").write_text(content)
    assert what in refusal(tmp_path / "a.json")


def test_emoji_and_right_to_left_text_are_kept(tmp_path: Path) -> None:
    text = "العنوان 😀\n\nنص المقال هنا. 👩‍👩‍👧\n"
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    article = read(tmp_path / "a.txt")
    assert (article.title, article.text) == ("العنوان 😀", "نص المقال هنا. 👩‍👩‍👧\n")
