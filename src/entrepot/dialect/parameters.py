"""Query strings: bytes to names and values, strictly, and back. Knows no declaration; see `check` for types."""

from __future__ import annotations

import binascii
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from entrepot.core.faults import Malformed, Part

Parameters = dict[str, str | list[str]]

_BAD_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")
MAX_PARAMETERS = 5_000


def percent_decode(raw: bytes, part: Part = "query") -> str:
    """The text that `%XX` spells.

    Raises:
        Malformed: a lone `%`, or bytes that are not UTF-8.
    """
    if b"%" in raw:
        if _BAD_PERCENT.search(raw):
            raise Malformed(part, "a % is not followed by two hexadecimal digits")
        # Quoted-printable is the same code with another sign, and its decoder is written in C.
        raw = binascii.a2b_qp(raw.replace(b"=", b"=3D").replace(b"%", b"="))
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise Malformed(part, "not valid UTF-8") from None


def parse(query: bytes, *, plus_is_space: bool = True) -> Parameters:
    """Names and decoded values; a name given more than once has the list of its values.

    Raises:
        Malformed: it cannot be decoded, or has too many parameters.
    """
    found: Parameters = {}
    if not query:
        return found
    pairs = query.split(b"&", MAX_PARAMETERS)
    if len(pairs) > MAX_PARAMETERS:
        raise Malformed("query", f"more than {MAX_PARAMETERS} parameters")
    for pair in pairs:
        if not pair:
            continue
        if plus_is_space:
            pair = pair.replace(b"+", b" ")
        raw_name, _, raw_value = pair.partition(b"=")
        name, value = percent_decode(raw_name), percent_decode(raw_value)
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
