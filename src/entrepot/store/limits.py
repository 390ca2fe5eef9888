"""What one read may take: a short one a few rows and milliseconds, a scan some seconds. Knows no engine.

Example: a search runs on a reader for short reads. After 256 devices there are more, so `Short` raises
`Long`. The search waits for its turn among the scans, and begins again with a `Scan`, which ends it after
two seconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from entrepot.core.faults import TooMuch
from entrepot.store.shutdown import Shutdown

SHORT_ROWS = 1024
"""So many rows a short read may go through. A search in 1,000 names takes about a millisecond."""
_SHORT_CPU_S = 0.005
_STATEMENT_S = 2.0  # of a short read at least, where the database is slow


class Long(Exception):
    """Raised in a short read that is long: it runs again as a scan."""


class Limit:
    """What a read may take where nobody else waits for it: as long as the server does not end.

    The other limits are of this kind. Whoever reads many rows asks `check` again and again.
    """

    short = False

    def __init__(self, shutdown: Shutdown) -> None:
        self._shutdown = shutdown

    def check(self) -> None:
        """Returns while the read may go on.

        Raises:
            Unavailable: the server is ending.
            Long, TooMuch: the read has taken what it may.
        """
        self._shutdown.check()

    def over(self) -> bool:
        """Whether `check` would raise: for an engine that asks in the middle of a statement."""
        return self._shutdown.is_set()

    def more(self) -> None:
        """Told of each block of rows that is not the last, before any of them is given out.

        Raises:
            Long: the read is a short one.
        """

    def weigh(self, rows: Callable[[], int]) -> None:
        """Told before a statement that goes through so many rows; only a short read counts them.

        Raises:
            Long: there are more than a short read may go through.
        """

    def left_s(self) -> float | None:
        """How many seconds are left; None where nobody counts them."""
        return None


class Short(Limit):
    """What a short read may take, in rows and in seconds of processor time of its thread.

    Not in seconds of the clock: on a slow disk, or a busy machine, a short read is still one.
    """

    short = True

    def __init__(self, shutdown: Shutdown, scan_s: float) -> None:
        super().__init__(shutdown)
        self._end = time.thread_time() + _SHORT_CPU_S
        self._left_s = max(scan_s, _STATEMENT_S)
        self._rows = 0

    def check(self) -> None:
        super().check()
        if time.thread_time() > self._end:
            raise Long

    def over(self) -> bool:
        return super().over() or time.thread_time() > self._end

    def more(self) -> None:
        raise Long

    def weigh(self, rows: Callable[[], int]) -> None:
        self._rows += rows()
        if self._rows > SHORT_ROWS:
            raise Long

    def left_s(self) -> float | None:
        return self._left_s  # of a single statement: a database that hangs must not keep the reader


class Scan(Limit):
    """What a scan may take, in seconds of the clock from when its turn has come."""

    def __init__(self, shutdown: Shutdown, scan_s: float) -> None:
        super().__init__(shutdown)
        self._scan_s = scan_s
        self._end = time.monotonic() + scan_s

    def check(self) -> None:
        super().check()
        if time.monotonic() > self._end:
            raise TooMuch("time", self._scan_s)

    def over(self) -> bool:
        return super().over() or time.monotonic() > self._end

    def more(self) -> None:
        time.sleep(0)  # hands the interpreter to whoever waits for it

    def left_s(self) -> float | None:
        return max(self._end - time.monotonic(), 0.0)
