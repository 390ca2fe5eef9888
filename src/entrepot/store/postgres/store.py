"""The PostgreSQL engine: units of work in groups, one commit a group, beside other nodes on one database.

One thread writes, because a group of all who wait beats as many writers; a few read. Nodes do not
lock each other out while units run: what a unit relied on is compared when the group is written,
and a group that another node was faster than runs again (docs/decisions/0021).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import psycopg
from psycopg import errors

from entrepot.core.faults import Unavailable
from entrepot.core.kinds import Thing
from entrepot.core.ports import Tx
from entrepot.core.things.model import NamedModel
from entrepot.core.things.space import Space
from entrepot.core.urls import masked
from entrepot.store.limits import Limit
from entrepot.store.postgres.flush import Conflict, flush
from entrepot.store.postgres.node import Struck, Unsure, begin, register, was_kept
from entrepot.store.postgres.reads import FAULTS_OF_A_UNIT, PostgresReads
from entrepot.store.postgres.schema import (
    Connection,
    connect,
    first_line,
    must_be_of_this_release,
    table,
)
from entrepot.store.postgres.units import ClaimKey, Key, Seen, WriteTx
from entrepot.store.postgres.upgrade import migrate
from entrepot.store.readers import SCAN_S, Readers, Reading
from entrepot.store.shortage import Shortage
from entrepot.store.shutdown import Shutdown
from entrepot.store.worker_threads import Outcome, WorkerThreads

R = TypeVar("R")
log = logging.getLogger("entrepot.store")

_READERS, _READ_TOGETHER = 3, 16
_GROUP = 256
_TOGETHER = 4  # attempts of a group before its units go one by one
_ALONE = 20
_REMEMBERED, _SMALL = 1024, 8192  # things, and bytes of a model
_REST_S = 1.0  # between attempts to reach a server that was not there
_PATIENCE_S, _NAP_S = 10.0, 0.1  # for the answer to whether a group was kept

_AGAIN = (Conflict, errors.SerializationFailure, errors.DeadlockDetected, errors.LockNotAvailable)


class _Away(psycopg.OperationalError):
    """Nobody tried: the server was not there a moment ago."""


class PostgresStore(Reading):
    """A `Store` in a PostgreSQL database, which other nodes may use at the same time.

    `close` before the process ends; a kill loses nothing that was answered.
    """

    def __init__(self, url: str, *, make: bool = True, scan_s: float = SCAN_S) -> None:
        """Connect; `make`: make the tables, or bring them up to date; `scan_s`: what a scan may take.

        Raises:
            ValueError: the server cannot be reached, or the store is of another release.
        """
        self.url = url
        self.damage = ""
        self.committed: Callable[[int, float], None] = lambda units, seconds: None
        self._writer: Connection | None = None
        try:
            self._writer = connect(url, writes=True)
            if make:
                migrate(self._writer)
            else:
                must_be_of_this_release(self._writer, url)
            _must_be_whole(self._writer)
        except BaseException as error:
            if self._writer is not None:
                self._writer.close()
            if isinstance(error, psycopg.Error):
                raise ValueError(f"cannot use {masked(url)}: {first_line(error)}") from None
            raise
        self._node: int | None = None  # as the store knows us, from the first group on
        self._writing = threading.Lock()
        self._rest_until = 0.0
        self._shortage = Shortage()
        self._cache: dict[Key, Seen] = {}
        self._writers = WorkerThreads("entrepot-writer", self._settle, threads=1, most=_GROUP)
        self._shutdown = Shutdown()
        self._reads = PostgresReads(
            lambda: self._connect(writes=False), self._shutdown, self._look_for_damage
        )
        self._readers = Readers(
            self._reads.look, self._shutdown, scan_s, threads=_READERS, most=_READ_TOGETHER
        )

    # Writing

    async def write(self, work: Callable[[Tx], R]) -> R:
        """What `work` returned, once it is on disk (see `Store.write`)."""
        self._must_be_open()
        result: R = await self._writers.do(work)
        return result

    def write_now(self, work: Callable[[Tx], R]) -> R:
        """`write` for a program that has no event loop."""
        self._must_be_open()
        result, error = self._settle([work])[0]
        if error is not None:
            raise error
        value: R = result
        return value

    @property
    def waiting(self) -> int:
        """How many units wait for their turn."""
        return self._writers.waiting

    @property
    def shortage(self) -> str:
        """See `Store.shortage`: what changes a row in place may find room where nothing new does."""
        return self._shortage.reason

    def _settle(self, units: Sequence[Callable[[Tx], Any]]) -> list[Outcome]:
        """The outcome of each; those that ended well are on disk."""
        with self._writing:
            began = time.monotonic()
            outcomes = self._kept(units)
            if any(error is None for _, error in outcomes):
                self.committed(len(units), time.monotonic() - began)
            return outcomes

    def _kept(self, units: Sequence[Callable[[Tx], Any]]) -> list[Outcome]:
        """The same; a failure of the engine is the outcome of each."""
        try:
            return self._together(units)
        except Exception as error:
            if isinstance(error, errors.DiskFull):
                # The connection is well, and a server without room may not let us in again.
                self._cache.clear()
                self._shortage.remember(first_line(error))
            else:
                self._forget()
            fault: BaseException = error
            if isinstance(error, psycopg.Error):
                fault = Unavailable(first_line(error))
                self._look_for_damage(error)
            if isinstance(error, _Away):
                pass  # told when it was found out
            elif isinstance(fault, Unavailable):
                log.error("a group of %d was not answered: %s", len(units), fault.reason)
            else:
                log.exception("a group of %d was not kept", len(units))
            return [(None, fault)] * len(units)

    def _look_for_damage(self, error: psycopg.Error) -> None:
        if isinstance(error, errors.DataCorrupted | errors.IndexCorrupted):
            self.damage = first_line(error)

    def _together(self, units: Sequence[Callable[[Tx], Any]]) -> list[Outcome]:
        stale: set[Key] = set()
        held: dict[ClaimKey, int] = {}
        for attempt in range(_TOGETHER if len(units) > 1 else _ALONE):
            try:
                return self._attempt(units, stale, held, begun=attempt > 0)
            except Conflict as conflict:
                stale.update(conflict.rows)
                held |= self._holders(conflict.claims)
            except Struck:
                self._node = None
            except _AGAIN:
                pass
            except psycopg.OperationalError:
                # The server may have gone away and come back while nobody used this connection.
                if attempt or not (self._writer is None or self._writer.closed):
                    raise
                self._forget()
            except FAULTS_OF_A_UNIT as error:
                if len(units) == 1:
                    return [(None, error)]
                break
            self._cache.clear()
        if len(units) == 1:
            return [(None, Unavailable("other nodes changed the same things all the time"))]
        return [outcome for unit in units for outcome in self._kept([unit])]

    def _attempt(
        self,
        units: Sequence[Callable[[Tx], Any]],
        stale: set[Key],
        held: dict[ClaimKey, int],
        begun: bool,
    ) -> list[Outcome]:
        connection = self._connection()
        node = self._node = self._node or register(connection)
        counted = begin(connection, node) if begun else None
        if begun:  # what other nodes were faster with is kept from them this time
            for kind, tenant, id in sorted(stale):
                sql = f"SELECT FROM {table(kind)} WHERE tenant = %b AND id = %b FOR UPDATE"
                connection.execute(sql.encode(), (tenant, id))
        tx = WriteTx(connection, self._cache, held, len(units))
        outcomes: list[Outcome] = []
        try:
            for work in units:
                outcomes.append(_run_unit(tx, work))
        except BaseException:
            if begun and not connection.closed:
                connection.rollback()
            raise
        try:
            flush(tx, node, counted)
        except Unsure as unsure:
            if not self._was_kept(node, unsure):
                raise Conflict from unsure
        self._remember(tx)
        return outcomes

    def _was_kept(self, node: int, unsure: Unsure) -> bool:
        """Whether the group is there after all, asked as soon as the server is back.

        Raises:
            Unavailable: it stays away.
        """
        end = time.monotonic() + _PATIENCE_S
        while True:
            try:
                return was_kept(self._connection(), node, unsure.number)
            except psycopg.Error as error:
                self._forget()
                if time.monotonic() > end:
                    raise Unavailable(f"{unsure}: {first_line(error)}") from error
                time.sleep(_NAP_S)

    def _remember(self, tx: WriteTx) -> None:
        """What many units ask for again: spaces, and named models that are small."""
        for key in tx.done.rows:
            self._cache.pop(key, None)
        if len(self._cache) >= _REMEMBERED:
            self._cache.clear()
        for key, seen in tx.seen.items():
            if _is_small(seen[1]) and seen[0] and key not in tx.done.rows:
                self._cache[key] = seen

    def _holders(self, claims: tuple[ClaimKey, ...]) -> dict[ClaimKey, int]:
        found: dict[ClaimKey, int] = {}
        sql = b"SELECT holder FROM entrepot.claim WHERE tenant = %b AND hash = %b"
        for key in claims:
            row = self._connection().execute(sql, key).fetchone()
            if row is not None:
                found[key] = row[0]
        return found

    def _connection(self) -> Connection:
        """The writer's connection; a new one where the server went away."""
        if self._writer is None or self._writer.closed:
            self._writer = self._connect(writes=True)
        return self._writer

    def _connect(self, *, writes: bool) -> Connection:
        # Where nobody answers each attempt takes its time: not all who wait should find out anew.
        if time.monotonic() < self._rest_until:
            raise _Away("the server was not there a moment ago")
        try:
            return connect(self.url, writes=writes)
        except psycopg.Error:
            self._rest_until = time.monotonic() + _REST_S
            raise

    def _forget(self) -> None:
        """After a failure nothing is known of the connection, nor of what was seen through it."""
        self._cache.clear()
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    # Reading

    def read_now(self, work: Callable[[Tx], R]) -> R:
        """`read` on the calling thread, for as long as it takes."""
        self._must_be_open()
        result, error = self._reads.look([work], lambda: Limit(self._shutdown))[0]
        if error is not None:
            raise error
        value: R = result
        return value

    def stop_reading(self) -> None:
        """See `Store.stop_reading`."""
        self._shutdown.set()
        self._reads.cancel()

    def close(self) -> None:
        """Let go of the server; whoever serves has seen to it that nobody waits any more."""
        if self._closed:
            return
        self._closed = True
        self.stop_reading()
        self._writers.close()
        self._readers.close()
        self._reads.close()
        if self._writer is not None:
            self._writer.close()


def _must_be_whole(connection: Connection) -> None:
    sql = "SELECT FROM entrepot.meta WHERE name = 'copying'"
    if connection.execute(sql).fetchone() is not None:
        raise ValueError("a copy into this store has not ended: run `entrepot store copy` again")


def _is_small(thing: Thing | None) -> bool:
    if isinstance(thing, NamedModel):
        return not thing.model.parked and len(bytes(thing.model.text)) <= _SMALL
    return isinstance(thing, Space)


def _run_unit(tx: WriteTx, work: Callable[[Tx], Any]) -> Outcome:
    """What came of the unit; here, because its error must not know where it is collected (see `outcome`).

    Raises:
        psycopg.Error: the engine failed.
    """
    try:
        return tx.unit(work), None
    except FAULTS_OF_A_UNIT as error:
        return None, error
    except psycopg.Error:
        raise
    except Exception as error:
        return None, error
