"""How EnOS refuses what is wrong of devices, keeps its quota, and shows devices of other dialects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from entrepot.core.ports import Tx
from entrepot.core.things.device import Device
from entrepot.core.things.product import Product
from tests.contract.goods import device
from tests.vendors.enos.caller import Account, Enos

DEVICES = "/connect-service/v2.1/devices"
TOPOS = "/connect-service/v2.1/device-topos"


@pytest.fixture(scope="module")
def enos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Enos]:
    context = Enos(tmp_path_factory.mktemp("enos-devices"))
    yield context
    context.close()


@pytest.fixture(scope="module")
def account(enos: Enos) -> Account:
    return enos.account("devices")


@pytest.fixture(scope="module")
def key(enos: Enos, account: Account) -> str:
    return enos.create(account)


def body(key: str, **changes: Any) -> dict[str, Any]:
    whole = {
        "productKey": key,
        "timezone": "+08:00",
        "deviceName": {"defaultValue": "D"},
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not ...}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"productKey": ...}, "productKey:productKey is missing"),
        ({"timezone": ...}, "timezone:timezone is missing"),
        ({"timezone": "8"}, "timezone must consist of an offset such as +08:00"),
        ({"timezone": "UTC+"}, "timezone must consist of"),
        ({"deviceName": ...}, "deviceName:deviceName is missing"),
        ({"deviceName": "text"}, "deviceName must be of type object"),
        (
            {"deviceName": {"defaultValue": "d" * 65}},
            "deviceName.defaultValue must have at most 64",
        ),
        ({"deviceKey": "abc"}, "deviceKey must have at least 4 characters"),
        ({"deviceKey": "a" * 65}, "deviceKey must have at most 64 characters"),
        ({"deviceKey": "with space"}, "deviceKey must consist of letters, digits, hyphens"),
        ({"deviceDesc": "d" * 513}, "deviceDesc must have at most 512 characters"),
        ({"deviceTags": {"a b": "x"}}, "must consist of letters, digits, underscores"),
        ({"deviceTags": {"a": " x"}}, "deviceTags.a must have no space at either end"),
        ({"deviceAttributes": []}, "deviceAttributes must be of type object"),
    ],
)
def test_each_limit_is_refused_by_its_name(
    enos: Enos, account: Account, key: str, changes: dict[str, Any], said: str
) -> None:
    answer = enos.call(account, "create", body(key, **changes), path=DEVICES)
    assert answer["code"] == 99400
    assert said in answer["msg"]
    assert answer["data"] is None


@pytest.mark.parametrize(
    "zone", ["+08:00", "-03:30", "UTC", "Asia/Shanghai", "America/Port-au-Prince"]
)
def test_both_forms_of_a_timezone_are_taken(
    enos: Enos, account: Account, key: str, zone: str
) -> None:
    made = enos.call(account, "create", body(key, timezone=zone), path=DEVICES)["data"]
    shown = enos.call(account, "get", path=DEVICES, assetId=made["assetId"])["data"]
    assert shown["timezone"] == zone


@pytest.mark.parametrize(
    ("query", "code", "said"),
    [
        ({}, 99400, "assetId is missing"),
        ({"productKey": "x"}, 99400, "deviceKey is missing"),
        ({"deviceKey": "x"}, 99400, "productKey is missing"),
        ({"productKey": "x", "deviceKey": "y"}, 11404, "Device cannot be found"),
        ({"assetId": "AAAAAAAA"}, 11404, "Device cannot be found"),
    ],
)
@pytest.mark.parametrize("action", ["get", "delete", "enable", "disable"])
def test_a_device_has_to_be_named_and_to_be_there(
    enos: Enos, account: Account, action: str, query: dict[str, str], code: int, said: str
) -> None:
    answer = enos.call(account, action, path=DEVICES, **query)
    assert answer["code"] == code
    assert said in answer["msg"]


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("color = 'red'", "the fields are modelId, productKey, deviceKey, assetId"),
        ("deviceName = 'x'", "deviceName takes like"),
        ("deviceTags = 'x'", "a key is needed, as in deviceTags.key"),
        ("status like 'on'", "status takes"),
        ("deviceKey", "cannot be read"),
    ],
)
def test_what_cannot_be_asked_is_told(
    enos: Enos, account: Account, expression: str, said: str
) -> None:
    answer = enos.call(account, "search", {"expression": expression}, path=DEVICES)
    assert answer["code"] == 99400
    assert said in answer["msg"]
    sub = {"gateway": {"assetId": "AAAAAAAA"}, "expression": expression}
    assert enos.call(account, "searchSubDevice", sub, path=TOPOS)["code"] == 99400


def test_sub_devices_are_not_asked_for_their_sort(enos: Enos, account: Account) -> None:
    sub = {"gateway": {"assetId": "AAAAAAAA"}, "expression": "productType = 'Device'"}
    answer = enos.call(account, "searchSubDevice", sub, path=TOPOS)
    assert "the fields are" in answer["msg"]
    assert "productType" not in answer["msg"].partition("the fields are")[2]


def test_a_product_that_is_not_there_has_no_devices(enos: Enos, account: Account) -> None:
    for action, given in (("create", body("AAAAAAAA")), ("getStats", None)):
        query = {} if given else {"productKey": "AAAAAAAA"}
        answer = enos.call(account, action, given, path=DEVICES, **query)
        assert (answer["code"], answer["msg"]) == (11404, "Product cannot be found")


def test_one_that_is_missing_keeps_all_from_being_added(enos: Enos, account: Account) -> None:
    home = enos.create(account, productType="Gateway")
    of = enos.create(account)
    authenticator, one = (
        enos.call(account, "create", body(k), path=DEVICES)["data"]["assetId"] for k in (home, of)
    )
    named = {
        "gateway": {"assetId": authenticator},
        "subDevices": [{"assetId": one}, {"assetId": "AAAAAAAA"}],
    }
    assert enos.call(account, "addSubDevice", named, path=TOPOS)["code"] == 11404
    asked = {"subDevice": {"assetId": one}}
    assert enos.call(account, "getGateway", asked, path=TOPOS)["code"] == 11404


def test_ten_thousand_devices_are_the_quota_of_a_product(enos: Enos) -> None:
    account = enos.account("device-quota", quotas=True)
    key = enos.create(account)

    def fill(tx: Tx) -> None:
        (product,) = tx.page(Product, account.tenant.id)
        for n in range(9_999):
            device(tx, product, f"filler-{n}")

    enos.store.write_now(fill)
    assert enos.call(account, "create", body(key), path=DEVICES)["code"] == 0
    refused = enos.call(account, "create", body(key), path=DEVICES)
    assert (refused["code"], refused["msg"]) == (11739, "Exceed max device size: 10000")
    stats = enos.call(account, "getStats", path=DEVICES, productKey=key)["data"]
    assert (stats["totalCount"], stats["inactiveCount"]) == (10_000, 10_000)
    body_ = {"pagination": {"pageNo": 50, "pageSize": 200}}
    page = enos.call(account, "search", body_, path=DEVICES)
    assert (len(page["data"]), page["pagination"]["totalSize"]) == (200, 10_000)
    assert page["data"][-1]["deviceKey"] == "filler-0"


def test_a_guest_is_shown_with_what_it_lacks_filled_in(enos: Enos) -> None:
    account = enos.account("device-guests")
    key = enos.create(account)

    def work(tx: Tx) -> Device:
        (product,) = tx.page(Product, account.tenant.id)
        made = device(tx, product, "P 1/é")
        new = replace(made, connection="offline", active_at=1, online_at=2, offline_at=3)
        tx.put(made, new)
        return new

    enos.store.write_now(work)
    named = {"path": DEVICES, "productKey": key, "deviceKey": "P 1/é"}
    shown = enos.call(account, "get", **named)["data"]
    assert shown["deviceName"] == {"defaultValue": "P 1/é", "i18nValue": {}}
    assert (shown["timezone"], shown["deviceAttributes"], shown["deviceTags"]) == ("+00:00", {}, {})
    assert (shown["status"], shown["activeTime"], shown["lastOnlineTime"]) == ("offline", 1, 2)
    assert shown["lastOfflineTime"] == 3
    assert enos.call(account, "update", {"deviceDesc": "mine"}, **named)["code"] == 0
    again = enos.call(account, "get", **named)["data"]
    assert again == {**shown, "deviceDesc": "mine"}


def test_who_may_only_read_changes_nothing(enos: Enos) -> None:
    account = enos.account("device-looker", permissions=("device:read",))
    assert enos.call(account, "search", {}, path=DEVICES)["code"] == 0
    for action, given in (
        ("create", body("AAAAAAAA")),
        ("update", {}),
        ("delete", None),
        ("disable", None),
    ):
        answer = enos.call(account, action, given, path=DEVICES, assetId="AAAAAAAA")
        assert answer["code"] == 99403
        assert "device:" in answer["msg"]
