"""A raw HTTP caller that signs as Huawei's SDK does, for what no SDK would send; knows no server."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from entrepot.dialect.request import Request
from entrepot.vendors.huawei.signing import sign
from tests.server import Server
from tests.vendors.huawei.reply import JSON, Reply, exchange


@dataclass
class RomaCaller:
    """Calls one server as one tenant."""

    address: str  # host:port
    access_key: str
    secret_key: str
    project: str
    instance: str
    app: str
    made: list[int] = field(default_factory=list)

    @property
    def link(self) -> str:
        """The prefix of LINK's calls."""
        return f"/v2/{self.project}/link/instances/{self.instance}"

    @property
    def products(self) -> str:
        """The path of products."""
        return f"{self.link}/products"

    def send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        content_type: str = JSON,
        headers: Mapping[str, str] | None = None,
        signed: bool = True,
        late_by: timedelta = timedelta(0),
        secret: str | None = None,
        derived_region: str | None = None,
    ) -> Reply:
        """The reply to exactly these bytes; `headers` are sent beside the signed ones."""
        raw_path, _, query = path.partition("?")
        sent = {b"host": self.address.encode(), b"content-type": content_type.encode()}
        request = Request(method, raw_path.encode(), query.encode(), sent, body)
        if signed:
            key = (secret or self.secret_key).encode()
            at = datetime.now(UTC) - late_by
            sent |= sign(request, self.access_key, key, at, derived_region=derived_region)
        lines: list[tuple[str | bytes, Any]] = [*sent.items(), *(headers or {}).items()]
        lines.append(("content-length", str(len(body))))
        return exchange(self.address, method, path, lines, body)

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> Reply:
        """The reply to a JSON body and query parameters; a list of values repeats the parameter."""
        pairs = [(k, v) for k, vs in query.items() for v in (vs if isinstance(vs, list) else [vs])]
        text = "&".join(f"{k}={quote(str(v), safe='')}" for k, v in pairs)
        raw = b"" if body is None else json.dumps(body).encode()
        return self.send(method, f"{path}?{text}" if text else path, raw)

    def body(self, **changes: Any) -> dict[str, Any]:
        """A body that makes a product under a fresh name; None leaves a member out."""
        fresh = uuid.uuid4().hex[:12]
        whole = {
            "app_id": self.app, "name": f"p-{fresh}", "manufacturer_id": f"m-{fresh}",
            "manufacturer_name": "test", "model": "model1", "product_type": 0, "protocol_type": 0,
            **changes,
        }  # fmt: skip
        return {name: value for name, value in whole.items() if value is not None}

    def create(self, **changes: Any) -> Any:
        """A new product, as it was answered."""
        reply = self.call("POST", self.products, self.body(**changes))
        assert reply.status == 201, reply.body
        return reply.json

    def refused(self, **changes: Any) -> str:
        """What creating a product with these changes is refused with: what stands in the brackets."""
        reply = self.call("POST", self.products, self.body(**changes))
        assert reply.code == "400 ROMA.00110001", reply.body
        intro = "The parameter does not meet verification rules: ["
        assert reply.said.startswith(intro)
        assert reply.said.endswith("]")
        return reply.said[len(intro) : -1]


def caller(server: Server, tenant: str = "dev") -> RomaCaller:
    """A caller as the tenant's first user."""
    c = server.credentials(tenant)
    return RomaCaller(
        server.address, c["access_key"], c["secret_key"], c["huawei"]["project_id"],
        c["roma"]["instance_id"], c["roma"]["app_id"],
    )  # fmt: skip
