"""When a server that failed is asked again: by one caller a second, while all others are refused at once.

Example: a server stops answering. The first callers wait until their patience ends, and report `failed`.
For the next second `turn` gives nobody a turn, and callers are refused without waiting. Then one caller
gets a turn, the trial; the others still get none. If the trial reports `worked`, everybody gets turns
again. Knows no server and no protocol.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Outage:
    """Whether the server may be asked now. All threads that use the server share one."""

    def __init__(
        self, patience_s: float, retry_s: float, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        """`patience_s`: the longest time that one caller waits for the server."""
        self._patience_s = patience_s
        self._retry_s = retry_s
        self._now_s = now_s
        self._lock = threading.Lock()
        self._failures = 0
        self._next_trial_s = 0.0
        self.reason = ""  # why the server cannot be used; empty while it can

    def turn(self) -> int | None:
        """Returns the caller's turn to use the server, None if it has none. How it went must be reported."""
        with self._lock:
            if self.reason:
                if self._now_s() < self._next_trial_s:
                    return None
                self._next_trial_s = self._now_s() + self._patience_s + self._retry_s
            return self._failures

    def failed(self, reason: str) -> bool:
        """Notes a failure. Returns True if the server could be used before."""
        with self._lock:
            first = not self.reason
            self.reason = reason or "no reason is known"
            self._failures += 1
            self._next_trial_s = self._now_s() + self._retry_s
            return first

    def worked(self, turn: int) -> bool:
        """Notes an answer, unless the server failed since the turn began. Returns True if that ends an outage."""
        with self._lock:
            ended = bool(self.reason) and turn == self._failures
            if ended:
                self.reason = ""
            return ended
