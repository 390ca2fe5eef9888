"""Forms of request smuggling by the head of a request: its lines, its target, another protocol, a hidden body."""

from __future__ import annotations

from collections.abc import Iterator

from entrepot.main import dialects
from tests.edge.forms import CHUNKED, HIDDEN, LAST, Demand, Form, chunk, get, length, post

_BODY_LIMIT = max(d.body_limit for d in dialects())


def head_forms() -> Iterator[Form]:
    """Every form there is."""
    yield from _header_lines()
    yield from _hosts()
    yield from _request_lines()
    yield from _versions()
    yield from _other_protocols()
    yield from _expectations()
    yield from _hidden_in_a_body()
    yield from _connections()


_LINES: tuple[tuple[str, bytes, Demand], ...] = (
    ("NUL in a value", b"x: a\0b", "either"),
    ("CR in a value", b"x: a\rb", "either"),
    ("LF in a value", b"x: a\nb", "refused"),
    ("NUL in a name", b"x\0y: a", "refused"),
    ("CR in a name", b"x\ry: a", "refused"),
    ("LF in a name", b"x\ny: a", "refused"),
    ("a space in a name", b"x y: a", "refused"),
    ("a space before the colon", b"x : a", "refused"),
    ("a tab before the colon", b"x\t: a", "refused"),
    ("a parenthesis in a name", b"x(y): a", "refused"),
    ("DEL in a name", b"x\x7f: a", "refused"),
    ("a byte beyond ASCII in a name", b"x\xe9: a", "refused"),
    ("no name", b": a", "refused"),
    ("no colon", b"x", "refused"),
    ("a space before the name", b" x: a", "either"),
    ("a folded value", b"x: a\r\n b", "either"),
    ("a value folded to nothing", b"x: a\r\n \r\n", "either"),
    ("a request hidden in a folded value", b"x: a\r\n " + HIDDEN.strip(), "either"),
    ("a request behind a bare CR", b"x: a\r\r" + HIDDEN.strip(), "either"),
    ("a request behind two bare LF", b"x: a\n\n" + HIDDEN.replace(b"\r\n", b"\n"), "refused"),
)


def _header_lines() -> Iterator[Form]:
    """Lines that are not `name: value` (RFC 9112 section 5, RFC 9110 section 5.5)."""
    for name, line, demand in _LINES:
        yield Form(f"line: {name}", get(line), demand)
    first = b"GET /form HTTP/1.1\r\n"
    yield Form("line: a space before the first name", first + b" host: x\r\n\r\n", "either")
    yield Form("line: a tab before the first name", first + b"\thost: x\r\n\r\n", "either")
    for name, raw in (
        ("bare LF everywhere", b"GET /form HTTP/1.1\nhost: x\n\n"),
        ("a bare LF behind the first line", b"GET /form HTTP/1.1\nhost: x\r\n\r\n"),
        ("a bare LF at the end", b"GET /form HTTP/1.1\r\nhost: x\r\n\n"),
        ("a bare CR at the end", b"GET /form HTTP/1.1\r\nhost: x\r\n\rx: y\r\n\r\n"),
        ("two CR at the end", b"GET /form HTTP/1.1\r\nhost: x\r\n\r\r\n"),
        ("an empty line before", b"\r\n" + get()),
        ("ten empty lines before", b"\r\n" * 10 + get()),
        ("a bare LF before", b"\n" + get()),
    ):
        yield Form(f"line: {name}", raw, "either")
    plain = get(b"x-http-method-override: DELETE", b"x-original-url: /smuggled", b"x: \xe7\x81\xaf")
    yield Form("line: another method and target in fields", plain, "taken")
    yield Form("line: a tab in a value", get(b"x: a\tb"), "taken")


def _hosts() -> Iterator[Form]:
    """Requests that name no host, or several (RFC 9112 section 3.2)."""
    at = b"GET /v5/form HTTP/1.1"
    line = at + b"\r\n"
    yield Form("host: none", line + b"\r\n", "refused")
    yield Form("host: two that differ", get(b"host: y", line=at), "refused")
    yield Form("host: two that agree", get(b"host: x", line=at), "refused")
    yield Form("host: two, one behind a space", get(b" host: y"), "either")
    for name, value in (
        ("a user", b"user@x"),
        ("a path", b"x/smuggled"),
        ("a list", b"x, y"),
        ("spaces", b"x y"),
        ("a port that is no number", b"x:http"),
    ):
        raw = line + b"host: " + value + b"\r\n\r\n"
        # Taken: one of Alibaba's SDKs sends the endpoint with its scheme, so what stands here is not read.
        yield Form(f"host: {name}", raw, "refused", lax=True)
    yield Form("host: empty", line + b"host:\r\n\r\n", "either")
    yield Form("host: none in HTTP/1.0", b"GET /form HTTP/1.0\r\n\r\n", "closed")


_REQUEST_LINES: tuple[tuple[str, bytes, Demand], ...] = (
    ("another host's URL", b"GET http://other/form HTTP/1.1", "taken"),
    ("a URL of https", b"GET https://x/form HTTP/1.1", "taken"),
    ("a URL without a path", b"OPTIONS http://x HTTP/1.1", "either"),
    ("a URL of another scheme", b"GET ftp://x/form HTTP/1.1", "either"),
    ("a URL with a user", b"GET http://a:b@x/form HTTP/1.1", "either"),
    ("two slashes", b"GET //form HTTP/1.1", "taken"),
    ("two slashes and a host", b"GET //other/form HTTP/1.1", "taken"),
    ("a URL as a path", b"GET /http://other/form HTTP/1.1", "taken"),
    ("dots", b"GET /form/../../smuggled HTTP/1.1", "taken"),
    ("line ends in escapes", b"GET /form%0d%0ax:%20y HTTP/1.1", "taken"),
    ("a request in escapes", b"GET /form%20HTTP/1.1%0d%0a%0d%0aGET%20/x HTTP/1.1", "taken"),
    ("a broken escape", b"GET /form%zz%0 HTTP/1.1", "either"),
    ("a fragment", b"GET /form#a HTTP/1.1", "either"),
    ("bytes beyond ASCII", "GET /form?a=水表 HTTP/1.1".encode(), "taken"),
    ("bytes beyond ASCII that are no UTF-8", b"GET /form?a=\xe9 HTTP/1.1", "refused"),
    ("half a character", b"GET /form?a=\xe6\xb0 HTTP/1.1", "refused"),
    ("line ends in overlong UTF-8", b"GET /form\xc0\x8d\xc0\x8ax: HTTP/1.1", "refused"),
    ("a backslash", b"GET /form\\..\\smuggled HTTP/1.1", "either"),
    ("NUL", b"GET /form\0 HTTP/1.1", "refused"),
    ("a bare CR", b"GET /form\rx HTTP/1.1", "refused"),
    ("a bare LF", b"GET /form\nx HTTP/1.1", "refused"),
    ("a tab", b"GET\t/form HTTP/1.1", "either"),
    ("a space within", b"GET /form x HTTP/1.1", "refused"),
    ("two versions", b"GET /form HTTP/1.1 HTTP/1.1", "refused"),
    ("two spaces", b"GET  /form HTTP/1.1", "either"),
    ("two spaces before the version", b"GET /form  HTTP/1.1", "either"),
    ("a space behind", b"GET /form HTTP/1.1 ", "either"),
    ("a space before", b" GET /form HTTP/1.1", "either"),
    ("no method", b"/form HTTP/1.1", "refused"),
    ("no target", b"GET HTTP/1.1", "refused"),
    ("a target without a slash", b"GET form HTTP/1.1", "refused"),
    ("an asterisk", b"GET * HTTP/1.1", "either"),
    ("OPTIONS *", b"OPTIONS * HTTP/1.1", "either"),
    ("a lower-case method", b"get /form HTTP/1.1", "either"),
    ("an unknown method", b"GPOST /form HTTP/1.1", "either"),
    ("a method with a colon", b"GET: /form HTTP/1.1", "refused"),
    ("a method of 1,000 letters", b"G" * 1000 + b" /form HTTP/1.1", "either"),
)


def _request_lines() -> Iterator[Form]:
    """Targets and methods (RFC 9112 section 3)."""
    for name, line, demand in _REQUEST_LINES:
        yield Form(f"target: {name}", get(line=line), demand)


def _versions() -> Iterator[Form]:
    """Versions in the request line (RFC 9112 section 2.3)."""
    for version in (b"HTTP/2.0", b"HTTP/2", b"HTTP/3.0", b"HTTP/9.9", b"HTTP/1.10", b"HTTP/01.1",
                    b"HTTP/1", b"HTTP/1.", b"HTTP/.1", b"HTTP/1,1", b"HTTP/-1.1", b"http/1.1",
                    b"HTTP /1.1", b"HTTP/ 1.1", b"HTTPS/1.1", b"ICE/1.0", b"RTSP/1.0", b"FTP/1.1",
                    b"H\0TP/1.1"):  # fmt: skip
        raw = get(line=b"GET /form " + version)
        name = version.decode("latin-1").replace("\0", "NUL")
        yield Form(f"version: {name}", raw, "refused", lax=version == b"RTSP/1.0")
    yield Form("version: HTTP/1.2", get(line=b"GET /form HTTP/1.2"), "either")
    yield Form("version: HTTP/1.0", get(line=b"GET /form HTTP/1.0"), "closed")
    # HTTP/0.9 has no version and no headers; a server of today refuses it (section 2.3 and 3).
    yield Form("version: none", b"GET /form\r\n", "refused")
    yield Form("version: HTTP/0.9", get(line=b"GET /form HTTP/0.9"), "refused")
    yield Form("version: none, and headers", get(line=b"GET /form"), "refused")


def _other_protocols() -> Iterator[Form]:
    """Bytes of HTTP/2 and others, and wishes to speak them. This server speaks HTTP/1.1 alone."""
    frames = b"\0\0\x12\x04\0\0\0\0\0" + b"\0\x03\0\0\0\x64\0\x04\0\x10\0\0\0\x02\0\0\0\0"
    for name, raw in (
        ("HTTP/2's preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        ("HTTP/2's preface and frames", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frames),
        ("HTTP/2's preface cut off", b"PRI * HTTP/2.0\r\n\r\n"),
        ("HTTP/2's preface in HTTP/1.1", b"PRI * HTTP/1.1\r\nhost: x\r\n\r\nSM\r\n\r\n"),
        ("a greeting of TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 200),
        ("a line of a proxy", b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n" + get()),
        ("the head of an answer", b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"),
    ):
        yield Form(f"protocol: {name}", raw, "refused")
    socket = (b"upgrade: websocket", b"sec-websocket-version: 13",
              b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==")  # fmt: skip
    settings = (b"upgrade: h2c", b"http2-settings: AAMAAABkAAQAAP__")
    for name, lines in (
        ("WebSocket", (b"connection: upgrade", *socket)),
        ("HTTP/2", (b"connection: upgrade, http2-settings", *settings)),
        ("TLS", (b"connection: upgrade", b"upgrade: TLS/1.0")),
        ("an unknown one", (b"connection: upgrade", b"upgrade: x/1, h2c")),
        ("one without Connection", socket),
        ("Connection without one", (b"connection: upgrade",)),
    ):
        yield Form(f"upgrade: {name}", get(*lines), "either")
        yield Form(f"upgrade: {name}, a request behind it", get(*lines) + b"\r\n", "either")
        body = post(*lines, length(HIDDEN), body=HIDDEN)
        yield Form(f"upgrade: {name}, with a body", body, "either")
    chunked = post(b"connection: upgrade", *socket, CHUNKED, body=chunk(HIDDEN) + LAST)
    yield Form("upgrade: WebSocket, with chunks", chunked, "either")
    for target in (b"x:443", b"/form", b"http://x/form"):
        yield Form(
            f"CONNECT {target.decode()}", get(line=b"CONNECT " + target + b" HTTP/1.1"), "closed"
        )
    body = post(length(HIDDEN), body=HIDDEN, line=b"CONNECT x:443 HTTP/1.1")
    yield Form("CONNECT with a body", body, "closed")


def _expectations() -> Iterator[Form]:
    """Expect: a body that comes at once, and words that nobody knows (RFC 9110 section 10.1.1)."""
    for name, line in (
        ("a body at once", b"expect: 100-continue"),
        ("another case", b"Expect: 100-CONTINUE"),
        ("twice", b"expect: 100-continue\r\nexpect: 100-continue"),
        ("an unknown word", b"expect: y"),
        ("two words", b"expect: y 100-continue"),
        ("a list", b"expect: 100-continue, y"),
        ("nothing", b"expect:"),
    ):
        yield Form(f"expect: {name}", post(line, length(HIDDEN), body=HIDDEN), "either")
    ahead = b"expect: 100-continue"
    yield Form("expect: no body", get(ahead), "taken")
    yield Form("expect: a body of nothing", post(ahead, b"content-length: 0"), "taken")
    yield Form("expect: chunks", post(ahead, CHUNKED, body=chunk(HIDDEN) + LAST), "taken")
    old = post(ahead, length(HIDDEN), body=HIDDEN, line=b"POST /form HTTP/1.0")
    yield Form("expect: in HTTP/1.0", old, "closed")


def _hidden_in_a_body() -> Iterator[Form]:
    """A request in a body that its reader might not expect: by each method, and at each dialect."""
    for method in ("GET", "HEAD", "DELETE", "OPTIONS", "PATCH", "PUT", "TRACE"):
        line = f"{method} /form HTTP/1.1".encode()
        demand: Demand = "either" if method == "TRACE" else "taken"
        yield Form(f"{method} with a body", post(length(HIDDEN), body=HIDDEN, line=line), demand)
        chunks = post(CHUNKED, body=chunk(HIDDEN) + LAST, line=line)
        yield Form(f"{method} with chunks", chunks, demand)
    roots = sorted(
        {root for d in dialects() for root in d.roots} | {"explorer", "explorer/sign-in"}
    )
    for root in roots:
        line = f"POST /{root} HTTP/1.1".encode()
        yield Form(f"POST to /{root}", post(length(HIDDEN), body=HIDDEN, line=line), "taken")
        chunks = post(CHUNKED, body=chunk(HIDDEN) + LAST, line=line)
        yield Form(f"POST to /{root} in chunks", chunks, "taken")
    long = HIDDEN.ljust(_BODY_LIMIT + 1)
    yield Form("a body over the limit", post(length(long), body=HIDDEN * 9), "closed")
    yield Form("chunks over the limit", post(CHUNKED, body=chunk(long) + LAST), "closed")


def _connections() -> Iterator[Form]:
    """What Connection says of this request and the next."""
    for name, line in (
        ("names the length", b"connection: content-length"),
        ("names the host", b"connection: host, x"),
        ("is kept alive", b"connection: keep-alive\r\nkeep-alive: timeout=5, max=1"),
        ("is nothing", b"connection:"),
    ):
        raw = post(line, length(HIDDEN), body=HIDDEN)
        yield Form(f"connection: {name}", raw, "taken")
    for name, line in (
        ("closes", b"connection: close"),
        ("closes in another case", b"Connection: CLOSE"),
        ("closes and is kept alive", b"connection: close, keep-alive"),
        ("is kept alive and closes", b"connection: keep-alive\r\nconnection: close"),
    ):
        yield Form(f"connection: {name}", post(line, length(HIDDEN), body=HIDDEN), "closed")
