"""One rule for whole numbers in every dialect: 1.0 in JSON is 1, wherever a body has a whole number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import inspect as mi

from entrepot.dialect.check import STRICT
from entrepot.dialect.validator import CarefulValidator
from entrepot.main import dialects


def _whole(type_: mi.Type, place: str, seen: set[Any]) -> Iterator[tuple[str, mi.Type]]:
    """Each place in the declared type that has whole numbers and nothing else."""
    match type_:
        case mi.Metadata():
            yield from _whole(type_.type, place, seen)
        case mi.UnionType() if not any(isinstance(t, mi.FloatType) for t in type_.types):
            for option in type_.types:
                yield from _whole(option, place, seen)
        case mi.ListType():
            yield from _whole(type_.item_type, f"{place}[]", seen)
        case mi.DictType():
            yield from _whole(type_.value_type, f"{place}.*", seen)
        case mi.StructType() if type_.cls not in seen:
            seen.add(type_.cls)
            for field in type_.fields:
                yield from _whole(field.type, f"{place}.{field.encode_name}", seen)
        case mi.IntType():
            yield place, type_
        case mi.LiteralType() if all(isinstance(value, int) for value in type_.values):
            yield place, type_
        case _:
            pass


PLACES = [
    place
    for dialect in dialects()
    for operation in dialect.operations
    if operation.body is not None and operation.takes == "application/json"
    for place in _whole(mi.type_info(operation.body), f"{dialect.name}-{operation.name}", set())
]


def test_the_dialects_have_such_places() -> None:
    assert {place.partition("-")[0] for place, _ in PLACES} >= {"iotda", "roma", "enos"}


def _some(type_: mi.Type) -> Any:
    """A number that the type takes."""
    if isinstance(type_, mi.LiteralType):
        return type_.values[-1]
    return getattr(type_, "ge", None) or 0


@pytest.mark.parametrize(
    "type_", [type_ for _, type_ in PLACES], ids=[place for place, _ in PLACES]
)
def test_a_whole_number_may_be_spelled_with_a_point(type_: Any) -> None:
    number = _some(type_)
    for spelled, expected in ((float(number), [number]), (number + 0.5, [])):
        validator = CarefulValidator(STRICT)
        read = validator.run(spelled, type_)
        kinds = [violation.kind for violation in validator.found]
        assert ([read] if not kinds else []) == expected
        assert kinds == ([] if expected else ["type"])
        assert type(read) is int or not expected
