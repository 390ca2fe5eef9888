"""The SQLite engine where several processes serve one file: a group of units in a thread, in turns.

One process by itself syncs beside its loop and knows what is not on disk yet (sqlite.py). Of another
process nobody knows that, so here SQLite syncs a commit before any reader can see it.
"""

from __future__ import annotations

import fcntl
import logging
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import apsw

from entrepot.core.faults import Unavailable
from entrepot.core.ports import Tx
from entrepot.store.crew import Crew, Outcome
from entrepot.store.sqlite import SqliteStore, refuse_to_go_on
from entrepot.store.sqlite_schema import WAL_PAGES
from entrepot.store.sqlite_tx import Spoilt

R = TypeVar("R")
log = logging.getLogger("entrepot.store")
_GROUP = 256


class SharedSqliteStore(SqliteStore):
    """A `Store` in one file that other processes write too, each through one of these."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._writer.pragma("synchronous", "FULL")
        self._writer.set_wal_hook(None)
        self._writer.wal_autocheckpoint(WAL_PAGES)
        # SQLite's own wait for another writer is a sleep; this one ends when the other has ended.
        self._turn = os.open(f"{path}-turn", os.O_RDWR | os.O_CREAT, 0o600)
        self._crew = Crew("entrepot-writer", self._settle, hands=1, most=_GROUP)

    async def write(self, work: Callable[[Tx], R]) -> R:
        """What `work` returned, once it is on disk (see `Store.write`)."""
        if self._closed:
            raise Unavailable("the store is closed")
        result: R = await self._crew.do(work)
        return result

    @property
    def waiting(self) -> int:
        """How many units wait for their turn."""
        return self._crew.waiting

    def _settle(self, units: Sequence[Callable[[Tx], Any]]) -> list[Outcome]:
        began = time.monotonic()
        batch: list[Any] = [(work, None) for work in units]
        fcntl.flock(self._turn, fcntl.LOCK_EX)
        try:
            try:
                outcomes = self._commit(batch, guarded=False)
            except Spoilt:
                self._tx.abandon()
                outcomes = self._commit(batch, guarded=True)
        except apsw.Error as error:
            if getattr(error, "extendedresult", 0) == apsw.SQLITE_IOERR_FSYNC:
                refuse_to_go_on()
            log.exception("a batch of %d was not kept", len(batch))
            self._tx.abandon()
            return [(None, self._unavailable(error))] * len(batch)
        finally:
            fcntl.flock(self._turn, fcntl.LOCK_UN)
        self.committed(len(batch), time.monotonic() - began)
        return [(result, error) for _, result, error in outcomes]

    def close(self) -> None:
        """Let go of the file."""
        if not self._closed:
            self._crew.close()
            super().close()
            os.close(self._turn)
