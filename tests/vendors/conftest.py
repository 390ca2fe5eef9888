"""Which of the tests through the vendors' SDKs run on every engine: the lives of things, not refusals."""

from __future__ import annotations

import pytest

LIVES = (
    "life", "lives", "made_shown_changed", "newest_first", "tags", "what_an_update", "topics",
    "templates", "imported", "applications", "released",
)  # fmt: skip


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the test once an engine."""
    name = metafunc.function.__name__
    through_sdk = metafunc.module.__name__.endswith("_sdk")
    if through_sdk and "server" in metafunc.fixturenames and any(word in name for word in LIVES):
        metafunc.parametrize("server", ("sqlite", "postgres"), indirect=True, scope="session")
