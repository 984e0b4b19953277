"""Which schema a configuration file has: its top-level key ``kind`` names it.

Owns the list of schemas. Knows nothing of files.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from newsml.config.benchmark import BenchmarkConfig
from newsml.config.evaluate import EvaluateConfig
from newsml.config.finetune import FinetuneConfig
from newsml.errors import ConfigError, suggest

SCHEMAS: Mapping[str, type[BaseModel]] = {
    "benchmark": BenchmarkConfig,
    "evaluate": EvaluateConfig,
    "finetune": FinetuneConfig,
}
"""Schemas by the ``kind`` a file states; each declares ``kind: Literal[...]`` with its own name."""


def schema_of(data: Mapping[str, Any], schemas: Mapping[str, type[BaseModel]] = SCHEMAS) -> type[BaseModel]:
    """Find the schema of a configuration.

    Args:
        data: The configuration, unvalidated.
        schemas: The schemas by kind.

    Raises:
        ConfigError: ``kind`` is missing or names no schema.
    """
    kinds = " or ".join(repr(kind) for kind in schemas)
    if "kind" not in data:
        near = next((key for key in data if suggest(str(key), ["kind"])), None)
        hint = f" (the file has {near!r})" if near else ""
        raise ConfigError(f"kind: missing, expected {kinds}{hint}")
    kind = data["kind"]
    if not isinstance(kind, str) or kind not in schemas:
        hint = suggest(kind, list(schemas)) if isinstance(kind, str) else ""
        raise ConfigError(f"kind: got {kind!r:.60}, expected {kinds}{hint}")
    return schemas[kind]
