"""What every engine promises of reads: nobody waits behind another's long ones (core/ports.py)."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, cast

import pytest

from entrepot.core.faults import TooMuch, Unavailable
from entrepot.core.ports import Scans as Counted
from entrepot.core.ports import Tx
from entrepot.core.things.product import Product
from entrepot.store.limits import SHORT_ROWS
from entrepot.store.scanning import BLOCK
from tests.contract.conftest import Open
from tests.contract.engines import Engine
from tests.contract.goods import OTHER_TENANT, TENANT, device, product

MANY = BLOCK + 1
PATIENCE_S = 20


@pytest.fixture
def full(store: Any) -> Any:
    """A store with more than a short read goes through, of two tenants."""
    fill(store, MANY)
    return store


def fill(store: Any, count: int) -> None:
    for tenant in (TENANT, OTHER_TENANT):
        store.write_now(
            lambda tx, tenant=tenant: [product(tx, f"p{n}", tenant=tenant) for n in range(count)]
        )


class Scans:
    """Scans that have begun, in this order, and go on until they may end."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.together = 0
        self.most_together = 0
        self.end = threading.Event()

    def work(self, name: str, tenant: int = TENANT) -> Callable[[Tx], str]:
        def scan(tx: Tx) -> str:
            for n, _ in enumerate(tx.scan(Product, tenant)):
                if n == 0:
                    self.begun.append(name)
                    self.together += 1
                    self.most_together = max(self.most_together, self.together)
                    assert self.end.wait(PATIENCE_S)
                    self.together -= 1
            return name

        return scan

    async def until(self, count: int) -> None:
        while len(self.begun) < count:
            await asyncio.sleep(0.001)


@pytest.fixture
def scans() -> Iterator[Scans]:
    """Whatever becomes of the test, they end."""
    found = Scans()
    yield found
    found.end.set()


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(asyncio.wait_for(work, PATIENCE_S))


def ask(store: Any, work: Callable[[Tx], Any], tenant: int = TENANT) -> asyncio.Future[Any]:
    return asyncio.ensure_future(store.read(work, tenant))


def test_a_short_read_and_a_look_up_are_answered_while_scans_run_and_wait(
    full: Any, scans: Scans
) -> None:
    async def race() -> None:
        waiting = [ask(full, scans.work(f"s{n}")) for n in range(8)]
        await scans.until(1)
        assert await full.read(lambda tx: tx.count(Product, TENANT), TENANT) == MANY
        assert await full.look_up(lambda tx: tx.recall("x")) is None
        page = await full.read(lambda tx: tx.page(Product, TENANT, limit=1), TENANT)
        assert page[0].profile.name == f"p{MANY - 1}"
        while full.scans != Counted(1, 7, 0):
            await asyncio.sleep(0.001)
        scans.end.set()
        assert await asyncio.gather(*waiting) == [f"s{n}" for n in range(8)]
        assert full.scans == Counted(0, 0, 0)

    run(race())
    assert scans.most_together == 1


def test_scans_take_turns_by_tenant(full: Any, scans: Scans) -> None:
    async def race() -> None:
        mine = [ask(full, scans.work(f"mine {n}")) for n in range(6)]
        while full.scans != Counted(1, 5, 0):
            await asyncio.sleep(0.001)
        theirs = ask(full, scans.work("theirs", OTHER_TENANT), OTHER_TENANT)
        while full.scans != Counted(1, 6, 0):
            await asyncio.sleep(0.001)
        scans.end.set()
        await asyncio.gather(*mine, theirs)

    run(race())
    assert scans.begun.index("theirs") in (
        1,
        2,
    )  # behind the one that runs, and one whose turn it was


def test_a_look_up_is_answered_while_short_reads_wait(store: Any) -> None:
    end = threading.Event()

    def long(tx: Tx) -> bool:
        return end.wait(PATIENCE_S)

    async def race() -> None:
        reads = [ask(store, long) for _ in range(20)]
        try:
            assert await store.look_up(lambda tx: tx.recall("x")) is None
        finally:
            end.set()
        assert all(await asyncio.gather(*reads))

    run(race())


def test_what_would_wait_behind_too_many_scans_is_refused_and_that_of_others_is_not(
    full: Any, scans: Scans
) -> None:
    async def race() -> None:
        mine = [ask(full, scans.work(f"{n}")) for n in range(80)]
        while not any(one.done() for one in mine):
            await asyncio.sleep(0.001)
        theirs = ask(full, scans.work("theirs", OTHER_TENANT), OTHER_TENANT)
        while sum(one.done() for one in mine) < 80 - 64:  # one runs, theirs is one of 64 that wait
            await asyncio.sleep(0.001)
        scans.end.set()
        outcomes = await asyncio.gather(*mine, return_exceptions=True)
        refused = [one for one in outcomes if isinstance(one, TooMuch)]
        assert len(refused) == 80 - 64
        assert {(one.why, one.limit) for one in refused} == {("waiting", 64)}
        assert await theirs == "theirs"
        assert full.scans == Counted(0, 0, 80 - 64)

    run(race())


def test_too_many_short_reads_are_refused(store: Any) -> None:
    end = threading.Event()

    async def race() -> list[Any]:
        reads = [ask(store, lambda tx: end.wait(PATIENCE_S)) for _ in range(600)]
        await asyncio.sleep(0)
        while not any(one.done() for one in reads):
            await asyncio.sleep(0.001)
        end.set()
        return await asyncio.gather(*reads, return_exceptions=True)

    outcomes = run(race())
    told = [one for one in outcomes if one is not True]
    assert 0 < len(told) <= 600 - 512
    assert {repr(one) for one in told} == {repr(Unavailable("too many reads wait"))}


def _walk(engine: Engine, tx: Any) -> None:
    while True:
        for _ in tx.scan(Product, TENANT):
            pass


def _test_each(engine: Engine, tx: Any) -> None:
    for _ in tx.scan(Product, TENANT):
        threading.Event().wait(0.05)  # longer for a block than a scan may take


def _ask(engine: Engine, tx: Any) -> None:
    list(tx.scan(Product, TENANT))
    tx.cursor.execute(engine.endless).fetchall()


@pytest.mark.parametrize("long", [_walk, _test_each, _ask])
def test_a_scan_that_takes_too_long_is_refused_and_the_next_is_answered(
    open_store: Open, engine: Engine, long: Callable[[Engine, Any], None]
) -> None:
    store: Any = open_store(scan_s=0.3)
    fill(store, MANY)

    async def race() -> None:
        for _ in range(2):
            with pytest.raises(TooMuch) as told:
                await store.read(lambda tx: long(engine, tx), TENANT)
            assert (told.value.why, told.value.limit) == ("time", 0.3)
        every = await store.read(lambda tx: list(tx.scan(Product, TENANT)), TENANT)
        assert len(every) == MANY
        assert store.scans == Counted(0, 0, 2)
        assert await store.read(lambda tx: tx.count(Product, TENANT), TENANT) == MANY

    run(race())


def test_a_statement_that_does_not_end_keeps_no_short_reader(
    open_store: Open, engine: Engine
) -> None:
    store: Any = open_store(scan_s=0.3)

    async def race() -> None:
        reads = [
            ask(store, lambda tx: cast(Any, tx).cursor.execute(engine.endless).fetchall())
            for _ in range(4)
        ]
        outcomes = await asyncio.gather(*reads, return_exceptions=True)
        assert {type(one) for one in outcomes} <= {TooMuch, Unavailable}
        assert await store.read(lambda tx: tx.count(Product, TENANT), TENANT) == 0

    run(race())


def _called(tx: Tx) -> Any:
    return tx.called(Product, TENANT, "p")[1]


def _named(tx: Tx) -> Any:
    return tx.labelled(Product, TENANT, [("\0name", "p")])[1]


def _tagged(tx: Tx) -> Any:
    return tx.labelled(Product, TENANT, [("a", "1"), ("b", "1")])[1]


def _of_parents(tx: Tx) -> Any:
    return len(tx.page(Product, TENANT, parent=range(1, 100), limit=5))


def _numbers(tx: Tx) -> Any:
    return len(tx.ids(Product, TENANT, parent=1, limit=10_000))


def _scanned(tx: Tx) -> Any:
    return sum(1 for _ in tx.scan(Product, TENANT))


def _having(tx: Tx) -> Any:
    return sum(1 for _ in tx.having(Product, TENANT, [("a", "1")]))


@pytest.mark.parametrize(
    "work", [_called, _named, _tagged, _of_parents, _numbers, _scanned, _having]
)
def test_what_goes_through_many_rows_is_a_scan_and_the_same_of_few_is_none(
    store: Any, work: Callable[[Tx], Any]
) -> None:
    """A scan begins a second time, when its turn has come."""
    runs = 0

    def counted(tx: Tx) -> Any:
        nonlocal runs
        runs += 1
        return work(tx)

    for count, wanted in ((BLOCK - 1, 1), (SHORT_ROWS + 1, 2)):
        there = store.read_now(lambda tx: tx.count(Product, TENANT))
        store.write_now(
            lambda tx, more=count - there: [
                product(tx, "p", tags={"a": "1", "b": "1"}) for _ in range(more)
            ]
        )
        runs = 0
        assert run(store.read(counted, TENANT)) == store.read_now(work)
        assert runs == wanted


def test_a_list_by_one_counted_label_is_short_however_many_have_it(store: Any) -> None:
    store.write_now(lambda tx: [product(tx, "p", tags={"a": "1"}) for _ in range(2 * SHORT_ROWS)])
    runs = []

    def work(tx: Tx) -> Any:
        runs.append(1)
        page, total = tx.labelled(Product, TENANT, [("a", "1")], skip=SHORT_ROWS, limit=10)
        return len(page), total, tx.count(Product, TENANT)

    assert run(store.read(work, TENANT)) == (10, 2 * SHORT_ROWS, 2 * SHORT_ROWS)
    assert runs == [1]


def test_what_has_labels_is_gone_through_newest_first_and_each_once(store: Any) -> None:
    def fill(tx: Tx) -> None:
        parent = product(tx, "parent")
        for n in range(2 * BLOCK):
            device(tx, parent, f"d{n}", tags={"a": str(n % 3), "b": "1"})

    store.write_now(fill)
    from entrepot.core.things.device import Device

    def keys(tx: Tx) -> list[str]:
        return [d.key for d in tx.having(Device, TENANT, [("a", "0"), ("a", "1"), ("b", None)])]

    wanted = [f"d{n}" for n in reversed(range(2 * BLOCK))]
    assert store.read_now(keys) == store.write_now(keys) == run(store.read(keys, TENANT)) == wanted
    assert store.read_now(lambda tx: list(tx.having(Device, TENANT, []))) == []


def test_threads_are_switched_quickly_while_a_scan_runs_and_as_usual_after_it(
    full: Any, scans: Scans
) -> None:
    usual = sys.getswitchinterval()

    async def race() -> None:
        reading = ask(full, scans.work("one"))
        await scans.until(1)
        assert sys.getswitchinterval() < usual / 5
        scans.end.set()
        await reading

    run(race())
    assert sys.getswitchinterval() == usual


def test_works_that_are_done_apart_take_turns_and_one_is_done_at_a_time(store: Any) -> None:
    begun, end = list[str](), threading.Event()

    def work(name: str) -> Callable[[], str]:
        def one() -> str:
            begun.append(name)
            assert end.wait(PATIENCE_S)
            return name

        return one

    async def race() -> None:
        mine = [asyncio.ensure_future(store.apart(work(f"{n}"), TENANT)) for n in range(5)]
        theirs = asyncio.ensure_future(store.apart(work("theirs"), OTHER_TENANT))
        while not begun:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.01)
        assert len(begun) == 1
        assert await store.read(lambda tx: tx.count(Product, TENANT), TENANT) == 0
        end.set()
        assert await asyncio.gather(*mine) == [f"{n}" for n in range(5)]
        assert await theirs == "theirs"

    run(race())
    assert begun.index("theirs") in (1, 2)
