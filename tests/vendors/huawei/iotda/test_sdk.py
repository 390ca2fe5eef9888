"""IoTDA through huaweicloudsdkiotda: the whole life of a product, in every way the SDK can sign."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import (
    ClientRequestException,
    SdkException,
)
from huaweicloudsdkcore.region.region import Region
from huaweicloudsdkiotda.v5 import (
    AddApplication,
    AddApplicationRequest,
    AddProduct,
    CreateProductRequest,
    DeleteApplicationRequest,
    DeleteProductRequest,
    IoTDAAsyncClient,
    IoTDAClient,
    ListProductsRequest,
    ServiceCapability,
    ServiceCommand,
    ServiceCommandPara,
    ServiceCommandResponse,
    ServiceProperty,
    ShowApplicationRequest,
    ShowApplicationsRequest,
    ShowProductRequest,
    UpdateApplicationDTO,
    UpdateApplicationRequest,
    UpdateProduct,
    UpdateProductRequest,
)

from tests.server import Server
from tests.vendors.huawei.iotda.caller import new_tenant

REGION = "cn-north-4"


@pytest.fixture(scope="module")
def credentials(server: Server) -> dict[str, Any]:
    new_tenant(server, "iotda-sdk")
    return server.credentials("iotda-sdk")


def basic(c: dict[str, Any], project: str | None = None) -> BasicCredentials:
    return BasicCredentials(c["access_key"], c["secret_key"], project or c["huawei"]["project_id"])


def standard(server: Server, c: dict[str, Any]) -> Any:
    builder = IoTDAClient.new_builder().with_credentials(basic(c))
    return builder.with_endpoint(server.url).build()


def derived(server: Server, c: dict[str, Any]) -> Any:
    predicate = BasicCredentials.get_default_derived_predicate()
    builder = IoTDAClient.new_builder().with_credentials(basic(c).with_derived_predicate(predicate))
    return builder.with_region(Region(REGION, server.url)).build()


class Awaited:
    """The asynchronous client with the calls of the other."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return lambda request: getattr(self._client, f"{name}_async")(request).result()


def asynchronous(server: Server, c: dict[str, Any]) -> Any:
    builder = IoTDAAsyncClient.new_builder().with_credentials(basic(c))
    return Awaited(builder.with_endpoint(server.url).build())


def thermometer(name: str, **members: Any) -> AddProduct:
    para = ServiceCommandPara(para_name="force", data_type="string", required=False, max_length=100)
    return AddProduct(
        name=name,
        device_type="Thermometer",
        protocol_type="MQTT",
        data_format="json",
        manufacturer_name="华为",
        industry="smartCity",
        description="a thermometer",
        service_capabilities=[
            ServiceCapability(
                service_id="temperature",
                service_type="temperature",
                option="Mandatory",
                properties=[
                    ServiceProperty(
                        property_name="temperature", data_type="decimal", required=True, min="1",
                        max="100", max_length=100, step=0.1, unit="centigrade", method="RW",
                        default_value={"color": "red", "price": Decimal("1.10"), "none": None},
                    )
                ],
                commands=[
                    ServiceCommand(
                        command_name="reboot", paras=[para],
                        responses=[ServiceCommandResponse(response_name="ACK", paras=[para])],
                    )
                ],
            )
        ],
        **members,
    )  # fmt: skip


@pytest.mark.parametrize("make", [standard, derived, asynchronous])
def test_the_whole_life_of_a_product(
    server: Server, credentials: dict[str, Any], make: Any
) -> None:
    client = make(server, credentials)
    name = f"life-{make.__name__}"
    made = client.create_product(
        CreateProductRequest(
            instance_id=credentials["iotda"]["instance_id"], body=thermometer(name)
        )
    )
    assert made.status_code == 201
    assert (made.name, made.device_type, made.protocol_type) == (name, "Thermometer", "MQTT")
    assert (made.data_format, made.manufacturer_name, made.industry) == (
        "json",
        "华为",
        "smartCity",
    )
    assert made.app_id == credentials["iotda"]["app_id"]
    assert made.app_name == "DefaultApp"
    property = made.service_capabilities[0].properties[0]
    assert property.default_value == {"color": "red", "price": Decimal("1.10"), "none": None}
    assert str(property.default_value["price"]) == "1.10"
    assert (property.required, property.step, property.min) == (True, 0.1, "1")
    command = made.service_capabilities[0].commands[0]
    assert command.responses[0].paras[0].required is False

    shown = client.show_product(ShowProductRequest(product_id=made.product_id))
    assert shown.to_json_object() == made.to_json_object()
    listed = client.list_products(ListProductsRequest(product_name=name))
    assert [p.product_id for p in listed.products] == [made.product_id]
    assert (listed.page.count, len(listed.page.marker)) == (1, 24)
    assert listed.products[0].create_time == made.create_time

    change = UpdateProduct(description="", service_capabilities=[
        ServiceCapability(service_id="other", service_type="other")])  # fmt: skip
    changed = client.update_product(UpdateProductRequest(product_id=made.product_id, body=change))
    assert changed.status_code == 200
    assert (changed.description, changed.name, changed.industry) == ("", name, "smartCity")
    assert [s.service_id for s in changed.service_capabilities] == ["other"]
    assert changed.service_capabilities[0].properties is None

    gone = client.delete_product(DeleteProductRequest(product_id=made.product_id))
    assert gone.status_code == 204
    with pytest.raises(ClientRequestException) as refused:
        client.show_product(ShowProductRequest(product_id=made.product_id))
    assert (refused.value.status_code, refused.value.error_code) == (404, "IOTDA.013000")
    assert made.product_id in refused.value.error_msg
    assert len(refused.value.request_id) == 32


def test_the_whole_life_of_a_resource_space(server: Server, credentials: dict[str, Any]) -> None:
    client = standard(server, credentials)
    made = client.add_application(AddApplicationRequest(body=AddApplication(app_name="空间-1")))
    assert (made.status_code, made.app_name, made.default_app) == (201, "空间-1", False)
    everything = client.show_applications(ShowApplicationsRequest()).applications
    assert made.app_id in [a.app_id for a in everything]
    assert [a.default_app for a in everything].count(True) == 1
    defaults = client.show_applications(ShowApplicationsRequest(default_app=True)).applications
    assert [a.app_id for a in defaults] == [credentials["iotda"]["app_id"]]
    others = client.show_applications(ShowApplicationsRequest(default_app=False)).applications
    assert made.app_id in [a.app_id for a in others]
    assert credentials["iotda"]["app_id"] not in [a.app_id for a in others]
    renamed = client.update_application(
        UpdateApplicationRequest(app_id=made.app_id, body=UpdateApplicationDTO(app_name="two"))
    )
    assert (renamed.status_code, renamed.app_name, renamed.create_time) == (
        200, "two", made.create_time,
    )  # fmt: skip
    shown = client.show_application(ShowApplicationRequest(app_id=made.app_id))
    assert shown.to_json_object() == renamed.to_json_object()
    inside = client.create_product(
        CreateProductRequest(body=thermometer("in a space".replace(" ", "-"), app_id=made.app_id))
    )
    assert (inside.app_id, inside.app_name) == (made.app_id, "two")
    with pytest.raises(ClientRequestException) as refused:
        client.delete_application(DeleteApplicationRequest(app_id=made.app_id))
    assert refused.value.status_code == 403
    client.delete_product(DeleteProductRequest(product_id=inside.product_id, app_id=made.app_id))
    assert (
        client.delete_application(DeleteApplicationRequest(app_id=made.app_id)).status_code == 204
    )
    with pytest.raises(ClientRequestException) as refused:
        client.show_application(ShowApplicationRequest(app_id=made.app_id))
    assert (refused.value.status_code, refused.value.error_code) == (403, "IOTDA.001000")


def test_the_region_alone_is_enough_because_iam_tells_the_project(
    server: Server, credentials: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    c = credentials
    monkeypatch.setenv("HUAWEICLOUD_SDK_IAM_ENDPOINT", server.url)
    for region in (REGION, "ap-southeast-1"):
        keys = BasicCredentials(c["access_key"], c["secret_key"])
        builder = IoTDAClient.new_builder().with_credentials(keys)
        client = builder.with_region(Region(region, server.url)).build()
        assert keys.project_id == c["huawei"]["project_id"]
        assert client.list_products(ListProductsRequest()).status_code == 200
    with pytest.raises(SdkException, match="Failed to get project id of region 'nowhere'"):
        IoTDAClient.new_builder().with_credentials(
            BasicCredentials(c["access_key"], c["secret_key"])
        ).with_region(Region("nowhere", server.url)).build()


def test_a_client_without_a_project_is_told_what_to_do(
    server: Server, credentials: dict[str, Any]
) -> None:
    c = credentials
    builder = IoTDAClient.new_builder().with_credentials(
        BasicCredentials(c["access_key"], c["secret_key"])
    )
    client = builder.with_endpoint(server.url).build()
    with pytest.raises(ClientRequestException) as refused:
        client.list_products(ListProductsRequest())
    assert (refused.value.status_code, refused.value.error_code) == (400, "IOTDA.000008")
    assert "BasicCredentials(ak, sk, project_id)" in refused.value.error_msg


def test_refusals_reach_the_sdk_s_exceptions(server: Server, credentials: dict[str, Any]) -> None:
    client = standard(server, credentials)
    with pytest.raises(ClientRequestException) as refused:
        client.create_product(CreateProductRequest(body=AddProduct(name="a b")))
    assert (refused.value.status_code, refused.value.error_code) == (400, "IOTDA.000006")
    assert "device_type is mandatory" in refused.value.error_msg
    with pytest.raises(ClientRequestException) as refused:
        client.list_products(ListProductsRequest(limit=51))
    assert refused.value.error_code == "IOTDA.000017"
    wrong = dict(credentials, secret_key="wrong")
    for make in (standard, derived):
        with pytest.raises(ClientRequestException) as refused:
            make(server, wrong).list_products(ListProductsRequest())
        assert (refused.value.status_code, refused.value.error_code) == (401, "IOTDA.000002")


def test_a_token_beside_the_signature_is_believed(
    server: Server, credentials: dict[str, Any]
) -> None:
    client = standard(server, dict(credentials, secret_key="wrong"))
    invoker = client.list_products_invoker(ListProductsRequest())
    with pytest.raises(ClientRequestException) as refused:
        invoker.add_header("X-Auth-Token", "no token").invoke()
    assert refused.value.error_code == "IOTDA.000002"
