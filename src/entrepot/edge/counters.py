"""Counting: requests by what was asked and how it ended, commits by how many units they held.

Plain numbers, kept on the event loop's thread, because every request pays for them; how they are
shown is not known here (edge/metrics.py).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from entrepot.dialect.dialect import Exchange
from entrepot.dialect.request import Answer

SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
UNITS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
GAUGES = {
    "workers": "Processes that serve.",
    "requests_in_work": "Requests that wait for their answers.",
    "requests_in_work_limit": "More are refused.",
    "store_units_waiting": "Writes that wait for their turn.",
    "connections": "Open connections.",
    "connections_limit": "More are closed at once, or take the place of idle ones.",
    "unanswered_bytes": "Bytes of requests and of unsent answers in memory, small ones apart.",
    "unanswered_bytes_limit": "More must wait.",
    "unanswered_waiting": "Requests that wait for memory.",
    "passwords_waiting": "Passwords that wait to be checked.",
    "loop_lag_seconds": "The longest hold of the event loop in the last minute or two.",
    "store_scans": "Long reads (searches, filters, exports) that are being made.",
    "store_scans_waiting": "Long reads that wait for their turn.",
}
COUNTERS = {
    "requests_turned_away": "Requests refused because too many were in work.",
    "connections_refused": "Connections closed at once because there were too many.",
    "unanswered_refused": "Requests refused because there was no memory for them in time.",
    "unanswered_dropped": "Slow requests ended because others needed their memory.",
    "sign_ins_turned_away": "Sign-ins refused because of too many wrong passwords from their address.",
    "sign_ins_not_checked": "Sign-ins refused because too many passwords waited to be checked.",
    "store_scans_refused": "Long reads refused because they took too long, or because too many waited.",
}
LARGEST = frozenset(("loop_lag_seconds",))  # of several processes the largest counts, not the sum


class Spread:
    """How many values fell at or below each bound, and their sum."""

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)  # the last: above every bound
        self.sum = 0.0

    def add(self, value: float) -> None:
        """Count one value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value

    def merge(self, other: Spread) -> None:
        """Count what another spread of the same bounds has counted."""
        self.counts = [a + b for a, b in zip(self.counts, other.counts, strict=True)]
        self.sum += other.sum

    @property
    def n(self) -> int:
        """How many values there were."""
        return sum(self.counts)


Key = tuple[str, str, int, str]  # dialect, operation, status, fault


class Histograms:
    """What a server has done since it started."""

    def __init__(self) -> None:
        self.requests: dict[Key, Spread] = {}
        self.batches = Spread(UNITS)
        self.commits = Spread(SECONDS)

    def request(self, exchange: Exchange, answer: Answer, seconds: float) -> None:
        """One request was answered."""
        operation, fault = exchange.operation, exchange.fault
        key = (
            exchange.dialect.name,
            "" if operation is None else operation.name,
            answer.status,
            "" if fault is None else type(fault).__name__,
        )
        spread = self.requests.get(key)
        if spread is None:
            spread = self.requests[key] = Spread(SECONDS)
        spread.add(seconds)

    def commit(self, units: int, seconds: float) -> None:
        """One group of units was committed and is on disk."""
        self.batches.add(units)
        self.commits.add(seconds)

    def merge(self, other: Histograms) -> None:
        """Count what another server has done."""
        for key, spread in other.requests.items():
            self.requests.setdefault(key, Spread(SECONDS)).merge(spread)
        self.batches.merge(other.batches)
        self.commits.merge(other.commits)

    def by_operation(self) -> Iterable[tuple[tuple[str, str], Spread]]:
        """The requests' seconds by (dialect, operation), however they ended."""
        merged: dict[tuple[str, str], Spread] = {}
        for key, spread in self.requests.items():
            merged.setdefault(key[:2], Spread(SECONDS)).merge(spread)
        return merged.items()
