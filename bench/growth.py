"""What operations cost as a store grows: filled through the store's own code, asked through every dialect.

One tenant has half of all products, nine more have a third, and 990 share the rest. Reads are timed
in this process, signature check included and HTTP left out; creates against a server on the same
directory. A size is reached from the one before it, so a run goes up the sizes it is given.
"""

from __future__ import annotations

import json
import random
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bench import servers
from bench.load import Generator, Plan
from entrepot import main as root
from entrepot.core import registry, tenancy
from entrepot.core.identity import Caller
from entrepot.core.ports import Tx
from entrepot.core.product import Authored, Claim, Draft, Product, Profile
from entrepot.dialect.request import Request
from tests.contract.adapters import ADAPTERS, Adapter, Credentials
from tests.contract.world import World

SIZES = (10**4, 10**5, 10**6)
BIG, MIDDLING, SMALL = 1, 9, 990
_SHARES = (0.5, 1 / 3 / MIDDLING, (0.5 - 1 / 3) / SMALL)
_UNIT = 500  # creates in one unit of work while filling
_ASKED = 200  # reads of one kind
_SLOW = 3  # of those that read everything
_MODEL = msgspec.Raw(
    b'[{"service_id":"s","service_type":"s","properties":[{"property_name":"level","data_type":'
    b'"int","required":false,"method":"RE","min":"0","max":"100"}],"option":"Optional"}]'
)


@dataclass(slots=True)
class Size:
    """The figures at one size: milliseconds by question, unless the name says otherwise."""

    products: int
    bytes_a_product: float = 0.0
    fill_rate: float = 0.0
    creates_a_second: float = 0.0
    creates_p99_ms: float = 0.0
    server_rss_mb: float = 0.0
    asked_ms: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Options:
    """How far to go and where."""

    sizes: Sequence[int] = SIZES
    seconds: float = 5.0
    rounds: int = 3
    directory: Path = Path("build/bench/growth")
    command: Sequence[str] = field(default_factory=servers.entrepot_command)


class Town:
    """A data directory that grows."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.random = random.Random(7)
        self.made = 0
        self.latest: list[Product] = []  # of the big tenant, some of them
        self.big: Credentials = {}
        self.world = World(options.directory)
        root.prepare(self.world.installation)  # the tenant that creates through the server
        self.callers = list(self._tenants())
        self.weights = [_SHARES[0]] + [_SHARES[1]] * MIDDLING + [_SHARES[2]] * SMALL
        self.big_made = 0

    def _tenants(self) -> Iterator[Caller]:
        self.big = self.world.tenant()
        installation = self.world.installation
        names = [self.big["name"], *(f"t{n}" for n in range(MIDDLING + SMALL))]

        def make(tx: Tx) -> list[Caller]:
            found = []
            for name in names:
                if name != self.big["name"]:
                    root.create_tenant(tx, installation.vault, name)
                tenant = tenancy.tenant_named(tx, name)
                user = tenancy.user_named(tx, tenant, name)
                now = root.now_ms()
                found.append(Caller(tenant, user, "roma", "fill", "bench", now, installation.vault))
            return found

        yield from installation.store.write_now(make)

    def grow(self, to: int, progress: Callable[[int], None]) -> float:
        """Products a second, until there are so many."""
        started, before = time.perf_counter(), self.made
        while self.made < to:
            unit = min(_UNIT, to - self.made)
            callers = self.random.choices(self.callers, self.weights, k=unit)
            first = self.made

            def work(
                tx: Tx, callers: Sequence[Caller] = callers, first: int = first
            ) -> list[Product]:
                return [
                    registry.create(tx, c, _draft(first + n, self.random))
                    for n, c in enumerate(callers)
                ]

            found = self.world.installation.store.write_now(work)
            mine = [p for p in found if p.tenant == self.callers[0].tenant.id]
            self.big_made += len(mine)
            self.latest += mine[:1]
            self.made += unit
            progress(unit)
        return (self.made - before) / (time.perf_counter() - started)

    def ask(
        self, adapter: Adapter, request: Callable[[int], Request], times: int = _ASKED
    ) -> float:
        """The median of the milliseconds in which such requests are answered."""
        took = []
        for n in range(times):
            asked = request(n)
            started = time.perf_counter()
            answer = self.world.ask(asked)
            took.append((time.perf_counter() - started) * 1e3)
            if adapter.refused(answer):
                raise servers.ServerFailure(
                    f"{asked.path!r}: {answer.status} {answer.body[:300]!r}"
                )
        return statistics.median(took)


def _draft(number: int, chance: random.Random) -> Draft:
    name = f"product-{number:09d}"
    model = f"{chance.randrange(10**9):x}-{number}"
    return Draft(
        profile=Profile(
            name=name,
            description="made to see what growth costs",
            protocol="mqtt",
            manufacturer_id=f"maker{number % 50}",
            model_number=model,
            device_type="Sensor",
            model=Authored("iotda", _MODEL),
            tags={"site": f"s{number % 1000}"} if number % 4 == 0 else {},
        ),
        claims=(Claim("roma.name", name), Claim("roma.model", f"maker{number % 50}\n{model}")),
    )


def _handles(town: Town) -> Iterator[tuple[str, Adapter, Callable[[int], Request]]]:
    """Each dialect's show of some product of the big tenant."""
    vault = town.world.installation.vault
    for adapter in ADAPTERS:
        if adapter.products is None:
            continue
        dialect = adapter.value

        def request(n: int, adapter: Adapter = adapter, dialect: Any = dialect) -> Request:
            product = town.random.choice(town.latest)
            return adapter.show(dialect.handle(vault, product), town.big)

        yield f"get {adapter.dialect}", adapter, request


def _lists(town: Town, total: int) -> Iterator[tuple[str, Adapter, Callable[[int], Request]]]:
    """The first, the middle and the last page of each dialect's list, 20 to a page."""
    by = {a.dialect: a for a in ADAPTERS}
    for where, skip in (
        ("first", 0),
        ("middle", total // 40 * 20),
        ("last", (total - 1) // 20 * 20),
    ):
        page = skip // 20 + 1
        questions: dict[str, tuple[str, Mapping[str, Any], Any]] = {
            "aliyun": ("QueryProductList", {"CurrentPage": page, "PageSize": 20}, None),
            "roma": ("ListProducts", {"limit": 20, "offset": skip}, None),
            "enos": (
                "SearchProduct",
                {"action": "search"},
                {"pagination": {"pageNo": page, "pageSize": 20}},
            ),
        }
        for dialect, (name, given, body) in questions.items():
            adapter = by[dialect]
            asking = _asking(adapter, name, given, body, town.big)
            yield f"{where} page {dialect}", adapter, asking
    marker = by["iotda"].value.handle(town.world.installation.vault, town.latest[0])
    for where, given in (("first", {}), ("last", {"marker": marker})):
        asked = {"limit": 20, **given}
        adapter = by["iotda"]
        asking = _asking(adapter, "ListProducts", asked, None, town.big)
        yield f"{where} page iotda", adapter, asking


def _filters(town: Town) -> Iterator[tuple[str, Adapter, int, Callable[[int], Request]]]:
    name = town.latest[len(town.latest) // 2].profile.name
    tag = {"ProductTag.1.TagKey": "site", "ProductTag.1.TagValue": "s8"}
    named = {"expression": f"productName like '{name}'"}
    tagged = {"expression": "productTags.site='s8'"}
    search = {"action": "search"}
    questions: tuple[tuple[str, str, int, str, Mapping[str, Any], Any], ...] = (
        ("name", "iotda", _ASKED, "ListProducts", {"product_name": name}, None),
        ("name", "roma", _SLOW, "ListProducts", {"name": name}, None),
        ("name", "enos", _SLOW, "SearchProduct", search, named),
        ("tag", "enos", _ASKED, "SearchProduct", search, tagged),
        ("tag", "aliyun", _ASKED, "ListProductByTags", tag, None),
    )
    by = {a.dialect: a for a in ADAPTERS}
    for what, dialect, times, operation, given, body in questions:
        asking = _asking(by[dialect], operation, given, body, town.big)
        yield f"{what} {dialect}", by[dialect], times, asking


def _asking(
    adapter: Adapter, name: str, given: Mapping[str, Any], body: Any, credentials: Credentials
) -> Callable[[int], Request]:
    operation = adapter.operation(name)
    return lambda n: adapter.request(operation, given, body, credentials)


def _exact(town: Town) -> None:
    """Nothing, where the totals are what was made."""
    adapter = next(a for a in ADAPTERS if a.dialect == "roma")
    answer = town.world.ask(_asking(adapter, "ListProducts", {"limit": 1}, None, town.big)(0))
    total = json.loads(answer.body)["total"]
    if total != town.big_made:
        raise servers.ServerFailure(f"the total says {total}, and {town.big_made} were made")


def run(options: Options, console: Console) -> list[Size]:
    """The figures of each size. Raises: LoadFailure, ServerFailure."""
    if options.directory.exists():
        raise servers.ServerFailure(f"{options.directory} is there already: remove it first")
    _, generator_core = servers.cores()
    generator = Generator(generator_core)
    town, sizes = Town(options), []
    try:
        with Progress(console=console) as progress:
            for wanted in options.sizes:
                bar = progress.add_task(f"{wanted:,} products", total=wanted - town.made)
                rate = town.grow(wanted, partial(progress.advance, bar))
                sizes.append(_measured(town, generator, rate))
    finally:
        generator.close()
        town.world.close()
    return sizes


def _measured(town: Town, generator: Generator, rate: float) -> Size:
    size = Size(town.made, fill_rate=rate)
    _exact(town)
    for name, adapter, request in (*_handles(town), *_lists(town, town.big_made)):
        size.asked_ms[name] = town.ask(adapter, request)
    for name, adapter, times, request in _filters(town):
        size.asked_ms[name] = town.ask(adapter, request, times)
    town.world.close()
    size.bytes_a_product = _bytes(town.options.directory) / town.made
    _creates(town, size, generator)
    town.world = World(town.options.directory)
    return size


def _creates(town: Town, size: Size, generator: Generator) -> None:
    options = town.options
    server = servers.entrepot(options.command, options.directory)
    try:
        recipe = servers.creates(options.command, options.directory, server)
        results = [
            generator.run(
                Plan(
                    host=server.host,
                    port=server.port,
                    connections=64,
                    recipe=recipe,
                    count=int(12_000 * options.seconds),
                    seconds=options.seconds,
                    server_pid=server.pid,
                )
            )
            for _ in range(options.rounds)
        ]
        size.creates_a_second = statistics.median(r.rate for r in results)
        size.creates_p99_ms = statistics.median(r.p99_ms for r in results)
        size.server_rss_mb = server.rss_mb()
    finally:
        server.stop()


def _bytes(directory: Path) -> int:
    return sum(f.stat().st_size for f in directory.iterdir() if not f.name.endswith("-wal"))


def show(console: Console, sizes: Sequence[Size]) -> None:
    """The figures as a table, a column a size."""
    table = Table()
    table.add_column("")
    for size in sizes:
        table.add_column(f"{size.products:,}", justify="right")
    rows: dict[str, Callable[[Size], str]] = {
        "durable creates/s, 64 connections": lambda s: f"{s.creates_a_second:,.0f}",
        "  of the first size": lambda s: f"{s.creates_a_second / sizes[0].creates_a_second:.2f}",
        "  p99 ms": lambda s: f"{s.creates_p99_ms:.1f}",
        "filled a second": lambda s: f"{s.fill_rate:,.0f}",
        "bytes a product": lambda s: f"{s.bytes_a_product:,.0f}",
        "server memory MB": lambda s: f"{s.server_rss_mb:.0f}",
    }
    for name, value in rows.items():
        table.add_row(name, *(value(s) for s in sizes))
    for question in sizes[0].asked_ms:
        table.add_row(f"{question}, ms", *(f"{s.asked_ms[question]:.2f}" for s in sizes))
    console.print(table)


def document(sizes: Sequence[Size]) -> list[dict[str, Any]]:
    """The figures for a program."""
    return [msgspec.to_builtins(s) for s in sizes]
