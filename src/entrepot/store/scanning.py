"""Long lists as every engine reads them: in blocks, under a limit; knows no SQL."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Sequence

from entrepot.core.ports import L, T
from entrepot.store.limits import Limit

BLOCK = 256


class Scanning(ABC):
    """The part of `Tx` that goes through whatever there is."""

    limit: Limit

    @abstractmethod
    def page(
        self,
        kind: type[T],
        tenant: int,
        *,
        parent: int | Collection[int] | None = None,
        before: int | None = None,
        skip: int = 0,
        limit: int = 50,
    ) -> list[T]: ...

    @abstractmethod
    def _labelled_block(
        self,
        kind: type[L],
        tenant: int,
        labels: Sequence[tuple[str, str | None]],
        before: int | None,
    ) -> list[L]:
        """The next things that have any of the labels, at most `BLOCK`, with ids below `before`."""

    def scan(
        self, kind: type[T], tenant: int, *, parent: int | Collection[int] | None = None
    ) -> Iterator[T]:
        return self._blocks(
            lambda before: self.page(kind, tenant, parent=parent, before=before, limit=BLOCK)
        )

    def having(
        self, kind: type[L], tenant: int, labels: Sequence[tuple[str, str | None]]
    ) -> Iterator[L]:
        return self._blocks(lambda before: self._labelled_block(kind, tenant, labels, before))

    def _blocks(self, below: Callable[[int | None], list[T]]) -> Iterator[T]:
        before: int | None = None
        while True:
            self.limit.check()
            block = below(before)
            if len(block) == BLOCK:
                self.limit.more()
            for thing in block:
                yield thing
                self.limit.check()  # whoever tests things may take long for each
            if len(block) < BLOCK:
                return
            before = block[-1].id
