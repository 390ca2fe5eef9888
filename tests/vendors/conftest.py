"""Which of the tests through the vendors' SDKs run on every engine: the lives of things, not refusals."""

from __future__ import annotations

import pytest

LIVES = (
    "life", "lives", "made_shown_changed", "newest_first", "tags", "what_an_update", "topics",
    "templates", "imported", "applications", "released",
)  # fmt: skip


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the test once an engine; one that runs on SQLite alone says so, to share its fixtures."""
    if not metafunc.module.__name__.endswith("_sdk") or "server" not in metafunc.fixturenames:
        return
    everywhere = any(word in metafunc.function.__name__ for word in LIVES)
    engines = ("sqlite", "postgres") if everywhere else ("sqlite",)
    metafunc.parametrize("server", engines, indirect=True, scope="session")
