"""What the edge hands to a dialect and gets back: bytes in, bytes out, no socket in sight."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

CONTROLS = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
"""Bytes that no header value may hold: a line break among them would begin another header."""


def header_value(text: str) -> bytes:
    """Returns the text as the value of a header.

    Raises:
        ValueError: it holds a control character other than TAB.
    """
    raw = text.encode()
    if not text.isprintable() and CONTROLS.search(raw):  # the first is ten times as fast
        raise ValueError("a header value holds a control character; take it out of the text")
    return raw


class Request(msgspec.Struct, frozen=True, gc=False):
    """One HTTP request exactly as it was sent; signatures are computed over these bytes.

    `path` and `query` are the raw request target, neither decoded nor normalised; `query` has no
    leading `?`. Header names are lower case. A name that came more than once keeps its first value
    and stands in `repeated`.
    """

    method: str
    path: bytes
    query: bytes = b""
    headers: Mapping[bytes, bytes] = {}
    body: bytes = b""
    repeated: frozenset[bytes] = frozenset()
    peer: str = ""
    scheme: str = ""  # http or https, where a proxy that is believed says so

    def header(self, name: bytes) -> bytes:
        """The header's value, empty where it is absent. `name` is lower case."""
        return self.headers.get(name, b"")


class Answer(msgspec.Struct, frozen=True, gc=False):
    """One HTTP answer: status, headers (names lower case) and the whole body."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()
