"""A PostgreSQL database as a place that a whole installation is moved from or to."""

# ruff: noqa: S608 (every name in a statement is one of TABLES)

from __future__ import annotations

from typing import Any

import psycopg

from entrepot.core.urls import masked
from entrepot.store.postgres.schema import connect, must_be_of_this_release
from entrepot.store.postgres.schema import table as quoted
from entrepot.store.postgres.upgrade import hashed, migrate, recount
from entrepot.store.transfer import BLOCK, MARK, OWN_NAMES, Row, Table, labels_in

_TYPES = {
    "tenant": "int8", "id": "int8", "parent": "int8", "document": "bytea", "version": "int4",
    "hash": "bytea", "holder": "int8", "thing": "int8", "revision": "int8", "name": "bytea",
    "value": "bytea",
}  # fmt: skip


class PostgresRows:
    """See `StoreRows`. What is read is one state; while it is filled, nodes refuse to open it."""

    def __init__(self, url: str, *, fill: bool = False) -> None:
        """Connect; `fill`: to make tables and fill them.

        Raises:
            ValueError: it cannot be reached, or holds no store of this release.
        """
        self._fill = fill
        try:
            self._connection = connect(url, writes=fill)
        except psycopg.Error as error:
            raise ValueError(f"cannot use {masked(url)}: {error}") from None
        try:
            if fill:
                migrate(self._connection)
            else:
                must_be_of_this_release(self._connection, url)
                self._connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            # Counting and indexing so much at once may take longer than a unit of work may.
            self._connection.execute("SET statement_timeout = 0")
        except BaseException as error:
            self.close()
            if isinstance(error, psycopg.Error):
                raise ValueError(f"cannot use {masked(url)}: {error}") from None
            raise

    def _rows(self, sql: str, values: tuple[Any, ...] = ()) -> list[Any]:
        return self._connection.cursor(binary=True).execute(sql.encode(), values).fetchall()

    def count(self, table: Table) -> int:
        return int(self._rows(f"SELECT count(*) FROM {quoted(table.name)}")[0][0])

    def block(self, table: Table, after: Row | None) -> list[Row]:
        if table.name == "meta":
            rows = [] if after else self._rows("SELECT name, value FROM entrepot.meta")
            return sorted(row for row in rows if row[0] not in OWN_NAMES)
        names = ", ".join(table.columns)
        key = ", ".join(table.columns[: table.key])
        where, values = "true", ()
        if after is not None:
            where, values = f"({key}) > ({', '.join(['%b'] * table.key)})", tuple(after)
        return self._rows(
            f"SELECT {names} FROM {quoted(table.name)} WHERE {where} ORDER BY {key} LIMIT {BLOCK}",
            values,
        )

    def recall(self, name: str) -> bytes | None:
        rows = self._rows("SELECT value FROM entrepot.meta WHERE name = %t", (name,))
        return rows[0][0] if rows else None

    def write(self, table: Table, rows: list[Row], mark: bytes) -> None:
        columns = table.columns
        if table.kind is not None:
            columns, rows_ = (*columns, "version"), [(*row, 1) for row in rows]
        else:
            rows_ = rows
        with self._connection.transaction():
            self._copy(table.name, columns, rows_)
            labels = [hashed(row) for row in labels_in(table, rows)]
            self._copy("label", ("tenant", "name", "value", "thing"), labels)
            self._connection.execute(
                "INSERT INTO entrepot.meta VALUES (%t, %b)"
                " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (MARK, mark),
            )

    def _copy(self, name: str, columns: tuple[str, ...], rows: list[Row]) -> None:
        if not rows:
            return
        sql = f"COPY {quoted(name)} ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)"
        types = ["text" if name == "meta" and c == "name" else _TYPES[c] for c in columns]
        with self._connection.cursor().copy(sql.encode()) as copy:
            copy.set_types(types)
            for row in rows:
                copy.write_row(row)

    def next_id(self) -> int:
        last, called = self._rows("SELECT last_value, is_called FROM entrepot.ids")[0]
        return int(last) + int(called)

    def finish(self, next_id: int) -> None:
        recount(self._connection)
        self._connection.execute("SELECT setval('entrepot.ids', %b, false)", (next_id,))
        self._connection.execute("ANALYZE")

    def release(self) -> None:
        self._connection.execute("DELETE FROM entrepot.meta WHERE name = %t", (MARK,))

    def close(self) -> None:
        self._connection.close()
