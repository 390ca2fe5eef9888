"""Serving the edge with uvicorn: bounds on the head of a request, a line when it listens, a graceful end."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_LIMIT = 9 << 20  # request line (a thing model may travel in an Alibaba query) and headers
HEADERS_LIMIT = 1 << 16
HEAD_TIMEOUT_S = 30.0


class BoundedHttp(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 with bounds on a request's head, where uvicorn has none.

    It also takes request lines beyond the 64 KB that the URL parser of httptools can address.
    """

    _in_head = False
    _head_bytes = 0
    _header_bytes = 0
    _deadline: asyncio.TimerHandle | None = None

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._in_head:  # it did not come in one piece
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_LIMIT:
                self.transport.abort()
            elif self._deadline is None:
                self._deadline = self.loop.call_later(HEAD_TIMEOUT_S, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_head()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        self._in_head, self._head_bytes, self._header_bytes = True, 0, 0
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._header_bytes += len(name) + len(value)
        if self._header_bytes > HEADERS_LIMIT:
            self.transport.abort()
        else:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._end_head()
        self.url, _, query = self.url.partition(b"?")
        super().on_headers_complete()
        self.scope["query_string"] = query  # the application's task has not begun yet

    def _end_head(self) -> None:
        self._in_head = False
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, listening: Callable[[str, int], None]) -> None:
        super().__init__(config)
        self._listening = listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and sockets:
            self._listening(*sockets[0].getsockname()[:2])


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to the address; 0 picks a free port.

    Raises:
        OSError: the address is not to be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except BaseException:
        sock.close()
        raise
    return sock


def serve(app: Any, sock: socket.socket, listening: Callable[[str, int], None]) -> None:
    """Serve on a socket from `listen` until SIGTERM or SIGINT, then answer what was accepted.

    `listening` is called with the address once connections are accepted. The signal that ended it
    is raised again at the end, for whoever handled it before.
    """
    config = uvicorn.Config(
        app,
        http=BoundedHttp,
        loop="uvloop",
        ws="none",
        interface="asgi3",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=True,
        proxy_headers=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=30,
        backlog=2048,
    )
    _Server(config, listening).run(sockets=[sock])
