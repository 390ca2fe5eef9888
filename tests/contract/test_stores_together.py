"""What every engine promises when units fail, meet, or find the engine failing (core/ports.py)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from msgspec.structs import replace

from entrepot.core.faults import NotFound, Taken, Unavailable
from entrepot.core.ports import Tx
from entrepot.core.things.claim import Claim
from entrepot.core.things.product import Product
from entrepot.core.things.space import Space
from entrepot.edge.health import Health
from tests.contract.conftest import Open
from tests.contract.engines import Engine
from tests.contract.goods import TENANT, entry, product, space

NAME = Claim("test.name", "lamp")


# All or nothing


def state(store: Any) -> Any:
    """Everything that a failed unit could have left."""
    return store.read_now(
        lambda tx: (
            tx.count(Product, TENANT),
            tx.count(Space, TENANT),
            tx.page(Product, TENANT),
            tx.holder(TENANT, NAME),
            tx.labelled(Product, TENANT, [("a", None)]),
            tx.recall("x"),
        )
    )


def test_a_unit_that_raises_leaves_nothing(store: Any) -> None:
    kept = store.write_now(lambda tx: product(tx, "kept"))
    before = state(store)
    seen: list[int] = []

    def fail(tx: Tx) -> None:
        made = product(tx, claims=(NAME,), tags={"a": "1"})
        seen.append(made.id)
        space(tx)
        tx.note(TENANT, entry(made.id))
        tx.put(kept, replace(kept, released=True, claims=(Claim("test.x", "x"),)))
        tx.drop(kept)
        tx.remember("x", b"x")
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        store.write_now(fail)
    assert state(store) == before
    assert store.read_now(lambda tx: tx.history(TENANT, seen[0])) == []
    assert store.write_now(lambda tx: product(tx, claims=(NAME,))).id > seen[0]


def test_among_many_concurrent_units_the_failed_leave_nothing_and_totals_are_exact(
    store: Any,
) -> None:
    n = 400

    def work(i: int) -> Any:
        def unit(tx: Tx) -> int:
            made = product(tx, f"p{i}", space=1 + i % 3, claims=(Claim("test.name", str(i // 2)),))
            tx.note(TENANT, entry(made.id))
            if i % 5 == 0:
                raise NotFound("product", str(i))
            return made.id

        return unit

    async def all_at_once() -> list[Any]:
        calls = [store.write(work(i)) for i in range(n)]
        return await asyncio.gather(*calls, return_exceptions=True)

    outcomes = asyncio.run(all_at_once())
    good = [o for o in outcomes if isinstance(o, int)]
    assert {type(o) for o in outcomes} == {int, NotFound, Taken}
    # Of the pairs that share a name, one wins unless it fails by itself; then the other does.
    assert len(good) == len({i // 2 for i in range(n) if i % 5})
    assert [p.id for p in store.read_now(lambda tx: list(tx.scan(Product, TENANT)))] == sorted(
        good, reverse=True
    )
    assert store.read_now(lambda tx: tx.count(Product, TENANT)) == len(good)
    for parent in (1, 2, 3):
        counted, listed = store.read_now(
            lambda tx, p=parent: (
                tx.count(Product, TENANT, parent=p),
                len(list(tx.scan(Product, TENANT, parent=p))),
            )
        )
        assert counted == listed


def test_a_unit_that_breaks_a_law_of_the_engine_does_not_take_its_neighbours_along(
    store: Any,
) -> None:
    taken = store.write_now(lambda tx: product(tx))

    def twice(tx: Tx) -> None:
        tx.add(taken)  # its id stands already

    async def together() -> list[Any]:
        calls = [store.write(lambda tx: product(tx)) for _ in range(20)]
        calls.insert(10, store.write(twice))
        return await asyncio.gather(*calls, return_exceptions=True)

    outcomes = asyncio.run(together())
    assert isinstance(outcomes[10], Exception)
    assert [type(o) for i, o in enumerate(outcomes) if i != 10] == [Product] * 20
    assert store.read_now(lambda tx: tx.count(Product, TENANT)) == 21


def test_a_caller_that_gave_up_waiting_does_not_disturb_the_others(store: Any) -> None:
    async def some() -> Any:
        tasks = [asyncio.ensure_future(store.write(lambda tx: product(tx))) for _ in range(10)]
        await asyncio.sleep(0)
        tasks[3].cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    outcomes = asyncio.run(some())
    assert isinstance(outcomes[3], asyncio.CancelledError)
    assert sum(isinstance(o, Product) for o in outcomes) == 9
    store.write_now(lambda tx: product(tx))


# Isolation


def test_a_read_sees_one_state_and_only_what_is_committed(store: Any) -> None:
    store.write_now(lambda tx: product(tx))
    in_unit, go_on = threading.Event(), threading.Event()

    def slow(tx: Tx) -> None:
        product(tx)
        in_unit.set()
        assert go_on.wait(10)

    with ThreadPoolExecutor(1) as threads:
        writing = threads.submit(store.write_now, slow)
        assert in_unit.wait(10)
        uncommitted = store.read_now(
            lambda tx: (tx.count(Product, TENANT), len(tx.page(Product, TENANT)))
        )

        def long_read(tx: Tx) -> list[int]:
            before = tx.count(Product, TENANT)
            go_on.set()
            writing.result(10)
            return [before, tx.count(Product, TENANT), len(tx.page(Product, TENANT))]

        throughout = store.read_now(long_read)
    assert uncommitted == (1, 1)
    assert throughout == [1, 1, 1]
    assert store.read_now(lambda tx: tx.count(Product, TENANT)) == 2


# Two processes (here: two stores on the same files)


def test_two_openers_write_in_turn_without_disturbing_each_other(open_store: Open) -> None:
    a: Any = open_store()
    b: Any = open_store()
    ids = []
    for _ in range(5):
        for store in (a, b, b, a):
            ids.append(store.write_now(lambda tx: product(tx)).id)
    assert ids == sorted(set(ids))
    for store in (a, b):
        assert store.read_now(lambda tx: tx.count(Product, TENANT)) == 20
        assert len(store.read_now(lambda tx: list(tx.scan(Product, TENANT)))) == 20


def test_two_openers_write_at_once_without_disturbing_each_other(open_store: Open) -> None:
    a: Any = open_store()
    b: Any = open_store()

    def fill(store: Any) -> list[int]:
        async def many() -> list[Any]:
            return await asyncio.gather(*(store.write(lambda tx: product(tx)) for _ in range(100)))

        return [p.id for _ in range(3) for p in asyncio.run(many())]

    with ThreadPoolExecutor(2) as threads:
        ids = [id for made in threads.map(fill, (a, b)) for id in made]
    assert len(set(ids)) == 600
    assert a.read_now(lambda tx: tx.count(Product, TENANT)) == 600


def test_many_may_open_an_empty_folder_at_once(engine: Engine, tmp_path: Any) -> None:
    with ThreadPoolExecutor(6) as threads:
        stores: list[Any] = list(threads.map(lambda _: engine.open(tmp_path), range(6)))
    ids = {store.write_now(lambda tx: tx.new_id()) for store in stores}
    for store in stores:
        store.close()
    assert len(ids) == 6


# An engine that fails


def test_a_closed_store_is_unavailable(store: Any) -> None:
    store.close()
    for ask in (store.write, store.read):
        with pytest.raises(Unavailable):
            asyncio.run(asyncio.wait_for(ask(lambda tx: tx.count(Product, TENANT)), 5))


def test_a_full_disk_keeps_nothing_and_all_is_well_when_there_is_room_again(
    engine: Engine, store: Any
) -> None:
    kept = store.write_now(lambda tx: product(tx, claims=(Claim("test.name", "kept"),)))
    engine.fill(store)
    # Random digits: what cannot be packed needs pages.
    bulk = {"bulk": {str(i): f"{i * 7919**5 % 10**12}" for i in range(50_000)}}

    def large(tx: Tx) -> Product:
        return product(tx, claims=(NAME,), tags={"a": "1"}, extras=bulk)

    async def together() -> list[Any]:
        return await asyncio.gather(*(store.write(large) for _ in range(3)), return_exceptions=True)

    for _ in range(2):
        outcomes = asyncio.run(together())
        assert [type(o) for o in outcomes] == [Unavailable] * 3
        store.write_now(lambda tx: tx.remember("ready", b"1"))  # a small value finds room
        assert "takes no writes" in asyncio.run(Health(store).trouble())
        assert state(store)[0] == 1
        assert state(store)[2] == [kept]
        assert state(store)[3] is None
    engine.empty(store)
    made = store.write_now(large)
    assert made.id > kept.id
    assert state(store)[0] == 2
    assert store.read_now(lambda tx: tx.holder(TENANT, NAME)) == made.id


# The end


def _scan_for_ever(engine: Engine, tx: Any) -> None:
    while True:
        for _ in tx.scan(Product, TENANT):
            pass


def _ask_for_ever(engine: Engine, tx: Any) -> None:
    tx.cursor.execute(engine.endless).fetchall()


@pytest.mark.parametrize("look", [_scan_for_ever, _ask_for_ever])
def test_who_reads_when_nobody_shall_any_more_is_told_so_and_writes_go_on(
    store: Any, engine: Engine, look: Callable[[Engine, Any], None]
) -> None:
    made = store.write_now(lambda tx: product(tx))
    looking = threading.Event()

    def long(tx: Tx) -> None:
        looking.set()
        look(engine, tx)

    async def end() -> None:
        reads = [asyncio.ensure_future(store.read(long)) for _ in range(20)]  # most of them wait
        assert await asyncio.to_thread(looking.wait, 20)
        store.stop_reading()
        for outcome in await asyncio.wait_for(asyncio.gather(*reads, return_exceptions=True), 20):
            assert repr(outcome) == repr(Unavailable("the server is ending"))
        with pytest.raises(Unavailable):
            await store.read(lambda tx: tx.recall("x"))
        await store.write(lambda tx: tx.put(made, replace(made, revision=2)))

    asyncio.run(end())


def test_a_store_is_closed_at_once_though_somebody_reads_for_ever(
    store: Any, engine: Engine
) -> None:
    store.write_now(lambda tx: product(tx))
    looking = threading.Event()

    def long(tx: Tx) -> None:
        looking.set()
        _scan_for_ever(engine, tx)

    async def end() -> None:
        reading = asyncio.ensure_future(store.read(long))
        assert await asyncio.to_thread(looking.wait, 20)
        await asyncio.wait_for(asyncio.to_thread(store.close), 20)
        with pytest.raises(Unavailable, match="the server is ending"):
            await reading

    asyncio.run(end())
