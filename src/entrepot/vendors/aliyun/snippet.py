"""The lines that point Alibaba's Python SDK at this server, ready to paste."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_LINES = """\
# Alibaba Cloud IoT Platform: pip install alibabacloud-iot20180120
from alibabacloud_iot20180120.client import Client
from alibabacloud_iot20180120.models import CreateProductRequest
from alibabacloud_tea_openapi.models import Config

client = Client(Config(
    access_key_id="{access_key}",
    access_key_secret="{secret_key}",
    region_id="{region_id}",
    endpoint="{host}",
    protocol="{scheme}",
))
made = client.create_product(CreateProductRequest(
    iot_instance_id="{instance_id}",
    product_name="Light",
    node_type=0,
    aliyun_commodity_code="iothub_senior",
    data_format=1,
    category_key="Lighting",
))
print(made.body.data)
"""


def snippet(endpoint: str, credentials: Mapping[str, Any]) -> str:
    """A Python program that creates a product. `endpoint` is http://HOST:PORT.

    `credentials` is what `entrepot credentials` prints.
    """
    scheme, _, host = endpoint.partition("://")
    return _LINES.format(
        access_key=credentials["access_key"],
        secret_key=credentials["secret_key"],
        region_id=credentials["aliyun"]["region_id"],
        instance_id=credentials["aliyun"]["instance_id"],
        host=host.rstrip("/"),
        scheme=scheme,
    )
