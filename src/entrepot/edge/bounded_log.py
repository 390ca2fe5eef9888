"""A log that strangers cannot fill: of equal records the first few are written, and the others are counted.

For example, ten thousand requests within ten seconds fail in the same place. The log gets ten records
with their tracebacks, and at the end of the ten seconds a line `... 9,990 more like it in 10 s: ...`.
The access log is apart: there each request has its line, because the operator asked for that.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from dataclasses import dataclass
from typing import TextIO

ACCESS = "entrepot.access"
MOST = 10  # records of a kind that are written in a window
WINDOW_S = 10
KINDS = 200  # windows that are open at once
_LINE = 200  # characters of the record that stands for the others

Kind = tuple[object, ...]


@dataclass(slots=True)
class _Window:
    """What came of one kind since the first. It holds no record: records hold frames, and frames requests."""

    ends: float
    name: str
    level: int
    line: str
    count: int = 0


class BoundedHandler(logging.StreamHandler[TextIO]):
    """Writes records to standard error, at most `MOST` of a kind in `WINDOW_S` seconds.

    Records are of one kind where the same line of code made them, and the same line of code raised
    the exception that they tell of. So there are no more kinds than lines of code.
    """

    def __init__(self) -> None:
        super().__init__()
        self._windows: dict[Kind, _Window] = {}  # in the order in which they end
        self._process = os.getpid()

    def emit(self, record: logging.LogRecord) -> None:
        """Writes the record, or counts it."""
        if record.name == ACCESS:
            super().emit(record)
            return
        if self._process != os.getpid():  # a worker: what its parent counted, the parent tells
            self._process = os.getpid()
            self._windows.clear()
        now = time.monotonic()
        self._end_windows(now)
        kind = _kind(record)
        window = self._windows.get(kind)
        if window is None:
            if len(self._windows) >= KINDS:
                self._tell(self._windows.pop(next(iter(self._windows))))
            line = record.getMessage().partition("\n")[0][:_LINE]
            window = _Window(now + WINDOW_S, record.name, record.levelno, line)
            self._windows[kind] = window
        window.count += 1
        if window.count <= MOST:
            super().emit(record)
        elif window.count == MOST + 1:
            self._tell_in_time()

    def close(self) -> None:
        """Tells what was counted."""
        if self._process == os.getpid():
            self._end_windows(float("inf"))
        super().close()

    def _end_windows(self, now: float) -> None:
        while self._windows:
            kind = next(iter(self._windows))
            if self._windows[kind].ends > now:
                return
            self._tell(self._windows.pop(kind))

    def _tell_in_time(self) -> None:
        """Tells also where no other record comes; without an event loop the next record does."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        loop.call_later(WINDOW_S, self._end_windows_locked)

    def _end_windows_locked(self) -> None:
        self.acquire()
        try:
            self._end_windows(time.monotonic())
        finally:
            self.release()

    def _tell(self, window: _Window) -> None:
        more = window.count - MOST
        if more > 0:
            words, values = "... %s more like it in %d s: %s", (f"{more:,}", WINDOW_S, window.line)
            record = logging.LogRecord(window.name, window.level, "", 0, words, values, None)
            super().emit(record)


def _kind(record: logging.LogRecord) -> Kind:
    error = record.exc_info[1] if record.exc_info else None
    place = error.__traceback__ if error is not None else None
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    raised = (place.tb_frame.f_code, place.tb_lineno) if place is not None else ()
    return record.pathname, record.lineno, type(error), *raised
