"""Medians, ratios and goals out of the rounds of a run; reads no clock and starts nothing."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.disk import Syncs
from bench.load import Result

Case = tuple[str, int]
"""A server's name and the number of connections."""


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of some rounds, with the lowest and the highest."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        """The spread of at least one value."""
        ordered = sorted(values)
        return cls(statistics.median(ordered), ordered[0], ordered[-1])


@dataclass(slots=True)
class Figures:
    """Everything a run measured, round by round."""

    runs: dict[Case, list[Result]] = field(default_factory=dict)
    syncs: list[Syncs] = field(default_factory=list)
    idle_rss_mb: float = 0.0
    loaded_rss_mb: float = 0.0
    first_start_s: list[float] = field(default_factory=list)
    """From process start on an empty directory to the first answered create."""
    later_start_s: list[float] = field(default_factory=list)
    """The same on a directory that already holds a tenant."""

    def add(self, case: Case, result: Result) -> None:
        """Notes one round of a case."""
        self.runs.setdefault(case, []).append(result)

    def spread(self, case: Case, of: Callable[[Result], float]) -> Spread:
        """One figure of a case over the rounds."""
        return Spread.of(of(result) for result in self.runs[case])

    def ratio(self, case: Case, beside: Case) -> Spread | None:
        """The rate of one case over another's, paired round by round; None where one is absent."""
        if case not in self.runs or beside not in self.runs:
            return None
        pairs = zip(self.runs[case], self.runs[beside], strict=True)
        return Spread.of(one.rate / other.rate for one, other in pairs)


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure beside the figure wanted; `best` is "at least" or "at most"."""

    name: str
    best: str
    wanted: float
    got: Spread
    unit: str = ""

    @property
    def reached(self) -> bool:
        """Whether the median is good enough."""
        if self.best == "at least":
            return self.got.median >= self.wanted
        return self.got.median <= self.wanted


def goals(figures: Figures) -> list[Goal]:
    """The project's goals that this run can judge, in a fixed order."""
    found: list[Goal] = []
    for beside, wanted in (("echo", 0.20), ("ministack", 4.0), ("moto", 20.0)):
        ratio = figures.ratio(("entrepot", 64), (beside, 64))
        if ratio is not None:
            found.append(Goal(f"entrepot / {beside}, 64 connections", "at least", wanted, ratio))
    if ("entrepot", 1) in figures.runs and figures.syncs:
        sync_ms = statistics.median(syncs.p50_ms for syncs in figures.syncs)
        found.append(
            Goal(
                "median at 1 connection (2.5 fdatasyncs + 0.5 ms)",
                "at most",
                2.5 * sync_ms + 0.5,
                figures.spread(("entrepot", 1), lambda result: result.p50_ms),
                "ms",
            )
        )
    if figures.idle_rss_mb:
        idle = Spread.of([figures.idle_rss_mb])
        found.append(Goal("idle memory", "at most", 80.0, idle, "MB"))
    if figures.first_start_s:
        start = Spread.of(figures.first_start_s)
        found.append(Goal("process start to first answered create", "at most", 1.0, start, "s"))
    return found


def _numbers(spread: Spread) -> dict[str, float]:
    return {"median": spread.median, "min": spread.low, "max": spread.high}


_COLUMNS: Sequence[tuple[str, Callable[[Result], float]]] = (
    ("requests_per_s", lambda result: result.rate),
    ("p50_ms", lambda result: result.p50_ms),
    ("p99_ms", lambda result: result.p99_ms),
    ("server_cpu_us_per_request", lambda result: result.server_cpu_us),
    ("client_cpu_share", lambda result: result.client_cpu_share),
)


def document(figures: Figures) -> dict[str, Any]:
    """The figures as JSON: medians with their range, and the goals."""
    cases = [
        {
            "server": server,
            "connections": connections,
            "rounds": len(results),
            "requests": sum(result.requests for result in results),
            **{key: _numbers(Spread.of(map(of, results))) for key, of in _COLUMNS},
        }
        for (server, connections), results in figures.runs.items()
    ]
    found: dict[str, Any] = {"cases": cases}
    if figures.syncs:
        found["fdatasync"] = {
            "per_s": _numbers(Spread.of(syncs.rate for syncs in figures.syncs)),
            "p50_ms": _numbers(Spread.of(syncs.p50_ms for syncs in figures.syncs)),
            "p99_ms": _numbers(Spread.of(syncs.p99_ms for syncs in figures.syncs)),
        }
    if figures.idle_rss_mb:
        found["rss_mb"] = {"idle": figures.idle_rss_mb, "after_load": figures.loaded_rss_mb}
    if figures.first_start_s:
        found["start_to_first_create_s"] = {
            "empty_directory": _numbers(Spread.of(figures.first_start_s)),
            "existing_directory": _numbers(Spread.of(figures.later_start_s)),
        }
    found["goals"] = [
        {
            "name": goal.name,
            goal.best.replace(" ", "_"): goal.wanted,
            "got": _numbers(goal.got),
            "unit": goal.unit,
            "reached": goal.reached,
        }
        for goal in goals(figures)
    ]
    return found
