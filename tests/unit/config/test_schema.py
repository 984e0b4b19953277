"""The registry of schemas: each kind is what its schema says it is."""

import pytest

from newsml.config.base import StrictModel
from newsml.config.schema import SCHEMAS, schema_of
from newsml.errors import ConfigError


def test_every_schema_is_strict_and_states_its_kind() -> None:
    assert SCHEMAS
    for kind, schema in SCHEMAS.items():
        assert issubclass(schema, StrictModel)
        assert schema.model_json_schema()["properties"]["kind"]["const"] == kind
        assert schema_of({"kind": kind}) is schema


def test_near_kinds_are_offered() -> None:
    with pytest.raises(ConfigError, match="did you mean 'finetune'"):
        schema_of({"kind": "fine-tune"})
