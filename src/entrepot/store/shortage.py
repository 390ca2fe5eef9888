"""What was said when there was no room on the disk, remembered for some seconds; knows no engine.

Where small values still find room, a probe that writes one succeeds while every create is refused. So a
refused unit counts for a while, whatever becomes of smaller ones (docs/decisions/0115).
"""

from __future__ import annotations

import time

_SHORT_S = 5.0


class Shortage:
    """Remembers the last refusal for want of room."""

    def __init__(self) -> None:
        self._said, self._until = "", 0.0

    def remember(self, said: str) -> None:
        """From now on, for some seconds, this is why there is no room."""
        self._said, self._until = said, time.monotonic() + _SHORT_S

    @property
    def reason(self) -> str:
        """What was said last; empty where that is some seconds ago."""
        return self._said if time.monotonic() < self._until else ""
