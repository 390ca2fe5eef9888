"""Writes the histograms and counters in Prometheus' text format. It is imported at the first question for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import accumulate
from operator import add

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from entrepot import __version__
from entrepot.edge.counters import COUNTERS, GAUGES, Histograms, Spread

# Faults that are a limit of the account's; the server's own is the gauge's `max_in_work`.
_LIMITS = {"Throttled": "rate", "QuotaExceeded": "quota", "TooLarge": "size", "TooMuch": "scan"}


class Metrics(Collector):
    """Reads histograms, `GAUGES` and `COUNTERS` whenever it is asked; `pids`: whose they are, where not its own."""

    def __init__(
        self,
        histograms: Histograms,
        gauges: Callable[[], Mapping[str, float]],
        counters: Callable[[], Mapping[str, float]],
        pids: Sequence[int] = (),
    ) -> None:
        self._histograms = histograms
        self._gauges = gauges
        self._counters = counters
        self._registry = CollectorRegistry()
        self._registry.register(self)
        PlatformCollector(registry=self._registry)
        if pids:
            self._registry.register(_Processes(pids))
        else:
            ProcessCollector(registry=self._registry)
            GCCollector(registry=self._registry)

    def text(self) -> bytes:
        """The exposition."""
        return generate_latest(self._registry)

    def collect(self) -> Iterable[Metric]:
        """Every metric of ours (a `Collector`)."""
        yield InfoMetricFamily("entrepot", "Which release this is.", {"version": __version__})
        yield from self._requests()
        yield _histogram(
            "entrepot_commit_units", "Units of work in one commit.", self._histograms.batches
        )
        yield _histogram(
            "entrepot_commit_seconds", "From a commit's beginning to its end on disk.",
            self._histograms.commits,
        )  # fmt: skip
        for name, value in self._gauges().items():
            yield GaugeMetricFamily(f"entrepot_{name}", GAUGES[name], value=value)
        for name, value in self._counters().items():
            yield CounterMetricFamily(f"entrepot_{name}", COUNTERS[name], value=value)

    def _requests(self) -> Iterator[Metric]:
        asked = CounterMetricFamily(
            "entrepot_requests", "Requests answered; `fault` is empty where nothing was refused.",
            labels=("dialect", "operation", "code", "fault"),
        )  # fmt: skip
        limits = CounterMetricFamily(
            "entrepot_limits_hit", "Requests refused because a limit was reached.",
            labels=("dialect", "operation", "limit"),
        )  # fmt: skip
        hit: dict[tuple[str, str, str], int] = {}
        for (dialect, operation, status, fault), spread in self._histograms.requests.items():
            asked.add_metric((dialect, operation, str(status), fault), spread.n)
            if fault in _LIMITS:
                key = dialect, operation, _LIMITS[fault]
                hit[key] = hit.get(key, 0) + spread.n
        for labels, n in hit.items():
            limits.add_metric(labels, n)
        limits.add_metric(("", "", "in_work"), self._counters()["requests_turned_away"])
        yield asked
        yield limits
        took = HistogramMetricFamily(
            "entrepot_request_seconds", "From a whole request to its answer.",
            labels=("dialect", "operation"),
        )  # fmt: skip
        for labels2, spread in self._histograms.by_operation():
            took.add_metric(labels2, _buckets(spread), spread.sum)
        yield took


class _Processes(Collector):
    """Memory, processor time and files of several processes, added up; the first one's start."""

    def __init__(self, pids: Sequence[int]) -> None:
        self._each = [ProcessCollector(pid=partial(int, pid), registry=None) for pid in pids]

    def collect(self) -> Iterable[Metric]:
        """What the library tells of one process, of all (a `Collector`)."""
        summed: dict[str, Metric] = {}
        for family in (family for one in self._each for family in one.collect()):
            known = summed.setdefault(family.name, family)
            if known is not family:
                join = min if family.name == "process_start_time_seconds" else add
                known.samples = [
                    a._replace(value=join(a.value, b.value))
                    for a, b in zip(known.samples, family.samples, strict=True)
                ]
        return summed.values()


def _histogram(name: str, words: str, spread: Spread) -> Metric:
    return HistogramMetricFamily(name, words, buckets=_buckets(spread), sum_value=spread.sum)


def _buckets(spread: Spread) -> list[tuple[str, float]]:
    bounds = (*(str(float(b)) for b in spread.bounds), "+Inf")
    return list(zip(bounds, accumulate(spread.counts), strict=True))
