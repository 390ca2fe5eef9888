"""Fixtures that every test may use: a running server and the credentials of its development tenant."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server import Server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server with an empty store for the whole run; tests tell their things apart by name."""
    with Server(tmp_path_factory.mktemp("entrepot")) as running:
        yield running


@pytest.fixture
def fresh_server(tmp_path: Path) -> Iterator[Server]:
    """A server of the test's own, to stop, kill or count in."""
    with Server(tmp_path / "data") as running:
        yield running
