"""The request sample of EnOS's page "Create Product" in its older edition, through enos-poseidon."""

from poseidon import poseidon
from where import URL, credentials, show

c = credentials()

answer = poseidon.urlopen(
    c["access_key"],
    c["secret_key"],
    f"{URL}/connect-service/v2.1/products?action=create&orgId={c['enos']['org_id']}",
    {
        "productDesc": "openapi_sdk_create_test",
        "biDirectionalAuth": False,
        "modelId": "AlterTest0615",
        "dataFormat": "Custom",
        "productName": {"defaultValue": "AlterTest0615_Product", "i18nValue": {}},
        "productType": "Device",
    },
)
show(answer)
