"""Alibaba's devices through both of its SDKs: their whole life, their status and their tags."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from alibabacloud_iot20180120 import models as m
from alibabacloud_iot20180120.client import Client
from alibabacloud_tea_openapi.models import Config
from aliyunsdkcore.client import AcsClient
from aliyunsdkiot.request.v20180120.QueryDeviceDetailRequest import QueryDeviceDetailRequest
from aliyunsdkiot.request.v20180120.RegisterDeviceRequest import RegisterDeviceRequest

from tests.server import Server
from tests.vendors.aliyun.caller import AliyunCaller, tenant

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


@pytest.fixture(scope="module")
def account(server: Server) -> AliyunCaller:
    return tenant(server, "aliyun-devices-sdk", rate_limits=False)


@pytest.fixture(params=["v3", "v1"])
def client(request: pytest.FixtureRequest, account: AliyunCaller) -> Client:
    config = Config(
        access_key_id=account.access_key,
        access_key_secret=account.secret,
        region_id="cn-shanghai",
        endpoint=account.address,
        protocol="http",
        signature_algorithm="v2" if request.param == "v1" else None,
    )
    made = Client(config)
    made.word = request.param
    return made


def product(client: Client, name: str, **more: Any) -> str:
    request = m.CreateProductRequest(
        product_name=f"{name}_{client.word}", node_type=more.pop("node_type", 0),
        aliyun_commodity_code="iothub_senior", data_format=1, **more,
    )  # fmt: skip
    key: str = client.create_product(request).body.product_key
    return key


def register(client: Client, key: str, name: str, **more: Any) -> Any:
    request = m.RegisterDeviceRequest(product_key=key, device_name=name, **more)
    answer = client.register_device(request).body
    assert answer.success is True, answer.error_message
    return answer.data


def test_a_device_s_whole_life(client: Client) -> None:
    key = product(client, "Device_life")
    made = register(client, key, "light-1@home:a.b", nickname="客厅_lamp")
    assert (made.product_key, made.device_name, made.nickname) == (
        key, "light-1@home:a.b", "客厅_lamp",
    )  # fmt: skip
    assert re.fullmatch(r"[A-Za-z0-9]{20}000100", made.iot_id)
    assert re.fullmatch(r"[A-Za-z0-9]{32}", made.device_secret)

    by_id = m.QueryDeviceDetailRequest(iot_id=made.iot_id)
    shown = client.query_device_detail(by_id).body.data
    assert (shown.device_secret, shown.nickname) == (made.device_secret, made.nickname)
    assert (shown.product_key, shown.product_name) == (key, f"Device_life_{client.word}")
    assert (shown.status, shown.node_type, shown.owner) == ("UNACTIVE", 0, True)
    assert (shown.region, shown.ip_address, shown.firmware_version) == ("cn-shanghai", "", "")
    assert (shown.gmt_active, shown.utc_active, shown.gmt_online) == ("", "", "")
    local = datetime.strptime(shown.gmt_create, "%Y-%m-%d %H:%M:%S")
    utc = datetime.strptime(shown.utc_create, "%Y-%m-%dT%H:%M:%S.%fZ")
    assert local == utc.replace(microsecond=0) + timedelta(hours=8)
    by_name = m.QueryDeviceDetailRequest(product_key=key, device_name=made.device_name)
    assert client.query_device_detail(by_name).body.data.to_map() == shown.to_map()

    info = client.query_device_info(m.QueryDeviceInfoRequest(iot_id=made.iot_id)).body.data
    assert info.to_map() == {k: v for k, v in made.to_map().items() if k in info.to_map()}
    listed = client.query_device(m.QueryDeviceRequest(product_key=key)).body
    assert (listed.total, listed.page, listed.page_size, listed.page_count) == (1, 1, 10, 1)
    (one,) = listed.data.device_info
    assert (one.iot_id, one.device_status) == (made.iot_id, "UNACTIVE")
    assert one.device_secret == made.device_secret
    shown_product = client.query_product(m.QueryProductRequest(product_key=key)).body.data
    assert shown_product.device_count == 1

    refused = client.delete_product(m.DeleteProductRequest(product_key=key)).body
    assert (refused.success, refused.code) == (False, "iot.system.IllegalRequest")
    assert "devices" in refused.error_message
    assert client.delete_device(m.DeleteDeviceRequest(iot_id=made.iot_id)).body.success
    gone = client.query_device_detail(by_id).body
    assert (gone.success, gone.code) == (False, "iot.device.NotExistedDevice")
    assert client.delete_product(m.DeleteProductRequest(product_key=key)).body.success


def test_switching_a_device_s_life_off_and_on(client: Client) -> None:
    key = product(client, "Device_switch")
    made = register(client, key, "switched")
    named = {"product_key": key, "device_name": "switched"}

    def status() -> tuple[str, int]:
        data = client.get_device_status(m.GetDeviceStatusRequest(**named)).body.data
        return data.status, data.timestamp

    before = status()
    assert before[0] == "UNACTIVE"
    assert client.disable_thing(m.DisableThingRequest(**named)).body.success
    assert client.disable_thing(m.DisableThingRequest(**named)).body.success
    assert status()[0] == "DISABLE"
    found = client.query_device_by_status(m.QueryDeviceByStatusRequest(status=8, product_key=key))
    assert [d.iot_id for d in found.body.data.simple_device_info] == [made.iot_id]
    assert found.body.total == 1
    assert client.enable_thing(m.EnableThingRequest(iot_id=made.iot_id)).body.success
    assert status() == before
    found = client.query_device_by_status(m.QueryDeviceByStatusRequest(status=8, product_key=key))
    assert (found.body.total, found.body.data.simple_device_info) == (0, [])
    ids = m.BatchGetDeviceStateRequest(iot_id=[made.iot_id, "none", made.iot_id])
    (state,) = client.batch_get_device_state(ids).body.device_status_list.device_status
    assert (state.iot_id, state.device_name, state.status) == (made.iot_id, "switched", "UNACTIVE")
    assert (state.timestamp, state.last_online_time) == (before[1], "")
    names = m.BatchGetDeviceStateRequest(product_key=key, device_name=["none", "switched"])
    (state,) = client.batch_get_device_state(names).body.device_status_list.device_status
    assert state.iot_id == made.iot_id
    counted = client.query_device_statistics(m.QueryDeviceStatisticsRequest(product_key=key))
    assert counted.body.data.to_map() == {"deviceCount": 1, "activeCount": 0, "onlineCount": 0}


def test_lists_of_devices_are_newest_first_and_paged(client: Client) -> None:
    key = product(client, "Device_list", node_type=1)
    for n in range(5):
        register(client, key, f"device-{n}")

    def page(**query: Any) -> tuple[list[str], str]:
        body = client.query_device(m.QueryDeviceRequest(product_key=key, **query)).body
        assert (body.total, body.page_size) == (5, query["page_size"])
        return [d.device_name for d in body.data.device_info], body.next_token

    first, token = page(page_size=2)
    assert first == ["device-4", "device-3"]
    assert page(page_size=2, current_page=2)[0] == ["device-2", "device-1"]
    second, token = page(page_size=2, next_token=token)
    assert second == ["device-2", "device-1"]
    assert page(page_size=2, next_token=token) == (["device-0"], "")
    assert page(page_size=5) == ([f"device-{n}" for n in (4, 3, 2, 1, 0)], "")
    request = m.BatchQueryDeviceDetailRequest(
        product_key=key, device_name=["device-3", "none", "device-0"]
    )
    found = client.batch_query_device_detail(request).body.data.data
    assert [(d.device_name, d.node_type) for d in found] == [("device-3", 1), ("device-0", 1)]


def test_tags_and_nicknames_of_devices(client: Client) -> None:
    key = product(client, "Device_tags")
    one, two = (register(client, key, f"tagged-{n}") for n in (1, 2))

    def props() -> Any:
        return json.loads(
            client.query_device_prop(m.QueryDevicePropRequest(iot_id=one.iot_id)).body.props
        )

    assert props() == {}

    def save(text: str) -> bool:
        request = m.SaveDevicePropRequest(iot_id=one.iot_id, props=text)
        done: bool = client.save_device_prop(request).body.success
        return done

    assert save('{"color":"red","层":"三 & 四"}')
    assert save('{"color":"blue","abc":"reserved","floor":3,"dry":true}')
    assert props() == {"color": "blue", "层": "三 & 四", "floor": "3", "dry": "true"}
    for key_ in ("color", "color", "floor", "dry"):
        request = m.DeleteDevicePropRequest(iot_id=one.iot_id, prop_key=key_)
        assert client.delete_device_prop(request).body.success
    assert props() == {"层": "三 & 四"}
    assert not save('{"a":["list"]}')

    info = m.BatchUpdateDeviceNicknameRequestDeviceNicknameInfo
    names = [
        info(iot_id=one.iot_id, nickname="卧室_1"),
        info(product_key=key, device_name="tagged-2", nickname="second"),
    ]
    request = m.BatchUpdateDeviceNicknameRequest(device_nickname_info=names)
    assert client.batch_update_device_nickname(request).body.success
    listed = client.query_device(m.QueryDeviceRequest(product_key=key)).body.data.device_info
    assert [d.nickname for d in listed] == ["second", "卧室_1"]
    bare = m.BatchUpdateDeviceNicknameRequest(device_nickname_info=[info(iot_id=two.iot_id)])
    assert client.batch_update_device_nickname(bare).body.success
    shown = client.query_device_info(m.QueryDeviceInfoRequest(iot_id=two.iot_id)).body.data
    assert shown.nickname == ""


def test_the_older_sdk_registers_and_shows_a_device(account: AliyunCaller, client: Client) -> None:
    key = product(client, "Device_core")
    core = AcsClient(account.access_key, account.secret, "cn-shanghai")
    core.set_auto_retry(False)

    def ask(request: Any) -> Any:
        request.set_endpoint(account.address)
        request.set_accept_format("json")
        return json.loads(core.do_action_with_exception(request))

    wanted = RegisterDeviceRequest()
    wanted.set_ProductKey(key)
    wanted.set_Nickname("unnamed")
    made = ask(wanted)["Data"]
    assert re.fullmatch(r"[A-Za-z0-9]{4,32}", made["DeviceName"])
    detail = QueryDeviceDetailRequest()
    detail.set_IotId(made["IotId"])
    assert ask(detail)["Data"]["DeviceName"] == made["DeviceName"]
