"""Bringing an SQLite file to this release's schema: the statements of `store/upgrade.py`."""

# ruff: noqa: S608 (every name in a statement is one of KINDS or INDEXES)

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from typing import Any

import apsw
import msgspec

from entrepot.core.kinds import KINDS, Kind
from entrepot.store.rows import BLOCK_BITS, COUNTED_AS, LABEL, is_name, label_number
from entrepot.store.sqlite.schema import APPLICATION_ID, mark_of, schema_version, version_of
from entrepot.store.transfer import Row
from entrepot.store.upgrade import (
    MARK,
    SCHEMA_VERSION,
    Index,
    Mark,
    upgrade,
)

# What a schema changes in tables that there were before; what is missing afterwards is made.
_CHANGES = {
    2: "DROP TABLE total; DROP TABLE IF EXISTS tag",
    4: "DROP TABLE IF EXISTS total",  # its key was in another order
    6: "DROP TABLE IF EXISTS label",  # a column was called otherwise
}


def migrate(connection: apsw.Connection) -> None:
    """Bring the file to this release's schema; several programs may do so at once.

    Raises:
        ValueError: the file is not a store of ours, of a newer release, or in others' hands.
    """
    if schema_version(connection) == SCHEMA_VERSION:
        return
    connection.execute(
        "PRAGMA temp_store=FILE"
    )  # sorting all labels takes no more memory than some
    try:
        upgrade(_File(connection))
    except apsw.BusyError:
        raise ValueError(
            "another program writes to the store all the time, perhaps to upgrade it: try again later"
        ) from None
    finally:
        connection.execute("PRAGMA temp_store=MEMORY")


class _File:
    """See `Upgradable`."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    @contextmanager
    def turn(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def schema(self) -> int:
        return version_of(self._connection)

    def mark(self) -> Mark | None:
        return mark_of(self._connection)

    def remember(self, mark: Mark | None) -> None:
        if mark is None:
            self._connection.execute("DELETE FROM meta WHERE name = ?", (MARK,))
        else:
            value = msgspec.msgpack.encode(mark)
            self._connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (MARK, value))

    def change(self, schemas: Sequence[int], staged: Sequence[Index]) -> None:
        if self.schema():
            for schema in schemas:
                self._connection.execute(_CHANGES.get(schema, ""))
        self._connection.execute(files("entrepot.store.sqlite").joinpath("schema.sql").read_text())
        for kind in KINDS:
            self._connection.execute(
                f"CREATE TABLE IF NOT EXISTS {kind.name} (id INTEGER PRIMARY KEY,"
                " tenant INTEGER NOT NULL, parent INTEGER NOT NULL, document BLOB NOT NULL) STRICT;"
                f"CREATE INDEX IF NOT EXISTS {kind.name}_of ON {kind.name} (tenant, id, parent)"
            )
            if kind.parent:
                self._connection.execute(
                    f"CREATE INDEX IF NOT EXISTS {kind.name}_in ON {kind.name} (tenant, parent, id)"
                )
        for index in staged:
            self._connection.execute(
                f"DROP TABLE IF EXISTS {index.name}_anew;"
                f"CREATE TABLE {index.name}_anew AS SELECT * FROM {index.name} LIMIT 0"
            )
        self._connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        self._connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")

    def things(self, kind: Kind, after: tuple[int, int], most: int, most_bytes: int) -> list[Row]:
        rows: list[Any] = self._connection.execute(
            "SELECT tenant, id, parent, document FROM (SELECT *,"
            " sum(length(document)) OVER (ORDER BY tenant, id) - length(document) AS before"
            f" FROM {kind.name} WHERE (tenant, id) > (?, ?) ORDER BY tenant, id LIMIT ?)"
            " WHERE before < ?",
            (*after, most, most_bytes),
        ).fetchall()
        return rows

    def stage(self, index: Index, rows: list[Row]) -> None:
        marks = ", ".join("?" * len(index.columns))
        sql = f"INSERT INTO {index.name}_anew VALUES ({marks})"
        self._connection.executemany(sql, rows)

    def replace(self, index: Index) -> None:
        name, columns = index.name, ", ".join(index.columns)
        # In the order of the key, so that each page is written once.
        self._connection.execute(
            f"DELETE FROM {name}; INSERT INTO {name} ({columns})"
            f" SELECT {columns} FROM {name}_anew ORDER BY {columns}; DROP TABLE {name}_anew"
        )

    def recount(self) -> None:
        recount(self._connection)


def recount(connection: apsw.Connection) -> None:
    """Count everything anew."""
    connection.execute("DELETE FROM total")
    for kind, name, parent in COUNTED_AS:
        connection.execute(
            f"INSERT INTO total SELECT tenant, '{name}', {parent}, id >> {BLOCK_BITS}, count(*)"
            f" FROM {kind.name} GROUP BY 1, 3, 4"
        )
    insert = connection.cursor()
    for (tenant, number, block), n in labels_counted(connection):
        insert.execute("INSERT INTO total VALUES (?,?,?,?,?)", (tenant, LABEL, number, block, n))


def labels_counted(connection: apsw.Connection) -> Iterator[tuple[tuple[int, int, int], int]]:
    """How many things have each label that is counted: tenant, number of the label, block."""
    for tenant, name, value, block, n in connection.cursor().execute(
        f"SELECT tenant, name, value, thing >> {BLOCK_BITS}, count(*) FROM label GROUP BY 1, 2, 3, 4"
    ):
        if not is_name(name):
            yield (tenant, label_number(name, value), block), n
