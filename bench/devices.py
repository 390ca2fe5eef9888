"""What lists and totals of devices cost as one tenant's devices grow in number, on either engine.

Beside the store that grows a small one stays as it is (the first of the sizes). Both are asked in turns, in this
process and through every dialect, and both create in turns; CPU is what this process and the database use.
"""

from __future__ import annotations

import json
import math
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bench.growth import Pair
from bench.many_devices import RARE, ManyDevices, questions
from bench.questions import Question
from bench.servers import ServerFailure
from bench.store_locations import ENGINES, StoreLocation, StoreLocations

SIZES = (10**4, 10**5, 10**6)
_TIMES = 40  # each question in each store
_SLOW_TIMES, _SLOW_S = 3, 5.0  # of those that read all names or documents; and no longer, but once
_GROUP, _GROUPS = 64, 40  # creates to a commit, and commits, in each store in each of the rounds


class Size(msgspec.Struct):
    """The figures at one size; `ms` by question: the least of all, which other programs disturb least."""

    engine: str
    devices: int
    bytes_a_device: float = 0.0
    creates_cpu_us: Pair = msgspec.field(default_factory=lambda: Pair(0, 0))
    creates_database_cpu_us: Pair = msgspec.field(default_factory=lambda: Pair(0, 0))
    ms: dict[str, Pair] = {}
    linear: list[str] = []  # those of `ms` that grow with the tenant


def run(
    sizes: Sequence[int], engines: Sequence[str], rounds: int, directory: Path, console: Console
) -> Iterator[Size]:
    """The figures of each size but the first on each engine, as they come. Raises: ServerFailure."""
    if directory.exists():
        raise ServerFailure(f"{directory} is there already: remove it")
    for engine in engines:
        locations: StoreLocations = ENGINES[engine](directory / engine)
        try:
            small, grown = locations.location("small"), locations.location("grown")
            _filled(locations, small, sizes[0], console)
            for size in sizes[1:]:
                _filled(locations, grown, size, console)
                yield _measured(locations, grown, small, rounds)
        finally:
            locations.close()


def _filled(locations: StoreLocations, location: StoreLocation, to: int, console: Console) -> None:
    devices = ManyDevices(location)
    try:
        with Progress(console=console) as progress:
            bar = progress.add_task(
                f"{locations.engine}, {to:,} devices", total=to - devices.count()
            )
            devices.grow(to, partial(progress.advance, bar))
    finally:
        devices.close()
    locations.settled(location)


def _measured(
    locations: StoreLocations, grown: StoreLocation, small: StoreLocation, rounds: int
) -> Size:
    scratch = locations.copied(small, "scratch")
    yards = ManyDevices(grown), ManyDevices(scratch)
    try:
        there = yards[0].count()
        size = Size(locations.engine, there, locations.size(grown) / there)
        _exact(yards[0])
        for asked in zip(questions(yards[0]), questions(yards[1]), strict=True):
            size.ms[asked[0].name] = _asked(yards, asked)
            if asked[0].linear:
                size.linear.append(asked[0].name)
        size.creates_cpu_us, size.creates_database_cpu_us = _creates(locations, yards, rounds)
        return size
    finally:
        for devices in yards:
            devices.close()


def _asked(yards: tuple[ManyDevices, ManyDevices], asked: tuple[Question, Question]) -> Pair:
    """The least milliseconds in which each answers, asked in turns."""
    least = [math.inf, math.inf]
    end = time.monotonic() + (_SLOW_S if asked[0].linear else math.inf)
    for _ in range(_SLOW_TIMES if asked[0].linear else _TIMES):
        if time.monotonic() > end:
            break
        for n, (devices, question) in enumerate(zip(yards, asked, strict=True)):
            started = time.perf_counter()
            devices.answer(question)
            least[n] = min(least[n], (time.perf_counter() - started) * 1e3)
    return Pair(*least)


def _exact(devices: ManyDevices) -> None:
    """Nothing, where the totals are what was made."""
    there, of = devices.count(), {q.name: q for q in questions(devices)}
    for name, field, wanted in (
        ("by tag of few: roma", "total", RARE),
        ("by status, first page: aliyun", "Total", there - RARE),
        ("subdevices: roma", "total", RARE - 1),
        ("by thing model, first page: enos", "totalSize", there),
    ):
        said = json.loads(devices.answer(of[name]))
        total = said.get("pagination", said)[field]
        if total != wanted:
            raise ServerFailure(f"{name}: the total says {total}, and {wanted} were made")


def _creates(
    locations: StoreLocations, yards: tuple[ManyDevices, ManyDevices], rounds: int
) -> tuple[Pair, Pair]:
    """CPU us a create of this process, and of the database's: medians of rounds that are made in turns."""
    own: tuple[list[float], list[float]] = [], []
    databases: tuple[list[float], list[float]] = [], []
    for _ in range(rounds):
        for devices, mine, database in zip(yards, own, databases, strict=True):
            first, used, theirs = devices.count(), time.process_time(), locations.cpu_s()
            for group in range(_GROUPS):
                devices.create(first + group * _GROUP, _GROUP)
            each = 1e6 / (_GROUP * _GROUPS)
            mine.append((time.process_time() - used) * each)
            database.append((locations.cpu_s() - theirs) * each)
    return (
        Pair(*map(statistics.median, own)),
        Pair(*map(statistics.median, databases)),
    )


def show(console: Console, sizes: Sequence[Size]) -> None:
    """The figures as a table, a column a size, each with its ratio to the small store."""
    for engine in dict.fromkeys(s.engine for s in sizes):
        own = [s for s in sizes if s.engine == engine]
        table = Table(
            title=f"{engine}: figures, and how many times those of a small store beside it"
        )
        table.add_column("devices of one tenant")
        for size in own:
            table.add_column(f"{size.devices:,}", justify="right")

        def row(
            name: str, of: Callable[[Size], Pair], own: Sequence[Size] = own, table: Table = table
        ) -> None:
            table.add_row(name, *(f"{of(s).grown:,.2f} ({of(s).ratio:.2f})" for s in own))

        row("CPU us a create, this process", lambda s: s.creates_cpu_us)
        row("CPU us a create, the database", lambda s: s.creates_database_cpu_us)
        table.add_row("bytes a device", *(f"{s.bytes_a_device:,.0f}" for s in own))
        for name in own[0].ms:
            mark = " (grows)" if name in own[0].linear else ""
            row(f"{name}, ms{mark}", lambda s, name=name: s.ms[name])  # type: ignore[misc]
        console.print(table)
