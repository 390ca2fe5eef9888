"""The SQLite engine where several processes serve one file: a group of units in a thread, in turns.

One process by itself syncs beside its loop and knows what is not on disk yet (sqlite.py). Of another
process nobody knows that, so here SQLite syncs a commit before any reader can see it.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import apsw

from entrepot.core.faults import Unavailable
from entrepot.core.ports import Tx
from entrepot.store.readers import SCAN_S
from entrepot.store.sqlite.schema import WAL_PAGES
from entrepot.store.sqlite.store import SqliteStore, refuse_to_go_on
from entrepot.store.sqlite.tx import Spoilt
from entrepot.store.worker_threads import Outcome, WorkerThreads

R = TypeVar("R")
log = logging.getLogger("entrepot.store")
_GROUP = 256


class SharedSqliteStore(SqliteStore):
    """A `Store` in one file that other processes write too, each through one of these."""

    def __init__(self, path: Path, *, scan_s: float = SCAN_S) -> None:
        super().__init__(path, scan_s=scan_s)
        self._writer.pragma("synchronous", "FULL")
        self._workers = WorkerThreads("entrepot-writer", self._settle, threads=1, most=_GROUP)

    def write(self, work: Callable[[Tx], R]) -> asyncio.Future[R]:
        """What `work` returned, once it is on disk (see `Store.write`)."""
        self._must_be_open()
        return self._workers.do(work)

    @property
    def waiting(self) -> int:
        """How many units wait for their turn."""
        return self._workers.waiting

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Nothing; while the context lasts, no other of these writes.

        SQLite's own wait for another writer is a sleep; this one ends when the other has ended.
        """
        file = os.open(f"{self._path}-turn", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        finally:
            os.close(file)

    def _settle(self, units: Sequence[Callable[[Tx], Any]]) -> list[Outcome]:
        began = time.monotonic()
        batch: list[Any] = [(work, None) for work in units]
        try:
            with self._turn():
                try:
                    outcomes = self._commit(batch, guarded=False)
                except Spoilt:
                    self._tx.abandon()
                    outcomes = self._commit(batch, guarded=True)
        except (apsw.Error, OSError) as error:
            if getattr(error, "extendedresult", 0) == apsw.SQLITE_IOERR_FSYNC:
                refuse_to_go_on()
            log.error("a group of %d was not kept: %s: %s", len(batch), type(error).__name__, error)
            self._tx.abandon()
            fault = self._unavailable(error) if isinstance(error, apsw.Error) else None
            return [(None, fault or Unavailable(str(error)))] * len(batch)
        self.committed(len(batch), time.monotonic() - began)
        if self._wal_pages > WAL_PAGES and not self._checkpointing:
            self._copy_beside(self._copy_back)
        return [(result, error) for _, result, error in outcomes]

    def _copy_back(self) -> None:
        """Copy the log beside the writers, then the little that came meanwhile while nobody writes."""
        try:
            self._copy_log()
            with self._turn():
                self._copy_log()
        except apsw.BusyError:
            pass  # another process is at it
        except (apsw.Error, OSError):
            log.warning("a checkpoint failed and will be tried again", exc_info=True)
        self._checkpointing = False

    def close(self) -> None:
        """Let go of the file."""
        if not self._closed:
            self._workers.close()
            super().close()
