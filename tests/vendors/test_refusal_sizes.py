"""No refusal is longer than 8 KB, however much its caller sent, and it repeats little of that."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import fields
from dataclasses import replace as changed
from typing import Any, cast
from urllib.parse import quote

import pytest
from msgspec.structs import replace

from entrepot.core.faults import (
    Broken,
    Fault,
    Invalid,
    NotFound,
    Unauthenticated,
    Unrouted,
    Violation,
)
from entrepot.dialect.dialect import Dialect
from entrepot.dialect.handle import ServedDialect
from entrepot.dialect.operation import Operation
from entrepot.dialect.quoting import MOST_QUOTED, MOST_SIGNED, REFUSAL_BYTES, quoted
from entrepot.dialect.request import Request
from entrepot.main import dialects
from tests.contract.faults import samples
from tests.vendors.wronged import (
    Change,
    Sender,
    Way,
    body,
    each_header,
    each_operation,
    headers,
    sending,
)

LONG = 12_000
TEXTS = ("x" * LONG, "水" * (LONG // 3), '"&<>\\' * (LONG // 10), "\x01" * 4000)


@pytest.fixture(scope="module")
def sender(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sender]:
    with sending(tmp_path_factory.mktemp("sizes")) as made:
        yield made


def inflated(value: Any, text: str) -> Any:
    """The value with the text for every text in it, and under a name that nobody declared."""
    if isinstance(value, dict):
        return {**{k: inflated(v, text) for k, v in value.items()}, text: 1}
    if isinstance(value, list):
        return [inflated(item, text) for item in value] * 3
    return text if isinstance(value, str) else value


def long_body(text: str) -> Change:
    def change(request: Request) -> Request:
        try:
            plain = json.loads(request.body)
        except ValueError:
            plain = {"a": [{}]}
        return replace(request, body=json.dumps(inflated(plain, text)).encode())

    return change


def long_query(text: str) -> Change:
    """Every value of the query is the text, and so is the name of one more parameter."""
    spelled = quote(text[:5_000]).encode()

    def change(request: Request) -> Request:
        pairs = [pair.partition(b"=")[0] + b"=" + spelled for pair in request.query.split(b"&")]
        return replace(request, query=b"&".join([*pairs, spelled + b"=1"])[-LONG:])

    return change


def long_path(segment: bytes) -> Change:
    """The last segment of the path, and then also the one before it, is long."""

    def change(request: Request) -> Request:
        head, _, _ = request.path.rpartition(b"/")
        return replace(request, path=head + b"/" + segment)

    return change


def wrong_items(request: Request) -> Request:
    """A body whose lists have two hundred items, each of them wrong."""
    try:
        plain = json.loads(request.body)
    except ValueError:
        return request
    listed = {k: [{"y" * 50 + str(n): n} for n in range(200)] for k in plain}
    return replace(request, body=json.dumps(listed).encode())


many = "&".join(f"{'y' * 150}{n}=1" for n in range(300)).encode()
OVERSIZED: tuple[Way, ...] = (
    *(Way(f"body of {text[:3]!r}", before=long_body(text)) for text in TEXTS),
    *(Way(f"query of {text[:3]!r}", before=long_query(text)) for text in TEXTS),
    *(Way(f"path of {part[:3]!r}", before=long_path(part * (7500 // len(part))))
      for part in (b"x", b"%41", b"%E6%B0%B4", b"%01", b"x/")),
    Way("nested names", before=long_body("a.b[0].c" * 5000)),
    Way("many wrong items", before=wrong_items),
    Way("a name twice", before=body(json.dumps({"k" * LONG: 1}).encode()[:-1] + b',"' + b"k" * LONG + b'":2}')),
    Way("many parameters", before=lambda r: replace(r, query=r.query + b"&" + many)),
    Way("a long host", before=headers((b"host", b"h" * LONG))),
    Way("no UTF-8", before=headers((b"host", b"\xe9" * LONG))),
    Way("long credentials", after=each_header(rb"auth|sign|token|nonce", lambda v: v + b"f" * LONG)),
    Way("long key", after=each_header(rb"^authorization$", lambda v: re.sub(rb"(?<=[=])[\w-]+(?=,)", b"k" * 128, v))),
    Way("long dates", after=each_header(rb"date|timestamp", lambda v: v + b"1" * LONG)),
    Way("long method", before=lambda r: replace(r, method="M" * LONG)),
    Way("long versions", after=headers((b"x-acs-version", b"v" * LONG), (b"x-project-id", b"v" * LONG))),
    Way("long action", after=headers((b"x-acs-action", b"v" * LONG))),
)  # fmt: skip
UNSIGNED = Way("signed by nobody", secret="f" * 32)


@each_operation
def test_a_refusal_is_short_however_long_the_request(
    dialect: Dialect, operation: Operation, sender: Sender
) -> None:
    refused: set[type[Fault]] = set()
    for number, way in enumerate(OVERSIZED):
        # A signature that does not hold is refused by quoting what was to be signed.
        ways = (way, UNSIGNED) if number % 2 == dialect.operations.index(operation) % 2 else (way,)
        answer, fault = sender.send(dialect, operation, ways)
        if fault is None:
            continue
        said = ([way.name for way in ways], fault.__class__, len(answer.body))
        assert len(answer.body) <= REFUSAL_BYTES, said
        assert sum(len(n) + len(v) for n, v in answer.headers) <= 1024, said
        assert not isinstance(fault, Broken), said
        refused.add(type(fault))
    assert refused & {Invalid, Unauthenticated, Unrouted}, refused


def lengthened(fault: Fault, text: str) -> Fault:
    """The fault with the text in every field that may hold what a caller sent."""
    if isinstance(fault, Invalid):
        return Invalid(tuple(
            Violation((v.path[0] if v.path else text, 3, text), v.kind,
                      text if v.kind in ("rule", "duplicate") else v.want, text)
            for v in fault.violations * 5
        ))  # fmt: skip
    ours = {fault.told_apart_by, "kind", "part", "permission", "by", "allowed"}
    long = {
        f.name: text for f in fields(cast(Any, fault))
        if f.name not in ours and isinstance(getattr(fault, f.name), str)
    }  # fmt: skip
    made: Fault = changed(cast(Any, fault), **long)
    return made


@pytest.mark.parametrize("dialect", dialects(), ids=lambda d: d.name)
def test_a_value_of_the_callers_is_cut_and_the_text_to_sign_is_not_cut_so_soon(
    dialect: Dialect, sender: Sender
) -> None:
    served, authenticator = ServedDialect(dialect), sender.world.context.authenticator
    quoted = 0
    for fault in (s for row in dialect.rows for s in samples(row.fault, row.when)):
        exchange = served.exchange(Request("POST", b"/x"), authenticator)
        answer = served.refuse(lengthened(fault, "水" * 9000), exchange)
        assert len(answer.body) <= REFUSAL_BYTES
        longest = max(map(len, re.findall("水+", answer.body.decode())), default=0)
        signed = isinstance(fault, Unauthenticated) and fault.reason == "signature"
        assert longest <= (MOST_SIGNED if signed else MOST_QUOTED), fault
        assert not longest or "..." in answer.body.decode(), fault
        quoted += longest == MOST_QUOTED
    assert quoted


def test_the_text_to_sign_is_shown_nearly_whole(sender: Sender) -> None:
    dialect = next(d for d in dialects() if d.name == "iotda")
    operation = next(o for o in dialect.operations if o.name == "ListProducts")
    long = Way("", before=lambda r: replace(r, query=b"marker=" + b"x" * 20_000))
    answer, fault = sender.send(dialect, operation, (long, UNSIGNED))
    assert isinstance(fault, Unauthenticated)
    said = json.loads(answer.body)["error_msg"]
    assert re.search(r"canonical request here: GET\|.*\|marker=x{6000,}\.\.\.\.$", said)
    assert 7000 < len(answer.body) <= REFUSAL_BYTES


def test_what_is_short_enough_is_the_fault_itself() -> None:
    for fault in (
        NotFound("product", "h" * MOST_QUOTED),
        Invalid((Violation(("a", 1), "rule", "w"),)),
    ):
        assert quoted(fault) is fault
    assert quoted(NotFound("product", "h" * (MOST_QUOTED + 1))).handle == "h" * MOST_QUOTED + "..."
    number = Violation(("a",), "duplicate", 10**5000)
    assert "digits" in str(quoted(Invalid((number,))).violations[0].want)
