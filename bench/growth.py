"""What operations cost as a store grows, on either engine: filled through its own code, asked through every dialect.

Beside the store that grows a small one stays as it is (the first of the sizes). Both are asked in turns, so
that what else the machine does falls on both, and each figure comes with its ratio. Reads are timed
in this process, signature check included and HTTP left out; creates against a server process, the
small one a fresh copy each time.
"""

from __future__ import annotations

import json
import math
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bench import servers
from bench.load import Generator, Plan, Result
from bench.many_tenants import ManyTenants
from bench.questions import BY, Question, questions
from bench.store_locations import ENGINES, StoreLocation, StoreLocations

SIZES = (10**4, 10**5, 10**6)
CONNECTIONS = 64
_TIMES = 60  # each question in each store
_SLOW_TIMES, _SLOW_S = 3, 5.0  # of those that read all names or documents; and no longer, but once
_WARM = 2000  # creates before those that count


@dataclass(slots=True)
class Pair:
    """A figure of the store that grows, and of the small one at the same time."""

    grown: float
    small: float

    @property
    def ratio(self) -> float:
        """How many times the small one's."""
        return self.grown / self.small if self.small else 0.0


@dataclass(slots=True)
class Size:
    """The figures at one size; `ms` by question: the least of all, which other programs disturb least."""

    engine: str
    products: int
    of_big_tenant: int
    fill_rate: float = 0.0
    bytes_a_product: float = 0.0
    creates_a_second: Pair = field(default_factory=lambda: Pair(0, 0))
    creates_p99_ms: Pair = field(default_factory=lambda: Pair(0, 0))
    creates_cpu_us: Pair = field(default_factory=lambda: Pair(0, 0))
    server_rss_mb: Pair = field(default_factory=lambda: Pair(0, 0))
    creates_database_cpu_us: Pair = field(default_factory=lambda: Pair(0, 0))
    ms: dict[str, Pair] = field(default_factory=dict)
    median_ms: dict[str, Pair] = field(default_factory=dict)
    linear: list[str] = field(default_factory=list)  # those of `ms` that grow with the tenant


@dataclass(frozen=True, slots=True)
class Options:
    """How far to go and where. `keep`: go on with what an earlier run filled, and leave it there."""

    sizes: Sequence[int] = SIZES
    engines: Sequence[str] = ("sqlite",)
    seconds: float = 5.0
    rounds: int = 3
    directory: Path = Path("build/bench/growth")
    command: Sequence[str] = field(default_factory=servers.entrepot_command)
    keep: bool = False


def run(options: Options, console: Console) -> Iterator[Size]:
    """The figures of each size on each engine, as they come. Raises: LoadFailure, ServerFailure."""
    if options.directory.exists() and not options.keep:
        raise servers.ServerFailure(f"{options.directory} is there already: remove it, or --keep")
    _, generator_core = servers.cores()
    generator = Generator(generator_core)
    try:
        for engine in options.engines:
            locations: StoreLocations = ENGINES[engine](options.directory / engine)
            try:
                yield from _sizes(options, locations, generator, console)
            finally:
                locations.close()
    finally:
        generator.close()


def _sizes(
    options: Options, locations: StoreLocations, generator: Generator, console: Console
) -> Iterator[Size]:
    small, grown = locations.location("small"), locations.location("grown")
    _filled(locations, small, options.sizes[0], console)
    for wanted in _remaining(grown, options.sizes):
        rate = _filled(locations, grown, wanted, console)
        yield _measured(options, locations, small, grown, rate, generator)


def _remaining(location: StoreLocation, sizes: Sequence[int]) -> list[int]:
    """Those sizes that are not left behind already."""
    tenants = ManyTenants(location)
    try:
        return [size for size in sizes if size >= tenants.state.made]
    finally:
        tenants.close()


def _filled(locations: StoreLocations, location: StoreLocation, to: int, console: Console) -> float:
    tenants = ManyTenants(location)
    try:
        if to <= tenants.state.made:
            return 0.0
        with Progress(console=console) as progress:
            name = f"{locations.engine}, {to:,} products"
            bar = progress.add_task(name, total=to - tenants.state.made)
            rate = tenants.grow(to, partial(progress.advance, bar))
    finally:
        tenants.close()
    locations.settled(location)
    return rate


def _measured(
    options: Options,
    locations: StoreLocations,
    small: StoreLocation,
    grown: StoreLocation,
    rate: float,
    generator: Generator,
) -> Size:
    both = ManyTenants(grown), ManyTenants(small)
    try:
        state = both[0].state
        size = Size(locations.engine, state.made, state.big + state.more, rate)
        size.bytes_a_product = locations.size(grown) / (state.made + state.more)
        _exact(both[0])
        for asked in zip(questions(both[0]), questions(both[1]), strict=True):
            name, took = asked[0].name, _asked(both, asked)
            size.ms[name] = Pair(min(took[0]), min(took[1]))
            size.median_ms[name] = Pair(statistics.median(took[0]), statistics.median(took[1]))
            if asked[0].linear:
                size.linear.append(name)
    finally:
        for tenants in both:
            tenants.close()
    _creates(options, locations, (grown, small), size, generator)
    return size


def _asked(
    both: tuple[ManyTenants, ManyTenants], asked: tuple[Question, Question]
) -> tuple[list[float], list[float]]:
    """The milliseconds in which each answers, asked in turns."""
    took: tuple[list[float], list[float]] = [], []
    end = time.monotonic() + (_SLOW_S if asked[0].linear else math.inf)
    for _ in range(_SLOW_TIMES if asked[0].linear else _TIMES):
        if time.monotonic() > end:
            break
        for tenants, question, times in zip(both, asked, took, strict=True):
            request = question.request()
            started = time.perf_counter()
            tenants.answer(question.adapter, request)
            times.append((time.perf_counter() - started) * 1e3)
    return took


def _exact(tenants: ManyTenants) -> None:
    """Nothing, where the totals are what was made."""
    state = tenants.state
    for name, given, body, wanted in (
        ("ListProducts", {"limit": 1}, None, state.big + state.more),
        ("key1", {}, "productTags.key1 = 'v1'", state.by_dialect.get("enos", 0)),
        ("model", {}, "modelId = 'AlterTest0615'", state.by_dialect.get("enos", 0)),
        ("site", {}, "productTags.site = 's0'", state.sited),
    ):
        adapter = BY["enos" if body else "roma"]
        if body:
            operation, asked = adapter.operation("SearchProduct"), {"expression": body}
            request = adapter.request(operation, {"action": "search"}, asked, tenants.big)
            total = json.loads(tenants.answer(adapter, request))["pagination"]["totalSize"]
        else:
            request = adapter.request(adapter.operation(name), given, None, tenants.big)
            total = json.loads(tenants.answer(adapter, request))["total"]
        if total != wanted:
            raise servers.ServerFailure(f"{name}: the total says {total}, and {wanted} were made")


def _creates(
    options: Options,
    locations: StoreLocations,
    stores: tuple[StoreLocation, StoreLocation],
    size: Size,
    generator: Generator,
) -> None:
    grown, small = stores
    loads: tuple[list[Load], list[Load]] = [], []
    for _ in range(options.rounds):
        for location, own in zip((grown, locations.copied(small, "scratch")), loads, strict=True):
            own.append(_load(options, locations, location, generator))

    def pair(figure: Callable[[Load], float]) -> Pair:
        grown, small = (statistics.median(map(figure, own)) for own in loads)
        return Pair(grown, small)

    size.creates_a_second = pair(lambda load: load.result.rate)
    size.creates_p99_ms = pair(lambda load: load.result.p99_ms)
    size.creates_cpu_us = pair(lambda load: load.result.server_cpu_us)
    size.creates_database_cpu_us = pair(lambda load: load.database_cpu_us)
    size.server_rss_mb = pair(lambda load: load.rss_mb)
    tenants = ManyTenants(grown)
    tenants.remember_more(sum(load.answered for load in loads[0]))
    tenants.close()


@dataclass(frozen=True, slots=True)
class Load:
    """How many creates were answered, those that count, and what the servers used."""

    answered: int
    result: Result
    rss_mb: float
    database_cpu_us: float


def _load(
    options: Options, locations: StoreLocations, location: StoreLocation, generator: Generator
) -> Load:
    store = ("--store", location.store) if location.store else ()
    server = servers.entrepot(options.command, location.data, *store)
    try:
        recipe = servers.creates(options.command, location.data, server, location.store, "t0")
        recipe = replace(recipe, scattered=True)
        plan = Plan(
            host=server.host,
            port=server.port,
            connections=CONNECTIONS,
            recipe=recipe,
            count=_WARM,
            server_pid=server.pid,
        )
        warm = generator.run(plan)
        count, before = int(12_000 * options.seconds), locations.cpu_s()
        result = generator.run(
            Plan(
                host=server.host,
                port=server.port,
                connections=CONNECTIONS,
                recipe=recipe,
                count=count,
                seconds=options.seconds,
                server_pid=server.pid,
            )
        )
        database = (locations.cpu_s() - before) / result.requests * 1e6
        return Load(warm.requests + result.requests, result, server.rss_mb(), database)
    finally:
        server.stop()


def show(console: Console, sizes: Sequence[Size]) -> None:
    """The figures as a table, a column a size, each with its ratio to the small store."""
    for engine in dict.fromkeys(s.engine for s in sizes):
        _show(console, engine, [s for s in sizes if s.engine == engine])


def _show(console: Console, engine: str, sizes: Sequence[Size]) -> None:
    table = Table(title=f"{engine}: figures, and how many times those of a small store beside it")
    table.add_column("products")
    for size in sizes:
        table.add_column(f"{size.products:,}", justify="right")

    def pair(of: Callable[[Size], Pair], digits: int) -> list[str]:
        return [f"{of(s).grown:,.{digits}f} ({of(s).ratio:.2f})" for s in sizes]

    rows = {
        f"durable creates/s, {CONNECTIONS} connections": pair(lambda s: s.creates_a_second, 0),
        "  p99 ms": pair(lambda s: s.creates_p99_ms, 1),
        "  CPU us of the server process": pair(lambda s: s.creates_cpu_us, 0),
        "  CPU us of the database server": pair(lambda s: s.creates_database_cpu_us, 0),
        "server memory MB": pair(lambda s: s.server_rss_mb, 0),
        "bytes a product": [f"{s.bytes_a_product:,.0f}" for s in sizes],
        "filled a second": [f"{s.fill_rate:,.0f}" if s.fill_rate else "-" for s in sizes],
        "products of the asked tenant": [f"{s.of_big_tenant:,}" for s in sizes],
    }
    for name in sizes[0].ms:
        rows[f"{name}, ms"] = pair(lambda s, name=name: s.ms[name], 2)  # type: ignore[misc]
    for name in sizes[0].linear:
        each = (s.ms[name].grown / s.of_big_tenant * 1e5 for s in sizes)
        rows[f"{name}, ms per 100,000 of them"] = [f"{ms:,.0f}" for ms in each]
    for name, values in rows.items():
        table.add_row(name, *values)
    console.print(table)


def document(sizes: Sequence[Size]) -> list[dict[str, Any]]:
    """The figures for a program."""
    return [msgspec.to_builtins(s) for s in sizes]
