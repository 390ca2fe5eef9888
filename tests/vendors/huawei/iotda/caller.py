"""A raw HTTP caller of IoTDA and IAM that signs as Huawei's SDK does; knows no server's inside."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from entrepot.dialect.request import Request
from entrepot.vendors.huawei.signing import sign
from tests.server import Server
from tests.vendors.huawei.reply import JSON, Reply, exchange

INVALID = "400 IOTDA.000006"
PARA = {"para_name": "p", "data_type": "string"}
SPECIAL = "_?'#().,&%@!-"
SAMPLES = Path(__file__).parents[2] / "samples"


def sample(name: str) -> Any:
    """A body of the vendor's own page, as JSON."""
    return json.loads((SAMPLES / f"iotda_{name}.json").read_bytes())


@dataclass
class Caller:
    """Calls one server as one tenant."""

    address: str  # host:port
    access_key: str
    secret_key: str
    project: str
    app: str
    extra: Mapping[str, str] = field(default_factory=dict)  # headers of every call

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        sign_as: tuple[str, str] | None = None,
        signed: bool = True,
        late_s: float = 0,
        region: str | None = None,
        twice: tuple[str, ...] = (),
        claimed_bytes: int | None = None,
    ) -> Reply:
        """The reply to one call. `path` begins below the project where it has no leading `/`.

        `body`: bytes as they are, anything else as JSON. `twice`: headers that are sent so.
        `claimed_bytes`: a body that is announced, and never sent.
        """
        target = path if path.startswith("/") else f"/v5/iot/{self.project}/{path}"
        raw = (
            body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        )
        pairs = sorted((k, str(v)) for k, v in (query or {}).items())
        text = "&".join(f"{quote(k, safe='~')}={quote(v, safe='~')}" for k, v in pairs)
        if "?" in target:  # a query as it is, for what no client would spell so
            target, _, text = target.partition("?")
        plain = {"host": self.address, "content-type": JSON, **self.extra, **(headers or {})}
        sent = {k.lower().encode(): v.encode() for k, v in plain.items()}
        if signed:
            request = Request(method, target.encode(), text.encode(), sent, raw)
            access, secret = sign_as or (self.access_key, self.secret_key)
            at = datetime.now(UTC) - timedelta(seconds=late_s)
            sent |= sign(request, access, secret.encode(), at, derived_region=region)
        sent_twice = [(k, v) for k, v in sent.items() if k.decode() in twice]
        length = len(raw) if claimed_bytes is None else claimed_bytes
        lines = [*sent.items(), *sent_twice, (b"content-length", b"%d" % length)]
        return exchange(self.address, method, f"{target}?{text}" if text else target, lines, raw)

    def create(self, **members: Any) -> Reply:
        """CreateProduct of a small product with these members in place of its own."""
        return self.send("POST", "products", small(**members))

    def make(self, **members: Any) -> Any:
        """The product that `create` answers."""
        reply = self.create(**members)
        assert reply.status == 201, reply.body
        return reply.json

    def make_app(self, name: str) -> str:
        """The id of a new resource space."""
        reply = self.send("POST", "apps", {"app_name": name})
        assert reply.status == 201, reply.body
        id: str = reply.json["app_id"]
        return id


def small(**members: Any) -> dict[str, Any]:
    """A product that is nothing but valid; a member given as `...` is left out."""
    body = {
        "name": "small",
        "device_type": "Thermometer",
        "protocol_type": "MQTT",
        "data_format": "json",
        "service_capabilities": [service()],
        **members,
    }
    return {k: v for k, v in body.items() if v is not ...}


def service(**members: Any) -> dict[str, Any]:
    """A service that is nothing but valid; a member given as `...` is left out."""
    body = {"service_id": "temperature", "service_type": "temperature", **members}
    return {k: v for k, v in body.items() if v is not ...}


def property(**members: Any) -> dict[str, Any]:
    """A property that is nothing but valid; a member given as `...` is left out."""
    body = {"property_name": "t", "data_type": "decimal", "method": "RW", **members}
    return {k: v for k, v in body.items() if v is not ...}


def caller_of(server: Server, tenant: str = "dev") -> Caller:
    """A caller with the tenant's own credentials."""
    c = server.credentials(tenant)
    return Caller(
        server.address, c["access_key"], c["secret_key"], c["huawei"]["project_id"],
        c["iotda"]["app_id"],
    )  # fmt: skip


def new_tenant(server: Server, name: str, *settings: str) -> Caller:
    """A caller of a tenant of its own; `settings` as name=value."""
    server.run("tenant", "create", name, *(f"--set={s}" for s in settings))
    return caller_of(server, name)


def refused(caller: Caller, field: str, words: str = "", **members: Any) -> None:
    """Proof that a product with these members is refused for this field, in these words."""
    reply = caller.create(**members)
    assert reply.code == INVALID, reply.body
    assert f"{field} " in reply.said
    assert words in reply.said
    assert reply.said.startswith("Invalid input data. ")


def in_property(**members: Any) -> dict[str, Any]:
    """What makes a product's only property have these members."""
    return {"service_capabilities": [service(properties=[property(**members)])]}


def in_para(**members: Any) -> dict[str, Any]:
    """What makes the only parameter of its only command have these members."""
    para = {k: v for k, v in {**PARA, **members}.items() if v is not ...}
    return {"service_capabilities": [service(commands=[{"command_name": "c", "paras": [para]}])]}
