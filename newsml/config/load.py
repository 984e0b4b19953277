"""Configuration files in, validated configurations out; or every fault at once.

Owns the order of the steps: read, override, validate, report. Knows no particular schema.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from newsml.config.document import read_document
from newsml.config.faults import fault_lines
from newsml.config.overrides import apply_overrides
from newsml.config.schema import SCHEMAS, schema_of
from newsml.errors import ConfigError, FileMissingError

BaseModelT = TypeVar("BaseModelT", bound=BaseModel)


def load(path: str | Path, schema: type[BaseModelT], *, overrides: Sequence[str] = ()) -> BaseModelT:
    """Read a YAML configuration and validate it.

    Args:
        path: The file, in UTF-8.
        schema: What it has to be; see ``newsml.config.base.StrictModel``.
        overrides: Values to set before validation, such as ``data.train[0].path=other.jsonl``, in order.

    Returns:
        The configuration.

    Raises:
        FileMissingError: There is no such file.
        ConfigError: It is not a YAML mapping, or does not fit the schema. The first line of the message counts the
            faults (``config.yaml: 3 faults``), and each has a line of its own with its path.
    """
    file = Path(path)
    data, faults = read_document(file)
    faults += apply_overrides(data, overrides)
    return validated(data, schema, where=str(file), faults=faults)


def validated(data: dict[str, Any], schema: type[BaseModelT], *, where: str, faults: Sequence[str] = ()) -> BaseModelT:
    """Validate a configuration that is plain data already.

    Args:
        data: Lists, mappings with string keys, strings, numbers, true/false and null.
        schema: What it has to be.
        where: What the message calls it.
        faults: What is wrong with it already, a line each.

    Raises:
        ConfigError: It does not fit the schema, or has faults; the message is that of ``load``.
    """
    config, found = _validate(data, schema)
    every = [*faults, *found]
    if config is None or every:
        raise ConfigError("\n  ".join([f"{where}: {len(every)} fault{'s' if len(every) > 1 else ''}", *every]))
    return config


def check(path: str | Path, *, schemas: Mapping[str, type[BaseModel]] = SCHEMAS) -> list[str]:
    """Say everything that is wrong with a configuration, without using it.

    Args:
        path: The file; its top-level key ``kind`` names the schema.
        schemas: The schemas by kind.

    Returns:
        One line per fault; empty where the file is sound.
    """
    file = Path(path)
    try:
        data, faults = read_document(file)
        schema = schema_of(data, schemas)
    except (ConfigError, FileMissingError) as error:
        return [str(error).removeprefix(f"{file}: ")]
    return faults + _validate(data, schema)[1]


def _validate(data: dict[str, Any], schema: type[BaseModelT]) -> tuple[BaseModelT | None, list[str]]:
    try:
        text = json.dumps(data)
    except (TypeError, ValueError) as error:
        return None, [f"the configuration: {error}; expected text, numbers, true, false, null, lists and mappings"]
    try:
        return schema.model_validate_json(text), []
    except ValidationError as error:
        return None, fault_lines(error.errors(include_url=False), data, schema)
