"""Every part of a request is bounded while it arrives, and refused by whoever owns its path."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator

import pytest

from entrepot.core.faults import Fault
from entrepot.dialect.dialect import Dialect
from entrepot.dialect.request import Answer, Request
from entrepot.edge.incoming import PIPELINED_LIMIT, Incoming
from entrepot.main import dialects
from tests.edge.raw import Reply, Wire
from tests.edge.test_http import in_its_words, request
from tests.server import ENTREPOT, Server

KB = 1 << 10
ROOTS = [(d, r) for d in dialects() for r in d.roots if r]
each_root = pytest.mark.parametrize("root", [r for _, r in ROOTS])


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("bounds"), "--admin-port", "0") as server:
        yield server


def said(server: Server, *pieces: bytes) -> Reply:
    """The answer, while more would come."""
    with Wire(server.address) as wire:
        for piece in pieces:
            wire.send(piece)
        reply = wire.reply()
    assert reply is not None
    return reply


@each_root
def test_a_long_path_is_refused_by_its_owner_before_it_ends(running: Server, root: str) -> None:
    start = f"GET /{root}/".encode()
    reply = said(running, start, b"a" * (8 * KB - len(start)), b"a" * 300)
    in_its_words(reply)
    assert len(reply.body) <= 8 * KB
    fits = said(running, start + b"a" * 8000 + b" HTTP/1.1\r\nhost: x\r\n\r\n")
    in_its_words(fits)


@pytest.mark.parametrize(("dialect", "root"), ROOTS, ids=[r for _, r in ROOTS])
def test_a_query_over_its_owners_limit_is_refused_while_it_arrives(
    running: Server, dialect: Dialect, root: str
) -> None:
    reply = said(running, f"GET /{root}/x?".encode(), b"a" * (dialect.query_limit + 1))
    in_its_words(reply)


def test_a_query_that_may_be_long_may_come_in_pieces(running: Server) -> None:
    pieces = [b"a=" + b"x" * 100_000 + b"&" for _ in range(30)]
    reply = said(running, b"GET /?", *pieces, b"b=1 HTTP/1.1\r\nhost: x\r\n\r\n")
    in_its_words(reply)
    assert reply.status != 413


def test_query_and_body_share_what_a_request_may_have(running: Server) -> None:
    query = b"a=" + b"x" * (5 << 20)
    head = b"POST /?%s HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % (query, 4 << 20)
    assert said(running, head).status == 413


def test_a_hundred_header_lines_are_the_most(running: Server) -> None:
    lines = [f"x-{n}: a" for n in range(99)]
    assert said(running, request("GET", "/v5/iot/p/products", *lines)).status == 401
    assert said(running, request("GET", "/v5/iot/p/products", *lines, "x-more: a")).status == 431


def test_an_unfinished_header_line_is_bounded(running: Server) -> None:
    head = b"GET /v5/x HTTP/1.1\r\nhost: x\r\nlong: "
    assert said(running, head, *[b"a" * 20_000] * 4).status == 431


def test_trailers_are_bounded_and_are_no_headers(running: Server) -> None:
    head = request("POST", "/v5/iot/p/products", "transfer-encoding: chunked")
    token = b"x-auth-token: something\r\n"
    small = said(running, head + b"0\r\n" + token + b"\r\n")
    assert small.status == 401
    assert b"No Authorization and no X-Auth-Token" in small.body
    assert (
        said(
            running,
            head
            + b"0\r\n"
            + b"".join(b"a%d: %s\r\n" % (n, b"b" * 4000) for n in range(4))
            + b"\r\n",
        ).status
        == 431
    )
    assert said(running, head + b"0\r\n", b"a: ", *[b"b" * 60_000] * 4).status == 400


def test_a_body_in_many_small_chunks_is_put_together(running: Server) -> None:
    parts = [b"%d" % n for n in range(3000)]
    body = b'{"appKey":"' + b"".join(parts) + b'"}'
    head = request(
        "POST", "/apim-token-service/v2.0/token/get", "transfer-encoding: chunked",
        "content-type: application/json",
    )  # fmt: skip
    pieces = [body[n : n + 24] for n in range(0, len(body), 24)]
    raw = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    whole = said(running, request("POST", "/apim-token-service/v2.0/token/get", body=body))
    assert said(running, head + raw + b"0\r\n\r\n").body == whole.body
    assert b"appKey" in whole.body


def test_chunks_may_not_be_mostly_framing(running: Server) -> None:
    head = request("POST", "/v5/iot/p/products", "transfer-encoding: chunked")
    with Wire(running.address) as wire:
        wire.send(head)
        for _ in range(40):
            wire.send(b"1;%s\r\na\r\n" % (b"x" * 5000))
        reply = wire.reply()
    assert reply is not None
    assert reply.status == 400


def test_a_pipeline_is_read_as_fast_as_it_is_answered(running: Server) -> None:
    with Wire(running.address) as wire:
        wire.send(b"GET /nothing HTTP/1.1\r\nhost: x\r\n\r\n" * 5000)
        statuses = [reply.status for _ in range(5000) if (reply := wire.reply()) is not None]
    assert statuses == [404] * 5000


def test_what_comes_together_is_bounded_by_number() -> None:
    """Over TLS up to 256 KB are received at once."""
    completed: list[Request] = []
    refused: list[Fault | Answer] = []

    class Receiver:
        def body_begins(self, total_bytes: int, wants_word: bool) -> None: ...

        def holds(self, held_bytes: int) -> None: ...

        def complete(self, request: Request, keep_alive: bool, total_bytes: int) -> None:
            completed.append(request)

        def refused(self, request: Request, reason: Fault | Answer) -> None:
            refused.append(reason)

    class Limits:
        def query_limit(self, path: bytes) -> int:
            return 1 << 20

        def body_limit(self, head: Request) -> int:
            return 1 << 20

    Incoming(Limits(), Receiver(), "").feed(b"GET /nothing HTTP/1.1\r\nhost: x\r\n\r\n" * 5000)
    assert len(completed) == PIPELINED_LIMIT
    [answer] = refused
    assert isinstance(answer, Answer)
    assert answer.status == 429


# RFC 9112


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"GET /v5/x HTTP/1.1\r\n\r\n", 400),
        (b"GET /v5/x HTTP/1.1\r\nhost: a\r\nhost: a\r\n\r\n", 400),
        (b"GET /explorer HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n", 400),
        (b"GET /v5/x HTTP/2.0\r\nhost: a\r\n\r\n", 505),
        (b"POST /v5/x HTTP/1.1\r\nhost: a\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
        (b"GET /v5/x HTTP/1.0\r\n\r\n", 401),
    ],
)  # fmt: skip
def test_http_is_read_as_rfc_9112_says(running: Server, raw: bytes, status: int) -> None:
    assert said(running, raw).status in (status, 404 if status == 401 else status)


def test_who_goes_on_sending_after_a_refusal_is_read_slowly_and_told_why(running: Server) -> None:
    head = b"POST /v5/iot/x/products HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % (1 << 40)
    piece, sent, end = b"a" * (1 << 20), 0, time.monotonic() + 1.5
    host, _, port = running.address.partition(":")
    with socket.create_connection((host, int(port)), 0.2) as client:
        client.sendall(head)
        while time.monotonic() < end:
            with contextlib.suppress(TimeoutError):
                sent += client.send(piece)
        assert client.recv(1 << 16).startswith(b"HTTP/1.1 413 ")
    # as fast as it could it would be some gigabytes; the sockets' buffers hold a few megabytes
    assert 8 << 20 < sent < 150 << 20


def test_http_0_9_is_not_spoken(running: Server) -> None:
    with Wire(running.address) as wire:
        wire.send(b"GET /v5/x\r\n\r\n")
        wire.finish()
        reply = wire.reply()
    assert reply is None or reply.status in (400, 505)


# Time and number


def from_address(server: Server, address: str, raw: bytes) -> Wire:
    """A connection from an address of loopback, over which these bytes went."""
    wire = Wire(server.address, source=address)
    wire.send(raw)
    return wire


def test_slow_bodies_make_room_for_those_that_wait(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    head = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n"
    data = tmp_path_factory.mktemp("room")
    with Server(data, "--max-unanswered-bytes", str(16 << 20), "--admin-port", "0") as server:
        slow = [from_address(server, f"127.0.0.{n}", head % (8_000_000) + b"ab") for n in (2, 3)]
        time.sleep(0.5)
        began = time.monotonic()
        with from_address(server, "127.0.0.4", head % 1_000_000 + b"a" * 1_000_000) as wire:
            reply = wire.reply()
        assert reply is not None
        assert reply.status == 400  # no call at all, said in Alibaba's words
        assert b"MissingAction" in reply.body
        assert time.monotonic() - began < 10
        ended = slow[0].reply()  # one made room enough, the other may go on
        for wire in slow:
            wire.__exit__()
        assert ended is not None
        assert ended.status == 503
        assert b"ServiceUnavailable" in ended.body
        time.sleep(0.5)
        with Wire(server.admin) as wire:
            wire.send(request("GET", "/metrics"))
            metrics = wire.reply()
        assert metrics is not None
        assert b"entrepot_unanswered_bytes 0.0" in metrics.body
        assert b"entrepot_unanswered_dropped_total 1.0" in metrics.body


def test_too_many_connections_take_the_place_of_idle_ones(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    data = tmp_path_factory.mktemp("few")
    with Server(data, "--max-connections", "16", "--admin-port", "0") as server:
        host, _, port = server.address.partition(":")
        held = []
        for n in range(40):
            sock = socket.socket()
            sock.bind((f"127.0.0.{2 + n % 8}", 0))
            sock.connect((host, int(port)))
            held.append(sock)
            time.sleep(0.01)
        with Wire(server.address) as wire:  # another address, and all places are taken
            wire.send(request("GET", "/nothing"))
            reply = wire.reply()
            assert reply is not None
            assert reply.status == 404
        for sock in held:
            sock.close()


def test_out_of_descriptors_is_told_and_gets_well_again(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    program = ("/bin/sh", "-c", 'ulimit -n 100; exec "$0" "$@"', *ENTREPOT)
    with Server(tmp_path_factory.mktemp("few"), program=program) as server:
        held = [Wire(server.address) for _ in range(60)]
        for wire in held:
            wire.__exit__()
        end = time.monotonic() + 20
        while time.monotonic() < end:
            with Wire(server.address) as wire:
                wire.send(request("GET", "/nothing"))
                reply = wire.reply()
            if reply is not None and reply.status == 404:
                break
            time.sleep(0.1)
        assert reply is not None
        assert "connection" in server.said
