"""What is remembered is bounded in entries and in bytes, and what was used least recently goes first."""

from __future__ import annotations

from collections import OrderedDict

from hypothesis import given
from hypothesis import strategies as st

from entrepot.core.recent import Recent


def test_the_entry_that_was_used_least_recently_goes_first() -> None:
    recent: Recent[str, int] = Recent(3)
    for key in "abc":
        recent.keep(key, ord(key))
    assert recent.get("a") == ord("a")
    recent.keep("d", 1)
    assert [recent.get(key) for key in "abcd"] == [ord("a"), None, ord("c"), 1]


def test_bytes_are_bounded_too() -> None:
    recent: Recent[str, bytes] = Recent(100, 10, lambda key, value: len(value))
    recent.keep("large", bytes(11))
    assert len(recent) == 0
    recent.keep("a", bytes(6))
    recent.keep("b", bytes(4))
    recent.keep("a", bytes(1))
    recent.keep("c", bytes(5))
    assert [recent.get(key) for key in "abc"] == [bytes(1), bytes(4), bytes(5)]
    recent.keep("d", bytes(6))
    assert [recent.get(key) for key in "abcd"] == [None, None, None, bytes(6)]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 30), st.booleans()), max_size=60))
def test_it_is_never_over_its_bounds(steps: list[tuple[int, int, bool]]) -> None:
    recent: Recent[int, bytes] = Recent(4, 40, lambda key, value: len(value))
    model: OrderedDict[int, bytes] = OrderedDict()
    for key, size, keeps in steps:
        if keeps:
            recent.keep(key, bytes(size))
            model.pop(key, None)
            model[key] = bytes(size)
            while len(model) > 4 or sum(map(len, model.values())) > 40:
                model.popitem(last=False)
        else:
            assert recent.get(key) == model.get(key)
            if key in model:
                model.move_to_end(key)
        assert len(recent) == len(model)
