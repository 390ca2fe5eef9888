"""Lists that an index answers read no document but those of the products that they show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw
import pytest

from entrepot import main as root
from entrepot.core import registry, tenancy
from entrepot.core.identity import Caller
from entrepot.core.ports import Tx
from entrepot.core.product import Claim, Draft, Product, Profile
from tests.contract.adapters import ADAPTERS, Credentials
from tests.contract.world import World

BYSTANDERS, WANTED = 40, 3
SEARCH = {"action": "search"}


@dataclass(frozen=True)
class Shelf:
    """A tenant's products, of which only some can be read."""

    world: World
    credentials: Credentials
    wanted: list[Product]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
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
    yield Shelf(world, credentials, wanted)
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


def spoil(data: Path, products: list[Product]) -> None:
    connection = apsw.Connection(str(data / root.STORE))
    for product in products:
        connection.execute("UPDATE product SET document = x'00' WHERE id = ?", (product.id,))
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
    shelf: Shelf, dialect: str, operation: str, given: dict[str, Any], body: Any, shown: int
) -> None:
    adapter = next(a for a in ADAPTERS if a.dialect == dialect)
    request = adapter.request(adapter.operation(operation), given, body, shelf.credentials)
    answer = shelf.world.ask(request)
    assert not adapter.refused(answer), answer.body
    handles = [adapter.value.handle(shelf.world.installation.vault, p) for p in shelf.wanted]
    assert sum(handle.encode() in answer.body for handle in handles) == shown


def test_gateways_are_counted_without_reading_them(shelf: Shelf) -> None:
    adapter = next(a for a in ADAPTERS if a.dialect == "roma")
    request = adapter.request(adapter.operation("CountDevices"), {}, None, shelf.credentials)
    answer = shelf.world.ask(request)
    assert b'"gateway_products_numbers":3' in answer.body.replace(b" ", b"")
    assert b'"normal_products_numbers":40' in answer.body.replace(b" ", b"")


def test_a_list_that_no_index_answers_reads_everything(shelf: Shelf) -> None:
    """Or else the tests above would prove nothing."""
    adapter = next(a for a in ADAPTERS if a.dialect == "roma")
    operation = adapter.operation("ListProducts")
    request = adapter.request(operation, {"device_type": "Sensor"}, None, shelf.credentials)
    assert adapter.refused(shelf.world.ask(request))
