"""The base class of every configuration schema.

Owns how strict configurations are. Knows no schema and reads no file.
"""

from pydantic import BaseModel, ConfigDict


class StrictModel(BaseModel):
    """A part of a configuration: immutable, every key known, no value silently turned into another type.

    ``newsml.config.load`` validates by pydantic's rules for strict JSON, since a YAML file knows lists, mappings and
    plain values only: a list fits ``tuple[X, ...]``, a string fits ``Path``, ``Literal``, an enum or a date, an
    integer fits ``float``; but ``"3"`` does not fit ``int`` and ``1`` does not fit ``bool``. Python code that makes
    one by hand gives the exact types. Defaults are checked too, so that a wrong one fails in the first test.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, validate_default=True, hide_input_in_errors=True, allow_inf_nan=False
    )
