"""The store engines that the contract suite runs on: how to open one, and how to make it fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from entrepot.core.ports import Store
from entrepot.store.sqlite import SqliteStore


@dataclass(frozen=True, slots=True)
class Engine:
    """One way to keep things, under test.

    `open` opens the store in a directory, again and again the same one. `fill` leaves the opened
    store no room for more than a little, as a full disk would; `empty` gives the room back.
    """

    name: str
    open: Callable[[Path], Store]
    fill: Callable[[Store], None]
    empty: Callable[[Store], None]


def _open_sqlite(folder: Path) -> SqliteStore:
    return SqliteStore(folder / "entrepot.sqlite")


def _bound_sqlite(store: Store, pages: int) -> None:
    # On the writer's own connection and thread: the bound is the connection's.
    assert isinstance(store, SqliteStore)
    store.write_now(lambda tx: tx.cursor.execute(f"PRAGMA max_page_count={pages}").fetchall())


ENGINES = (
    Engine(
        "sqlite",
        _open_sqlite,
        # A bound below the present size is taken as the present size.
        fill=lambda store: _bound_sqlite(store, 1),
        empty=lambda store: _bound_sqlite(store, 1 << 30),
    ),
)
