"""What was answered, refused or broken off is gone: nothing waits for the cyclic collector."""

from __future__ import annotations

import json
import signal
import ssl
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from entrepot.dialect.calls import bare
from entrepot.dialect.client import Credentials
from entrepot.dialect.request import Request
from entrepot.main import dialects
from tests.certificates import issue
from tests.contract.adapters import ADAPTERS, WITH_PRODUCTS
from tests.edge.raw import Wire, spelled
from tests.server import Server

MEGABYTE = 1 << 20
GRACE_BYTES = MEGABYTE


class Measured:
    """A server that tells what stays, and a way to send it bytes."""

    def __init__(self, folder: Path, tls: bool) -> None:
        self._file = folder / "said.json"
        flags = issue(folder, "localhost").flags if tls else ()
        self._tls = ssl._create_unverified_context() if tls else None
        program = (sys.executable, "-m", "tests.edge.collector", str(self._file))
        self.server = Server(
            folder / "data", *flags, "--admin-port", "0", "--max-in-work", "4", program=program
        )

    def begin(self) -> None:
        """Has everything made and imported that the first calls need."""
        self.credentials: Credentials = self.server.credentials()
        for adapter in ADAPTERS:
            self.credentials = adapter.ready(self.credentials, self.ask)
        everything(self, self.credentials)

    def signal(self, number: int) -> dict[str, Any]:
        """What the server says after the signal."""
        assert self.server.process is not None
        self.server.process.send_signal(number)
        end = time.monotonic() + 60
        while not self._file.exists():
            assert time.monotonic() < end, "the server does not say what stays"
            time.sleep(0.05)
        said: dict[str, Any] = json.loads(self._file.read_text())
        self._file.unlink()
        return said

    def wire(self) -> Wire:
        return Wire(self.server.address, tls=self._tls)

    def say(self, raw: bytes, wait: bool = True) -> None:
        """Sends the bytes on a connection of their own; `wait`: until it is answered."""
        with self.wire() as wire:
            wire.send(raw)
            if wait:
                wire.reply()

    def ask(self, request: Request) -> Any:
        with self.wire() as wire:
            wire.send(spelled(request))
            return wire.reply(request.method == "HEAD")


@pytest.fixture(scope="module", params=["plain", "tls"])
def measured(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Measured]:
    found = Measured(tmp_path_factory.mktemp("retention"), request.param == "tls")
    with found.server:
        found.begin()
        yield found


def refused(credentials: Credentials) -> Iterator[bytes]:
    """Each operation of each dialect without credentials, with some that are wrong, with a broken body."""
    for dialect in dialects():
        for operation in dialect.operations:
            names = [p.partition("}")[0] for p in operation.path.split("{")[1:]]
            values = dict.fromkeys(names, "x")
            request = bare(dialect, operation, values, {"a": "b" * 2000}, b"x", "b")
            yield spelled(request)
            yield spelled(
                request,
                b"authorization: SDK-HMAC-SHA256 Access=A, SignedHeaders=host;x-sdk-date, Signature="
                + b"0" * 64,
            )
            yield spelled(request, b"apim-accesstoken: " + b"A" * 344)


def signed_and_refused(credentials: Credentials) -> Iterator[bytes]:
    """Calls whose caller is known and whose content is wrong; calls that succeed, twice."""
    for adapter in WITH_PRODUCTS:
        assert adapter.products is not None
        operation = adapter.operation(adapter.products.create)
        for n in range(3):
            body = adapter.products.unique(dict(operation.example), 900 + n // 2, credentials)
            yield spelled(adapter.create(body, credentials))
        yield spelled(adapter.create({"nonsense": "x" * 200_000}, credentials))
        show = adapter.operation(adapter.products.show)
        yield spelled(adapter.request(show, {adapter.products.named: "nothing"}, None, credentials))


def malformed() -> Iterator[bytes]:
    """What is refused before it is a request, or breaks off."""
    root = b"/v5/iot/x/products"
    yield b"no http at all\r\n\r\n"
    yield b"GET / HTTP/2.0\r\nhost: x\r\n\r\n"
    yield b"GET %s HTTP/1.1\r\n\r\n" % root
    yield b"GET %s HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n" % root
    yield b"GET /v5/iot/%s/products HTTP/1.1\r\nhost: x\r\n\r\n" % (b"a" * 100_000)
    yield b"GET %s?%s HTTP/1.1\r\nhost: x\r\n\r\n" % (root, b"a" * 200_000)
    yield b"GET %s HTTP/1.1\r\nhost: x\r\nlong: %s\r\n\r\n" % (root, b"a" * 200_000)
    yield b"GET %s HTTP/1.1\r\nhost: x\r\n%s\r\n" % (root, b"a: b\r\n" * 200)
    yield b"POST %s HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999\r\n\r\n" % root
    yield b"POST %s HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip\r\n\r\n" % root
    yield b"POST %s HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n" % root
    chunked = b"POST %s HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n" % root
    yield chunked + b"0\r\n" + b"a: %s\r\n" % (b"b" * 20_000) + b"\r\n"
    yield chunked + b"1\r\na\r\n" * 60_000
    yield chunked + b"%x\r\n%s\r\n0\r\n\r\n" % (300_000, b"a" * 300_000)


def broken_off() -> Iterator[bytes]:
    yield b""
    yield b"GET /v5/iot/%s" % (b"a" * 4000)
    yield b"GET /?%s" % (b"a" * MEGABYTE)
    yield (
        b"POST /v5/iot/x/products HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\nhalf" % MEGABYTE
    )


def explored(measured: Measured) -> None:
    for path in (
        "",
        "/aliyun",
        "/sign-in",
        "/nothing/at/all",
        "/static/nothing",
        "/enter?ticket=x",
    ):
        measured.say(b"GET /explorer%s HTTP/1.1\r\nhost: x\r\n\r\n" % path.encode())
    for body in (b"name=a&secret=b&proof=c", b"%%%", b"a" * 20_000):
        measured.say(
            b"POST /explorer/sign-in HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n%s"
            % (len(body), body)
        )


def administered(measured: Measured) -> None:
    for method, path in (
        ("GET", "/healthz"),
        ("GET", "/readyz"),
        ("GET", "/metrics"),
        ("POST", "/x"),
        ("GET", "/x" * 9000),
    ):
        with Wire(measured.server.admin) as wire:
            wire.send(f"{method} {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
            wire.reply()


def everything(measured: Measured, credentials: Credentials) -> None:
    """Every kind of request, one after another and side by side."""
    for raw in (*refused(credentials), *signed_and_refused(credentials), *malformed()):
        measured.say(raw)
    for raw in broken_off():
        measured.say(raw, wait=False)
    explored(measured)
    administered(measured)
    piped = spelled(Request("GET", b"/v5/iot/x/products"))
    with measured.wire() as wire:
        wire.send(piped * 100)
        for _ in range(100):
            assert wire.reply() is not None
    measured.say(piped * 2000)
    idle = [measured.wire() for _ in range(20)]  # more than may be in work, and each too slow
    for n, wire in enumerate(idle):
        wire.send(piped + (b"GET /v5" if n % 2 else piped[:-2] + b"content-length: 9000\r\n\r\nab"))
    for wire in idle:
        while wire.reply() is not None:
            pass
        wire.__exit__()


def test_nothing_of_a_request_is_left_once_it_is_answered(measured: Measured) -> None:
    assert measured.signal(signal.SIGUSR1)["begun"]
    everything(measured, measured.credentials)
    time.sleep(1)  # connections that the client has closed end
    left = measured.signal(signal.SIGUSR2)
    assert not left["kinds"], left
    assert left["grown"] < GRACE_BYTES, left


def test_a_connection_keeps_nothing_of_its_last_request(measured: Measured) -> None:
    """A client that stays connected after a large request costs no more than one that asked for little."""
    body = b"x" * (3 * MEGABYTE)
    raw = spelled(Request("POST", b"/v5/iot/x/products", body=body))
    with measured.wire() as wire:
        wire.send(raw)
        wire.reply()
    assert measured.signal(signal.SIGUSR1)["begun"]
    kept = [measured.wire() for _ in range(5)]
    for wire in kept:
        wire.send(raw)
        reply = wire.reply()
        assert reply is not None
        assert reply.status in (400, 401)
    # The answer is sent before the function that made it has returned. Over TLS the connection ends
    # behind a large request, because the buffer of TLS has grown with it.
    time.sleep(2.5)
    left = measured.signal(signal.SIGUSR2)
    for wire in kept:
        wire.__exit__()
    assert not left["kinds"], left
    assert left["grown"] < GRACE_BYTES, left
