"""The laws of translation, for every dialect and every ordered pair of dialects.

What a dialect was told it says again, word for word. What one dialect made, every other shows: in
its own shape, and different in nothing but what it declares as a loss.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count, permutations
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from entrepot.core.faults import Invalid, Malformed
from entrepot.core.things.product import Product, Profile
from entrepot.dialect.check import FROM_TEXT, read_json, read_plain
from entrepot.dialect.client import Credentials
from tests.contract.adapters import WITH_PRODUCTS, Adapter
from tests.contract.declared import values
from tests.contract.world import World
from tests.examples import examples

PAIRS = list(permutations(WITH_PRODUCTS, 2))
_numbers = count(1)

lawful = settings(
    examples(25),
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
        HealthCheck.data_too_large,
    ],
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("laws"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def caller(world: World) -> Credentials:
    return world.tenant()


def bodies(adapter: Adapter) -> st.SearchStrategy[dict[str, Any]]:
    """What the dialect's create may be sent, by its own declaration."""
    assert adapter.products is not None
    operation = adapter.operation(adapter.products.create)
    declared: Any = operation.params if adapter.products.in_query else operation.body
    assert declared is not None
    return values(declared)


def takes(adapter: Adapter, body: dict[str, Any]) -> bool:
    """Whether the body keeps the rules that a declaration of types cannot state."""
    assert adapter.products is not None
    operation = adapter.operation(adapter.products.create)
    try:
        if adapter.products.in_query:
            assert operation.params is not None
            read_plain(body, operation.params, FROM_TEXT)
        else:
            assert operation.body is not None
            read_json(json.dumps(body).encode(), operation.body)
    except (Invalid, Malformed):
        return False
    return True


def make(world: World, adapter: Adapter, body: dict[str, Any], caller: Credentials) -> str:
    """The handle of the product that was made."""
    assert adapter.products is not None
    answer = world.ask(adapter.create(body, caller))
    assert not adapter.refused(answer), answer.body.decode()
    return adapter.products.handle(json.loads(answer.body))


def look(world: World, adapter: Adapter, handle: str, caller: Credentials) -> dict[str, Any]:
    """The product as show says it, after its answer was found to be of the declared shape."""
    assert adapter.products is not None
    answer = world.ask(adapter.show(handle, caller))
    assert not adapter.refused(answer), answer.body.decode()
    reply = adapter.operation(adapter.products.show).reply
    msgspec.json.decode(answer.body, type=reply)
    return adapter.products.shown(json.loads(answer.body))


def kept(world: World, adapter: Adapter, handle: str) -> Product:
    """The product in the store."""
    vault, store = world.installation.vault, world.installation.store
    id = adapter.value.product_of(vault, handle)
    assert id is not None
    tenants = store.read_now(lambda tx: [p for p in _everywhere(tx, id) if p is not None])
    return tenants[0]


def _everywhere(tx: Any, id: int) -> list[Product | None]:
    from entrepot.core.kinds import INSTALLATION
    from entrepot.core.things.account import Tenant

    return [tx.get(Product, t.id, id) for t in tx.scan(Tenant, INSTALLATION)]


def holds(said: Any, shown: Any) -> bool:
    """Whether everything that was said is shown; where null was said, nothing may be."""
    if isinstance(said, dict):
        return isinstance(shown, dict) and all(holds(v, shown.get(k)) for k, v in said.items())
    if isinstance(said, list):
        return isinstance(shown, list) and len(said) == len(shown) and all(map(holds, said, shown))
    return type(said) is type(shown) and bool(said == shown)


@pytest.mark.parametrize("adapter", WITH_PRODUCTS, ids=lambda a: a.dialect)
@lawful
@given(data=st.data())
def test_a_dialect_says_again_what_it_was_told(
    adapter: Adapter, data: st.DataObject, world: World, caller: Credentials
) -> None:
    assert adapter.products is not None
    body = adapter.products.unique(data.draw(bodies(adapter)), next(_numbers), caller)
    assume(takes(adapter, body))
    handle = make(world, adapter, body, caller)
    shown = look(world, adapter, handle, caller)
    for name, value in adapter.products.echoed(body).items():
        assert holds(value, shown.get(name)), (name, value, shown.get(name))
    assert look(world, adapter, handle, caller) == shown


@pytest.mark.parametrize(
    ("maker", "reader"), PAIRS, ids=[f"{a.dialect}-{b.dialect}" for a, b in PAIRS]
)
@lawful
@given(data=st.data())
def test_what_one_dialect_made_another_shows_but_for_declared_losses(
    maker: Adapter, reader: Adapter, data: st.DataObject, world: World, caller: Credentials
) -> None:
    assert maker.products is not None
    assert reader.products is not None
    body = maker.products.unique(data.draw(bodies(maker)), next(_numbers), caller)
    assume(takes(maker, body))
    product = kept(world, maker, make(world, maker, body, caller))
    handle = reader.value.handle(world.installation.vault, product)
    shown = look(world, reader, handle, caller)
    operation = reader.operation(reader.products.create)
    struct = operation.params if reader.products.in_query else operation.body
    assert struct is not None
    names = set(struct.__struct_fields__)
    again = {k: v for k, v in reader.products.again(shown).items() if k in names}
    call = reader.products.call(struct(**again))
    _, exchange = world.exchange(reader.show(handle, caller))
    assert exchange.caller is not None
    taken = operation.take(call, exchange.caller)
    profile: Profile = getattr(taken, "draft", taken).profile  # a draft, or what holds one
    for field in Profile.__struct_fields__:
        if field not in reader.value.topics().losses:
            assert getattr(profile, field) == getattr(product.profile, field), field


@pytest.mark.parametrize("adapter", WITH_PRODUCTS, ids=lambda a: a.dialect)
def test_a_setting_keeps_a_dialect_to_what_it_made(adapter: Adapter, world: World) -> None:
    caller = world.tenant(own_products_only=(adapter.dialect,))
    other = next(a for a in WITH_PRODUCTS if a is not adapter)
    assert adapter.products is not None
    assert other.products is not None
    for maker, visible in ((adapter, True), (other, False)):
        assert maker.products is not None
        operation = maker.operation(maker.products.create)
        body = maker.products.unique(dict(operation.example), next(_numbers), caller)
        product = kept(world, maker, make(world, maker, body, caller))
        handle = adapter.value.handle(world.installation.vault, product)
        answer = world.ask(adapter.show(handle, caller))
        assert adapter.refused(answer) is not visible, answer.body.decode()
