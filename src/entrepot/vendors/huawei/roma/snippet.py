"""The lines that point huaweicloudsdkroma at a server, ready to paste; knows no server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def snippet(endpoint: str, credentials: Mapping[str, Any]) -> str:
    """Code that makes a product through the vendor's SDK."""
    return f"""\
# Huawei ROMA Connect LINK: pip install huaweicloudsdkroma
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkroma.v2 import CreateProductRequest, CreateProductRequestBody, RomaClient

credentials = BasicCredentials(
    "{credentials["access_key"]}",
    "{credentials["secret_key"]}",
    "{credentials["huawei"]["project_id"]}",
)
client = (
    RomaClient.new_builder().with_credentials(credentials).with_endpoint("{endpoint}").build()
)
body = CreateProductRequestBody(
    app_id="{credentials["roma"]["app_id"]}",
    name="first_product",
    manufacturer_id="first_maker",
    manufacturer_name="Maker",
    model="first_model",
    product_type=0,
    protocol_type=0,
)
print(
    client.create_product(
        CreateProductRequest(instance_id="{credentials["roma"]["instance_id"]}", body=body)
    )
)
"""
