"""The example request of Huawei ROMA Connect's page "Creating a Product", through huaweicloudsdkroma.

The page's example also sends a `status`, for which its own SDK has no word.
"""

from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkroma.v2 import CreateProductRequest, CreateProductRequestBody, RomaClient
from where import URL, credentials, show

c = credentials()
keys = BasicCredentials(c["access_key"], c["secret_key"], c["huawei"]["project_id"])
client = RomaClient.new_builder().with_credentials(keys).with_endpoint(URL).build()

answer = client.create_product(
    CreateProductRequest(
        instance_id=c["roma"]["instance_id"],
        body=CreateProductRequestBody(
            app_id=c["roma"]["app_id"],
            name="device",
            manufacturer_id=10001,
            manufacturer_name="test",
            model="model1",
            product_type=0,
            protocol_type=0,
            device_type="Default",
        ),
    )
)
show(answer.to_json_object())
