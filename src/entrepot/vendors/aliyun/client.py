"""How Alibaba's API is called: parameters in the query, a V3 signature over them and the headers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from entrepot.dialect.client import Client, Credentials, Stamp
from entrepot.dialect.request import Request
from entrepot.vendors.aliyun import codec, sample, signing


def _sign(request: Request, credentials: Credentials, stamp: Stamp) -> Request:
    at = datetime.fromtimestamp(stamp.at_ms / 1000, UTC)
    headers = {
        **request.headers,
        b"x-acs-version": sample.VERSION.encode(),
        b"x-acs-date": f"{at:%Y-%m-%dT%H:%M:%SZ}".encode(),
        b"x-acs-signature-nonce": stamp.nonce.encode(),
        b"x-acs-content-sha256": hashlib.sha256(request.body).hexdigest().encode(),
        b"accept": b"application/json",
    }
    dated = replace(request, headers=headers)
    try:
        query = codec.read(dated).query
    except codec.BadParameter:  # what the server cannot read it refuses before it looks at this
        query = {}
    made = signing.sign_v3(dated, query, credentials["access_key"], credentials["secret_key"])
    return replace(dated, headers={**headers, b"authorization": made})


def flat(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Structure as dotted names, lists counted from 1: `ProductTag.1.TagKey`."""
    found: dict[str, Any] = {}
    for name, value in parameters.items():
        if isinstance(value, list):
            value = {str(n): item for n, item in enumerate(value, 1)}
        if isinstance(value, Mapping):
            found |= {f"{name}.{below}": inner for below, inner in flat(value).items()}
        else:
            found[name] = value
    return found


def nested(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted names as structure."""
    dotted = {name: str(value) for name, value in parameters.items() if "." in name}
    plain = {name: value for name, value in parameters.items() if "." not in name}
    return {**plain, **codec.nest(dotted)}


CLIENT = Client(
    parts=("aliyun",),
    own=lambda credentials: {"IotInstanceId": credentials["aliyun"]["instance_id"]},
    sign=_sign,
    selector=b"x-acs-action",
    flat=flat,
    nested=nested,
    package=sample.PACKAGE,
    python=sample.python,
    prove=sample.prove,
    lacks=frozenset({("GetThingModelTsl", "ResourceGroupId")}),
    secrets=frozenset({"AppKey", "PinCode"}),  # of LoRaWAN devices
)
