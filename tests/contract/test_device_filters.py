"""What each dialect's filters of devices find is what its own unfiltered list, filtered word by word, would be."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.core.accounts import tenancy
from entrepot.core.ports import Tx
from entrepot.core.things.product import Product
from entrepot.dialect.client import Credentials
from tests.contract.adapters import ADAPTERS
from tests.contract.goods import product, space
from tests.contract.test_device_lists import WORDS, change, some_device
from tests.contract.world import World
from tests.examples import examples

BY = {a.dialect: a for a in ADAPTERS}
PAGE = 7
Plain = dict[str, Any]
Asked = tuple[
    Any, Callable[[Plain], bool]
]  # a filter as it is sent, and what it means of what is shown
some = examples(120)


@dataclass(frozen=True)
class Inventory:
    """An installation with a tenant that has devices of every sort."""

    world: World
    credentials: Credentials
    products: list[Product]

    def ask(self, dialect: str, operation: str, given: Plain, body: Any = None) -> Any:
        """What the dialect answers."""
        adapter = BY[dialect]
        request = adapter.request(adapter.operation(operation), given, body, self.credentials)
        answer = self.world.ask(request)
        assert not adapter.refused(answer), answer.body.decode()
        return json.loads(answer.body)


@pytest.fixture(scope="module")
def inventory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inventory]:
    world = World(tmp_path_factory.mktemp("filters"))
    credentials = world.tenant()

    def fill(tx: Tx) -> list[Product]:
        tenant = tenancy.tenant_named(tx, credentials["name"])
        other = space(tx, tenant=tenant.id)
        products = [
            product(tx, f"p{n % 3}", tenant=tenant.id, space=s, kind=("device", "gateway")[n % 2],
                    model_key="Planet" if n < 2 else None)
            for n, s in enumerate((tenant.default_space, tenant.default_space, other.id, other.id))
        ]  # fmt: skip
        chance = random.Random(3)
        for number in range(60):
            some_device(tx, chance, products, number)
        change(tx, chance, products)
        return products

    yield Inventory(world, credentials, world.installation.store.write_now(fill))
    world.close()


def pages(ask: Callable[[int], tuple[list[Plain], int]]) -> tuple[list[Plain], int]:
    """Everything, page by page, and the total that the first page says."""
    items, total = ask(0)
    while len(items) < total:
        more, same = ask(len(items))
        assert more, f"{len(items)} of {total}, and no more"
        assert same == total
        items += more
    return items, total


def any_of(every: list[Plain]) -> st.SearchStrategy[Plain]:
    return st.integers(0, len(every) - 1).map(lambda n: every[n])


def joined(*asked: Asked) -> tuple[Plain, Callable[[Plain], bool]]:
    given: Plain = {}
    for one, _ in asked:
        given |= one
    return given, lambda item: all(
        holds(item) for one, holds in asked if one.items() <= given.items()
    )


def test_roma(inventory: Inventory) -> None:
    def listed(given: Plain) -> tuple[list[Plain], int]:
        def ask(skip: int) -> tuple[list[Plain], int]:
            answer = inventory.ask("roma", "ListDevices", {**given, "limit": PAGE, "offset": skip})
            return answer["items"], answer["total"]

        return pages(ask)

    every, _ = listed({})
    assert len(every) > 40
    one = any_of(every)
    number = st.integers(0, 3)
    filters = st.one_of(
        one.map(lambda d: ({"device_name": d["device_name"]}, lambda x: x["device_name"] == d["device_name"])),
        one.map(lambda d: ({"node_id": d["node_id"]}, lambda x: x["node_id"] == d["node_id"])),
        one.map(lambda d: ({"app_id": d["app_id"]}, lambda x: x["app_id"] == d["app_id"])),
        one.map(lambda d: ({"client_id": d["client_id"]}, lambda x: x["client_id"] == d["client_id"])),
        one.map(lambda d: ({"product_name": d["product"]["product_name"]},
                           lambda x: x["product"]["product_name"] == d["product"]["product_name"])),
        one.map(lambda d: ({"product_id": d["product"]["product_id"]},
                           lambda x: x["product"]["product_id"] == d["product"]["product_id"])),
        one.filter(lambda d: any(d["tags"][-1:])).map(
            lambda d: ({"tag": d["tags"][-1]}, lambda x: d["tags"][-1] in x["tags"])),
        number.map(lambda n: ({"node_type": n}, lambda x: x["node_type"] == n)),
        st.sets(st.integers(0, 2), min_size=1).map(
            lambda n: ({"online_status": ",".join(map(str, sorted(n)))}, lambda x: x["online_status"] in n)),
        st.just(({"created_date_start": 2}, lambda x: x["created_datetime"] >= 2)),
        st.just(({"product_id": 5}, lambda x: False)),
        st.just(({"client_id": "D1"}, lambda x: False)),
    )  # fmt: skip

    @some
    @given(asked=st.lists(filters, max_size=3))
    def hold(asked: list[Asked]) -> None:
        given, holds = joined(*asked)
        found, total = listed(given)
        wanted = [d["id"] for d in every if holds(d)]
        assert ([d["id"] for d in found], total) == (wanted, len(wanted))

    hold()


def test_roma_counts_and_subsets(inventory: Inventory) -> None:
    every = inventory.ask("roma", "ListDevices", {"limit": 500})["items"]
    counted = inventory.ask("roma", "CountDevices", {})
    numbers = list(counted["devices"].values())
    plain = [
        [
            sum((d["node_type"], d["online_status"]) == (sort, code) for d in every)
            for code in range(3)
        ]
        for sort in range(3)
    ]
    assert [list(one.values()) for one in numbers] == plain
    gateways = [d for d in every if d["node_type"] == 1]
    for gateway in gateways:
        given = {"device_id": gateway["device_id"]}
        subs = inventory.ask("roma", "ListSubsets", given)["items"]
        assert all(d["parent_device_id"] == gateway["device_id"] for d in subs)
        for name, value in [("device_name", s["device_name"]) for s in subs] + [
            (field, code) for field in ("status", "online_status") for code in range(4)
        ]:
            found = inventory.ask("roma", "ListSubsets", {**given, name: value})
            assert found["items"] == [d for d in subs if d[name] == value]
            assert found["total"] == len(found["items"])


def test_iotda(inventory: Inventory) -> None:
    def listed(given: Plain) -> tuple[list[Plain], int]:
        def ask(skip: int) -> tuple[list[Plain], int]:
            answer = inventory.ask("iotda", "ListDevices", {**given, "limit": PAGE, "offset": skip})
            return answer["devices"], answer["page"]["count"]

        return pages(ask)

    every, _ = listed({})
    one = any_of(every)
    above = {d["device_id"]: d["gateway_id"] for d in every if d["gateway_id"] != d["device_id"]}

    def same(field: str) -> st.SearchStrategy[Asked]:
        return one.filter(lambda d: field in d).map(
            lambda d: ({field: d[field]}, lambda x: x.get(field) == d[field])
        )

    def below(gateway: str) -> Asked:
        def holds(item: Plain) -> bool:
            up = above.get(item["device_id"])
            return gateway in (up, above.get(up or ""))

        return {"gateway_id": gateway, "is_cascade_query": "true"}, holds

    filters = st.one_of(
        same("product_id"), same("node_id"), same("app_id"), same("device_name"),
        st.sampled_from(sorted(above)).map(
            lambda d: ({"gateway_id": above[d]}, lambda x: above.get(x["device_id"]) == above[d])),
        st.sampled_from(sorted(above.values())).map(below),
        st.just(({"start_time": "20200101T000000Z"}, lambda x: False)),
    )  # fmt: skip

    @some
    @given(asked=st.lists(filters, max_size=2))
    def hold(asked: list[Asked]) -> None:
        if len({"is_cascade_query" in one for one, _ in asked if "gateway_id" in one}) > 1:
            return  # it is one question or the other
        given, holds = joined(*asked)
        found, total = listed(given)
        wanted = [d["device_id"] for d in every if holds(d)]
        assert ([d["device_id"] for d in found], total) == (wanted, len(wanted))

    hold()
    assert {above.get(up) for up in above.values()} != {None}  # there are three levels


def test_iotda_by_tags(inventory: Inventory) -> None:
    every = [
        d
        for skip in (0, 50)
        for d in inventory.ask("iotda", "ListDevices", {"limit": 50, "offset": skip})["devices"]
    ]
    tags = [
        t for d in every for t in d["tags"] if t["tag_key"] == "site" and t["tag_value"] in "12"
    ]
    wanted = [{"tag_key": t["tag_key"], "tag_value": t["tag_value"]} for t in tags]
    for asked in ([wanted[0]], wanted[:3], wanted):
        body = {"resource_type": "device", "tags": asked}
        found = inventory.ask("iotda", "ListResourcesByTags", {"limit": 50}, body)
        mine = [d["device_id"] for d in every if any(t in d["tags"] for t in asked)]
        assert [r["resource_id"] for r in found["resources"]] == mine[:50]
        assert found["page"]["count"] == len(mine)


def test_aliyun(inventory: Inventory) -> None:
    keys = [
        BY["aliyun"].value.handle(inventory.world.installation.vault, p) for p in inventory.products
    ]

    def listed(operation: str, wrapper: str, given: Plain) -> tuple[list[Plain], int]:
        def ask(skip: int) -> tuple[list[Plain], int]:
            paged = {**given, "PageSize": PAGE, "CurrentPage": skip // PAGE + 1}
            answer = inventory.ask("aliyun", operation, paged)
            return answer["Data"][wrapper], answer["Total"]

        return pages(ask)

    every = {key: listed("QueryDevice", "DeviceInfo", {"ProductKey": key})[0] for key in keys}
    words = {0: "UNACTIVE", 1: "ONLINE", 3: "OFFLINE", 8: "DISABLE"}
    for key in (None, *keys):
        given = {} if key is None else {"ProductKey": key}
        mine = [d for k in keys if key in (None, k) for d in every[k]]
        for number, word in words.items():
            found, total = listed(
                "QueryDeviceByStatus", "SimpleDeviceInfo", {**given, "Status": number}
            )
            wanted = {d["IotId"] for d in mine if d["DeviceStatus"] == word}
            assert ({d["IotId"] for d in found}, total) == (wanted, len(wanted))
        counted = inventory.ask("aliyun", "QueryDeviceStatistics", given)["Data"]
        assert counted["deviceCount"] == len(mine)
    page = inventory.ask("aliyun", "QueryProductList", {"CurrentPage": 1, "PageSize": 10})
    counts = {p["ProductKey"]: p["DeviceCount"] for p in page["Data"]["List"]["ProductInfo"]}
    assert counts == {key: len(found) for key, found in every.items()}


def test_enos(inventory: Inventory) -> None:
    def listed(expression: str | None) -> tuple[list[Plain], int]:
        def ask(skip: int) -> tuple[list[Plain], int]:
            page = {"pageNo": skip // PAGE + 1, "pageSize": PAGE}
            body = {"pagination": page} | ({"expression": expression} if expression else {})
            answer = inventory.ask("enos", "SearchDevice", {"action": "search"}, body)
            return answer["data"], answer["pagination"]["totalSize"]

        return pages(ask)

    every, _ = listed(None)
    one = any_of(every)

    def texts(field: str, *others: str) -> st.SearchStrategy[Asked]:
        values = st.lists(
            one.map(lambda d: d[field]) | st.sampled_from(("zz", *others)), min_size=1, max_size=3
        )
        means = lambda d: {d[field]} | ({"disable"} if d[field] == "disabled" else set())  # noqa: E731
        return st.one_of(
            values.filter(lambda v: None not in v).map(
                lambda v: (f"{field} in ({', '.join(map(repr, v))})",
                           lambda x: not means(x).isdisjoint(v))),
            values.filter(lambda v: v[0]).map(
                lambda v: (f"{field} = '{v[0]}'", lambda x: v[0] in means(x))),
        )  # fmt: skip

    def called(part: str) -> Asked:
        def holds(item: Plain) -> bool:
            name = item["deviceName"]
            names = (name["defaultValue"], *name["i18nValue"].values())
            return any(part.casefold() in n.casefold() for n in names)

        return f"deviceName like '{part}'", holds

    leaves = st.one_of(
        texts("deviceKey"), texts("productKey"), texts("modelId", "Planet"), texts("assetId"),
        texts("status", "disable", "offline"),
        st.sampled_from(WORDS).map(called),
        st.sampled_from(("1", "2")).map(lambda v: (
            f"deviceTags.site = '{v}'", lambda x: x["deviceTags"].get("site") == v)),
        st.sampled_from(("1", "2")).map(lambda v: (
            f"deviceTags.site != '{v}'", lambda x: x["deviceTags"].get("site") != v)),
        st.just(("exists(deviceTags.site)", lambda x: "site" in x["deviceTags"])),
    )  # fmt: skip

    def either(word: str, of: Callable[[Iterator[bool]], bool], terms: list[Asked]) -> Asked:
        text = f" {word} ".join(f"({text})" for text, _ in terms)
        return text, lambda x: of(holds(x) for _, holds in terms)

    def trees(inner: st.SearchStrategy[Asked]) -> st.SearchStrategy[Asked]:
        terms = st.lists(inner, min_size=2, max_size=3)
        return terms.map(lambda t: either("and", all, t)) | terms.map(
            lambda t: either("or", any, t)
        )

    @some
    @given(asked=st.recursive(leaves, trees, max_leaves=5))
    def hold(asked: Asked) -> None:
        expression, holds = asked
        found, total = listed(expression)
        wanted = [d["assetId"] for d in every if holds(d)]
        assert ([d["assetId"] for d in found], total) == (wanted, len(wanted)), expression

    hold()
    stats = inventory.ask("enos", "GetDeviceStats", {"action": "stats"})["data"]
    for word in ("online", "offline", "inactive", "disabled"):
        assert stats[f"{word}Count"] == sum(d["status"] == word for d in every)


def test_a_setting_that_hides_products_hides_their_devices_from_lists_and_counts(
    inventory: Inventory,
) -> None:
    hiding = inventory.world.tenant(own_products_only=("roma", "enos", "aliyun", "iotda"))
    store = inventory.world.installation.store

    def fill(tx: Tx) -> None:
        tenant = tenancy.tenant_named(tx, hiding["name"])
        of = product(tx, tenant=tenant.id, space=tenant.default_space)
        some_device(tx, random.Random(1), [of], 1)

    store.write_now(fill)
    hidden = Inventory(inventory.world, hiding, [])
    assert hidden.ask("roma", "ListDevices", {})["total"] == 0
    numbers = hidden.ask("roma", "CountDevices", {})["devices"].values()
    assert sum(n for one in numbers for n in one.values()) == 0
    assert hidden.ask("enos", "GetDeviceStats", {"action": "stats"})["data"]["totalCount"] == 0
    assert hidden.ask("aliyun", "QueryDeviceByStatus", {"Status": 0})["Total"] == 0
    assert hidden.ask("iotda", "ListDevices", {"device_name": "Pump"})["page"]["count"] == 0
