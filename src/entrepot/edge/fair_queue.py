"""A queue in which addresses take turns, so that one that queues a thousand things delays no other.

Example: address A queues a1 to a1000, then B queues b1. The order out is a1, b1, a2, a3 and so on. Where A
has used more of the loop's time than B (`Share.used_s`), B also comes first with b2, b3 and so on, until it
has used as much.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from heapq import heappop, heappush
from itertools import count
from typing import Generic, TypeVar

from entrepot.edge.budget import Share

T = TypeVar("T")


class FairQueue(Generic[T]):
    """First in, first out for each address; of the addresses, who has used least comes first.

    Who comes back is not paid for the time in which it wanted nothing: it begins where the others are.
    """

    def __init__(self) -> None:
        self._queues: dict[Share, deque[T]] = {}
        self._order: list[tuple[float, int, Share]] = []  # a heap: each address that queues, once
        self._numbers = count()
        self._used_s = 0.0  # what the address had used that came out last

    def __bool__(self) -> bool:
        return bool(self._order)

    def put(self, share: Share, item: T) -> None:
        """Queues the item for this address."""
        queue = self._queues.get(share)
        if queue is None:
            queue = self._queues[share] = deque()
            share.used_s = max(share.used_s, self._used_s)
            heappush(self._order, (share.used_s, next(self._numbers), share))
        queue.append(item)

    def pop(self) -> tuple[Share, T]:
        """Returns the next item and its address.

        Raises IndexError if nothing is queued.
        """
        self._used_s, _, share = heappop(self._order)
        queue = self._queues[share]
        item = queue.popleft()
        if queue:
            # What the item costs is not known yet: it is taken for as much as those before it.
            used_s = share.used_s + share.cost_s
            heappush(self._order, (used_s, next(self._numbers), share))
        else:
            del self._queues[share]
        return share, item


class FairSemaphore:
    """Lets so many in at a time; of those who wait, addresses take turns."""

    def __init__(self, number: int) -> None:
        self._free = number
        self._waiting: FairQueue[asyncio.Future[None]] = FairQueue()

    @asynccontextmanager
    async def turn(self, share: Share) -> AsyncIterator[None]:
        """Waits for a turn and holds it until the block ends."""
        if self._free:
            self._free -= 1
        else:
            await self._wait(share)
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, share: Share) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.put(share, turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        while self._waiting:
            _, turn = self._waiting.pop()
            if not turn.done():  # else its task was cancelled
                turn.set_result(None)
                return
        self._free += 1
