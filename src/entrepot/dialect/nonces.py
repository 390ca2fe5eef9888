"""Nonces that one server has seen, in memory and where it is given one in a journal; knows no files."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Protocol


class Journal(Protocol):
    """What outlives the server."""

    def living(self, minute: int) -> Iterable[tuple[int, bytes]]:
        """What was added and has not ended before this minute."""
        ...

    def add(self, ends: int, mark: bytes) -> None:
        """Keep a mark until the minute in which it ends."""
        ...


class MemoryNonces:
    """See `Nonces`."""

    def __init__(self, journal: Journal | None = None) -> None:
        self._journal = journal
        self._marks: dict[int, set[bytes]] = {}  # by the minute, since 1970, that they end in
        for ends, mark in journal.living(_minute()) if journal else ():
            self._marks.setdefault(ends, set()).add(mark)

    async def first(self, mark: bytes, life_s: float) -> bool:
        """See `Nonces.first`."""
        now = _minute()
        for minute in [m for m in self._marks if m < now]:
            del self._marks[minute]
        if any(mark in marks for marks in self._marks.values()):
            return False
        ends = _minute(life_s)
        self._marks.setdefault(ends, set()).add(mark)
        if self._journal is not None:
            self._journal.add(ends, mark)
        return True


def _minute(later_s: float = 0) -> int:
    # The clock of the requests' own dates: set back or forward, it moves both.
    return int((time.time() + later_s) // 60)
