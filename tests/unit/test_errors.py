"""Every error is a NewsmlError and of the fitting builtin kind, and says its message plainly."""

from __future__ import annotations

import inspect

import pytest

from newsml import errors
from newsml.errors import NewsmlError, suggest

KINDS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, Exception)]


def test_there_are_errors() -> None:
    assert len(KINDS) > 8


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_error_is_ours_a_builtin_and_plain(kind: type[Exception]) -> None:
    error = kind("no file 'a.txt'; give another")
    assert isinstance(error, NewsmlError)
    assert str(error) == "no file 'a.txt'; give another"
    assert kind is NewsmlError or len(kind.__bases__) == 2
    assert inspect.getdoc(kind)


def test_file_errors_print_their_message_only() -> None:
    assert str(errors.FileMissingError()) == ""
    assert str(errors.WriteError("disk full")) == "disk full"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("topcs", "; did you mean 'topics'?"),
        ("TOPICS", "; did you mean 'topics'?"),
        ("stanse", "; did you mean 'Stance'?"),
        ("zzz", ""),
        ("", ""),
    ],
)
def test_near_names_are_offered_as_they_are_written(name: str, expected: str) -> None:
    assert suggest(name, ["topics", "Stance", "summary"]) == expected


def test_no_more_names_than_asked_for() -> None:
    assert suggest("ab", ["abc", "abd", "abe", "abf"], count=2).count("ab") == 2
