"""Shares the time of the event loop among addresses when it is scarce.

Example: strangers send 300 pipelines of 250 requests each. To read and answer them all takes seconds, and a
request that comes meanwhile would wait for them all, because a loop runs what is ready in the order in which
it became so. Once a turn of the loop has read and answered for 10 ms, the other requests wait. Each later
turn of the loop lets requests go on for 3 ms. The address that has used least of the loop's time comes first.

If strangers send from 200 addresses, an equal part for each address is too little for a caller. An address is
"proved" once a request from it had a valid signature or token. Proved addresses have their own queue. While
both queues wait, it gets four fifths of the time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator
from contextlib import ExitStack
from functools import partial
from time import perf_counter
from typing import Any

from entrepot.core.switches import quick_switches
from entrepot.dialect.request import Answer, Request
from entrepot.edge.budget import Share
from entrepot.edge.fair_queue import FairQueue

SLICE_S = 0.01  # once a turn of the loop has read and answered for so long, the rest waits
GIVEN_S = 0.003  # and while something waits, a turn takes so long
UNREAD_BYTES = 4 << 20  # that were received and wait to be read, of all connections together
LARGE_READ, READ, SMALL_READ = 256 << 10, 4 << 10, 1 << 10  # bytes that are received at a time
_BETWEEN_S = 0.002  # so long after a turn that was timed none is
_PROVED = 4  # so many times as much of the time is for proved callers as for strangers
_LEAST_S = 0.0001  # a request is taken to cost so much at least
_NEWEST = 4  # one part in so many of `cost_s` is the newest request's

AnswerOf = Callable[[Request], Coroutine[Any, Any, Answer]]


class LoopTime:
    """The time of one event loop, as far as requests of one listener use it."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        # Each item goes on when it is called, and returns how many seconds more that will take.
        self._proved: FairQueue[Callable[[], float]] = FairQueue()
        self._strangers: FairQueue[Callable[[], float]] = FairQueue()
        self._proved_s = self._strangers_s = 0.0  # what each has got since all waited for nothing
        self._giving = False  # `_give` will be called again
        self._switches = ExitStack()  # holds `quick_switches` while giving
        self._unread_bytes = 0
        # Every connection receives into this, one after another.
        self.buffer = memoryview(bytearray(LARGE_READ))
        self._read_buffer, self._small_buffer = self.buffer[:READ], self.buffer[:SMALL_READ]
        # A turn is timed by a callback, which runs in the next one: now and then, because it costs something.
        self._turn_began = self._turn_ended = 0.0

    @property
    def scarce(self) -> bool:
        """Whether what is ready has to wait for its turn."""
        if self._giving:
            return True
        now = perf_counter()
        if self._turn_began:
            return now - self._turn_began > SLICE_S
        if now - self._turn_ended > _BETWEEN_S:
            self._turn_began = now
            self._loop.call_soon(self._turn_ends)
        return False

    def _turn_ends(self) -> None:
        self._turn_began, self._turn_ended = 0.0, perf_counter()

    async def answer(
        self, answer_of: AnswerOf, request: Request, share: Share, had_turn: bool = False
    ) -> Answer:
        """Answers the request when it is its turn: at once where it was read in one."""
        if not had_turn:
            turn = self._loop.create_future()
            self._queue(share, partial(_go_on, turn, share))
            await turn
        return await _Charged(answer_of(request), share)

    @property
    def small_buffer(self) -> memoryview:
        """The part of `buffer` that a connection without a lease receives into.

        It is smaller while many bytes wait to be read, because thousands of connections may send at once.
        """
        return self._read_buffer if self._unread_bytes < UNREAD_BYTES else self._small_buffer

    def read_later(self, read: Callable[[], bool], unread_bytes: int, share: Share) -> bool:
        """Reads so many received bytes when it is their turn.

        `read` returns whether a request is answered next, whose time is then part of the turn. Returns
        False, and will not read, where too many bytes wait.
        """
        if self._unread_bytes >= UNREAD_BYTES and unread_bytes > SMALL_READ:
            return False
        self._unread_bytes += unread_bytes
        self._queue(share, partial(self._read, read, unread_bytes, share))
        return True

    def _read(self, read: Callable[[], bool], unread_bytes: int, share: Share) -> float:
        self._unread_bytes -= unread_bytes
        return max(share.cost_s, _LEAST_S) if read() else 0.0

    def _queue(self, share: Share, go_on: Callable[[], float]) -> None:
        (self._proved if share.proved else self._strangers).put(share, go_on)
        if not self._giving:
            self._giving = True
            self._switches.enter_context(quick_switches())
            self._loop.call_soon(self._give)

    def _give(self) -> None:
        """Lets as much go on as fills this turn of the loop and the next."""
        given_s = 0.0
        while given_s < GIVEN_S and (queue := self._next()):
            share, go_on = queue.pop()
            began = perf_counter()
            more_s = go_on()
            spent_s = perf_counter() - began
            share.used_s += spent_s
            given_s += spent_s + more_s
            if queue is self._proved:
                self._proved_s += spent_s + more_s
            else:
                self._strangers_s += spent_s + more_s
        self._giving = bool(self._next())
        if self._giving:
            self._loop.call_soon(self._give)
        else:
            self._proved_s = self._strangers_s = 0.0
            self._switches.close()

    def _next(self) -> FairQueue[Callable[[], float]]:
        """The queue whose turn it is; empty where both are."""
        proved = self._proved_s <= _PROVED * self._strangers_s or not self._strangers
        return self._proved if proved and self._proved else self._strangers


def _go_on(turn: asyncio.Future[None], share: Share) -> float:
    if turn.done():  # its task was cancelled
        return 0.0
    turn.set_result(None)
    return max(share.cost_s, _LEAST_S)


class _Charged(Generator[Any, None, Answer]):
    """A coroutine whose steps are timed: what each holds the loop is charged to the address."""

    def __init__(self, work: Coroutine[Any, Any, Answer], share: Share) -> None:
        self._work = work
        self._share = share
        self._cost_s = 0.0

    def __await__(self) -> Generator[Any, None, Answer]:
        return self

    def send(self, value: None) -> Any:
        began = perf_counter()
        try:
            return self._work.send(value)
        finally:
            self._charge(perf_counter() - began)

    def throw(self, *error: Any) -> Any:
        began = perf_counter()
        try:
            return self._work.throw(*error)
        finally:
            self._charge(perf_counter() - began)

    def _charge(self, spent_s: float) -> None:
        share = self._share
        share.used_s += spent_s
        share.cost_s += (self._cost_s + spent_s - share.cost_s) / _NEWEST
        self._cost_s += spent_s
