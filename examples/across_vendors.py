"""One product, made through Huawei IoTDA's SDK and read through the SDKs of the three others."""

from alibabacloud_iot20180120 import models as aliyun
from alibabacloud_iot20180120.client import Client
from alibabacloud_tea_openapi.models import Config
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ServiceResponseException
from huaweicloudsdkiotda import v5 as iotda
from huaweicloudsdkroma import v2 as roma
from poseidon import poseidon
from where import HOST, URL, credentials

NAME = "Barometer"
c = credentials()
key, secret = c["access_key"], c["secret_key"]
keys = BasicCredentials(key, secret, c["huawei"]["project_id"])

# Made: Huawei IoTDA.
iotda_client = iotda.IoTDAClient.new_builder().with_credentials(keys).with_endpoint(URL).build()
made = iotda_client.create_product(
    iotda.CreateProductRequest(
        body=iotda.AddProduct(
            name=NAME,
            device_type="Barometer",
            protocol_type="MQTT",
            data_format="json",
            service_capabilities=[iotda.ServiceCapability(service_id="air", service_type="air")],
            description="hPa at the roof",
        )
    )
)
print(f"made through IoTDA:   {made.product_id}  {made.name}: {made.description}")

# Read: Alibaba Cloud.
aliyun_client = Client(Config(key, secret, region_id="cn-shanghai", endpoint=HOST, protocol="http"))
page = aliyun_client.query_product_list(
    aliyun.QueryProductListRequest(current_page=1, page_size=50)
).body.data
found = next(each for each in page.list.product_info if each.product_name == NAME)
shown = aliyun_client.query_product(
    aliyun.QueryProductRequest(product_key=found.product_key)
).body.data
print(f"read through Alibaba: {shown.product_key}  {shown.product_name}: {shown.description}")

# Read: Huawei ROMA Connect.
roma_client = roma.RomaClient.new_builder().with_credentials(keys).with_endpoint(URL).build()
instance = c["roma"]["instance_id"]
one = roma_client.list_products(roma.ListProductsRequest(instance_id=instance, name=NAME)).items[0]
print(f"read through ROMA:    {one.id}  {one.name}: {one.description}")

# Read: EnOS.
products = f"{URL}/connect-service/v2.1/products?orgId={c['enos']['org_id']}"
answer = poseidon.urlopen(
    key,
    secret,
    f"{products}&action=search",
    {
        "expression": f"productName.default like '{NAME}'",
        "pagination": {"pageNo": 1, "pageSize": 10},
    },
)
enos = answer["data"][0]
name = enos["productName"]["defaultValue"]
print(f"read through EnOS:    {enos['productKey']}  {name}: {enos['productDesc']}")

# Deleted through one, gone for all.
roma_client.delete_product(roma.DeleteProductRequest(instance_id=instance, product_id=one.id))
try:
    iotda_client.show_product(iotda.ShowProductRequest(product_id=made.product_id))
except ServiceResponseException as refused:
    print(f"deleted through ROMA; IoTDA: {refused.error_code} {refused.error_msg}")
