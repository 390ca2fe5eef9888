"""The PostgreSQL database itself: connecting to it, making its tables, telling its release.

Knows nothing of what is kept in the tables.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any, TypeAlias

import psycopg

from entrepot.core.ports import KINDS, Kind

Connection: TypeAlias = "psycopg.Connection[tuple[Any, ...]]"

SCHEMA_VERSION = 1
SHARDS = 16  # rows that a total is spread over, so that nodes do not wait for each other
_MIGRATING = 0x456E7472  # "Entr": the advisory lock of whoever makes or changes tables
_PATIENCE_S = 5


def connect(url: str, *, writes: bool = False) -> Connection:
    """A connection where every statement is its own transaction until one says BEGIN.

    Raises:
        psycopg.Error: the server cannot be reached, or does not let us in.
    """
    # What the URL says wins over ours: whoever wrote it may know better.
    given = psycopg.conninfo.conninfo_to_dict(url)
    ours: dict[str, str | int] = {
        "application_name": "entrepot",
        "connect_timeout": _PATIENCE_S,
        "keepalives_idle": 30,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 30_000,
    }
    ours = {k: v for k, v in ours.items() if k not in given}
    connection = psycopg.connect(psycopg.conninfo.make_conninfo(url, **ours), autocommit=True)
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


def migrate(connection: Connection) -> None:
    """Bring the database to this release's schema; several nodes may do so at once.

    Raises:
        ValueError: the store is of a newer release.
    """
    if schema_version(connection) == SCHEMA_VERSION and not _missing(connection):
        return
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MIGRATING,))
        if schema_version(connection) < 1:
            text = files("entrepot.store").joinpath("postgres.sql").read_text()
            connection.execute(text.encode())
        for kind in _missing(connection):
            connection.execute(_table(kind).encode())
        connection.execute(
            "INSERT INTO entrepot.meta VALUES ('schema', %b)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (b"%d" % SCHEMA_VERSION,),
        )


def schema_version(connection: Connection) -> int:
    """The store's schema, 0 where there is none.

    Raises:
        ValueError: it is of a newer release.
    """
    if "meta" not in _tables(connection):
        return 0
    sql = "SELECT value FROM entrepot.meta WHERE name = 'schema'"
    version = int(connection.execute(sql).fetchall()[0][0])
    if version > SCHEMA_VERSION:
        raise ValueError(
            f"the store is of schema {version}, newer than {SCHEMA_VERSION}: use a newer release"
        )
    return version


def _missing(connection: Connection) -> list[Kind]:
    """The kinds of things that have no table yet: a release may have added some."""
    there = _tables(connection)
    return [kind for kind in KINDS if kind.name not in there]


def _tables(connection: Connection) -> set[str]:
    # Not to_regclass: it may say what the session remembers from before it waited for the lock.
    sql = "SELECT tablename FROM pg_tables WHERE schemaname = 'entrepot'"
    return {name for (name,) in connection.execute(sql).fetchall()}


def _table(kind: Kind) -> str:
    name = table(kind.name)
    return (
        f"CREATE TABLE {name} (tenant bigint NOT NULL, id bigint NOT NULL, parent bigint NOT NULL,"
        " version integer NOT NULL, document bytea NOT NULL, PRIMARY KEY (tenant, id));"
        # Packed already: another attempt by the server would cost time and gain nothing.
        f"ALTER TABLE {name} ALTER COLUMN document SET STORAGE EXTERNAL;"
        f'CREATE INDEX "{kind.name}_of" ON {name} (tenant, parent, id)'
    )


def table(kind: str) -> str:
    """The kind's table, ready for a statement: some are called like words of SQL."""
    return f'entrepot."{kind}"'
