"""Code that calls Alibaba's API: by alibabacloud-iot20180120, and by curl with a V3 signature."""

from __future__ import annotations

from typing import Any

from entrepot.dialect.client import Asked, Proof, Script
from entrepot.dialect.code import ACCESS_KEY, SECRET_KEY, Made, argument, assigned, snake
from entrepot.dialect.request import Request
from entrepot.vendors.aliyun.handles import REGION

PACKAGE = "alibabacloud-iot20180120"
VERSION = "2018-01-20"

_PACKAGES = """\
from alibabacloud_iot20180120 import models
from alibabacloud_iot20180120.client import Client
from alibabacloud_tea_openapi.models import Config
"""
_PROOF = """\
sha() {{ openssl dgst -sha256 -r "$@" | cut -d' ' -f1; }}
at=$(date -u +%Y-%m-%dT%H:%M:%SZ)
nonce=$(openssl rand -hex 16)
hash=$(printf %s "$body" | sha)
names='host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version'
canonical="$method
$path
$query
host:$host
x-acs-action:$x_acs_action
x-acs-content-sha256:$hash
x-acs-date:$at
x-acs-signature-nonce:$nonce
x-acs-version:{version}

$names
$hash"
digest=$(printf %s "$canonical" | sha)
signature=$(printf 'ACS3-HMAC-SHA256\\n%s' "$digest" | sha -hmac "${secret_key}")
credential="Credential=${access_key},SignedHeaders=$names,Signature=$signature"
"""


def python(asked: Asked) -> Script:
    """The call with the SDK's own request class, and classes for what is nested in it."""
    name = asked.operation.name
    scheme, _, host = asked.endpoint.partition("://")
    config = {
        "access_key_id": asked.keys[0], "access_key_secret": asked.keys[1],
        "region_id": REGION, "endpoint": host, "protocol": scheme,
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
    """The V3 signature; no request made for it has a body."""
    lines = _PROOF.format(version=VERSION, access_key=ACCESS_KEY, secret_key=SECRET_KEY)
    stamped = ("date: $at", "signature-nonce: $nonce", "content-sha256: $hash")
    headers = [f"x-acs-{header}" for header in (f"version: {VERSION}", *stamped)]
    return Proof(lines, (*headers, "authorization: ACS3-HMAC-SHA256 $credential"))
