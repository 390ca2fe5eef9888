"""Lists of devices by what an index answers are what going through all of them would give, on every engine."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from entrepot.core.accounts import tenancy
from entrepot.core.caller import Caller
from entrepot.core.devices import lists as device_lists
from entrepot.core.devices.lists import Listing
from entrepot.core.ports import Tx
from entrepot.core.things.device import BEHIND, KEY, STATE, UNNAMED, Device, in_product, states
from entrepot.core.things.product import NAME, Product
from entrepot.core.vault import Vault
from tests.contract.conftest import Open
from tests.contract.goods import device, product, space
from tests.examples import examples

WORDS = ("Pump", "pump 2", "水泵", "Éolienne", "ÉOLIENNE", "10%", "a_b")
TAGS = ("site", "a/b", "=", "")
VALUES = ("1", "2", "x=y", "")
ALL_STATES = states()


@dataclass(frozen=True)
class Inventory:
    """A store with a tenant's products and devices, and who asks for them."""

    store: Any
    caller: Caller
    products: list[Product]


def some_device(tx: Tx, chance: random.Random, products: list[Product], number: int) -> Device:
    tenant, others = products[0].tenant, tx.page(Device, products[0].tenant, limit=100)
    gateway = chance.choice([None, None, *others])
    made = device(
        tx,
        chance.choice(products),
        f"{chance.choice(WORDS)}{number % 7}-{number // 7}",
        name=chance.choice([None, *WORDS]),
        names={"zh_CN": chance.choice(WORDS)} if chance.random() < 0.2 else {},
        tags={tag: chance.choice(VALUES) for tag in TAGS if chance.random() < 0.3},
        gateway=None if gateway is None else gateway.id,
        connection=chance.choice(("inactive", "online", "offline")),
        disabled_at=chance.choice((0, 0, 9)),
    )
    if gateway is not None:
        above = tx.get(Device, tenant, gateway.id)
        assert above is not None
        tx.put(above, replace(above, children=above.children + 1))
    return made


def change(tx: Tx, chance: random.Random, products: list[Product]) -> None:
    """Some are other than they were, and some are gone."""
    for old in tx.page(Device, products[0].tenant, limit=100):
        if chance.random() < 0.1 and not old.children and old.gateway is None:
            tx.drop(old)
        elif chance.random() < 0.3:
            tx.put(old, replace(old, name=chance.choice([None, *WORDS]), tags={"site": "1"},
                                connection="online", disabled_at=0))  # fmt: skip


@pytest.fixture
def inventory(open_store: Open) -> Inventory:
    store: Any = open_store()

    def fill(tx: Tx) -> Inventory:
        tenant = tenancy.create_tenant(tx, "acme", 1, {})
        user = tenancy.create_user(tx, tenant, "acme", 1)
        other = space(tx, tenant=tenant.id)
        where = (tenant.default_space, tenant.default_space, other.id, other.id)
        products = [
            product(tx, f"p{n}", tenant=tenant.id, space=s, kind=("device", "gateway")[n % 2])
            for n, s in enumerate(where)
        ]
        for number in range(60):
            some_device(tx, random.Random(number), products, number)
        caller = Caller(tenant, user, "test", "List", "r", 1, Vault(bytes(32)))
        return Inventory(store, caller, products)

    made: Inventory = store.write_now(fill)
    store.write_now(lambda tx: change(tx, random.Random(7), made.products))
    return made


def called(one: Device) -> list[str]:
    return [one.key if one.name is None else one.name, *one.names.values()]


def plainly(tx: Tx, inventory: Inventory, wanted: Listing) -> tuple[int, list[int]]:
    """The total and the ids of the page, found by going through all devices."""
    spaces = {p.id: p.space for p in inventory.products}
    has: Callable[[Device, tuple[str, str | None]], bool] = lambda d, label: (  # noqa: E731
        (label[0] == NAME and d.name == label[1])
        or (label[0] == UNNAMED and d.name is None and d.key == label[1])
        or (label[0] in d.tags and label[1] in (None, d.tags[label[0]]))
    )
    found = [
        d.id
        for d in sorted(tx.scan(Device, inventory.caller.tenant.id), key=lambda d: -d.id)
        if (wanted.products is None or d.product in wanted.products)
        and wanted.space in (None, spaces[d.product])
        and (wanted.gateways is None or d.gateway in [g.id for g in wanted.gateways])
        and (wanted.among is None or d.id in [a.id for a in wanted.among])
        and (wanted.keys is None or d.key in wanted.keys)
        and (wanted.states is None or d.labels[STATE] in wanted.states)
        and all(any(has(d, label) for label in labels) for labels in wanted.labels)
        and (wanted.part is None or any(wanted.part.casefold() in n.casefold() for n in called(d)))
        and (wanted.test is None or wanted.test(d, inventory.products[0]))
    ]
    below = [id for id in found if wanted.before is None or id < wanted.before]
    return len(found), below[wanted.skip : wanted.skip + wanted.limit]


def listings(inventory: Inventory, devices: list[Device]) -> st.SearchStrategy[Listing]:
    """Any conditions at once, most often one or two."""
    ids = [p.id for p in inventory.products]
    labels = st.lists(
        st.one_of(
            st.tuples(st.sampled_from(TAGS), st.sampled_from((*VALUES, None))),
            st.tuples(st.sampled_from((NAME, UNNAMED)), st.sampled_from((*WORDS, devices[0].key))),
        ),
        max_size=3,
    ).map(tuple)
    some = st.sampled_from(devices)
    fields: dict[str, st.SearchStrategy[Any]] = {
        "products": st.lists(st.sampled_from([*ids, 5]), max_size=3, unique=True).map(tuple),
        "space": st.sampled_from([*(p.space for p in inventory.products), 5]),
        "gateways": st.lists(some, max_size=3).map(tuple),
        "among": st.lists(some, max_size=3).map(tuple),
        "keys": st.lists(some.map(lambda d: d.key), max_size=3).map(tuple),
        "states": st.lists(st.sampled_from(ALL_STATES), max_size=5, unique=True).map(tuple),
        "labels": st.lists(labels, max_size=2).map(tuple),
        "part": st.sampled_from((*(w[1:].upper() for w in WORDS), "p", "zz", "")),
        "test": st.just(lambda d, product: d.id % 2 == 0),
        "before": some.map(lambda d: d.id),
        "skip": st.integers(0, 10),
        "limit": st.integers(0, 20),
    }
    chosen = st.sets(st.sampled_from(sorted(fields)), max_size=4)
    return chosen.flatmap(
        lambda names: st.builds(Listing, **{name: fields[name] for name in sorted(names)})
    )


def compared(tx: Tx, inventory: Inventory, wanted: Listing) -> None:
    if wanted.among is not None:  # as they are by now
        now = (tx.get(Device, d.tenant, d.id) for d in wanted.among)
        wanted = dataclasses.replace(wanted, among=tuple(d for d in now if d is not None))
    found = device_lists.listed(tx, inventory.caller, wanted)
    got = found.total, [one.device.id for one in found.items]
    assert got == plainly(tx, inventory, wanted)


def test_a_list_is_what_going_through_all_devices_would_give(inventory: Inventory) -> None:
    tenant = inventory.caller.tenant.id
    devices = inventory.store.read_now(lambda tx: list(tx.scan(Device, tenant)))

    @examples(150)
    @given(wanted=listings(inventory, devices))
    def hold(wanted: Listing) -> None:
        inventory.store.read_now(lambda tx: compared(tx, inventory, wanted))

    hold()


def test_a_unit_lists_what_it_and_those_before_it_did(inventory: Inventory) -> None:
    tenant = inventory.caller.tenant.id
    devices = inventory.store.read_now(lambda tx: list(tx.scan(Device, tenant)))

    class Undone(Exception):
        """Nothing of the unit is kept."""

    @examples(50)
    @given(wanted=listings(inventory, devices), seed=st.integers(0, 99))
    def hold(wanted: Listing, seed: int) -> None:
        def work(tx: Tx) -> None:
            chance = random.Random(seed)
            change(tx, chance, inventory.products)
            for number in range(100, 105):
                some_device(tx, chance, inventory.products, number)
            compared(tx, inventory, wanted)
            raise Undone

        with pytest.raises(Undone):
            inventory.store.write_now(work)

    hold()


def test_devices_are_counted_by_state_as_they_are(inventory: Inventory) -> None:
    tenant = inventory.caller.tenant.id

    def look(tx: Tx) -> Iterator[tuple[dict[str, int], dict[str, int]]]:
        for of in (None, *(p.id for p in inventory.products)):
            plain = dict.fromkeys(ALL_STATES, 0)
            for one in tx.scan(Device, tenant, parent=of):
                plain[one.labels[STATE]] += 1
            yield device_lists.by_state(tx, inventory.caller, of), plain

    for counted, plain in inventory.store.read_now(lambda tx: list(look(tx))):
        assert counted == plain
        assert sum(plain.values()) > 3


def test_a_page_of_many_parents_is_in_order_and_they_are_counted_in_one_look(store: Any) -> None:
    def fill(tx: Tx) -> list[int]:
        products = [product(tx, f"p{n}") for n in range(100)]
        for n in range(1000):
            device(tx, products[n * 7 % 100], f"d{n}")
        return [p.id for p in products]

    ids = store.write_now(fill)
    strange = [0, -1, 5, ids[0], ids[0]]
    for parents in (ids[:3], ids[:63], ids[:65], ids[::-1], [], [5], [0], strange):

        def look(tx: Tx, parents: list[int] = parents) -> Any:
            tenant = 11
            of = set(parents)
            mine = [d.id for d in tx.scan(Device, tenant) if d.product in of]
            plain = {p: sum(d.product == p for d in tx.scan(Device, tenant)) for p in of}
            assert tx.counts(Device, tenant, parents) == plain
            assert [tx.count(Device, tenant, parent=p) for p in parents] == [
                plain[p] for p in parents
            ]
            assert tx.count(Device, tenant) == 1000
            assert [d.id for d in tx.scan(Device, tenant, parent=parents)] == mine
            page = tx.page(Device, tenant, parent=parents, skip=5, limit=7)
            assert [d.id for d in page] == mine[5:12]
            for parent in parents:
                found = tx.ids(Device, tenant, parent=parent, limit=4)
                assert found == [d.id for d in tx.page(Device, tenant, parent=parent, limit=4)]

        store.read_now(look)
        store.write_now(look)


def test_of_very_many_labels_one_list_is_made(store: Any) -> None:
    def fill(tx: Tx) -> None:
        of = product(tx, tags={"n": "3"})
        for n in range(200):
            device(tx, of, f"d{n}", tags={"n": str(n), "m": str(n)})

    store.write_now(fill)
    labels = [(name, str(n)) for n in range(0, 800, 2) for name in "nm"]

    def look(tx: Tx) -> tuple[list[str], int]:
        page, total = tx.labelled(Device, 11, labels, skip=1, limit=2)
        return [d.key for d in page], total

    assert store.read_now(look) == (["d196", "d194"], 100)
    assert store.write_now(look) == (["d196", "d194"], 100)


def test_labels_of_a_product_are_not_those_of_a_device(store: Any) -> None:
    def fill(tx: Tx) -> None:
        of = product(tx, "Lamp", tags={"site": "1"})
        device(tx, of, "lamp", name="lamp", tags={"site": "1"})
        device(tx, of, "lamp 2", tags={"site": "2"})

    store.write_now(fill)

    def look(tx: Tx) -> list[int]:
        kinds: tuple[Any, ...] = (Product, Device)
        labels = (("site", "1"), ("site", None), (NAME, "Lamp"), (NAME, "lamp"), (KEY, "lamp"))
        found = [tx.labelled(kind, 11, [label])[1] for label in labels for kind in kinds]
        return found + [tx.called(kind, 11, "LAMP")[1] for kind in kinds]

    assert store.read_now(look) == [1, 1, 1, 2, 1, 0, 0, 1, 0, 1, 1, 2]


def test_deep_pages_of_devices_are_what_counting_would_find(store: Any) -> None:
    """Over more than one of the blocks that are counted."""
    gateway = 77

    def fill(tx: Tx) -> tuple[list[int], list[Device]]:
        products = [product(tx, f"p{n}") for n in range(3)]
        made = []
        for n in range(18_000):
            made.append(
                device(tx, products[n % 3], f"d{n}", gateway=gateway if n % 2 else None,
                       connection="online" if n % 5 else "offline")
            )  # fmt: skip
        for one in made[3_000:9_000:2]:
            tx.drop(one)
        gone = {one.id for one in made[3_000:9_000:2]}
        return [p.id for p in products], [one for one in made[::-1] if one.id not in gone]

    products, left = store.write_now(fill)
    on = states("online")
    for labels, has in (
        ([(BEHIND, str(gateway))], lambda d: d.gateway is not None),
        ([(STATE, state) for state in on], lambda d: d.connection == "online"),
        ([(in_product(p), state) for p in products[:2] for state in on],
         lambda d: d.connection == "online" and d.product in products[:2]),
    ):  # fmt: skip
        mine = [d.id for d in left if has(d)]
        for skip in (0, 4_000, 8_193, len(mine) - 2, len(mine)):
            page, total = store.read_now(
                lambda tx, k=labels, s=skip: tx.labelled(Device, 11, k, skip=s, limit=3)
            )
            assert ([d.id for d in page], total) == (mine[skip : skip + 3], len(mine))
    of_two = [d.id for d in left if d.product in products[1:]]
    for skip in (0, 600, 8_200, len(of_two) - 1):
        page = store.read_now(
            lambda tx, s=skip: tx.page(Device, 11, parent=products[1:], skip=s, limit=3)
        )
        assert [d.id for d in page] == of_two[skip : skip + 3]
