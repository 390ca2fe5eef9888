"""EnOS through enos-poseidon, unmodified, as its keys are sent by default."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from poseidon import poseidon

from tests.server import Server
from tests.vendors.enos.caller import PRODUCTS

Call = Callable[..., Any]


def caller(server: Server, credentials: dict[str, Any]) -> Call:
    """`poseidon.urlopen` with everything but the call itself filled in."""

    def call(action: str, body: Any = None, *, path: str = PRODUCTS, **query: str) -> Any:
        values = {"action": action, "orgId": credentials["enos"]["org_id"], **query}
        url = f"{server.url}{path}?{urlencode(values)}"
        return poseidon.urlopen(credentials["access_key"], credentials["secret_key"], url, body)

    return call
