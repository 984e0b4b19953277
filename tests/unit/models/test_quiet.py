"""Silence while weights are loaded, and only then."""

from __future__ import annotations

import sys
import warnings

import pytest
from transformers.utils import logging

from newsml.models.quiet import quiet


def test_everything_is_as_before_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "warnoptions", [])
    before = logging.is_progress_bar_enabled(), logging.get_verbosity(), list(warnings.filters)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        with quiet():
            assert not logging.is_progress_bar_enabled()
            assert logging.get_verbosity() == logging.ERROR
            warnings.warn("unheard", UserWarning, stacklevel=1)
        warnings.warn("heard", UserWarning, stacklevel=1)
    assert [str(one.message) for one in seen] == ["heard"]
    assert (logging.is_progress_bar_enabled(), logging.get_verbosity(), list(warnings.filters)) == before


def test_warnings_stay_on_where_they_were_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "warnoptions", ["always"])
    with pytest.warns(UserWarning, match="heard"), quiet():
        warnings.warn("heard", UserWarning, stacklevel=1)
