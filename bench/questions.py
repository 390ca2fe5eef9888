"""What `growth` asks of a store through each dialect; knows no store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bench.many_tenants import ManyTenants
from entrepot.dialect.request import Request
from tests.contract.adapters import ADAPTERS, WITH_PRODUCTS, Adapter

PAGE = 20
BY = {a.dialect: a for a in ADAPTERS}


@dataclass(frozen=True, slots=True)
class Question:
    """A request that can be made again and again; `linear`: what it costs grows with the tenant."""

    name: str
    adapter: Adapter
    request: Callable[[], Request]
    linear: bool = False


def questions(tenants: ManyTenants) -> Iterator[Question]:
    """All of them, the handles and places as they are in this town."""
    yield from _handles(tenants)
    yield from _lists(tenants)
    yield from _labels(tenants)
    yield from _linear(tenants)


def _asked(
    tenants: ManyTenants,
    name: str,
    dialect: str,
    operation: str,
    given: Mapping[str, Any],
    body: Any = None,
) -> Question:
    adapter = BY[dialect]
    found = adapter.operation(operation)
    return Question(
        f"{name}: {dialect}", adapter, lambda: adapter.request(found, given, body, tenants.big)
    )


def _searched(tenants: ManyTenants, name: str, expression: str | None, skip: int = 0) -> Question:
    page = {"pageNo": skip // PAGE + 1, "pageSize": PAGE}
    body = {"expression": expression, "pagination": page}
    return _asked(tenants, name, "enos", "SearchProduct", {"action": "search"}, body)


def _last(total: int) -> int:
    """How many are before the last page."""
    return max(total - 1, 0) // PAGE * PAGE


def _handles(tenants: ManyTenants) -> Iterator[Question]:
    vault = tenants.world.installation.vault
    for adapter in WITH_PRODUCTS:
        handles = [adapter.value.handle(vault, product) for product in tenants.some(50)]

        def request(adapter: Adapter = adapter, handles: list[str] = handles) -> Request:
            handles.append(handles.pop(0))
            return adapter.show(handles[0], tenants.big)

        yield Question(f"by handle: {adapter.dialect}", adapter, request)


def _lists(tenants: ManyTenants) -> Iterator[Question]:
    total = tenants.count()
    for where, skip in (("first", 0), ("deepest", _last(total))):
        given: dict[str, Any] = {"CurrentPage": skip // PAGE + 1, "PageSize": PAGE}
        yield _asked(tenants, f"{where} page", "aliyun", "QueryProductList", given)
        given = {"limit": PAGE, "offset": skip}
        yield _asked(tenants, f"{where} page", "roma", "ListProducts", given)
        yield _searched(tenants, f"{where} page", None, skip)
    oldest = tenants.oldest(PAGE + 1)
    marker = BY["iotda"].value.handle(tenants.world.installation.vault, oldest[0])
    yield _asked(tenants, "first page", "iotda", "ListProducts", {"limit": PAGE})
    given = {"limit": PAGE, "marker": marker}
    yield _asked(tenants, "deepest page", "iotda", "ListProducts", given)


def _labels(tenants: ManyTenants) -> Iterator[Question]:
    """By what an index and its totals answer."""
    tags: dict[str, Any] = {
        "ProductTag.1.TagKey": "key1",
        "ProductTag.1.TagValue": "v1",
        "PageSize": PAGE,
    }
    popular = tenants.state.by_dialect.get("enos", 0)
    named = {p.origin: p.profile.name for p in tenants.some(100)}
    for where, skip in (("first", 0), ("deepest", _last(popular))):
        given = {**tags, "CurrentPage": skip // PAGE + 1}
        yield _asked(tenants, f"tag of many, {where} page", "aliyun", "ListProductByTags", given)
        yield _searched(tenants, f"tag of many, {where} page", "productTags.key1 = 'v1'", skip)
        yield _searched(tenants, f"key of a tag, {where} page", "exists(productTags.key1)", skip)
        yield _searched(tenants, f"model of many, {where} page", "modelId = 'AlterTest0615'", skip)
    yield _searched(tenants, "tag of few", "productTags.site = 's0'")
    given = {"product_name": named["iotda"]}
    yield _asked(tenants, "name", "iotda", "ListProducts", given)
    yield _asked(tenants, "name", "roma", "ListProducts", {"name": named["roma"]})
    yield _asked(tenants, "gateways", "roma", "ListProducts", {"product_type": 1})
    yield _asked(tenants, "counts", "roma", "CountDevices", {})


def _linear(tenants: ManyTenants) -> Iterator[Question]:
    """By what reads all names, or all documents."""
    name = tenants.some(1)[0].profile.name
    for found in (
        _searched(tenants, "part of a name, of one", f"productName like '{name}'"),
        _searched(tenants, "part of a name, of many", "productName like 'PRODUCT'"),
        _asked(tenants, "device type", "roma", "ListProducts", {"device_type": "Default"}),
    ):
        yield Question(found.name, found.adapter, found.request, linear=True)
