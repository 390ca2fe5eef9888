"""Changes of a request that somebody on the way could make, one thing at a time; knows no vendor."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from msgspec.structs import replace

from entrepot.dialect.request import Request

Edit = Callable[[bytes], bytes]
# A place in a request: applies the edit to the text that stands there.
Part = Callable[[Request, Edit], Request]
UNSIGNED_HEADER = b"accept-encoding"
_PLAIN = re.compile(rb"(?<!%)(?<!%[0-9A-F])[0-9A-Za-z]")


@dataclass(frozen=True, slots=True)
class Change:
    """A request made of another one."""

    name: str
    make: Callable[[Request], Request]


# Parts


def header(name: str) -> Part:
    """The value of a header."""
    key = name.encode()
    return lambda r, edit: replace(r, headers={**r.headers, key: edit(r.headers[key])})


def parameter(name: str) -> Part:
    """The value of a parameter of the query, as it is spelled there."""
    start = name.encode() + b"="

    def apply(r: Request, edit: Edit) -> Request:
        [at] = [i for i, piece in enumerate(r.query.split(b"&")) if piece.startswith(start)]
        return _piece(r, at, lambda piece: start + edit(piece[len(start) :]))

    return apply


def between(whole: Part, start: bytes, end: bytes = b"") -> Part:
    """What stands in another part behind `start`, up to `end`."""

    def apply(r: Request, edit: Edit) -> Request:
        def inner(text: bytes) -> bytes:
            before, found, rest = text.partition(start)
            assert found, text
            middle, stop, after = rest.partition(end) if end else (rest, b"", b"")
            return before + found + edit(middle) + stop + after

        return whole(r, inner)

    return apply


def path(r: Request, edit: Edit) -> Request:
    """The path."""
    return replace(r, path=edit(r.path))


def query(r: Request, edit: Edit) -> Request:
    """The whole query."""
    return replace(r, query=edit(r.query))


def body(r: Request, edit: Edit) -> Request:
    """The body."""
    return replace(r, body=edit(r.body))


def _piece(r: Request, at: int, edit: Edit) -> Request:
    pieces = r.query.split(b"&")
    pieces[at] = edit(pieces[at])
    return replace(r, query=b"&".join(pieces))


# Edits


def flipped(where: float) -> Edit:
    """One bit of one byte is another: of the first byte at 0, of the last at 1."""

    def edit(text: bytes) -> bytes:
        at = round(where * (len(text) - 1))
        return text[:at] + bytes((text[at] ^ 1,)) + text[at + 1 :]

    return edit


def escaped(text: bytes) -> bytes:
    """The last letter or digit that is no part of an escape, as an escape."""
    at = max(found.start() for found in _PLAIN.finditer(text))
    return text[:at] + b"%%%02X" % text[at] + text[at + 1 :]


# Changes


def change(name: str, part: Part, edit: Edit) -> Change:
    """The change that applies the edit to the part."""
    return Change(name, lambda r: part(r, edit))


def edits(name: str, part: Part) -> Iterator[Change]:
    """The part with another bit, shorter, longer, empty."""
    for which, where in (("first", 0.0), ("middle", 0.5), ("last", 1.0)):
        yield change(f"{name}: a bit of the {which} byte", part, flipped(where))
    yield change(f"{name}: a byte shorter", part, lambda text: text[:-1])
    yield change(f"{name}: a byte longer", part, lambda text: text + b"0")
    yield change(f"{name}: empty", part, lambda text: b"")


def of_the_method(method: str) -> Iterator[Change]:
    """The request under other methods."""
    for other in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"):
        if other != method:
            yield Change(f"method: {other}", lambda r, other=other: replace(r, method=other))


def of_the_path(root: bool) -> Iterator[Change]:
    """The path, spelled in other ways or another one. `root`: it is a single slash."""
    for name, edit in (
        ("a slash behind", lambda text: text + b"/"),
        ("two slashes behind", lambda text: text + b"//"),
        ("a dot behind", lambda text: text + b"/."),
        ("two dots behind", lambda text: text + b"/x/.."),
        ("a step more", lambda text: text + b"/x"),
        ("a semicolon behind", lambda text: text + b";x"),
        ("an escaped slash behind", lambda text: text + b"%2F"),
        ("an escaped zero behind", lambda text: text + b"%00"),
    ):
        yield change(f"path: {name}", path, edit)
    if not root:
        yield change(
            "path: two slashes within", path, lambda text: b"//".join(text.rsplit(b"/", 1))
        )
        yield change("path: a letter less", path, lambda text: text[:-1])
        yield change("path: another letter", path, flipped(1))
        yield change("path: a letter escaped", path, escaped)


def of_the_query(names: tuple[str, ...]) -> Iterator[Change]:
    """Each of these parameters, and the query as a whole."""
    for name in names:
        part, start = parameter(name), name.encode() + b"="
        yield from edits(f"query {name}", part)
        yield change(f"query {name}: a letter escaped", part, escaped)
        yield change(f"query {name}: removed", query, _without(start))
        yield change(f"query {name}: sent twice", query, _again(start, lambda piece: piece))
        yield change(f"query {name}: sent twice, then another", query, _again(start, flipped(1)))
        yield change(f"query {name}: named in another case", query, _renamed(start))
    for name, edit in (
        ("reversed", lambda text: b"&".join(reversed(text.split(b"&")))),
        ("a parameter more", lambda text: text + b"&other=1"),
        ("a parameter before", lambda text: b"other=1&" + text),
        ("a parameter without a value", lambda text: text + b"&other"),
        ("an ampersand behind", lambda text: text + b"&"),
        ("an ampersand as an escape", lambda text: text.replace(b"&", b"%26", 1)),
        ("an equals sign as an escape", lambda text: text.replace(b"=", b"%3D", 1)),
        ("a semicolon for an ampersand", lambda text: text.replace(b"&", b";", 1)),
        ("removed", lambda text: b""),
    ):
        yield change(f"query: {name}", query, edit)


def _without(start: bytes) -> Edit:
    return lambda text: b"&".join(p for p in text.split(b"&") if not p.startswith(start))


def _again(start: bytes, edit: Edit) -> Edit:
    def again(text: bytes) -> bytes:
        [piece] = [p for p in text.split(b"&") if p.startswith(start)]
        return text + b"&" + edit(piece)

    return again


def _renamed(start: bytes) -> Edit:
    return lambda text: (b"&" + text).replace(b"&" + start, b"&" + start.swapcase(), 1)[1:]


def of_a_header(name: str) -> Iterator[Change]:
    """A header with another value, sent twice, under another name, in the query."""
    key = name.encode()
    yield from edits(f"header {name}", header(name))
    yield Change(f"header {name}: sent twice", lambda r: replace(r, repeated=frozenset((key,))))
    yield Change(f"header {name}: named otherwise", lambda r: moved(r, name, f"x-{name}"))
    yield Change(
        f"header {name}: in the query",
        lambda r: replace(without(r, name), query=r.query + b"&" + key + b"=" + r.headers[key]),
    )


def without(r: Request, name: str) -> Request:
    """The request without a header."""
    return replace(r, headers={k: v for k, v in r.headers.items() if k != name.encode()})


def added(r: Request, name: str, value: bytes) -> Request:
    """The request with a header more, or with another value of one."""
    return replace(r, headers={**r.headers, name.encode(): value})


def moved(r: Request, name: str, other: str, before: bytes = b"") -> Request:
    """The request with a header's value, behind another text, in another header."""
    return added(without(r, name), other, before + r.headers[name.encode()])


def of_the_body() -> Iterator[Change]:
    """The body with another bit, another length, or none."""
    yield from edits("body", body)
    yield change("body: a space behind", body, lambda text: text + b" ")
    yield change("body: a line end behind", body, lambda text: text + b"\n")
    yield change("body: a space before", body, lambda text: b" " + text)
    yield change("body: twice", body, lambda text: text * 2)


def of_unsigned_headers() -> Iterator[Change]:
    """Headers that HTTP clients and proxies add, remove and change."""
    key = UNSIGNED_HEADER.decode()
    yield change("unsigned header: another value", header(key), lambda text: b"br")
    yield Change("unsigned header: removed", lambda r: without(r, key))
    twice = frozenset((UNSIGNED_HEADER,))
    yield Change("unsigned header: sent twice", lambda r: replace(r, repeated=twice))
    for name in ("via", "x-forwarded-for", "cookie", "x-http-method-override", "x-original-url"):
        yield Change(
            f"unsigned header: {name} added",
            lambda r, name=name: added(r, name, b"DELETE"),
        )
