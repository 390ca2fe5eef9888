"""Threads that read, so that nobody waits behind what takes long: look-ups, short reads and scans apart.

A read begins as a short one. Where it turns out to be long, it is given up and waits for its tenant's turn
among the scans, of which one runs at a time. Look-ups of who is calling have a thread that nothing else uses.
Knows no engine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from entrepot.core.faults import TooMuch, Unavailable
from entrepot.core.kinds import INSTALLATION
from entrepot.core.ports import Scans, Tx
from entrepot.core.switches import quick_switches
from entrepot.store.limits import Limit, Long, Scan, Short
from entrepot.store.shutdown import Shutdown
from entrepot.store.worker_threads import Outcome, WorkerThreads

R = TypeVar("R")
Units = Sequence[Callable[[Tx], Any]]
Look = Callable[[Units, Callable[[], Limit]], list[Outcome]]
"""An engine's way to run units, each under a limit of its own; gives the outcomes of the first ones."""

SCAN_S = 2.0
_ROOM = 512  # short reads, or look-ups, that wait
_ROOM_SCANS = 64


class Readers:
    """See above. `close` before the process ends."""

    def __init__(
        self, look: Look, shutdown: Shutdown, scan_s: float, *, threads: int, most: int = 1
    ) -> None:
        """`threads`: how many do short reads; `most`: how many of those see one state together."""
        self._look = look
        self._shutdown = shutdown
        self._scan_s = scan_s
        self._scanning = self._refused = 0
        full, many = (
            partial(Unavailable, "too many reads wait"),
            partial(TooMuch, "waiting", _ROOM_SCANS),
        )
        self._lookups = WorkerThreads(
            "entrepot-lookup", self._of(Limit), threads=1, most=most, room=_ROOM, full=full
        )
        self._short = WorkerThreads(
            "entrepot-reader",
            self._of(Short, scan_s),
            threads=threads,
            most=most,
            room=_ROOM,
            full=full,
        )
        self._scans = WorkerThreads(
            "entrepot-scan", self._scan, threads=1, most=1, room=_ROOM_SCANS, full=many
        )
        self._works = WorkerThreads(
            "entrepot-work", _work, threads=1, most=1, room=_ROOM_SCANS, full=many
        )

    def _of(self, kind: Callable[..., Limit], *bounds: float) -> Callable[[Units], list[Outcome]]:
        return lambda units: self._look(units, partial(kind, self._shutdown, *bounds))

    async def read(self, work: Callable[[Tx], R], tenant: int) -> R:
        """See `Store.read`."""
        result: R
        try:
            result = await self._short.do(work, tenant)
        except Long:
            pass
        else:
            return result
        try:
            result = await self._scans.do(work, tenant)
        except TooMuch:
            self._refused += 1
            raise
        return result

    async def look_up(self, work: Callable[[Tx], R]) -> R:
        """See `Store.look_up`."""
        result: R = await self._lookups.do(work)
        return result

    async def apart(self, work: Callable[[], R], tenant: int) -> R:
        """See `Store.apart`."""
        result: R = await self._works.do(work, tenant)
        return result

    @property
    def scans(self) -> Scans:
        """See `Store.scans`."""
        return Scans(self._scanning, self._scans.waiting, self._refused)

    def _scan(self, units: Units) -> list[Outcome]:
        self._scanning = 1
        try:
            with quick_switches():
                return self._look(units, partial(Scan, self._shutdown, self._scan_s))
        finally:
            self._scanning = 0

    def close(self) -> None:
        """Returns when all who wait have their answers and no thread is left."""
        for workers in (self._lookups, self._short, self._scans, self._works):
            workers.close()


class Reading:
    """The part of `Store` that reads, for an engine that has made its `_readers`."""

    _readers: Readers
    _closed = False

    async def read(self, work: Callable[[Tx], R], tenant: int = INSTALLATION) -> R:
        """See `Store.read`."""
        self._must_be_open()
        return await self._readers.read(work, tenant)

    async def look_up(self, work: Callable[[Tx], R]) -> R:
        """See `Store.look_up`."""
        self._must_be_open()
        return await self._readers.look_up(work)

    async def apart(self, work: Callable[[], R], tenant: int = INSTALLATION) -> R:
        """See `Store.apart`."""
        self._must_be_open()
        return await self._readers.apart(work, tenant)

    @property
    def scans(self) -> Scans:
        """See `Store.scans`."""
        return self._readers.scans

    def _must_be_open(self) -> None:
        if self._closed:
            raise Unavailable("the store is closed")


def _work(works: Sequence[Callable[[], Any]]) -> list[Outcome]:
    with quick_switches():
        return [outcome(work) for work in works]


def outcome(work: Callable[..., R], *given: Any) -> Outcome:
    """What came of the work.

    Here and not where outcomes are collected: an error keeps the frames that it went through, and one
    that holds the error itself would be a cycle.
    """
    try:
        return work(*given), None
    except Exception as error:
        return None, error
