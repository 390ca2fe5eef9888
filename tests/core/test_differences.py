"""What was parked comes back where it still fits, and spoils nothing where it does not."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entrepot.core.models.differences import ORDER, Difference, differences, undone
from entrepot.core.models.thing_model import (
    Number,
    Property,
    Service,
    Text,
    ThingModel,
    decimal,
    plain_number,
)
from tests.models import drawn, randoms

STEPS = st.sampled_from(
    ["services", "properties", "commands", "inputs", "type", "item", "fields", "choices", "id",
     "name", "names", "default", "level", "A", "maximum", ORDER, ""]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(STEPS, inner, max_size=2),
    max_leaves=5,
)
ODD = st.builds(
    Difference, path=st.lists(STEPS, max_size=6).map(tuple), was=JSON, now=st.none() | JSON
)


def model(*properties: Property) -> ThingModel:
    return ThingModel(id="", services=(Service(id="s", properties=properties),))


def test_what_changed_since_stays_changed() -> None:
    old = model(Property(id="p", name="Level", type=Number(kind="int", maximum=Decimal(9))))
    new = model(Property(id="p", type=Number(kind="int")))
    parked = differences(old, new)
    assert undone(new, parked) == old
    renamed = model(Property(id="p", name="Height", type=Number(kind="int")))
    assert undone(renamed, parked).services[0].properties[0].name == "Height"
    other = model(Property(id="p", type=Text()))
    assert undone(other, parked) == model(Property(id="p", name="Level", type=Text()))
    assert undone(model(), parked) == model()


def test_elements_come_back_in_their_order() -> None:
    a, b, c = (Property(id=id, type=Text()) for id in "abc")
    for old, new in ((model(a, b, c), model(b)), (model(a, b), model(b, a)), (model(), model(a))):
        assert undone(new, differences(old, new)) == old


@settings(max_examples=300, deadline=None)
@given(randoms)
def test_undoing_every_difference_gives_the_old_model(random: Random) -> None:
    old, new = drawn(random), drawn(random)
    assert differences(old, undone(new, differences(old, new))) == []


@settings(max_examples=500, deadline=None)
@given(randoms, st.lists(ODD, max_size=4))
def test_odd_differences_from_a_file_are_refused_or_fit(random: Random, odd: Any) -> None:
    one = drawn(random)
    try:
        found = undone(one, odd)
    except ValueError as error:
        assert "parked" in str(error)  # noqa: PT017
    else:
        assert isinstance(found, ThingModel)


@pytest.mark.parametrize(
    "parked",
    [
        [Difference(("services",), "nonsense")],
        [Difference(("services",), [{"id": []}]), Difference(("services", "x"), {"id": "x"})],
        [Difference(("services",), [{"id": "a"}]), Difference(("services", ORDER), True)],
    ],
)
def test_what_belongs_to_no_model_is_refused(parked: list[Difference]) -> None:
    with pytest.raises(ValueError, match="belongs to no thing model"):
        undone(ThingModel(id=""), parked)


def test_a_default_is_one_value_whatever_it_is() -> None:
    for was, now in (({"a": 1}, None), ({"a": 1}, {"a": 2}), ([], {"a": 1}), (None, {})):
        old, new = (model(Property(id="p", type=Text(), default=d)) for d in (was, now))
        (found,) = differences(old, new)
        assert (found.path[-1], found.was, found.now) == ("default", was, now)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1E6", "1000000"),
        ("1e-3", "0.001"),
        ("85.50", "85.50"),
        (0.1, "0.1"),
        (7, "7"),
        ("1E999999999", None),
        ("0E-999999999", None),
        ("9" * 1000, None),
        ("NaN", None),
        ("-Infinity", None),
        (True, None),
        ("x", None),
        (None, None),
        ([1], None),
    ],
)
def test_numbers_are_exact_and_of_a_size_that_can_be_written(text: Any, number: str) -> None:
    found = decimal(text)
    assert (None if found is None else str(found)) == number


def test_a_number_for_json_is_never_longer_than_it_may_be() -> None:
    assert plain_number(Decimal("16")) == 16
    assert plain_number(Decimal("0.5")) == 0.5
    assert isinstance(plain_number(Decimal("1E999999")), float)


@pytest.mark.parametrize(
    ("was", "now"),
    [({"a": 1}, None), (None, {"a": 1}), ({"a": 1}, [1]), ({"a": 1, "b": 2}, {"a": 1}), ([1], [2])],
)
def test_a_default_of_any_json_is_one_value_found_and_undone(was: Any, now: Any) -> None:
    old = model(Property(id="p", type=Text(), default=was))
    new = model(Property(id="p", type=Text(), default=now))
    path = ("services", "s", "properties", "p", "default")
    assert differences(old, new) == [Difference(path, was, now)]
    assert undone(new, differences(old, new)) == old
