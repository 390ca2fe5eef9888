"""The rest of a product's life at Alibaba: lists, changes, release, tags, categories, rule by rule."""

from __future__ import annotations

import json
import threading
from contextlib import closing
from typing import Any

import pytest

from entrepot import main as root
from entrepot.core.accounts import tenancy
from entrepot.core.caller import Caller
from entrepot.core.ports import Tx
from entrepot.core.products import registry
from entrepot.core.things.product import Draft, Profile
from entrepot.core.vault import Vault
from entrepot.vendors.aliyun.models.categories import categories
from entrepot.vendors.aliyun.models.convert import template_json
from tests.server import Server
from tests.vendors.aliyun.caller import AliyunCaller, tenant

SENIOR = {"AliyunCommodityCode": "iothub_senior"}


@pytest.fixture(scope="module")
def caller(server: Server) -> AliyunCaller:
    return tenant(server, "aliyun-life", rate_limits=False)


def create(caller: AliyunCaller, name: str, **more: object) -> str:
    key: str = caller.done("CreateProduct", ProductName=name, NodeType=0, **more)["ProductKey"]
    return key


def keys(answer: Any) -> list[str]:
    return [p["ProductKey"] for p in answer["Data"]["List"]["ProductInfo"]]


# Lists


def test_pages_hold_every_product_once_newest_first(server: Server) -> None:
    caller = tenant(server, "aliyun-pages", rate_limits=False)
    made = [create(caller, f"Page_{i}") for i in range(7)][::-1]
    seen: list[str] = []
    for page in (1, 2, 3):
        answer = caller.done("QueryProductList", CurrentPage=page, PageSize=3)
        assert (answer["Data"]["Total"], answer["Data"]["PageCount"]) == (7, 3)
        assert answer["Data"]["CurrentPage"] == page
        seen += keys(answer)
    assert seen == made
    assert keys(caller.done("QueryProductList", CurrentPage=4, PageSize=3)) == []
    assert keys(caller.done("QueryProductList", CurrentPage=9**17, PageSize=200)) == []
    empty = tenant(server, "aliyun-empty").done("QueryProductList", CurrentPage=1, PageSize=200)
    assert (empty["Data"]["Total"], empty["Data"]["PageCount"], keys(empty)) == (0, 0, [])


def test_a_list_is_narrowed_by_edition_and_by_resource_group(server: Server) -> None:
    caller = tenant(server, "aliyun-filters", rate_limits=False)
    basic = create(caller, "Basic1", AliyunCommodityCode="iothub")
    grouped = create(caller, "Grouped", ResourceGroupId="rg-a", **SENIOR)
    senior = create(caller, "Senior")

    def found(**given: object) -> tuple[list[str], int]:
        answer = caller.done("QueryProductList", CurrentPage=1, PageSize=10, **given)
        return keys(answer), answer["Data"]["Total"]

    assert found(AliyunCommodityCode="iothub_senior") == ([senior, grouped], 2)
    assert found(AliyunCommodityCode="iothub") == ([basic], 1)
    assert found(ResourceGroupId="rg-a") == ([grouped], 1)
    assert found(ResourceGroupId="rg-b") == ([], 0)
    assert found(ResourceGroupId="rg-a", AliyunCommodityCode="iothub") == ([], 0)


@pytest.mark.parametrize(
    ("page", "size"), [("0", "10"), ("-1", "10"), ("1", "0"), ("1", "201"), ("", "10"), ("1", "")]
)
def test_bad_paging_has_a_code_of_its_own(caller: AliyunCaller, page: str, size: str) -> None:
    reply = caller.v3("QueryProductList", {"CurrentPage": page, "PageSize": size})
    assert reply.code == "200 iot.common.InvalidPageParams"


def test_paging_is_required(caller: AliyunCaller) -> None:
    assert caller.v3("QueryProductList", {"PageSize": 1}).code == "400 MissingCurrentPage"
    assert caller.v3("QueryProductList", {"CurrentPage": 1}).code == "400 MissingPageSize"


# One product


@pytest.mark.parametrize(
    "action",
    ["QueryProduct", "DeleteProduct", "ReleaseProduct", "CancelReleaseProduct", "ListProductTags"],
)
def test_an_action_on_one_product_needs_a_good_key(caller: AliyunCaller, action: str) -> None:
    def code(**given: str) -> str:
        return caller.v3(action, given).code

    assert code() == "400 MissingProductKey"
    assert code(ProductKey="") == "200 iot.prod.NullProductKey"
    assert code(ProductKey="a1Fl-IQ7xYz") == "200 iot.prod.InvalidFormattedProductkey"
    assert code(ProductKey="a1FlqIQ") == "200 iot.prod.InvalidFormattedProductkey"
    assert code(ProductKey="a1FlqIQ7xYz") == "200 iot.prod.NotExistedProduct"


def test_an_update_without_a_description_keeps_it(caller: AliyunCaller) -> None:
    key = create(caller, "Update1", Description="kept")
    caller.done("UpdateProduct", ProductKey=key, ProductName="Update2")
    shown = caller.done("QueryProduct", ProductKey=key)["Data"]
    assert (shown["ProductName"], shown["Description"]) == ("Update2", "kept")
    caller.done("UpdateProduct", ProductKey=key, ProductName="Update2", Description="new")
    assert caller.done("QueryProduct", ProductKey=key)["Data"]["Description"] == "new"


def test_an_update_is_held_to_the_rules_of_creation(caller: AliyunCaller) -> None:
    key = create(caller, "Renamed1")
    create(caller, "Renamed_taken")

    def code(**given: str) -> str:
        return caller.v3("UpdateProduct", {"ProductKey": key, **given}).code

    assert code() == "400 MissingProductName"
    assert code(ProductName="") == "200 iot.prod.NullProductName"
    assert code(ProductName="abc") == "200 iot.prod.InvalidFormattedProductName"
    assert code(ProductName="Renamed_taken") == "200 iot.prod.AlreadyExistedProductName"
    assert code(ProductName="Fine", Description="x" * 101) == "200 iot.prod.LongProductDesc"
    assert caller.done("QueryProduct", ProductKey=key)["Data"]["ProductName"] == "Renamed1"
    caller.done("UpdateProduct", ProductKey=key, ProductName="Renamed1")  # its own name is no clash
    caller.done("UpdateProduct", ProductKey=key, ProductName="Renamed2")
    create(caller, "Renamed1")  # the old name is free again


def test_releasing_twice_and_taking_back_twice_is_no_error(caller: AliyunCaller) -> None:
    key = create(caller, "Twice")
    for action, status in (
        ("ReleaseProduct", "RELEASE_STATUS"),
        ("CancelReleaseProduct", "DEVELOPMENT_STATUS"),
    ):
        for _ in range(2):
            caller.done(action, ProductKey=key)
            shown = caller.done("QueryProduct", ProductKey=key)["Data"]
            assert shown["ProductStatus"] == status


def test_a_released_product_may_still_be_renamed_and_tagged(caller: AliyunCaller) -> None:
    """Only its thing model stays as it is (ReleaseProduct); and it cannot be deleted."""
    key = create(caller, "Frozen")
    caller.done("ReleaseProduct", ProductKey=key)
    caller.done("UpdateProduct", ProductKey=key, ProductName="Frozen2")
    reply = caller.v3("DeleteProduct", {"ProductKey": key})
    assert reply.code == "200 iot.system.IllegalRequest"
    assert "CancelReleaseProduct" in reply.said
    assert caller.done("QueryProduct", ProductKey=key)["Data"]["ProductName"] == "Frozen2"


def test_of_many_creates_of_one_name_at_once_one_wins(caller: AliyunCaller) -> None:
    codes: list[str] = []

    def race() -> None:
        codes.append(caller.v3("CreateProduct", {"ProductName": "Raced", "NodeType": 0}).code)

    threads = [threading.Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == ["200 None"] + ["200 iot.prod.AlreadyExistedProductName"] * 7


# Tags


def tagging(key: str, *tags: tuple[str, str]) -> dict[str, str]:
    given = {"ProductKey": key}
    for number, (name, value) in enumerate(tags, 1):
        given |= {f"ProductTag.{number}.TagKey": name, f"ProductTag.{number}.TagValue": value}
    return given


def shown_tags(caller: AliyunCaller, key: str) -> dict[str, str]:
    listed = caller.done("ListProductTags", ProductKey=key)["Data"]["ProductTag"]
    return {t["TagKey"]: t["TagValue"] for t in listed}


GOOD_TAGS = [
    ("k", "v"), ("a.B.9", "x_Y-1"), ("k" * 30, "v" * 128), ("room", "客厅"), ("fw", "v1.0"),
    ("wide", "灯" * 64), ("mixed", "灯" * 63 + "_-"),
]  # fmt: skip
BAD_TAGS = [
    ("k" * 31, "v"), ("k_k", "v"), ("k-k", "v"), ("灯", "v"), ("", "v"),
    ("k", "v" * 129), ("k", "v v"), ("k", "ランプ"), ("k", "灯" * 64 + "v"), ("k", ""),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), GOOD_TAGS)
def test_good_tags(caller: AliyunCaller, name: str, value: str) -> None:
    key = create(caller, f"Good_{name.replace('.', '_')[:20]}")
    caller.done("CreateProductTags", **tagging(key, (name, value)))
    assert shown_tags(caller, key) == {name: value}


@pytest.mark.parametrize(("name", "value"), BAD_TAGS)
@pytest.mark.parametrize("action", ["CreateProductTags", "UpdateProductTags"])
def test_bad_tags_are_refused_and_returned(
    caller: AliyunCaller, action: str, name: str, value: str
) -> None:
    key = caller.done("QueryProductList", CurrentPage=1, PageSize=1)["Data"]["List"]
    key = key["ProductInfo"][0]["ProductKey"] if key["ProductInfo"] else create(caller, "Bad_tags")
    before = shown_tags(caller, key)
    reply = caller.v3(action, tagging(key, ("fine", "1"), (name, value)))
    assert reply.code == "200 iot.common.InvalidFormattedParameter"
    assert reply.json["InvalidProductTags"] == {"ProductTag": [{"TagKey": name, "TagValue": value}]}
    assert shown_tags(caller, key) == before


def test_a_tag_needs_key_and_value(caller: AliyunCaller) -> None:
    key = create(caller, "Half_a_tag")
    given = {"ProductKey": key, "ProductTag.1.TagKey": "k"}
    assert caller.v3("CreateProductTags", given).code == "400 MissingProductTag.1.TagValue"
    assert caller.v3("CreateProductTags", {"ProductKey": key}).code == "400 MissingProductTag"
    missing = caller.v3("DeleteProductTags", {"ProductKey": key})
    assert missing.code == "400 MissingProductTagKey"


def test_a_list_of_tags_has_no_gap_and_no_double(caller: AliyunCaller) -> None:
    key = create(caller, "Gaps")
    gap = {"ProductKey": key, "ProductTag.2.TagKey": "k", "ProductTag.2.TagValue": "v"}
    assert caller.v3("CreateProductTags", gap).json["Success"] is False
    double = tagging(key, ("k", "1"), ("k", "2"))
    reply = caller.v3("CreateProductTags", double)
    assert reply.code == "200 iot.common.InvalidFormattedParameter"
    assert shown_tags(caller, key) == {}


def test_ten_tags_a_call_and_a_hundred_a_product(caller: AliyunCaller) -> None:
    key = create(caller, "Hundred")
    for ten in range(10):
        caller.done("CreateProductTags", **tagging(key, *((f"k{ten}.{i}", "v") for i in range(10))))
    assert len(shown_tags(caller, key)) == 100
    eleven = caller.v3("CreateProductTags", tagging(key, *((f"n{i}", "v") for i in range(11))))
    assert eleven.code == "200 iot.common.InvalidFormattedParameter"
    one_more = caller.v3("CreateProductTags", tagging(key, ("n1", "v")))
    assert one_more.code == "200 iot.common.InvalidFormattedParameter"
    assert "100" in one_more.said
    caller.done("CreateProductTags", **tagging(key, ("k0.0", "changed")))  # one that is there
    assert shown_tags(caller, key)["k0.0"] == "changed"
    gone = {f"ProductTagKey.{i + 1}": f"k9.{i}" for i in range(10)}
    caller.done("DeleteProductTags", ProductKey=key, **gone)
    assert len(shown_tags(caller, key)) == 90
    many = {f"ProductTagKey.{i}": f"k1.{i}" for i in range(1, 12)}
    assert caller.v3("DeleteProductTags", {"ProductKey": key, **many}).code.startswith("200 iot.")


def test_only_tags_that_are_there_are_updated(caller: AliyunCaller) -> None:
    key = create(caller, "Known")
    caller.done("CreateProductTags", **tagging(key, ("a", "1")))
    reply = caller.v3("UpdateProductTags", tagging(key, ("a", "2"), ("b", "2")))
    assert reply.code == "200 iot.prod.QueryExtendPropertyFailed"
    assert reply.json["InvalidProductTags"]["ProductTag"] == [{"TagKey": "b", "TagValue": "2"}]
    assert shown_tags(caller, key) == {"a": "1"}
    caller.done("UpdateProductTags", **tagging(key, ("a", "2")))
    assert shown_tags(caller, key) == {"a": "2"}


def test_products_are_found_by_any_of_some_tags(caller: AliyunCaller) -> None:
    first, second, third = (create(caller, f"Found_{i}") for i in range(3))
    caller.done("CreateProductTags", **tagging(first, ("room.f", "a")))
    caller.done("CreateProductTags", **tagging(second, ("room.f", "b")))
    caller.done("CreateProductTags", **tagging(third, ("floor.f", "b"), ("abc", "b")))

    def found(**given: object) -> list[str]:
        answer = caller.done("ListProductByTags", **given)
        return [p["ProductKey"] for p in answer["ProductInfos"]["ProductInfo"]]

    one, two = "ProductTag.1.TagKey", "ProductTag.2.TagKey"
    assert found(**{one: "room.f"}) == [second, first]
    assert found(**{one: "room.f", "ProductTag.1.TagValue": "a"}) == [first]
    assert found(**{one: "room.f", two: "floor.f"}) == [third, second, first]
    assert found(**{one: "room.f", two: "floor.f"}, CurrentPage=2, PageSize=2) == [first]
    assert found(**{one: "abc"}) == []  # reserved: it is as if it were not there
    assert found(**{one: "nothing"}) == []
    caller.done("DeleteProduct", ProductKey=second)
    assert found(**{one: "room.f"}) == [first]
    over = caller.v3("ListProductByTags", {one: "room.f", "PageSize": 51})
    assert over.code == "200 iot.common.InvalidPageParams"
    assert caller.v3("ListProductByTags").code == "400 MissingProductTag"


# What another dialect made


def test_a_product_of_another_dialect_is_shown_with_what_it_has(server: Server) -> None:
    caller = tenant(server, "aliyun-foreign", rate_limits=False)
    name = "A name, with - everything that Alibaba forbids, and far too long " * 3
    profile = Profile(
        name=name, kind="gateway", protocol="coap", payload="binary", network="lora",
        manufacturer_name="Maker", tags={"a key": "a value"},
    )  # fmt: skip
    foreign(server, "aliyun-foreign", Draft(profile=profile))
    foreign(server, "aliyun-foreign", Draft(profile=Profile(name="x")))
    listed = caller.done("QueryProductList", CurrentPage=1, PageSize=10)["Data"]["List"]
    bare, full = listed["ProductInfo"]
    assert (full["ProductName"], full["NodeType"], full["DataFormat"]) == (name, 1, 0)
    assert (bare["ProductName"], bare["NodeType"], bare["DataFormat"]) == ("x", 0, 1)
    shown = caller.done("QueryProduct", ProductKey=full["ProductKey"])["Data"]
    assert (shown["AliyunCommodityCode"], shown["AuthType"]) == ("iothub_senior", "secret")
    assert (shown["NetType"], shown["ValidateType"]) == (8, 1)
    assert "ProtocolType" not in shown
    assert "Description" not in shown
    assert len(shown["ProductSecret"]) == 16
    assert shown_tags(caller, full["ProductKey"]) == {"a key": "a value"}
    found = caller.done("ListProductByTags", **{"ProductTag.1.TagKey": "a key"})["ProductInfos"]
    assert [p["ProductKey"] for p in found["ProductInfo"]] == [full["ProductKey"]]
    caller.done("UpdateProduct", ProductKey=bare["ProductKey"], ProductName="Renamed_here")
    caller.done("DeleteProduct", ProductKey=full["ProductKey"])

    hiding = tenant(server, "aliyun-hiding", own_products_only=("aliyun",), rate_limits=False)
    foreign(server, "aliyun-hiding", Draft(profile=profile))
    own = hiding.done("CreateProduct", ProductName="Own_product", NodeType=0)["ProductKey"]
    hiding.done("CreateProductTags", **tagging(own, ("k", "v")))
    answer = hiding.done("QueryProductList", CurrentPage=1, PageSize=10)
    assert (keys(answer), answer["Data"]["Total"]) == ([own], 1)
    hidden = hiding.done("ListProductByTags", **{"ProductTag.1.TagKey": "a key"})["ProductInfos"]
    assert hidden["ProductInfo"] == []
    found = hiding.done("ListProductByTags", **{"ProductTag.1.TagKey": "k"})["ProductInfos"]
    assert [p["ProductKey"] for p in found["ProductInfo"]] == [own]


def foreign(server: Server, tenant: str, draft: Draft) -> None:
    """Keep a product as another dialect would."""

    def make(tx: Tx, vault: Vault) -> None:
        owner = tenancy.tenant_named(tx, tenant)
        user = tenancy.user_named(tx, owner, tenant)
        registry.create(tx, Caller(owner, user, "other", "make", "r-1", 1, vault), draft)

    with closing(root.open_installation(server.config)) as installation:
        installation.store.write_now(lambda tx: make(tx, installation.vault))


# Categories


def test_the_categories_are_a_plain_list(caller: AliyunCaller) -> None:
    listed = caller.done("ListThingTemplates")["Data"]
    assert [c["CategoryKey"] for c in listed] == [c.key for c in categories()]
    assert all(set(c) == {"CategoryKey", "CategoryName"} for c in listed)


def test_a_category_s_model_is_told_feature_by_feature(caller: AliyunCaller) -> None:
    text = caller.done("GetThingTemplate", CategoryKey="Lighting")["ThingModelJSON"]
    model = json.loads(text)
    switch = model["properties"][0]
    assert switch == {
        "identifier": "LightSwitch", "name": "Lamp switch", "rwFlag": "READ_WRITE", "required": True,
        "custom": False, "dataType": "BOOL",
        "dataSpecsList": [
            {"dataType": "BOOL", "name": "Off", "value": 0, "custom": False},
            {"dataType": "BOOL", "name": "On", "value": 1, "custom": False},
        ],
    }  # fmt: skip
    brightness = model["properties"][1]["dataSpecs"]
    assert (brightness["dataType"], brightness["min"], brightness["max"]) == ("INT", "0", "100")


def test_an_unknown_category_is_refused(caller: AliyunCaller) -> None:
    reply = caller.v3("GetThingTemplate", {"CategoryKey": "Nonsense"})
    assert reply.code == "200 iot.prod.InvalidFormattedCatId"
    assert caller.v3("GetThingTemplate").code == "400 MissingCategoryKey"


def test_every_kind_of_data_has_its_specs() -> None:
    def served(data_type: dict[str, Any]) -> dict[str, Any]:
        tsl = {"properties": [{"identifier": "p", "name": "P", "dataType": data_type}]}
        found: dict[str, Any] = json.loads(template_json(json.dumps(tsl)))["properties"][0]
        return {k: v for k, v in found.items() if k.startswith("data")}

    assert served({"type": "text", "specs": {"length": "64"}})["dataSpecs"]["length"] == 64
    assert served({"type": "date", "specs": {}})["dataType"] == "DATE"
    array = served({"type": "array", "specs": {"size": "8", "item": {"type": "int"}}})["dataSpecs"]
    assert (array["size"], array["childDataType"], array["dataType"]) == (8, "INT", "ARRAY")
    member = {"identifier": "x", "name": "X", "dataType": {"type": "float", "specs": {"min": "0"}}}
    struct = served({"type": "struct", "specs": [member]})
    assert struct["dataSpecsList"][0]["childDataType"] == "FLOAT"
    assert struct["dataSpecsList"][0]["dataSpecs"]["min"] == "0"
    inside = {"type": "struct", "specs": [member]}
    nested = served({"type": "array", "specs": {"size": "2", "item": inside}})["dataSpecs"]
    assert nested["childDataType"] == "STRUCT"
    assert nested["dataSpecsList"][0]["identifier"] == "x"
