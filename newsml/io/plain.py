"""Results as plain values and back, and the table columns that hold them.

Owns the form results have on disk, which follows from their types alone. Knows nothing of files.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from newsml.results import Result, Scores, StanceResult, SummaryResult, TopicResult

if TYPE_CHECKING:
    import pyarrow

ResultT = TypeVar("ResultT", bound=Result)

RESULTS: dict[str, type[Result]] = {"topics": TopicResult, "stance": StanceResult, "summary": SummaryResult}
"""The type of a task's results."""


def from_plain(kind: type[ResultT], plain: Mapping[str, Any]) -> ResultT:
    """Make a result of what its ``to_dict`` returned, or of the row of a table.

    Args:
        kind: The type of the result.
        plain: Its fields by name; fields with a default may be missing.

    Raises:
        KeyError: A field is missing.
        TypeError, ValueError, AttributeError: A value does not fit its field.
    """
    made: ResultT = _value(kind, plain)
    return made


def columns_of(kind: type[Result]) -> pyarrow.Schema:
    """The columns of a table of such results: one for each field, nested values as they are."""
    import pyarrow

    hints = _hints(kind)
    return pyarrow.schema([_column(field.name, hints[field.name]) for field in fields(kind)])


def _value(kind: Any, plain: Any) -> Any:
    kind, optional = _without_none(kind)
    if plain is None and optional:
        return None
    if kind is Scores:
        # A map column comes back as a list of pairs.
        return Scores(plain.items() if isinstance(plain, Mapping) else plain)
    if get_origin(kind) is tuple:
        return tuple(_value(get_args(kind)[0], item) for item in plain)
    if is_dataclass(kind):
        hints = _hints(kind)
        there = [name for name in hints if name in plain]
        return kind(**{name: _value(hints[name], plain[name]) for name in there})  # type: ignore[operator]
    return plain


def _column(name: str, kind: Any) -> pyarrow.Field:
    import pyarrow

    kind, optional = _without_none(kind)
    return pyarrow.field(name, _type(kind), nullable=optional)


def _type(kind: Any) -> pyarrow.DataType:
    import pyarrow

    if kind is Scores:
        return pyarrow.map_(pyarrow.string(), pyarrow.field("value", pyarrow.float64(), nullable=False))
    if get_origin(kind) is tuple:
        return pyarrow.list_(_column("item", get_args(kind)[0]))
    if is_dataclass(kind):
        hints = _hints(kind)
        return pyarrow.struct([_column(field.name, hints[field.name]) for field in fields(kind)])
    simple = {str: pyarrow.string(), float: pyarrow.float64(), int: pyarrow.int64(), bool: pyarrow.bool_()}
    return simple[str if get_origin(kind) is Literal else kind]


def _without_none(kind: Any) -> tuple[Any, bool]:
    """A type without ``None``, and whether that was allowed."""
    if get_origin(kind) in (Union, types.UnionType):
        (inner,) = (one for one in get_args(kind) if one is not type(None))
        return inner, True
    return kind, False


def _hints(kind: Any) -> dict[str, Any]:
    return _resolved(kind)


@cache
def _resolved(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)
