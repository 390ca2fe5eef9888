"""What every engine promises to several programs that work on one store at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from msgspec.structs import replace

from entrepot.core.accounts.tenancy import create_tenant, create_user
from entrepot.core.caller import Caller
from entrepot.core.devices import registry as devices
from entrepot.core.devices.registry import DeviceDraft, DeviceRef
from entrepot.core.faults import Fault, InUse, NotFound, QuotaExceeded, Taken
from entrepot.core.ports import Tx
from entrepot.core.products import registry
from entrepot.core.products.registry import Ref
from entrepot.core.things.claim import Claim
from entrepot.core.things.device import Device
from entrepot.core.things.product import Product
from entrepot.core.things.space import Space
from entrepot.core.things.template import Template
from entrepot.core.things.topic import Topic
from entrepot.core.vault import Vault
from tests.contract.conftest import Open
from tests.contract.goods import SOMEBODY, TENANT, device, product, space, topic

NODES = 3


@pytest.fixture
def nodes(open_store: Open) -> list[Any]:
    """Three openers of one store."""
    return [open_store() for _ in range(NODES)]


def race(nodes: list[Any], work: Callable[[Any, int], Any]) -> list[Any]:
    """What `work(store, i)` returned or the fault it raised, for each node; all start together."""
    start = threading.Barrier(len(nodes))

    def run(i: int) -> Any:
        start.wait(10)
        try:
            return work(nodes[i], i)
        except Fault as fault:
            return fault

    with ThreadPoolExecutor(len(nodes)) as threads:
        return list(threads.map(run, range(len(nodes))))


def test_a_claim_that_all_want_at_once_goes_to_one(nodes: list[Any]) -> None:
    for i in range(20):
        claim = Claim("test.name", str(i))
        outcomes = race(
            nodes, lambda s, n, c=claim: s.write_now(lambda tx: product(tx, claims=(c,)))
        )
        assert sorted(type(o).__name__ for o in outcomes) == ["Product", "Taken", "Taken"]
        (winner,) = (o for o in outcomes if isinstance(o, Product))
        assert {o.holder for o in outcomes if isinstance(o, Taken)} == {winner.id}
    for store in nodes:
        assert store.read_now(lambda tx: tx.count(Product, TENANT)) == 20


def test_no_change_of_a_thing_is_lost(nodes: list[Any]) -> None:
    def make(tx: Tx) -> Template:
        made = Template(
            id=tx.new_id(), tenant=TENANT, name="t", created_at=1, created_by=SOMEBODY,
            updated_at=1, updated_by=SOMEBODY,
        )  # fmt: skip
        tx.add(made)
        return made

    made = nodes[0].write_now(make)

    def use(tx: Tx) -> None:
        found = tx.get(Template, TENANT, made.id)
        assert found is not None
        tx.put(found, replace(found, uses=found.uses + 1))

    race(nodes, lambda store, n: [store.write_now(use) for _ in range(25)])
    found = nodes[0].read_now(lambda tx: tx.get(Template, TENANT, made.id))
    assert found.uses == 25 * NODES


def test_nothing_is_added_under_a_parent_that_another_node_deletes(nodes: list[Any]) -> None:
    def delete(tx: Tx, id: int) -> str:
        found = tx.get(Space, TENANT, id)
        if found is None:
            raise NotFound("space", str(id))
        if tx.count(Product, TENANT, parent=id):
            raise InUse("space", str(id), "products")
        tx.drop(found)
        return "deleted"

    def add(tx: Tx, id: int) -> str:
        if tx.get(Space, TENANT, id) is None:
            raise NotFound("space", str(id))
        product(tx, space=id)
        return "added"

    ends = set()
    for i in range(30):
        id = nodes[0].write_now(lambda tx: space(tx)).id
        # A node that has seen the space will not ask again, unless it must.
        nodes[1].write_now(lambda tx, id=id: tx.get(Space, TENANT, id))
        outcomes = race(
            nodes[:2],
            lambda store, n, id=id, i=i: store.write_now(
                lambda tx: (delete if n == i % 2 else add)(tx, id)
            ),
        )
        there = nodes[2].read_now(lambda tx, id=id: tx.get(Space, TENANT, id) is not None)
        children = nodes[2].read_now(lambda tx, id=id: tx.count(Product, TENANT, parent=id))
        assert (there, children) in ((True, 1), (False, 0)), outcomes
        ends.add(there)
        assert ("deleted" in outcomes) is not there
        assert ("added" in outcomes) is there


def test_a_parent_goes_with_all_its_children_or_not_at_all(nodes: list[Any]) -> None:
    def delete(tx: Tx, made: Product) -> str:
        found = tx.get(Product, TENANT, made.id)
        assert found is not None
        for child in tx.scan(Topic, TENANT, parent=made.id):
            tx.drop(child)
        tx.drop(found)
        return "deleted"

    def add(tx: Tx, made: Product) -> str:
        found = tx.get(Product, TENANT, made.id)
        if found is None:
            raise NotFound("product", str(made.id))
        topic(tx, found)
        return "added"

    for i in range(20):
        made = nodes[0].write_now(lambda tx: product(tx))
        nodes[0].write_now(lambda tx, made=made: topic(tx, made))
        race(
            nodes,
            lambda store, n, made=made, i=i: store.write_now(
                lambda tx: (delete if n == i % NODES else add)(tx, made)
            ),
        )
    assert nodes[0].read_now(lambda tx: tx.count(Topic, TENANT)) == 0
    assert nodes[1].read_now(lambda tx: list(tx.scan(Topic, TENANT))) == []


def caller(nodes: list[Any]) -> Caller:
    """Whoever changes things in these tests."""

    def make(tx: Tx) -> Caller:
        tenant = create_tenant(tx, "racers", 1, {})
        user = create_user(tx, tenant, "somebody", 1)
        return Caller(tenant, user, "test", "Test", "r", 1, Vault(bytes(32)))

    made: Caller = nodes[0].write_now(make)
    return made


def test_no_device_is_made_of_a_product_that_another_node_deletes(nodes: list[Any]) -> None:
    who = caller(nodes)
    tenant = who.tenant.id
    ends = set()
    for i in range(30):
        made = nodes[0].write_now(
            lambda tx: product(tx, tenant=tenant, space=who.tenant.default_space)
        )
        ref = Ref("p", made.id)
        nodes[1].write_now(lambda tx, made=made: tx.get(Product, tenant, made.id))

        def work(store: Any, n: int, ref: Ref = ref, i: int = i) -> str:
            if n == i % 2:
                store.write_now(lambda tx: registry.delete(tx, who, ref))
                return "deleted"
            draft = DeviceDraft(product=ref, key="d")
            store.write_now(lambda tx: devices.create(tx, who, draft))
            return "made"

        outcomes = race(nodes[:2], work)
        there = nodes[2].read_now(lambda tx, made=made: tx.get(Product, tenant, made.id))
        count = nodes[2].read_now(lambda tx, made=made: tx.count(Device, tenant, parent=made.id))
        assert (there is not None, count) in ((True, 1), (False, 0)), outcomes
        assert ("made" in outcomes) is (there is not None)
        assert {type(o) for o in outcomes} <= {str, InUse, NotFound}
        ends.add(there is not None)
    assert ends


def test_no_device_connects_through_one_that_another_node_deletes(nodes: list[Any]) -> None:
    who = caller(nodes)
    tenant = who.tenant.id
    home = nodes[0].write_now(lambda tx: product(tx, tenant=tenant, space=who.tenant.default_space))
    for i in range(20):
        above = nodes[0].write_now(lambda tx, i=i: device(tx, home, f"gateway{i}"))
        ref = DeviceRef("g", above.id)
        nodes[1].write_now(lambda tx, above=above: tx.get(Device, tenant, above.id))

        def work(store: Any, n: int, ref: DeviceRef = ref, i: int = i) -> str:
            if n == i % 2:
                store.write_now(lambda tx: devices.delete(tx, who, ref))
                return "deleted"
            draft = DeviceDraft(product=Ref("p", home.id), key=f"d{i}", gateway=ref)
            store.write_now(lambda tx: devices.create(tx, who, draft))
            return "made"

        outcomes = race(nodes[:2], work)
        found = nodes[2].read_now(lambda tx, above=above: tx.get(Device, tenant, above.id))
        assert (0 if found is None else found.children) == outcomes.count("made"), outcomes
        assert ("deleted" in outcomes) is (found is None)
    kept = nodes[2].read_now(lambda tx: list(tx.scan(Device, tenant)))
    numbers = {d.id for d in kept}
    assert all(d.gateway in numbers for d in kept if d.gateway is not None)


def test_a_quota_holds_over_all_nodes(nodes: list[Any]) -> None:
    def add(tx: Tx) -> None:
        if tx.count(Product, TENANT) >= 20:
            raise QuotaExceeded("product", 20)
        product(tx)

    def fill(store: Any, n: int) -> int:
        made = 0
        for _ in range(20):
            try:
                store.write_now(add)
                made += 1
            except QuotaExceeded:
                pass
        return made

    assert sum(race(nodes, fill)) == 20
    assert nodes[0].read_now(lambda tx: tx.count(Product, TENANT)) == 20


def test_what_is_remembered_if_nothing_was_is_the_same_for_all(nodes: list[Any]) -> None:
    def keep(tx: Tx, name: str, value: bytes) -> bytes:
        kept = tx.recall(name)
        if kept is None:
            tx.remember(name, value)
            return value
        return kept

    for i in range(10):
        values = race(
            nodes,
            lambda store, n, i=i: store.write_now(lambda tx: keep(tx, f"x{i}", b"%d" % n)),
        )
        kept = nodes[0].read_now(lambda tx, i=i: tx.recall(f"x{i}"))
        assert set(values) == {kept}


def test_totals_and_deep_pages_are_exact_after_all_nodes_wrote_at_once(nodes: list[Any]) -> None:
    def fill(store: Any, n: int) -> None:
        for i in range(10):
            made = store.write_now(
                lambda tx, i=i: [product(tx, space=1 + (n + i) % 2) for _ in range(70)]
            )
            store.write_now(lambda tx, made=made: [tx.drop(p) for p in made[::7]])
            store.write_now(lambda tx, made=made: tx.put(made[1], replace(made[1], space=9)))

    race(nodes, fill)

    def seen(tx: Tx) -> None:
        for parent in (None, 1, 2, 9):
            everything = [p.id for p in tx.scan(Product, TENANT, parent=parent)]
            assert tx.count(Product, TENANT, parent=parent) == len(everything)
            for skip in (0, 511, 600, 900, 1700, 5000):
                page = tx.page(Product, TENANT, parent=parent, skip=skip, limit=20)
                assert [p.id for p in page] == everything[skip : skip + 20]
        assert tx.count(Product, TENANT) == NODES * 10 * 60

    nodes[0].read_now(seen)
