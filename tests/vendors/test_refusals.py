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
from collections.abc import Iterator
from dataclasses import replace as changed

import pytest
from msgspec.structs import replace

from entrepot.core.faults import Broken, Fault, Unauthenticated, Unrouted
from entrepot.dialect.dialect import Dialect, Exchange
from entrepot.dialect.handle import ServedDialect
from entrepot.dialect.operation import Operation
from entrepot.dialect.request import Answer, Request
from entrepot.main import dialects
from tests.vendors.wronged import (
    DIALECTS,
    Change,
    Sender,
    Way,
    body,
    each_header,
    each_operation,
    headers,
    sending,
    set_hash,
    signed_headers,
)

each_dialect = pytest.mark.parametrize("dialect", dialects(), ids=lambda d: d.name)
PRODUCT_SENT = 50  # requests of the whole product that one operation gets
# Operations in a row share the pairs among them; with HYPOTHESIS_PROFILE=search each gets all.
SHARES = 1 if os.environ.get("HYPOTHESIS_PROFILE") == "search" else 3


@pytest.fixture(scope="module")
def sender(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sender]:
    with sending(tmp_path_factory.mktemp("refusals")) as made:
        yield made


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
    served = ServedDialect(changed(dialect, refuse=refuse))
    request = Request("PATCH", b"/nowhere/at/all")
    with caplog.at_level(logging.ERROR):
        answer, exchange = sender.world.run(served.handle(request, sender.world.context))
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
        (headers((b"x-sdk-content-sha256", b"UNSIGNED-PAYLOAD")), "this body must be signed"),
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
