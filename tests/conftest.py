"""Fixtures that every test may use: a running server and the credentials of its development tenant."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.internal.conjecture import providers

from tests import postgres
from tests.server import Server

# The same examples in every run, so that a change is judged by what it changed. To look for more:
# HYPOTHESIS_PROFILE=search make test ARGS="tests/core"
settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("search", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))
if settings().derandomize:
    # Hypothesis also draws the constants of whatever modules are imported by then, which are not the
    # same in each worker and in a part of the suite.
    providers._get_local_constants = vars(providers)["Constants"]

# What a developer has set for a server of their own is not for the commands that tests run.
for name in [n for n in os.environ if n.startswith("ENTREPOT_")]:
    del os.environ[name]


@pytest.fixture(scope="session")
def sqlite_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server on SQLite for the whole run."""
    with Server(tmp_path_factory.mktemp("entrepot")) as running:
        yield running


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server on PostgreSQL for the whole run."""
    folder = tmp_path_factory.mktemp("entrepot")
    with Server(folder, store=postgres.database(folder)) as running:
        yield running


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Server:
    """A server whose store was empty when the run began; tests tell their things apart by name.

    On SQLite, where a test does not ask for another engine (tests/vendors/conftest.py).
    """
    found: Server = request.getfixturevalue(f"{getattr(request, 'param', 'sqlite')}_server")
    return found


@pytest.fixture
def fresh_server(tmp_path: Path) -> Iterator[Server]:
    """A server of the test's own, to stop, kill or count in."""
    with Server(tmp_path / "data") as running:
        yield running
