"""Counts wrong attempts by whom and at what, in this process and in bounded memory.

Nothing of it is stored: a stranger who is wrong a million times must not fill a store that everybody uses.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections import OrderedDict
from collections.abc import Callable

WINDOW_S = 60.0
MOST_COUNTERS = 16_384  # of about 250 bytes each
_KEY_BYTES = 16


class Attempts:
    """Counts by words (an address, a name) within a minute that begins with the first attempt.

    A counter is kept under a hash of its words, so that long words need no more memory than short
    ones. Above MOST_COUNTERS the counter that was used least recently is forgotten.
    """

    def __init__(
        self, most: int = MOST_COUNTERS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = most
        self._clock = clock
        self._secret = os.urandom(_KEY_BYTES)  # nobody can look for two words of one hash
        self._counters: OrderedDict[bytes, tuple[int, float]] = (
            OrderedDict()
        )  # number, when it ends

    def __len__(self) -> int:
        return len(self._counters)

    def number(self, *words: str) -> tuple[int, float]:
        """How many attempts there are of these words, and for how many seconds they still count."""
        count, ends = self._counters.get(self._key(words), (0, 0.0))
        left_s = ends - self._clock()
        return (count, left_s) if left_s > 0 else (0, 0.0)

    def add(self, *words: str) -> None:
        """Counts one more attempt."""
        key, now = self._key(words), self._clock()
        count, ends = self._counters.pop(key, (0, 0.0))
        if ends <= now:
            count, ends = 0, now + WINDOW_S
        self._counters[key] = (count + 1, ends)
        if len(self._counters) > self._most:
            self._counters.popitem(last=False)

    def _key(self, words: tuple[str, ...]) -> bytes:
        # Words may hold any character, also one that would part them: so each is hashed by itself.
        whole = hashlib.blake2b(key=self._secret, digest_size=_KEY_BYTES)
        for word in words:
            whole.update(hashlib.blake2b(word.encode("utf-8", "replace")).digest())
        return whole.digest()
