"""The SQLite file itself: opening it, making its tables, telling its release."""

from __future__ import annotations

import time
from importlib.resources import files
from pathlib import Path
from typing import Any

import apsw

from entrepot.core.ports import KINDS
from entrepot.core.product import Product
from entrepot.store.rows import BLOCK_BITS, unpack

# 2: versions of thing models; totals by blocks of ids; labels. 3: labels by thing model.
SCHEMA_VERSION = 3
_APPLICATION_ID = 0x456E7472  # "Entr"
_PATIENCE_S = 10
WAL_PAGES = 8192  # 32 MB: a checkpoint each few ten thousand creates


def connect(path: Path) -> apsw.Connection:
    """A connection that keeps what it commits through a power cut."""
    connection = apsw.Connection(str(path))
    connection.set_busy_timeout(_PATIENCE_S * 1000)
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


def migrate(connection: apsw.Connection) -> None:
    """Bring the file to this release's schema, in one transaction.

    Raises:
        ValueError: the file is not a store of ours, or of a newer release.
    """
    if schema_version(connection) == SCHEMA_VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")  # several programs may open an empty folder at once
    try:
        _upgrade(connection, schema_version(connection))
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _upgrade(connection: apsw.Connection, version: int) -> None:
    if version == 0:
        connection.execute(_schema())
    for kind in KINDS:  # those that the file's release did not know
        connection.execute(
            f"CREATE TABLE IF NOT EXISTS {kind.name} (id INTEGER PRIMARY KEY, tenant INTEGER NOT NULL,"
            " parent INTEGER NOT NULL, document BLOB NOT NULL) STRICT;"
            f"CREATE INDEX IF NOT EXISTS {kind.name}_of ON {kind.name} (tenant, id, parent)"
        )
    if version == 1:
        connection.execute("DROP TABLE total; DROP TABLE tag")
        connection.execute(_table("total") + ";" + _table("label"))
        recount(connection)
    if version in (1, 2):
        relabel(connection)
    connection.execute(f"PRAGMA application_id={_APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")


def recount(connection: apsw.Connection) -> None:
    """Count everything anew."""
    connection.execute("DELETE FROM total")
    for kind in KINDS:
        connection.execute(
            f"INSERT INTO total SELECT tenant, '{kind.name}', id >> {BLOCK_BITS}, parent, count(*)"  # noqa: S608
            f" FROM {kind.name} GROUP BY 1, 3, 4"
        )


def relabel(connection: apsw.Connection) -> None:
    """Label every product anew."""
    connection.execute("DELETE FROM label")
    insert = connection.cursor()
    for tenant, document in connection.cursor().execute("SELECT tenant, document FROM product"):
        product: Product = unpack(Product, document)
        rows = [(tenant, name, value, product.id) for name, value in product.labels.items()]
        insert.executemany("INSERT OR IGNORE INTO label VALUES (?,?,?,?)", rows)


def _schema() -> str:
    return files("entrepot.store").joinpath("schema.sql").read_text()


def _table(name: str) -> str:
    """The statement that makes the table."""
    return next(s for s in _schema().split(";") if f"CREATE TABLE {name} " in s)


def schema_version(connection: apsw.Connection) -> int:
    """The file's schema, 0 where it is empty."""
    # One statement: another program may be making the tables at this moment.
    found: list[tuple[Any, ...]] = connection.execute(
        "SELECT user_version, application_id, (SELECT count(*) FROM sqlite_schema)"
        " FROM pragma_user_version, pragma_application_id"
    ).fetchall()
    version, owner, tables = (int(value) for value in found[0])
    if tables and owner != _APPLICATION_ID:
        raise ValueError("this SQLite file belongs to another program")
    if version > SCHEMA_VERSION:
        raise ValueError(
            f"the store is of schema {version}, newer than {SCHEMA_VERSION}: use a newer release"
        )
    return version
