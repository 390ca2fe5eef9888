"""How many examples a property is tried with: the same few in every run, many others in a search."""

from __future__ import annotations

from hypothesis import settings

SEARCH = 20  # times as many, where HYPOTHESIS_PROFILE=search (`make check-long`)


def examples(number: int) -> settings:
    """Returns Hypothesis' settings for a property that says itself how many examples it can afford."""
    steady = settings().derandomize
    return settings(
        max_examples=number if steady else number * SEARCH, deadline=None, database=None
    )
