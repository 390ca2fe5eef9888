"""The SQLite engine: units of work in groups, one commit and one disk sync a group, readers beside.

Units run on the event loop's own thread: each takes some ten microseconds, and a thread of their own
would hand the interpreter lock over at every statement (docs/decisions/0004). Only the sync of the
write-ahead log, which waits for the disk, has its own thread.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar

import apsw

from entrepot.core.faults import Unavailable
from entrepot.core.kinds import INSTALLATION
from entrepot.core.ports import Tx
from entrepot.store.limits import Limit
from entrepot.store.readers import SCAN_S, Readers, Reading, Units, outcome
from entrepot.store.shortage import Shortage
from entrepot.store.shutdown import Shutdown
from entrepot.store.sqlite.schema import WAL_PAGES, connect
from entrepot.store.sqlite.tx import Spoilt, SqliteTx
from entrepot.store.sqlite.upgrade import migrate
from entrepot.store.worker_threads import Answer, Outcome, release

R = TypeVar("R")
log = logging.getLogger("entrepot.store")

_READERS = 2
_ASK_AFTER = 100_000  # of SQLite's instructions, some ten milliseconds
_GROUP = 32
_PASSIVE = apsw.SQLITE_CHECKPOINT_PASSIVE  # waits for no reader and no writer

# A statement was refused for what it holds; the engine is well, and so are the other units.
_FAULTS_OF_A_UNIT = (apsw.ConstraintError, apsw.MismatchError, apsw.TooBigError)

Unit = tuple[Callable[[Tx], Any], "asyncio.Future[Any]"]


class SqliteStore(Reading):
    """A `Store` in one file, for one event loop at a time.

    `close` before the process ends; a kill loses nothing that was answered.
    """

    def __init__(self, path: Path, *, scan_s: float = SCAN_S) -> None:
        """Open the file, making it and its tables where they are missing; `scan_s`: what a scan may take.

        Raises:
            ValueError: the file is not a store of ours, or of a newer release.
        """
        self._path = path
        self.damage = ""
        self._shortage = Shortage()
        self.committed: Callable[[int, float], None] = lambda units, seconds: None
        try:
            self._writer = connect(path)
            migrate(self._writer)
        except apsw.NotADBError:
            raise ValueError(f"{path} is not an SQLite file") from None
        # A commit writes the log and does not wait; `_sync` does, once for all that came meanwhile.
        self._writer.pragma("synchronous", "NORMAL")
        self._writer.set_wal_hook(self._log_grew)
        self._tx = SqliteTx(self._writer)
        self._wal = os.open(f"{path}-wal", os.O_RDWR)
        self._wal_pages = 0
        self._units: list[Unit] = []
        self._batch = 0, 0.0  # what is being synced: how many units, and since when
        self._unsynced: list[Answer] = []
        self._syncing = self._checkpointing = self._crowd = False
        self._to_sync: SimpleQueue[asyncio.AbstractEventLoop | None] = SimpleQueue()
        self._syncer = threading.Thread(
            target=self._sync_in_turn, name="entrepot-sync", daemon=True
        )
        self._syncer.start()
        self._copier: threading.Thread | None = None
        self._shutdown = Shutdown()
        self._readers = Readers(self._look, self._shutdown, scan_s, threads=_READERS)
        self._local = threading.local()
        self._reading: list[apsw.Connection] = []  # the readers' connections, of all threads

    # Writing

    def write(self, work: Callable[[Tx], R]) -> asyncio.Future[R]:
        """What `work` returned, once it is on disk (see `Store.write`)."""
        self._must_be_open()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[R] = loop.create_future()
        if not self._units and not self._syncing:
            loop.call_soon(self._gather, 0)  # behind every request that is ready now
        self._units.append((work, future))
        return future

    def write_now(self, work: Callable[[Tx], R]) -> R:
        """`write` for a program that has no event loop: waits for the disk."""
        self._must_be_open()
        try:
            self._tx.begin()
            try:
                result = self._tx.unit(work)
            finally:
                self._tx.commit()
            self._sync_log()
        except apsw.Error as error:
            self._tx.abandon()
            raise self._unavailable(error) from error
        return result

    @property
    def waiting(self) -> int:
        """How many units wait for their turn."""
        return len(self._units)

    @property
    def shortage(self) -> str:
        """See `Store.shortage`: where no page is left, a row that fits on one is still kept."""
        return self._shortage.reason

    def _gather(self, seen: int) -> None:
        """Run what waits once a turn of the loop brings nothing more, or enough has come.

        Whoever came alone last time is not made to wait for others.
        """
        waiting = len(self._units)
        if seen < waiting < _GROUP and self._crowd:
            asyncio.get_running_loop().call_soon(self._gather, waiting)
        else:
            self._run()

    def _run(self) -> None:
        """Run what waits as one transaction and have it synced.

        Called again when the sync is done, for all that came meanwhile.
        """
        batch, self._units = self._units, []
        self._crowd = len(batch) > 1
        began = time.monotonic()
        try:
            try:
                outcomes = self._commit(batch, guarded=False)
            except Spoilt:  # seldom: most units that fail do so before they write
                self._tx.abandon()
                outcomes = self._commit(batch, guarded=True)
        except apsw.Error as error:
            log.error("a group of %d was not kept: %s: %s", len(batch), type(error).__name__, error)
            self._tx.abandon()
            fault = self._unavailable(error)
            release([(future, None, fault) for _, future in batch])
            return
        self._batch = len(batch), began
        self._sync(outcomes)
        if self._wal_pages > WAL_PAGES and not self._checkpointing:
            self._checkpoint()

    def _commit(self, batch: list[Unit], guarded: bool) -> list[Answer]:
        """What became of each unit; whatever succeeded is in the log.

        Raises:
            Spoilt: one failed after it had written, and they ran without guards.
            apsw.Error: the engine failed.
        """
        outcomes: list[Answer] = []
        tx = self._tx
        tx.begin()
        for work, future in batch:
            outcomes.append(_run_unit(tx, work, future, guarded))
        tx.commit()
        return outcomes

    def _sync(self, outcomes: list[Answer]) -> None:
        self._syncing, self._unsynced = True, outcomes
        self._to_sync.put(asyncio.get_running_loop())

    def _sync_in_turn(self) -> None:
        while (loop := self._to_sync.get()) is not None:
            self._sync_log()
            with suppress(RuntimeError):  # the loop is closed, and nobody waits any more
                loop.call_soon_threadsafe(self._synced)

    def _synced(self) -> None:
        self._syncing = False
        units, began = self._batch
        self.committed(units, time.monotonic() - began)
        release(self._unsynced)
        self._unsynced = []
        if self._units:
            self._gather(0)

    def _sync_log(self) -> None:
        try:
            os.fdatasync(self._wal)
        except OSError:
            refuse_to_go_on()

    # The log goes back into the database file, mostly beside the writer

    def _log_grew(self, connection: apsw.Connection, name: str, pages: int) -> int:
        self._wal_pages = pages
        return apsw.SQLITE_OK

    def _checkpoint(self) -> None:
        self._copy_beside(self._copy, asyncio.get_running_loop())

    def _copy_beside(self, copy: Callable[..., None], *given: Any) -> None:
        self._checkpointing = True
        self._copier = threading.Thread(target=copy, args=given, name="entrepot-checkpoint")
        self._copier.start()

    def _copy(self, loop: asyncio.AbstractEventLoop) -> None:
        _, error = outcome(self._copy_log)
        try:
            loop.call_soon_threadsafe(self._copied, error)
        except RuntimeError:  # the loop is closed: the next one begins another
            self._checkpointing = False

    def _copy_log(self) -> None:
        connection = connect(self._path)
        try:
            connection.wal_checkpoint(mode=_PASSIVE)
        finally:
            connection.close()

    def _copied(self, error: BaseException | None) -> None:
        """Copy the little that came meanwhile; then the next commit begins the log anew."""
        if self._closed:
            return  # SQLite copied the rest when the file was closed
        if error is None:
            _, error = outcome(lambda: self._writer.wal_checkpoint(mode=_PASSIVE))
        if error is not None:
            log.warning("a checkpoint failed and will be tried again", exc_info=error)
        self._checkpointing = False

    # Reading

    async def read(self, work: Callable[[Tx], R], tenant: int = INSTALLATION) -> R:
        """What `work` returned over one consistent state (see `Store.read`)."""
        return await self._kept(await super().read(work, tenant))

    async def look_up(self, work: Callable[[Tx], R]) -> R:
        """See `Store.look_up`."""
        return await self._kept(await super().look_up(work))

    async def _kept(self, result: R) -> R:
        """What a read returned: it may have seen what is committed but not yet on disk, and waits for it."""
        if not self._syncing:
            return result
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._unsynced.append((future, result, None))
        return await future

    def _look(self, units: Units, limit: Callable[[], Limit]) -> list[Outcome]:
        return [outcome(self._read, work, limit()) for work in units]

    def read_now(self, work: Callable[[Tx], R]) -> R:
        """`read` on the calling thread, for as long as it takes."""
        return self._read(work, Limit(self._shutdown))

    def _read(self, work: Callable[[Tx], R], limit: Limit) -> R:
        limit.check()
        try:
            tx = self._reader()
            tx.limit = limit
            tx.cursor.execute("BEGIN")
            try:
                return work(tx)
            finally:
                tx.limit = Limit(
                    self._shutdown
                )  # a COMMIT that were interrupted would leave us in it
                tx.cursor.execute("COMMIT")
        except apsw.Error as error:
            limit.check()
            raise self._unavailable(error) from error

    def _unavailable(self, error: apsw.Error) -> Unavailable:
        """The failure of the engine as a fault; a spoilt file is remembered, and for a while a full disk."""
        if isinstance(error, apsw.FullError):
            self._shortage.remember(str(error))
        if isinstance(error, apsw.CorruptError | apsw.NotADBError):
            self.damage = str(error)
        return Unavailable(str(error))

    def _reader(self) -> SqliteTx:
        """The calling thread's own connection."""
        tx: SqliteTx | None = getattr(self._local, "tx", None)
        if tx is None:
            connection = connect(self._path)
            connection.pragma("query_only", 1)
            self._reading.append(connection)
            opened = tx = self._local.tx = SqliteTx(connection)
            connection.set_progress_handler(lambda: opened.limit.over(), _ASK_AFTER)
        return tx

    def stop_reading(self) -> None:
        """See `Store.stop_reading`: a statement ends within a moment, a scan after its block."""
        self._shutdown.set()

    def close(self) -> None:
        """Let go of the file; whoever serves has seen to it that nobody waits any more."""
        if self._closed:
            return
        self._closed = True
        self.stop_reading()
        self._to_sync.put(None)
        self._syncer.join()
        self._readers.close()
        if self._copier is not None:
            self._copier.join()
        for connection in self._reading:
            connection.close()
        os.close(self._wal)
        self._writer.close()


def _run_unit(
    tx: SqliteTx, work: Callable[[Tx], Any], future: asyncio.Future[Any], guarded: bool
) -> Answer:
    """What became of a unit; here, because its error must not know where it is collected (see `outcome`).

    Raises:
        Spoilt, apsw.Error: as `SqliteStore._commit`.
    """
    try:
        return future, tx.unit(work, guarded=guarded), None
    except _FAULTS_OF_A_UNIT as error:
        return future, None, error
    except (apsw.Error, Spoilt):
        raise
    except Exception as error:
        return future, None, error


def refuse_to_go_on() -> None:
    """End the process: what the kernel could not write it may have dropped, so nothing can be
    promised any more."""
    log.critical("the disk failed; ending so that no lost write is answered", exc_info=True)
    os._exit(os.EX_IOERR)
