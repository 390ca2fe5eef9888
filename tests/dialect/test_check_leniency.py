"""What a dialect takes although the declaration says otherwise, and how text becomes a value."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta

from entrepot.core.faults import Invalid
from entrepot.dialect.check import (
    FROM_TEXT,
    Leniency,
    read_json,
    read_params,
    read_plain,
)
from tests.dialect.test_check import GOOD, NO_NULLS, Port, Ship, violations

# Leniencies


def test_null_for_a_field_with_a_default_is_as_if_it_were_absent() -> None:
    ship = read_json(b'{"name":"lamp","kind":"tug","deck":null,"flags":null,"note":null}', Ship)
    assert (ship.deck, ship.flags, ship.note) == (0, {}, "")
    assert violations({**GOOD, "deck": None}, lenient=NO_NULLS) == {("deck", "null")}


def test_a_number_may_stand_for_a_text_where_the_vendor_takes_it() -> None:
    class Maker(msgspec.Struct):
        id: str

    lenient = Leniency(number_as_text=True)
    assert read_json(b'{"id":10001}', Maker, lenient).id == "10001"
    assert violations({"id": 10001}, Maker) == {("id", "type")}
    assert violations({"id": True}, Maker, lenient) == {("id", "type")}


@pytest.mark.parametrize(
    ("number", "kind"),
    [("1e400", "too_large"), ("-1e999", "too_small"), ("9" * 400, "too_large")],
)
@pytest.mark.parametrize("around", ['{"id":%s}', '{"names":["a",%s]}', '{"called":{"a":%s}}'])
def test_a_number_beyond_all_bounds_does_not_stand_for_a_text(
    number: str, kind: str, around: str
) -> None:
    class Maker(msgspec.Struct):
        id: str = ""
        names: list[str] = []
        called: dict[str, str] = {}

    with pytest.raises(Invalid) as refused:
        read_json((around % number).encode(), Maker, Leniency(number_as_text=True))
    assert [v.kind for v in refused.value.violations] == [kind]


@pytest.mark.parametrize(
    ("text", "number"),
    [("1", 1), ("65535", 65535), ("+7", 7), ("0", None), ("", None), ("x", None), (" 1", None),
     ("1.0", None), ("１", None), ("1_0", None), ("9" * 41, None)],
)  # fmt: skip
def test_text_may_stand_for_a_number_in_a_query(text: str, number: int | None) -> None:
    try:
        assert read_plain({"number": text}, Port, FROM_TEXT).number == number
    except Invalid:
        assert number is None


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("FALSE", False), ("1", None), ("", None)]
)
def test_text_may_stand_for_a_boolean_in_a_query(text: str, value: bool | None) -> None:
    try:
        assert read_plain({"number": "1", "open": text}, Port, FROM_TEXT).open is value
    except Invalid:
        assert value is None


def test_a_parameter_given_twice_is_refused_and_a_list_takes_one_or_many() -> None:
    class Query(msgspec.Struct):
        id: int = 0
        names: list[str] = []

    with pytest.raises(Invalid) as refused:
        read_plain({"id": ["1", "2"]}, Query, FROM_TEXT)
    assert [(v.field, v.kind) for v in refused.value.violations] == [("id", "repeated")]
    assert read_plain({"names": "a"}, Query, FROM_TEXT).names == ["a"]
    assert read_plain({"names": ["a", "b"]}, Query, FROM_TEXT).names == ["a", "b"]


def test_a_mended_value_is_checked_after_it_is_mended() -> None:
    class Maker(msgspec.Struct):
        model: Annotated[str, Meta(min_length=2, extra={"mend": str.strip})]

    assert read_plain({"model": " ab "}, Maker).model == "ab"
    with pytest.raises(Invalid):
        read_plain({"model": " a "}, Maker)


class Query(msgspec.Struct):
    limit: Annotated[int, Meta(ge=1, le=500)] = 10
    name: Annotated[str, Meta(min_length=1, max_length=4)] | None = None
    ratio: float | None = None
    all: bool = False
    most: int | None = None
    kinds: list[str] = []
    sort: Literal["up", "down"] = "up"
    level: Literal[0, 1] | None = None
    digit: Literal["0", "1"] | None = None


WORDS = ["1", "0", "true", "False", "null", "None", "", " 1", "1.0", "1e3", "up", "x", "\0", "+1",
         "-1", "0x1", "1_0", "９", "inf", "nan", "Infinity", "9" * 30]  # fmt: skip


@given(
    st.dictionaries(
        st.sampled_from((*Query.__struct_fields__, "undeclared")),
        st.sampled_from(WORDS) | st.lists(st.sampled_from(WORDS), min_size=2, max_size=2),
        max_size=3,
    )
)
def test_parameters_are_read_the_same_the_fast_way_and_the_careful_way(
    sent: dict[str, Any],
) -> None:
    def read(way: Any) -> Any:
        try:
            return way()
        except Invalid as refused:
            return {(v.field, v.kind) for v in refused.violations}

    fast = read(lambda: read_params(sent, Query))
    assert fast == read(lambda: read_plain(dict(sent), Query, FROM_TEXT))


@pytest.mark.parametrize("text", ["1.0", "1e0", "10e-1", "-1.0"])
def test_a_whole_number_is_spelled_without_a_point(text: str) -> None:
    for way in (read_params, lambda sent, kind: read_plain(sent, kind, FROM_TEXT)):
        with pytest.raises(Invalid):
            way({"limit": text}, Query)


def test_a_value_that_needs_mending_is_mended_wherever_it_comes_from() -> None:
    class Maker(msgspec.Struct):
        model: Annotated[str, Meta(max_length=9, extra={"mend": str.strip})] = ""

    assert read_json(b'{"model":" ab "}', Maker).model == "ab"
    assert read_params({"model": " ab "}, Maker).model == "ab"
    assert read_plain({"model": " ab "}, Maker).model == "ab"
