"""Turns a request into named parameters and an answer into JSON or XML.

Knows the RPC style's encodings and nothing of any action, of signatures or of the registry.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from entrepot.core.faults import Malformed
from entrepot.dialect.parameters import fields, percent_decode
from entrepot.dialect.request import Request

Nested: TypeAlias = "str | list[Nested] | dict[str, Nested]"
_Tree: TypeAlias = dict[str, "str | _Tree"]

FORM = b"application/x-www-form-urlencoded"

LONGEST_LIST = 1000
DEEPEST_NAME = 5

_MOST_SHOWN = 80  # characters of a name that cannot be read
_NAME_PART = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_INDEX = re.compile(r"[1-9][0-9]{0,5}")
# A carriage return is legal, but a parser would hand it on as a line feed.
_XML_UNSAFE = re.compile("[^\t\n\x20-%'-;=?-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_XML_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}


class BadParameter(ValueError):
    """A parameter that cannot be read: `name` is the parameter, `reason` a sentence about it."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason


class RepeatedParameter(BadParameter):
    """A name given twice, so that no reader could say which of the two was signed."""

    def __init__(self, name: str) -> None:
        super().__init__(name, "is given more than once")


@dataclass(slots=True, frozen=True)
class Sent:
    """What one request carries: `query` and `form` apart, and `all` of it in one mapping."""

    query: Mapping[str, str]
    form: Mapping[str, str]
    all: dict[str, str]


def read(request: Request) -> Sent:
    """The parameters of the query string and of a form body, decoded. Their order is as sent.

    Raises: BadParameter for broken escapes, bytes that are no UTF-8 and a value without a name;
    RepeatedParameter for a name given twice, also once in the query and once in the form.
    """
    query = _pairs(request.query) if request.query else {}
    if not (request.body and is_form(request)):
        return Sent(query, {}, query)
    form = _pairs(request.body)
    for name in form:
        if name in query:
            raise RepeatedParameter(name)
    return Sent(query, form, query | form)


def is_form(request: Request) -> bool:
    """Whether the content type says that the body holds parameters."""
    kind = request.header(b"content-type").partition(b";")[0]
    return kind.strip().lower() == FORM


def _pairs(raw: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    raw_name: bytes | memoryview = b""
    try:
        for raw_name, raw_value in fields(raw):
            name = percent_decode(raw_name, plus_is_space=True)
            value = percent_decode(raw_value, plus_is_space=True)
            if name in found:
                raise RepeatedParameter(name)
            if not name:
                raise BadParameter("", "a value stands without a name")
            found[name] = value
    except Malformed as fault:
        raise BadParameter(_shown(raw_name), fault.reason) from None
    return found


def _shown(raw_name: bytes | memoryview) -> str:
    """As much of it as does no harm where it is read: printable ASCII."""
    return "".join(chr(b) if 0x20 <= b < 0x7F else "?" for b in bytes(raw_name[:_MOST_SHOWN]))


def nest(given: Mapping[str, str], longest: int = LONGEST_LIST) -> dict[str, Nested]:
    """Dotted names as structure: `Tag.1.Key` gives `{"Tag": [{"Key": ...}]}`.

    Lists count from 1 and have no gaps; a name without a dot is passed on unread.
    Raises: BadParameter for a gap, an index over `longest`, a name of more than `DEEPEST_NAME`
    parts, a part that is neither a name nor an index, and a name that is both value and structure.
    """
    tree: _Tree = {}
    for name, value in given.items():
        parts = _parts(name, longest) if "." in name else [name]
        node = tree
        for part in parts[:-1]:
            below = node.setdefault(part, {})
            if isinstance(below, str):
                raise BadParameter(name, f"{part} is a value and a structure at once")
            node = below
        if node.setdefault(parts[-1], value) is not value:
            raise BadParameter(name, "is a value and a structure at once")
    return {name: _grown(node, name) for name, node in tree.items()}


def _parts(name: str, longest: int) -> list[str]:
    parts = name.split(".", DEEPEST_NAME)
    if len(parts) > DEEPEST_NAME:
        raise BadParameter(name, f"has more than {DEEPEST_NAME} parts")
    if not _NAME_PART.fullmatch(parts[0]):
        raise BadParameter(name, f"{parts[0]!r} is not a name")
    for part in parts[1:]:
        if _INDEX.fullmatch(part):
            if int(part) > longest:
                raise BadParameter(name, f"the index {part} is over {longest}")
        elif not _NAME_PART.fullmatch(part):
            raise BadParameter(name, f"{part!r} is neither a name nor an index from 1")
    return parts


def _grown(node: _Tree | str, path: str) -> Nested:
    if isinstance(node, str):
        return node
    indexes = sum(part[0].isdigit() for part in node)
    if not indexes:
        return {part: _grown(below, f"{path}.{part}") for part, below in node.items()}
    if indexes < len(node):
        raise BadParameter(path, "mixes indexes and names")
    items: list[Nested] = []
    for number in range(1, len(node) + 1):
        below = node.get(str(number))
        if below is None:
            raise BadParameter(f"{path}.{number}", "is missing from the list")
        items.append(_grown(below, f"{path}.{number}"))
    return items


def xml_answer(root: str, answer: Mapping[str, object]) -> bytes:
    """An XML document whose root element is `root`, `Error` for a refusal.

    A mapping is an element with children, a list its element repeated, None is left out, and a
    character that XML 1.0 cannot carry becomes U+FFFD.
    Raises: ValueError for a key that is no element name or a value of another kind.
    """
    written = ['<?xml version="1.0" encoding="UTF-8"?>']
    _element(written, root, answer)
    return "".join(written).encode()


def _element(written: list[str], name: str, value: object) -> None:
    if value is None:
        return
    if isinstance(value, list | tuple):
        for item in value:
            _element(written, name, item)
        return
    opened, closed = _tags(name)
    written.append(opened)
    if isinstance(value, Mapping):
        for key, below in value.items():
            _element(written, key, below)
    else:
        written.append(_text(value))
    written.append(closed)


def _text(value: object) -> str:
    if isinstance(value, str):
        if _XML_UNSAFE.search(value):
            value = _XML_UNSAFE.sub(lambda found: _XML_ESCAPES.get(found[0], "\ufffd"), value)
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise ValueError(f"a {type(value).__name__} has no form in an XML answer")


@lru_cache(maxsize=1024)
def _tags(name: str) -> tuple[str, str]:
    if not _NAME_PART.fullmatch(name):
        raise ValueError(f"{name!r} cannot name an XML element")
    return f"<{name}>", f"</{name}>"
