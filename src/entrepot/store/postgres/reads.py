"""Looking into a PostgreSQL store: a connection for each thread that reads, units over one state."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
from psycopg import errors

from entrepot.core.faults import Unavailable
from entrepot.core.ports import Tx
from entrepot.store.limits import Limit
from entrepot.store.postgres.schema import Connection, cancel, first_line
from entrepot.store.postgres.tx import ReadTx, bounded, milliseconds
from entrepot.store.readers import Units, outcome
from entrepot.store.shutdown import Shutdown
from entrepot.store.worker_threads import Outcome

_QUICK_S = 0.01
_BEGIN = b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_IN_TRANSACTION = psycopg.pq.TransactionStatus.INTRANS

# A statement was refused for what it holds: one unit's fault, not the engine's.
FAULTS_OF_A_UNIT = (psycopg.DataError, psycopg.IntegrityError, errors.ProgramLimitExceeded)


class PostgresReads:
    """Runs units that change nothing. `close` when no thread is in it any more."""

    def __init__(
        self,
        connect: Callable[[], Connection],
        shutdown: Shutdown,
        failed: Callable[[psycopg.Error], None],
    ) -> None:
        """`failed` is told of each failure of the engine."""
        self._connect = connect
        self._shutdown = shutdown
        self._failed = failed
        self._local = threading.local()
        self._opening = threading.Lock()
        self._connections: list[Connection] = []  # of all threads

    def look(self, units: Units, limit: Callable[[], Limit]) -> list[Outcome]:
        """The outcomes of the first units, over one state: of all of them, unless one took long."""
        begun = False
        try:
            self._shutdown.check()
            left_s = limit().left_s()
            timeout_ms = 0 if left_s is None else milliseconds(left_s)
            connection = self._begun(timeout_ms)
            begun = True
            return _look_at(connection, units, limit, timeout_ms)
        except Unavailable as fault:
            return [(None, fault)] * len(units)
        except psycopg.Error as error:
            self._failed(error)
            reason = Shutdown.reason if self._shutdown.is_set() else first_line(error)
            # Where not even a transaction began, not all who wait should find that out anew.
            return [(None, Unavailable(reason))] * (1 if begun else len(units))

    def _begun(self, timeout_ms: int) -> Connection:
        """The calling thread's connection, in a transaction where no statement runs for longer; 0: for ever."""
        sql = _BEGIN + (b"; " + bounded(timeout_ms) if timeout_ms else b"")
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is not None:
            try:
                connection.execute(sql)
                return connection
            except psycopg.Error:
                # The server may have gone away and come back since this connection was used last.
                if not connection.closed:
                    raise
        connection = self._local.connection = self._connect()
        with self._opening:
            self._connections = [c for c in self._connections if not c.closed] + [connection]
        connection.execute(sql)
        return connection

    def cancel(self) -> None:
        """From now on whoever looks is interrupted."""
        if self._connections:  # in a thread: to cancel a statement takes another connection
            threading.Thread(target=cancel, args=(lambda: self._connections,), daemon=True).start()

    def close(self) -> None:
        """Let go of the server."""
        for connection in self._connections:
            connection.close()


def _look_at(
    connection: Connection, units: Units, limit: Callable[[], Limit], timeout_ms: int
) -> list[Outcome]:
    """The outcomes of the first units, in a transaction that has begun.

    Raises:
        psycopg.Error: the engine failed at the first one.
    """
    outcomes: list[Outcome] = []
    end = time.monotonic() + _QUICK_S
    try:
        tx = ReadTx(connection, timeout_ms)
        for work in units:
            tx.limit = limit()
            outcomes.append(_looked(tx, work))
            if time.monotonic() > end or connection.info.transaction_status != _IN_TRANSACTION:
                break
        return outcomes
    except psycopg.Error:
        if not outcomes:
            raise
        return outcomes  # whoever met it meets it again, as the first
    finally:
        if not connection.closed:
            connection.rollback()


def _looked(tx: ReadTx, work: Callable[[Tx], Any]) -> Outcome:
    """What came of the unit; here, because its error must not know where it is collected (see `outcome`).

    Raises:
        psycopg.Error: the engine failed.
    """
    try:
        return work(tx), None
    except FAULTS_OF_A_UNIT as error:
        return None, error
    except errors.QueryCanceled as error:
        _, fault = outcome(tx.limit.check)
        return None, fault or Unavailable(first_line(error))
    except psycopg.Error:
        raise
    except Exception as error:
        return None, error
