"""The request sample of EnOS's page "Create Product" in its newer edition, through enos-poseidon.

The SDK encrypts its proof with a public key. Given this server's it is verified; unmodified it is
believed, where a tenant's settings say so and only on loopback.
"""

import json
import urllib.request

from poseidon import poseidon
from where import URL, credentials, show

c = credentials()

with urllib.request.urlopen(f"{URL}/apim-token-service/entrepot/public-key") as key:
    poseidon.pubkey = json.load(key)["data"]["publicKey"]

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
        "dynamicActivateEnabled": False,
        "productTags": {"key1": "v1"},
    },
)
show(answer)
