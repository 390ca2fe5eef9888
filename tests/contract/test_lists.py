"""Lists that an index answers read no document but those of the products or devices that they show."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw
import pytest

from entrepot import main as root
from entrepot.core.accounts import tenancy
from entrepot.core.caller import Caller
from entrepot.core.ports import Tx
from entrepot.core.products import registry
from entrepot.core.things.claim import Claim
from entrepot.core.things.device import Device
from entrepot.core.things.product import Draft, Product, Profile
from entrepot.dialect.client import Credentials
from entrepot.vendors.huawei.roma.handles import client_id
from tests.contract.adapters import ADAPTERS
from tests.contract.goods import device, product, space
from tests.contract.world import World

BYSTANDERS, WANTED = 40, 3
SEARCH = {"action": "search"}


@dataclass(frozen=True)
class Catalog:
    """A tenant's products, of which only some can be read."""

    world: World
    credentials: Credentials
    wanted: list[Product]


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    data = tmp_path_factory.mktemp("lists")
    world = World(data)
    credentials = world.tenant()
    name = credentials["name"]

    def make(tx: Tx) -> tuple[list[Product], list[Product]]:
        tenant = tenancy.tenant_named(tx, name)
        user = tenancy.user_named(tx, tenant, name)
        vault = world.installation.vault
        caller = Caller(tenant, user, "roma", "fill", "test", root.now_ms(), vault)
        others = [registry.create(tx, caller, draft(n, "other")) for n in range(BYSTANDERS)]
        return others, [registry.create(tx, caller, draft(n, "Wanted")) for n in range(WANTED)]

    others, wanted = world.installation.store.write_now(make)
    spoil(data, others)
    yield Catalog(world, credentials, wanted)
    world.close()


def draft(number: int, word: str) -> Draft:
    maker, model = f"{word} maker", f"model {number}"
    return Draft(
        profile=Profile(
            name=f"{word} {number}" if word == "other" else "Wanted",
            kind="gateway" if word == "Wanted" else "device",
            manufacturer_id=maker,
            model_number=model,
            model_key="Planet" if word == "Wanted" else "Moon",
            tags={"site": word, word: str(number)},
        ),
        claims=(Claim("roma.model", f"{maker}\n{model}"),),
    )


def spoil(data: Path, things: list[Any]) -> None:
    connection = apsw.Connection(str(data / root.STORE))
    for thing in things:
        kind = type(thing).__name__.lower()
        connection.execute(f"UPDATE {kind} SET document = x'00' WHERE id = ?", (thing.id,))
    connection.close()


def tag(*pair: str) -> dict[str, str]:
    return dict(zip(("ProductTag.1.TagKey", "ProductTag.1.TagValue"), pair, strict=False))


@pytest.mark.parametrize(
    ("dialect", "operation", "given", "body", "shown"),
    [
        ("aliyun", "QueryProductList", {"CurrentPage": 1, "PageSize": 3}, None, 3),
        ("aliyun", "ListProductByTags", tag("site", "Wanted"), None, 3),
        ("aliyun", "ListProductByTags", tag("Wanted"), None, 3),
        ("iotda", "ListProducts", {"limit": 3}, None, 3),
        ("iotda", "ListProducts", {"product_name": "Wanted", "limit": 2}, None, 2),
        ("roma", "ListProducts", {"limit": 3}, None, 3),
        ("roma", "ListProducts", {"name": "Wanted"}, None, 3),
        ("roma", "ListProducts", {"name": "Wanted", "product_type": 0}, None, 0),
        ("roma", "ListProducts", {"product_type": 1, "limit": 1, "offset": 1}, None, 1),
        ("roma", "ListProducts", {"manufacturer_id": "Wanted maker", "model": "model 1"}, None, 1),
        ("enos", "SearchProduct", SEARCH, {"pagination": {"pageNo": 1, "pageSize": 3}}, 3),
        ("enos", "SearchProduct", SEARCH, {"expression": "productName like 'want'"}, 3),
        ("enos", "SearchProduct", SEARCH, {"expression": "productName.default like 'want'"}, 3),
        ("enos", "SearchProduct", SEARCH, {"expression": "modelId = 'Planet'"}, 3),
        ("enos", "SearchProduct", SEARCH, {"expression": "productTags.site = 'Wanted'"}, 3),
        ("enos", "SearchProduct", SEARCH, {"expression": "exists(productTags.Wanted)"}, 3),
        ("enos", "SearchProduct", SEARCH,
         {"expression": "modelId in ('Planet', 'None') and not exists(productTags.x)"}, 3),
        ("enos", "SearchProduct", SEARCH,
         {"expression": "productName like 'want' and not productTags.Wanted = '2'"}, 2),
    ],
)  # fmt: skip
def test_a_list_by_an_index_does_not_read_what_it_does_not_show(
    catalog: Catalog, dialect: str, operation: str, given: dict[str, Any], body: Any, shown: int
) -> None:
    adapter = next(a for a in ADAPTERS if a.dialect == dialect)
    request = adapter.request(adapter.operation(operation), given, body, catalog.credentials)
    answer = catalog.world.ask(request)
    assert not adapter.refused(answer), answer.body
    handles = [adapter.value.handle(catalog.world.installation.vault, p) for p in catalog.wanted]
    assert sum(handle.encode() in answer.body for handle in handles) == shown


def test_gateways_are_counted_without_reading_them(catalog: Catalog) -> None:
    adapter = next(a for a in ADAPTERS if a.dialect == "roma")
    request = adapter.request(adapter.operation("CountDevices"), {}, None, catalog.credentials)
    answer = catalog.world.ask(request)
    assert b'"gateway_products_numbers":3' in answer.body.replace(b" ", b"")
    assert b'"normal_products_numbers":40' in answer.body.replace(b" ", b"")


def test_a_list_that_no_index_answers_reads_everything(catalog: Catalog) -> None:
    """Or else the tests above would prove nothing."""
    adapter = next(a for a in ADAPTERS if a.dialect == "roma")
    operation = adapter.operation("ListProducts")
    request = adapter.request(operation, {"device_type": "Sensor"}, None, catalog.credentials)
    assert adapter.refused(catalog.world.ask(request))


@dataclass(frozen=True)
class Inventory:
    """A tenant's devices, of which only some can be read."""

    world: World
    credentials: Credentials
    wanted: list[Device]
    gateway: Device


@pytest.fixture(scope="module")
def inventory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inventory]:
    """Those that cannot be read are newer and older than those that are wanted, and of the same product too."""
    data = tmp_path_factory.mktemp("device-lists")
    world = World(data)
    credentials = world.tenant()

    def make(tx: Tx) -> tuple[list[Device], list[Device], Device]:
        tenant = tenancy.tenant_named(tx, credentials["name"])
        apart = space(tx, tenant=tenant.id)
        own = product(tx, "Wanted", tenant=tenant.id, space=apart.id, model_key="Planet")
        other = product(tx, "other", tenant=tenant.id, space=tenant.default_space, kind="gateway")

        def others(n: int) -> list[Device]:
            made = [device(tx, p, f"other-{n}-{p.id}", tags={"site": "x"}) for p in (own, other)]
            return [*made, device(tx, other, f"other-{n}", connection="online", disabled_at=1)]

        unread = [d for n in range(10) for d in others(n)]
        gateway = device(tx, other, "gateway", children=3, connection="offline")
        made = [
            device(tx, own, f"key-{n}", name="Wanted", tags={"site": "w"}, connection="online",
                   gateway=gateway.id) for n in range(3)
        ]  # fmt: skip
        return unread + [d for n in range(10, 20) for d in others(n)], made, gateway

    unread, wanted, gateway = world.installation.store.write_now(make)
    spoil(data, unread)
    yield Inventory(world, credentials, wanted, gateway)
    world.close()


SUB = {"action": "searchSubDevice"}


@pytest.mark.parametrize(
    ("dialect", "operation", "given", "body", "shown"),
    [
        ("aliyun", "QueryDeviceByStatus", {"Status": 1, "PageSize": 3}, None, 3),
        ("aliyun", "QueryDeviceByStatus", {"Status": 1, "ProductKey": "own"}, None, 3),
        ("aliyun", "QueryDeviceStatistics", {"ProductKey": "own"}, None, 0),
        ("aliyun", "QueryProductList", {"CurrentPage": 1, "PageSize": 3}, None, 0),
        ("iotda", "ListDevices", {"device_name": "Wanted"}, None, 3),
        ("iotda", "ListDevices", {"node_id": "key-1"}, None, 1),
        ("iotda", "ListDevices", {"gateway_id": "gateway"}, None, 3),
        ("iotda", "ListDevices", {"gateway_id": "gateway", "is_cascade_query": "true"}, None, 3),
        ("iotda", "ListResourcesByTags", {},
         {"resource_type": "device", "tags": [{"tag_key": "site", "tag_value": "w"}]}, 3),
        ("roma", "ListDevices", {"device_name": "Wanted", "limit": 2, "offset": 1}, None, 2),
        ("roma", "ListDevices", {"node_id": "key-1"}, None, 1),
        ("roma", "ListDevices", {"tag": "site=w"}, None, 3),
        ("roma", "ListDevices", {"node_type": 2}, None, 3),
        ("roma", "ListDevices", {"online_status": "2"}, None, 0),
        ("roma", "ListDevices", {"client_id": "own"}, None, 1),
        ("roma", "ListDevices", {"product_name": "Wanted", "device_name": "Wanted"}, None, 3),
        ("roma", "ListSubsets", {"device_id": "gateway"}, None, 3),
        ("roma", "ListSubsets", {"device_id": "gateway", "online_status": 1}, None, 3),
        ("roma", "CountDevices", {}, None, 0),
        ("enos", "SearchDevice", SEARCH, {"expression": "status = 'online'"}, 3),
        ("enos", "SearchDevice", SEARCH, {"expression": "status in ('online', 'offline')"}, 3),
        ("enos", "SearchDevice", SEARCH,
         {"expression": "productKey = 'own' and status = 'online'"}, 3),
        ("enos", "SearchDevice", SEARCH,
         {"expression": "modelId = 'Planet' and deviceTags.site = 'w'"}, 3),
        ("enos", "SearchDevice", SEARCH, {"expression": "deviceTags.site = 'w'"}, 3),
        ("enos", "SearchDevice", SEARCH, {"expression": "deviceKey in ('key-1', 'key-2')"}, 2),
        ("enos", "SearchDevice", SEARCH, {"expression": "deviceName like 'want'"}, 3),
        ("enos", "SearchSubDevice", SUB, {"gateway": {"assetId": "gateway"}}, 3),
        ("enos", "GetDeviceStats", {"action": "stats"}, None, 0),
    ],
)  # fmt: skip
def test_a_list_of_devices_by_an_index_does_not_read_what_it_does_not_show(
    inventory: Inventory, dialect: str, operation: str, given: dict[str, Any], body: Any, shown: int
) -> None:
    adapter = next(a for a in ADAPTERS if a.dialect == dialect)
    vault, tx = inventory.world.installation.vault, inventory.world.installation.store
    of = {
        d.id: tx.read_now(lambda tx, d=d: tx.get(Product, d.tenant, d.product))
        for d in (*inventory.wanted, inventory.gateway)
    }

    def handle(one: Device) -> str:
        return adapter.value.device_handle(vault, one, of[one.id])

    meant = {
        "gateway": handle(inventory.gateway),
        "own": adapter.value.handle(vault, of[inventory.wanted[0].id]),
    }
    if "client_id" in given:
        meant["own"] = client_id(vault, inventory.wanted[1].product, inventory.wanted[1].id)
    given = {k: meant.get(v, v) if isinstance(v, str) else v for k, v in given.items()}
    text = json.dumps(body).replace("'own'", f"'{meant['own']}'")
    body = json.loads(text.replace('"gateway"}', f'"{meant["gateway"]}"}}'))
    request = adapter.request(adapter.operation(operation), given, body, inventory.credentials)
    answer = inventory.world.ask(request)
    assert not adapter.refused(answer), answer.body
    assert sum(handle(one).encode() in answer.body for one in inventory.wanted) == shown
