"""Two versions of a thing model: every change is told, and what it means for whoever uses the old one."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from entrepot.core.models.differences import differences
from entrepot.core.models.evolution import IMPACTS, changes, worst
from entrepot.core.models.thing_model import (
    Array,
    Choice,
    Command,
    DataType,
    Enum,
    Event,
    Field,
    Number,
    Property,
    Service,
    Structure,
    Text,
    ThingModel,
)
from tests.models import drawn, randoms

ONE = Field(id="one", type=Text())
NEEDED = Field(id="needed", type=Text(), required=True)


def model(**parts: Any) -> ThingModel:
    return ThingModel(id="", services=(Service(id="s", **parts),))


def value(where: Any, **field: Any) -> ThingModel:
    """A model whose one value stands here: "in", "out", "r" or "rw"."""
    if where == "in":
        return model(commands=(Command(id="c", inputs=(Field(id="f", **field),)),))
    if where == "out":
        return model(events=(Event(id="e", outputs=(Field(id="f", **field),)),))
    return model(properties=(Property(id="p", access=where, **field),))


def impact(old: ThingModel, new: ThingModel) -> str | None:
    found = changes(old, new)
    assert len(found) == 1, found
    assert found[0].reason
    return found[0].impact


@settings(deadline=None)
@given(randoms)
def test_a_model_differs_from_itself_in_nothing(random: Random) -> None:
    one = drawn(random)
    again = msgspec.json.decode(msgspec.json.encode(one), type=ThingModel)
    assert changes(one, again) == []
    assert worst([]) is None


@settings(max_examples=500, deadline=None)
@given(randoms)
def test_every_difference_is_judged_and_swapping_turns_added_into_removed(random: Random) -> None:
    old, new = drawn(random), drawn(random)
    there, back = changes(old, new), changes(new, old)
    assert [c.path for c in there] == [d.path for d in differences(old, new)]
    assert all(c.impact in IMPACTS and c.reason for c in there)
    swapped = {"added": "removed", "removed": "added", "changed": "changed"}
    assert sorted((c.path, swapped[c.what]) for c in there) == sorted(
        (c.path, c.what) for c in back
    )


@pytest.mark.parametrize("kind", ["properties", "commands", "events"])
def test_a_feature_that_goes_breaks_and_one_that_comes_does_not(kind: str) -> None:
    made = {"properties": Property(id="x", type=Text()), "commands": Command(id="x")}
    feature = made.get(kind, Event(id="x"))
    with_it, without = model(**{kind: (feature,)}), model()
    assert impact(with_it, without) == "breaking"
    assert impact(without, with_it) == "compatible"
    needed = model(**{kind: (replace(feature, required=True),)})
    assert impact(without, needed) == "risky"
    assert impact(with_it, needed) == impact(needed, with_it) == "risky"


def test_a_service_that_goes_breaks() -> None:
    empty = ThingModel(id="")
    assert impact(model(), empty) == "breaking"
    assert impact(empty, model()) == "compatible"
    off = ThingModel(id="", services=(Service(id="s", disabled=True),))
    assert impact(model(), off) == "breaking"
    assert impact(off, model()) == "compatible"


def test_a_command_may_not_ask_for_more_but_answer_more() -> None:
    def command(**fields: Any) -> ThingModel:
        return model(commands=(Command(id="c", **fields),))

    assert impact(command(), command(inputs=(ONE,))) == "compatible"
    assert impact(command(), command(inputs=(NEEDED,))) == "breaking"
    assert impact(command(inputs=(ONE,)), command()) == "breaking"
    assert impact(command(), command(outputs=(NEEDED,))) == "risky"
    assert impact(command(), command(outputs=(ONE,))) == "compatible"
    assert impact(command(outputs=(ONE,)), command()) == "breaking"
    assert impact(command(call="sync"), command(call="async")) == "breaking"
    assert impact(command(), command(call="async")) == "risky"
    assert impact(command(), command(required=True)) == "risky"
    was = replace(NEEDED, required=False)
    assert impact(command(inputs=(was,)), command(inputs=(NEEDED,))) == "breaking"
    assert impact(command(inputs=(NEEDED,)), command(inputs=(was,))) == "compatible"
    assert impact(command(outputs=(NEEDED,)), command(outputs=(was,))) == "risky"


ROOMY: list[tuple[DataType, DataType]] = [
    (Number(kind="int", maximum=Decimal(5)), Number(kind="int", maximum=Decimal("10.0"))),
    (Number(kind="int", maximum=Decimal(5)), Number(kind="int")),
    (Number(kind="int", minimum=Decimal(5)), Number(kind="int", minimum=Decimal(-5))),
    (Number(kind="double", step=Decimal("0.5")), Number(kind="double", step=Decimal("0.1"))),
    (Number(kind="double", step=Decimal("0.5")), Number(kind="double")),
    (Text(max_length=16), Text(max_length=100)),
    (Text(max_length=16), Text()),
    (Array(item=Text(), max_items=9), Array(item=Text(), max_items=10)),
    (Array(item=Text(max_length=9)), Array(item=Text(max_length=10))),
]


@pytest.mark.parametrize(("small", "large"), ROOMY, ids=str)
def test_room_may_grow_where_callers_send_and_shrink_nowhere_unnoticed(
    small: DataType, large: DataType
) -> None:
    def both(where: str) -> tuple[str | None, str | None]:
        one, other = value(where, type=small), value(where, type=large)
        return impact(one, other), impact(other, one)

    assert both("in") == ("compatible", "breaking")
    assert both("w") == ("compatible", "breaking")
    assert both("rw") == ("risky", "breaking")
    assert both("out") == ("risky", "risky")
    assert both("r") == ("risky", "risky")


def test_another_type_breaks_unless_the_new_one_holds_every_old_value() -> None:
    for old, new, wanted in (
        ("int", "long", "compatible"),
        ("int", "double", "compatible"),
        ("float", "decimal", "compatible"),
        ("long", "int", "breaking"),
        ("long", "double", "breaking"),  # 2**53 + 1
        ("double", "float", "breaking"),
    ):
        kinds = (*(value("in", type=Number(kind=cast(Any, kind))) for kind in (old, new)),)
        assert impact(*kinds) == wanted, (old, new)
    assert impact(value("in", type=Number(kind="int")), value("in", type=Text())) == "breaking"
    number = Array(item=Number(kind="int"))
    assert impact(value("r", type=number), value("r", type=Array(item=Text()))) == "breaking"


def test_values_of_an_enumeration_may_come_where_callers_send_and_never_go() -> None:
    one = Enum(choices=(Choice("off"), Choice("on")))
    more = Enum(choices=(*one.choices, Choice("auto")))
    named = Enum(choices=(Choice("off", "Off"), Choice("on", "On")))
    for where, wanted in (("in", "compatible"), ("out", "risky"), ("rw", "risky")):
        assert impact(value(where, type=one), value(where, type=more)) == wanted
        assert impact(value(where, type=more), value(where, type=one)) == "breaking"
        assert impact(value(where, type=one), value(where, type=named)) == "compatible"
    (found,) = changes(value("r", type=more), value("r", type=one))
    assert "auto" in found.reason


def test_rights_may_come_and_not_go() -> None:
    assert impact(value("r", type=Text()), value("rw", type=Text())) == "compatible"
    (found,) = changes(value("rwn", type=Text()), value("r", type=Text()))
    assert (found.impact, found.reason) == ("breaking", "it can no longer be set or reported")
    said, unsaid = value("r", type=Text()), model(properties=(Property(id="p", type=Text()),))
    assert impact(said, unsaid) == "risky"


def test_members_of_structures_are_judged_by_which_way_the_structure_goes() -> None:
    def struct(where: str, *fields: Field) -> ThingModel:
        return value(where, type=Array(item=Structure(fields=fields)))

    for where, wanted in (("in", "breaking"), ("rw", "breaking"), ("out", "risky")):
        assert impact(struct(where, ONE), struct(where, ONE, NEEDED)) == wanted
        assert impact(struct(where, ONE, NEEDED), struct(where, ONE)) == "breaking"
    short, long = replace(ONE, type=Text(max_length=1)), replace(ONE, type=Text(max_length=2))
    assert impact(struct("in", short), struct("in", long)) == "compatible"
    assert impact(struct("out", short), struct("out", long)) == "risky"


def test_words_and_units() -> None:
    plain = value("r", type=Text(), unit="V")
    assert impact(plain, value("r", type=Text(), unit="V", name="Voltage")) == "compatible"
    assert impact(plain, value("r", type=Text(), unit="V", tags={"a": "b"})) == "compatible"
    assert impact(plain, value("r", type=Text(), unit="mV")) == "breaking"
    assert impact(plain, value("r", type=Text())) == "risky"
    assert impact(plain, value("r", type=Text(), unit="V", default=1)) == "risky"


def test_the_worst_counts() -> None:
    old = value("r", type=Text(max_length=5), unit="V")
    new = value("r", type=Text(max_length=9), unit="mV", name="Voltage")
    assert sorted(c.impact for c in changes(old, new)) == ["breaking", "compatible", "risky"]
    assert worst(changes(old, new)) == "breaking"
    assert worst(changes(old, replace(old, description="x"))) == "compatible"


def test_elements_that_share_an_id_cannot_be_told_apart() -> None:
    twice = model(properties=(Property(id="p", type=Text()),) * 2)
    assert impact(model(), twice) == "breaking"
    assert impact(twice, model()) == "breaking"
