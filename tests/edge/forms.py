"""What a form of request smuggling is: a request on whose length two HTTP readers may disagree.

Each form is sent with a harmless request behind it, the marker. A form that could hide a request in
its own bytes hides one for /smuggled. `body_forms` and `head_forms` are the tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# What RFC 9112 and RFC 9110 say of the form:
# - taken: it is a whole request; it is answered once, and the marker behind it is answered;
# - refused: no allowed reading of it is a request; the server refuses it and closes the connection;
# - closed: the server may answer it once, and must then close the connection;
# - unended: more of it may come, so nothing behind it is a request; the server may refuse it early;
# - either: the server may take it or refuse it.
Demand = Literal["taken", "refused", "closed", "unended", "either"]

HIDDEN = b"GET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n"
MARKER = b"GET /marker HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
LAST = b"0\r\n\r\n"
CHUNKED = b"transfer-encoding: chunked"


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write a request, and what the standards demand of its reader."""

    name: str
    raw: bytes
    demand: Demand
    lax: bool = False  # this server does not do what the standard demands


def post(*lines: bytes, body: bytes = b"", line: bytes = b"POST /form HTTP/1.1") -> bytes:
    """The bytes of a request to x with these header lines."""
    return b"\r\n".join((line, b"host: x", *lines)) + b"\r\n\r\n" + body


def get(*lines: bytes, line: bytes = b"GET /form HTTP/1.1") -> bytes:
    """The bytes of a request to x that has no body."""
    return post(*lines, line=line)


def length(body: bytes) -> bytes:
    """The header line that says how long the body is."""
    return b"content-length: %d" % len(body)


def chunk(data: bytes) -> bytes:
    """One chunk of a body."""
    return b"%x\r\n%s\r\n" % (len(data), data)


# Read in chunks this ends before the hidden request; read by its length, behind it.
SHORT_IN_CHUNKS = LAST + HIDDEN
# Read in chunks this ends behind the hidden request; read by this length, before it.
LONG_IN_CHUNKS = chunk(HIDDEN) + LAST
LENGTH_TO_HIDDEN = length(LONG_IN_CHUNKS[: LONG_IN_CHUNKS.index(HIDDEN)])
