"""IoTDA's thing models through huaweicloudsdkiotda: the page's example, replaced, and the largest there is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from huaweicloudsdkiotda.v5 import (
    AddProduct,
    CreateProductRequest,
    IoTDAClient,
    ServiceCapability,
    ServiceEvent,
    ServiceProperty,
    ShowProductRequest,
    UpdateProduct,
    UpdateProductRequest,
)

from entrepot.core.models.conversion import convert, read
from entrepot.vendors.enos.formats.enos import ENOS_FORMAT
from entrepot.vendors.huawei.iotda.formats.iotda import IOTDA_FORMAT
from tests.server import Server
from tests.vendors.huawei.iotda.caller import Caller, new_tenant, sample
from tests.vendors.huawei.iotda.models import compact, largest


@pytest.fixture(scope="module")
def raw(server: Server) -> Caller:
    return new_tenant(server, "iotda-sdk-models")


@pytest.fixture
def client(raw: Caller) -> Any:
    basic = BasicCredentials(raw.access_key, raw.secret_key, raw.project)
    return (
        IoTDAClient.new_builder()
        .with_credentials(basic)
        .with_endpoint(f"http://{raw.address}")
        .build()
    )


def create(client: Any, services: Any, **members: Any) -> Any:
    body = AddProduct(
        name="modelled", device_type="Zone", protocol_type="MQTT", data_format="json",
        service_capabilities=services, **members,
    )  # fmt: skip
    return client.create_product(CreateProductRequest(body=body))


def update(client: Any, product_id: str, **members: Any) -> Any:
    body = UpdateProduct(**members)
    return client.update_product(UpdateProductRequest(product_id=product_id, body=body))


def shown(raw: Caller, product_id: str) -> list[dict[str, Any]]:
    """The services as they are on the wire, before the SDK reads them."""
    reply = raw.send("GET", f"products/{product_id}")
    services: list[dict[str, Any]] = reply.json["service_capabilities"]
    return services


def test_the_page_s_example_comes_back_to_the_letter(client: Any, raw: Caller) -> None:
    services = sample("create_product_request")["service_capabilities"]
    made = create(client, services)
    assert shown(raw, made.product_id) == services
    [property] = made.service_capabilities[0].properties
    assert (property.enum_list, property.min, property.max, property.step) == (
        None,
        "1",
        "100",
        0.1,
    )
    assert shown(raw, made.product_id)[0]["properties"][0]["enum_list"] is None


def test_an_update_replaces_every_service_or_none(client: Any, raw: Caller) -> None:
    made = create(client, sample("create_product_request")["service_capabilities"])
    before = shown(raw, made.product_id)
    update(client, made.product_id, description="no service is said")
    assert shown(raw, made.product_id) == before
    services = [
        ServiceCapability(
            service_id="only$", service_type="only",
            properties=[ServiceProperty(property_name="list", data_type="string list", method="RWE")],
            events=[ServiceEvent(event_type="over")],
        )
    ]  # fmt: skip
    changed = update(client, made.product_id, service_capabilities=services)
    expected = [{
        "service_id": "only$", "service_type": "only", "option": "Optional",
        "properties": [{"property_name": "list", "data_type": "string list", "method": "RWE", "required": False}],
        "events": [{"event_type": "over"}],
    }]  # fmt: skip
    assert shown(raw, made.product_id) == expected
    assert changed.service_capabilities[0].properties[0].required is False
    assert update(client, made.product_id, service_capabilities=[]).service_capabilities == []


def test_numbers_come_back_as_they_were_sent(client: Any, raw: Caller) -> None:
    body = (
        b'[{"service_id":"s","service_type":"s","properties":[{"property_name":"p","data_type":"decimal",'
        b'"min":"-1.50","max":"1E2","step":2,"method":"R","enum_list":[],"max_length":0,'
        b'"default_value":[1.10,1e2,null,12345678901234567890]}]}]'
    )
    whole = b'{"name":"n","device_type":"d","protocol_type":"MQTT","data_format":"json","service_capabilities":%b}'
    made = raw.send("POST", "products", whole % body)
    assert made.status == 201
    answered = raw.send("GET", f"products/{made.json['product_id']}").body
    for text in (b'"min":"-1.50"', b'"max":"1E2"', b'"step":2,', b'"enum_list":[]', b'"max_length":0',
                 b'"default_value":[1.10,1e2,null,12345678901234567890]'):  # fmt: skip
        assert text in answered


def test_every_fault_of_an_update_is_named_with_its_place(client: Any) -> None:
    made = create(client, [])
    services = [
        {"service_id": "a b", "service_type": "s", "properties": [{"property_name": "p", "method": "X",
                                                                   "data_type": "float", "min": "1" * 17}]},
    ]  # fmt: skip
    with pytest.raises(ClientRequestException) as refused:
        update(client, made.product_id, service_capabilities=services)
    for field in (
        "service_id",
        "properties[0].method",
        "properties[0].data_type",
        "properties[0].min",
    ):
        assert f"service_capabilities[0].{field} " in refused.value.error_msg


def test_the_largest_model_is_created_shown_and_replaced(client: Any, raw: Caller) -> None:
    services = largest()
    made = create(client, services)
    assert len(made.service_capabilities) == 500
    assert shown(raw, made.product_id) == services
    again = client.show_product(ShowProductRequest(product_id=made.product_id))
    assert again.service_capabilities[499].properties[1].enum_list == ["low", "normal", "high"]
    services.reverse()
    update(client, made.product_id, service_capabilities=services)
    assert shown(raw, made.product_id) == services
    services[0]["description"] = "one byte too many"
    with pytest.raises(ClientRequestException) as refused:
        update(client, made.product_id, service_capabilities=services)
    assert "service_capabilities " in refused.value.error_msg
    assert "500 KB" in refused.value.error_msg


def test_the_largest_model_goes_to_another_vendor_and_comes_home() -> None:
    services = largest()
    there = convert(compact(services), IOTDA_FORMAT, ENOS_FORMAT)
    assert len(json.loads(there.text)["measurepoints"]) == 1500
    home = IOTDA_FORMAT.write(read(there.text, ENOS_FORMAT, there.report.parked))
    assert json.loads(home) == services
