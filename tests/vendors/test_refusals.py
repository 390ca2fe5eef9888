"""Making a refusal cannot fail: whatever is wrong with a request at once, the answer is no defect of ours.

Every operation of every dialect is sent a request that is wrong in each way there is. Every pair of two
ways, and a part of the product of all ways, is dealt out over the operations of a dialect.
"""

from __future__ import annotations

import itertools
import json
import logging
import math
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from dataclasses import replace as changed
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from entrepot.core.faults import Broken, Fault, Unauthenticated, Unrouted
from entrepot.dialect.calls import bare, with_own
from entrepot.dialect.client import Stamp
from entrepot.dialect.handle import Spoken
from entrepot.dialect.operation import Dialect, Exchange, Operation
from entrepot.dialect.request import Answer, Request
from entrepot.edge.http import Edge
from entrepot.main import dialects
from entrepot.vendors.aliyun import codec
from entrepot.vendors.aliyun.signing import canonical_query, sign_v1
from tests.contract.adapters import HOST, Adapter, Credentials, stamp
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
each_dialect = pytest.mark.parametrize("dialect", dialects(), ids=lambda d: d.name)
PRODUCT_SENT = 50  # requests of the whole product that one operation gets
# Operations in a row share the pairs among them; with HYPOTHESIS_PROFILE=search each gets all.
SHARES = 1 if os.environ.get("HYPOTHESIS_PROFILE") == "search" else 3


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


SIGNATURE, CREDENTIAL = rb"authorization|signature|token", rb"auth|sign|token|date|timestamp|nonce"
AXES: tuple[tuple[Way, ...], ...] = (
    (Way("well signed"), Way("another secret", secret="f" * 32),
     Way("cut", after=each_header(SIGNATURE, lambda v: v[:-1])),
     Way("no hex", after=each_header(SIGNATURE, lambda v: v[:-1] + b"\xe9"))),
    (Way("all headers"), Way("no host", after=headers((b"host", None))),
     Way("no host signed", before=headers((b"host", b""))),
     Way("no credentials", after=each_header(CREDENTIAL, lambda v: None)),
     Way("no content type", after=headers((b"content-type", None))),
     Way("no date", after=each_header(rb"date|timestamp", lambda v: None))),
    (Way("own hash"), set_hash(b"0" * 64), set_hash(b"UNSIGNED-PAYLOAD"), set_hash(b"\xff" * 70)),
    (Way("own body"), Way("body changed", after=lambda r: replace(r, body=r.body + b" ")),
     *(Way(f"body {raw[:9]!r} of {kind!r}", before=body(raw, kind)) for raw, kind in (
         (b"", None), (b"{", b"application/json"), (b"null", b"application/json"),
         (b'{"a":"\\ud800","a":1}', b"application/json"), (b"[" * 9000, b"text/plain"),
         (b"\xff\xfe=%ff&=", b"application/x-www-form-urlencoded"),
         (b"--b\r\n\r\n", b"multipart/form-data; boundary=b"), (b"{}", b"multipart/\xff"),
     ))),
    (Way("now"), Way("late", late_ms=20 * 60_000), Way("long ago", late_ms=-50 * 365 * 86_400_000),
     *(Way(f"date {at!r}", after=each_header(rb"date|timestamp", lambda v, at=at: at))
       for at in (b"00010101T000000Z", b"0001-01-01T00:00:00Z", b"9" * 13, b"\xe9 today"))),
    (Way("once each"), Way("host twice", after=lambda r: replace(r, repeated=frozenset({b"host"}))),
     Way("all twice", after=lambda r: replace(r, repeated=frozenset(r.headers))),
     Way("few twice", after=lambda r: replace(r, repeated=frozenset({b"accept", b"x-acs-date"})))),
    (Way("own authorization"), Way("signs what is not there", after=signed_headers(lambda v: v + b";x-nope")),
     Way("signs one header", after=signed_headers(lambda v: v.partition(b";")[0])),
     Way("signs nothing", after=signed_headers(lambda v: b"")),
     *(Way(f"authorization {value[:9]!r}", after=headers((b"authorization", value))) for value in (
         b"Bearer x", b"\xe9\xff", b"ACS3-HMAC-SHA256 ", b"SDK-HMAC-SHA256 " + b"x" * 5000,
         b"V11-HMAC-SHA256 Credential=k/20260101/r/s, SignedHeaders=host, Signature=" + b"0" * 64)),
     *(Way(f"token {value[:9]!r}", after=headers(*((name, value) for name in (
         b"x-auth-token", b"x-subject-token", b"apim-accesstoken", b"x-acs-security-token"))))
       for value in (b"MII00", b"\xe9" * 344, b"A" * 344))),
    (Way("own query"), Way("query cut", after=lambda r: replace(r, query=b"%zz&a=%ff&=&" + r.query)),
     Way("query doubled", before=lambda r: replace(r, query=r.query + b"&" + r.query)),
     Way("query gone", before=lambda r: replace(r, query=b""))),
)  # fmt: skip


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


@pytest.fixture(scope="module")
def sender(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sender]:
    world = World(tmp_path_factory.mktemp("refusals"))
    heard: list[tuple[Exchange, Answer]] = []
    edge = Edge(
        world.spoken, world.house, [lambda exchange, answer, _: heard.append((exchange, answer))]
    )
    yield Sender(world, furnished(world), edge, heard)
    world.close()


def alone() -> Iterator[tuple[Way, ...]]:
    """A request that nothing is wrong with, and every wrong way alone."""
    yield ()
    yield from ((way,) for axis in AXES for way in axis[1:])


def pairs(dialect: Dialect, operation: Operation) -> Iterator[tuple[Way, ...]]:
    """This operation's share of every two wrong ways of different axes."""
    every = (
        pair
        for one, other in itertools.combinations(AXES, 2)
        for pair in itertools.product(one[1:], other[1:])
    )
    return itertools.islice(every, dialect.operations.index(operation) % SHARES, None, SHARES)


def dealt(dialect: Dialect, operation: Operation) -> Iterator[tuple[Way, ...]]:
    """This operation's share of the product of all axes."""
    size = math.prod(map(len, AXES))
    step = size // (PRODUCT_SENT * len(dialect.operations))
    first = dialect.operations.index(operation) * PRODUCT_SENT
    for number in range(first, first + PRODUCT_SENT):
        # A step without a factor in common with the axes' lengths would be prime; any odd one mixes.
        left, ways = number * (step | 1) % size, []
        for axis in AXES:
            left, which = divmod(left, len(axis))
            ways.append(axis[which])
        yield tuple(ways)


@each_operation
def test_no_request_makes_a_refusal_fail(
    dialect: Dialect, operation: Operation, sender: Sender
) -> None:
    called, reached = (dialect, operation), False
    for ways in itertools.chain(alone(), pairs(*called), dealt(*called)):
        answer, fault = sender.send(dialect, operation, ways)
        said = ([way.name for way in ways], answer.body.decode())
        assert not isinstance(fault, Broken), said
        assert answer.status < 500 or fault is not None, said
        assert ways or not isinstance(fault, Unauthenticated | Unrouted), said
        reached = reached or not isinstance(fault, Unrouted)
    assert reached


# Should the words fail all the same


@each_dialect
def test_a_refusal_that_cannot_be_made_is_the_vendors_internal_error(
    dialect: Dialect, sender: Sender, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(status: int, code: str, text: str, fault: Fault, exchange: Exchange) -> Answer:
        if exchange.request.path != b"/":
            raise ValueError("the words are missing")
        return dialect.refuse(status, code, text, fault, exchange)

    broken = next(row for row in dialect.rows if row.fault is Broken)
    spoken = Spoken(changed(dialect, refuse=refuse))
    request = Request("PATCH", b"/nowhere/at/all")
    with caplog.at_level(logging.ERROR):
        answer, exchange = sender.world.run(spoken.handle(request, sender.world.house))
    assert isinstance(exchange.fault, Broken)
    assert answer.status == broken.status
    assert broken.code.encode() in answer.body
    (record,) = caplog.records
    assert exchange.request_id in record.getMessage()
    assert record.exc_info is not None


# What Huawei's callers are told where their signature cannot even be computed here


@pytest.mark.parametrize(
    ("way", "said"),
    [
        (signed_headers(lambda v: v + b";x-nope"), "SignedHeaders names x-nope, and no such header"),
        (headers((b"host", None)), "SignedHeaders names host, and no such header arrived"),
        (headers((b"x-sdk-content-sha256", b"0" * 64)), "X-Sdk-Content-Sha256 is not the SHA-256"),
        (headers((b"x-sdk-content-sha256", b"UNSIGNED-PAYLOAD")), "a JSON body must be signed"),
    ],
    ids=["absent header", "absent host", "wrong hash", "unsigned JSON"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["iotda", "roma"])
def test_a_signature_that_cannot_be_checked_is_refused_with_the_reason(
    name: str, way: Change, said: str, sender: Sender
) -> None:
    dialect = next(d for d in DIALECTS if d.name == name)
    operation = next(o for o in dialect.operations if o.name == "CreateProduct")
    answer, fault = sender.send(dialect, operation, (Way("", after=way),))
    assert isinstance(fault, Unauthenticated)
    assert answer.status == 401
    assert said in json.loads(answer.body)["error_msg"]
