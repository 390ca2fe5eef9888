"""Devices among dialects: what one makes, every other shows and may delete; none loses a product under them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count

import pytest

from entrepot.core.accounts.tenancy import tenant_named
from entrepot.core.devices.registry import SAID
from entrepot.core.ports import Tx
from entrepot.core.things.device import Device
from entrepot.core.things.product import Product
from entrepot.dialect.client import Credentials
from tests.contract.adapters import WITH_DEVICES, WITH_PRODUCTS, Adapter
from tests.contract.goods import device
from tests.contract.test_laws import kept, make
from tests.contract.world import World

PAIRS = [(a, b) for a in WITH_DEVICES for b in WITH_DEVICES]
_numbers = count(1)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("devices"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def caller(world: World) -> Credentials:
    return world.tenant()


def make_product(world: World, adapter: Adapter, caller: Credentials) -> Product:
    assert adapter.products is not None
    example = dict(adapter.operation(adapter.products.create).example)
    body = adapter.products.unique(example, next(_numbers), caller)
    return kept(world, adapter, make(world, adapter, body, caller))


def make_device(
    world: World, adapter: Adapter, product: Product, key: str, caller: Credentials
) -> tuple[str, Device]:
    """What the dialect calls the new device, and the device in the store."""
    assert adapter.devices is not None
    of = adapter.value.handle(world.installation.vault, product)
    answer = world.ask(adapter.create_device(of, key, f"name-{key}", caller))
    assert not adapter.refused(answer), answer.body.decode()

    def newest(tx: Tx) -> Device:
        tenant = tenant_named(tx, caller["name"])
        return tx.page(Device, tenant.id, parent=product.id, limit=1)[0]

    made = world.installation.store.read_now(newest)
    assert made.key == key
    return adapter.devices.handle(json.loads(answer.body)), made


@pytest.mark.parametrize(
    ("maker", "reader"), PAIRS, ids=[f"{a.dialect}-{b.dialect}" for a, b in PAIRS]
)
def test_what_one_dialect_made_another_shows_and_deletes(
    maker: Adapter, reader: Adapter, world: World, caller: Credentials
) -> None:
    assert reader.devices is not None
    product = make_product(world, maker, caller)
    answered, made = make_device(world, maker, product, f"key-{next(_numbers)}", caller)
    vault = world.installation.vault
    assert maker.value.device_handle(vault, made, product) == answered
    handle = reader.value.device_handle(vault, made, product)
    answer = world.ask(reader.show_device(handle, caller))
    assert not reader.refused(answer), answer.body.decode()
    shown = reader.devices.shown(json.loads(answer.body))
    assert shown == (reader.value.handle(vault, product), made.key, made.name)
    answer = world.ask(reader.delete_device(handle, caller))
    assert not reader.refused(answer), answer.body.decode()
    for adapter, name in ((reader, handle), (maker, answered)):
        answer = world.ask(adapter.show_device(name, caller))
        assert adapter.refused(answer), answer.body.decode()


@pytest.mark.parametrize("reader", WITH_DEVICES, ids=lambda a: a.dialect)
def test_what_is_no_declared_loss_is_shown(
    reader: Adapter, world: World, caller: Credentials
) -> None:
    """What a maker may say of a device, each told by a word of its own, stands in what is shown."""
    words = {
        "name": "w-name", "names": {"zh_CN": "w-names"}, "description": "w-description",
        "tags": {"w-tags": "1"}, "extras": {"test": {"word": "w-extras"}},
    }  # fmt: skip
    product = make_product(world, reader, caller)

    def work(tx: Tx) -> Device:
        above = device(tx, product, "w-gateway", children=1)
        return device(tx, product, "told", gateway=above.id, **words)

    made = world.installation.store.write_now(work)
    handle = reader.value.device_handle(world.installation.vault, made, product)
    shown = world.ask(reader.show_device(handle, caller)).body.decode()
    for said in SAID:
        assert f"w-{said}" in shown or said in reader.value.topics().device_losses, said


@pytest.mark.parametrize("adapter", WITH_PRODUCTS, ids=lambda a: a.dialect)
def test_a_product_stays_while_it_has_devices(
    adapter: Adapter, world: World, caller: Credentials
) -> None:
    assert adapter.products is not None
    product = make_product(world, adapter, caller)
    store = world.installation.store
    made = store.write_now(lambda tx: device(tx, product))
    handle = adapter.value.handle(world.installation.vault, product)
    delete = adapter.operation("DeleteProduct")
    given = {adapter.products.named: handle}
    answer = world.ask(adapter.request(delete, given, None, caller))
    assert adapter.refused(answer), answer.body.decode()
    assert not adapter.refused(world.ask(adapter.show(handle, caller)))
    store.write_now(lambda tx: tx.drop(made))
    answer = world.ask(adapter.request(delete, given, None, caller))
    assert not adapter.refused(answer), answer.body.decode()


@pytest.mark.parametrize("adapter", WITH_DEVICES, ids=lambda a: a.dialect)
def test_a_key_is_taken_whoever_took_it(
    adapter: Adapter, world: World, caller: Credentials
) -> None:
    product = make_product(world, adapter, caller)
    world.installation.store.write_now(lambda tx: device(tx, product, "taken-1"))
    of = adapter.value.handle(world.installation.vault, product)
    answer = world.ask(adapter.create_device(of, "taken-1", "name-1", caller))
    assert adapter.refused(answer), answer.body.decode()


@pytest.mark.parametrize("adapter", WITH_DEVICES, ids=lambda a: a.dialect)
def test_a_setting_hides_devices_with_their_product(adapter: Adapter, world: World) -> None:
    caller = world.tenant(own_products_only=(adapter.dialect,))
    other = next(a for a in WITH_PRODUCTS if a is not adapter)
    vault = world.installation.vault
    for maker, visible in ((adapter, True), (other, False)):
        product = make_product(world, maker, caller)
        made = world.installation.store.write_now(lambda tx, p=product: device(tx, p, "hidden-1"))
        handle = adapter.value.device_handle(vault, made, product)
        answer = world.ask(adapter.show_device(handle, caller))
        assert adapter.refused(answer) is not visible, answer.body.decode()
