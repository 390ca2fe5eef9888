"""Bringing a PostgreSQL store to this release's schema: the statements of `store/upgrade.py`."""

# ruff: noqa: S608 (every name in a statement is one of KINDS or INDEXES)

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from typing import Any

import msgspec

from entrepot.core.kinds import KINDS, Kind
from entrepot.store.postgres.schema import Connection, mark_of, schema_version, table, version_of
from entrepot.store.rows import BLOCK_BITS, COUNTED_AS, HASH_BYTES, LABEL, label_name, label_value
from entrepot.store.transfer import Row
from entrepot.store.upgrade import (
    MARK,
    SCHEMA_VERSION,
    Index,
    Mark,
    upgrade,
)

_LOCK = 0x456E7472  # "Entr": the advisory lock of whoever makes or changes tables

# What `label_number` is, said of hashes. A name is not counted: its value is longer than a hash.
_LABEL_NUMBER = (
    "(('x' || encode(name, 'hex'))::bit(64)"
    " # ('x' || encode(substr(value, 1, 8), 'hex'))::bit(64))::bigint & 9223372036854775807"
)
COUNTED = (
    *(
        (name, f"(SELECT tenant, id, {parent}::bigint AS parent FROM {table(kind.name)})")
        for kind, name, parent in COUNTED_AS
    ),
    (
        LABEL,
        f"(SELECT tenant, thing AS id, {_LABEL_NUMBER} AS parent FROM entrepot.label"
        f" WHERE length(value) = {HASH_BYTES})",
    ),
)
"""Every kind that is counted, and where its tenants, ids and parents are."""

# What a schema changes in tables that there were before; what is missing afterwards is made.
_CHANGES = {
    2: "DROP TABLE IF EXISTS entrepot.tag",
    # Hashes and blocks are of other sizes, and a column of each is called otherwise: where nodes of the schema
    # before would read something else than they mean, they are refused.
    6: "DROP TABLE IF EXISTS entrepot.label, entrepot.block",
}


def migrate(connection: Connection) -> None:
    """Bring the database to this release's schema; several nodes may do so at once.

    Raises:
        ValueError: the store is of a newer release.
    """
    if schema_version(connection) != SCHEMA_VERSION:
        upgrade(_Database(connection))


class _Database:
    """See `Upgradable`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @contextmanager
    def turn(self) -> Iterator[None]:
        with self._connection.transaction():
            # Others' turns, and the last piece of a large store, take longer than a unit may.
            self._do("SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0")
            self._do("SELECT pg_advisory_xact_lock(%b)", (_LOCK,))
            yield

    def schema(self) -> int:
        return version_of(self._connection)

    def mark(self) -> Mark | None:
        return mark_of(self._connection)

    def remember(self, mark: Mark | None) -> None:
        if mark is None:
            self._do("DELETE FROM entrepot.meta WHERE name = %t", (MARK,))
        else:
            self._keep(MARK, msgspec.msgpack.encode(mark))

    def change(self, schemas: Sequence[int], staged: Sequence[Index]) -> None:
        if self.schema():
            # From here on no node of an earlier schema registers, and those that did are struck off once
            # their groups on the way have ended: in this order, and before any table is touched.
            self._keep("schema", b"%d" % SCHEMA_VERSION)
            if self._there("node"):
                self._do("DELETE FROM entrepot.node")
            for schema in schemas:
                self._do(_CHANGES.get(schema, ""))
        self._make_tables()
        for index in staged:
            name, beside = table(index.name), table(f"{index.name}_anew")
            self._do(f"DROP TABLE IF EXISTS {beside}; CREATE TABLE {beside} (LIKE {name})")
        self._keep("schema", b"%d" % SCHEMA_VERSION)

    def _make_tables(self) -> None:
        there = "SELECT FROM pg_namespace WHERE nspname = 'entrepot'"
        if self._connection.execute(there).fetchone() is None:
            self._do("CREATE SCHEMA entrepot")
        self._do(files("entrepot.store.postgres").joinpath("schema.sql").read_text())
        for kind in KINDS:
            self._do(_table(kind))

    def things(self, kind: Kind, after: tuple[int, int], most: int, most_bytes: int) -> list[Row]:
        sql = (
            "SELECT tenant, id, parent, document FROM (SELECT *, sum(length(document))"
            f" OVER (ORDER BY tenant, id) - length(document) AS before FROM {table(kind.name)}"
            " WHERE (tenant, id) > (%b, %b) ORDER BY tenant, id LIMIT %b) p WHERE before < %b"
        )
        values = (*after, most, most_bytes)
        return self._connection.cursor(binary=True).execute(sql.encode(), values).fetchall()

    def stage(self, index: Index, rows: list[Row]) -> None:
        if not rows:
            return
        copy_in(self._connection, f"{index.name}_anew", index.columns, [hashed(r) for r in rows])

    def replace(self, index: Index) -> None:
        # Only what differs is touched: most of it is what it was, and some nodes may be reading.
        name, beside = table(index.name), table(f"{index.name}_anew")
        columns = ", ".join(index.columns)
        self._do(f"ANALYZE {beside}")
        self._do(
            f"DELETE FROM {name} WHERE ({columns}) IN (SELECT {columns} FROM {name}"
            f" EXCEPT SELECT {columns} FROM {beside})"
        )
        self._do(
            f"INSERT INTO {name} ({columns})"
            f" SELECT {columns} FROM {beside} EXCEPT SELECT {columns} FROM {name}"
        )
        self._do(f"DROP TABLE {beside}")

    def recount(self) -> None:
        recount(self._connection)

    def _there(self, name: str) -> bool:
        sql = "SELECT FROM pg_tables WHERE schemaname = 'entrepot' AND tablename = %t"
        return self._connection.execute(sql, (name,)).fetchone() is not None

    def _keep(self, name: str, value: bytes) -> None:
        sql = "INSERT INTO entrepot.meta VALUES (%t, %b)"
        self._do(f"{sql} ON CONFLICT (name) DO UPDATE SET value = excluded.value", (name, value))

    def _do(self, sql: str, values: tuple[Any, ...] = ()) -> None:
        self._connection.execute(sql.encode(), values or None)


def _table(kind: Kind) -> str:
    name = table(kind.name)
    return (
        f"CREATE TABLE IF NOT EXISTS {name} (tenant bigint NOT NULL, id bigint NOT NULL,"
        " parent bigint NOT NULL, version integer NOT NULL, document bytea NOT NULL,"
        " PRIMARY KEY (tenant, id));"
        # Packed already: another attempt by the server would cost time and gain nothing.
        f"ALTER TABLE {name} ALTER COLUMN document SET STORAGE EXTERNAL;"
        f'CREATE INDEX IF NOT EXISTS "{kind.name}_of" ON {name} (tenant, parent, id)'
    )


def hashed(row: Row) -> Row:
    """The row of a label with each text as its hash, because PostgreSQL cannot index every text."""
    tenant, name, value, thing = row
    return tenant, label_name(name), label_value(name, value), thing


def copy_in(
    connection: Connection, name: str, columns: tuple[str, ...], rows: Sequence[Row]
) -> None:
    """Nothing; the table has these rows too, one at least: numbers of 64 bits, and bytes."""
    sql = f"COPY {table(name)} ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)"
    with connection.cursor().copy(sql.encode()) as copy:
        copy.set_types(["bytea" if isinstance(v, bytes) else "int8" for v in rows[0]])
        for row in rows:
            copy.write_row(row)


def recount(connection: Connection) -> None:
    """Count every total anew, in one transaction that no writer can come between."""
    with connection.transaction():
        # Whoever writes adds to these first, so from here on nobody is in the middle of it.
        connection.execute("LOCK TABLE entrepot.total, entrepot.block IN EXCLUSIVE MODE")
        for name, part in (("total", ""), ("block", f"id >> {BLOCK_BITS}, ")):
            connection.execute(f"DELETE FROM entrepot.{name}".encode())
            for kind, rows in COUNTED:
                sql = (
                    f"INSERT INTO entrepot.{name} SELECT tenant, '{kind}', parent, {part}0,"
                    f" count(*) FROM {rows} AS counted GROUP BY tenant, {part}parent"
                )
                connection.execute(sql.encode())
