"""How Alibaba refuses what is wrong of devices, what a quota and a gateway do, and devices of other dialects."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest
from msgspec.structs import replace

from entrepot import main as root
from entrepot.core.accounts.tenancy import tenant_named
from entrepot.core.ports import Tx
from entrepot.core.things.device import Device
from entrepot.core.things.product import Product
from tests.contract.goods import device
from tests.server import Server
from tests.vendors.aliyun.caller import AliyunCaller, sub_user, tenant

NOWHERE = "a1AAAAAAAAA"
FORMATTED = "iot.common.InvalidFormattedParameter"


@pytest.fixture(scope="module")
def account(server: Server) -> AliyunCaller:
    return tenant(server, "aliyun-devices", rate_limits=False)


@pytest.fixture(scope="module")
def key(account: AliyunCaller) -> str:
    made = account.done(
        "CreateProduct", ProductName="devices", NodeType=0, AliyunCommodityCode="iothub_senior"
    )
    name: str = made["ProductKey"]
    return name


@pytest.mark.parametrize(
    ("given", "code", "words"),
    [
        ({"DeviceName": "abc"}, "iot.device.InvalidFormattedDeviceName", "at least 4"),
        ({"DeviceName": "a" * 33}, "iot.device.InvalidFormattedDeviceName", "at most 32"),
        ({"DeviceName": "with space"}, "iot.device.InvalidFormattedDeviceName", "must consist of"),
        (
            {"Nickname": "abc"},
            FORMATTED,
            "at least 4 characters, a Chinese character counting as two",
        ),
        ({"Nickname": "灯" * 33}, FORMATTED, "at most 64"),
        ({"Nickname": "ラ" * 33}, FORMATTED, "at most 64"),
        (
            {"Nickname": "a-b-c"},
            FORMATTED,
            "Chinese and Japanese characters, letters, digits and underscores",
        ),
        ({"ProductKey": "short"}, "iot.prod.InvalidFormattedProductkey", "11 letters and digits"),
        ({"ProductKey": NOWHERE}, "iot.prod.NotExistedProduct", NOWHERE),
        ({"LoraNodeType": "OTHER"}, FORMATTED, "ALIYUNDEFINED, USERDEFINED"),
    ],
)
def test_what_a_new_device_may_not_be(
    account: AliyunCaller, key: str, given: dict[str, str], code: str, words: str
) -> None:
    reply = account.v3("RegisterDevice", {"ProductKey": key, "DeviceName": "good", **given})
    assert (reply.status, reply.json["Code"]) == (200, code)
    assert reply.json["Success"] is False
    assert words in reply.said


def test_what_a_lora_node_lacks_is_named(account: AliyunCaller, key: str) -> None:
    given = {"ProductKey": key, "LoraNodeType": "USERDEFINED", "DevEui": "d896e0ff00000240"}
    reply = account.v3("RegisterDevice", given)
    assert reply.code == "400 MissingJoinEui"
    assert "AppKey" in reply.said
    whole = {**given, "JoinEui": "d896e0efff00000", "AppKey": "k" * 32}
    made = account.done("RegisterDevice", **whole)["Data"]
    assert (made["DevEui"], made["JoinEui"]) == ("d896e0ff00000240", "d896e0efff00000")


def test_what_lies_on_the_limits_is_taken(account: AliyunCaller, key: str) -> None:
    account.done("RegisterDevice", ProductKey=key, DeviceName="a-_@", Nickname="灯灯")
    made = account.done(
        "RegisterDevice", ProductKey=key, DeviceName="a.:" * 10 + "xy", Nickname="灯" * 32
    )
    assert made["Data"]["Nickname"] == "灯" * 32
    # A Japanese character counts as two, as a Chinese one does.
    made = account.done("RegisterDevice", ProductKey=key, DeviceName="kana", Nickname="ランプ" * 10)
    assert made["Data"]["Nickname"] == "ランプ" * 10
    reply = account.v3("RegisterDevice", {"ProductKey": key, "DeviceName": "a-_@"})
    assert reply.code == "200 iot.device.AlreadyExistedDeviceName"
    assert "a-_@" in reply.said


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, "iot.prod.NullProductKey"),
        ({"DeviceName": "light"}, "iot.prod.NullProductKey"),
        ({"ProductKey": NOWHERE}, "iot.device.NullDeviceName"),
        ({"ProductKey": NOWHERE, "DeviceName": "light"}, "iot.device.NotExistedDevice"),
        ({"IotId": "none"}, "iot.device.NotExistedDevice"),
        ({"IotId": "a" * 65}, "iot.device.InvalidIoTId"),
    ],
)
@pytest.mark.parametrize(
    "action", ["QueryDeviceDetail", "GetDeviceStatus", "DisableThing", "DeleteDevice"]
)
def test_a_device_has_to_be_named_and_to_be_there(
    account: AliyunCaller, action: str, given: dict[str, str], code: str
) -> None:
    reply = account.v3(action, given)
    assert reply.code == f"200 {code}"


def test_the_iot_id_wins(account: AliyunCaller, key: str) -> None:
    made = account.done("RegisterDevice", ProductKey=key, DeviceName="the-winner")["Data"]
    given = {"IotId": made["IotId"], "ProductKey": NOWHERE, "DeviceName": "nothing"}
    assert account.done("QueryDeviceInfo", **given)["Data"]["DeviceName"] == "the-winner"
    other = {"ProductKey": NOWHERE, "DeviceName.1": "x", "IotId.1": made["IotId"]}
    states = account.done("BatchGetDeviceState", **other)["DeviceStatusList"]["DeviceStatus"]
    assert [s["DeviceName"] for s in states] == ["the-winner"]


@pytest.mark.parametrize(
    ("action", "given", "code"),
    [
        ("QueryDevice", {"PageSize": 51}, "iot.common.InvalidPageParams"),
        ("QueryDevice", {"CurrentPage": 0}, "iot.common.InvalidPageParams"),
        ("QueryDevice", {"NextToken": "none"}, FORMATTED),
        ("QueryDeviceByStatus", {"Status": 2}, FORMATTED),
        ("QueryDevice", {"ProductKey": NOWHERE}, "iot.prod.NotExistedProduct"),
        ("QueryDeviceByStatus", {"Status": 0, "ProductKey": NOWHERE}, "iot.prod.NotExistedProduct"),
        ("QueryDeviceStatistics", {"ProductKey": NOWHERE}, "iot.prod.NotExistedProduct"),
        ("BatchQueryDeviceDetail", {"ProductKey": NOWHERE, "DeviceName.1": "x"},
         "iot.prod.NotExistedProduct"),
        ("BatchQueryDeviceDetail", {f"DeviceName.{n}": "x" for n in range(1, 102)},
         "iot.device.DeviceCountExceeded"),
        ("BatchGetDeviceState", {"DeviceName.1": ""}, "iot.device.NullDeviceName"),
        ("BatchUpdateDeviceNickname",
         {"DeviceNicknameInfo.1.IotId": "none", "DeviceNicknameInfo.1.Nickname": "abcd"},
         "iot.device.NotExistedDevice"),
        ("BatchUpdateDeviceNickname", {"DeviceNicknameInfo.1.Nickname": "abcd"}, FORMATTED),
        ("BatchUpdateDeviceNickname",
         {"DeviceNicknameInfo.1.IotId": "none", "DeviceNicknameInfo.1.Nickname": "a-lamp"},
         "iot.device.InvalidDeviceNickNameExisted"),
    ],
)  # fmt: skip
def test_a_list_s_parameters_are_checked(
    account: AliyunCaller, key: str, action: str, given: dict[str, Any], code: str
) -> None:
    assert account.v3(action, {"ProductKey": key, **given}).code == f"200 {code}"


@pytest.mark.parametrize(
    ("props", "code"),
    [
        ("", "iot.device.NullDevicePropertiesString"),
        ("x" * 5121, "iot.device.LongDevicePropertiesString"),
        ("{", "iot.device.InvalidFormattedDevicePropertiesString"),
        ("[]", "iot.device.InvalidFormattedDevicePropertiesString"),
        ("{}", "iot.device.InvalidFormattedDevicePropertiesString"),
        ('{"":"x"}', "iot.device.InvalidFormattedDevicePropertiesString"),
        ('{"a":null}', "iot.device.InvalidFormattedDevicePropertiesString"),
        ('{"a":"\\u0000"}', "iot.device.InvalidFormattedDevicePropertiesString"),
    ],
)
def test_tags_have_codes_of_their_own(
    account: AliyunCaller, key: str, props: str, code: str
) -> None:
    given = {"ProductKey": key, "DeviceName": "light", "Props": props}
    assert account.v3("SaveDeviceProp", given).code == f"200 {code}"


def test_a_device_has_a_hundred_tags_at_most(account: AliyunCaller, key: str) -> None:
    made = account.done("RegisterDevice", ProductKey=key, DeviceName="tagged")["Data"]
    many = "{" + ",".join(f'"k{n}":"v"' for n in range(100)) + "}"
    account.done("SaveDeviceProp", IotId=made["IotId"], Props=many)
    reply = account.v3("SaveDeviceProp", {"IotId": made["IotId"], "Props": '{"one":"more"}'})
    assert reply.code == "200 iot.device.TooManyDevicePropertiesPerTime"
    account.done("SaveDeviceProp", IotId=made["IotId"], Props='{"k1":"other"}')


def test_there_are_no_groups(account: AliyunCaller, key: str) -> None:
    account.done("RegisterDevice", ProductKey=key, DeviceName="in-no-group")
    data = account.done("QueryDeviceStatistics", GroupId="g")["Data"]
    assert data == {"deviceCount": 0, "activeCount": 0, "onlineCount": 0}
    assert account.done("QueryDeviceStatistics")["Data"]["deviceCount"] > 0


def test_the_documented_rate_is_kept(server: Server) -> None:
    busy = tenant(server, "aliyun-devices-busy")
    replies = busy.v3_all("RegisterDevice", {"ProductKey": NOWHERE}, 40)
    throttled = [r for r in replies if r.code == "400 Throttling.User"]
    assert len(throttled) == 10
    assert all("30 calls in 1 s" in r.said for r in throttled)


def test_a_list_of_products_counts_their_devices(account: AliyunCaller, key: str) -> None:
    account.done("RegisterDevice", ProductKey=key, DeviceName="counted")
    empty = account.done("CreateProduct", ProductName="none_here", NodeType=0)["ProductKey"]
    page = account.done("QueryProductList", CurrentPage=1, PageSize=10)["Data"]["List"]
    counts = {p["ProductKey"]: p["DeviceCount"] for p in page["ProductInfo"]}
    one = account.done("QueryProduct", ProductKey=key)["Data"]["DeviceCount"]
    assert (counts[key], counts[empty]) == (one, 0)
    assert one > 0
    account.done("DeleteProduct", ProductKey=empty)


def test_who_may_only_read_changes_nothing(server: Server, account: AliyunCaller, key: str) -> None:
    account.done("RegisterDevice", ProductKey=key, DeviceName="looked-at")
    looker = sub_user(server, "aliyun-devices", "device-looker", "device:read")
    named = {"ProductKey": key, "DeviceName": "looked-at"}
    assert looker.done("QueryDeviceInfo", **named)
    for action, given in (
        ("RegisterDevice", {"ProductKey": key}), ("DisableThing", named), ("DeleteDevice", named),
        ("SaveDeviceProp", {**named, "Props": '{"a":"b"}'}),
    ):  # fmt: skip
        assert looker.v3(action, given).code == "403 Forbidden.RAM"


# Of other dialects, and what only connecting would bring about


def _write(server: Server, work: Any) -> Any:
    with closing(root.open_installation(server.config)) as installation:
        return installation.store.write_now(work)


def test_a_guest_is_shown_with_what_it_lacks_filled_in(
    server: Server, account: AliyunCaller, key: str
) -> None:
    def work(tx: Tx) -> None:
        owner = tenant_named(tx, "aliyun-devices")
        (product,) = tx.page(Product, owner.id)
        made = device(tx, product, "P 1/é")
        tags = {"room": "7", "abc": "hidden"}
        tx.put(made, replace(made, tags=tags, connection="online", online_at=1_533_523_670_000))

    _write(server, work)
    named = {"ProductKey": key, "DeviceName": "P 1/é"}
    shown = account.done("QueryDeviceDetail", **named)["Data"]
    assert (shown["Nickname"], shown["Status"]) == ("", "ONLINE")
    # The page's own sample of one moment in two columns.
    assert (shown["GmtOnline"], shown["UtcOnline"]) == (
        "2018-08-06 10:47:50", "2018-08-06T02:47:50.000Z",
    )  # fmt: skip
    assert account.done("QueryDeviceProp", **named)["Props"] == '{"room":"7"}'
    counted = account.done("QueryDeviceStatistics", ProductKey=key)["Data"]
    assert (counted["activeCount"], counted["onlineCount"]) == (1, 1)
    assert account.done("QueryDeviceByStatus", Status=1)["Total"] == 1


def test_what_is_behind_a_deleted_gateway_stays(server: Server) -> None:
    account = tenant(server, "aliyun-gateways", rate_limits=False)
    key = account.done("CreateProduct", ProductName="gateways", NodeType=1)["ProductKey"]

    def work(tx: Tx) -> None:
        (product,) = tx.page(Product, tenant_named(tx, "aliyun-gateways").id)
        gateway = device(tx, product, "gate", children=1)
        device(tx, product, "behind", gateway=gateway.id)

    _write(server, work)
    account.done("DeleteDevice", ProductKey=key, DeviceName="gate")
    account.done("QueryDeviceDetail", ProductKey=key, DeviceName="behind")

    def look(tx: Tx) -> Any:
        (left,) = tx.page(Device, tenant_named(tx, "aliyun-gateways").id)
        return left.key, left.gateway

    assert _write(server, look) == ("behind", None)


def test_a_million_devices_are_the_quota_of_a_product(server: Server) -> None:
    """The total is what counts, so the test says it in place of a million devices."""
    account = tenant(server, "aliyun-device-quota", rate_limits=False, quotas=True)
    key = account.done("CreateProduct", ProductName="quota", NodeType=0)["ProductKey"]

    def work(tx: Any) -> None:
        (product,) = tx.page(Product, tenant_named(tx, "aliyun-device-quota").id)
        tx._histograms(product.tenant, "device", product.id, product.id, 999_999)
        tx._save()

    def undo(tx: Any) -> None:
        (product,) = tx.page(Product, tenant_named(tx, "aliyun-device-quota").id)
        tx._histograms(product.tenant, "device", product.id, product.id, -999_999)
        tx._save()

    _write(server, work)
    account.done("RegisterDevice", ProductKey=key, DeviceName="the-last")
    reply = account.v3("RegisterDevice", {"ProductKey": key, "DeviceName": "one-more"})
    assert reply.code == "200 iot.device.DeviceNumberExceedInstance"
    assert "1000000" in reply.said
    _write(server, undo)
