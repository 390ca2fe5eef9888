"""One HTTP/1.1 connection: bytes to bounded requests, answers to bytes, in order; knows no dialect.

llhttp (through httptools) does the parsing, strictly; what is here is what happens around it.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from email.utils import formatdate
from http import HTTPStatus
from typing import Protocol, cast

import httptools

from entrepot.dialect.request import Answer, Request

HEAD_LIMIT = 9 << 20  # request line (a thing model may travel in an Alibaba query) and headers
HEADERS_LIMIT = 1 << 16
HEAD_TIMEOUT_S = 30.0
BODY_TIMEOUT_S = 60.0
IDLE_TIMEOUT_S = 75.0
LINGER_S = 5.0
PIPELINED = 32

_STATUS = {s.value: f"HTTP/1.1 {s.value} {s.phrase}\r\n".encode() for s in HTTPStatus}
_BODILESS = frozenset((204, 304))
_NONE: frozenset[bytes] = frozenset()


class Application(Protocol):
    """What a connection asks: how long a body may be, and the answer to a request."""

    def body_limit(self, path: bytes) -> int:
        """The most bytes that a body sent to this path may have."""
        ...

    async def answer(self, request: Request) -> Answer:
        """The answer to a request that was read whole."""
        ...

    def too_large(self, request: Request) -> Answer:
        """The answer to a request whose body is over the limit."""
        ...


class Clock:
    """The `Date` header, made once a second."""

    def __init__(self) -> None:
        self._until = 0.0
        self._line = b""

    def line(self) -> bytes:
        """`date: ...` with its line end."""
        now = time.time()
        if not self._until - 1 <= now < self._until:  # clocks are also set back
            self._until = now // 1 + 1
            self._line = f"date: {formatdate(now, usegmt=True)}\r\n".encode()
        return self._line


_clock = Clock()


class Connection(asyncio.Protocol):
    """Reads requests one after another and answers them in that order.

    `deadline` is when the connection has been waiting too long (loop time); the server sweeps.
    """

    def __init__(self, application: Application, connections: set[Connection]) -> None:
        self._application = application
        self._connections = connections
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[tuple[Request | None, Answer | None, bool]] = deque()
        self._task: asyncio.Task[None] | None = None  # answers, from the first request on
        self._idle: asyncio.Future[None] | None = None  # what it waits for between requests
        self._refusing = False  # take no more bytes in
        self._last = False  # close behind the answer that is under way
        self._paused = False
        self._peer = ""
        self.deadline = self._loop.time() + HEAD_TIMEOUT_S

    # The transport's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(
            asyncio.Transport, transport
        )  # of a TCP server, so it is a whole one
        self._parser = httptools.HttpRequestParser(self)
        self._peer = str((transport.get_extra_info("peername") or ("",))[0])
        self._begin()
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self)
        self._waiting.clear()
        self._resume_writing()
        self._wake()
        # A request that was read whole is finished all the same: its answer has nowhere to go.

    def data_received(self, data: bytes) -> None:
        if self._refusing:
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._refusing = self._last = True  # no other protocol is spoken here
        except httptools.HttpParserError:
            self._refuse(400, b"This is not HTTP/1.1.\n")
            return
        if self._in_head:
            self._head_bytes += len(data)
            headers_bytes = self._head_bytes - sum(map(len, self._url))
            if self._head_bytes > HEAD_LIMIT or headers_bytes > HEADERS_LIMIT:
                self._refuse(431, b"The request's head is too long.\n")

    def pause_writing(self) -> None:
        self._paused = True
        self._can_write = asyncio.Event()
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._resume_writing()
        self._transport.resume_reading()

    def _resume_writing(self) -> None:
        if self._paused:
            self._paused = False
            self._can_write.set()

    # The parser's side

    def _begin(self) -> None:
        self._in_head = self._in_message = False
        self._head_bytes = self._body_bytes = 0
        self._url: list[bytes] = []
        self._headers: dict[bytes, bytes] = {}
        self._repeated: set[bytes] | None = None
        self._body: list[bytes] = []
        self._limit: int | None = None

    def on_message_begin(self) -> None:
        self._begin()
        self._in_head = self._in_message = True
        self.deadline = self._loop.time() + HEAD_TIMEOUT_S

    def on_url(self, url: bytes) -> None:
        self._url.append(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        name, headers = name.lower(), self._headers
        if name not in headers:
            headers[name] = value
        elif self._repeated is None:
            self._repeated = {name}
        else:
            self._repeated.add(name)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._split()
        headers = self._headers
        if sum(map(len, headers)) + sum(map(len, headers.values())) > HEADERS_LIMIT:
            raise ValueError("headers too long")
        if b"content-length" in headers or b"transfer-encoding" in headers:
            self.deadline = self._loop.time() + BODY_TIMEOUT_S
            self._limit = self._application.body_limit(self._path)
            declared = headers.get(b"content-length", b"")
            if declared.isdigit() and int(declared) > self._limit:
                self._body_bytes = int(declared)
                self._give_up()
            elif headers.get(b"expect", b"").lower() == b"100-continue" and not self._waiting:
                self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        if self._refusing:
            return
        self._body_bytes += len(body)
        if self._limit is not None and self._body_bytes > self._limit:
            self._give_up()
        else:
            self._body.append(body)

    def on_message_complete(self) -> None:
        if self._refusing:
            return
        self._in_message = False
        self.deadline = float("inf")
        body = self._body
        request = self._request(body[0] if len(body) == 1 else b"".join(body))
        self._enqueue(request, None, self._parser.should_keep_alive())

    def _split(self) -> None:
        """The request target as path and query."""
        url = self._url[0] if len(self._url) == 1 else b"".join(self._url)
        path, _, self._query = url.partition(b"?")
        if not path.startswith(b"/") and b"://" in path:  # absolute form, as a proxy sends it
            path = b"/" + path.split(b"://", 1)[1].partition(b"/")[2]
        self._path = path

    def _request(self, body: bytes) -> Request:
        return Request(
            self._parser.get_method().decode(),
            self._path,
            self._query,
            self._headers,
            body,
            _NONE if self._repeated is None else frozenset(self._repeated),
            self._peer,
        )

    def _give_up(self) -> None:
        """The body is too long: say so in the dialect's words and take no more from this client."""
        self._refusing = True
        self._enqueue(None, self._application.too_large(self._request(b"")), False)

    # Answering

    def _enqueue(self, request: Request | None, answer: Answer | None, keep_alive: bool) -> None:
        self._waiting.append((request, answer, keep_alive))
        if self._idle is not None:
            self._wake()
        elif self._task is None:
            self._task = self._loop.create_task(self._work())
        elif len(self._waiting) >= PIPELINED:
            self._transport.pause_reading()

    def _wake(self) -> None:
        idle, self._idle = self._idle, None
        if idle is not None and not idle.done():  # done: the loop has ended
            idle.set_result(None)

    async def _work(self) -> None:
        """Answer what waits, in order, for as long as the connection lives: a task for each request
        would cost more than many a request does."""
        waiting = self._waiting
        try:
            while not self._transport.is_closing():
                if not waiting:
                    self.deadline = self._loop.time() + IDLE_TIMEOUT_S
                    self._idle = self._loop.create_future()
                    await self._idle
                    continue
                request, answer, keep_alive = waiting.popleft()
                if answer is None and request is not None:
                    answer = await self._application.answer(request)
                if answer is None or self._transport.is_closing():
                    return
                keep_alive = keep_alive and not (self._last and not waiting)
                self._write(answer, keep_alive, request)
                if not keep_alive:
                    self._end()
                    return
                if self._paused:
                    await self._can_write.wait()
                elif len(waiting) == PIPELINED - 1:
                    self._transport.resume_reading()
        finally:
            self._task = None
            if not self._refusing:
                self._transport.close()

    def _write(self, answer: Answer, keep_alive: bool, request: Request | None) -> None:
        body = answer.body
        lines = [_STATUS[answer.status], _clock.line()]
        for name, value in answer.headers:
            lines += (name, b": ", value, b"\r\n")
        if answer.status not in _BODILESS:
            lines.append(b"content-length: %d\r\n" % len(body))
        lines.append(b"\r\n" if keep_alive else b"connection: close\r\n\r\n")
        if request is None or request.method != "HEAD":
            lines.append(body)
        self._transport.write(b"".join(lines))

    def _end(self) -> None:
        if not self._refusing:
            self._transport.close()
            return
        # The client may still be sending what is not read: closing now would reset the connection,
        # and with it the answer. So say that nothing more comes, and wait a little for the same.
        if self._transport.can_write_eof():  # TLS has no such half of an end
            self._transport.write_eof()
        self.deadline = self._loop.time() + LINGER_S

    def _refuse(self, status: int, words: bytes) -> None:
        """Not even a request: no dialect can be asked. Behind what was asked before it."""
        self._refusing = True
        self._enqueue(None, Answer(status, words, ((b"content-type", b"text/plain"),)), False)

    # The server's side

    def sweep(self, now: float) -> None:
        """Close where the client has kept the connection waiting too long."""
        if now > self.deadline:
            self._transport.close()

    def drain(self, sending: bool = True) -> None:
        """Answer what was accepted, `sending`: and what is on its way, then close."""
        self._last = True
        idle = self._task is None or self._idle is not None
        if idle and not (sending and self._in_message):
            self._transport.close()
