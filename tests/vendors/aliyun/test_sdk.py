"""Alibaba through alibabacloud_iot20180120, with either signature: the whole life of a product."""

from __future__ import annotations

import json
import re

import pytest
from alibabacloud_iot20180120 import models as m
from alibabacloud_iot20180120.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tea_openapi.models import Config

from tests.server import Server
from tests.vendors.aliyun.caller import AliyunCaller, tenant

REQUEST_ID = re.compile(r"[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}")


@pytest.fixture(scope="module")
def account(server: Server) -> AliyunCaller:
    return tenant(server, "aliyun-sdk", rate_limits=False)


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
    made.word = request.param  # tells the two runs' products apart
    return made


def create(client: Client, name: str, **more: object) -> m.CreateProductResponseBody:
    request = m.CreateProductRequest(
        product_name=f"{name}_{client.word}", node_type=0, aliyun_commodity_code="iothub_senior",
        data_format=1, **more,
    )  # fmt: skip
    return client.create_product(request).body


def show(client: Client, key: str) -> m.QueryProductResponseBody:
    return client.query_product(m.QueryProductRequest(product_key=key)).body


def test_a_product_is_made_shown_changed_and_deleted(client: Client) -> None:
    body = create(
        client, "Street_灯", description="a b+c*~", category_key="Lighting", net_type="CELLULAR",
        publish_auto=False, validate_type=2, auth_type="x509", resource_group_id="rg-1",
    )  # fmt: skip
    assert body.success is True
    assert body.code is None
    assert REQUEST_ID.fullmatch(body.request_id)
    data = body.data
    assert data.product_key == body.product_key
    assert re.fullmatch(r"a1[A-Za-z0-9]{9}", body.product_key)
    assert re.fullmatch(r"[A-Za-z0-9]{16}", data.product_secret)
    assert (data.product_name, data.description) == (f"Street_灯_{client.word}", "a b+c*~")
    assert (data.node_type, data.data_format, data.id_2) == (0, 1, False)
    assert (data.aliyun_commodity_code, data.auth_type) == ("iothub_senior", "x509")

    shown = show(client, body.product_key).data
    assert shown.product_secret == data.product_secret
    assert (shown.category_key, shown.category_name) == ("Lighting", "Street lamp")
    assert (shown.net_type, shown.validate_type, shown.device_count) == (6, 2, 0)
    assert (shown.product_status, shown.owner) == ("DEVELOPMENT_STATUS", True)
    assert shown.gmt_create > 1_700_000_000_000

    renamed = m.UpdateProductRequest(
        product_key=body.product_key, product_name="Lamp" + client.word
    )
    assert client.update_product(renamed).body.success is True
    again = show(client, body.product_key).data
    assert (again.product_name, again.description) == ("Lamp" + client.word, "a b+c*~")

    gone = client.delete_product(m.DeleteProductRequest(product_key=body.product_key)).body
    assert gone.success is True
    lost = show(client, body.product_key)
    assert (lost.success, lost.code) == (False, "iot.prod.NotExistedProduct")
    assert body.product_key in lost.error_message
    assert lost.data is None


def test_products_are_listed_newest_first(client: Client) -> None:
    keys = [create(client, f"Listed{i}").product_key for i in range(3)]
    found = client.query_product_list(m.QueryProductListRequest(current_page=1, page_size=2)).body
    data = found.data
    assert [p.product_key for p in data.list.product_info] == keys[:0:-1]
    assert (data.current_page, data.page_size) == (1, 2)
    assert data.page_count == -(-data.total // 2)
    first = data.list.product_info[0]
    assert (first.product_name, first.auth_type) == (f"Listed2_{client.word}", "secret")
    assert (first.node_type, first.data_format, first.device_count) == (0, 1, 0)


def test_a_released_product_stays_until_the_release_is_taken_back(client: Client) -> None:
    key = create(client, "Released").product_key
    assert client.release_product(m.ReleaseProductRequest(product_key=key)).body.success
    assert show(client, key).data.product_status == "RELEASE_STATUS"
    refused = client.delete_product(m.DeleteProductRequest(product_key=key)).body
    assert refused.success is False
    assert "CancelReleaseProduct" in refused.error_message
    assert client.cancel_release_product(
        m.CancelReleaseProductRequest(product_key=key)
    ).body.success
    assert show(client, key).data.product_status == "DEVELOPMENT_STATUS"
    assert client.delete_product(m.DeleteProductRequest(product_key=key)).body.success


def test_tags_are_set_changed_found_and_removed(client: Client) -> None:
    key = create(client, "Tagged").product_key
    room = f"room.{client.word}"
    tag = m.CreateProductTagsRequestProductTag
    tags = [
        tag(tag_key=room, tag_value="kitchen"),
        tag(tag_key="abc", tag_value="x-1_Y"),
        tag(tag_key="b", tag_value="2"),
    ]
    made = m.CreateProductTagsRequest(product_key=key, product_tag=tags)
    assert client.create_product_tags(made).body.success is True

    def listed() -> dict[str, str]:
        body = client.list_product_tags(m.ListProductTagsRequest(product_key=key)).body
        return {t.tag_key: t.tag_value for t in body.data.product_tag}

    assert listed() == {room: "kitchen", "b": "2"}  # abc is reserved and never shown
    new = m.UpdateProductTagsRequestProductTag(tag_key=room, tag_value="hall")
    client.update_product_tags(m.UpdateProductTagsRequest(product_key=key, product_tag=[new]))
    assert listed() == {room: "hall", "b": "2"}

    def found(value: str | None) -> list[str]:
        sought = m.ListProductByTagsRequestProductTag(tag_key=room, tag_value=value)
        request = m.ListProductByTagsRequest(current_page=1, page_size=50, product_tag=[sought])
        infos = client.list_product_by_tags(request).body.product_infos
        return [p.product_key for p in infos.product_info]

    assert found("hall") == found(None) == [key]
    assert found("kitchen") == []
    client.delete_product_tags(
        m.DeleteProductTagsRequest(product_key=key, product_tag_key=["b", "nothing"])
    )
    assert listed() == {room: "hall"}


def test_refused_tags_come_back_in_the_answer(client: Client) -> None:
    key = create(client, "Untagged").product_key
    tag = m.CreateProductTagsRequestProductTag
    bad = [tag(tag_key="good", tag_value="1"), tag(tag_key="bad key", tag_value="2")]
    body = client.create_product_tags(
        m.CreateProductTagsRequest(product_key=key, product_tag=bad)
    ).body
    assert (body.success, body.code) == (False, "iot.common.InvalidFormattedParameter")
    assert [t.tag_key for t in body.invalid_product_tags.product_tag] == ["bad key"]
    missing = m.UpdateProductTagsRequestProductTag(tag_key="none", tag_value="1")
    body = client.update_product_tags(
        m.UpdateProductTagsRequest(product_key=key, product_tag=[missing])
    ).body
    assert body.success is False
    assert [t.tag_key for t in body.invalid_product_tags.product_tag] == ["none"]


def test_categories_are_listed_with_their_models(client: Client) -> None:
    listed = client.list_thing_templates(m.ListThingTemplatesRequest()).body.data
    names = {c.category_key: c.category_name for c in listed}
    assert names["Lighting"] == "Street lamp"
    for key in names:
        body = client.get_thing_template(m.GetThingTemplateRequest(category_key=key)).body
        model = json.loads(body.thing_model_json)
        assert set(model) == {"properties", "services", "events"}
        assert model["properties"]
        for prop in model["properties"]:
            assert prop["rwFlag"] in ("READ_WRITE", "READ_ONLY")
            assert ("dataSpecs" in prop) != ("dataSpecsList" in prop)


def test_a_missing_parameter_is_an_exception_of_the_sdk(client: Client) -> None:
    with pytest.raises(ClientException) as refused:
        client.create_product(m.CreateProductRequest(node_type=0))
    assert refused.value.code == "MissingProductName"
    assert refused.value.status_code == 400
    assert "ProductName is mandatory for this action." in refused.value.message


def test_a_wrong_secret_is_an_exception_of_the_sdk(account: AliyunCaller) -> None:
    config = Config(
        access_key_id=account.access_key, access_key_secret="wrong", region_id="cn-shanghai",
        endpoint=account.address, protocol="http",
    )  # fmt: skip
    with pytest.raises(ClientException) as refused:
        show(Client(config), "a1FlqIQ7xYz")
    assert refused.value.code == "SignatureDoesNotMatch"


def test_an_endpoint_with_a_scheme_works_too(account: AliyunCaller) -> None:
    """The SDK then sends the whole URL as Host, and signs it."""
    config = Config(
        access_key_id=account.access_key, access_key_secret=account.secret,
        region_id="cn-shanghai", endpoint=f"http://{account.address}",
    )  # fmt: skip
    listed = Client(config).list_thing_templates(m.ListThingTemplatesRequest()).body
    assert listed.success is True
