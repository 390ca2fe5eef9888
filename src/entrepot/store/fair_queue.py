"""A bounded queue in which owners take turns, so that nobody waits behind all that another has put in.

Example, at most four items: A puts in a1, a2, a3 and a4, then B puts in b1. The queue is full and A has
most items, so a4, its newest, is given back. What is taken is a1, b1, a2, a3: one of each owner in turn,
the items of one in the order in which they came.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Sequence
from typing import Generic, TypeVar

I = TypeVar("I")  # noqa: E741 (an item)


class FairQueue(Generic[I]):
    """See above. Knows no threads: whoever shares it holds a lock."""

    def __init__(self, most: int | None = None) -> None:
        """`most`: how many items there may be; None: any number."""
        self._most = most
        self._of: OrderedDict[int, deque[I]] = OrderedDict()  # the owner whose turn it is first
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def put(self, owner: int, item: I) -> I | None:
        """Returns what there is no room for: the newest item of the owner that has most, if any."""
        items = self._of.get(owner)
        if items is None:
            items = self._of[owner] = deque()
        items.append(item)
        if self._length != self._most:
            self._length += 1
            return None
        longest = max(self._of, key=lambda one: (len(self._of[one]), one == owner))
        return self._drop_newest(longest)

    def _drop_newest(self, owner: int) -> I:
        items = self._of[owner]
        item = items.pop()
        if not items:
            del self._of[owner]
        return item

    def take(self, most: int) -> list[tuple[int, I]]:
        """Returns the next items with their owners, at most so many."""
        found: list[tuple[int, I]] = []
        while self._of and len(found) < most:
            owner, items = next(iter(self._of.items()))
            found.append((owner, items.popleft()))
            if items:
                self._of.move_to_end(owner)
            else:
                del self._of[owner]
        self._length -= len(found)
        return found

    def put_back(self, taken: Sequence[tuple[int, I]]) -> None:
        """Puts in again what was taken last, before all others and whether or not there is room."""
        for owner, item in reversed(taken):
            self._of.setdefault(owner, deque()).appendleft(item)
            self._of.move_to_end(owner, last=False)
        self._length += len(taken)
