"""ROMA through huaweicloudsdkroma."""

from __future__ import annotations

import pytest
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from huaweicloudsdkroma.v2 import (
    CreateProductRequest, CreateProductRequestBody, DeleteProductRequest, RomaClient, ShowProductRequest,
)  # fmt: skip

from tests.server import Server


def test_create_show_delete(server: Server) -> None:
    c = server.credentials()
    client = (
        RomaClient.new_builder()
        .with_credentials(
            BasicCredentials(c["access_key"], c["secret_key"], c["huawei"]["project_id"])
        )
        .with_endpoint(server.url)
        .build()
    )
    instance = c["roma"]["instance_id"]
    body = CreateProductRequestBody(
        app_id=c["roma"]["app_id"], name="first", manufacturer_id="10001", manufacturer_name="t",
        model="m1", product_type=0, protocol_type=0,
    )  # fmt: skip
    made = client.create_product(CreateProductRequest(instance_id=instance, body=body))
    assert made.name == "first"
    shown = client.show_product(ShowProductRequest(instance_id=instance, product_id=made.id))
    assert shown.product_serial == made.product_serial
    client.delete_product(DeleteProductRequest(instance_id=instance, product_id=made.id))
    with pytest.raises(ClientRequestException) as refused:
        client.show_product(ShowProductRequest(instance_id=instance, product_id=made.id))
    assert refused.value.error_code == "ROMA.00110006"
