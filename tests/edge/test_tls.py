"""TLS on the listener itself: the vendors' SDKs call it, and certificates are replaced while it serves."""

from __future__ import annotations

import http.client
import shutil
import signal
import socket
import ssl
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.http.http_config import HttpConfig
from huaweicloudsdkroma.v2 import ListProductsRequest, RomaClient

from entrepot.edge.accepting import HANDSHAKES
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


def test_an_address_with_many_silent_connections_ends_no_handshake_of_another(
    tmp_path: Path, pair: Pair
) -> None:
    with Server(tmp_path / "data", *pair.flags) as server, ExitStack() as stack:
        host, _, port = server.address.partition(":")
        slow = stack.enter_context(
            socket.create_connection((host, int(port)), 20, source_address=("127.0.0.2", 0))
        )
        silent = [
            stack.enter_context(socket.create_connection((host, int(port)), timeout=20))
            for _ in range(3 * HANDSHAKES)
        ]
        for one in silent[:HANDSHAKES]:
            assert one.recv(1) == b""  # the newer ones have taken its place
        context = ssl.create_default_context(cafile=str(pair.cert))
        with context.wrap_socket(slow, server_hostname=host) as secure:
            secure.sendall(b"GET /nowhere HTTP/1.1\r\nhost: x\r\n\r\n")
            assert secure.recv(12) == b"HTTP/1.1 404"


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
