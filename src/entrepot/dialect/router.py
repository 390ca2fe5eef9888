"""From method, path and selector to an operation; knows templates, no vendor."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

from entrepot.core.faults import Unrouted
from entrepot.dialect.operation import Operation
from entrepot.dialect.parameters import percent_decode

_ANY, _HERE = "{}", "/"
_RESERVED = (_ANY, _HERE)  # these spell nodes of the tree, never a literal segment
_MAX_SEGMENTS = 32
_MOST_KEPT, _LONGEST_KEPT = 1024, 256


class Router:
    """Operations by path: one dictionary step a segment, a literal segment before a parameter."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._root: dict[str, Any] = {}
        self._kept: OrderedDict[bytes, tuple[dict[tuple[str, str], Any], list[str]]] = OrderedDict()
        for operation in operations:
            node, names = self._root, []
            for segment in _segments(operation.path):
                if segment.startswith("{"):
                    names.append(segment[1:-1])
                    segment = _ANY
                node = node.setdefault(segment, {})
            table = node.setdefault(_HERE, {})
            for method in (operation.method, *operation.also):
                key = (method, operation.selector)
                if key in table:
                    raise ValueError(
                        f"{operation.name} and {table[key][0].name} live at the same place"
                    )
                table[key] = (operation, tuple(names))

    def table(self, path: bytes) -> tuple[dict[tuple[str, str], Any], list[str]] | None:
        """Everything that lives at the path, and the path's parameters; None where nothing does.

        Raises:
            Malformed: the path cannot be decoded.
        """
        if b"%" in path or not path.isascii():
            segments = [percent_decode(s, "path") for s in path.split(b"/", _MAX_SEGMENTS)]
        else:
            segments = path.decode("ascii").split("/", _MAX_SEGMENTS)
        if len(segments) > 2 and not segments[-1]:
            segments.pop()  # a trailing slash is no other place
        node, values = self._root, []
        for segment in segments[1:]:
            below = node.get(segment)
            if below is None or segment in _RESERVED:
                below = node.get(_ANY)
                if below is None:
                    return None
                values.append(segment)
            node = below
        found = node.get(_HERE)
        return None if found is None else (found, values)

    def keep(self, path: bytes) -> None:
        """Remembers what lives at the path: collections are asked for again and again.

        To be called once the caller is proved, so that strangers' texts are not kept. Holds a thousand
        paths of 256 bytes at most; the least recently used goes first.
        """
        try:
            self._kept.move_to_end(path)
        except KeyError:
            self._keep_new(path)

    def _keep_new(self, path: bytes) -> None:
        here = self.table(path) if len(path) <= _LONGEST_KEPT else None
        if here is not None:
            self._kept[path] = here
            if len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)

    def find(self, method: str, path: bytes, selector: str) -> tuple[Operation, dict[str, str]]:
        """The operation and its path parameters, decoded.

        Raises:
            Unrouted: nothing lives there; `allowed` names what does under another method or selector.
            Malformed: the path cannot be decoded.
        """
        here = self._kept.get(path)
        if here is None:
            here = self.table(path)
            if here is None:
                raise Unrouted(method, _shown(path), selector)
        table, values = here
        entry = table.get((method, selector))
        if entry is None:
            allowed = tuple(sorted({m for m, s in table if s == selector} or {s for _, s in table}))
            raise Unrouted(method, _shown(path), selector, allowed)
        operation, names = entry
        return operation, dict(zip(names, values, strict=True))


def _shown(path: bytes) -> str:
    return path.decode("ascii", "backslashreplace")


def _segments(path: str) -> list[str]:
    return path.split("/")[1:]
