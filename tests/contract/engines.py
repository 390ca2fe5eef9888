"""The store engines that the contract suite runs on: how to open one, and how to make it fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import psycopg

from entrepot.core.ports import Store
from entrepot.store.postgres.store import PostgresStore
from entrepot.store.sqlite.shared import SharedSqliteStore
from entrepot.store.sqlite.store import SqliteStore
from tests import postgres


@dataclass(frozen=True, slots=True)
class Engine:
    """One way to keep things, under test.

    `open` opens the store in a directory, again and again the same one, and takes the bounds that a
    store has. `fill` leaves the opened
    store no room for more than a little, as a full disk would; `empty` gives the room back.
    `endless` is a statement that does not end.
    """

    name: str
    open: Callable[..., Store]
    fill: Callable[[Store], None]
    empty: Callable[[Store], None]
    endless: str = (
        "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT max(n) FROM c"
    )
    forget: Callable[[Path], None] = lambda folder: None  # what does not go with the directory


def _open_sqlite(folder: Path, **bounds: float) -> SqliteStore:
    return SqliteStore(folder / "entrepot.sqlite", **bounds)


def _open_shared(folder: Path, **bounds: float) -> SharedSqliteStore:
    return SharedSqliteStore(folder / "entrepot.sqlite", **bounds)


def _bound_sqlite(store: Store, pages: int) -> None:
    # On the writer's own connection and thread: the bound is the connection's.
    assert isinstance(store, SqliteStore)
    store.write_now(
        lambda tx: cast(Any, tx).cursor.execute(f"PRAGMA max_page_count={pages}").fetchall()
    )


# What a server says when its disk is full, said as soon as much is to be kept.
_FULL = """
CREATE FUNCTION entrepot.full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF length(NEW.document) > 10000 THEN
        RAISE 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER no_room BEFORE INSERT ON entrepot.product
FOR EACH ROW EXECUTE FUNCTION entrepot.full();
"""


def _execute(store: Store, sql: str) -> None:
    assert isinstance(store, PostgresStore)
    with psycopg.connect(store.url, autocommit=True) as connection:
        connection.execute(sql.encode())


ENGINES = (
    Engine(
        "sqlite",
        _open_sqlite,
        # A bound below the present size is taken as the present size.
        fill=lambda store: _bound_sqlite(store, 1),
        empty=lambda store: _bound_sqlite(store, 1 << 30),
    ),
    Engine(
        "sqlite-shared",
        _open_shared,
        fill=lambda store: _bound_sqlite(store, 1),
        empty=lambda store: _bound_sqlite(store, 1 << 30),
    ),
    Engine(
        "postgres",
        lambda folder, **bounds: PostgresStore(postgres.database(folder), **bounds),
        fill=lambda store: _execute(store, _FULL),
        empty=lambda store: _execute(store, "DROP TRIGGER no_room ON entrepot.product"),
        endless="SELECT pg_sleep(3600)",
        forget=postgres.drop,
    ),
)
