"""Overrides from the command line: ``--set data.train[0].path=other.jsonl``.

Owns how a dotted key is read and where its value goes. Knows nothing of files or schemas: a key that no schema has
is found when the whole configuration is validated.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from newsml.config.document import parse_value
from newsml.errors import ConfigError

_NAME = r"[A-Za-z_][\w-]*"
_KEY = re.compile(rf"{_NAME}(?:\.{_NAME}|\[\d+\])*")
_STEP = re.compile(rf"({_NAME})|\[(\d+)\]")


def apply_overrides(data: dict[str, Any], overrides: Sequence[str]) -> list[str]:
    """Set values in a configuration, in the order given; later ones win.

    Args:
        data: The configuration, changed in place. A section that is not there is made; a list is never grown.
        overrides: ``key.sub=value`` or ``key[0].sub=value``, the value written as in YAML.

    Returns:
        A line per override that cannot be applied; the others are.
    """
    faults = []
    for override in overrides:
        try:
            _apply(data, override)
        except ConfigError as error:
            faults.append(f"--set {override.partition('=')[0]}: {error}")
    return faults


def join_path(steps: Sequence[str | int]) -> str:
    """Keys and list positions as one path: ``("data", "train", 0, "path")`` is ``data.train[0].path``."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).removeprefix(".")


def _apply(data: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    if not equals or not _KEY.fullmatch(key):
        raise ConfigError(f"got {override!r:.60}, expected key.sub=value or key[0].sub=value")
    value = parse_value(text)
    steps: list[str | int] = [name or int(index) for name, index in _STEP.findall(key)]
    place: Any = data
    for depth, step in enumerate(steps[:-1]):
        _check_step(place, steps[:depth], step)
        if isinstance(step, str) and place.get(step) is None:
            place[step] = {}
        place = place[step]
    _check_step(place, steps[:-1], steps[-1])
    place[steps[-1]] = value


def _check_step(place: Any, above: Sequence[str | int], step: str | int) -> None:
    where = join_path(above)
    if isinstance(step, str):
        if not isinstance(place, dict):
            raise ConfigError(f"{where} is not a mapping, so it has no key {step!r}")
    elif not isinstance(place, list):
        raise ConfigError(f"{where} is not a list, so it has no entry [{step}]")
    elif step >= len(place):
        raise ConfigError(f"{where} has {len(place)} entries, so it has no entry [{step}] (the first is [0])")
