"""The admin listener of several processes: it asks each for its part and tells the sum.

Each answers on a Unix socket of its own what it would answer on an admin port, and `REPORT`.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from entrepot.edge.counters import COUNTERS, LARGEST, SECONDS, UNITS, Histograms, Key, Spread

REPORT = b"/report"
_PATIENCE_S = 2.5  # longer than one process takes to say that its store does not answer
_Counts = tuple[list[int], float]  # of a spread: at or below each bound, and the sum


class Report(msgspec.Struct):
    """What one process has done, and how it stands."""

    pid: int
    requests: list[tuple[Key, _Counts]]
    batches: _Counts
    commits: _Counts
    gauges: dict[str, float]
    counters: dict[str, float]

    def histograms(self) -> Histograms:
        """What it has done."""
        histograms = Histograms()
        histograms.requests = {key: _spread(SECONDS, counts) for key, counts in self.requests}
        histograms.batches = _spread(UNITS, self.batches)
        histograms.commits = _spread(SECONDS, self.commits)
        return histograms


def report(
    histograms: Histograms, gauges: Mapping[str, float], counters: Mapping[str, float]
) -> bytes:
    """This process's report, encoded."""
    made = Report(
        os.getpid(),
        [(key, _counts(spread)) for key, spread in histograms.requests.items()],
        _counts(histograms.batches),
        _counts(histograms.commits),
        dict(gauges),
        dict(counters),
    )
    return msgspec.msgpack.encode(made)


def _counts(spread: Spread) -> _Counts:
    return spread.counts, spread.sum


def _spread(bounds: tuple[float, ...], counts: _Counts) -> Spread:
    spread = Spread(bounds)
    spread.counts, spread.sum = counts
    return spread


class WorkersAdmin:
    """A `Condition` of all who serve together, and their numbers added up."""

    def __init__(self, workers: Mapping[str, Path]) -> None:
        """`workers`: the socket of each by its name."""
        self._workers = workers
        self._latest: dict[str, Report] = {}
        self._gone = Histograms()  # what those had done who are there no more, as last seen
        self._gone_counters = dict.fromkeys(COUNTERS, 0.0)

    async def silence(self) -> str:
        """Which of them does not answer."""
        return await self._first_trouble(b"/healthz")

    async def trouble(self) -> str:
        """Why the first that is not ready is not."""
        return await self._first_trouble(b"/readyz")

    async def _first_trouble(self, path: bytes) -> str:
        for name, answer in zip(self._workers, await self._all(path), strict=True):
            if answer is None:
                return f"{name} does not answer"
            if answer[0] != 200:
                return answer[1].decode().rstrip("\n")
        return ""

    async def metrics(self) -> bytes:
        """The exposition."""
        from entrepot.edge.metrics import Metrics  # slow to import, and few are asked

        answers = zip(self._workers, await self._all(REPORT), strict=True)
        reports = {
            name: msgspec.msgpack.decode(answer[1], type=Report)
            for name, answer in answers
            if answer is not None
        }
        self._remember(reports)
        total, counters = Histograms(), dict(self._gone_counters)
        total.merge(self._gone)
        gauges: dict[str, float] = {}
        for known in self._latest.values():
            total.merge(known.histograms())
            _add(counters, known.counters)
        for one in reports.values():
            for name, value in one.gauges.items():
                before = gauges.get(name, 0.0)
                gauges[name] = max(before, value) if name in LARGEST else before + value
        pids = [one.pid for one in reports.values()]
        return Metrics(total, lambda: gauges, lambda: counters, pids).text()

    def _remember(self, reports: Mapping[str, Report]) -> None:
        """Totals never shrink: what a process had done stays when another has its place."""
        for name, new in reports.items():
            old = self._latest.get(name)
            if old is not None and old.pid != new.pid:
                self._gone.merge(old.histograms())
                _add(self._gone_counters, old.counters)
            self._latest[name] = new

    async def _all(self, path: bytes) -> list[tuple[int, bytes] | None]:
        return await asyncio.gather(*(_ask(socket, path) for socket in self._workers.values()))


def _add(counters: dict[str, float], more: Mapping[str, float]) -> None:
    for name, value in more.items():
        counters[name] = counters.get(name, 0.0) + value


async def _ask(socket: Path, path: bytes) -> tuple[int, bytes] | None:
    """Status and body of the answer; None where there is none."""
    try:
        async with asyncio.timeout(_PATIENCE_S):
            reader, writer = await asyncio.open_unix_connection(socket)
            try:
                writer.write(b"GET %b HTTP/1.1\r\nhost: worker\r\nconnection: close\r\n\r\n" % path)
                text = await reader.read(-1)
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return None
    head, _, body = text.partition(b"\r\n\r\n")
    return (int(head.split(b" ", 2)[1]), body) if head else None
