"""Requests with something wrong in them, for every operation of every dialect, and who sends them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from dataclasses import replace as changed
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from entrepot.core.faults import Fault
from entrepot.dialect.calls import bare, with_own
from entrepot.dialect.client import Credentials, Stamp
from entrepot.dialect.dialect import Dialect, Exchange
from entrepot.dialect.operation import Operation
from entrepot.dialect.request import Answer, Request
from entrepot.edge.http import Edge
from entrepot.main import dialects
from entrepot.vendors.aliyun import codec
from entrepot.vendors.aliyun.signing import canonical_query, sign_v1
from tests.contract.adapters import HOST, Adapter, stamp
from tests.contract.furnished import Victim, call, furnished
from tests.contract.world import World

Change = Callable[[Request], Request]


def _sign_v1(request: Request, credentials: Credentials, at: Stamp) -> Request:
    """The request as Alibaba's older SDKs sign it: in parameters."""
    when = datetime.fromtimestamp(at.at_ms / 1000, UTC)
    added = {
        "Version": "2018-01-20", "AccessKeyId": credentials["access_key"], "SignatureNonce": at.nonce,
        "SignatureMethod": "HMAC-SHA1", "SignatureVersion": "1.0", "Timestamp": f"{when:%FT%TZ}",
    }  # fmt: skip
    try:
        given = {**codec.read(request).all, **added}
    except codec.BadParameter:
        given = added
    signature = sign_v1(request.method, given, credentials["secret_key"])
    query = canonical_query({**given, "Signature": signature})
    return replace(request, query=query, body=b"")


def _older(dialect: Dialect) -> Dialect:
    client = changed(dialect.client, sign=_sign_v1, selector=b"")
    return changed(dialect, client=client)


DIALECTS = (*dialects(), *(_older(d) for d in dialects() if d.name == "aliyun"))
CALLS = [(d, o) for d in DIALECTS for o in d.operations]
each_operation = pytest.mark.parametrize(
    ("dialect", "operation"), CALLS, ids=[f"{d.name}-{o.name}" for d, o in CALLS]
)


def same(request: Request) -> Request:
    return request


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which a request may be wrong: changes before and after it is signed."""

    name: str
    before: Change = same
    after: Change = same
    secret: str = ""  # it is signed with this secret key instead
    late_ms: int = 0  # it is signed so much later than now


def headers(*changed: tuple[bytes, bytes | None]) -> Change:
    """Sets headers; None takes one away."""

    def change(request: Request) -> Request:
        merged = {**request.headers, **dict(changed)}
        kept = {name: value for name, value in merged.items() if value is not None}
        return replace(request, headers=kept)

    return change


def each_header(pattern: bytes, change: Callable[[bytes], bytes | None]) -> Change:
    """Changes the value of every header whose name matches; None takes it away."""

    def changed(request: Request) -> Request:
        found = [(n, change(v)) for n, v in request.headers.items() if re.search(pattern, n)]
        return headers(*found)(request)

    return changed


def body(raw: bytes, kind: bytes | None = b"application/json") -> Change:
    return lambda request: headers((b"content-type", kind))(replace(request, body=raw))


def set_hash(value: bytes) -> Way:
    """Declares a hash of the body, under every name that a vendor has for it."""
    named = ((b"x-sdk-content-sha256", value), (b"x-acs-content-sha256", value))
    return Way(f"hash {value[:16]!r}", after=headers(*named))


def signed_headers(change: Callable[[bytes], bytes]) -> Change:
    """Changes the list of signed headers in an Authorization header."""
    return each_header(
        rb"^authorization$",
        lambda v: re.sub(rb"(?<=SignedHeaders=)[^,]*", lambda m: change(m[0]), v),
    )


@dataclass(slots=True)
class Sender:
    """Sends requests through the edge and keeps what came of each."""

    world: World
    victim: Victim
    edge: Edge
    heard: list[tuple[Exchange, Answer]]
    bare: dict[tuple[str, str, bytes], Request] = field(default_factory=dict)

    def send(
        self, dialect: Dialect, operation: Operation, ways: tuple[Way, ...]
    ) -> tuple[Answer, Fault | None]:
        request = self.request(dialect, operation, ways)
        self.heard.clear()
        answer = self.world.run(self.edge.answer(request))
        return answer, self.heard[0][0].fault if self.heard else None

    def unsigned(self, dialect: Dialect, operation: Operation) -> Request:
        """A request that calls the operation on the victim's things."""
        place = (dialect.name, operation.name, dialect.client.selector)
        if place not in self.bare:
            adapter, known = Adapter(dialect=dialect.name, sdk=""), self.victim.credentials
            handles = self.victim.handles(adapter, self.world)
            given, content = call(adapter, operation, handles, known)
            values = with_own(dialect, operation, given, known)
            absent = {n: "100001" for n in operation.parameters if f"{{{n}}}" in operation.path}
            self.bare[place] = bare(dialect, operation, absent | values, content, HOST, "b")
        return self.bare[place]

    def request(self, dialect: Dialect, operation: Operation, ways: tuple[Way, ...]) -> Request:
        request = self.unsigned(dialect, operation)
        known: Credentials = self.victim.credentials
        at = stamp()
        for way in ways:
            request = way.before(request)
            known = {**known, "secret_key": way.secret} if way.secret else known
            at = Stamp(at.at_ms + way.late_ms, at.nonce)
        request = dialect.client.sign(request, known, at)
        for way in ways:
            request = way.after(request)
        return request


@contextmanager
def sending(folder: Path) -> Iterator[Sender]:
    """A sender of its own installation in the folder."""
    world = World(folder)
    heard: list[tuple[Exchange, Answer]] = []
    edge = Edge(
        world.owners, world.context, [lambda exchange, answer, _: heard.append((exchange, answer))]
    )
    try:
        yield Sender(world, furnished(world), edge, heard)
    finally:
        world.close()
