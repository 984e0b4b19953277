"""The default models, fetched and exported before a test that needs them, so that no output depends on the cache."""

from __future__ import annotations

import pytest

from newsml.models.backend import loading_for
from newsml.models.load import load_base
from newsml.models.resolve import resolve


@pytest.fixture(scope="session", autouse=True)
def fetched(request: pytest.FixtureRequest) -> None:
    """Fetch the bases, and export the default one, where a test marked ``model`` is to run."""
    if any(item.get_closest_marker("model") for item in request.session.items):
        for name in ("all-MiniLM-L6-v2", "SmolLM2-135M-Instruct"):
            resolve(name)
        with loading_for("onnx"):
            load_base()
