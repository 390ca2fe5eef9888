"""A ROMA model in hand: its parts, each with its number; knows no product and no canonical word.

The text is the document that `wire.models` declares. Beside the services it may hold a ledger: which
number each part has, who made a service and when, and the last number that was given out. A number
is never given out again. Parts that the ledger does not know, as in a text that another dialect's
model was written out as, have the next numbers in the order of the document: the same text always
has the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from entrepot.core.texts import decoded
from entrepot.core.things.claim import Actor

Plain = dict[str, Any]
Path = tuple[str, ...]

INSIDE: dict[str, tuple[str, ...]] = {
    "": ("services",),
    "services": ("properties", "commands"),
    "commands": ("requests", "responses"),
}
"""The lists inside a part, by the list that the part stands in."""
NAMED = {"services": "service_name", "commands": "command_name"}
LEDGER = "ledger"


class Stamp(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """When somebody did something."""

    at: int
    by: Actor


class _Line(msgspec.Struct, array_like=True, gc=False):
    number: int
    path: Path  # list, name, list, name
    made: Stamp | None = None
    changed: Stamp | None = None


class _Ledger(msgspec.Struct):
    last: int = 0
    parts: list[_Line] = []


@dataclass(slots=True)
class Part:
    """A service, a property, a command or one of its parameters; `plain` has its own members alone."""

    kind: str  # the list that it stands in
    plain: Plain
    inside: dict[str, list[Part]] = field(default_factory=dict)
    number: int = 0
    made: Stamp | None = None
    changed: Stamp | None = None

    @property
    def name(self) -> str:
        """What tells it apart from the others of its list."""
        return str(self.plain.get(named(self.kind), ""))

    def part(self, kind: str, number: int) -> Part | None:
        """The part of this number in this list."""
        return next((p for p in self.inside[kind] if p.number == number), None)


def named(kind: str) -> str:
    """The member that names a part of this list."""
    return NAMED.get(kind, "property_name")


class Document:
    """A model, taken apart. `root` is the part that the services stand in."""

    def __init__(self, text: bytes | None) -> None:
        plain = {} if text is None else decoded(text)
        ledger = _ledger(plain.pop(LEDGER, None))
        self.root = _part("", plain)
        self._last = ledger.last
        known: dict[Path, list[_Line]] = {}
        for line in reversed(ledger.parts):
            known.setdefault(line.path, []).append(line)
        for path, part in _below((), self.root):
            # Another dialect may have two of one name, in the order in which they were numbered.
            if lines := known.get(path):
                line = lines.pop()
                part.number, part.made, part.changed = line.number, line.made, line.changed
            else:
                part.number = self._next()

    def _next(self) -> int:
        self._last += 1
        return self._last

    def add(self, owner: Part, kind: str, plain: Plain) -> Part:
        """A new part with a number of its own, last in the owner's list."""
        made = _part(kind, plain)
        made.number = self._next()
        owner.inside[kind].append(made)
        return made

    def text(self) -> bytes:
        """The document with its ledger."""
        plain = _whole(self.root)
        ledger = _Ledger(
            self._last,
            [_Line(p.number, path, p.made, p.changed) for path, p in _below((), self.root)],
        )
        return msgspec.json.encode({**plain, LEDGER: ledger})

    def copy(self) -> bytes:
        """The document as if nobody had numbered it: for a product made from a template."""
        return msgspec.json.encode(_whole(self.root))


def _ledger(plain: Any) -> _Ledger:
    """What is no ledger of ours numbers nothing."""
    try:
        found = msgspec.convert(plain, _Ledger)
    except msgspec.ValidationError:
        return _Ledger()
    numbers = [line.number for line in found.parts]
    if len(set(numbers)) < len(numbers) or not all(0 < n <= found.last for n in numbers):
        return _Ledger()
    return found


def _part(kind: str, plain: Plain) -> Part:
    own = dict(plain)
    inside = {
        name: [_part(name, one) for one in own.pop(name, None) or ()]
        for name in INSIDE.get(kind, ())
    }
    return Part(kind, own, inside)


def _whole(part: Part) -> Plain:
    lists = {name: [_whole(one) for one in parts] for name, parts in part.inside.items()}
    return {
        **part.plain,
        **{name: parts for name, parts in lists.items() if parts or not part.kind},
    }


def _below(path: Path, part: Part) -> Iterator[tuple[Path, Part]]:
    """Every part, each before what is inside it, and its path."""
    for kind, parts in part.inside.items():
        for one in parts:
            here = (*path, kind, one.name)
            yield here, one
            if one.inside:
                yield from _below(here, one)
