"""What one caller does that is much work for the server: a table of requests, each within what is accepted
or refused only after a look at all of it. The caller has 10,000 devices."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from entrepot import main as root
from entrepot.config import Config
from entrepot.core.accounts import tenancy
from entrepot.core.caller import Caller
from entrepot.core.devices import registry as devices
from entrepot.core.devices.registry import DeviceDraft
from entrepot.core.ports import Tx
from entrepot.core.products import registry
from entrepot.core.products.registry import Ref
from entrepot.core.things.account import Settings
from entrepot.core.things.product import Draft, Profile
from entrepot.dialect.client import Credentials
from entrepot.dialect.request import Request
from tests.contract.adapters import ADAPTERS, Adapter
from tests.contract.live import ask
from tests.server import Server

DEVICES = 10_000
ATTACKER, VICTIM = "attacker", "victim"
_BY = {adapter.dialect: adapter for adapter in ADAPTERS}
_MOST = 4096  # characters of an expression (EnOS)


@dataclass(frozen=True, slots=True)
class Target:
    """A server, who calls it, and which share of the largest bodies is sent."""

    address: str
    caller: Credentials
    share: float = 1.0

    def request(self, dialect: str, name: str, given: dict[str, Any], body: Any) -> bytes:
        """The signed call as it travels."""
        adapter = _BY[dialect]
        host = self.address.encode()
        return travelling(adapter.request(adapter.operation(name), given, body, self.caller, host))

    def raw(self, dialect: str, name: str, given: dict[str, Any], body: bytes) -> bytes:
        """The same with a body of these bytes."""
        adapter: Adapter = _BY[dialect]
        host = self.address.encode()
        whole = adapter.request(adapter.operation(name), given, {}, self.caller, host)
        kept = {k: v for k, v in whole.headers.items() if k in (b"host", b"content-type")}
        unsigned = Request(whole.method, whole.path, whole.query, kept, body)
        return travelling(adapter.sign(unsigned, self.caller))


@dataclass(frozen=True, slots=True)
class Attack:
    """A request that is sent again and again; `known`: the caller has to be believed for it."""

    name: str
    request: Callable[[Target], bytes]
    known: bool = True


def travelling(request: Request) -> bytes:
    """The request as bytes of HTTP/1.1."""
    target = request.path + (b"?" + request.query if request.query else b"")
    headers = {**request.headers, b"content-length": b"%d" % len(request.body)}
    lines = [name + b": " + value for name, value in headers.items()]
    return b"\r\n".join(
        [request.method.encode() + b" " + target + b" HTTP/1.1", *lines, b"", request.body]
    )


def _searched(term: Callable[[int], str], joined: str) -> Callable[[Target], bytes]:
    """SearchDevice with as many terms as an expression may have."""
    text, n = term(0), 1
    while n < 190 and len(longer := f"{text} {joined} {term(n)}") <= _MOST:
        text, n = longer, n + 1
    body = {"expression": text, "pagination": {"pageNo": 1, "pageSize": 10}}
    return lambda target: target.request("enos", "SearchDevice", {"action": "search"}, body)


def _listed(dialect: str, name: str, given: dict[str, Any]) -> Callable[[Target], bytes]:
    return lambda target: target.request(dialect, name, given, None)


def _long_list(
    dialect: str, name: str, given: dict[str, Any], items: int, head: str, tail: str = "]}"
) -> Callable[[Target], bytes]:
    """A body with so many empty objects in a list."""

    def request(target: Target) -> bytes:
        objects = ",".join(["{}"] * int(items * target.share))
        return target.raw(dialect, name, given, (head + objects + tail).encode())

    return request


def _wrong_login(target: Target) -> bytes:
    password = {"user": {"name": ATTACKER, "password": "wrong", "domain": {"name": ATTACKER}}}
    identity = {"methods": ["password"], "password": password}
    body = json.dumps({"auth": {"identity": identity}}).encode()
    headers = {b"host": target.address.encode(), b"content-type": b"application/json"}
    return travelling(Request("POST", b"/v3/auth/tokens", headers=headers, body=body))


def _public_key(target: Target) -> bytes:
    path = b"/apim-token-service/entrepot/public-key"
    return travelling(Request("GET", path, headers={b"host": target.address.encode()}))


_PRODUCT = '{"name": "n", "device_type": "t", "protocol_type": "MQTT", "data_format": "json",'
_SERVICES = f'{_PRODUCT} "service_capabilities": ['
_PROPERTIES = f'{_SERVICES}{{"service_id": "s", "properties": ['
_GATEWAY = '{"gateway": {"assetId": "x"}, "subDevices": ['
_TAGS = '{"resource_type": "device", "tags": ['
_MILLION = 1_000_000

ATTACKS: tuple[Attack, ...] = (
    Attack("search: like or like", _searched(lambda n: f"deviceName like 'x{n}'", "or")),
    Attack("search: not and not", _searched(lambda n: f"not(deviceName like 'x{n}')", "and")),
    Attack("search: tag or tag", _searched(lambda n: f"deviceTags.a{n}='b'", "or")),
    Attack("search: key or name", _searched(lambda n: f"deviceKey!='x{n}'", "and")),
    Attack("list by time", _listed("roma", "ListDevices", {"created_date_start": 1, "limit": 1})),
    Attack("part of a name", _listed("iotda", "ListDevices", {"device_name": "e", "limit": 1})),
    Attack(
        "too many sub-devices",
        _long_list("enos", "AddSubDevice", {"action": "addSubDevice"}, 1_396_653, _GATEWAY),
    ),
    Attack(
        "too many properties",
        _long_list("iotda", "CreateProduct", {}, _MILLION, _PROPERTIES, "]}]}"),
    ),
    Attack("too many services", _long_list("iotda", "CreateProduct", {}, _MILLION, _SERVICES)),
    Attack("too many tags", _long_list("iotda", "ListResourcesByTags", {}, _MILLION, _TAGS)),
    Attack("wrong logins", _wrong_login, known=False),
    Attack("public key", _public_key, known=False),
)


def settle(config: Config, count: int) -> None:
    """A store with two tenants without limits, of which the attacker has so many devices."""
    with closing(root.open_installation(config)) as installation:
        root.prepare(installation)
        vault, free = installation.vault, Settings(rate_limits=False, quotas=False)
        for name in (ATTACKER, VICTIM):
            installation.store.write_now(
                lambda tx, name=name: root.create_tenant(tx, vault, name, free)
            )

        def work(tx: Tx) -> None:
            tenant = tenancy.tenant_named(tx, ATTACKER)
            user = tenancy.user_named(tx, tenant, tenant.name)
            caller = Caller(tenant, user, "test", "fill", "test", root.now_ms(), vault)
            product = registry.create(tx, caller, Draft(profile=Profile(name="meter")))
            for n in range(count):
                tags = {"site": f"s{n % 50}"}
                draft = DeviceDraft(
                    product=Ref("", product.id), key=f"k{n}", name=f"Meter {n}", tags=tags
                )
                devices.create(tx, caller, draft)

        installation.store.write_now(work)


def target(server: Server, share: float = 1.0) -> Target:
    """The server, as the attacker calls it."""
    caller: Credentials = server.credentials(ATTACKER)
    for adapter in ADAPTERS:
        caller = adapter.ready(caller, lambda request: ask(server.address, request))
    return Target(server.address, caller, share)


def listing(server: Server) -> bytes:
    """What the victim asks for again and again: the first of its products."""
    victim = Target(server.address, server.credentials(VICTIM))
    return victim.request("iotda", "ListProducts", {"limit": 1}, None)


def config_of(folder: Path, store: str) -> Config:
    """The settings of a store of its own."""
    return Config(data=folder, store=store)
