"""Measures how long the event loop is held by one piece of work, and names the operation; knows no vendor.

The loop notes the time every `TICK_S`. A thread looks at that note: where the loop has worked for `HELD_S`
since, the thread reads from the loop's stack which request it works on. Requests pay nothing for it.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import time
from types import FrameType

from entrepot.dialect.dialect import Exchange

log = logging.getLogger("entrepot.server")

TICK_S = 0.05
HELD_S = 0.2  # of work
_BLOCKED_S = 2.0  # without work: it waits for something
_RUNNERS = asyncio.runners.__file__  # whose function is innermost while the loop waits
_SILENCE_S = 1.0  # between two warnings
_WINDOW_S = 60.0  # `lag_s` is the longest hold within the last one or two of these


class Watchdog:
    """Watches the running loop from `start` to `stop`."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._loop_thread = self._clock = 0
        self._noted = 0.0
        self._handle: asyncio.TimerHandle | None = None
        self._ended = threading.Event()
        self._longest, self._longest_before, self._window = 0.0, 0.0, 0.0
        self._held_by = ""

    @property
    def lag_s(self) -> float:
        """The longest time, in the last minute or two, that everything else waited for one piece of work."""
        return max(self._longest, self._longest_before)

    def start(self) -> None:
        """Begins; called on the loop's thread."""
        self._loop = asyncio.get_running_loop()
        self._loop_thread = threading.get_ident()
        self._clock = time.pthread_getcpuclockid(self._loop_thread)
        self._noted = self._window = time.monotonic()
        self._handle = self._loop.call_later(TICK_S, self._tick)
        threading.Thread(target=self._watch, name="entrepot-watchdog", daemon=True).start()

    def stop(self) -> None:
        """Ends; called on the loop's thread."""
        self._ended.set()
        if self._handle is not None:
            self._handle.cancel()

    def _tick(self) -> None:
        """On the loop: it is free. How late is it?"""
        now = time.monotonic()
        lag = max(now - self._noted - TICK_S, 0.0)
        self._noted = now
        if now - self._window > _WINDOW_S:
            self._window, self._longest_before, self._longest = now, self._longest, 0.0
        self._longest = max(self._longest, lag)
        assert self._loop is not None  # noqa: S101 (it ran this)
        self._handle = self._loop.call_later(TICK_S, self._tick)

    def _watch(self) -> None:
        """In the thread: names what holds the loop, at most once a second."""
        worked_from, noted = self._worked_s(), self._noted
        while not self._ended.wait(HELD_S / 4):
            if noted != self._noted:
                worked_from, noted = self._worked_s(), self._noted
                continue
            # A machine that gives this process no time is no fault of an operation's.
            worked = self._worked_s() - worked_from > HELD_S
            if not worked and time.monotonic() - noted < _BLOCKED_S:
                continue
            name = self._work_under_way()
            if not name:
                continue
            while noted == self._noted and not self._ended.wait(TICK_S):
                pass  # until it lets go, to tell how long it was
            log.warning(
                "the event loop was held for %.0f ms by %s: all other requests waited",
                (time.monotonic() - noted - TICK_S) * 1000,
                name,
            )
            self._ended.wait(_SILENCE_S)

    def _worked_s(self) -> float:
        """The processor time that the loop's thread has taken so far."""
        return time.clock_gettime(self._clock)

    def _work_under_way(self) -> str:
        """The operation of the request that the loop works on, and the function; empty where it waits."""
        frame: FrameType | None = sys._current_frames().get(self._loop_thread)
        if frame is None or frame.f_code.co_filename == _RUNNERS:
            return ""
        innermost = frame.f_code.co_qualname
        while frame is not None:
            exchange = (
                frame.f_locals.get("exchange") if "exchange" in frame.f_code.co_varnames else None
            )
            if isinstance(exchange, Exchange):
                operation = "" if exchange.operation is None else f" {exchange.operation.name}"
                return f"{exchange.dialect.name}{operation} ({innermost})"
            frame = frame.f_back
        return innermost
