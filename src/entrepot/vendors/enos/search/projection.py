"""The `projection` of an EnOS search: which fields of each result the caller wants to see.

Must not know what the results are; it works on any JSON object.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

# INFERRED: no page gives bounds; these are far above every published sample.
MAX_PATHS: Final = 200
MAX_PATH_LENGTH: Final = 512
MAX_STEPS: Final = 32

_STEP = re.compile(r"(?P<element>\[\*\])|(?P<any>\*)|(?P<name>[^.\[\]*]+)")
_NOTHING: Final = object()


@dataclass(slots=True, frozen=True)
class BadPath:
    """A path that cannot be read: which, where (counted from 1), and what should stand there."""

    path: str
    position: int
    expected: str

    def __str__(self) -> str:
        return f"{self.path!r}, at character {self.position}: expected {self.expected}"


@dataclass(slots=True)
class _Node:
    whole: bool = False
    names: dict[str, _Node] = field(default_factory=dict)
    any_name: _Node | None = None
    any_element: _Node | None = None

    def step(self, match: re.Match[str]) -> _Node:
        if match["name"] is not None:
            return self.names.setdefault(match["name"], _Node())
        if match["any"] is not None:
            self.any_name = self.any_name or _Node()
            return self.any_name
        self.any_element = self.any_element or _Node()
        return self.any_element


@dataclass(slots=True, frozen=True)
class Projection:
    """Paths read once, to be applied to many results."""

    _root: _Node

    def of(self, result: Mapping[str, object]) -> dict[str, object]:
        """The result with only the named fields, in its own order; absent ones give nothing."""
        kept = _kept(result, [self._root])
        return kept if isinstance(kept, dict) else {}


def read(paths: Sequence[str]) -> Projection | BadPath:
    """The paths as one projection, or the first that cannot be read. No paths mean everything.

    `.` leads to a sub-field, `[*]` to every element of an array, `*` to any field; `a[*]` and
    `a.[*]` are the same (both stand in official samples).
    """
    if len(paths) > MAX_PATHS:
        return BadPath(paths[MAX_PATHS], 1, f"at most {MAX_PATHS} paths")
    # INFERRED: an empty list asks for everything, as an absent one does.
    root = _Node(whole=not paths)
    for path in paths:
        bad = _add(root, path)
        if bad is not None:
            return bad
    return Projection(root)


def project(result: Mapping[str, object], paths: Sequence[str]) -> dict[str, object] | BadPath:
    """One result with only the named fields, or the path that cannot be read."""
    projection = read(paths)
    return projection if isinstance(projection, BadPath) else projection.of(result)


def _add(root: _Node, path: str) -> BadPath | None:
    if len(path) > MAX_PATH_LENGTH:
        return BadPath(path[:20] + "...", MAX_PATH_LENGTH + 1, f"{MAX_PATH_LENGTH} characters")
    node, at, steps = root, 0, 0
    while steps < MAX_STEPS:
        match = _STEP.match(path, at)
        if match is None:
            return BadPath(path, at + 1, "a field name, * or [*]")
        node, at, steps = node.step(match), match.end(), steps + 1
        if at == len(path):
            node.whole = True
            return None
        if path[at] == ".":
            at += 1
        elif not path.startswith("[*]", at):
            return BadPath(path, at + 1, ". or [*] or the end")
    return BadPath(path, at + 1, f"at most {MAX_STEPS} steps")


def _kept(value: object, nodes: list[_Node]) -> object:
    if any(node.whole for node in nodes):
        return value
    if isinstance(value, Mapping):
        return _kept_fields(value.items(), nodes)
    if isinstance(value, list | tuple):
        inner = [node.any_element for node in nodes if node.any_element]
        elements = [_kept(element, inner) for element in value] if inner else []
        # An element without any of the named fields is left out, as an absent field is.
        return [element for element in elements if element is not _NOTHING] or _NOTHING
    return _NOTHING


def _kept_fields(items: Iterable[tuple[str, object]], nodes: list[_Node]) -> object:
    kept = {}
    for name, value in items:
        named = [node.names[name] for node in nodes if name in node.names]
        inner = named + [node.any_name for node in nodes if node.any_name]
        part = _kept(value, inner) if inner else _NOTHING
        if part is not _NOTHING:
            kept[name] = part
    return kept or _NOTHING
