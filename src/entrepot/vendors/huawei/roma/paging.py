"""Lists as ROMA pages them: what is wanted, and a part of what there is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from entrepot.core.things.claim import Claim
from entrepot.vendors.huawei.roma.common import Made, Paging

MOST_ITEMS = 999  # source: documented (Querying Products, limit)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Selection(Generic[T]):
    """Which part of a list: `test` None takes all, `ids` narrows it to these things.

    The rest is for products only. `claim` and `label` narrow it to those that have it; `whole`: such a
    label is all that is tested.
    """

    skip: int
    limit: int
    test: Callable[[T], bool] | None = None
    ids: list[int] | None = None
    claim: Claim | None = None
    label: tuple[str, str] | None = None
    whole: bool = False
    space: int | None = None
    space_name: str | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list, and how many things the whole has."""

    total: int
    items: list[T]


def page_of(things: Iterable[T], wanted: Selection[T]) -> Page[T]:
    """The wanted part, after going through all of them: no index knows the total."""
    total, items = 0, []
    for thing in things:
        if wanted.test is None or wanted.test(thing):
            if wanted.skip <= total < wanted.skip + wanted.limit:
                items.append(thing)
            total += 1
    return Page(total, items)


def made(p: Made) -> list[Callable[[Any], bool]]:
    """The filters by who made a thing and when."""
    who, start, end = p.created_user_name, p.created_date_start, p.created_date_end
    tests: list[Callable[[Any], bool]] = []
    if who:
        tests.append(lambda thing: thing.created_by.name == who)
    if start is not None:
        tests.append(lambda thing: thing.created_at >= start)
    if end is not None:
        tests.append(lambda thing: thing.created_at <= end)
    return tests


def both(tests: list[Callable[[Any], bool]]) -> Callable[[Any], bool] | None:
    """One test for all of them; None where there is none."""
    return (lambda thing: all(test(thing) for test in tests)) if tests else None


def part(p: Paging) -> tuple[int, int]:
    """How many to leave out, and how many to show."""
    return max(p.offset, 0), min(p.limit, MOST_ITEMS)
