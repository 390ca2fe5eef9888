"""An SQLite file as a place that a whole installation is moved from or to."""

# ruff: noqa: S608 (every name in a statement is one of TABLES)

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import apsw

from entrepot.store.sqlite.schema import connect, schema_version
from entrepot.store.sqlite.upgrade import migrate, recount
from entrepot.store.transfer import BLOCK, MARK, OWN_NAMES, Row, Table, labels_in
from entrepot.store.upgrade import SCHEMA_VERSION

_UNFINISHED = ".copying"  # what the file is called until it is whole


class SqliteRows:
    """See `StoreRows`."""

    def __init__(self, path: Path, *, fill: bool = False) -> None:
        """Open the file; `fill`: an unfinished one beside it, which `release` puts in its place.

        Raises:
            ValueError: it is not there, not of this release, or there already.
        """
        self._path, self._fill = path, fill
        try:
            if fill:
                if path.exists():
                    raise ValueError(f"{path} is there already: name another directory")
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._connection = connect(path.with_name(path.name + _UNFINISHED))
                migrate(self._connection)
                return
            self._connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
            self._connection.execute("PRAGMA query_only=1")
            self._connection.set_busy_timeout(10_000)
            version = schema_version(self._connection)
        except (apsw.Error, OSError) as error:
            raise ValueError(f"{path} cannot be used as a store: {error}") from None
        if version != SCHEMA_VERSION:
            self.close()
            raise ValueError(
                f"{path} is of schema {version}, not {SCHEMA_VERSION}: start `entrepot serve` once"
            )

    def _rows(self, sql: str, values: tuple[Any, ...] = ()) -> list[Any]:
        return self._connection.execute(sql, values).fetchall()

    def count(self, table: Table) -> int:
        return int(self._rows(f"SELECT count(*) FROM {table.name}")[0][0])

    def block(self, table: Table, after: Row | None) -> list[Row]:
        names = ", ".join(table.columns)
        key = ", ".join(table.columns[: table.key])
        where, values = "true", ()
        if after is not None:
            marks = ", ".join("?" * table.key)
            where, values = f"({key}) > ({marks})", tuple(after)
        rows = self._rows(
            f"SELECT {names} FROM {table.name} WHERE {where} ORDER BY {key} LIMIT {BLOCK}", values
        )
        return rows if table.name != "meta" else [r for r in rows if r[0] not in OWN_NAMES]

    def recall(self, name: str) -> bytes | None:
        rows = self._rows("SELECT value FROM meta WHERE name = ?", (name,))
        return rows[0][0] if rows else None

    def write(self, table: Table, rows: list[Row], mark: bytes) -> None:
        names, marks = ", ".join(table.columns), ", ".join("?" * len(table.columns))
        with self._connection:
            cursor = self._connection.cursor()
            cursor.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", rows)
            cursor.executemany(
                "INSERT OR IGNORE INTO label VALUES (?, ?, ?, ?)", labels_in(table, rows)
            )
            cursor.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (MARK, mark))

    def next_id(self) -> int:
        return int(self.recall("next_id") or b"0")

    def finish(self, next_id: int) -> None:
        with self._connection:
            recount(self._connection)
            self._connection.execute(
                "INSERT OR REPLACE INTO meta VALUES ('next_id', ?)", (b"%d" % next_id,)
            )

    def release(self) -> None:
        self._connection.execute("DELETE FROM meta WHERE name = ?", (MARK,))
        self.close()  # the last to close takes the log back into the file
        os.rename(self._path.with_name(self._path.name + _UNFINISHED), self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def close(self) -> None:
        self._connection.close()
