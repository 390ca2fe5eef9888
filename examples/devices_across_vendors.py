"""One device, registered through Alibaba Cloud's SDK and read through the SDKs of the three others."""

from alibabacloud_iot20180120 import models as aliyun
from alibabacloud_iot20180120.client import Client
from alibabacloud_tea_openapi.models import Config
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ServiceResponseException
from huaweicloudsdkiotda import v5 as iotda
from huaweicloudsdkroma import v2 as roma
from poseidon import poseidon
from where import HOST, URL, credentials

NAME = "roof-1"
c = credentials()
key, secret = c["access_key"], c["secret_key"]
keys = BasicCredentials(key, secret, c["huawei"]["project_id"])

# A product and a device of it: Alibaba Cloud.
aliyun_client = Client(Config(key, secret, region_id="cn-shanghai", endpoint=HOST, protocol="http"))
product = aliyun_client.create_product(
    aliyun.CreateProductRequest(product_name="Anemometer", node_type=0)
).body.data
made = aliyun_client.register_device(
    aliyun.RegisterDeviceRequest(
        product_key=product.product_key, device_name=NAME, nickname="Wind_at_the_roof"
    )
).body.data
print(f"made through Alibaba: {made.iot_id}  {made.device_name}: {made.nickname}")

# Read: Huawei IoTDA.
iotda_client = iotda.IoTDAClient.new_builder().with_credentials(keys).with_endpoint(URL).build()
one = iotda_client.list_devices(iotda.ListDevicesRequest(node_id=NAME)).devices[0]
print(f"read through IoTDA:   {one.device_id}  {one.node_id}: {one.device_name}")

# Read: Huawei ROMA Connect.
roma_client = roma.RomaClient.new_builder().with_credentials(keys).with_endpoint(URL).build()
instance = c["roma"]["instance_id"]
page = roma_client.list_devices(roma.ListDevicesRequest(instance_id=instance, node_id=NAME))
two = page.items[0]
print(f"read through ROMA:    {two.device_id}  {two.node_id}: {two.device_name}")

# Read: EnOS.
devices = f"{URL}/connect-service/v2.1/devices?orgId={c['enos']['org_id']}"
answer = poseidon.urlopen(
    key, secret, f"{devices}&action=search", {"expression": f"deviceKey = '{NAME}'"}
)
three = answer["data"][0]
name = three["deviceName"]["defaultValue"]
print(f"read through EnOS:    {three['assetId']}  {three['deviceKey']}: {name}")

# Its product stays as long as it has devices, whoever asks.
try:
    iotda_client.delete_product(iotda.DeleteProductRequest(product_id=one.product_id))
except ServiceResponseException as refused:
    print(f"IoTDA keeps the product: {refused.error_code}")

# Deleted through one, gone for all; then the product may go.
poseidon.urlopen(key, secret, f"{devices}&action=delete&assetId={three['assetId']}")
try:
    roma_client.show_device(roma.ShowDeviceRequest(instance_id=instance, device_id=two.device_id))
except ServiceResponseException as refused:
    print(f"deleted through EnOS; ROMA: {refused.error_code}")
aliyun_client.delete_product(aliyun.DeleteProductRequest(product_key=product.product_key))
