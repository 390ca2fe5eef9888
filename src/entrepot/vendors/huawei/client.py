"""How Huawei's APIs are called: signed with a key pair, at the caller's own project."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec.structs import replace

from entrepot.dialect.client import Credentials, Stamp
from entrepot.dialect.request import Request
from entrepot.vendors.huawei import signing


def sign(request: Request, credentials: Credentials, stamp: Stamp) -> Request:
    """The request with the AK/SK signature of the SDK."""
    at = datetime.fromtimestamp(stamp.at_ms / 1000, UTC)
    secret = credentials["secret_key"].encode()
    added = signing.sign(request, credentials["access_key"], secret, at)
    return replace(request, headers={**request.headers, **added})


def project(credentials: Credentials) -> dict[str, str]:
    """The parameter that nearly every path begins with."""
    return {"project_id": credentials["huawei"]["project_id"]}
