"""Alibaba through aliyun-python-sdk-core and -iot: GET and POST, JSON and XML."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pytest
from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import CommonRequest
from aliyunsdkiot.request.v20180120.CancelReleaseProductRequest import CancelReleaseProductRequest
from aliyunsdkiot.request.v20180120.CreateProductRequest import CreateProductRequest
from aliyunsdkiot.request.v20180120.CreateProductTagsRequest import CreateProductTagsRequest
from aliyunsdkiot.request.v20180120.DeleteProductRequest import DeleteProductRequest
from aliyunsdkiot.request.v20180120.DeleteProductTagsRequest import DeleteProductTagsRequest
from aliyunsdkiot.request.v20180120.GetThingTemplateRequest import GetThingTemplateRequest
from aliyunsdkiot.request.v20180120.ListProductByTagsRequest import ListProductByTagsRequest
from aliyunsdkiot.request.v20180120.ListProductTagsRequest import ListProductTagsRequest
from aliyunsdkiot.request.v20180120.ListThingTemplatesRequest import ListThingTemplatesRequest
from aliyunsdkiot.request.v20180120.QueryProductListRequest import QueryProductListRequest
from aliyunsdkiot.request.v20180120.QueryProductRequest import QueryProductRequest
from aliyunsdkiot.request.v20180120.ReleaseProductRequest import ReleaseProductRequest
from aliyunsdkiot.request.v20180120.UpdateProductRequest import UpdateProductRequest
from aliyunsdkiot.request.v20180120.UpdateProductTagsRequest import UpdateProductTagsRequest

from tests.server import Server
from tests.vendors.aliyun.caller import AliyunCaller, tenant

# The SDK leaves its connections to the garbage collector, which must find them before the next test.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


@pytest.fixture(autouse=True)
def left_connections() -> Iterator[None]:
    yield
    gc.collect()


@pytest.fixture(scope="module")
def account(server: Server) -> AliyunCaller:
    return tenant(server, "aliyun-core-sdk", rate_limits=False)


class Core:
    """The SDK's client with one method and one format; answers are plain values."""

    def __init__(self, account: AliyunCaller, method: str, format: str) -> None:
        self.address, self.method, self.format = account.address, method, format
        self.word = f"{method}_{format}"
        self._client = AcsClient(account.access_key, account.secret, "cn-shanghai")

    def ask(self, kind: type[Any], **given: Any) -> Any:
        request = kind()
        for name, value in given.items():
            getattr(request, f"set_{name}")(value)
        return self.send(request)

    def send(self, request: Any) -> Any:
        request.set_endpoint(self.address)
        request.set_method(self.method)
        if self.format == "JSON":
            return json.loads(self._client.do_action_with_exception(request))
        request.set_accept_format("xml")
        root = ElementTree.fromstring(raw(self._client, request))
        assert root.tag == f"{request.get_action_name()}Response"
        return plain(root)


def raw(client: AcsClient, request: Any) -> bytes:
    """The bytes of an answer: the SDK's only way to one that is not JSON, and deprecated."""
    with pytest.warns(DeprecationWarning, match="do_action"):
        answer: bytes = client.do_action(request)
    return answer


def plain(element: ElementTree.Element) -> Any:
    """An element with children as a mapping, where a repeated child is a list; else its text."""
    if not len(element):
        return element.text or ""
    found: dict[str, Any] = {}
    for child in element:
        value = plain(child)
        if child.tag in found:
            before = found[child.tag]
            found[child.tag] = [*before, value] if isinstance(before, list) else [before, value]
        else:
            found[child.tag] = value
    return found


def many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.fixture(params=["GET JSON", "POST JSON", "GET XML", "POST XML"])
def core(request: pytest.FixtureRequest, account: AliyunCaller) -> Core:
    return Core(account, *request.param.split())


def test_the_whole_life_of_a_product(core: Core) -> None:
    name = f"Core灯_{core.word}"
    made = core.ask(
        CreateProductRequest, ProductName=name, NodeType=1, AliyunCommodityCode="iothub_senior",
        DataFormat=0, PublishAuto=False, CategoryKey="Lighting", Description="<a> & 'b' + %",
    )  # fmt: skip
    assert str(made["Success"]).lower() == "true"
    key, data = made["ProductKey"], made["Data"]
    assert data["ProductKey"] == key
    assert data["Description"] == "<a> & 'b' + %"
    assert (str(data["NodeType"]), str(data["DataFormat"])) == ("1", "0")

    shown = core.ask(QueryProductRequest, ProductKey=key)["Data"]
    assert (shown["ProductName"], shown["ProductSecret"]) == (name, data["ProductSecret"])
    assert (str(shown["NetType"]), shown["CategoryKey"]) == ("3", "Lighting")

    listed = core.ask(QueryProductListRequest, CurrentPage=1, PageSize=200)["Data"]
    assert key in [p["ProductKey"] for p in many(listed["List"]["ProductInfo"])]

    core.ask(UpdateProductRequest, ProductKey=key, ProductName=name + "2", Description="new")
    shown = core.ask(QueryProductRequest, ProductKey=key)["Data"]
    assert (shown["ProductName"], shown["Description"]) == (name + "2", "new")

    core.ask(ReleaseProductRequest, ProductKey=key)
    refused = core.ask(DeleteProductRequest, ProductKey=key)
    assert str(refused["Success"]).lower() == "false"
    assert refused["Code"] == "iot.system.IllegalRequest"
    core.ask(CancelReleaseProductRequest, ProductKey=key)
    core.ask(DeleteProductRequest, ProductKey=key)
    assert core.ask(QueryProductRequest, ProductKey=key)["Code"] == "iot.prod.NotExistedProduct"


def test_tags(core: Core) -> None:
    name = f"Tags_{core.word}"
    key = core.ask(CreateProductRequest, ProductName=name, NodeType=0)["ProductKey"]
    tags = [{"TagKey": "a", "TagValue": core.word}, {"TagKey": "b", "TagValue": "2"}]
    core.ask(CreateProductTagsRequest, ProductKey=key, ProductTags=tags)
    core.ask(
        UpdateProductTagsRequest, ProductKey=key, ProductTags=[{"TagKey": "b", "TagValue": "3"}]
    )
    listed = core.ask(ListProductTagsRequest, ProductKey=key)["Data"]["ProductTag"]
    assert {t["TagKey"]: t["TagValue"] for t in listed} == {"a": core.word, "b": "3"}
    found = core.ask(ListProductByTagsRequest, ProductTags=[{"TagKey": "a", "TagValue": core.word}])
    assert [p["ProductKey"] for p in many(found["ProductInfos"]["ProductInfo"])] == [key]
    core.ask(DeleteProductTagsRequest, ProductKey=key, ProductTagKeys=["a"])
    left = core.ask(ListProductTagsRequest, ProductKey=key)["Data"]["ProductTag"]
    assert [t["TagKey"] for t in many(left)] == ["b"]


def test_categories(core: Core) -> None:
    listed = core.ask(ListThingTemplatesRequest)["Data"]
    assert {"CategoryKey": "Lighting", "CategoryName": "Street lamp"} in listed
    model = core.ask(GetThingTemplateRequest, CategoryKey="Lighting")["ThingModelJSON"]
    assert json.loads(model)["properties"][0]["identifier"] == "LightSwitch"


def test_a_common_request_needs_no_generated_class(core: Core) -> None:
    request = CommonRequest(
        domain=core.address, version="2018-01-20", action_name="ListThingTemplates"
    )
    assert core.send(request)["RequestId"]


def test_without_a_format_the_answer_is_xml(account: AliyunCaller) -> None:
    """The SDK then sends `Format=None`."""
    client = AcsClient(account.access_key, account.secret, "cn-shanghai")
    request = ListThingTemplatesRequest()
    request.set_endpoint(account.address)
    root = ElementTree.fromstring(raw(client, request))
    assert root.tag == "ListThingTemplatesResponse"
    assert root.findtext("Success") == "true"


def test_refusals_are_exceptions_of_the_sdk(account: AliyunCaller) -> None:
    request = CreateProductRequest()
    request.set_endpoint(account.address)
    client = AcsClient(account.access_key, account.secret, "cn-shanghai")
    with pytest.raises(ServerException) as refused:
        client.do_action_with_exception(request)
    assert refused.value.get_error_code() == "MissingNodeType"
    assert refused.value.get_http_status() == 400
    assert "ProductName is mandatory" in refused.value.get_error_msg()


def test_a_wrong_secret_is_told_from_a_wrong_signature(account: AliyunCaller) -> None:
    """The SDK compares the string to sign with its own: equal texts mean that the secret is wrong."""
    request = ListThingTemplatesRequest()
    request.set_endpoint(account.address)
    client = AcsClient(account.access_key, "wrong", "cn-shanghai")
    with pytest.raises(ServerException) as refused:
        client.do_action_with_exception(request)
    assert refused.value.get_error_code() == "InvalidAccessKeySecret"
