"""EnOS Create Product: both editions' samples as printed, and every limit, default and leniency."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.vendors.enos.caller import BODY, START_MS, Account, Enos

OLDER_SAMPLE = """{
	"productDesc":"openapi_sdk_create_test",
	"biDirectionalAuth":false,
	"modelId":"AlterTest0615",
	"dataFormat":"Custom",
	"productName":{
		"defaultValue":"AlterTest0615_Product",
		"i18nValue":{}
	},
	"productType":"Device"
}
"""
NEWER_SAMPLE = """{
    "productDesc":"openapi_sdk_create_test",
    "biDirectionalAuth":false,
    "modelId":"AlterTest0615",
    "dataFormat":"Custom",
    "productName":{
        "defaultValue":"AlterTest0615_Product",
        "i18nValue":{}
    },
    "productType":"Device",
    "dynamicActivateEnabled":false,
    "productTags": {
        "key1": "v1"
    }
}"""


@pytest.fixture(scope="module")
def enos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Enos]:
    context = Enos(tmp_path_factory.mktemp("enos"))
    yield context
    context.close()


@pytest.fixture(scope="module")
def account(enos: Enos) -> Account:
    return enos.account("seed")


@pytest.mark.parametrize(("sample", "tags"), [(OLDER_SAMPLE, {}), (NEWER_SAMPLE, {"key1": "v1"})])
def test_the_samples_are_answered_as_printed(
    enos: Enos, account: Account, sample: str, tags: dict[str, str]
) -> None:
    answer = enos.call(account, "create", sample)
    key = answer["data"]
    assert list(answer) == ["code", "msg", "requestId", "data"]
    assert (answer["code"], answer["msg"]) == (0, "OK")
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", answer["requestId"])
    assert re.fullmatch(r"[A-Za-z0-9]{8}", key)
    shown = enos.show(account, key)
    assert re.fullmatch(r"[A-Za-z0-9]{20}", shown.pop("productSecret"))
    assert shown == {
        "orgId": account.org,
        "productKey": key,
        "productName": {"defaultValue": "AlterTest0615_Product", "i18nValue": {}},
        "productDesc": "openapi_sdk_create_test",
        "productType": "Device",
        "dataFormat": "Custom",
        "productTags": tags,
        "modelId": "AlterTest0615",
        "dynamicActivateEnabled": False,
        "dynamicActiveEnabled": False,
        "biDirectionalAuth": False,
        "defaultValidDay": None,
        "maxValidDay": None,
        "createBy": "seed",
        "createTime": START_MS,
        "updateBy": "seed",
        "updateTime": START_MS,
    }


def test_everything_that_can_be_said_is_kept(enos: Enos, account: Account) -> None:
    said = {
        "productName": {
            "defaultValue": "泵",
            "i18nValue": {"zh_CN": "泵", "en_US": "", "ja_JP": "p"},
        },
        "modelId": "Inverter",
        "productType": "Gateway",
        "dataFormat": "Custom",
        "biDirectionalAuth": True,
        "productDesc": "d" * 512,
        "dynamicActivateEnabled": True,
        "productTags": {"a/b-c_1": "two words", "empty": ""},
        "defaultValidDay": 1,
        "maxValidDay": 3650,
    }
    shown = enos.show(account, enos.create(account, **said))
    assert {name: shown[name] for name in said} == said
    assert shown["dynamicActiveEnabled"] is True


def test_a_get_creates_too(enos: Enos, account: Account) -> None:
    answer = enos.call(account, "create", BODY, method="GET")
    assert enos.show(account, answer["data"])["productName"]["defaultValue"] == "Pump"


def test_two_products_may_have_one_name(enos: Enos, account: Account) -> None:
    assert enos.create(account) != enos.create(account)


def test_each_product_has_a_secret_of_its_own(enos: Enos, account: Account) -> None:
    first, second = (enos.show(account, enos.create(account)) for _ in range(2))
    assert first["productSecret"] != second["productSecret"]


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"productName": ...}, "productName is missing"),
    ({"productName": None}, "productName is missing"),
    ({"productName": {}}, "productName.defaultValue is missing"),
    ({"productName": {"defaultValue": ""}}, "productName.defaultValue is missing"),
    ({"productName": {"defaultValue": "x" * 65}}, "productName.defaultValue must have at most 64 characters"),
    ({"productName": "Pump"}, "productName must be of type object"),
    ({"productName": {"defaultValue": "x", "i18nValue": {"zh_CN": "x" * 65}}},
     "productName.i18nValue.zh_CN must have at most 64 characters"),
    ({"productName": {"defaultValue": "x", "i18nValue": {"zh": "x"}}},
     "productName.i18nValue.zh must consist of a language and a country, as zh_CN does"),
    ({"modelId": ...}, "modelId is missing"),
    ({"modelId": ""}, "modelId is missing"),
    ({"productType": ...}, "productType is missing"),
    ({"productType": "device"}, "productType must be one of Device, Gateway"),
    ({"productType": 1}, "productType must be of type string"),
    ({"dataFormat": ...}, "dataFormat is missing"),
    ({"dataFormat": "JSON"}, "dataFormat must be one of Custom, Json"),
    ({"biDirectionalAuth": ...}, "biDirectionalAuth is missing"),
    ({"biDirectionalAuth": "yes"}, "biDirectionalAuth must be of type boolean"),
    ({"biDirectionalAuth": 1}, "biDirectionalAuth must be of type boolean"),
    ({"productDesc": "x" * 513}, "productDesc must have at most 512 characters"),
    ({"productDesc": "a\0b"}, "productDesc must not contain the character U+0000"),
    ({"dynamicActivateEnabled": "on"}, "dynamicActivateEnabled must be of type boolean"),
    ({"productTags": {"a b": "x"}},
     "productTags.a b must consist of letters, digits, underscores, slashes and hyphens"),
    ({"productTags": {"": "x"}}, "productTags. is missing"),
    ({"productTags": {"k" * 51: "x"}}, "must have at most 50 characters"),
    ({"productTags": {"k": "x" * 201}}, "productTags.k must have at most 200 characters"),
    ({"productTags": {"k": " x"}}, "productTags.k must have no space at either end"),
    ({"productTags": {"k": "x "}}, "productTags.k must have no space at either end"),
    ({"productTags": {"k": 1}}, "productTags.k must be of type string"),
    ({"productTags": {f"k{i}": "" for i in range(101)}}, "productTags must hold at most 100"),
    ({"productTags": []}, "productTags must be of type object"),
    ({"biDirectionalAuth": True, "defaultValidDay": 0}, "defaultValidDay must be at least 1"),
    ({"biDirectionalAuth": True, "defaultValidDay": 3651}, "defaultValidDay must be at most 3650"),
    ({"defaultValidDay": 1.5}, "defaultValidDay must be of type integer"),
    ({"defaultValidDay": "soon"}, "defaultValidDay must be of type integer"),
    ({"biDirectionalAuth": True, "maxValidDay": 0}, "maxValidDay must be at least 1"),
    ({"biDirectionalAuth": True, "maxValidDay": 3651}, "maxValidDay must be at most 3650"),
    ({"maxValidDay": True}, "maxValidDay must be of type integer"),
    ({"biDirectionalAuth": True, "defaultValidDay": 800, "maxValidDay": 700},
     "defaultValidDay must be at most maxValidDay, which is 700"),
    ({"biDirectionalAuth": True, "defaultValidDay": 1096},
     "defaultValidDay must be at most maxValidDay, which is 1095"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "words"), REFUSED, ids=lambda value: str(value)[:60])
def test_a_wrong_field_is_an_invalid_argument(
    enos: Enos, account: Account, change: dict[str, Any], words: str
) -> None:
    body = {name: value for name, value in {**BODY, **change}.items() if value is not ...}
    before = enos.call(account, "search", {})["pagination"]["totalSize"]
    answer = enos.call(account, "create", body)
    assert (answer["code"], answer["data"]) == (99400, None)
    assert answer["msg"].startswith("Invalid Argument ")
    assert words in answer["msg"]
    assert enos.call(account, "search", {})["pagination"]["totalSize"] == before


def test_a_missing_field_is_said_in_the_documented_form(enos: Enos, account: Account) -> None:
    body = {name: value for name, value in BODY.items() if name != "modelId"}
    answer = enos.call(account, "create", body)
    assert answer["msg"] == "Invalid Argument modelId:modelId is missing"


ACCEPTED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    # Texts for booleans and integers, in official samples.
    ({"dynamicActivateEnabled": "false"}, {"dynamicActivateEnabled": False}),
    ({"dynamicActivateEnabled": "true"}, {"dynamicActivateEnabled": True}),
    ({"biDirectionalAuth": "True"}, {"biDirectionalAuth": True}),
    ({"biDirectionalAuth": True, "defaultValidDay": "730", "maxValidDay": "1460"},
     {"defaultValidDay": 730, "maxValidDay": 1460}),
    # Names: no translations, null ones, the characters that only the console refuses.
    ({"productName": {"defaultValue": "x", "i18nValue": None}},
     {"productName": {"defaultValue": "x", "i18nValue": {}}}),
    ({"productName": {"defaultValue": "x", "i18nValue": {"zh_CN": None, "es_ES": "y"}}},
     {"productName": {"defaultValue": "x", "i18nValue": {"es_ES": "y"}}}),
    ({"productName": {"defaultValue": "<Product_Name_biDirectionalAuth>"}},
     {"productName": {"defaultValue": "<Product_Name_biDirectionalAuth>", "i18nValue": {}}}),
    ({"productName": {"defaultValue": "x" * 64}},
     {"productName": {"defaultValue": "x" * 64, "i18nValue": {}}}),
    # Nulls stand for what is absent.
    ({"productDesc": None, "productTags": None, "dynamicActivateEnabled": None, "maxValidDay": None},
     {"productDesc": None, "productTags": {}, "dynamicActivateEnabled": False, "maxValidDay": None}),
    # Limits, to the last.
    ({"productTags": {f"k{i}": "v" * 200 for i in range(100)}},
     {"productTags": {f"k{i}": "v" * 200 for i in range(100)}}),
    ({"productTags": {"k" * 50: "v"}}, {"productTags": {"k" * 50: "v"}}),
    # Days without certificates are ignored, whatever they are; an official sample sends some.
    ({"defaultValidDay": 800, "maxValidDay": 2000}, {"defaultValidDay": None, "maxValidDay": None}),
    ({"defaultValidDay": 9999, "maxValidDay": 0}, {"defaultValidDay": None, "maxValidDay": None}),
    ({"defaultValidDay": 900, "maxValidDay": 800}, {"defaultValidDay": None, "maxValidDay": None}),
    # With certificates the documented days stand where nobody said otherwise.
    ({"biDirectionalAuth": True}, {"defaultValidDay": 730, "maxValidDay": 1095}),
    ({"biDirectionalAuth": True, "maxValidDay": 1000}, {"defaultValidDay": 730, "maxValidDay": 1000}),
    ({"biDirectionalAuth": True, "defaultValidDay": 1095}, {"defaultValidDay": 1095, "maxValidDay": 1095}),
    # The default is never above the maximum.
    ({"biDirectionalAuth": True, "maxValidDay": 730}, {"defaultValidDay": 730, "maxValidDay": 730}),
    ({"biDirectionalAuth": True, "maxValidDay": 100}, {"defaultValidDay": 100, "maxValidDay": 100}),
    ({"biDirectionalAuth": True, "defaultValidDay": 700, "maxValidDay": 700},
     {"defaultValidDay": 700, "maxValidDay": 700}),
    ({}, {"productDesc": None, "dynamicActivateEnabled": False, "defaultValidDay": None}),
    ({"surprise": {"a": [1]}}, {"productName": {"defaultValue": "Pump", "i18nValue": {}}}),
]  # fmt: skip


@pytest.mark.parametrize(("change", "shown"), ACCEPTED, ids=lambda value: str(value)[:60])
def test_what_clients_really_send_is_taken(
    enos: Enos, account: Account, change: dict[str, Any], shown: dict[str, Any]
) -> None:
    product = enos.show(account, enos.create(account, **change))
    assert {name: product[name] for name in shown} == shown


def test_an_unknown_model_is_refused_as_the_newer_edition_says(
    enos: Enos, account: Account
) -> None:
    answer = enos.call(account, "create", {**BODY, "modelId": "Nothing"})
    assert (answer["code"], answer["msg"], answer["data"]) == (99500, "Query model failed", None)


def test_an_option_speaks_the_older_edition(enos: Enos) -> None:
    older = enos.account("older", options={"enos.unknown_model_code": "11699"})
    answer = enos.call(older, "create", {**BODY, "modelId": "Nothing"})
    assert (answer["code"], answer["msg"]) == (11699, "ModelId does not exist")


def test_the_documented_quota_holds_where_quotas_are_on(enos: Enos) -> None:
    limited, free = enos.account("limited", quotas=True), enos.account("free")
    for account in (limited, free):
        enos.fill(account, 1999)
        enos.create(account)
    answer = enos.call(limited, "create", BODY)
    assert (answer["code"], answer["msg"]) == (99400, "The organization has its 2000 products")
    enos.create(free)
