"""Nonces that one server has seen, in memory and where it is given one in a journal; knows no files."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from typing import Protocol

log = logging.getLogger("entrepot")

MOST_MARKS = 500_000  # some 45 MB; above that those that end first are forgotten first


class Journal(Protocol):
    """What outlives the server."""

    def living(self, minute: int) -> Iterable[tuple[int, bytes]]:
        """What was added and has not ended before this minute."""
        ...

    def add(self, ends: int, mark: bytes) -> None:
        """Keep a mark until the minute in which it ends."""
        ...


class MemoryNonces:
    """See `Nonces`.

    Holds at most `most` marks. Where more are used within their lives, those that end first are
    forgotten: their requests could be sent once more, but memory stays bounded.

    A mark is forgotten when its minute is over and its life has also passed by a clock that nobody
    sets. If the time of day is set forward and back, requests of before are still known.
    """

    def __init__(self, journal: Journal | None = None, most: int = MOST_MARKS) -> None:
        self._journal = journal
        self._most = most
        self._marks: dict[int, set[bytes]] = {}  # by the minute, since 1970, that they end in
        self._kept_until_s: dict[int, float] = {}  # by the same minute: monotonic time
        now = _minute()
        for ends, mark in journal.living(now) if journal else ():
            self._keep(mark, ends, 60.0 * (ends - now + 1))

    async def first(self, mark: bytes, life_s: float) -> bool:
        """See `Nonces.first`."""
        now, uptime_s = _minute(), time.monotonic()
        for minute in [m for m in self._marks if m < now and self._kept_until_s[m] < uptime_s]:
            self._drop(minute)
        if any(mark in marks for marks in self._marks.values()):
            return False
        ends = _minute(life_s)
        self._keep(mark, ends, life_s)
        if sum(map(len, self._marks.values())) > self._most:
            self._forget(ends)
        if self._journal is not None:
            self._journal.add(ends, mark)
        return True

    def _keep(self, mark: bytes, ends: int, life_s: float) -> None:
        self._marks.setdefault(ends, set()).add(mark)
        until_s = time.monotonic() + life_s
        self._kept_until_s[ends] = max(until_s, self._kept_until_s.get(ends, until_s))

    def _drop(self, minute: int) -> None:
        del self._marks[minute], self._kept_until_s[minute]

    def _forget(self, newest: int) -> None:
        """Forgets the marks that end first; of a single minute, an arbitrary half."""
        log.warning("more than %d nonces are in use: the oldest are forgotten", self._most)
        first = min(self._marks)
        if first != newest:
            self._drop(first)
            return
        marks = self._marks[first]
        for _ in range(len(marks) // 2):
            marks.pop()


def _minute(later_s: float = 0) -> int:
    # The clock of the requests' own dates: set back or forward, it moves both.
    return int((time.time() + later_s) // 60)
