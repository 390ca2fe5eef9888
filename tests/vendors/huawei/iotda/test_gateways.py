"""Which devices may have sub-devices, by what the maker of their product said; across dialects."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest
from msgspec.structs import replace

from entrepot.core.ports import Tx
from entrepot.core.things.device import Device
from entrepot.core.things.product import Product
from entrepot.dialect.client import Credentials
from entrepot.dialect.request import Answer
from tests.contract.adapters import WITH_DEVICES, WITH_PRODUCTS, Adapter
from tests.contract.test_devices import make_device, make_product
from tests.contract.test_laws import kept, look
from tests.contract.world import World

IOTDA = next(a for a in WITH_DEVICES if a.dialect == "iotda")
OTHERS = [a for a in WITH_DEVICES if a is not IOTDA]
# How a product of gateways is shown.
WORDS = {
    "aliyun": ("NodeType", 1),
    "roma": ("product_type", 1),
    "enos": ("productType", "Gateway"),
}
_numbers = count(1)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("gateways"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def caller(world: World) -> Credentials:
    return world.tenant()


def connect(world: World, gateway: Device, product: Product, caller: Credentials) -> Answer:
    """What IoTDA answers to a new device of its own, behind the gateway."""
    vault = world.installation.vault
    child = make_product(world, IOTDA, caller)
    body = {
        "node_id": f"child-{next(_numbers)}",
        "product_id": IOTDA.value.handle(vault, child),
        "gateway_id": IOTDA.value.device_handle(vault, gateway, product),
    }
    return world.ask(IOTDA.request(IOTDA.operation("AddDevice"), {}, body, caller))


def test_every_dialect_with_products_says_here_how_it_shows_gateways() -> None:
    assert set(WORDS) == {a.dialect for a in WITH_PRODUCTS if a is not IOTDA}


@pytest.mark.parametrize("maker", OTHERS, ids=[a.dialect for a in OTHERS])
def test_a_device_has_no_sub_devices_where_its_maker_said_so(
    maker: Adapter, world: World, caller: Credentials
) -> None:
    product = make_product(world, maker, caller)
    assert product.profile.kind == "device"
    _, device = make_device(world, maker, product, f"key-{next(_numbers)}", caller)
    answer = connect(world, device, product, caller)
    assert answer.status == 400
    assert b"IOTDA.014025" in answer.body


def test_where_nobody_said_so_the_first_sub_device_tells(world: World, caller: Credentials) -> None:
    product = make_product(world, IOTDA, caller)
    assert product.profile.kind is None
    _, device = make_device(world, IOTDA, product, f"key-{next(_numbers)}", caller)
    vault = world.installation.vault
    readers = [a for a in WITH_PRODUCTS if a is not IOTDA]
    for gateways in (False, True):
        for reader in readers:
            member, word = WORDS[reader.dialect]
            shown = look(world, reader, reader.value.handle(vault, product), caller)
            assert (shown[member] == word) is gateways, (reader.dialect, shown)
        answer = connect(world, device, product, caller)
        assert answer.status == 201, answer.body
    after = kept(world, IOTDA, IOTDA.value.handle(vault, product))
    assert after.profile.kind == "gateway"
    assert after.revision == product.revision + 1  # the second sub-device changed nothing


def test_a_product_of_an_earlier_release_may_go_on(world: World, caller: Credentials) -> None:
    """IoTDA's products were kept as those of devices, though nobody had said so."""
    product = make_product(world, IOTDA, caller)
    _, device = make_device(world, IOTDA, product, f"key-{next(_numbers)}", caller)

    def as_before(tx: Tx) -> None:
        tx.put(product, replace(product, profile=replace(product.profile, kind="device")))

    world.installation.store.write_now(as_before)
    assert connect(world, device, product, caller).status == 201
