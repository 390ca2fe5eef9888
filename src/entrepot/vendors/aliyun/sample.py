"""Code that calls Alibaba's API: by alibabacloud-iot20180120, and by curl with a V3 signature."""

from __future__ import annotations

from typing import Any

from entrepot.dialect.client import Asked, Proof, Script
from entrepot.dialect.code import Made, argument, assigned, snake
from entrepot.dialect.request import Request

PACKAGE = "alibabacloud-iot20180120"
VERSION = "2018-01-20"

_PACKAGES = """\
from alibabacloud_iot20180120 import models
from alibabacloud_iot20180120.client import Client
from alibabacloud_tea_openapi.models import Config
"""
_PROOF = f"""\
headers["x-acs-version"] = "{VERSION}"
headers["x-acs-date"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
headers["x-acs-signature-nonce"] = secrets.token_hex(16)
headers["x-acs-content-sha256"] = hashlib.sha256(body.encode()).hexdigest()
names = ";".join(sorted(headers))
lines = [f"{{name}}:{{headers[name]}}" for name in sorted(headers)]
parts = [method, path, query, *lines, "", names, headers["x-acs-content-sha256"]]
digest = hashlib.sha256("\\n".join(parts).encode()).hexdigest()
text = f"ACS3-HMAC-SHA256\\n{{digest}}"
signature = hmac.new(secret_key.encode(), text.encode(), "sha256").hexdigest()
credential = f"Credential={{access_key}},SignedHeaders={{names}},Signature={{signature}}"
headers["authorization"] = f"ACS3-HMAC-SHA256 {{credential}}"
"""


def python(asked: Asked) -> Script:
    """The call with the SDK's own request class, and classes for what is nested in it."""
    name = asked.operation.name
    scheme, _, host = asked.endpoint.partition("://")
    config = {
        "access_key_id": asked.keys[0], "access_key_secret": asked.keys[1],
        "region_id": asked.credentials["aliyun"]["region_id"], "endpoint": host, "protocol": scheme,
    }  # fmt: skip
    body = (
        assigned("client", Made("Client", {}, (Made("Config", config),))),
        assigned("request", _request(f"{name}Request", asked.parameters)),
        f"answer = client.{snake(name)}(request)",
        "print(json.dumps(answer.body.to_map(), indent=2, ensure_ascii=False))",
    )
    return Script(("json",), _PACKAGES, "\n".join(body))


def _request(name: str, fields: Any) -> Made:
    return Made(f"models.{name}", {argument(k): _value(name + k, v) for k, v in fields.items()})


def _value(name: str, value: Any) -> Any:
    """A structure as its class, which is called as the field is, behind the name of the request."""
    if isinstance(value, list):
        return [_value(name, item) for item in value]
    return _request(name, value) if isinstance(value, dict) else value


def prove(request: Request) -> Proof:
    """The V3 signature over all headers."""
    return Proof(("hashlib", "hmac", "secrets", "time"), _PROOF)
