"""Behind proxies: the caller's own address is believed of those that are named, and of nobody else."""

from __future__ import annotations

import http.client
import json
from pathlib import Path

import pytest

from entrepot.dialect.request import Request
from entrepot.edge.proxies import Proxies
from tests.server import Server

PROXIES = Proxies("10.0.0.0/8, ::1,fd00::/8")


def seen(peer: str, chain: str | None, proto: str = "", *repeated: bytes) -> tuple[str, str]:
    headers = {} if chain is None else {b"x-forwarded-for": chain.encode()}
    if proto:
        headers[b"x-forwarded-proto"] = proto.encode()
    request = Request("GET", b"/", headers=headers, peer=peer, repeated=frozenset(repeated))
    found = PROXIES.seen(request)
    return found.peer, found.scheme


@pytest.mark.parametrize(
    ("peer", "chain", "wanted"),
    [
        ("10.1.2.3", "203.0.113.7", "203.0.113.7"),
        ("::1", "2001:db8::1", "2001:db8::1"),
        ("::ffff:10.1.2.3", "203.0.113.7", "203.0.113.7"),
        # Whatever the caller wrote itself stands before what the proxies wrote.
        ("10.1.2.3", "1.1.1.1, 203.0.113.7", "203.0.113.7"),
        ("10.1.2.3", "1.1.1.1, 203.0.113.7, 10.9.9.9", "203.0.113.7"),
        ("10.1.2.3", "10.4.4.4, 10.9.9.9", "10.4.4.4"),
        ("10.1.2.3", "evil, 203.0.113.7", "203.0.113.7"),
        ("10.1.2.3", "203.0.113.7, evil", "10.1.2.3"),
        ("10.1.2.3", "", "10.1.2.3"),
        ("10.1.2.3", None, "10.1.2.3"),
        ("192.0.2.1", "203.0.113.7", "192.0.2.1"),
        ("", "203.0.113.7", ""),
    ],
)
def test_the_last_address_that_is_no_proxys_is_the_callers(
    peer: str, chain: str | None, wanted: str
) -> None:
    assert seen(peer, chain)[0] == wanted


def test_the_scheme_is_believed_of_proxies_only() -> None:
    assert seen("10.1.2.3", "203.0.113.7", "HTTPS") == ("203.0.113.7", "https")
    assert seen("10.1.2.3", None, "gopher") == ("10.1.2.3", "")
    assert seen("192.0.2.1", "203.0.113.7", "https") == ("192.0.2.1", "")


def test_a_header_that_came_twice_is_not_believed() -> None:
    """Only the first is kept, and that one the caller may have sent."""
    assert seen("10.1.2.3", "1.1.1.1", "", b"x-forwarded-for") == ("10.1.2.3", "")
    assert seen("10.1.2.3", None, "https", b"x-forwarded-proto") == ("10.1.2.3", "")


def test_what_is_no_network_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="does not appear to be"):
        Proxies("10.0.0/24")
    with pytest.raises(AssertionError, match=r"entrepot: .*nobody.* does not appear to be"):
        Server(tmp_path / "data", "--trusted-proxies", "nobody").start()


@pytest.mark.parametrize("trusted", ["127.0.0.0/8", "192.0.2.0/24"])
def test_the_access_log_names_the_caller(tmp_path: Path, trusted: str) -> None:
    flags = ("--trusted-proxies", trusted, "--access-log", "true", "--log-format", "json")
    with Server(tmp_path / "data", *flags) as server:
        connection = http.client.HTTPConnection(server.address, timeout=20)
        headers = {"x-forwarded-for": "203.0.113.7", "x-forwarded-proto": "https"}
        connection.request("GET", "/v5/iot/x/products", headers=headers)
        connection.getresponse().read()
        connection.close()
        server.stop()
        line = json.loads(server.said)
    believed = trusted.startswith("127")
    assert line["peer"] == ("203.0.113.7" if believed else "127.0.0.1")
    assert line.get("scheme") == ("https" if believed else None)
