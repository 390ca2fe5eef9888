"""huaweicloudsdkroma's client for one tenant, its instance filled in."""

from __future__ import annotations

import uuid
from typing import Any

import huaweicloudsdkroma.v2 as sdk
from huaweicloudsdkcore.auth.credentials import BasicCredentials

from tests.server import Server


class Roma:
    """The SDK's client, with the instance filled in."""

    def __init__(self, server: Server, tenant: str = "dev") -> None:
        c = server.credentials(tenant)
        self.app: str = c["roma"]["app_id"]
        self._instance = c["roma"]["instance_id"]
        keys = (c["access_key"], c["secret_key"], c["huawei"]["project_id"])
        self.client = (
            sdk.RomaClient.new_builder()
            .with_credentials(BasicCredentials(*keys))
            .with_endpoint(server.url)
            .build()
        )

    def __call__(self, method: str, **fields: Any) -> Any:
        """What the SDK's method answers."""
        name = "".join(word.capitalize() for word in method.split("_")) + "Request"
        request = getattr(sdk, name)(instance_id=self._instance, **fields)
        return getattr(self.client, method)(request)

    def create(self, name: str, **changes: Any) -> Any:
        body = {
            "app_id": self.app, "name": name, "manufacturer_id": f"m-{uuid.uuid4()}",
            "manufacturer_name": "Maker", "model": "model1", "product_type": 0,
            "protocol_type": 0, **changes,
        }  # fmt: skip
        return self("create_product", body=sdk.CreateProductRequestBody(**body))


def plain(answer: Any) -> Any:
    """What the SDK understood, without what it keeps beside."""
    names = getattr(answer, "openapi_types", None)
    return answer if names is None else {name: plain(getattr(answer, name)) for name in names}


def fresh(name: str) -> str:
    return f"{name}-{uuid.uuid4().hex[:10]}"
