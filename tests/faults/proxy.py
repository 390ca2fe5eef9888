"""A loopback proxy before a PostgreSQL server that cuts a connection around its COMMIT."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, urlsplit

COMMIT = b"COMMIT\0"
_READY = b"Z\0\0\0\5I"
_SAID = (
    b"SWARNING\0VWARNING\0C57P02\0Mterminating connection because of immediate shutdown command\0\0"
)
_GOODBYE = b"N" + (len(_SAID) + 4).to_bytes(4, "big") + _SAID


class Proxy:
    """Use as a context manager; `url` is the database behind it.

    `cut` holds what becomes of the next COMMITs that pass: "before" cuts the connection and the server never
    sees it, "after" cuts it when the server has answered, and the answer is lost, "amid" when the
    server has it, and does not wait for the answer. "goodbye" cuts it when the server has answered and said
    that it is being shut down, which both arrive.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._server = f"{parse_qs(parts.query)['host'][0]}/.s.PGSQL.5432"
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        port = self._listener.getsockname()[1]
        self.url = f"postgresql://entrepot@127.0.0.1:{port}{parts.path}?gssencmode=disable"
        self.cut: list[str] = []
        self.closed = False  # it takes no connection, as a server that is away

    def __enter__(self) -> Proxy:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        _hang_up(self._listener, *self._open)  # wakes whoever waits at them
        for thread in self._threads:
            thread.join(20)
        for end in (self._listener, *self._open):
            end.close()

    def _start(self, work: Callable[..., None], *given: Any) -> None:
        self._threads.append(threading.Thread(target=work, args=given))
        self._threads[-1].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client = self._listener.accept()[0]
                if self.closed:
                    client.close()
                    continue
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._server)
                self._open += [client, server]
                last: list[
                    str
                ] = []  # what becomes of the next answer, after which the connection ends
                self._start(self._ask, client, server, last)
                self._start(self._answer, server, client, last)

    def _ask(self, client: socket.socket, server: socket.socket, last: list[str]) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                how = self.cut.pop(0) if self.cut and COMMIT in data else ""
                if how in ("after", "goodbye"):
                    last.append(how)
                if how != "before":
                    server.sendall(data)
                if how in ("before", "amid"):
                    break
        _hang_up(client, server)

    def _answer(self, server: socket.socket, client: socket.socket, last: list[str]) -> None:
        with suppress(OSError):
            while (data := server.recv(65536)) and not last:
                client.sendall(data)
            if last == ["goodbye"]:
                assert data.endswith(_READY)
                client.sendall(data.removesuffix(_READY) + _GOODBYE + _READY)
        _hang_up(client, server)


def _hang_up(*ends: socket.socket) -> None:
    for end in ends:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
