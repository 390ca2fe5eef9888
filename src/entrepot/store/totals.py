"""Totals as every engine asks for them: of a parent, of several, of a label; knows no SQL."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from typing import Any

from entrepot.core.ports import L
from entrepot.store.limits import Limit
from entrepot.store.rows import ALL, BY_TYPE, EVERY, LABEL, label_number


def every(kind: str) -> str:
    """What all of a tenant's things of the kind are counted as."""
    return EVERY.get(kind, kind)


class Totals(ABC):
    """The part of `Tx` that counts."""

    limit: Limit

    @abstractmethod
    def _sums(self, kind: str, tenant: int, parents: Collection[int]) -> dict[int, int]:
        """How many there are under each of the parents."""

    def count(self, kind: type[Any], tenant: int, *, parent: int | None = None) -> int:
        if parent is None:
            return self._sums(every(BY_TYPE[kind].name), tenant, [ALL])[ALL]
        return self.counts(kind, tenant, [parent])[parent]

    def counts(self, kind: type[Any], tenant: int, parents: Collection[int]) -> dict[int, int]:
        self.limit.weigh(lambda: len(parents))
        return self._sums(BY_TYPE[kind].name, tenant, parents)

    def counted(
        self, kind: type[L], tenant: int, labels: Sequence[tuple[str, str]]
    ) -> dict[tuple[str, str], int]:
        numbers = {label: label_number(BY_TYPE[kind].mark + label[0], label[1]) for label in labels}
        sums = self._sums(LABEL, tenant, numbers.values())
        return {label: sums[number] for label, number in numbers.items()}
