"""Differences of thing models: found member by member, undone to what was."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from entrepot.core.differences import Difference, differences, undone
from entrepot.core.thing_model import Json, Number, Property, Service, ThingModel

P = ("services", "s", "properties", "p")


def model(*properties: Property) -> ThingModel:
    return ThingModel(id="m", services=(Service(id="s", properties=properties),))


def property(id: str = "p", **members: Any) -> Property:
    return Property(id=id, type=Json(), **members)


@pytest.mark.parametrize(
    ("was", "now", "found"),
    [
        ({"a": 1}, None, [Difference((*P, "default"), {"a": 1}, None)]),
        (None, {"a": 1}, [Difference((*P, "default"), None, {"a": 1})]),
        ({"a": 1}, [1], [Difference((*P, "default"), {"a": 1}, [1])]),
        ({"a": 1, "b": 2}, {"a": 1}, [Difference((*P, "default", "b"), 2, None)]),
        ([1], [2], [Difference((*P, "default"), [1], [2])]),
    ],
)
def test_a_default_of_any_json_is_found_and_undone(
    was: Any, now: Any, found: list[Difference]
) -> None:
    old, new = model(property(default=was)), model(property(default=now))
    assert differences(old, new) == found
    assert undone(new, found) == old


def test_elements_that_went_come_back_in_their_place() -> None:
    old = model(property("a"), property("b"), property("c"))
    new = model(property("c"), property("x"))
    found = differences(old, new)
    assert undone(new, found) == old
    # what somebody added since is theirs, and stays
    later = model(property("c"), property("x"), property("y"))
    assert [p.id for p in undone(later, found).services[0].properties] == ["a", "b", "c", "y"]


def test_what_somebody_changed_since_stays_as_it_is() -> None:
    old = model(replace(property(), type=Number(kind="long")))
    new = model(replace(property(), type=Number(kind="int")))
    found = differences(old, new)
    assert undone(new, found) == old
    changed = model(replace(property(), type=Number(kind="double")))
    assert undone(changed, found) == changed
