"""One thread for work that would hold the event loop up, with a bounded queue before it."""

from __future__ import annotations

import asyncio
from bisect import insort
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from itertools import count
from typing import TypeVar

from entrepot.core.faults import Unavailable

R = TypeVar("R")
_Place = tuple[int, int, "asyncio.Future[bool]"]  # rank, number in the order of coming, the turn


class OneThread:
    """Does one piece of work after the other: however many ask, one processor at most is busy with it."""

    def __init__(self, name: str, most_waiting: int) -> None:
        self._name = name
        self._most_waiting = most_waiting
        self._busy = False
        self._queue: list[_Place] = []  # sorted
        self._numbers = count()
        self._executor: ThreadPoolExecutor | None = None  # most processes never need it
        self.refused = 0

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return len(self._queue)

    @asynccontextmanager
    async def turn(self, rank: int = 0) -> AsyncIterator[None]:
        """Waits until the thread is free; within the block `run` has it.

        Lower ranks come first. Where the queue is full, the last of a higher rank loses its place.

        Raises:
            Unavailable: there is no place in the queue.
        """
        if self._busy and not await self._queued(rank):
            self.refused += 1
            raise Unavailable(f"{self._name}: {self.waiting} wait already")
        self._busy = True
        try:
            yield
        finally:
            self._free()

    def _free(self) -> None:
        """Gives the thread to the first of the queue."""
        self._busy = self._called(0, True)

    def _called(self, place: int, turn: bool) -> bool:
        """Whether there was somebody at this place of the queue, who is now told whether it is their turn."""
        while self._queue:
            waiting = self._queue.pop(place)[2]
            if not waiting.done():  # it is where the request was given up a moment ago
                waiting.set_result(turn)
                return True
        return False

    async def _queued(self, rank: int) -> bool:
        """Whether the turn has come; the thread is then busy for the one who waited."""
        if len(self._queue) >= self._most_waiting:
            if self._queue[-1][0] <= rank:
                return False
            self._called(-1, False)
        place: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        waiting = rank, next(self._numbers), place
        insort(self._queue, waiting)
        try:
            return await place
        except asyncio.CancelledError:
            if waiting in self._queue:
                self._queue.remove(waiting)
            elif place.done() and not place.cancelled() and place.result():
                self._free()
            raise

    async def run(self, work: Callable[[], R]) -> R:
        """Returns what the work returns; call it within a `turn`."""
        if self._executor is None:
            self._executor = ThreadPoolExecutor(1, thread_name_prefix=self._name)
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)
