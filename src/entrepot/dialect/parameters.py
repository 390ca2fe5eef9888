"""Query strings: bytes to names and values, strictly, and back. Knows no declaration; see `check` for types."""

from __future__ import annotations

import binascii
import codecs
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from entrepot.core.faults import Malformed, Part

Parameters = dict[str, str | list[str]]

_BAD_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")
MAX_PARAMETERS = 5_000

# A call into C that goes through megabytes keeps every other thread waiting for milliseconds. So what is
# longer than this is read in steps of this many bytes.
_STEP = 1 << 16


def percent_decode(
    raw: bytes | memoryview, part: Part = "query", *, plus_is_space: bool = False
) -> str:
    """Returns the text that `%XX` spells.

    Raises:
        Malformed: a lone `%`, or bytes that are not UTF-8.
    """
    try:
        if len(raw) > _STEP:
            return "".join(_decoded_in_steps(raw, part, plus_is_space))
        if type(raw) is bytes and raw.isalnum():  # most names, and many values
            return raw.decode()
        return _unescaped(bytes(raw), part, plus_is_space).decode()
    except UnicodeDecodeError:
        raise Malformed(part, "not valid UTF-8") from None


def _unescaped(raw: bytes, part: Part, plus_is_space: bool) -> bytes:
    if plus_is_space:
        raw = raw.replace(b"+", b" ")
    if b"%" in raw:
        if _BAD_PERCENT.search(raw):
            raise Malformed(part, "a % is not followed by two hexadecimal digits")
        # Quoted-printable is the same code with another sign, and its decoder is written in C.
        raw = binascii.a2b_qp(raw.replace(b"=", b"=3D").replace(b"%", b"="))
    return raw


def _decoded_in_steps(raw: bytes | memoryview, part: Part, plus_is_space: bool) -> Iterator[str]:
    decode = codecs.getincrementaldecoder("utf-8")().decode
    start, end = 0, len(raw)
    while start < end:
        step = bytes(raw[start : start + _STEP])
        escape = step.rfind(b"%", -2)
        if escape >= 0 and start + _STEP < end:  # its digits are in the next step
            step = step[:escape]
        start += len(step)
        yield decode(_unescaped(step, part, plus_is_space))
    yield decode(b"", True)


def count_separators(raw: bytes, most: int) -> int:
    """Returns how many `&` there are; it stops counting at `most` or a little above."""
    if len(raw) <= _STEP:
        return raw.count(b"&")
    found, end = 0, raw.find(b"&")  # which is many times as quick as `count` where there are few
    while end >= 0 and found < most:
        found, end = found + 1, raw.find(b"&", end + 1)
    return found


def fields(raw: bytes) -> Iterator[tuple[bytes | memoryview, bytes | memoryview]]:
    """Yields each name and value as they were sent. Those of a long text are views: nothing is copied."""
    if len(raw) <= _STEP:
        for pair in raw.split(b"&"):
            name, _, value = pair.partition(b"=")
            if pair:
                yield name, value
        return
    view, start = memoryview(raw), 0
    while start < len(raw):
        end = raw.find(b"&", start)
        end = len(raw) if end < 0 else end
        equals = raw.find(b"=", start, end)
        equals = end if equals < 0 else equals
        if end > start:
            yield view[start:equals], view[equals + 1 : end]
        start = end + 1


def parse(query: bytes, *, plus_is_space: bool = True) -> Parameters:
    """Names and decoded values; a name given more than once has the list of its values.

    Raises:
        Malformed: it cannot be decoded, or has too many parameters.
    """
    found: Parameters = {}
    if not query:
        return found
    if count_separators(query, MAX_PARAMETERS) >= MAX_PARAMETERS:
        raise Malformed("query", f"more than {MAX_PARAMETERS} parameters")
    for raw_name, raw_value in fields(query):
        name = percent_decode(raw_name, plus_is_space=plus_is_space)
        value = percent_decode(raw_value, plus_is_space=plus_is_space)
        before = found.get(name)
        if before is None:
            found[name] = value
        elif isinstance(before, list):
            before.append(value)
        else:
            found[name] = [before, value]
    return found


def query_of(parameters: Mapping[str, Any]) -> str:
    """The parameters as a query string, by their names; a list is given once for each item."""
    pairs = [
        (k, i) for k, v in sorted(parameters.items()) for i in (v if isinstance(v, list) else [v])
    ]
    return "&".join(f"{quote(k, safe='')}={quote(word(v), safe='')}" for k, v in pairs)


def word(value: Any) -> str:
    """A value as it stands in a query or a header."""
    return str(value).lower() if isinstance(value, bool) else str(value)
