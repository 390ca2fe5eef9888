"""The SQLite file itself: opening it, and telling whose it is and of which schema."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import apsw
import msgspec

from entrepot.store.upgrade import MARK, Mark, reported

APPLICATION_ID = 0x456E7472  # "Entr"
_PATIENCE_S = 10
WAL_PAGES = 8192  # 32 MB: a checkpoint each few ten thousand creates


def connect(path: Path) -> apsw.Connection:
    """A connection that keeps what it commits through a power cut."""
    make_private(path)
    connection = apsw.Connection(str(path))
    connection.set_busy_timeout(_PATIENCE_S * 1000)
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER, 0)  # there are none of ours
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_VIEW, 0)
    _keep_a_log(connection)
    for pragma in (
        "synchronous=FULL",
        f"wal_autocheckpoint={WAL_PAGES}",
        "foreign_keys=0",
        "trusted_schema=0",
        "cache_size=-16384",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    return connection


def make_private(path: Path) -> None:
    """Makes the file, empty, where there is none: only its owner can read it, and SQLite gives what it
    keeps beside a file the same mode.

    One that is there is not even opened: closing it would drop the locks that SQLite holds on it.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _keep_a_log(connection: apsw.Connection) -> None:
    # Several programs may open an empty folder at once, and SQLite does not wait in this statement.
    end = time.monotonic() + _PATIENCE_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").fetchall()
        except apsw.BusyError:
            if time.monotonic() > end:
                raise
            time.sleep(0.01)
        else:
            return


def schema_version(connection: apsw.Connection) -> int:
    """The file's schema, 0 where it is empty; before an upgrade that is not done, the earlier one.

    Raises:
        ValueError: the file is not a store of ours, or of a newer release.
    """
    return reported(version_of(connection), mark_of(connection))


def version_of(connection: apsw.Connection) -> int:
    """What the file itself says; see `schema_version`."""
    # One statement: another program may be making the tables at this moment.
    found: list[tuple[Any, ...]] = connection.execute(
        "SELECT user_version, application_id, (SELECT count(*) FROM sqlite_schema)"
        " FROM pragma_user_version, pragma_application_id"
    ).fetchall()
    version, owner, tables = (int(value) for value in found[0])
    if tables and owner != APPLICATION_ID:
        raise ValueError("this SQLite file belongs to another program")
    return version


def mark_of(connection: apsw.Connection) -> Mark | None:
    """How far an upgrade of the file is; None where none is on its way."""
    there = connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'meta'").fetchall()
    sql = "SELECT value FROM meta WHERE name = ?"
    found: list[Any] = connection.execute(sql, (MARK,)).fetchall() if there else []
    return msgspec.msgpack.decode(found[0][0], type=Mark) if found else None
