"""One thread for work that would hold the event loop up, with a bounded queue before it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

from entrepot.core.faults import Unavailable

R = TypeVar("R")


class OneThread:
    """Does one piece of work after the other: however many ask, one processor at most is busy with it."""

    def __init__(self, name: str, most_waiting: int) -> None:
        self._name = name
        self._most_waiting = most_waiting
        self._busy = asyncio.Lock()
        self._executor: ThreadPoolExecutor | None = None  # most processes never need it
        self.waiting = 0  # for their turn
        self.refused = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Waits until the thread is free; within the block `run` has it.

        Raises:
            Unavailable: the queue is full.
        """
        if self._busy.locked() and self.waiting >= self._most_waiting:
            self.refused += 1
            raise Unavailable(f"{self._name}: {self.waiting} wait already")
        self.waiting += 1
        try:
            await self._busy.acquire()
        finally:
            self.waiting -= 1
        try:
            yield
        finally:
            self._busy.release()

    async def run(self, work: Callable[[], R]) -> R:
        """Returns what the work returns; call it within a `turn`."""
        if self._executor is None:
            self._executor = ThreadPoolExecutor(1, thread_name_prefix=self._name)
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)
