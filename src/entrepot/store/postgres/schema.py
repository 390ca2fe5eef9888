"""The PostgreSQL database itself: connecting to it, and telling of which schema the store is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, TypeAlias

import msgspec
import psycopg

from entrepot.core.urls import masked, must_be_clear, unreadable, without_secrets
from entrepot.store.upgrade import MARK, SCHEMA_VERSION, Mark, reported

Connection: TypeAlias = "psycopg.Connection[tuple[Any, ...]]"

SHARDS = 16  # rows that a total is spread over, so that nodes do not wait for each other
_PATIENCE_S, _NAP_S = 5, 0.05


def connect(url: str, *, writes: bool = False) -> Connection:
    """A connection where every statement is its own transaction until one says BEGIN.

    Raises:
        ValueError: the URL cannot be read.
        psycopg.Error: the server cannot be reached, or does not let us in; quotes no password.
    """
    must_be_clear(url)
    try:
        given = psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise unreadable(url) from None
    # What the URL says wins over ours: whoever wrote it may know better.
    ours: dict[str, str | int] = {
        "application_name": "entrepot",
        "connect_timeout": _PATIENCE_S,
        "keepalives_idle": 30,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 30_000,
    }
    ours = {k: v for k, v in ours.items() if k not in given}
    try:
        connection = psycopg.connect(psycopg.conninfo.make_conninfo(url, **ours), autocommit=True)
    except psycopg.Error as error:
        raise type(error)(without_secrets(url, error)) from None
    if writes:
        # An answer means that it is on disk, however the server is set up; and a node that hangs
        # must not keep the others from rows for longer than this.
        connection.execute(
            "SELECT set_config('lock_timeout', '10s', false),"
            " set_config('statement_timeout', '30s', false),"
            " set_config('idle_in_transaction_session_timeout', '30s', false),"
            " CASE current_setting('synchronous_commit') WHEN 'off'"
            " THEN set_config('synchronous_commit', 'on', false) END"
        )
    return connection


def cancel(connections: Callable[[], Iterable[Connection]]) -> None:
    """Nothing, once none of them is in a transaction: until then, what they ask is cancelled.

    Over and over: between two statements there is nothing to cancel.
    """
    idle = (psycopg.pq.TransactionStatus.IDLE, psycopg.pq.TransactionStatus.UNKNOWN)
    while busy := [c for c in connections() if c.pgconn.transaction_status not in idle]:
        for connection in busy:
            with suppress(psycopg.Error):
                connection.cancel_safe(timeout=_PATIENCE_S)
        time.sleep(_NAP_S)


def schema_version(connection: Connection) -> int:
    """The store's schema, 0 where there is none; before an upgrade that is not done, the earlier one.

    Raises:
        ValueError: it is of a newer release.
    """
    return reported(version_of(connection), mark_of(connection))


def must_be_of_this_release(connection: Connection, url: str) -> None:
    """Raises `ValueError` where there is no store, or one of another schema."""
    version = schema_version(connection)
    if version == 0:
        raise ValueError(f"{masked(url)} holds no store: start `entrepot serve` once")
    if version != SCHEMA_VERSION:
        raise ValueError(
            f"{masked(url)} is of schema {version}, not {SCHEMA_VERSION}: start `entrepot serve` once"
        )


def version_of(connection: Connection) -> int:
    """What the store itself says; see `schema_version`."""
    return int(_remembered(connection, "schema") or 0)


def mark_of(connection: Connection) -> Mark | None:
    """How far an upgrade of the store is; None where none is on its way."""
    found = _remembered(connection, MARK)
    return msgspec.msgpack.decode(found, type=Mark) if found else None


def _remembered(connection: Connection, name: str) -> bytes | None:
    # Not to_regclass: it may say what the session remembers from before it waited for the lock.
    there = "SELECT FROM pg_tables WHERE schemaname = 'entrepot' AND tablename = 'meta'"
    if connection.execute(there).fetchone() is None:
        return None
    sql = "SELECT value FROM entrepot.meta WHERE name = %t"
    row = connection.execute(sql, (name,)).fetchone()
    return None if row is None else row[0]


def table(kind: str) -> str:
    """The kind's table, ready for a statement: some are called like words of SQL."""
    return f'entrepot."{kind}"'


def first_line(error: BaseException) -> str:
    """What the error says, in a line."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
