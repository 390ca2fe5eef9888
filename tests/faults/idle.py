"""`python -m tests.faults.idle`: what idle connections cost a server, plain and over TLS."""

from __future__ import annotations

import argparse
import resource
import socket
import ssl
import sys
import tempfile
import time
from pathlib import Path

from entrepot.edge.server import TLS_WEIGHT
from tests.certificates import issue
from tests.faults.memory import resident_mb
from tests.server import Server

_ADDRESSES = [f"127.0.0.{n}" for n in range(2, 12)]  # one may have a quarter
_REQUEST = b"GET /v5/iot/x/products HTTP/1.1\r\nhost: x\r\n\r\n"


def connect(address: str, number: int, tls: bool) -> list[socket.socket]:
    """So many connections, each of which has had one answer."""
    host, _, port = address.partition(":")
    context = ssl._create_unverified_context()
    made: list[socket.socket] = []
    for n in range(number):
        sock = socket.socket()
        sock.settimeout(30)
        sock.bind((_ADDRESSES[n % len(_ADDRESSES)], 0))
        sock.connect((host, int(port)))
        if tls:
            sock = context.wrap_socket(sock)
        sock.sendall(_REQUEST)
        sock.recv(4096)
        made.append(sock)
    return made


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=10_000, help="of connections without TLS")
    given = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    for tls, number in ((False, given.number), (True, given.number // TLS_WEIGHT)):
        with tempfile.TemporaryDirectory() as folder:
            flags = issue(Path(folder), "localhost").flags if tls else ()
            with Server(Path(folder) / "data", *flags) as server:
                connect(server.address, 1, tls)
                before = resident_mb(server)
                held = connect(server.address, number, tls)
                time.sleep(1)
                grown = resident_mb(server) - before
                print(
                    f"{number} idle connections {'over TLS' if tls else 'without TLS'}:"
                    f" {grown:.0f} MB, {grown * 1024 / number:.1f} KB each",
                    flush=True,
                )
                for sock in held:
                    sock.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
