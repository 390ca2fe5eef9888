"""The rest of an EnOS product's life: show, patch, search, delete, and the v2.4 paths."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from entrepot.core.models.authored import Authored
from entrepot.core.products import registry
from entrepot.core.products.registry import Ref
from entrepot.core.things.product import Draft, Profile
from entrepot.vendors.enos import handles
from tests.vendors.enos.caller import BODY, Account, Enos

PRODUCTS_24 = "/connect-service/v2.4/products"


@pytest.fixture(scope="module")
def enos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Enos]:
    context = Enos(tmp_path_factory.mktemp("enos"))
    yield context
    context.close()


@pytest.fixture(scope="module")
def account(enos: Enos) -> Account:
    return enos.account("life")


# Update Product

FULL = {
    **BODY,
    "productName": {"defaultValue": "Pump", "i18nValue": {"zh_CN": "泵"}},
    "productDesc": "first",
    "biDirectionalAuth": True,
    "dynamicActivateEnabled": True,
    "productTags": {"a": "1", "b": "2"},
    "defaultValidDay": 100,
    "maxValidDay": 200,
}


@pytest.mark.parametrize(
    "change",
    [
        {"productName": {"defaultValue": "<Renamed>", "i18nValue": {"en_US": "Renamed"}}},
        {"productName": {"defaultValue": "Renamed", "i18nValue": {}}},
        {"productDesc": "second"},
        {"productDesc": ""},
        {"biDirectionalAuth": False, "defaultValidDay": None, "maxValidDay": None},
        {"dynamicActivateEnabled": False},
        {"productTags": {"c": "3"}},
        {"productTags": {}},
        {"defaultValidDay": 200},
        {"maxValidDay": 730},
    ],
    ids=str,
)
def test_an_update_changes_what_it_names_and_nothing_else(
    enos: Enos, account: Account, change: dict[str, Any]
) -> None:
    key = enos.create(account, **FULL)
    before = enos.show(account, key)
    enos.now_ms += 1000
    answer = enos.call(account, "update", change, productKey=key)
    assert (answer["code"], answer["data"]) == (0, key)
    expected = {**before, **change, "updateTime": enos.now_ms}
    expected["dynamicActiveEnabled"] = expected["dynamicActivateEnabled"]
    assert enos.show(account, key) == expected


def days(enos: Enos, account: Account, key: str) -> tuple[int | None, int | None]:
    shown = enos.show(account, key)
    return shown["defaultValidDay"], shown["maxValidDay"]


def test_days_in_an_update_are_ignored_without_certificates(enos: Enos, account: Account) -> None:
    plain, secured = enos.create(account), enos.create(account, **FULL)
    for key, change in (
        (plain, {"defaultValidDay": 800}),
        (plain, {"defaultValidDay": 9999, "maxValidDay": 0}),
        (secured, {"biDirectionalAuth": False, "defaultValidDay": 9999, "maxValidDay": 300}),
    ):
        assert enos.call(account, "update", change, productKey=key)["code"] == 0
        assert days(enos, account, key) == (None, None)
    for key, shown in ((plain, (730, 1095)), (secured, (100, 200))):
        enos.call(account, "update", {"biDirectionalAuth": True}, productKey=key)
        assert days(enos, account, key) == shown


def test_an_update_keeps_the_default_days_within_the_maximum(enos: Enos, account: Account) -> None:
    key = enos.create(account, **FULL)
    for change, words in (
        ({"defaultValidDay": 201}, "defaultValidDay must be at most maxValidDay, which is 200"),
        ({"defaultValidDay": 60, "maxValidDay": 50}, "maxValidDay, which is 50"),
        ({"defaultValidDay": 3651}, "defaultValidDay must be at most 3650"),
        ({"maxValidDay": 0}, "maxValidDay must be at least 1"),
    ):
        answer = enos.call(account, "update", change, productKey=key)
        assert answer["code"] == 99400
        assert words in answer["msg"]
        assert days(enos, account, key) == (100, 200)
    enos.call(account, "update", {"maxValidDay": 50}, productKey=key)
    assert days(enos, account, key) == (50, 50)


def test_days_that_an_earlier_release_kept_are_shown_within_the_maximum(
    enos: Enos, account: Account
) -> None:
    kept = {"defaultValidDay": 900, "maxValidDay": 800}
    enos.fill(account, 1, auth="certificate", extras={"enos": kept})
    [shown] = enos.call(account, "search", {"pagination": {"pageSize": 1}})["data"]
    key = shown["productKey"]
    assert days(enos, account, key) == (800, 800)
    assert enos.call(account, "update", {"productDesc": "x"}, productKey=key)["code"] == 0
    assert enos.call(account, "delete", productKey=key, method="POST")["code"] == 0


def test_texts_for_numbers_are_taken_in_an_update(enos: Enos, account: Account) -> None:
    key = enos.create(account, biDirectionalAuth=True)
    enos.call(account, "update", {"defaultValidDay": "730", "maxValidDay": "1460"}, productKey=key)
    shown = enos.show(account, key)
    assert (shown["defaultValidDay"], shown["maxValidDay"]) == (730, 1460)


@pytest.mark.parametrize("change", [{}, {"productName": None, "productTags": None}])
def test_an_update_of_nothing_changes_nothing(
    enos: Enos, account: Account, change: dict[str, Any]
) -> None:
    key = enos.create(account, **FULL)
    before = enos.show(account, key)
    assert enos.call(account, "update", change, productKey=key)["code"] == 0
    after = enos.show(account, key)
    assert {**after, "updateTime": 0} == {**before, "updateTime": 0}


def test_model_type_and_format_cannot_be_updated(enos: Enos, account: Account) -> None:
    key = enos.create(account)
    change = {"modelId": "Inverter", "productType": "Gateway", "dataFormat": "Custom"}
    enos.call(account, "update", change, productKey=key)
    shown = enos.show(account, key)
    assert {name: shown[name] for name in change} == {name: BODY[name] for name in change}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"productName": {"i18nValue": {}}}, "productName.defaultValue is missing"),
        ({"productDesc": "x" * 513}, "productDesc must have at most 512 characters"),
        ({"productTags": {"k": "x "}}, "productTags.k must have no space at either end"),
        ({"biDirectionalAuth": True, "defaultValidDay": 0}, "defaultValidDay must be at least 1"),
        ({"biDirectionalAuth": True, "maxValidDay": 3651}, "maxValidDay must be at most 3650"),
        ({"biDirectionalAuth": []}, "biDirectionalAuth must be of type boolean"),
    ],
    ids=str,
)
def test_an_update_has_the_limits_of_a_create(
    enos: Enos, account: Account, change: dict[str, Any], words: str
) -> None:
    key = enos.create(account)
    before = enos.show(account, key)
    answer = enos.call(account, "update", change, productKey=key)
    assert answer["code"] == 99400
    assert words in answer["msg"]
    assert enos.show(account, key) == before


def test_every_change_is_in_the_log(enos: Enos, account: Account) -> None:
    key = enos.create(account)
    enos.call(account, "update", {"productDesc": "x"}, productKey=key)
    enos.call(account, "delete", productKey=key, method="POST")
    product = enos.number(key)
    log = enos.store.read_now(lambda tx: registry.history(tx, account.tenant.id, product))
    assert [(e.operation, e.action, e.dialect) for e in log] == [
        ("CreateProduct", "create", "enos"),
        ("UpdateProduct", "update", "enos"),
        ("DeleteProduct", "delete", "enos"),
    ]
    assert log[1].changes == {"description": [None, "x"]}
    assert log[1].actor.name == "life"


# Absent products


@pytest.mark.parametrize("action", ["get", "update", "delete"])
@pytest.mark.parametrize("key", ["zzzzzzzz", "x", "'; drop", "泵" * 8])
def test_an_unknown_product_cannot_be_found(
    enos: Enos, account: Account, action: str, key: str
) -> None:
    answer = enos.call(account, action, productKey=key)
    assert (answer["code"], answer["msg"]) == (11404, "Product cannot be found")
    assert answer["data"] is None


@pytest.mark.parametrize("action", ["get", "update", "delete"])
def test_a_product_key_must_be_given(enos: Enos, account: Account, action: str) -> None:
    for given in (None, ""):
        answer = enos.call(account, action, productKey=given)
        words = "Invalid Argument productKey:productKey is missing"
        assert (answer["code"], answer["msg"]) == (99400, words)


def test_another_organization_cannot_see_or_touch_a_product(enos: Enos, account: Account) -> None:
    stranger = enos.account("stranger")
    key = enos.create(account)
    for action in ("get", "update", "delete"):
        assert enos.call(stranger, action, productKey=key)["code"] == 11404
    assert enos.call(stranger, "search", {})["data"] == []
    assert enos.show(account, key)["productKey"] == key


# Delete Product


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_delete_answers_the_key_and_is_for_ever(
    enos: Enos, account: Account, method: str
) -> None:
    key = enos.create(account)
    answer = enos.call(account, "delete", method=method, productKey=key)
    assert (answer["code"], answer["data"]) == (0, key)
    assert enos.call(account, "get", productKey=key)["code"] == 11404
    assert enos.call(account, "delete", productKey=key)["code"] == 11404


# Products that other dialects made


def test_a_product_made_elsewhere_is_shown_with_the_declared_fallbacks(
    enos: Enos, account: Account
) -> None:
    enos.fill(account, 1, auth="id2", protocol="coap", extras={"other": {"x": 1}})
    shown = enos.call(account, "search", {"pagination": {"pageSize": 1}})["data"][0]
    assert {k: shown[k] for k in ("modelId", "dataFormat", "biDirectionalAuth", "productTags")} == {
        "modelId": None, "dataFormat": "Json", "biDirectionalAuth": False, "productTags": {},
    }  # fmt: skip
    assert enos.show(account, shown["productKey"]) == shown
    change = {"biDirectionalAuth": False, "maxValidDay": 3}
    enos.call(account, "update", change, productKey=shown["productKey"])
    ref = Ref("", enos.number(shown["productKey"]))
    kept = enos.store.read_now(lambda tx: registry.get(tx, enos.caller(account), ref)).profile
    assert (kept.auth, kept.protocol) == ("id2", "coap")
    assert kept.extras == {"other": {"x": 1}}


def test_a_setting_limits_the_dialect_to_its_own_products(enos: Enos) -> None:
    narrow = enos.account("narrow", own_products_only=("enos",))
    foreign = replace(enos.caller(narrow), dialect="other")
    draft = Draft(profile=Profile(name="theirs"))
    enos.store.write_now(lambda tx: registry.create(tx, foreign, draft))
    mine = enos.create(narrow)
    found = enos.call(narrow, "search", {})
    assert [p["productKey"] for p in found["data"]] == [mine]
    assert found["pagination"]["totalSize"] == 1


# v2.4


def test_v24_answers_no_secret(enos: Enos, account: Account) -> None:
    key = enos.create(account)
    older = enos.show(account, key)
    shown = enos.call(account, "get", path=PRODUCTS_24, productKey=key)["data"]
    assert older.pop("productSecret")
    assert shown == older
    asked = {"expression": f"productKey='{key}'", "requireSecret": False}
    assert enos.call(account, "search", asked, path=PRODUCTS_24)["data"] == [older]


def test_v24_refuses_a_secret_that_nobody_could_decrypt(enos: Enos, account: Account) -> None:
    key = enos.create(account)
    for answer in (
        enos.call(account, "get", path=PRODUCTS_24, productKey=key, requireSecret="true"),
        enos.call(account, "search", {"requireSecret": True}, path=PRODUCTS_24),
    ):
        assert answer["code"] == 99400
        assert "v2.1" in answer["msg"]


def test_v24_has_get_and_search_only(enos: Enos, account: Account) -> None:
    answer = enos.call(account, "create", BODY, path=PRODUCTS_24)
    assert answer["code"] == 99400
    assert answer["msg"] == "Invalid Argument action:action must be one of get, search"


# Search Product


@pytest.fixture(scope="module")
def catalog(enos: Enos) -> tuple[Account, list[str]]:
    """An organization of five products, oldest first."""
    account = enos.account("shelf")
    rows: list[tuple[str, dict[str, str], str, dict[str, str]]] = [
        ("Red pump", {"zh_CN": "红泵"}, "AlterTest0615", {"color": "red", "site": "a"}),
        ("Blue pump", {"zh_CN": ""}, "AlterTest0615", {"color": "blue"}),
        ("Inverter", {"en_US": "Red inverter"}, "Inverter", {"color": "red"}),
        ("Meter", {}, "EnergyMeter", {}),
        ("Gate", {}, "Gateway", {"site": "b"}),
    ]
    keys = [
        enos.create(
            account,
            productName={"defaultValue": name, "i18nValue": names},
            modelId=model,
            productTags=tags,
        )
        for name, names, model, tags in rows
    ]
    return account, keys


@pytest.mark.parametrize(
    ("expression", "places"),
    [
        (None, [4, 3, 2, 1, 0]),
        ("", [4, 3, 2, 1, 0]),
        ("  ", [4, 3, 2, 1, 0]),
        ("modelId = 'AlterTest0615'", [1, 0]),
        ("modelId='Inverter'", [2]),
        ('modelId in ("Inverter", "Gateway")', [4, 2]),
        ("modelId = 'Nothing'", []),
        ("productTags.color = 'red'", [2, 0]),
        ("productTags.color = 'red' and productTags.site = 'a'", [0]),
        ("productTags.color = 'red' and productTags.color = 'blue'", []),
        ("productTags.color = 'red' or productTags.site = 'b'", [4, 2, 0]),
        ("productTags.color = 'red' or productTags.color = 'blue'", [2, 1, 0]),
        ("exists(productTags.site)", [4, 0]),
        ("not exists(productTags.color)", [4, 3]),
        ("exists(productTags.site) and exists(productTags.color)", [0]),
        ("productTags.site = 'a' and not exists(productTags.color)", []),
        ("productTags.color = 1", []),
        ("productName like 'pump'", [1, 0]),
        ("productName like 'PUMP'", [1, 0]),
        ("productName like '红'", [0]),
        ("productName like 'red'", [2, 0]),
        ("productName.default like 'Red'", [0]),
        ("productName.en_US like 'Red'", [2, 0]),
        ("productName.zh_CN like 'pump'", [1]),
        ("(productName like 'pump') and modelId = 'AlterTest0615' and not exists(productTags.site)", [1]),
    ],
)  # fmt: skip
def test_a_search_finds_what_its_expression_says_newest_first(
    enos: Enos, catalog: tuple[Account, list[str]], expression: str | None, places: list[int]
) -> None:
    account, keys = catalog
    answer = enos.call(account, "search", {"expression": expression})
    assert answer["code"] == 0, answer
    assert [p["productKey"] for p in answer["data"]] == [keys[place] for place in places]
    assert answer["pagination"] == {
        "sortedBy": None, "pageNo": 1, "pageSize": 10, "totalSize": len(places),
    }  # fmt: skip


def test_a_search_by_model_finds_a_product_with_a_model_of_its_own_by_its_key(
    enos: Enos,
) -> None:
    account = enos.account("models of their own")
    own = Authored("iotda", msgspec.Raw(b"[]"))
    profile = Profile(name="own", model=own, model_key="AlterTest0615")
    caller = enos.caller(account)
    product = enos.store.write_now(lambda tx: registry.create(tx, caller, Draft(profile=profile)))
    keys = [handles.product_key(enos.vault, product), enos.create(account)]
    for expression, found in (
        (f"modelId = '{keys[0]}'", keys[:1]),
        (f"modelId in ('{keys[0]}', 'AlterTest0615')", keys[::-1]),
        ("modelId = 'AlterTest0615'", keys[1:]),
        (f"modelId = '{keys[1]}'", []),
    ):
        answer = enos.call(account, "search", {"expression": expression})
        assert [p["productKey"] for p in answer["data"]] == found, expression
        assert answer["pagination"]["totalSize"] == len(found)


def test_a_search_by_key_finds_each_once_newest_first(
    enos: Enos, catalog: tuple[Account, list[str]]
) -> None:
    account, keys = catalog
    listed = f"'{keys[1]}', 'zzzzzzzz', '{keys[3]}', '{keys[1]}'"
    for expression, places in (
        (f"productKey in ({listed})", [3, 1]),
        (f"productKey in ({listed}) and modelId='EnergyMeter'", [3]),
        (f"productKey = '{keys[0]}'", [0]),
        (f"productKey = '{keys[0]}' or productName like 'gate'", [4, 0]),
    ):
        answer = enos.call(account, "search", {"expression": expression})
        assert [p["productKey"] for p in answer["data"]] == [keys[place] for place in places]


@pytest.mark.parametrize("expression", [None, "productName like 'e'", "exists(productTags.color)"])
def test_pages_are_cut_alike_however_the_search_is_answered(
    enos: Enos, catalog: tuple[Account, list[str]], expression: str | None
) -> None:
    account, _ = catalog
    whole = enos.call(account, "search", {"expression": expression})["data"]
    for size in (1, 2):
        seen = []
        for number in range(1, 7):
            page = {"pageNo": number, "pageSize": size, "sorters": None}
            answer = enos.call(account, "search", {"expression": expression, "pagination": page})
            assert answer["pagination"]["totalSize"] == len(whole)
            seen += answer["data"]
        assert seen == whole


@pytest.mark.parametrize("more", ["", " and productName like 'fill'"])
def test_tags_are_found_beyond_one_block_of_the_index(enos: Enos, more: str) -> None:
    account = enos.account(f"many{more}")
    enos.fill(account, 300, tags={"k": "v"})
    enos.fill(account, 5)
    for number, size in ((2, 200), (1, 100)):
        page = {"pageNo": number, "pageSize": size}
        body = {"expression": "productTags.k='v'" + more, "pagination": page}
        answer = enos.call(account, "search", body)
        assert (len(answer["data"]), answer["pagination"]["totalSize"]) == (100, 300)
        assert all(product["productTags"] == {"k": "v"} for product in answer["data"])


def test_a_tag_that_nearly_everything_has_is_found_as_well(enos: Enos) -> None:
    account = enos.account("common")
    enos.fill(account, 2100, tags={"k": "v"})
    enos.fill(account, 3)
    body = {"expression": "productTags.k='v' and productName like 'fill'"}
    assert enos.call(account, "search", body)["pagination"]["totalSize"] == 2100


def test_a_search_by_get_without_a_body_finds_everything(
    enos: Enos, catalog: tuple[Account, list[str]]
) -> None:
    account, keys = catalog
    assert len(enos.call(account, "search")["data"]) == len(keys)


@pytest.mark.parametrize("path", ["/connect-service/v2.1/products", PRODUCTS_24])
def test_a_projection_shows_the_named_fields_only(
    enos: Enos, catalog: tuple[Account, list[str]], path: str
) -> None:
    account, keys = catalog
    body = {
        "expression": "productName.default like 'Red'",
        "projection": ["productKey", "productName.i18nValue.zh_CN", "absent"],
    }
    answer = enos.call(account, "search", body, path=path)
    assert answer["data"] == [
        {"productKey": keys[0], "productName": {"i18nValue": {"zh_CN": "红泵"}}}
    ]
    assert answer["pagination"]["totalSize"] == 1


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"expression": "productName like"}, "expression cannot be read at character"),
        ({"expression": "status = 'online'"}, "the fields are productKey, modelId"),
        ({"expression": "productName = 'Pump'"}, "productName takes like"),
        ({"expression": "productTags = 'x'"}, "a key is needed"),
        ({"expression": "x" * 5000}, "at most 4096 characters"),
        ({"expression": 3}, "expression must be of type string"),
        ({"projection": ["a..b"]}, "projection cannot hold"),
        ({"projection": "productKey"}, "projection must be of type array"),
        ({"pagination": {"pageNo": 0}}, "pagination.pageNo must be at least 1"),
        ({"pagination": {"pageSize": 0}}, "pagination.pageSize must be at least 1"),
        ({"pagination": {"pageSize": 201}}, "pagination.pageSize must be at most 200"),
        ({"pagination": {"pageSize": "many"}}, "pagination.pageSize must be of type integer"),
    ],
    ids=lambda value: str(value)[:50],
)
def test_a_search_that_cannot_be_understood_says_why(
    enos: Enos, account: Account, body: dict[str, Any], words: str
) -> None:
    answer = enos.call(account, "search", body)
    assert answer["code"] == 99400
    assert words in answer["msg"]
    assert answer["data"] is None


def test_the_largest_page_is_answered(enos: Enos) -> None:
    account = enos.account("large")
    enos.fill(account, 201)
    answer = enos.call(account, "search", {"pagination": {"pageNo": 1, "pageSize": 200}})
    assert len(answer["data"]) == 200
    last = enos.call(account, "search", {"pagination": {"pageNo": 2, "pageSize": 200}})
    assert len(last["data"]) == 1
    far = enos.call(account, "search", {"pagination": {"pageNo": 1_000_000_000, "pageSize": 200}})
    assert (far["data"], far["pagination"]["totalSize"]) == ([], 201)
