"""What a dialect spells in a way of its own: kept beside the canonical words, written back with them.

A reader turns an object into canonical words, writes those again with its own writer, and keeps the
members in which the two differ. So reading and writing is the identity whatever an object holds:
unknown members, nulls, numbers with trailing zeros, names that mean the same. A kept member is
written back only while the canonical words still say what they said then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from typing import Any, TypeVar

from msgspec.structs import replace

from entrepot.core.models.thing_model import Element

E = TypeVar("E", bound=Element)
M = TypeVar("M")
Json = dict[str, Any]
Kept = dict[str, Any]

_NOT_THERE = object()


def kept(written: Json, original: Mapping[str, Any]) -> Kept:
    """The members that `original` spells otherwise, by name.

    Each as {"was": what was written, "is": what the original has}; either is left out where the
    member is not there.
    """
    found: Kept = {}
    for name, value in original.items():
        ours = written.get(name, _NOT_THERE)
        # 1 and 1.0, 1 and true are equal in Python
        if ours is value or (ours == value and type(ours) is type(value)):
            continue
        found[name] = {"is": value} if ours is _NOT_THERE else {"was": ours, "is": value}
    if len(written) > len(original) or found:
        for name, ours in written.items():
            if name not in original:
                found[name] = {"was": ours}
    return found


def restored(written: Json, kept: Mapping[str, Any]) -> Json:
    """`written` in the spelling of the original, where it still says what it said then."""
    for name, one in kept.items():
        if written.get(name, _NOT_THERE) != one.get("was", _NOT_THERE):
            continue
        if "is" in one:
            written[name] = one["is"]
        else:
            del written[name]
    return written


_spelled: ContextVar[bool] = ContextVar("spelled", default=True)


def unspelled(read: Callable[..., M]) -> Callable[..., M]:
    """The reader without spellings: what a text means, at about half the work."""

    def meaning(*given: Any) -> M:
        token = _spelled.set(False)
        try:
            return read(*given)
        finally:
            _spelled.reset(token)

    return meaning


class Spelling:
    """One dialect's own spellings on the elements of a model."""

    def __init__(self, dialect: str) -> None:
        self.dialect = dialect

    def read(
        self,
        element: E,
        write: Callable[[E], Json],
        plain: Mapping[str, Any],
        inside: Iterable[str] = (),
    ) -> E:
        """The element with what `plain` spells otherwise than `write` would.

        `inside`: lists that `write` leaves to others; what is in them came back as it was already.
        """
        if not _spelled.get():
            return element
        written = write(element)
        for name in inside:
            if plain.get(name):
                written[name] = plain[name]
        found = kept(written, plain)
        return replace(element, extras={self.dialect: found}) if found else element

    def write(self, element: E, write: Callable[[E], Json]) -> Json:
        """The element as `write` writes it, in the spelling that it was read in."""
        extras = element.extras.get(self.dialect)
        return restored(write(element), extras) if extras else write(element)
