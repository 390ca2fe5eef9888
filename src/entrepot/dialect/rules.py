"""Constraints that msgspec's own metadata cannot say; a wire struct puts them into `Meta(extra=...)`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from entrepot.core.faults import ViolationKind

Finding = tuple[ViolationKind, Any]


class Rule(Protocol):
    """One constraint on a value of the declared type, or on its JSON where that is not yet decoded."""

    def finding(self, value: Any) -> Finding | None:
        """In what way the value breaks the rule and what it wants, or None."""
        ...


@dataclass(frozen=True, slots=True)
class Unique:
    """No two items of the list have the same value of this member."""

    member: str

    def finding(self, value: Any) -> Finding | None:
        seen = set()
        for item in value:
            name = item.get(self.member) if isinstance(item, dict) else getattr(item, self.member)
            if isinstance(name, str | int):
                if name in seen:
                    return "duplicate", name
                seen.add(name)
        return None


@dataclass(frozen=True, slots=True)
class Wide:
    """Between `least` and `most` columns long, where a character beyond Latin counts as two."""

    least: int
    most: int

    def finding(self, value: Any) -> Finding | None:
        width = len(value) if value.isascii() else sum(2 if ord(c) > 0x2E7F else 1 for c in value)
        if width < self.least:
            return "too_short", self.least
        return ("too_long", self.most) if width > self.most else None


@dataclass(frozen=True, slots=True)
class Bytes:
    """At most this many bytes of compact JSON."""

    most: int

    def finding(self, value: Any) -> Finding | None:
        import msgspec

        return ("too_long", self.most) if len(msgspec.json.encode(value)) > self.most else None


@dataclass(frozen=True, slots=True)
class Holds:
    """Any other rule: a function that says in words what is broken, or nothing."""

    test: Callable[[Any], str | None]

    def finding(self, value: Any) -> Finding | None:
        broken = self.test(value)
        return ("rule", broken) if broken else None
