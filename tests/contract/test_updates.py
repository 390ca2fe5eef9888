"""What a call that creates takes, the call that updates takes: nothing is created that no update may send back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from msgspec import inspect as mi

from entrepot.dialect.operation import Operation
from entrepot.main import dialects

_CREATES = re.compile(r"(?:BatchCreate|Create|Add|Register)(?=[A-Z])")
_UPDATES = re.compile(r"(?:Update|Modify|Set)(?=[A-Z])")


def _fields(operation: Operation) -> dict[str, mi.Type]:
    """The types of all that a caller sends, by their names in requests."""
    structs = [kind for kind in (operation.params, operation.body) if kind is not None]
    fields = (field for kind in structs for field in msgspec.structs.fields(kind))
    return {field.encode_name: mi.type_info(field.type) for field in fields}


def _taken(type_: mi.Type) -> Iterator[mi.Type]:
    """Each type that a value may have; absence does not count."""
    if isinstance(type_, mi.Metadata):
        yield from _taken(type_.type)
    elif isinstance(type_, mi.UnionType):
        for part in type_.types:
            yield from _taken(part)
    elif not isinstance(type_, mi.NoneType):
        yield type_


def _covers(wide: Any, narrow: Any) -> bool:
    """Returns whether the one type takes all that the other takes."""
    if type(wide) is not type(narrow):
        return False
    if isinstance(wide, mi.LiteralType):
        return set(wide.values) >= set(narrow.values)
    for name, sign in (("min_length", 1), ("ge", 1), ("max_length", -1), ("le", -1)):
        bound, other = getattr(wide, name, None), getattr(narrow, name, None)
        if bound is not None and (other is None or sign * other < sign * bound):
            return False
    pattern = getattr(wide, "pattern", None)
    return pattern is None or pattern == narrow.pattern


def _pairs() -> Iterator[tuple[str, str, mi.Type, mi.Type]]:
    """Of each pair of calls, each field that both have: the dialect and the place, and its two types."""
    for dialect in dialects():
        by_name = {operation.name: operation for operation in dialect.operations}
        updates = {_UPDATES.sub("", n, count=1): o for n, o in by_name.items() if _UPDATES.match(n)}
        for name, create in by_name.items():
            update = updates.get(_CREATES.sub("", name, count=1)) if _CREATES.match(name) else None
            if update is None:
                continue
            taken = _fields(update)
            for field, type_ in _fields(create).items():
                if field in taken:
                    yield dialect.name, f"{name}.{field}", type_, taken[field]


PAIRS = list(_pairs())


def test_every_vendor_has_such_pairs() -> None:
    assert {dialect for dialect, *_ in PAIRS} >= {"iotda", "roma", "aliyun", "enos"}


@pytest.mark.parametrize(
    ("created", "updated"), [p[2:] for p in PAIRS], ids=["-".join(p[:2]) for p in PAIRS]
)
def test_an_update_takes_what_creating_takes(created: mi.Type, updated: mi.Type) -> None:
    for narrow in _taken(created):
        assert any(_covers(wide, narrow) for wide in _taken(updated)), (narrow, updated)
