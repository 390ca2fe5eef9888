"""A raw HTTP caller that signs as Alibaba's SDKs do, for what no SDK would send; knows no server."""

from __future__ import annotations

import hashlib
import json
import socket
import uuid
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import Any, BinaryIO
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

from entrepot import main as root
from entrepot.core.accounts import tenancy
from entrepot.core.ports import Tx
from entrepot.core.things.account import Key, Settings
from entrepot.core.vault import Vault
from entrepot.dialect.request import Request
from entrepot.vendors.aliyun.signing import sign_v1, sign_v3
from tests.server import Server

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON; fails where it is none."""
        assert self.headers["content-type"] == "application/json;charset=utf-8", self.body
        return json.loads(self.body)

    @property
    def xml(self) -> ElementTree.Element:
        """The body's root element; fails where it is no XML."""
        assert self.headers["content-type"] == "text/xml;charset=utf-8", self.body
        return ElementTree.fromstring(self.body)

    @property
    def code(self) -> str:
        """The code of a refusal, with its status before it: `400 MissingAction`."""
        return f"{self.status} {self.json.get('Code')}"

    @property
    def said(self) -> str:
        """The text of a refusal."""
        text: str = self.json["Message"]
        return text


@dataclass
class AliyunCaller:
    """Calls one server with one key pair."""

    address: str  # host:port
    access_key: str
    secret: str
    ids: Mapping[str, str] = field(default_factory=dict)  # `entrepot credentials`, aliyun

    def send(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Reply:
        """The reply to exactly this."""
        connection = HTTPConnection(self.address, timeout=30)
        try:
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            given = {"host": self.address, "content-length": str(len(body)), **(headers or {})}
            for name, value in given.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            names = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, names, answer.read())
        finally:
            connection.close()

    def common(self, action: str) -> dict[str, str]:
        """The common parameters of V1, without the signature."""
        return {
            "Action": action,
            "Version": "2018-01-20",
            "Format": "JSON",
            "AccessKeyId": self.access_key,
            "SignatureMethod": "HMAC-SHA1",
            "SignatureVersion": "1.0",
            "SignatureNonce": uuid.uuid4().hex,
            "Timestamp": stamp(),
        }

    def v1(
        self,
        action: str,
        given: Mapping[str, object] | None = None,
        *,
        method: str = "POST",
        in_form: tuple[str, ...] = (),
        common: Mapping[str, str | None] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """The reply to a V1 call. `common` replaces common parameters; None leaves one out."""
        changed = {**self.common(action), **(common or {})}
        named = {name: value for name, value in changed.items() if value is not None}
        named |= {name: str(value) for name, value in (given or {}).items()}
        named.setdefault("Signature", sign_v1(method, named, self.secret))
        query = {name: value for name, value in named.items() if name not in in_form}
        form = {name: value for name, value in named.items() if name in in_form}
        body = urlencode(form).encode()
        kind = {"content-type": FORM} if form else {}
        return self.send(
            method, "/?" + urlencode(query, quote_via=quote), {**kind, **(headers or {})}, body
        )

    def v3(
        self,
        action: str,
        given: Mapping[str, object] | None = None,
        *,
        method: str = "POST",
        form: Mapping[str, object] | None = None,
        headers: Mapping[str, str | None] | None = None,
        unsigned: Mapping[str, str] | None = None,
    ) -> Reply:
        """The reply to a V3 call. `headers` are signed, None leaves one out; `unsigned` are sent beside."""
        body = urlencode({name: str(value) for name, value in (form or {}).items()}).encode()
        base: dict[str, str | None] = {**self._v3_headers(action, body)}
        if form:
            base["content-type"] = FORM
        base |= headers or {}
        signed = {name: value for name, value in base.items() if value is not None}
        query = {name: str(value) for name, value in (given or {}).items()}
        request = Request(
            method,
            b"/",
            headers={name.encode(): value.encode() for name, value in signed.items()},
        )
        authorization = sign_v3(request, query, self.access_key, self.secret).decode()
        sent = {**signed, "authorization": authorization, **(unsigned or {})}
        return self.send(method, "/?" + urlencode(query), sent, body)

    def v3_all(self, action: str, given: Mapping[str, object], times: int) -> list[Reply]:
        """The replies to so many calls, signed beforehand and sent at once on one connection."""
        query = {name: str(value) for name, value in given.items()}
        requests = []
        for _ in range(times):
            headers = self._v3_headers(action, b"")
            signed = {name.encode(): value.encode() for name, value in headers.items()}
            request = Request("POST", b"/", headers=signed)
            headers["authorization"] = sign_v3(
                request, query, self.access_key, self.secret
            ).decode()
            lines = [f"POST /?{urlencode(query)} HTTP/1.1", "content-length: 0"]
            lines += [f"{name}: {value}" for name, value in headers.items()]
            requests.append("\r\n".join(lines) + "\r\n\r\n")
        host, port = self.address.split(":")
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            connection.sendall("".join(requests).encode())
            with connection.makefile("rb") as stream:
                return [_read(stream) for _ in range(times)]

    def _v3_headers(self, action: str, body: bytes) -> dict[str, str]:
        return {
            "host": self.address,
            "x-acs-action": action,
            "x-acs-version": "2018-01-20",
            "x-acs-date": stamp(),
            "x-acs-signature-nonce": uuid.uuid4().hex,
            "x-acs-content-sha256": hashlib.sha256(body).hexdigest(),
        }

    def done(self, action: str, **given: object) -> Any:
        """What a V3 call that must work answers."""
        reply = self.v3(action, given)
        assert reply.status == 200, reply.body
        assert reply.json["Success"] is True, reply.body
        return reply.json


def _read(stream: BinaryIO) -> Reply:
    """The next reply on the connection."""
    status = int(stream.readline().split()[1])
    headers = {}
    while line := stream.readline().strip():
        name, _, value = line.decode("latin-1").partition(": ")
        headers[name.lower()] = value
    return Reply(status, headers, stream.read(int(headers["content-length"])))


def tenant(server: Server, name: str, **settings: Any) -> AliyunCaller:
    """A caller for a tenant of its own on the server, made with these settings."""

    def make(tx: Tx, vault: Vault) -> None:
        root.create_tenant(tx, vault, name, Settings(**settings))

    with closing(root.open_installation(server.config)) as installation:
        installation.store.write_now(lambda tx: make(tx, installation.vault))
        made = root.credentials(installation, name)
    return AliyunCaller(server.address, made["access_key"], made["secret_key"], made["aliyun"])


def sub_user(server: Server, tenant: str, name: str, *permissions: str) -> AliyunCaller:
    """A caller for a new user of the tenant."""

    def make(tx: Tx, vault: Vault) -> tuple[Key, str]:
        owner = tenancy.tenant_named(tx, tenant)
        user = tenancy.create_user(tx, owner, name, root.now_ms(), permissions)
        return tenancy.create_key(tx, vault, user, root.now_ms())

    with closing(root.open_installation(server.config)) as installation:
        key, secret = installation.store.write_now(lambda tx: make(tx, installation.vault))
    return AliyunCaller(server.address, key.access_key, secret)


def stamp(when: datetime | None = None) -> str:
    """A time as both signatures write it."""
    return (when or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
