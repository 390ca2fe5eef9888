"""The lines that point huaweicloudsdkiotda at a server, ready to paste; knows no server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def snippet(endpoint: str, credentials: Mapping[str, Any]) -> str:
    """Code that makes a product through the vendor's SDK."""
    return f"""\
# Huawei IoTDA: pip install huaweicloudsdkiotda
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkiotda.v5 import AddProduct, CreateProductRequest, IoTDAClient, ServiceCapability

credentials = BasicCredentials(
    "{credentials["access_key"]}",
    "{credentials["secret_key"]}",
    "{credentials["huawei"]["project_id"]}",
)
client = (
    IoTDAClient.new_builder().with_credentials(credentials).with_endpoint("{endpoint}").build()
)
body = AddProduct(
    name="Thermometer",
    device_type="Thermometer",
    protocol_type="MQTT",
    data_format="json",
    service_capabilities=[
        ServiceCapability(service_id="temperature", service_type="temperature")
    ],
)
print(client.create_product(CreateProductRequest(body=body)))
"""
