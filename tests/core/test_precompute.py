"""What takes long is made before the unit of work that needs it, and made anew where somebody was faster."""

from __future__ import annotations

import pytest

from entrepot.core.precompute import Foreseen, NeedsPrecompute


def test_what_takes_long_is_made_ahead_once() -> None:
    made: list[int] = []
    foreseen = Foreseen[int, int](lambda n: made.append(n) or n * 2)
    with pytest.raises(NeedsPrecompute) as asked:
        foreseen.of(7, long=True)
    assert made == []
    asked.value.work()
    assert (made, foreseen.of(7, long=True), made) == ([7], 14, [7])


def test_what_was_made_of_something_else_is_made_anew_and_nobody_is_asked_twice() -> None:
    foreseen = Foreseen[int, int](lambda n: n * 2)
    with pytest.raises(NeedsPrecompute) as asked:
        foreseen.of(7, long=True)
    asked.value.work()
    assert foreseen.of(8, long=True) == 16


def test_what_is_short_is_made_where_it_is_needed() -> None:
    assert Foreseen[int, int](lambda n: n * 2).of(7, long=False) == 14
