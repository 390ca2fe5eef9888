"""HTTP as strangers send it: bounded, answered in the dialect's words, and the server goes on."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from entrepot.dialect.client import Credentials
from entrepot.dialect.dialect import SINGLE_HEADERS, Dialect
from entrepot.dialect.request import Answer
from entrepot.main import dialects
from tests.contract.adapters import ADAPTERS, WITH_PRODUCTS, Adapter
from tests.contract.live import ask
from tests.edge.raw import Reply, Wire, spelled
from tests.server import Server

ROOTS = [(d, r) for d in dialects() for r in d.roots]
each_root = pytest.mark.parametrize(
    ("dialect", "root"), ROOTS, ids=[f"{d.name}-{r or 'root'}" for d, r in ROOTS]
)
MEGABYTE = 1 << 20


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("edge")) as server:
        yield server


@pytest.fixture(scope="module")
def caller(running: Server) -> Credentials:
    known: Credentials = running.credentials()
    for adapter in ADAPTERS:
        known = adapter.ready(known, lambda request: ask(running.address, request))
    return known


@pytest.fixture(autouse=True)
def _goes_on(running: Server) -> Iterator[None]:
    """Whatever a test sends, the server answers the next one, and is the same process."""
    process = running.process
    yield
    with Wire(running.address) as wire:
        wire.send(b"GET /nothing HTTP/1.1\r\nhost: x\r\n\r\n")
        reply = wire.reply()
    assert reply is not None
    assert reply.status == 404
    assert running.process is process
    assert process is not None
    assert process.poll() is None


def say(server: Server, raw: bytes, head: bool = False) -> Reply:
    """The answer to these bytes."""
    with Wire(server.address) as wire:
        wire.send(raw)
        reply = wire.reply(head)
    assert reply is not None, "the server hung up without an answer"
    return reply


def request(method: str, path: str, *headers: str, body: bytes = b"") -> bytes:
    """The bytes of a request to x."""
    lines = [f"{method} {path} HTTP/1.1", "host: x", *headers]
    if body:
        lines.append(f"content-length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def in_its_words(reply: Reply) -> None:
    """The refusal is a document of the dialect's, and no stack trace."""
    assert reply.headers["content-type"].partition(";")[0] in ("application/json", "text/xml")
    assert b"Traceback" not in reply.body
    assert b'File "' not in reply.body
    assert reply.body
    if "json" in reply.headers["content-type"]:
        assert isinstance(json.loads(reply.body), dict)


# Places and methods


@each_root
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_an_unknown_place_gets_the_dialects_refusal(
    running: Server, dialect: Dialect, root: str, method: str
) -> None:
    path = f"/{root}/nowhere/at/all" if root else "/"
    in_its_words(say(running, request(method, path)))


@each_root
def test_head_gets_the_headers_and_no_body(running: Server, dialect: Dialect, root: str) -> None:
    with Wire(running.address) as wire:
        wire.send(request("HEAD", f"/{root}"))
        wire.send(request("GET", "/nothing"))
        first, second = wire.reply(head=True), wire.reply()
    assert first is not None
    assert int(first.headers["content-length"]) > 0
    assert second is not None
    assert json.loads(second.body)["error"] == "not_found"


def test_a_path_that_no_dialect_owns_says_which_there_are(running: Server) -> None:
    reply = say(running, request("GET", "/nothing"))
    assert reply.status == 404
    named = json.loads(reply.body)["roots"]
    assert set(named) == {f"/{root}" for _, root in ROOTS}


BROWSER = "accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def test_a_browser_at_the_root_is_sent_to_the_pages(running: Server) -> None:
    reply = say(running, request("GET", "/", BROWSER))
    assert (reply.status, reply.headers["location"]) == (303, "/explorer")


def test_a_browser_at_the_root_is_told_which_apis_there_are_where_no_pages_are(
    tmp_path: Path,
) -> None:
    with Server(tmp_path / "data", "--explorer", "false") as server:
        reply = say(server, request("GET", "/", BROWSER))
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/json"
    assert set(json.loads(reply.body)["roots"]) == {f"/{root}" for _, root in ROOTS}


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/", ("accept: application/json",)),
        ("GET", "/", ("accept: */*",)),
        ("GET", "/", ()),
        ("GET", "/?Action=CreateProduct", (BROWSER,)),
        ("GET", "/", (BROWSER, "x-acs-action: CreateProduct")),
        ("GET", "/", (BROWSER, "authorization: ACS3-HMAC-SHA256 x")),
        ("POST", "/", (BROWSER, "content-length: 0")),
    ],
)
def test_a_call_at_the_root_is_answered_by_its_dialect_whatever_it_accepts(
    running: Server, method: str, path: str, headers: tuple[str, ...]
) -> None:
    reply = say(running, request(method, path, *headers))
    assert reply.status >= 400
    assert b"RequestId" in reply.body


@pytest.mark.parametrize("path", ["//", "/%", "/%2e%2e/%2e%2e", "/../..", "/v5/%ff", "/v5/%", "/v2/%00/link", "*",
                                  "/" + "x/" * 5000, "/v5/" + "x/" * 5000, "/v2?" + "&" * 9000])  # fmt: skip
def test_an_odd_path_gets_an_answer(running: Server, path: str) -> None:
    assert say(running, request("GET", path)).status in (400, 401, 404, 413)


@pytest.mark.parametrize("adapter", WITH_PRODUCTS, ids=lambda a: a.dialect)
def test_a_dialects_real_call_works_over_a_raw_connection(
    running: Server, caller: Credentials, adapter: Adapter
) -> None:
    assert adapter.products is not None
    operation = adapter.operation(adapter.products.create)
    body = adapter.products.unique(dict(operation.example), 7777, caller)
    signed = adapter.create(body, caller, running.address.encode())
    answer = ask(running.address, signed)
    assert not adapter.refused(answer), answer.body.decode()


# Bounds


@each_root
def test_a_body_declared_too_long_is_refused_before_it_is_sent(
    running: Server, dialect: Dialect, root: str
) -> None:
    head = request("POST", f"/{root}/x", f"content-length: {dialect.body_limit + 1}")
    with Wire(running.address) as wire:
        wire.send(head)
        reply = wire.reply()
        assert reply is not None
        in_its_words(reply)
        assert reply.headers["connection"] == "close"
        assert wire.closed


@each_root
def test_a_chunked_body_is_refused_as_soon_as_it_is_too_long(
    running: Server, dialect: Dialect, root: str
) -> None:
    with Wire(running.address) as wire:
        wire.send(request("POST", f"/{root}/x", "transfer-encoding: chunked"))
        chunk = b"%x\r\n" % MEGABYTE + b"x" * MEGABYTE + b"\r\n"
        for _ in range(dialect.body_limit // MEGABYTE + 1):
            wire.send(chunk)
        reply = wire.reply()
    assert reply is not None
    in_its_words(reply)


def test_a_body_sent_whole_although_it_is_too_long_still_gets_its_answer(running: Server) -> None:
    body = b"x" * (3 * MEGABYTE)
    reply = say(running, request("POST", "/v2/p/link/instances/i/products", body=body))
    assert reply.status == 413
    in_its_words(reply)


def test_a_chunked_body_is_read_like_any_other(running: Server, caller: Credentials) -> None:
    """The token service takes unsigned bodies: a good one in chunks of one byte is understood."""
    from tests.contract.adapters import ENOS

    sent: list[Any] = []

    def chunked(request_: Any) -> Any:
        with Wire(running.address) as wire:
            path = request_.path.decode()
            wire.send(request("POST", path, "transfer-encoding: chunked",
                              "content-type: application/json"))  # fmt: skip
            for byte in request_.body:
                wire.send(b"1\r\n%c\r\n" % byte)
            wire.send(b"0\r\n\r\n")
            sent.append(wire.reply())
        return sent[-1]

    assert ENOS.ready(caller, chunked)["enos"]["token"]


def test_a_request_line_of_a_megabyte_works(running: Server, caller: Credentials) -> None:
    """Thing models travel in queries (Alibaba)."""
    from tests.contract.adapters import ALIYUN

    operation = ALIYUN.operation("QueryProductList")
    given = {"CurrentPage": 1, "PageSize": 10, "Unheard": quote("x" * MEGABYTE)}
    signed = ALIYUN.request(operation, given, None, caller, running.address.encode())
    assert len(signed.query) > MEGABYTE
    answer = ask(running.address, signed)
    assert json.loads(answer.body)["Success"] is True


def test_headers_beyond_the_bound_are_refused(running: Server) -> None:
    with Wire(running.address) as wire:
        wire.send(request("GET", "/v5/iot/p/products", "x-long: " + "a" * 200_000))
        reply = wire.reply()
        assert reply is None or reply.status in (400, 413, 431)
    with Wire(running.address) as wire:
        wire.send(request("GET", "/v5/iot/p/products", *(f"x-{i}: a" for i in range(20_000))))
        reply = wire.reply()
        assert reply is None or reply.status in (400, 413, 431)


def test_a_request_line_without_end_is_refused(running: Server) -> None:
    with Wire(running.address) as wire:
        wire.send(b"GET /")
        for _ in range(12):
            wire.send(b"a" * MEGABYTE)
        reply = wire.reply()
        assert reply is None or reply.status in (400, 404, 414, 431)


def test_more_parameters_than_anybody_has_are_refused_quickly(running: Server) -> None:
    query = "&".join(f"a{i}=1" for i in range(8000))
    reply = say(running, request("GET", f"/connect-service/v2.1/products?{query}"))
    in_its_words(reply)


# One connection, many requests


def test_pipelined_requests_are_answered_in_order(running: Server) -> None:
    with Wire(running.address) as wire:
        wire.send(b"".join(request("GET", f"/nothing/{i}") for i in range(200)))
        for i in range(200):
            reply = wire.reply()
            assert reply is not None
            assert f"/nothing/{i}." in json.loads(reply.body)["message"]


def test_a_request_in_pieces_is_put_together(running: Server) -> None:
    raw = request("POST", "/nothing", body=b"0123456789") + request("GET", "/nothing/2")
    with Wire(running.address) as wire:
        for i in range(len(raw)):
            wire.send(raw[i : i + 1])
        first, second = wire.reply(), wire.reply()
    assert first is not None
    assert second is not None
    assert "/nothing/2." in json.loads(second.body)["message"]


@pytest.mark.parametrize("adapter", WITH_PRODUCTS, ids=lambda a: a.dialect)
@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize("half", [b"", b"GET /v5/iot"], ids=["whole", "half"])
def test_who_has_sent_all_it_has_is_answered_and_the_connection_closed(
    running: Server, caller: Credentials, adapter: Adapter, number: int, half: bytes
) -> None:
    """The answers need the store; of a request that was not sent whole nothing more can come."""
    assert adapter.products is not None
    operation = adapter.operation(adapter.products.create)
    with Wire(running.address) as wire:
        raw = b""
        for n in range(number):
            unique = 7800 + 10 * number + n + 100 * len(half)
            body = adapter.products.unique(dict(operation.example), unique, caller)
            raw += spelled(adapter.create(body, caller, running.address.encode()))
        wire.send(raw + half)
        wire.finish()
        for _ in range(number):
            reply = wire.reply()
            assert reply is not None, "the server hung up without an answer"
            assert reply.status in (200, 201), reply
            assert not adapter.refused(Answer(reply.status, reply.body)), reply
        assert reply is not None
        assert reply.headers["connection"] == "close"
        began = time.monotonic()
        assert wire.closed
        assert time.monotonic() - began < 15  # at once, not when it was idle for too long


@pytest.mark.parametrize(
    "raw",
    [b"", b"GET /v5", request("POST", "/v5/x", "content-length: 100") + b"half"],
    ids=["nothing", "head", "body"],
)
@pytest.mark.parametrize("before", [0, 2])
def test_who_sends_nothing_more_keeps_no_connection_open(
    running: Server, raw: bytes, before: int
) -> None:
    with Wire(running.address) as wire:
        for _ in range(before):
            wire.send(request("GET", "/nothing"))
            assert wire.reply() is not None
        wire.send(raw)
        wire.finish()
        began = time.monotonic()
        assert wire.closed
        assert time.monotonic() - began < 15


def test_who_sends_nothing_more_and_takes_its_answers_late_gets_all_of_them(
    running: Server,
) -> None:
    """More answers than the sockets hold: the server reads that the client has ended after a pause."""
    page, number = request("GET", "/explorer", f"x-long: {'a' * 2000}"), 1500
    with Wire(running.address) as wire:
        sending = threading.Thread(target=lambda: (wire.send(page * number), wire.finish()))
        sending.start()
        time.sleep(1)
        for _ in range(number):
            reply = wire.reply()
            assert reply is not None
            assert reply.status == 200
        sending.join()
        began = time.monotonic()
        assert wire.closed
        assert time.monotonic() - began < 15


def test_slow_heads_do_not_hold_others_up(running: Server) -> None:
    slow = [Wire(running.address) for _ in range(100)]
    try:
        for wire in slow:
            wire.send(b"GET /v5/iot")
        assert say(running, request("GET", "/nothing")).status == 404
        for wire in slow:
            wire.send(b"/p HTTP/1.1\r\nhost: x\r\n\r\n")
            reply = wire.reply()
            assert reply is not None
            in_its_words(reply)
    finally:
        for wire in slow:
            wire.__exit__()


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_connection_close_is_heeded(running: Server, version: str) -> None:
    with Wire(running.address) as wire:
        wire.send(f"GET /nothing HTTP/{version}\r\nhost: x\r\nconnection: close\r\n\r\n".encode())
        assert wire.reply() is not None
        assert wire.closed


def test_expect_100_continue_is_answered(running: Server) -> None:
    with Wire(running.address) as wire:
        wire.send(request("POST", "/nothing", "expect: 100-continue", "content-length: 4"))
        goes_on = wire.reply()
        wire.send(b"body")
        reply = wire.reply()
    assert goes_on is not None
    assert goes_on.status == 100
    assert reply is not None
    assert reply.status == 404


# Headers


@pytest.mark.parametrize(
    ("root", "name"),
    [
        (root, name.decode())
        for dialect in dialects()
        for root in dialect.roots
        for name in sorted(SINGLE_HEADERS | dialect.single_headers)
        if name not in (b"host", b"content-length")  # refused before the dialect is asked
    ],
)
def test_a_header_that_decides_may_come_once(running: Server, root: str, name: str) -> None:
    head = f"/{root}/x" if root else "/?Action=CreateProduct"
    reply = say(running, request("GET", head, f"{name}: a", f"{name}: b"))
    in_its_words(reply)
    assert f"{name} was sent more than once".encode() in reply.body
    once = say(running, request("GET", head, f"{name}: a"))
    assert b"more than once" not in once.body


def test_header_bytes_beyond_ascii_are_no_trouble(running: Server) -> None:
    raw = b"GET /v5/iot/p/products HTTP/1.1\r\nhost: x\r\nx-auth-token: \xe7\x81\xaf\xff\r\n\r\n"
    in_its_words(say(running, raw))
    raw = b"GET /v5/iot/p/products HTTP/1.1\r\nhost: x\r\nauthorization: \xff\xfe\r\n\r\n"
    in_its_words(say(running, raw))


# What is no HTTP


@pytest.mark.parametrize(
    "raw",
    [
        b"\r\n\r\n\r\n\r\nGET",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 200,  # TLS
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\nhost: x\r\n\r\n",
        b"GET / FTP/1.1\r\nhost: x\r\n\r\n",
        b"get / http/1.1\r\nhost: x\r\n\r\n",
        b"FOO / HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nbad header\r\n\r\n",
        b"GET / HTTP/1.1\r\nna me: v\r\n\r\n",
        b"GET / HTTP/1.1\r\nname : v\r\n\r\n",
        b"GET / HTTP/1.1\r\n: v\r\n\r\n",
        b"GET / HTTP/1.1\r\na: b\r\n folded\r\n\r\n",
        b"GET / HTTP/1.1\r\na: b\0c\r\n\r\n",
        b"GET /\0 HTTP/1.1\r\nhost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1x\r\n\r\na",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999999999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip\r\n\r\n",
        bytes(range(256)) * 20,
    ],
    ids=lambda raw: repr(raw[:40]),
)
def test_what_is_no_http_is_refused_and_the_connection_closed(running: Server, raw: bytes) -> None:
    with Wire(running.address) as wire:
        wire.send(raw)
        wire.finish()
        reply = wire.reply()
        assert reply is None or reply.status in (400, 404, 405, 413, 431, 501, 505)
        if reply is not None:
            assert b"Traceback" not in reply.body


def test_a_client_that_leaves_in_the_middle_is_forgotten(running: Server) -> None:
    for raw in (b"", b"GET", request("POST", "/v5/x", "content-length: 100") + b"half"):
        with Wire(running.address) as wire:
            wire.send(raw)
    for _ in range(50):
        with Wire(running.address) as wire:
            wire.send(request("GET", "/v5/iot/p/products"))


def test_an_upgrade_is_not_taken_up(running: Server) -> None:
    raw = request("GET", "/nothing", "connection: Upgrade", "upgrade: websocket",
                  "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==", "sec-websocket-version: 13")  # fmt: skip
    assert say(running, raw).status == 404


def test_the_data_directory_of_a_server_is_its_owners_only(running: Server) -> None:
    for path in (running.data, *Path(running.data).glob("*.key")):
        assert path.stat().st_mode & 0o077 == 0, path
