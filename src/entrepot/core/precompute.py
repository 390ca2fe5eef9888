"""What takes long and needs no unit of work, done before the unit that others wait for; knows no store."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

A = TypeVar("A")
B = TypeVar("B")


class NeedsPrecompute(Exception):
    """Raised by a unit of work that would take long; as of any that raises, nothing of it is kept.

    Whoever runs it does `work` first, in a thread, and then runs it again, once.
    """

    def __init__(self, work: Callable[[], None]) -> None:
        super().__init__("a unit of work has work to be done ahead")
        self.work = work


class Foreseen(Generic[A, B]):
    """What one unit of work makes of something that it reads; made ahead where that takes long."""

    def __init__(self, make: Callable[[A], B]) -> None:
        self._make = make
        self._known: tuple[A, B] | None = None

    def of(self, read: A, *, long: bool) -> B:
        """What comes of what was read now.

        Raises:
            NeedsPrecompute: that takes long, and nothing was made yet.
        """
        if self._known is None and long:
            raise NeedsPrecompute(lambda: self._foresee(read))
        if self._known is not None and self._known[0] == read:
            return self._known[1]
        return self._make(read)  # it is short, or somebody was faster: it is another by now

    def _foresee(self, read: A) -> None:
        self._known = read, self._make(read)
