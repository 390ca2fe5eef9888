"""Fixtures of the contract suites: every engine, opened in a folder of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from entrepot.core.ports import Store
from tests.contract.engines import ENGINES, Engine

Open = Callable[..., Store]


@pytest.fixture(params=ENGINES, ids=lambda e: e.name)
def engine(request: pytest.FixtureRequest) -> Engine:
    """One engine after the other."""
    found: Engine = request.param
    return found


@pytest.fixture
def open_store(engine: Engine, tmp_path: Path) -> Iterator[Open]:
    """A function that opens the test's store; called twice, it opens the same one beside it."""
    opened: list[Any] = []

    def open_one(**bounds: float) -> Store:
        store = engine.open(tmp_path, **bounds)
        opened.append(store)
        return store

    yield open_one
    for store in opened:
        store.close()
    engine.forget(tmp_path)


@pytest.fixture
def store(open_store: Open) -> Any:
    """An empty store."""
    return open_store()
