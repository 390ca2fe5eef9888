"""A queue in which owners take turns."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from entrepot.store.fair_queue import FairQueue


def queue(owners: Iterable[int], most: int | None = None) -> FairQueue[tuple[int, int]]:
    made = FairQueue[tuple[int, int]](most)
    for n, owner in enumerate(owners):
        made.put(owner, (owner, n))
    return made


def test_owners_take_turns_and_the_items_of_one_stay_in_order() -> None:
    waiting = queue([1, 1, 1, 1, 2, 3, 2])
    assert [item for _, item in waiting.take(10)] == [
        (1, 0), (2, 4), (3, 5), (1, 1), (2, 6), (1, 2), (1, 3)
    ]  # fmt: skip
    assert len(waiting) == 0
    assert waiting.take(1) == []


def test_whoever_has_most_loses_its_newest_where_there_is_no_room() -> None:
    waiting = queue([1, 1, 1, 1], most=4)
    assert waiting.put(2, (2, 9)) == (1, 3)
    assert waiting.put(1, (1, 10)) == (1, 10)  # it has most itself
    assert waiting.put(2, (2, 11)) == (1, 2)
    assert waiting.put(2, (2, 12)) == (2, 12)  # both have as many: nobody loses what waits already
    assert len(waiting) == 4
    assert [item for _, item in waiting.take(4)] == [(1, 0), (2, 9), (1, 1), (2, 11)]


def test_what_is_put_back_is_taken_next_and_in_the_same_order() -> None:
    waiting = queue([1, 1, 1, 2, 2, 3], most=6)
    taken = waiting.take(3)
    waiting.put(4, (4, 9))
    waiting.put_back(taken[1:])
    assert [item for _, item in waiting.take(2)] == [item for _, item in taken[1:]]
    assert len(waiting) == 4


@given(st.lists(st.integers(0, 3)), st.integers(1, 8), st.integers(1, 5))
def test_nothing_is_lost_and_nobody_has_two_turns_in_a_row_while_others_wait(
    owners: list[int], most: int, at_once: int
) -> None:
    waiting, refused = FairQueue[int](most), set[int]()
    for n, owner in enumerate(owners):
        lost = waiting.put(owner, n)
        if lost is not None:
            refused.add(lost)
        assert len(waiting) <= most
    taken: list[tuple[int, int]] = []
    while len(waiting):
        taken += waiting.take(at_once)
    assert {n for _, n in taken} | refused == set(range(len(owners)))
    assert len(taken) == min(len(owners), most)
    for at, ((one, _), (other, _)) in enumerate(pairwise(taken), 1):
        if one == other:
            assert {owner for owner, _ in taken[at:]} == {one}
