"""How much and how often Alibaba takes: calls a second, products an instance, length of a request."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from alibabacloud_iot20180120 import models as m
from alibabacloud_iot20180120.client import Client
from alibabacloud_tea_openapi.exceptions import ThrottlingException
from alibabacloud_tea_openapi.models import Config

from entrepot.dialect.operation import Call
from entrepot.dialect.samples import snippet
from entrepot.vendors.aliyun import ALIYUN
from entrepot.vendors.aliyun.products import wire
from tests.server import Server
from tests.vendors.aliyun.caller import Reply, sub_user, tenant

# Calls a second and account, from the SDK's own documentation of each call.
DOCUMENTED = {
    "CreateProduct": 50,
    "QueryProduct": 50,
    "QueryProductList": 50,
    "UpdateProduct": 10,
    "DeleteProduct": 500,
    "CreateProductTags": 500,
    "UpdateProductTags": 500,
    "DeleteProductTags": 500,
    "ListProductTags": 500,
    "ListProductByTags": 500,
    "ReleaseProduct": 50,
    "CancelReleaseProduct": 50,
    "CreateThingModel": 5,
    "UpdateThingModel": 5,
    "DeleteThingModel": 5,
    "ImportThingModelTsl": 5,
    "CopyThingModel": 5,
    "PublishThingModel": 5,
    "QueryThingModel": 10,
    "QueryThingModelPublished": 10,
    "GetThingModelTsl": None,  # not said there
    "GetThingModelTslPublished": 20,
    "ListThingModelVersion": 10,
    "GetThingTemplate": 2,
    "ListThingTemplates": 5,
    "RegisterDevice": 30,
    "QueryDevice": 50,
    "QueryDeviceByStatus": 50,
    "QueryDeviceStatistics": 50,
    "QueryDeviceDetail": 50,
    "QueryDeviceInfo": None,  # not said there
    "BatchQueryDeviceDetail": 5,
    "GetDeviceStatus": 500,
    "BatchGetDeviceState": 50,
    "DeleteDevice": 50,
    "DisableThing": 500,
    "EnableThing": 500,
    "BatchUpdateDeviceNickname": 10,
    "SaveDeviceProp": 50,
    "QueryDeviceProp": 50,
    "DeleteDeviceProp": 500,
}


def test_every_operation_has_its_documented_rate() -> None:
    assert {o.name: o.rate for o in ALIYUN.operations} == DOCUMENTED


def test_two_users_of_an_account_share_its_50_calls_a_second(server: Server) -> None:
    callers = [tenant(server, "aliyun-rates"), sub_user(server, "aliyun-rates", "second", "*")]
    began = time.monotonic()
    # Refused creates count, too: a call is a call.
    with ThreadPoolExecutor(2) as pool:
        many = list(pool.map(lambda c: c.v3_all("CreateProduct", {"NodeType": 7}, 60), callers))
    took_s = time.monotonic() - began
    replies = [reply for of_one in many for reply in of_one]
    answered = [r for r in replies if r.code == "400 MissingProductName"]
    throttled = [r for r in replies if r.code == "400 Throttling.User"]
    assert len(answered) + len(throttled) == 120
    assert 50 <= len(answered) <= 50 * (1 + int(took_s))
    for of_one in many:
        waits = [int(r.headers["x-acs-retry-after"]) for r in of_one if r in throttled]
        assert waits
        assert all(1 <= wait <= 2000 for wait in waits)
    other = tenant(server, "aliyun-rates-other")
    assert other.v3("CreateProduct", {"NodeType": 7}).code == "400 MissingProductName"


def test_a_throttled_caller_may_come_again(server: Server) -> None:
    caller = tenant(server, "aliyun-again")
    replies: list[Reply] = []
    while not replies or replies[-1].status == 200:
        replies.append(caller.v3("GetThingTemplate", {"CategoryKey": "Lighting"}))
        assert len(replies) < 20
    assert replies[-1].code == "400 Throttling.User"
    time.sleep(int(replies[-1].headers["x-acs-retry-after"]) / 1000 + 0.1)
    assert caller.v3("GetThingTemplate", {"CategoryKey": "Lighting"}).status == 200


def test_the_sdk_knows_a_throttled_call_and_when_to_come_again(server: Server) -> None:
    caller = tenant(server, "aliyun-throttled-sdk")
    client = Client(
        Config(
            access_key_id=caller.access_key, access_key_secret=caller.secret,
            region_id="cn-shanghai", endpoint=caller.address, protocol="http",
        )
    )  # fmt: skip

    def many() -> None:
        for _ in range(20):
            client.get_thing_template(m.GetThingTemplateRequest(category_key="Lighting"))

    with pytest.raises(ThrottlingException) as refused:
        many()
    assert refused.value.code == "Throttling.User"
    assert 1 <= refused.value.retry_after <= 2000


def test_deep_pages_have_a_rate_of_their_own(server: Server) -> None:
    heavy = next(o.heavy for o in ALIYUN.operations if o.name == "QueryProductList")
    assert heavy is not None
    assert heavy(Call(wire.QueryProductList(CurrentPage=500, PageSize=200))) == 2
    assert heavy(Call(wire.QueryProductList(CurrentPage=499, PageSize=200))) is None
    caller = tenant(server, "aliyun-deep")
    codes = [
        caller.v3("QueryProductList", {"CurrentPage": 500, "PageSize": 200}).code for _ in range(8)
    ]
    assert codes[:2] == ["200 None"] * 2
    assert "400 Throttling.User" in codes
    assert caller.v3("QueryProductList", {"CurrentPage": 1, "PageSize": 200}).status == 200


def test_rates_can_be_switched_off(server: Server) -> None:
    caller = tenant(server, "aliyun-unlimited", rate_limits=False)
    for _ in range(8):
        assert caller.v3("GetThingTemplate", {"CategoryKey": "Lighting"}).status == 200


def test_an_instance_holds_a_thousand_products_where_quotas_are_kept(server: Server) -> None:
    caller = tenant(server, "aliyun-quota", rate_limits=False, quotas=True)

    def create(number: int) -> str:
        return caller.v3("CreateProduct", {"ProductName": f"Quota_{number}", "NodeType": 0}).code

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(create, range(1000))) == {"200 None"}
    reply = caller.v3("CreateProduct", {"ProductName": "One_more", "NodeType": 0})
    assert reply.code == "200 iot.prod.ProductCountExceedMax"
    assert "1000" in reply.said


@pytest.mark.parametrize("scheme", ["v1", "v3"])
def test_a_request_line_of_a_megabyte_works(server: Server, scheme: str) -> None:
    """Thing models travel in the query, of a POST as well."""
    caller = tenant(server, f"aliyun-long-{scheme}")
    send = caller.v1 if scheme == "v1" else caller.v3
    # A parameter that the action does not know is signed like any other, and ignored.
    model = "物模型{}" * 60_000
    assert len(model.encode()) * 3 > 1_000_000
    given = {"ProductName": "Long_line", "NodeType": 0, "TslStr": model}
    reply = send("CreateProduct", given)
    assert reply.json["Success"] is True
    assert reply.json["Data"]["ProductName"] == "Long_line"


@pytest.mark.parametrize("scheme", ["v1", "v3"])
def test_a_form_of_a_megabyte_works(server: Server, scheme: str) -> None:
    caller = tenant(server, f"aliyun-form-{scheme}")
    given = {"ProductName": "Long_form", "NodeType": 0}
    long = {"TslStr": "物模型{}" * 60_000}
    if scheme == "v1":
        reply = caller.v1("CreateProduct", {**given, **long}, in_form=("TslStr",))
    else:
        reply = caller.v3("CreateProduct", given, form=long)
    assert reply.json["Data"]["ProductName"] == "Long_form"


def test_the_snippet_runs_as_printed(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    caller = tenant(server, "aliyun-snippet")
    found = {"access_key": caller.access_key, "secret_key": caller.secret, "aliyun": caller.ids}
    exec(compile(snippet(ALIYUN, found, server.url), "snippet", "exec"), {})
    assert "Light" in capsys.readouterr().out
    listed = caller.done("QueryProductList", CurrentPage=1, PageSize=1)["Data"]
    assert listed["List"]["ProductInfo"][0]["ProductName"] == "Light"
