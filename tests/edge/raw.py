"""Bytes to a server and back, with nothing in between that would tidy them."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass

from entrepot.dialect.request import Request


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: the status, the headers (names lower case) and the body."""

    status: int
    headers: dict[str, str]
    body: bytes


class Wire:
    """One TCP connection. Use as a context manager."""

    def __init__(
        self,
        address: str,
        timeout: float = 20,
        tls: ssl.SSLContext | None = None,
        source: str = "",
    ) -> None:
        host, _, port = address.rpartition(":")
        self._socket = socket.create_connection((host, int(port)), timeout, (source, 0))
        if tls is not None:
            self._socket = tls.wrap_socket(self._socket, server_hostname=host)
        self._read = b""

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, raw: bytes) -> None:
        """Every byte, unless the server has hung up: then what it took."""
        try:
            self._socket.sendall(raw)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLEOFError):
            return

    def send_singly(self, raw: bytes) -> None:
        """Every byte in a packet of its own, as long as the server takes them."""
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in raw:
            self.send(bytes((byte,)))

    def finish(self) -> None:
        """No more bytes will be sent."""
        self._socket.shutdown(socket.SHUT_WR)

    def reply(self, head: bool = False) -> Reply | None:
        """The next answer; None where the server hung up. `head`: to a HEAD request."""
        while b"\r\n\r\n" not in self._read:
            if not self._more():
                return None
        raw, _, self._read = self._read.partition(b"\r\n\r\n")
        lines = raw.decode("latin-1").split("\r\n")
        headers = {n.lower(): v.strip() for n, _, v in (line.partition(":") for line in lines[1:])}
        length = 0 if head else int(headers.get("content-length", "0"))
        while len(self._read) < length:
            if not self._more():
                return None
        body, self._read = self._read[:length], self._read[length:]
        return Reply(int(lines[0].split()[1]), headers, body)

    @property
    def closed(self) -> bool:
        """Whether the server has hung up and nothing is left to read."""
        return not self._read and not self._more()

    def _more(self) -> bool:
        try:
            chunk = self._socket.recv(65536)
        except (ConnectionResetError, ssl.SSLEOFError):
            return False
        self._read += chunk
        return bool(chunk)


def spelled(request: Request, *headers: bytes) -> bytes:
    """The request as bytes."""
    target = request.path + (b"?" + request.query if request.query else b"")
    lines = [b"%s %s HTTP/1.1" % (request.method.encode(), target)]
    lines += [b"%s: %s" % pair for pair in ({b"host": b"x"} | dict(request.headers)).items()]
    lines += headers
    if request.body:
        lines.append(b"content-length: %d" % len(request.body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + request.body
