"""Bytes of one connection to bounded requests; knows no socket and no dialect.

llhttp (through httptools) parses, strictly. Every bound is enforced while the bytes arrive: what is too
long is refused before it is in memory.
"""

from __future__ import annotations

from io import BytesIO
from typing import Protocol

import httptools
from msgspec.structs import replace

from entrepot.core.faults import Fault, Malformed, TooLarge
from entrepot.dialect.request import Answer, Request
from entrepot.edge import raw_target

PATH_LIMIT = 8 << 10
HEADERS_LIMIT = 64 << 10
HEADER_LINES = 100
TRAILERS_LIMIT = 8 << 10
# Sizes and extensions of chunks may take so much, and a quarter of the body.
CHUNK_OVERHEAD = 64 << 10
# A query beyond this is taken off what the body may have: a request is one or the other.
SMALL_QUERY = 64 << 10
PIPELINED_LIMIT = 256  # requests that one read from the socket may hold
FREE_BYTES = 5 << 10  # so much of a request may be in memory without a lease of the budget
LINE_BYTES = 150  # the memory of a header line besides its bytes
_MANY_LINES = 24  # from here on that memory is counted, also of a request with few bytes

_PLAIN_DIGITS = 9  # of a length that needs no care
_FEW_PIECES, _GATHERED_BYTES = 64, 1 << 18
_NONE: frozenset[bytes] = frozenset()
_TEXT = ((b"content-type", b"text/plain"),)
_NOT_HTTP = Answer(400, b"This is not HTTP/1.1.\n", _TEXT)
_LONG_HEAD = Answer(431, b"The headers are too long: 100 lines and 64 KB are the most.\n", _TEXT)
_OTHER_VERSION = Answer(505, b"Only HTTP/1.1 and HTTP/1.0 are spoken here.\n", _TEXT)
_OTHER_CODING = Answer(501, b"The only transfer coding that is read here is chunked.\n", _TEXT)
_LONG_TRAILERS = Answer(431, b"The trailers are too long: 8 KB are the most.\n", _TEXT)
_MUCH_FRAMING = Answer(400, b"The chunks are too small: send larger ones.\n", _TEXT)
_TOO_MANY = Answer(429, b"Too many requests at once: wait for the answers.\n", _TEXT)


class Limits(Protocol):
    """How long the parts of a request may be, by the owner of its path."""

    def query_limit(self, path: bytes) -> int:
        """The most bytes that a query sent to this path may have."""
        ...

    def body_limit(self, head: Request) -> int:
        """The most bytes that the body behind this head may have; it may have `FREE_BYTES` anyway."""
        ...


class Receiver(Protocol):
    """What is told of the requests. After `refused` nothing more comes."""

    def body_begins(self, total_bytes: int, wants_word: bool) -> None:
        """A head is there that announces a body of some size, or a client that waits for a word.

        With the body the request has so many bytes. `wants_word`: `100 Continue`.
        """
        ...

    def holds(self, held_bytes: int) -> None:
        """So many bytes of the request are in memory; told where they are more than `FREE_BYTES`."""
        ...

    def complete(self, request: Request, keep_alive: bool, total_bytes: int) -> None:
        """A request of so many bytes is there."""
        ...

    def refused(self, request: Request, reason: Fault | Answer) -> None:
        """A request is refused before all of it is there; `request` has what is known of it."""
        ...


class Incoming:
    """Reads requests one after another. `close` when the connection has ended."""

    # There are thousands of these, and each attribute is read for every request.
    __slots__ = (
        "_body",
        "_body_bytes",
        "_body_length",
        "_body_limit",
        "_completed",
        "_declared_bytes",
        "_framing_bytes",
        "_gathered",
        "_head",
        "_head_bytes",
        "_headers",
        "_limits",
        "_parser",
        "_path",
        "_peer",
        "_query",
        "_raw_rest",
        "_receiver",
        "_repeated",
        "_repeats",
        "_small",
        "_small_read",
        "_url",
        "_url_limit",
        "_url_pieces",
        "in_head",
        "in_message",
        "last",
        "stopped",
    )

    def __init__(self, limits: Limits, receiver: Receiver, peer: str) -> None:
        self._limits = limits
        self._receiver = receiver
        self._peer = peer
        self._parser: httptools.HttpRequestParser | None = httptools.HttpRequestParser(self)
        self.stopped = False  # nothing more is read
        self.last = False  # what follows, after an upgrade for example, is not to be trusted
        self._completed = 0  # in this read of the socket
        self._body_length = 0  # of the body that is read; 0 where that is not known
        self._declared_bytes = 0  # the same until the body's memory was reserved
        # Of a target with bytes beyond ASCII that is still being read: the beginning of a character.
        self._raw_rest: bytes | None = None
        # Whether this read, and so each request that begins in it, has so few bytes that nobody counts.
        self._small_read = self._small = False
        self._clear()

    def close(self) -> None:
        """Lets go of the receiver, which otherwise holds this object in a cycle."""
        self.stop()
        del self._receiver  # nothing is told once this is stopped

    def stop(self) -> None:
        """Reads nothing more, and forgets what was read; the parser may hold half a header."""
        self.stopped = True
        self._parser = None
        self._small = False
        self._clear()

    @property
    def announced(self) -> bool:
        """Whether it is known how long the request that is being read will be."""
        return not self.in_head and b"transfer-encoding" not in self._head

    def so_far(self) -> Request:
        """What is known of the request that is being read: no body, and of a query the beginning."""
        if self.in_head and self._url:
            most = 2 * PATH_LIMIT  # enough of both; the whole may be megabytes
            url = self._url[:most]
            if len(url) < most and self._url_pieces:
                url = b"".join((url, *(piece[:most] for piece in self._url_pieces[:most])))[:most]
            self._path, self._query = _parts(url)
        request = self._request()
        if len(request.query) > PATH_LIMIT or len(request.path) > PATH_LIMIT:
            path, query = request.path[:PATH_LIMIT], request.query[:PATH_LIMIT]
            return replace(request, path=path, query=query)
        return request

    def feed(self, data: bytes | memoryview) -> None:
        """Reads the bytes, and keeps none of the buffer; calls the receiver."""
        parser = self._parser
        if parser is None:
            return
        in_body, body_before = self.in_message and not self.in_head, self._body_bytes
        self._completed = 0
        fed_bytes = len(data)
        self._small_read, self._small = fed_bytes <= FREE_BYTES, False
        try:
            if in_body and fed_bytes <= self._body_left():
                parser.feed_data(data)  # no request line is in it
            elif self._raw_rest is None and raw_target.is_absent(raw := bytes(data)):
                parser.feed_data(raw)
            else:
                fed_bytes = self._feed_raw(bytes(data))
        except httptools.HttpParserUpgrade:
            self.stop()  # no other protocol is spoken here
            self.last = True
        except (httptools.HttpParserError, UnicodeDecodeError):
            if not self.stopped:
                self._refuse(_NOT_HTTP)
        else:
            if self.in_message and not self.stopped:
                self._count(fed_bytes, in_body, body_before)

    def _clear(self) -> None:
        """Forgets the request: nothing of it stays in memory while the connection is idle."""
        self.in_head = self.in_message = False
        self._path = self._query = self._url = b""
        self._headers: dict[bytes, bytes] = {}  # trailers, once the head has ended
        self._head = self._headers
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._repeated: set[bytes] | None = None
        self._repeats = 0
        if not self._small:
            self._url_pieces: list[bytes] = []
            self._url_limit = PATH_LIMIT
            self._head_bytes = self._framing_bytes = 0
            self._gathered: BytesIO | None = None  # the beginning of a body in many pieces

    def _count(self, fed_bytes: int, in_body: bool, body_before: int) -> None:
        """Bounds what the parser holds by itself: an unfinished header, chunk sizes, a trailer.

        Bytes that were fed together with the end of another request or of a head are not told apart.
        The limits of a request do not count them, because one read from the socket is bounded; the
        memory that is held does.
        """
        if self._refuse_many_lines():
            return
        alone = not self._completed
        if not self.in_head:
            if in_body and alone:
                self._framing_bytes += fed_bytes - (self._body_bytes - body_before)
            if self._framing_bytes > CHUNK_OVERHEAD + self._body_bytes // 4:
                self._refuse(_MUCH_FRAMING)
            return
        if alone:
            self._head_bytes += fed_bytes
            if self._head_bytes - self._url_bytes() > HEADERS_LIMIT:
                self._refuse(_LONG_HEAD)
                return
        held_bytes = max(self._head_bytes, fed_bytes)
        held_bytes += LINE_BYTES * (len(self._headers) + self._repeats)
        if held_bytes > FREE_BYTES:
            self._receiver.holds(held_bytes)

    def _feed_raw(self, data: bytes) -> int:
        """Feeds bytes beyond ASCII to the parser, those of a request target as escapes.

        Returns how many bytes the parser got.
        """
        self._small_read = False  # escapes take three times the memory
        in_target = self._raw_rest is not None
        data = (self._raw_rest or b"") + data
        fed_bytes = at = seen = asked = 0
        while at < len(data) and (parser := self._parser) is not None:
            if in_target:
                piece, at, self._raw_rest = raw_target.escaped(data, at)
                in_target, seen = False, at
            else:
                look = max(seen, at + self._body_left())
                # A body may be full of what looks like targets. There are no more requests than these.
                end = raw_target.suspect(data, look) if asked < PIPELINED_LIMIT else len(data)
                piece, at, seen, asked = data[at:end], end, end + 1, asked + 1
            parser.feed_data(piece)
            fed_bytes += len(piece)
            if at < seen and at < len(data) and self.in_head and not self._headers:
                in_target = self._refused_in_target(data[at:seen])
                if not in_target:
                    at, fed_bytes = seen, fed_bytes + 1
        return fed_bytes

    def _body_left(self) -> int:
        """Returns how many bytes of the body are still to come, 0 where that is not known."""
        in_body = self.in_message and not self.in_head
        return max(self._body_length - self._body_bytes, 0) if in_body else 0

    def _refused_in_target(self, byte: bytes) -> bool:
        """Feeds a byte beyond ASCII. Returns whether the parser refuses it because it stands in a target.

        Then a new parser takes the place of the one that failed. It is told the request line so far.
        """
        parser = self._parser
        if parser is None:
            return False
        try:
            parser.feed_data(byte)
        except httptools.HttpParserInvalidURLError:
            self._join_url()
            line = b"%s %s" % (parser.get_method(), self._url)
            self.in_head = self.in_message = False
            self._parser = parser = httptools.HttpRequestParser(self)
            parser.feed_data(line)
            return True
        return False

    def _refuse_many_lines(self) -> bool:
        """Whether the headers, or the trailers, are too many; they are refused then."""
        many = len(self._headers) + self._repeats > HEADER_LINES
        if many:
            self._refuse(_LONG_HEAD if self._headers is self._head else _LONG_TRAILERS)
        return many

    # What the parser calls

    def on_url(self, url: bytes) -> None:
        if self.in_message:
            self._url_pieces.append(url)
            self._long_target()
            return
        self.in_head = self.in_message = True
        self._small = self._small_read
        self._url = url
        if len(url) > PATH_LIMIT:
            self._long_target()

    def _long_target(self) -> None:
        """The target is long, or comes in pieces: its query has the limit of the path's owner."""
        url_bytes = self._url_bytes()
        if self.stopped or url_bytes <= self._url_limit:
            return
        # The query stays in its pieces: put together now and then, it would be in memory twice.
        if b"?" not in self._url:
            self._join_url()
        path, begun = _parts(self._url)
        if len(path) > PATH_LIMIT:
            self._path, self._query = path, begun
            self._refuse(TooLarge("path", PATH_LIMIT))
            return
        limit = self._limits.query_limit(path)
        self._url_limit = len(self._url) - len(begun) + limit
        if url_bytes > self._url_limit:
            self._path, self._query = path, begun
            self._refuse(TooLarge("query", limit))

    def _url_bytes(self) -> int:
        return len(self._url) + sum(map(len, self._url_pieces))

    def on_header(self, name: bytes, value: bytes) -> None:
        name, headers = name.lower(), self._headers
        if name in headers:
            self._repeated_header(name)
        else:
            headers[name] = value  # one read of the socket bounds how many, until they are counted

    def _repeated_header(self, name: bytes) -> None:
        self._repeats += 1
        if self._headers is not self._head:
            pass  # trailers are dropped
        elif self._repeated is None:
            self._repeated = {name}
        else:
            self._repeated.add(name)

    def on_headers_complete(self) -> None:
        parser = self._parser
        if parser is None:
            return
        self.in_head = False
        url_bytes = 0 if self._small else self._url_bytes()
        if self._url_pieces:
            self._join_url()
        self._path, self._query = _parts(self._url)
        self._url = b""
        headers = self._headers
        lines = len(headers) + self._repeats
        if lines > _MANY_LINES:
            self._small = False
        if not self._small:
            headers_bytes = _size(headers)
            self._head_bytes = url_bytes + headers_bytes + LINE_BYTES * lines
            if headers_bytes > HEADERS_LIMIT:
                self._refuse(_LONG_HEAD)
                return
        if lines > HEADER_LINES:
            self._refuse(_LONG_HEAD)
            return
        # The quick way for nearly every request: without a word about it only HTTP/1.1 stays open.
        plain = b"connection" not in headers and parser.should_keep_alive()
        version = "1.1" if plain else parser.get_http_version()
        chunked = b"transfer-encoding" in headers
        unusual = chunked or self._repeated or version != "1.1" or b"host" not in headers
        if unusual and (reason := self._unacceptable(headers, version)) is not None:
            self._refuse(reason)
        elif chunked or b"content-length" in headers:
            self._announced(headers)

    def _unacceptable(self, headers: dict[bytes, bytes], version: str) -> Fault | Answer | None:
        """Why this head is not taken (RFC 9112, sections 2.3, 3.2 and 6.1)."""
        if version != "1.1" and version != "1.0":
            return _OTHER_VERSION
        if b"host" not in headers:
            return Malformed("headers", "Host is missing") if version == "1.1" else None
        if self._repeated is not None and b"host" in self._repeated:
            return Malformed("headers", "host was sent more than once")
        if b"transfer-encoding" in headers:
            # Trailers go elsewhere: a proxy that checks headers on the way has not seen them.
            self._headers, self._repeats = {}, 0
            self.last = self.last or version == "1.0"  # of which nobody knows where a body ends
            if headers[b"transfer-encoding"].strip().lower() != b"chunked":
                return _OTHER_CODING
        return None

    def _announced(self, headers: dict[bytes, bytes]) -> None:
        """A body follows: refuses one that is too long before it is sent."""
        declared = headers.get(b"content-length", b"0")
        if len(declared) > _PLAIN_DIGITS:
            declared = declared.lstrip(b"0")[:19] or b"0"  # with more it is over every limit anyway
        self._declared_bytes = self._body_length = length = int(declared)
        if length > FREE_BYTES or b"transfer-encoding" in headers:
            self._body_limit = self._limits.body_limit(self._request())
            if len(self._query) > SMALL_QUERY:
                self._body_limit = max(self._body_limit - len(self._query), 0)
            if length > self._body_limit:
                self._refuse(TooLarge("body", self._body_limit))
                return
        wants_word = b"expect" in headers and headers[b"expect"].lower() == b"100-continue"
        total = self._head_bytes + length
        if total > FREE_BYTES or wants_word:
            self._receiver.body_begins(total, wants_word)

    def on_body(self, body: bytes) -> None:
        if self.stopped:
            return
        self._body.append(body)
        self._body_bytes += len(body)
        if self._body_bytes > FREE_BYTES or len(self._body) > _FEW_PIECES:
            self._long_body()

    def _gather(self) -> BytesIO:
        """Puts the pieces into one.

        A small piece takes many times its bytes by itself, and to join megabytes at the end would hold the
        loop for milliseconds: `BytesIO` hands its bytes over without a copy.
        """
        self._small = False
        if self._gathered is None:
            self._gathered = BytesIO()
        self._gathered.writelines(self._body)
        self._body.clear()
        if self._declared_bytes > self._body_bytes > _GATHERED_BYTES:
            self._make_whole(self._gathered)
        return self._gathered

    def _make_whole(self, gathered: BytesIO) -> None:
        """Gives it the body's length at once: to grow with each piece would copy the body nine times."""
        here = gathered.tell()
        gathered.seek(self._declared_bytes - 1)
        gathered.write(b"\0")
        gathered.seek(here)
        self._declared_bytes = 0

    def _long_body(self) -> None:
        if len(self._body) > _FEW_PIECES or self._body_bytes > _GATHERED_BYTES:
            self._gather()
        if self._body_bytes <= FREE_BYTES:
            pass
        elif self._body_bytes > self._body_limit:
            self._refuse(TooLarge("body", self._body_limit))
        else:
            self._receiver.holds(self._head_bytes + self._body_bytes)

    def on_message_complete(self) -> None:
        parser = self._parser
        if parser is None:
            return
        self._completed += 1
        if self._completed > PIPELINED_LIMIT:
            self._refuse(_TOO_MANY)
            return
        if self._headers is not self._head and self._refuse_long_trailers():
            return
        body, total = self._body, 0
        if not self._small:
            total = self._head_bytes + self._body_bytes
            if self._gathered is not None:
                body = [self._gather().getvalue()]
        request = self._request(body[0] if len(body) == 1 else b"".join(body))
        self._clear()
        self._receiver.complete(request, parser.should_keep_alive() and not self.last, total)

    def _refuse_long_trailers(self) -> bool:
        """Whether the trailers are too long; they are refused then."""
        if self._refuse_many_lines():
            return True
        if long := _size(self._headers) > TRAILERS_LIMIT:
            self._refuse(_LONG_TRAILERS)
        return long

    def _join_url(self) -> None:
        self._url = b"".join((self._url, *self._url_pieces))
        self._url_pieces.clear()

    def _request(self, body: bytes = b"") -> Request:
        return Request(
            self._parser.get_method().decode() if self._parser else "",
            self._path,
            self._query,
            self._head,
            body,
            _NONE if self._repeated is None else frozenset(self._repeated),
            self._peer,
        )

    def _refuse(self, reason: Fault | Answer) -> None:
        if self.stopped:
            return
        if isinstance(reason, TooLarge):
            self._path = self._path[:PATH_LIMIT]
            # The beginning stays: it may say in which format the refusal is wanted.
            self._query = self._query[:PATH_LIMIT]
        request = self._request()
        self.stop()
        self._receiver.refused(request, reason)


def _parts(url: bytes) -> tuple[bytes, bytes]:
    """The path and the query of a request target."""
    path, _, query = url.partition(b"?")
    if not path.startswith(b"/") and b"://" in path:  # absolute form, as a proxy sends it
        path = b"/" + path.split(b"://", 1)[1].partition(b"/")[2]
    return path, query


def _size(headers: dict[bytes, bytes]) -> int:
    return sum(map(len, headers)) + sum(map(len, headers.values()))
