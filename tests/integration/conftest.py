"""The default models, fetched before the first test that needs them, so that no test's output depends on the cache."""

from __future__ import annotations

import pytest

from newsml.models.resolve import resolve


@pytest.fixture(scope="session", autouse=True)
def fetched(request: pytest.FixtureRequest) -> None:
    """Fetch the bases where a test marked ``model`` is to run."""
    if any(item.get_closest_marker("model") for item in request.session.items):
        for name in ("all-MiniLM-L6-v2", "SmolLM2-135M-Instruct"):
            resolve(name)
