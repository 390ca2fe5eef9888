"""SDF (RFC 9880): the IETF's Semantic Definition Format, as a format for thing models.

What SDF has no quality for stands in a `$comment`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from entrepot.core.faults import Violation
from entrepot.core.models.conversion import Format, Reason
from entrepot.standards.reader import checked
from entrepot.standards.sdf.language import NAME
from entrepot.standards.sdf.reading import read, recognise
from entrepot.standards.sdf.writing import GROUPS, write

REASONS = {
    "property.access": Reason("in SDF what says nothing may be read, written and observed"),
    "any.names": Reason("in a $comment, translations are by languages as in zh-CN"),
    "any.type.base": Reason("the values of a choice are integers or texts"),
    "any.type.step": Reason("a step is greater than zero"),
}


def check(source: bytes, plain: Any = None) -> Sequence[Violation]:
    """Given names with a colon, which RFC 9880 reserves."""
    return checked(source, partial(_colons, ()), plain)


_GIVEN = frozenset(("sdfThing", "sdfObject", *GROUPS, "sdfData", "sdfChoice"))


def _colons(path: tuple[str, ...], plain: Any) -> Iterator[Violation]:
    if not isinstance(plain, dict):
        return
    given = bool(path) and path[-1] in _GIVEN
    for name, value in plain.items():
        if given and ":" in name:
            yield Violation((*path, name), "pattern", "a name without a colon", name)
        if isinstance(value, dict):
            yield from _colons((*path, name), value)


SDF = Format(
    name=NAME,
    title="IETF SDF (RFC 9880)",
    read=read,
    write=write,
    check=check,
    recognise=recognise,
    reasons=REASONS,
)
