"""The lines that point enos-poseidon at a server, ready to paste; knows no server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def snippet(endpoint: str, credentials: Mapping[str, Any]) -> str:
    """Code that makes a product through the vendor's SDK, unmodified."""
    enos = credentials["enos"]
    return f"""\
# EnOS: pip install enos-poseidon
from poseidon import poseidon

print(
    poseidon.urlopen(
        "{credentials["access_key"]}",
        "{credentials["secret_key"]}",
        "{endpoint}/connect-service/v2.1/products?action=create&orgId={enos["org_id"]}",
        {{
            "productName": {{"defaultValue": "First product", "i18nValue": {{}}}},
            "modelId": "{enos["model_id"]}",
            "productType": "Device",
            "dataFormat": "Json",
            "biDirectionalAuth": False,
        }},
    )
)
# To be verified instead of believed, first:
# import json, urllib.request
# key = urllib.request.urlopen("{endpoint}/apim-token-service/entrepot/public-key").read()
# poseidon.pubkey = json.loads(key)["data"]["publicKey"]
"""
