"""A store opened only to look: no migration, nothing made; for the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import apsw

from entrepot.core.faults import Unavailable
from entrepot.core.ports import Tx
from entrepot.store.sqlite.schema import schema_version
from entrepot.store.sqlite.tx import SqliteTx
from entrepot.store.upgrade import SCHEMA_VERSION

R = TypeVar("R")


class SqliteReader:
    """One connection that reads what a server, running or not, has committed."""

    def __init__(self, path: Path) -> None:
        """Open the file.

        Raises:
            ValueError: it is not a store of ours, or of another release.
        """
        try:
            # Not read-only to SQLite: a file in WAL mode needs its index beside it to be read.
            self.connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
            self.connection.set_busy_timeout(10_000)
            self.connection.execute("PRAGMA query_only=1")
            version = schema_version(self.connection)
        except apsw.CantOpenError:
            raise ValueError(f"{path} cannot be opened: start `entrepot serve` once") from None
        except apsw.Error as error:
            raise ValueError(f"{path} cannot be read as a store: {error}") from None
        if version != SCHEMA_VERSION:
            raise ValueError(
                f"{path} is of schema {version}, not {SCHEMA_VERSION}: start `entrepot serve` once"
            )
        self._tx = SqliteTx(self.connection)

    def read_now(self, work: Callable[[Tx], R]) -> R:
        """What `work` returned over one consistent state; `work` must change nothing.

        Raises:
            Unavailable: the engine failed.
        """
        try:
            self._tx.cursor.execute("BEGIN")
            try:
                return work(self._tx)
            finally:
                self._tx.cursor.execute("COMMIT")
        except apsw.Error as error:
            raise Unavailable(str(error)) from error

    def close(self) -> None:
        """Let go of the file."""
        self._tx.cursor.close()
        self.connection.close()
