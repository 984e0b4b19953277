"""Corpora: every format gives the same articles, every bad row has its number, nothing is read ahead of need."""

import json
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from newsml.article import Article
from newsml.errors import ArticleError, FileMissingError, NewsmlError, ReadError
from newsml.io import read_corpus
from newsml.io.corpus import Duplicates, entries

ROWS: list[dict[str, Any]] = [
    {"id": "a", "title": 'First, "quoted"', "text": "One; two, “three”.\n\nFour\tfive.", "n": 1},
    {"id": "b", "title": "1984", "text": "Müller said 😀 so.", "n": 2},
    {"id": "c", "title": "", "text": "نص المقال.", "n": 3},
]


def jsonl(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def csv(path: Path, rows: list[dict[str, Any]], *, separator: str = ",") -> Path:
    lines = [separator.join(rows[0])]
    lines += [separator.join('"' + str(value).replace('"', '""') + '"' for value in row.values()) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="")
    return path


def parquet(path: Path, rows: list[dict[str, Any]]) -> Path:
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    return path


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    match path.suffix:
        case ".jsonl":
            return jsonl(path, rows)
        case ".json":
            path.write_text(json.dumps(rows), encoding="utf-8")
            return path
        case ".csv":
            return csv(path, rows)
        case ".tsv":
            return csv(path, rows, separator="\t")
        case _:
            return parquet(path, rows)


FORMATS = pytest.mark.parametrize("suffix", [".jsonl", ".json", ".csv", ".tsv", ".parquet"])


def faults(path: Path, **options: Any) -> tuple[list[Article], list[tuple[int, str]]]:
    met: list[tuple[int, str]] = []

    def note(number: int, error: NewsmlError) -> None:
        met.append((number, str(error)))

    return list(read_corpus(path, on_error=note, **options)), met


@FORMATS
def test_every_format_gives_the_same_articles(tmp_path: Path, suffix: str) -> None:
    articles = list(read_corpus(write(tmp_path / f"c{suffix}", ROWS)))
    assert [(article.id, article.title, article.text) for article in articles] == [
        (row["id"], row["title"], row["text"]) for row in ROWS
    ]


@FORMATS
def test_columns_are_mapped(tmp_path: Path, suffix: str) -> None:
    rows = [{"body": "One.", "headline": "H", "key": 7}, {"body": "Two.", "headline": "", "key": 8}]
    path = write(tmp_path / f"c{suffix}", rows)
    articles = list(read_corpus(path, columns={"text": "body", "title": "headline", "id": "key"}, language="en"))
    assert [(article.text, article.title, article.id) for article in articles] == [
        ("One.", "H", "7"),
        ("Two.", "", "8"),
    ]
    assert {article.language for article in articles} == {"en"}


@FORMATS
def test_missing_text_column_names_those_there_are(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"c{suffix}", [{"texts": "One.", "headline": "H"}])
    with pytest.raises(
        ReadError, match=r"no column 'text'.*'texts', 'headline'; did you mean 'texts'.*columns="
    ) as caught:
        list(read_corpus(path))
    assert "\n" not in str(caught.value)


@FORMATS
def test_mapped_column_that_is_nowhere_is_an_error(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"c{suffix}", [{"text": "One.", "headline": "H"}])
    with pytest.raises(ReadError, match="'headlin'"):
        list(read_corpus(path, columns={"title": "headlin"}))


def test_misspelt_field_is_an_error_at_once(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="did you mean 'title'"):
        read_corpus(jsonl(tmp_path / "c.jsonl", ROWS), columns={"titel": "headline"})


@pytest.mark.parametrize("value", [None, float("nan"), 5, ["a"]])
def test_text_that_is_no_string_is_named_by_line(tmp_path: Path, value: Any) -> None:
    path = jsonl(tmp_path / "c.jsonl", [{"text": "One."}, {"text": value}])
    with pytest.raises(ReadError, match=r"c\.jsonl, line 2: text"):
        list(read_corpus(path))


def test_missing_values_of_parquet_and_csv_are_named_by_row(tmp_path: Path) -> None:
    path = parquet(tmp_path / "c.parquet", [{"text": "One.", "id": 1}, {"text": None, "id": 2}, {"text": "Three."}])
    articles, met = faults(path)
    assert [article.text for article in articles] == ["One.", "Three."]
    assert [number for number, _ in met] == [2]
    (tmp_path / "c.csv").write_text('id,text\n1,One.\n2,NaN\n3,\n4,"NA"\n5,17\n6,Six.\n')
    articles, met = faults(tmp_path / "c.csv")
    assert [article.text for article in articles] == ["One.", "NA", "Six."]
    assert [number for number, _ in met] == [2, 3, 5]
    assert "row 2: text is missing" in met[0][1]


def test_numbers_in_a_text_column_of_parquet(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"row 1: text must be a string, got float \(1\.5\)"):
        list(read_corpus(parquet(tmp_path / "c.parquet", [{"text": 1.5}])))


def test_bad_lines_are_recorded_and_the_rest_is_read(tmp_path: Path) -> None:
    (tmp_path / "c.jsonl").write_bytes(
        b'\xef\xbb\xbf{"text": "One."}\n\n{"text": \n[1]\n{"text": "M\xfcller"}\n{"text": " "}\n'
        b'{"texts": "x"}\n{"text": "End."}'
    )
    articles, met = faults(tmp_path / "c.jsonl")
    assert [article.text for article in articles] == ["One.", "End."]
    assert [number for number, _ in met] == [3, 4, 5, 6, 7]
    for (_, message), what in zip(
        met, ["not JSON", "got a list", "not utf-8 at character 12 (0xfc)", "white space", "no column"], strict=True
    ):
        assert what in message
        assert "\n" not in message
    with pytest.raises(ReadError, match="line 3: not JSON"):
        list(read_corpus(tmp_path / "c.jsonl"))


def test_ragged_csv_rows_keep_the_numbers_of_the_others(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text('id,text\n1,a,b\n2,Two.\n3\n4,"Four\nlines, quoted."\n5,\n6,x,y,z\n')
    articles, met = faults(tmp_path / "c.csv")
    assert [article.id for article in articles] == ["2", "4"]
    assert [number for number, _ in met] == [1, 3, 5, 6]
    assert "3 values, expected 2" in met[0][1]
    with pytest.raises(ReadError, match="row 1: 3 values, expected 2"):
        list(read_corpus(tmp_path / "c.csv"))


def test_csv_in_another_encoding(tmp_path: Path) -> None:
    text = "id,text\n1,One.\n2,Said Müller.\n"
    (tmp_path / "c.csv").write_bytes(text.encode("latin-1"))
    with pytest.raises(ReadError, match=r"row 2: not UTF-8 \(byte 0xfc\)"):
        list(read_corpus(tmp_path / "c.csv"))
    assert [a.text for a in read_corpus(tmp_path / "c.csv", encoding="latin-1")] == ["One.", "Said Müller."]
    (tmp_path / "c.csv").write_bytes(text.encode("utf-16"))
    with pytest.raises(ReadError, match="encoding='utf-16'"):
        list(read_corpus(tmp_path / "c.csv"))
    assert [a.text for a in read_corpus(tmp_path / "c.csv", encoding="utf-16")] == ["One.", "Said Müller."]


def test_jsonl_in_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    path.write_text(json.dumps({"text": "Said Müller."}, ensure_ascii=False), encoding="utf-16")
    with pytest.raises(ReadError, match="encoding='utf-16'"):
        list(read_corpus(path))
    assert [article.text for article in read_corpus(path, encoding="utf-16")] == ["Said Müller."]
    path.write_bytes('{"text": "One."}\n'.encode("utf-16-le") + b"\x00\xdc\x00")
    with pytest.raises(ReadError, match="not utf-16-le"):
        list(read_corpus(path, encoding="utf-16-le"))


@pytest.mark.parametrize(
    ("name", "data", "what"),
    [
        ("c.csv", b"", "the file is empty"),
        ("c.csv", b"id,text\n", "no article"),
        ("c.csv", b"id;text\n1;One.\n", "separated by ';'"),
        ("c.csv", b"text,text\nOne.,Two.\n", "2 columns are named 'text'"),
        ("c.csv", b"%PDF-1.7", "PDF"),
        ("c.jsonl", b"", "the file is empty"),
        ("c.jsonl", b"PK\x03\x04", "ZIP"),
        ("c.parquet", b"text\nOne.\n", "not Parquet"),
        ("c.parquet", b"", "not Parquet"),
        ("c.json", b"[]", "no article"),
        ("c.json", b"[{]", "not JSON"),
        ("c.html", b"Hi.", "HTML"),
        ("c.txt", b"", "white space"),
    ],
)
def test_files_that_are_no_corpus(tmp_path: Path, name: str, data: bytes, what: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(NewsmlError, match=what) as caught:
        list(read_corpus(tmp_path / name))
    assert "\n" not in str(caught.value)


def test_folder_is_read_in_order_without_hidden_files(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / ".git").mkdir()
    for name, text in {
        "b/2.txt": "Two.",
        "a.md": "One.",
        ".hidden.txt": "No.",
        ".git/x.txt": "No.",
        "b/pic.png": "No.",
    }.items():
        (tmp_path / name).write_text(text)
    jsonl(tmp_path / "c.jsonl", [{"text": "Three."}, {"text": "Four."}])
    assert [article.text for article in read_corpus(tmp_path)] == ["One.", "Two.", "Three.", "Four."]


def test_faults_in_a_folder_name_the_file(tmp_path: Path) -> None:
    (tmp_path / "1.txt").write_text("One.")
    (tmp_path / "2.txt").write_text("")
    (tmp_path / "3.html").write_text("<p>")
    (tmp_path / "4.txt").write_text("Four.")
    articles, met = faults(tmp_path)
    assert [article.text for article in articles] == ["One.", "Four."]
    assert [number for number, _ in met] == [2, 3]
    assert "2.txt" in met[0][1]
    with pytest.raises(ArticleError, match=r"2\.txt"):
        list(read_corpus(tmp_path))


def test_folder_without_articles(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"x")
    with pytest.raises(ReadError, match="a folder without"):
        list(read_corpus(tmp_path))


def test_several_paths_and_missing_ones(tmp_path: Path) -> None:
    paths = [jsonl(tmp_path / "a.jsonl", ROWS[:1]), csv(tmp_path / "b.csv", ROWS[1:])]
    assert [article.id for article in read_corpus(paths)] == ["a", "b", "c"]
    with pytest.raises(FileMissingError, match=r"did you mean 'b\.csv'"):
        read_corpus([paths[0], tmp_path / "b.cvs"])
    with pytest.raises(ReadError, match="no file or folder given"):
        read_corpus([])


@pytest.mark.parametrize(("duplicates", "count"), [("keep", 3), ("skip", 2)])
def test_duplicates_are_kept_unless_asked(tmp_path: Path, duplicates: Duplicates, count: int) -> None:
    path = jsonl(tmp_path / "c.jsonl", [{"text": "One."}, {"text": "Two."}, {"text": "One."}])
    assert len(list(read_corpus(path, duplicates=duplicates))) == count


def test_duplicates_as_errors_name_both_places(tmp_path: Path) -> None:
    paths = [
        jsonl(tmp_path / "a.jsonl", [{"text": "One.", "id": "x"}]),
        jsonl(tmp_path / "b.jsonl", [{"text": "Two."}, {"text": "Three.", "id": "x"}]),
    ]
    with pytest.raises(ReadError, match=r"b\.jsonl, line 2: the id 'x' was met before, at .*a\.jsonl, line 1"):
        list(read_corpus(paths, duplicates="error"))
    with pytest.raises(ReadError, match="expected 'keep', 'error' or 'skip'"):
        read_corpus(paths, duplicates="drop")  # type: ignore[arg-type]


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
def test_nothing_after_the_rows_taken_is_looked_at(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"c{suffix}", [{"text": "Fine."}] * 500 + [{"text": " "}])
    assert len(list(islice(read_corpus(path), 500))) == 500
    with pytest.raises(ArticleError, match="50"):
        list(read_corpus(path))


def test_long_texts_in_csv_are_read_whole(tmp_path: Path) -> None:
    text = "A line, with a comma.\n" * 20_000
    path = csv(tmp_path / "c.csv", [{"text": text}] * 3)
    assert [len(article.text) for article in read_corpus(path)] == [len(text)] * 3


def test_seed_corpus_is_read() -> None:
    articles = list(read_corpus(Path(__file__).parents[3] / "seeds" / "corpus.jsonl", duplicates="error"))
    assert len(articles) == 12
    assert all(article.title and 80 <= len(article.text.split()) <= 160 for article in articles)


def packed(path: Path, compression: str) -> Path:
    target = path.with_name(path.name + {"gzip": ".gz", "zstd": ".zst"}[compression])
    with pyarrow.CompressedOutputStream(str(target), compression) as out:
        out.write(path.read_bytes())
    path.unlink()
    return target


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".csv", ".tsv"])
def test_compressed_files_give_the_same_articles(tmp_path: Path, suffix: str, compression: str) -> None:
    packed(write(tmp_path / f"c{suffix}", ROWS), compression)
    packed(write(tmp_path / f"d{suffix}", ROWS[:1]), compression)
    (tmp_path / "notes.pdf.gz").touch()
    assert [article.id for article in read_corpus(tmp_path)] == ["a", "b", "c", "a"]


def test_compressed_texts_and_parts_written_one_after_the_other(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("One sentence.")
    one = packed(tmp_path / "a.txt", "gzip")
    assert [article.text for article in read_corpus(one)] == ["One sentence."]
    for compression in ("gzip", "zstd"):
        parts = [packed(jsonl(tmp_path / f"{name}.jsonl", [{"text": name}]), compression) for name in "ab"]
        both = parts[0].with_name("both" + parts[0].name[1:])
        both.write_bytes(b"".join(part.read_bytes() for part in parts))
        assert [article.text for article in read_corpus(both)] == ["a", "b"]


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".txt"])
def test_damaged_and_cut_off_files_are_said(tmp_path: Path, suffix: str, compression: str) -> None:
    path = tmp_path / f"c{suffix}"
    path.write_text('{"text": "A b."}\n' if suffix == ".jsonl" else "text\nA b.\n")
    path = packed(path, compression)
    whole = path.read_bytes()
    for data in (b"no such thing" * 9, whole[:-6]):
        path.write_bytes(data)
        with pytest.raises(ReadError, match=rf"c{suffix}.*cannot be read|not CSV that can be read") as caught:
            list(read_corpus(path))
        assert "\n" not in str(caught.value)


def test_a_compressed_parquet_is_refused(tmp_path: Path) -> None:
    path = packed(write(tmp_path / "c.parquet", ROWS), "gzip")
    with pytest.raises(ReadError, match="unpack the file first"):
        list(read_corpus(path))


def test_patterns_are_read_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in" / "b").mkdir(parents=True)
    for name in ("b/3.txt", "2.txt", "1.txt"):
        (tmp_path / "in" / name).write_text(f"Text {name}.")
    (tmp_path / "in" / "[x].txt").write_text("Its own name.")
    assert [a.text for a in read_corpus(f"{tmp_path}/in/[0-9].txt")] == ["Text 1.txt.", "Text 2.txt."]
    assert len(list(read_corpus(f"{tmp_path}/in/**/*.txt"))) == 4
    monkeypatch.chdir(tmp_path / "in")
    assert [a.text for a in read_corpus("[x].txt")] == ["Its own name."]
    with pytest.raises(FileMissingError, match="no file matches"):
        read_corpus("9*.txt")


def test_the_walk_shows_bad_rows_in_their_place(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "c.jsonl", [{"text": "One."}, {"text": ""}, [], {"text": "Two."}])
    found = list(entries(path))
    assert [entry.number for entry in found] == [1, 2, 3, 4]
    assert [isinstance(entry.found, Article) for entry in found] == [True, False, False, True]
    assert found[1].where.endswith("c.jsonl, line 2")
