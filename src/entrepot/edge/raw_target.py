"""Bytes beyond ASCII in a request target: finds them and escapes them; knows no parser.

Go's net/http sends a query as it was typed, and the parser refuses it. So the parser gets the escapes instead:

    GET /products?name=水表 HTTP/1.1                     is received (the characters as UTF-8),
    GET /products?name=%E6%B0%B4%E8%A1%A8 HTTP/1.1       is parsed.

The same bytes may stand in a body, and only the parser knows where a body ends. So `suspect` names a byte that
may be of a target, everything before it is parsed, and then the parser is asked.
"""

from __future__ import annotations

import re
from codecs import utf_8_decode

# A target has a slash before its first such byte: it begins with one, or as `http://`.
_IN_LINE = re.compile(rb"[A-Z] (?:/|https?://)[!-~]*+(?=[\x80-\xff])")
_AT_BEGIN = re.compile(rb" ?[!-~]*+(?=[\x80-\xff])")
_TARGET = re.compile(rb"[!-~\x80-\xff]*")
_ESCAPES = tuple(bytes((code,)) if code < 0x80 else b"%%%02X" % code for code in range(256))


def is_absent(data: bytes) -> bool:
    """Returns True if no byte beyond ASCII in `data` can be of a target. The answer is quick for most requests."""
    if data.isascii():
        return True
    last_line = data.rfind(b"\n") + 1
    if last_line and data[:last_line].isascii() and data.find(b"/", last_line) < 0:
        return True  # a head, and a body of one line
    return suspect(data, 0) == len(data)


def suspect(data: bytes, at: int) -> int:
    """Returns where the first byte from `at` on is that may be beyond ASCII and of a target; else the length.

    `data` is what was received at once. A target may have begun in what was received before.
    """
    match = (_AT_BEGIN.match(data) if at == 0 else None) or _IN_LINE.search(data, at)
    return len(data) if match is None else match.end()


def escaped(data: bytes, at: int) -> tuple[bytes, int, bytes | None]:
    """Escapes what is received of a target from `at` on.

    Returns it, where it ends in `data`, and the beginning of a character that is cut off there. The last is None
    where the target ends.

    Raises:
        UnicodeDecodeError: it is not UTF-8.
    """
    match = _TARGET.match(data, at)
    end = len(data) if match is None else match.end()
    ends = end < len(data)
    raw = data[at:end]
    whole_bytes = utf_8_decode(raw, "strict", ends)[1]
    text = b"".join(map(_ESCAPES.__getitem__, raw[:whole_bytes]))
    return text, end, None if ends else raw[whole_bytes:]
