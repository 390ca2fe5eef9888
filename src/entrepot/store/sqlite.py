"""The SQLite engine: one writer thread that commits many units of work at once, readers beside it."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import apsw

from entrepot.core.faults import Unavailable
from entrepot.core.ports import KINDS, Tx
from entrepot.store.sqlite_tx import SqliteTx

R = TypeVar("R")
log = logging.getLogger("entrepot.store")

SCHEMA_VERSION = 1
_APPLICATION_ID = 0x456E7472  # "Entr"
_BATCH = 512
_READERS = 2
_WAL_PAGES = 8192  # 32 MB: a checkpoint each few ten thousand creates

# A statement was refused for what it holds; the engine is well, and so are the other units.
_FAULTS_OF_A_UNIT = (apsw.ConstraintError, apsw.MismatchError, apsw.TooBigError)

Unit = tuple[Callable[[Tx], Any], "asyncio.Future[Any]"]


class SqliteStore:
    """A `Store` in one file. `close` before the process ends; a kill loses nothing that was answered."""

    def __init__(self, path: Path) -> None:
        """Open the file, making it and its tables where they are missing.

        Raises:
            ValueError: the file is not a store of ours, or of a newer release.
        """
        self._path = path
        self._closed = False
        try:
            self._writer = _connect(path)
            _migrate(self._writer)
        except apsw.NotADBError:
            raise ValueError(f"{path} is not an SQLite file") from None
        self._units: queue.SimpleQueue[Unit | None] = queue.SimpleQueue()
        self._local = threading.local()
        self._readers = ThreadPoolExecutor(_READERS, "entrepot-reader")
        self._thread = threading.Thread(target=self._run, name="entrepot-writer", daemon=True)
        self._thread.start()

    async def write(self, work: Callable[[Tx], R]) -> R:
        """What `work` returned, once it is on disk (see `Store.write`)."""
        if self._closed:
            raise Unavailable("the store is closed")
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._units.put((work, future))
        return await future

    async def read(self, work: Callable[[Tx], R]) -> R:
        """What `work` returned over one consistent state (see `Store.read`)."""
        if self._closed:
            raise Unavailable("the store is closed")
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, self.read_now, work)

    def read_now(self, work: Callable[[Tx], R]) -> R:
        """`read` on the calling thread."""
        tx: SqliteTx | None = getattr(self._local, "tx", None)
        if tx is None:
            connection = _connect(self._path)
            connection.execute("PRAGMA query_only=1")
            tx = self._local.tx = SqliteTx(connection)
        try:
            tx.cursor.execute("BEGIN")
            try:
                return work(tx)
            finally:
                tx.cursor.execute("COMMIT")
        except apsw.Error as error:
            raise Unavailable(str(error)) from error

    def write_now(self, work: Callable[[Tx], R]) -> R:
        """`write` for a program that has no event loop: waits for the commit."""

        async def one() -> R:
            return await self.write(work)

        return asyncio.run(one())

    def close(self) -> None:
        """Finish what was accepted and let go of the file."""
        if self._closed:
            return
        self._closed = True
        self._units.put(None)
        self._thread.join()
        self._readers.shutdown()
        self._writer.close()

    def _run(self) -> None:
        tx = SqliteTx(self._writer)
        take, more = self._units.get, self._units.get_nowait
        while True:
            unit = take()
            batch: list[Unit] = []
            try:
                while unit is not None:
                    batch.append(unit)
                    if len(batch) == _BATCH:
                        break
                    unit = more()
            except queue.Empty:
                pass
            if batch:
                self._commit(tx, batch)
            if unit is None:
                return

    def _commit(self, tx: SqliteTx, batch: list[Unit]) -> None:
        """Run every unit in a savepoint of one transaction, commit, then release the answers."""
        outcomes: list[tuple[asyncio.Future[Any], Any, BaseException | None]] = []
        try:
            tx.begin()
            for work, future in batch:
                try:
                    outcomes.append((future, tx.unit(work), None))
                except _FAULTS_OF_A_UNIT as error:
                    outcomes.append((future, None, error))
                except apsw.Error:
                    raise
                except Exception as error:
                    outcomes.append((future, None, error))
            tx.commit()
        except apsw.Error as error:
            log.exception("a batch of %d was not kept", len(batch))
            tx.abandon()
            outcomes = [(f, None, Unavailable(str(error))) for _, f in batch]
        loops: dict[asyncio.AbstractEventLoop, list[Any]] = {}
        for outcome in outcomes:
            loops.setdefault(outcome[0].get_loop(), []).append(outcome)
        for loop, mine in loops.items():
            try:
                loop.call_soon_threadsafe(_release, mine)
            except RuntimeError:  # the loop is gone, and with it everybody who waited
                log.warning("%d answers had nobody to go to", len(mine))


def _release(outcomes: list[tuple[asyncio.Future[Any], Any, BaseException | None]]) -> None:
    for future, result, error in outcomes:
        if future.cancelled():
            continue
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)


def _connect(path: Path) -> apsw.Connection:
    connection = apsw.Connection(str(path))
    connection.set_busy_timeout(10_000)
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        f"wal_autocheckpoint={_WAL_PAGES}",
        "foreign_keys=0",
        "trusted_schema=0",
        "cache_size=-16384",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    return connection


def _migrate(connection: apsw.Connection) -> None:
    """Bring the file to this release's schema, in one transaction.

    Raises:
        ValueError: the file is not a store of ours, or of a newer release.
    """
    if _schema_version(connection) == SCHEMA_VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")  # several programs may open an empty folder at once
    try:
        if _schema_version(connection) < SCHEMA_VERSION:
            _create(connection)
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _create(connection: apsw.Connection) -> None:
    connection.execute(files("entrepot.store").joinpath("schema.sql").read_text())
    for kind in KINDS:
        connection.execute(
            f"CREATE TABLE {kind.name} (id INTEGER PRIMARY KEY, tenant INTEGER NOT NULL,"
            " parent INTEGER NOT NULL, document BLOB NOT NULL) STRICT;"
            f"CREATE INDEX {kind.name}_of ON {kind.name} (tenant, id, parent)"
        )
    connection.execute(f"PRAGMA application_id={_APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")


def _schema_version(connection: apsw.Connection) -> int:
    """The file's schema, 0 where it is empty."""
    version, owner = (
        int(str(connection.pragma(name))) for name in ("user_version", "application_id")
    )
    empty = not connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchall()
    if not empty and owner != _APPLICATION_ID:
        raise ValueError("this SQLite file belongs to another program")
    if version > SCHEMA_VERSION:
        raise ValueError(
            f"the store is of schema {version}, newer than {SCHEMA_VERSION}: use a newer release"
        )
    return version
