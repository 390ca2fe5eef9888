"""TLS on the listener itself: the vendors' SDKs call it, and certificates are replaced while it serves."""

from __future__ import annotations

import asyncio
import http.client
import math
import select
import shutil
import signal
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import cast

import pytest
import uvloop
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.http.http_config import HttpConfig
from huaweicloudsdkroma.v2 import ListProductsRequest, RomaClient

from entrepot.edge import accepting
from entrepot.edge.budget import Budget, Share
from entrepot.edge.connections import Connections
from entrepot.edge.server import listen
from entrepot.edge.silent import SILENT_BY_ADDRESS, Silent
from entrepot.edge.tls import Certificate
from tests.certificates import Pair, issue
from tests.server import Server


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return issue(tmp_path, "first")


def common_name(server: Server, trusted: Path) -> str:
    """Whose certificate a new connection is shown; it has to be the trusted one."""
    host, _, port = server.address.partition(":")
    context = ssl.create_default_context(cafile=str(trusted))
    with (
        socket.create_connection((host, int(port)), timeout=20) as plain,
        context.wrap_socket(plain, server_hostname=host) as secure,
    ):
        shown = secure.getpeercert()
        assert shown is not None
        return str(dict(pair[0] for pair in shown["subject"])["commonName"])


def status(server: Server, trusted: Path) -> int:
    context = ssl.create_default_context(cafile=str(trusted))
    connection = http.client.HTTPSConnection(server.address, timeout=20, context=context)
    try:
        connection.request("GET", "/nowhere/at/all")
        return connection.getresponse().status
    finally:
        connection.close()


def test_an_sdk_calls_over_tls(tmp_path: Path, pair: Pair) -> None:
    with Server(tmp_path / "data", *pair.flags) as server:
        assert server.url.startswith("https://127.0.0.1:")
        known = server.credentials()
        keys = BasicCredentials(
            known["access_key"], known["secret_key"], known["huawei"]["project_id"]
        )
        config = HttpConfig.get_default_config()
        config.ssl_ca_cert = str(pair.cert)
        client = (
            RomaClient.new_builder()
            .with_http_config(config)
            .with_credentials(keys)
            .with_endpoint(server.url)
            .build()
        )
        wanted = ListProductsRequest(instance_id=known["roma"]["instance_id"])
        assert client.list_products(wanted).total == 0
        assert server.stop() == 0
        assert server.said == ""


def test_a_new_certificate_is_read_on_sighup_and_a_bad_one_is_not(
    tmp_path: Path, pair: Pair
) -> None:
    with Server(tmp_path / "data", *pair.flags, "--log-level", "info") as server:
        assert server.process is not None
        first = tmp_path / "first.pem"
        shutil.copy(pair.cert, first)
        assert common_name(server, first) == "first"
        pair.cert.write_text("no certificate")
        server.process.send_signal(signal.SIGHUP)
        until(server, "the certificate stays as it was: cannot use the certificate")
        assert common_name(server, first) == "first"
        issue(tmp_path, "second")
        server.process.send_signal(signal.SIGHUP)
        until(server, "the certificate was read anew")
        assert common_name(server, pair.cert) == "second"
        assert status(server, pair.cert) == 404
        assert server.stop() == 0


def until(server: Server, words: str) -> None:
    """Returns once the server has said so."""
    end = time.monotonic() + 20
    while words not in server.said:
        assert time.monotonic() < end, server.said
        time.sleep(0.02)


def test_plain_http_and_a_silent_client_do_no_harm(tmp_path: Path, pair: Pair) -> None:
    with Server(tmp_path / "data", *pair.flags) as server:
        host, _, port = server.address.partition(":")
        with socket.create_connection((host, int(port)), timeout=20) as silent:
            with socket.create_connection((host, int(port)), timeout=20) as plain:
                plain.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
                assert not plain.recv(100).startswith(b"HTTP")
            assert status(server, pair.cert) == 404
            began = time.monotonic()
            assert server.stop() == 0
            assert time.monotonic() - began < 20
            silent.close()


def connected(server: Server, stack: ExitStack, source: str = "") -> socket.socket:
    """A connection on which nothing was sent yet."""
    host, _, port = server.address.partition(":")
    return stack.enter_context(
        socket.create_connection((host, int(port)), 20, source_address=(source, 0))
    )


class Client:
    """A client of TLS whose every piece is sent by hand."""

    def __init__(self, host: str, trusted: Path) -> None:
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = ssl.create_default_context(cafile=str(trusted))
        self._tls = context.wrap_bio(self._in, self._out, server_hostname=host)

    def hello(self) -> bytes:
        """What a client sends first."""
        with pytest.raises(ssl.SSLWantReadError):
            self._tls.do_handshake()
        return self._out.read()

    def finish(self, plain: socket.socket) -> None:
        """Goes on to the end of the handshake, and whatever the server says to half a request."""
        self._until(plain, self._tls.do_handshake)
        self._tls.write(b"nonsense\r\n\r\n")
        self._until(plain, self._tls.read)

    def _until(self, plain: socket.socket, step: Callable[[], object]) -> None:
        while True:
            try:
                step()
                return plain.sendall(self._out.read())
            except ssl.SSLWantReadError:
                plain.sendall(self._out.read())
                said = plain.recv(1 << 14)
                assert said, "the server has ended the connection"
                self._in.write(said)


def test_an_address_with_many_silent_connections_ends_no_handshake_of_another(
    tmp_path: Path, pair: Pair
) -> None:
    with Server(tmp_path / "data", *pair.flags) as server, ExitStack() as stack:
        slow = connected(server, stack, "127.0.0.2")
        silent = [connected(server, stack) for _ in range(3 * SILENT_BY_ADDRESS)]
        for one in silent[: 2 * SILENT_BY_ADDRESS]:
            assert one.recv(1) == b""  # the newer ones have taken its place
        client = Client("127.0.0.1", pair.cert)
        slow.sendall(client.hello())
        client.finish(slow)


@pytest.mark.parametrize("part", [0, 3, 100], ids=["nothing", "three bytes", "half a hello"])
def test_many_addresses_that_do_not_say_hello_end_no_handshake_of_another(
    tmp_path: Path, pair: Pair, part: int
) -> None:
    with Server(tmp_path / "data", *pair.flags) as server, ExitStack() as stack:
        client = Client("127.0.0.1", pair.cert)
        slow = connected(server, stack, "127.0.0.2")
        slow.sendall(hello := client.hello())
        assert slow.recv(1, socket.MSG_PEEK)  # the server waits for the client now
        for n in range(600):
            connected(server, stack, f"127.0.{1 + n // 200}.{1 + n % 200}").sendall(hello[:part])
        assert status(server, pair.cert) == 404
        client.finish(slow)


def test_a_young_handshake_is_waited_for(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accepting, "HANDSHAKES", 20)
    monkeypatch.setattr(accepting, "YOUNG_S", math.inf)

    lost: list[asyncio.Protocol] = []

    class Answers(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            cast(asyncio.Transport, transport).write(b"answer")
            transport.close()

        def connection_lost(self, exc: Exception | None) -> None:
            lost.append(self)

    async def shake(stack: ExitStack) -> None:
        sock = listen("127.0.0.1", 0)
        context = Certificate(pair.cert, pair.key).context
        taking = accepting.Accepting(
            sock, Connections(1000, Budget(1 << 20)), lambda share: Answers(), context
        )
        begun = []
        for n in range(21):
            client, plain = Client("127.0.0.1", pair.cert), stack.enter_context(socket.socket())
            plain.settimeout(20)
            plain.bind((f"127.0.1.{n + 1}", 0))
            plain.connect(sock.getsockname())
            plain.sendall(client.hello())
            begun.append((client, plain))
        for _, plain in begun[:20]:
            await asyncio.to_thread(plain.recv, 1, socket.MSG_PEEK)
        await asyncio.sleep(0.1)
        assert select.select([begun[20][1]], [], [], 0)[0] == []
        for number in (0, 20, *range(1, 20)):  # the first makes a place for the one that waits
            await asyncio.to_thread(begun[number][0].finish, begun[number][1])
            begun[number][1].close()
        taking.close()
        while len(lost) < len(begun):
            await asyncio.sleep(0.01)

    with ExitStack() as stack:
        asyncio.run(shake(stack))


def test_of_an_address_with_many_handshakes_the_oldest_makes_a_place(
    tmp_path: Path, pair: Pair
) -> None:
    with Server(tmp_path / "data", *pair.flags) as server, ExitStack() as stack:
        hello = Client("127.0.0.1", pair.cert).hello()
        stalled = []
        for _ in range(accepting.HANDSHAKES):
            stalled.append(connected(server, stack, "127.0.0.2"))
            stalled[-1].sendall(hello)
        for one in stalled:
            assert one.recv(1, socket.MSG_PEEK)
        assert status(server, pair.cert) == 404
        until_the_end(stalled[0])


def until_the_end(plain: socket.socket) -> None:
    """Returns once the other side has closed the connection."""
    while plain.recv(1 << 14):
        pass


def test_who_leaves_in_the_middle_of_a_hello_keeps_no_place() -> None:
    ended: list[str] = []

    async def leave() -> None:
        silent = Silent(
            9,
            60,
            lambda share, new: ended.append("spoke"),
            lambda share, new: (ended.append("ended"), new.close())[0],
        )
        for said in (b"", b"\x16", b"\x16\x03\x01", b"\x16\x03\x01\x01\x00half"):
            with (
                socket.create_server(("127.0.0.1", 0)) as sock,
                socket.create_connection(sock.getsockname()) as here,
            ):
                silent.put(Share(""), sock.accept()[0])
                here.sendall(said)
                await asyncio.sleep(0.01)
                assert ended == []
                here.close()
                while not ended:
                    await asyncio.sleep(0.001)
                assert ended.pop() == "ended"

    uvloop.run(leave())


def test_a_hello_may_come_in_pieces(tmp_path: Path, pair: Pair) -> None:
    with Server(tmp_path / "data", *pair.flags) as server, ExitStack() as stack:
        client, plain = Client("127.0.0.1", pair.cert), connected(server, stack)
        hello = client.hello()
        for begin, end in ((0, 3), (3, 5), (5, 50), (50, 51), (51, len(hello))):
            plain.sendall(hello[begin:end])
            time.sleep(0.05)
        client.finish(plain)


def test_a_refused_body_is_told_over_tls_too(tmp_path: Path, pair: Pair) -> None:
    """The client may still be sending what nobody will read; it gets its answer all the same."""
    with Server(tmp_path / "data", *pair.flags) as server:
        host, _, port = server.address.partition(":")
        context = ssl.create_default_context(cafile=str(pair.cert))
        with (
            socket.create_connection((host, int(port)), timeout=20) as plain,
            context.wrap_socket(plain, server_hostname=host) as secure,
        ):
            head = (
                b"POST /v5/iot/x/products HTTP/1.1\r\nhost: x\r\ncontent-length: 99000000\r\n\r\n"
            )
            secure.sendall(head + b"x" * 100_000)
            assert secure.recv(12) == b"HTTP/1.1 413"


def test_what_cannot_be_used_is_one_clear_line(tmp_path: Path, pair: Pair) -> None:
    (tmp_path / "other").mkdir()
    other = issue(tmp_path / "other", "other")
    for flags, says in (
        (pair.flags[:2], "both --tls-cert and --tls-key"),
        (Pair(pair.cert, other.key).flags, "cannot use the certificate"),
        (Pair(tmp_path / "absent", pair.key).flags, "No such file"),
    ):
        with pytest.raises(AssertionError, match=says) as refused:
            Server(tmp_path / "data", *flags).start()
        assert "Traceback" not in str(refused.value)
    assert not (tmp_path / "data").exists()


def test_nobody_renegotiates_and_old_versions_are_not_spoken(pair: Pair) -> None:
    context = Certificate(pair.cert, pair.key).context
    assert context.options & ssl.OP_NO_RENEGOTIATION
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_the_largest_body_finds_room_also_with_the_least_memory(tmp_path: Path, pair: Pair) -> None:
    """Over TLS its bytes count twice, and workers share the memory."""
    flags = (*pair.flags, "--workers", "2", "--max-unanswered-bytes", str(16 << 20))
    with Server(tmp_path / "data", *flags) as server:
        context = ssl.create_default_context(cafile=str(pair.cert))
        connection = http.client.HTTPSConnection(server.address, timeout=30, context=context)
        try:
            body = b"X=" + b"a" * 8_380_000
            form = {"content-type": "application/x-www-form-urlencoded"}
            connection.request("POST", "/", body, form)
            answer = connection.getresponse()
            said = answer.read()
        finally:
            connection.close()
    assert answer.status == 400, said  # 503 where there is no room
