"""A mapping that remembers what was used most recently, bounded in entries and in bytes; knows no caller."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Forgets first what was used least recently.

    `size` tells how many bytes an entry is counted as; without it only entries are counted. `peek` is
    `get` without the use: quicker, for those who `keep` again what they use.
    """

    __slots__ = ("_bytes", "_entries", "_most", "_most_bytes", "_size", "peek")

    def __init__(
        self, most: int, most_bytes: int = 0, size: Callable[[K, V], int] = lambda key, value: 0
    ) -> None:
        self._entries: OrderedDict[K, V] = OrderedDict()
        self.peek: Callable[[K], V | None] = self._entries.get
        self._most = most
        self._most_bytes = most_bytes
        self._size = size
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: K) -> V | None:
        """The value, or None where it is not remembered."""
        found = self._entries.get(key)
        if found is not None:
            self._entries.move_to_end(key)
        return found

    def keep(self, key: K, value: V) -> None:
        """Remembers the value, unless it alone is over the bound."""
        size = self._size(key, value)
        if size > self._most_bytes:
            return
        before = self._entries.pop(key, None)
        if before is not None:
            self._bytes -= self._size(key, before)
        self._entries[key] = value
        self._bytes += size
        while len(self._entries) > self._most or self._bytes > self._most_bytes:
            gone = self._entries.popitem(last=False)
            self._bytes -= self._size(*gone)
