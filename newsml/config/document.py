"""YAML files as plain data: lists, mappings with string keys, strings, numbers, true/false and null.

Owns reading and parsing of configuration files, and the faults that YAML itself would pass over in silence
(duplicate keys, keys that are not text). Knows nothing of schemas.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from newsml.errors import ConfigError, FileMissingError

_FLOAT = re.compile(r"^[-+]?(?:\.\d+|\d[\d_]*(?:\.[\d_]*)?)(?:[eE][-+]?\d+)?$")
_STRING, _INTEGER, _MERGE = (f"tag:yaml.org,2002:{name}" for name in ("str", "int", "merge"))


class _Yaml12:
    """Two readings of YAML 1.2, for PyYAML's loaders: ``1e-4`` is a number and a date is text."""

    yaml_implicit_resolvers = {  # noqa: RUF012  PyYAML declares it as a plain class attribute
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    # PyYAML asks its resolvers in order: integers first, so that this one only sees what they left.
    for first in "-+0123456789.":
        yaml_implicit_resolvers.setdefault(first, []).append(("tag:yaml.org,2002:float", _FLOAT))


class _Loader(_Yaml12, yaml.SafeLoader):
    pass


class _OwnLoader(_Yaml12, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    pass


def read_own(path: Path) -> Any:
    """Read one of newsml's own files: in C, ten times as fast, which files from elsewhere could crash.

    Args:
        path: The file, in UTF-8.
    """
    return yaml.load(path.read_text(encoding="utf-8"), _OwnLoader)


def read_document(path: Path) -> tuple[dict[str, Any], list[str]]:
    """Read a YAML file whose top level is a mapping.

    Args:
        path: The file, in UTF-8.

    Returns:
        The mapping, and a line per duplicate key or key that is not text (the last value of a duplicate stands).

    Raises:
        FileMissingError: There is no such file.
        ConfigError: It cannot be read, is not UTF-8, not one YAML document, empty, or not a mapping.
    """
    text = _read_text(path)
    try:
        node, data = _parse(text)
    except yaml.MarkedYAMLError as error:
        where = error.problem_mark or error.context_mark
        at = f" at line {where.line + 1}, column {where.column + 1}" if where else ""
        parts = [error.context, error.problem] if (error.problem or "").startswith("but ") else [error.problem]
        reason = ", ".join(part for part in parts if part)
        raise ConfigError(f"{path}: not YAML{at}: {reason}") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        column = error.position - text.rfind("\n", 0, error.position)
        character = f"U+{ord(text[error.position]):04X}" if error.position < len(text) else "character"
        raise ConfigError(f"{path}: not YAML at line {line}, column {column}: {character} is not allowed") from error
    except RecursionError as error:
        raise ConfigError(f"{path}: nested too deeply, expected a configuration of a few levels") from error
    except ValueError as error:
        raise ConfigError(f"{path}: not YAML: {error}") from error
    if data is None:
        raise ConfigError(f"{path}: empty, expected a mapping of keys to values")
    if not isinstance(data, dict):
        got = "a list" if isinstance(data, list) else f"the {type(data).__name__} {data!r:.60}"
        raise ConfigError(f"{path}: the top level is {got}, expected a mapping of keys to values")
    return data, list(_key_faults(path, node, "", frozenset(), set()))


def parse_value(text: str) -> Any:
    """Read a value as it would stand in a configuration file: ``3``, ``1e-4``, ``true``, ``[a, b]``, ``text``.

    Raises:
        ConfigError: The text is not YAML.
    """
    try:
        return _parse(text)[1]
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = getattr(error, "problem", None) or error
        raise ConfigError(f"got {text!r:.60}, expected a YAML value ({reason}); put text in quotes") from error


def _parse(text: str) -> tuple[yaml.Node | None, Any]:
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        return node, None if node is None else loader.construct_document(node)
    finally:
        loader.dispose()


def _read_text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise FileMissingError(f"{path}: no such file, expected a YAML configuration") from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path}: byte 0x{error.object[error.start]:02x} at offset {error.start} is not UTF-8; "
            "save the file as UTF-8"
        ) from error
    except OSError as error:
        got = "a folder" if path.is_dir() else f"unreadable ({error.strerror})"
        raise ConfigError(f"{path}: {got}, expected a YAML configuration") from error


def _key_faults(path: Path, node: yaml.Node | None, where: str, above: frozenset[int], seen: set[int]) -> Iterator[str]:
    if id(node) in above:
        raise ConfigError(f"{path}: {where}: contains itself through an alias; write the values out")
    if node is None or id(node) in seen or isinstance(node, yaml.ScalarNode):
        return
    seen.add(id(node))
    above = above | {id(node)}
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _key_faults(path, item, f"{where}[{index}]", above, seen)
        return
    first_lines: dict[str, int] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        inside = f"{where}.{key.value}" if where else str(key.value)
        if key.tag in (_STRING, _INTEGER) and key.value in first_lines:
            yield f"{inside}: duplicate key on line {line}, first on line {first_lines[key.value]}; keep one"
        elif key.tag in (_STRING, _INTEGER):
            first_lines[key.value] = line
        elif key.tag != _MERGE:
            yield f"{inside}: key on line {line} is {key.tag.rsplit(':', 1)[-1]}, expected text; put it in quotes"
        yield from _key_faults(path, value, inside, above, seen)
