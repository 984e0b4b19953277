"""Corpus runs: answers equal those of the tasks, nothing is lost or done twice, runs that differ never mix."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from newsml.article import Article
from newsml.batch import models as loaded
from newsml.batch import run
from newsml.batch.job import Job
from newsml.batch.run import Corpus, predict
from newsml.batch.store import Totals
from newsml.errors import ConfigError, FileMissingError, ModelError, NewsmlError, QueryError, ReadError, WriteError
from newsml.io import read_results
from newsml.results import StanceResult, SummaryResult, TopicResult
from newsml.tasks.stance import StanceDetector
from newsml.tasks.summarize import Summarizer
from newsml.tasks.topics import TopicClassifier
from tests.unit.batch.corpora import ROWS, files_of, write_corpus

Jobs = Callable[..., Job]


class Notes:
    """A watch that writes down what it is told."""

    def __init__(self) -> None:
        self.rows: Counter[str] = Counter()

    def counted(self, rows: int) -> None:
        self.rows["counted"] += rows

    def planned(self, rows: int, done: int) -> None:
        self.rows.update(planned=rows, done=done)

    def advance(self, rows: int) -> None:
        self.rows["advanced"] += rows


@pytest.mark.parametrize("format_", ["parquet", "jsonl"])
def test_every_row_is_answered_or_said_why_not(
    job: Jobs, models: Path, corpus: Path, tmp_path: Path, format_: str
) -> None:
    notes = Notes()
    totals = predict(job(format=format_), Corpus([corpus]), tmp_path / "out", watch=notes)
    assert totals == Totals(
        17, 4, {"topics": 13, "stance": 26, "summary": 13}, {"duplicate": 1, "refused": 3, "unreadable": 2}
    )
    assert notes.rows == {"counted": 17, "planned": 17, "done": 0, "advanced": 17}

    named = (row["id"] for row in ROWS if isinstance(row, dict))
    ids = [name for name in dict.fromkeys(named) if name not in ("empty", "german")]
    topics = list(read_results(tmp_path / "out", TopicResult))
    stances = list(read_results(tmp_path / "out", StanceResult))
    summaries = list(read_results(tmp_path / "out", SummaryResult))
    assert [result.article_id for result in topics] == ids
    assert [result.article_id for result in summaries] == ids
    assert [(result.article_id, result.kind) for result in stances] == [
        (name, kind) for name in ids for kind in ("claim", "target")
    ]

    article = Article(**next(row for row in ROWS if row["id"] == "a1"))
    alone = TopicClassifier.from_pretrained(models / "learned").predict(article)
    assert topics[1].label == alone.label
    assert topics[1].score == pytest.approx(alone.score, abs=1e-4)
    asked = StanceDetector.from_pretrained(models / "stance").predict(article, claim="Rain fell in Oslo.")
    assert stances[2].label == asked.label
    assert summaries[1].text == Summarizer.from_pretrained(models / "scorer").predict(article).text

    rejected = [json.loads(line) for line in (tmp_path / "out" / "rejected.jsonl").read_text().splitlines()]
    assert [(one["row"], one["reason"], one["task"]) for one in rejected] == [
        (7, "unreadable", None),
        (8, "duplicate", None),
        (9, "refused", "topics"),
        (9, "refused", "stance"),
        (9, "refused", "summary"),
        (11, "unreadable", None),
    ]
    assert rejected[0]["where"] == f"{corpus}, line 8"
    assert "'de'" in rejected[2]["message"]
    assert json.loads((tmp_path / "out" / "done.json").read_text()) == {
        "rows": 17,
        "shards": 4,
        "results": totals.results,
        "rejected": totals.rejected,
    }


def test_a_run_that_is_done_loads_no_model(
    job: Jobs, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = predict(job(), Corpus([corpus]), tmp_path / "out")
    before = files_of(tmp_path / "out")
    monkeypatch.setattr(run, "Models", None)
    notes = Notes()
    assert predict(job(), Corpus([corpus]), tmp_path / "out", watch=notes) == first
    assert files_of(tmp_path / "out") == before
    assert notes.rows["done"] == 17
    assert notes.rows["advanced"] == 0


KILLS = """
import os, signal, sys
from pathlib import Path
from newsml.batch.job import Job
from newsml.batch.run import Corpus, predict

job, corpus, folder = Job(**eval(sys.argv[1])), Corpus([sys.argv[2]]), Path(sys.argv[3])
predict(job, corpus, folder / "whole")
fsync, replace = os.fsync, Path.replace

def run(moments):
    left = [moments]
    def dying(original):
        def act(*arguments):
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return original(*arguments)
        return act
    os.fsync, Path.replace = dying(fsync), dying(replace)
    predict(job, corpus, folder / "killed")

killed = 0
while True:
    child = os.fork()
    if child == 0:
        run(killed + 1)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    if status == 0:
        break
    assert os.WTERMSIG(status) == signal.SIGKILL, status
    killed += 1
print(killed)
"""
"""Runs a job whole, and then again and again, killed each time one write later: before a file is on the disk, before it
has its name, before the name is on the disk."""


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork and SIGKILL")
def test_kill_9_at_any_write_loses_one_shard_at_most(job: Jobs, corpus: Path, tmp_path: Path) -> None:
    task = job(tasks=("topics", "summary"), claims=(), targets=(), stance_model="default")
    done = subprocess.run(
        [sys.executable, "-c", KILLS, repr(task.settings()), str(corpus), str(tmp_path)],
        cwd=Path(__file__).parents[3],
        # A process that has started threads cannot be forked.
        env=os.environ | {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 8
    assert files_of(tmp_path / "killed") == files_of(tmp_path / "whole")
    found = Counter(result.article_id for result in read_results(tmp_path / "killed", TopicResult))
    assert set(found.values()) == {1}
    assert len(found) == 13


def test_an_error_keeps_the_shards_before_it(
    job: Jobs, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    predict(job(), Corpus([corpus]), tmp_path / "whole")
    real = loaded.Models.answer

    def failing(self: loaded.Models, rows: Any, advance: Any) -> Any:
        if rows[0].number == 10:
            raise ModelError("out of memory")
        return real(self, rows, advance)

    monkeypatch.setattr(loaded.Models, "answer", failing)
    with pytest.raises(ModelError, match="out of memory"):
        predict(job(), Corpus([corpus]), tmp_path / "out")
    assert not (tmp_path / "out" / "done.json").exists()
    monkeypatch.undo()
    notes = Notes()
    predict(job(), Corpus([corpus]), tmp_path / "out", watch=notes)
    assert notes.rows["done"] == 10
    assert files_of(tmp_path / "out") == files_of(tmp_path / "whole")


def test_rows_added_at_the_end_are_done_and_no_others(job: Jobs, tmp_path: Path) -> None:
    path, output = tmp_path / "c.jsonl", tmp_path / "out"
    predict(job(), Corpus([write_corpus(path, ROWS[:13])]), output)
    notes = Notes()
    predict(job(), Corpus([write_corpus(path, ROWS)]), output, watch=notes)
    assert notes.rows["done"] == 10
    predict(job(), Corpus([path]), tmp_path / "whole")
    assert files_of(output) == files_of(tmp_path / "whole")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (ROWS[:16], "rows 15 to 16 of the input are not those"),
        (ROWS[:4], "only 1 shards"),
        ([*ROWS[:6], {"id": "a6", "text": "Changed."}, *ROWS[7:]], "rows 5 to 9 of the input are not those"),
        ([{"id": "new", "text": "A new one."}, *ROWS], "rows 0 to 4"),
    ],
    ids=["cut", "cut by shards", "changed", "put in front"],
)
def test_another_input_does_not_mix(job: Jobs, corpus: Path, tmp_path: Path, rows: list[Any], message: str) -> None:
    predict(job(), Corpus([corpus]), tmp_path / "out")
    before = files_of(tmp_path / "out")
    write_corpus(corpus, rows)
    with pytest.raises(ConfigError, match=message):
        predict(job(), Corpus([corpus]), tmp_path / "out")
    assert files_of(tmp_path / "out") == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shard_rows": 6}, "shard_rows: 5 there, 6 now"),
        ({"claims": ("Snow fell.",)}, r'claims: \["Rain fell in Oslo."\] there, \["Snow fell."\] now'),
        ({"format": "jsonl"}, "format"),
        ({"tasks": ("stance",), "topics_model": "default", "summary_model": "extractive"}, "tasks"),
    ],
)
def test_other_settings_do_not_mix(
    job: Jobs, corpus: Path, tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    predict(job(), Corpus([corpus]), tmp_path / "out")
    with pytest.raises(ConfigError, match=f"a run with other settings.*{message}.*choose another output folder"):
        predict(job(**options), Corpus([corpus]), tmp_path / "out")


def test_another_revision_of_a_model_does_not_mix(job: Jobs, models: Path, corpus: Path, tmp_path: Path) -> None:
    model = shutil.copytree(models / "learned", tmp_path / "model")
    task = {"tasks": ("topics",), "claims": (), "targets": (), "stance_model": "default", "summary_model": "extractive"}
    predict(job(**task, topics_model=str(model)), Corpus([corpus]), tmp_path / "out")
    shutil.copytree(models / "any-labels", model, dirs_exist_ok=True)
    with pytest.raises(ConfigError, match=r"models\.topics.* there, .* now"):
        predict(job(**task, topics_model=str(model)), Corpus([corpus]), tmp_path / "out")


def test_a_lost_file_is_made_again(job: Jobs, corpus: Path, tmp_path: Path) -> None:
    predict(job(), Corpus([corpus]), tmp_path / "out")
    before = files_of(tmp_path / "out")
    (tmp_path / "out" / "stance" / "000001.parquet").unlink()
    (tmp_path / "out" / "topics" / "000002.parquet").write_bytes(b"cut")
    notes = Notes()
    predict(job(), Corpus([corpus]), tmp_path / "out", watch=notes)
    assert notes.rows["done"] == 7
    assert files_of(tmp_path / "out") == before


def packed(path: Path) -> Path:
    target = path.with_name(path.name + ".gz")
    target.write_bytes(gzip.compress(path.read_bytes()))
    return target


def test_the_same_articles_in_other_files_are_the_same_run(job: Jobs, tmp_path: Path) -> None:
    rows = [row for row in ROWS if isinstance(row, dict) and row["id"] != "half"]
    path = write_corpus(tmp_path / "c.jsonl", rows)
    predict(job(), Corpus([path]), tmp_path / "out")
    others: list[Any] = [
        packed(path),
        [write_corpus(tmp_path / "1.jsonl", rows[:4]), write_corpus(tmp_path / "2.jsonl", rows[4:])],
    ]
    lines = ["headline,body,id", *(f'"{row.get("title", "")}","{row["text"]}",{row["id"]}' for row in rows)]
    (tmp_path / "c.csv").write_text("\n".join(lines), encoding="utf-8")
    for other in others:
        notes = Notes()
        predict(job(), Corpus(other if isinstance(other, list) else [other]), tmp_path / "out", watch=notes)
        assert notes.rows["done"] == len(rows)
    notes = Notes()
    table = Corpus([tmp_path / "c.csv"], columns={"text": "body", "title": "headline"})
    predict(job(), table, tmp_path / "out", watch=notes)
    assert notes.rows["done"] == len(rows)


def test_a_single_task_answers_as_it_does_among_others(job: Jobs, corpus: Path, tmp_path: Path) -> None:
    predict(job(), Corpus([corpus]), tmp_path / "all")
    alone = {"tasks": ("summary",), "claims": (), "targets": (), "stance_model": "default", "topics_model": "default"}
    predict(job(**alone), Corpus([corpus]), tmp_path / "one")
    texts = [[result.text for result in read_results(tmp_path / name, SummaryResult)] for name in ("all", "one")]
    assert texts[0] == texts[1]


def refusal(job: Job, corpus: Corpus, output: Path) -> NewsmlError:
    with pytest.raises(NewsmlError) as caught:
        predict(job, corpus, output)
    assert "\n" not in str(caught.value)
    return caught.value


def test_what_is_refused_before_anything_is_made(job: Jobs, corpus: Path, tmp_path: Path) -> None:
    missing = refusal(job(), Corpus([tmp_path / "corpus.json"]), tmp_path / "out")
    assert isinstance(missing, FileMissingError)
    assert isinstance(refusal(job(), Corpus([corpus], columns={"txt": "a"}), tmp_path / "out"), ReadError)
    assert isinstance(refusal(job(), Corpus([corpus], encoding="utf-9"), tmp_path / "out"), ReadError)
    assert "lies in the input folder" in str(refusal(job(), Corpus([tmp_path]), tmp_path / "out"))
    assert isinstance(refusal(job(topics_model="./none"), Corpus([corpus]), tmp_path / "out"), ModelError)
    assert not (tmp_path / "out").exists()


def test_outputs_that_are_no_place_for_a_run(job: Jobs, corpus: Path, tmp_path: Path) -> None:
    assert "is a file" in str(refusal(job(), Corpus([corpus]), corpus))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").touch()
    assert "holds 'thesis.txt'" in str(refusal(job(), Corpus([corpus]), tmp_path / "full"))
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "run.json").write_text("{")
    assert "damaged" in str(refusal(job(), Corpus([corpus]), tmp_path / "damaged"))
    error = refusal(job(), Corpus([corpus]), corpus / "below")
    assert isinstance(error, WriteError)
    (tmp_path / "busy").mkdir()
    with FileLock(tmp_path / "busy" / ".lock"):
        assert "another run is writing" in str(refusal(job(), Corpus([corpus]), tmp_path / "busy"))
    predict(job(), Corpus([corpus]), tmp_path / "busy")


def test_questions_that_no_article_can_answer_end_the_run(job: Jobs, corpus: Path, tmp_path: Path) -> None:
    error = refusal(job(claims=("word " * 400,)), Corpus([corpus]), tmp_path / "out")
    assert isinstance(error, QueryError)
    assert "claim of" in str(error)


def test_an_input_that_changes_while_it_is_read_is_said(
    job: Jobs, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for rows, message in (
        ([*ROWS[:3], ROWS[0], *ROWS[4:]], "changed while"),
        (ROWS[:4], "changed while"),
        (ROWS[:10], "shorter"),
    ):
        write_corpus(corpus, ROWS)
        real, engine = run._work, run.on_this_machine

        def altered(*arguments: Any, now: list[Any] = rows, real: Any = real) -> Any:
            write_corpus(corpus, now)
            yield from real(*arguments)

        monkeypatch.setattr(run, "_work", altered)
        with pytest.raises(ReadError, match=message):
            predict(job(), Corpus([corpus]), tmp_path / message / str(len(rows)), engine=engine)
        monkeypatch.undo()
