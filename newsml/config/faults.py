"""What pydantic found wrong, as one line per fault: the path, what was got, what was expected.

Owns the wording of faults. Knows nothing of files; the schema is only asked for the keys it has at a path.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from newsml.config.overrides import join_path
from newsml.errors import suggest

_PLAIN = {
    "a valid integer": "an integer",
    "a valid string": "a string",
    "a valid number": "a number",
    "a valid boolean": "true or false",
    "a valid list": "a list",
    "a valid array": "a list",
    "a valid tuple": "a list",
    "a valid dictionary": "a mapping",
    "an object": "a mapping",
}
_QUOTED = re.compile(r"'([^']*)'")
_BOUND = re.compile(r"^(greater|less)\b")
_LENGTHS = {"too_short": ("least", "min_length"), "too_long": ("most", "max_length")}


def fault_lines(errors: Sequence[ErrorDetails], data: Any, schema: type[BaseModel]) -> list[str]:
    """Put every error of a validation into a line.

    Args:
        errors: ``ValidationError.errors()``.
        data: What was validated.
        schema: Against what.

    Returns:
        Lines such as ``training.epochs: got the string '3', expected an integer``, in the order of the errors. The
        members of a union that all failed share one line.
    """
    lines: dict[str, str] = {}
    gots: dict[str, str] = {}
    for error in errors:
        if error["type"] == "too_short" and len(error["input"]) >= error["ctx"]["min_length"]:
            continue  # pydantic counts the entries that are sound; the others have lines of their own
        steps = _steps_in(data, error)
        path = join_path(steps) or "the configuration"
        text = _describe(error, steps, data, schema)
        got, comma, expected = text.partition(", expected ")
        if comma and gots.get(path) == got:
            lines[path] += f" or {expected}"
        elif path in lines:
            lines[path] += f"; {text}"
        else:
            lines[path], gots[path] = text, got
    return [f"{path}: {text}" for path, text in lines.items()]


def _describe(error: ErrorDetails, steps: Sequence[str | int], data: Any, schema: type[BaseModel]) -> str:
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    if kind == "extra_forbidden":
        known = sorted(_keys_at(schema, data, steps[:-1]))
        near = suggest(str(steps[-1]), known)
        return f"unknown key{near or '; expected one of ' + ', '.join(known)}"
    if kind == "missing":
        return "missing, this key is required"
    if kind in ("value_error", "assertion_error"):
        return str(error["msg"]).split(", ", 1)[-1]
    if kind in ("literal_error", "enum", "union_tag_invalid"):
        expected = str(context.get("expected") or context["expected_tags"])
        tag = str(context.get("tag", value))
        got = f"{str(context['discriminator'])[1:-1]} {tag!r}" if "tag" in context else _got(value)
        return f"got {got}, expected {expected}{suggest(tag, re.findall(_QUOTED, expected))}"
    if kind == "union_tag_not_found":
        return f"got no {context['discriminator']}, expected the key that says which one this is"
    if kind == "json_invalid":
        return f"got characters that are not Unicode text, expected text ({context['error']})"
    if kind in _LENGTHS:
        side, key = _LENGTHS[kind]
        return f"got {_got(value)}, expected at {side} {context[key]}"
    if kind == "string_type" and isinstance(value, bool | int | float):
        return f"got {_got(value)}, expected a string; put it in quotes"
    wish = _BOUND.sub(r"a value \1", str(error["msg"]).removeprefix("Input should be "))
    if wish == error["msg"]:
        return f"got {_got(value)}, expected otherwise: {wish[:1].lower()}{wish[1:]}"
    return f"got {_got(value)}, expected {'a mapping' if kind == 'model_type' else _PLAIN.get(wish, wish)}"


def _got(value: Any) -> str:
    if value is None:
        return "nothing (null)"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f"the string {value if len(value) <= 60 else value[:57] + '...'!r}"
    if isinstance(value, list):
        return f"a list of {len(value)}" if value else "an empty list"
    if isinstance(value, dict):
        return "a mapping" if value else "an empty mapping"
    return repr(value)


def _steps_in(data: Any, error: ErrorDetails) -> list[str | int]:
    """The location of an error without the names of union members that pydantic puts between keys."""
    steps: list[str | int] = []
    for position, step in enumerate(error["loc"]):
        last = position == len(error["loc"]) - 1
        inside = isinstance(data, list) if isinstance(step, int) else isinstance(data, dict) and step in data
        if inside:
            data = data[step]
            steps.append(step)
        elif last and error["type"] == "missing":
            steps.append(step)
    return steps


def _keys_at(schema: type[BaseModel], data: Any, steps: Sequence[str | int]) -> set[str]:
    models = [schema]
    for step in steps:
        data = data[step]
        if isinstance(step, str):
            fields = [model.model_fields[step].annotation for model in models if step in model.model_fields]
            models = [found for field in fields for found in _models(field)]
        # A list position needs no step of its own: _models looks through lists and mappings.
    chosen = [model for model in models if _may_be(model, data)]
    return {name for model in chosen or models for name in model.model_fields}


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) is not Literal:
        for part in get_args(annotation):
            yield from _models(part)


def _may_be(model: type[BaseModel], data: Any) -> bool:
    """Whether the choices a mapping states (``type: lora``) are those of a model."""
    if not isinstance(data, Mapping):
        return False
    stated = ((data[name], field.annotation) for name, field in model.model_fields.items() if name in data)
    return all(value in get_args(wanted) for value, wanted in stated if get_origin(wanted) is Literal)
