"""EnOS's devices through enos-poseidon: their whole life, searching them, and what is behind a gateway."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest

from tests.server import Server
from tests.vendors.enos.poseidon_caller import Call, caller

DEVICES = "/connect-service/v2.1/devices"
TOPOS = "/connect-service/v2.1/device-topos"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK obeys the proxies of the environment."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def call(server: Server) -> Call:
    return caller(server, server.credentials())


def done(answer: Any) -> Any:
    assert (answer["code"], answer["msg"]) == (0, "OK"), answer
    return answer["data"]


def product(call: Call, kind: str = "Device") -> str:
    body = {
        "productName": {"defaultValue": "Meters", "i18nValue": {"zh_CN": "电表"}},
        "modelId": "AlterTest0615", "productType": kind, "dataFormat": "Json",
        "biDirectionalAuth": False,
    }  # fmt: skip
    key: str = done(call("create", body))
    return key


def create(call: Call, of: str, **changes: Any) -> Any:
    body = {
        "productKey": of, "timezone": "+08:00",
        "deviceName": {"defaultValue": "Meter 1", "i18nValue": {"zh_CN": "一号电表"}}, **changes,
    }  # fmt: skip
    return done(call("create", body, path=DEVICES))


def test_a_device_s_whole_life(call: Call) -> None:
    of = product(call)
    made = create(
        call, of, deviceKey="meter-1", deviceDesc="first", deviceTags={"room": "7"},
        deviceAttributes={"capacity": 5.5, "note": None},
    )  # fmt: skip
    assert (made["productKey"], made["deviceKey"]) == (of, "meter-1")
    assert re.fullmatch(r"[A-Za-z0-9]{8}", made["assetId"])
    assert re.fullmatch(r"[A-Za-z0-9]{20}", made["deviceSecret"])
    generated = create(call, of)
    assert re.fullmatch(r"[A-Za-z0-9]{10}", generated["deviceKey"])

    shown = done(call("get", path=DEVICES, assetId=made["assetId"]))
    assert {name: shown[name] for name in made} == made
    assert shown["deviceName"] == {"defaultValue": "Meter 1", "i18nValue": {"zh_CN": "一号电表"}}
    assert shown["productName"]["defaultValue"] == "Meters"
    assert (shown["modelId"], shown["modelIdPath"]) == ("AlterTest0615", "/AlterTest0615")
    assert (shown["productType"], shown["dataFormat"]) == ("Device", "Json")
    assert (shown["deviceDesc"], shown["timezone"]) == ("first", "+08:00")
    assert (shown["deviceTags"], shown["deviceAttributes"]) == ({"room": "7"}, {"capacity": 5.5})
    assert (shown["status"], shown["activeTime"], shown["lastOnlineTime"]) == ("inactive", 0, 0)
    assert shown["measurepointLastUpdate"] is None
    by_key = call("get", path=DEVICES, productKey=of, deviceKey="meter-1")
    assert done(by_key) == shown

    change = {"deviceName": {"defaultValue": "Renamed"}, "deviceAttributes": {"floor": 2}}
    # Python's own spelling of a boolean, as in the official samples.
    assert (
        done(call("update", change, path=DEVICES, assetId=made["assetId"], IsPatchUpdate=True))
        is None
    )
    patched = done(call("get", path=DEVICES, assetId=made["assetId"]))
    assert patched["deviceName"] == {"defaultValue": "Renamed", "i18nValue": {}}
    assert patched["deviceAttributes"] == {"capacity": 5.5, "floor": 2}
    assert (patched["deviceDesc"], patched["deviceTags"]) == ("first", {"room": "7"})
    whole = {"timezone": "Asia/Shanghai", "deviceTags": {"a": "b"}}
    done(call("update", whole, path=DEVICES, assetId=made["assetId"], IsPatchUpdate=False))
    replaced = done(call("get", path=DEVICES, assetId=made["assetId"]))
    assert (replaced["deviceDesc"], replaced["deviceAttributes"]) == (None, {})
    assert (replaced["timezone"], replaced["deviceTags"]) == ("Asia/Shanghai", {"a": "b"})
    assert replaced["deviceName"]["defaultValue"] == "Renamed"

    assert call("delete", productKey=of)["code"] == 11619
    for id in (made["assetId"], generated["assetId"]):
        assert done(call("delete", path=DEVICES, assetId=id)) is None
        assert call("get", path=DEVICES, assetId=id)["code"] == 11404
    assert done(call("delete", productKey=of)) == of


def test_a_device_is_switched_off_counted_and_replaced(call: Call) -> None:
    of = product(call)
    made = create(call, of, deviceKey="switch-1")
    create(call, of, deviceKey="switch-2")
    named = {"path": DEVICES, "productKey": of, "deviceKey": "switch-1"}
    assert call("enable", **named)["code"] == 11721
    assert done(call("disable", **named)) is None
    assert call("disable", **named)["code"] == 11723
    assert done(call("get", **named))["status"] == "disabled"
    assert done(call("getStats", path=DEVICES, productKey=of)) == {
        "totalCount": 2, "onlineCount": 0, "offlineCount": 0, "inactiveCount": 1, "disabledCount": 1,
    }  # fmt: skip
    assert done(call("enable", **named)) is None
    new = done(call("replaceDevice", {"newDeviceKey": "switch-3"}, **named))
    assert (new["assetId"], new["deviceKey"]) == (made["assetId"], "switch-3")
    assert new["deviceSecret"] != made["deviceSecret"]
    assert call("get", **named)["code"] == 11404
    named["deviceKey"] = "switch-3"
    assert done(call("get", **named))["deviceSecret"] == new["deviceSecret"]
    assert call("replaceDevice", {"newDeviceKey": "switch-3"}, **named)["code"] == 11704
    assert call("replaceDevice", {"newDeviceKey": "switch-2"}, **named)["code"] == 11702
    create(call, of, deviceKey="switch-1")


def test_devices_are_searched(call: Call) -> None:
    of, word = product(call), uuid.uuid4().hex[:8]
    one = create(call, of, deviceKey="find-1", deviceTags={"site": word}, deviceAttributes={"n": 1})
    two = create(call, of, deviceKey="find-2", deviceName={"defaultValue": f"Pump {word}"})
    done(call("disable", path=DEVICES, assetId=two["assetId"]))

    def keys(expression: str, **more: Any) -> tuple[list[str], int]:
        body = {"expression": expression, "pagination": {"pageNo": 1, "pageSize": 10}, **more}
        answer = call("search", body, path=DEVICES)
        return [d["deviceKey"] for d in done(answer)], answer["pagination"]["totalSize"]

    mine = f"productKey='{of}'"
    both = (["find-2", "find-1"], 2)
    assert keys(mine) == both
    assert keys(mine, pagination={"pageNo": 2, "pageSize": 1}) == (["find-1"], 2)
    for expression, found in (
        (f"{mine} and deviceKey = 'find-1'", ["find-1"]),
        (f"{mine} and deviceKey != 'find-1'", ["find-2"]),
        (f"assetId in ('{one['assetId']}', '{two['assetId']}', 'none')", both[0]),
        (f"assetId = '{one['assetId']}' and deviceKey = 'find-2'", []),
        (f"deviceTags.site = '{word}'", ["find-1"]),
        (f"{mine} and not exists(deviceTags.site)", ["find-2"]),
        (f"{mine} and deviceAttributes.n = 1", ["find-1"]),
        (f"deviceName like 'pump {word}'", ["find-2"]),
        (f"{mine} and deviceName.zh_CN like '一号'", ["find-1"]),
        (f"{mine} and status = 'disable'", ["find-2"]),
        (f"{mine} and status in ('inactive', 'online')", ["find-1"]),
        (f"{mine} and modelId = 'AlterTest0615' and productType = 'Device'", both[0]),
        (f"{mine} and productType = 'Gateway'", []),
        ("productKey = 'nothing1'", []),
    ):  # fmt: skip
        assert keys(expression) == (found, len(found)), expression
    body = {"expression": mine, "projection": ["deviceKey", "deviceName.defaultValue"]}
    assert done(call("search", body, path=DEVICES))[1] == {
        "deviceKey": "find-1", "deviceName": {"defaultValue": "Meter 1"},
    }  # fmt: skip


def test_gateways_live_with_their_sub_devices(call: Call) -> None:
    home, of = product(call, "Gateway"), product(call)
    gateway = create(call, home, deviceKey="gate-1")
    one, two = (create(call, of, deviceKey=f"below-{n}") for n in (1, 2))
    at = {"assetId": gateway["assetId"]}
    by_key = {"productKey": of, "deviceKey": "below-1"}
    body = {"gateway": at, "subDevices": [by_key, {"assetId": two["assetId"]}]}
    assert done(call("addSubDevice", body, path=TOPOS)) is None
    assert done(call("addSubDevice", body, path=TOPOS)) is None
    assert done(call("getGateway", {"subDevice": by_key}, path=TOPOS))["deviceKey"] == "gate-1"

    def below(**more: Any) -> list[str]:
        return [
            d["deviceKey"]
            for d in done(call("searchSubDevice", {"gateway": at, **more}, path=TOPOS))
        ]

    assert below() == ["below-2", "below-1"]
    assert below(expression="deviceKey = 'below-1'") == ["below-1"]
    assert call("delete", path=DEVICES, **at)["code"] == 99400
    assert (
        call("addSubDevice", {"gateway": by_key, "subDevices": [at]}, path=TOPOS)["code"] == 11738
    )
    other = create(call, home, deviceKey="gate-2")
    wrong = {"gateway": {"assetId": other["assetId"]}, "subDevices": [by_key]}
    assert call("removeSubDevice", wrong, path=TOPOS)["code"] == 11795
    assert call("addSubDevice", wrong, path=TOPOS)["code"] == 11795
    assert (
        done(call("removeSubDevice", {"gateway": at, "subDevices": [by_key]}, path=TOPOS)) is None
    )
    assert below() == ["below-2"]
    assert (
        call("getGateway", {"subDevice": {"assetId": one["assetId"]}}, path=TOPOS)["code"] == 11404
    )
    assert done(call("delete", path=DEVICES, assetId=two["assetId"])) is None
    assert done(call("delete", path=DEVICES, **at)) is None
