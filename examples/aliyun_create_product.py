"""The request sample of Alibaba Cloud's page CreateProduct, through alibabacloud-iot20180120."""

from alibabacloud_iot20180120.client import Client
from alibabacloud_iot20180120.models import CreateProductRequest
from alibabacloud_tea_openapi.models import Config
from where import HOST, credentials, show

c = credentials()
client = Client(
    Config(
        access_key_id=c["access_key"],
        access_key_secret=c["secret_key"],
        region_id=c["aliyun"]["region_id"],
        endpoint=HOST,
        protocol="http",
    )
)

answer = client.create_product(
    CreateProductRequest(
        aliyun_commodity_code="iothub_senior",
        auth_type="secret",
        data_format=1,
        description="Product test",
        node_type=0,
        resource_group_id="rg-acfmxazb4ph****",
        product_name="Test",
        protocol_type="modbus",
        category_key="Lighting",
        publish_auto=False,
    )
)
show(answer.body.to_map())
