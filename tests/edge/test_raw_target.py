"""A target with bytes beyond ASCII is read as if the client had escaped them, however its bytes arrive."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from entrepot.core.faults import Fault
from entrepot.dialect.request import Answer, Request
from entrepot.edge.incoming import Incoming
from tests.contract.adapters import stamp
from tests.contract.world import World
from tests.edge.fakes import Silent
from tests.edge.raw import Wire, spelled
from tests.server import Server
from tests.vendors.signature_schemes import SCHEMES, Scheme

NOT_HTTP = (400, b"This is not HTTP/1.1.\n")


class Received:
    """Keeps the requests, and the refusal behind them."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.refusals: list[tuple[int, bytes]] = []

    def body_begins(self, total_bytes: int, wants_word: bool) -> None:
        pass

    def holds(self, held_bytes: int) -> None:
        pass

    def complete(self, request: Request, keep_alive: bool, total_bytes: int) -> None:
        assert keep_alive
        self.requests.append(request)

    def refused(self, request: Request, reason: Fault | Answer) -> None:
        assert isinstance(reason, Answer)
        self.refusals.append((reason.status, reason.body))


def received(*reads: bytes) -> Received:
    found = Received()
    incoming = Incoming(Silent(), found, "")
    for read in reads:
        incoming.feed(memoryview(read))
    return found


def escaped(target: str) -> bytes:
    return re.sub(rb"[\x80-\xff]", lambda m: b"%%%02X" % m[0][0], target.encode())


def line(target: bytes, *headers: bytes, method: bytes = b"GET") -> bytes:
    return b"\r\n".join((b"%s %s HTTP/1.1" % (method, target), b"host: x", *headers, b"", b""))


def in_chunks(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(data), data)


def message(target: bytes, body: bytes, how: str) -> bytes:
    if how == "none":
        return line(target, "x-note: /é GET /é".encode())
    if how == "chunked":
        return line(target, b"transfer-encoding: chunked", method=b"POST") + in_chunks(body)
    return line(target, b"content-length: %d" % len(body), method=b"POST") + body


TARGETS = st.text("a/?=&%é水\U0001f321", max_size=8).map(lambda text: "/" + text)
BODIES = st.lists(
    st.sampled_from(["é", "GET /é", "\n", "\r\n\r\n", "GET /水 HTTP/1.1\r\n", "a", " /é"]),
    max_size=4,
).map(lambda parts: "".join(parts).encode() or b"a")
MESSAGES = st.lists(
    st.tuples(TARGETS, BODIES, st.sampled_from(["none", "length", "chunked"])),
    min_size=1,
    max_size=4,
)


@given(MESSAGES, st.lists(st.integers(0, 400), max_size=6))
def test_it_is_read_as_if_escaped_wherever_the_reads_are_cut(
    messages: list[tuple[str, bytes, str]], cuts: list[int]
) -> None:
    raw = b"".join(message(target.encode(), body, how) for target, body, how in messages)
    plain = [received(message(escaped(target), body, how)) for target, body, how in messages]
    places = [0, *sorted(cuts), len(raw)]
    reads = [raw[a:b] for a, b in pairwise(places)]
    found = received(*reads)
    assert found.requests == [one.requests[0] for one in plain]
    assert not found.refusals


def test_every_cut_of_a_pipeline_gives_the_same_requests() -> None:
    raw = b"".join(
        message("/v5/水?n=é".encode(), "GET /é HTTP/1.1\r\n\r\n".encode(), how)
        for how in ("none", "length", "chunked", "none")
    )
    whole = received(raw).requests
    assert [r.query for r in whole] == [b"n=%C3%A9"] * 4
    for at in range(len(raw)):
        assert received(raw[:at], raw[at:]).requests == whole, raw[:at]
    assert received(*(bytes((byte,)) for byte in raw)).requests == whole


@pytest.mark.parametrize("bad", [b"\xe9", b"\xc3", b"\xc0\xaf", b"\xed\xa0\x80", b"\xff", b"\xf5a"])
@pytest.mark.parametrize("cut", [0, 1, 2, 3])
def test_what_is_no_utf_8_is_refused(bad: bytes, cut: int) -> None:
    raw = line(b"/a?b=" + bad + b"&c=d") + line(b"/smuggled")
    at = raw.index(bad) + cut
    for reads in ((raw,), (raw[:at], raw[at:])):
        found = received(*reads)
        assert not found.requests
        assert found.refusals == [NOT_HTTP]


@pytest.mark.parametrize(
    "raw",
    [
        "GÉT /a HTTP/1.1\r\nhost: x\r\n\r\n",
        "GET é/a HTTP/1.1\r\nhost: x\r\n\r\n",
        "GET /a HTTP/1.1é\r\nhost: x\r\n\r\n",
        "GET /a éHTTP/1.1\r\nhost: x\r\n\r\n",
        "GET /é\x7f HTTP/1.1\r\nhost: x\r\n\r\n",
        "GET /a HTTP/1.1\r\nhost: x\r\né: y\r\n\r\n",
        "GET /é HTTP/1.1\r\né: y\r\nhost: x\r\n\r\n",
    ],
)
def test_elsewhere_in_the_head_nothing_is_escaped(raw: str) -> None:
    whole = raw.encode()
    for at in range(len(whole)):
        found = received(whole[:at], whole[at:])
        assert not found.requests
        assert found.refusals == [NOT_HTTP]


def test_a_body_full_of_what_looks_like_targets_is_left_as_it_is() -> None:
    body = "A /é".encode() * 2000
    for how in ("length", "chunked"):
        [request] = received(message(b"/a", body, how)).requests
        assert request.body == body


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("raw"))
    yield made
    made.close()


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda s: s.name)
def test_a_signature_covers_the_escapes(scheme: Scheme, world: World) -> None:
    credentials = world.tenant()
    unsigned = scheme.unsigned(credentials, 1)
    unsigned = replace(
        unsigned, query=unsigned.query + b"&gamma=" + escaped("水表 é").replace(b" ", b"+")
    )
    signed = scheme.sign(unsigned, credentials, stamp())
    sent = re.sub(rb"%([89A-F][0-9A-F])", lambda m: bytes.fromhex(m[1].decode()), signed.query)
    assert not sent.isascii()
    [request] = received(spelled(replace(signed, query=sent))).requests
    assert request.query == signed.query
    answer, exchange = world.serve(request)
    assert not scheme.adapter.refused(answer), answer.body
    assert exchange is not None
    assert exchange.caller is not None


def test_a_server_answers_two_that_come_together(tmp_path_factory: pytest.TempPathFactory) -> None:
    with Server(tmp_path_factory.mktemp("raw")) as running, Wire(running.address) as wire:
        wire.send(line("/nothing/水表?n=é".encode()) * 2)
        replies = [wire.reply(), wire.reply()]
        assert [reply.status for reply in replies if reply is not None] == [404, 404]
