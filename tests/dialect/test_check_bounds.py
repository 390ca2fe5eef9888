"""What a caller sends does not decide how much work its refusal takes: the work ends, and is counted here."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta

from entrepot.core.faults import Invalid, Malformed, Violation
from entrepot.dialect import sizes
from entrepot.dialect.check import broken_rules, read_json, read_plain
from entrepot.dialect.rules import Holds
from entrepot.dialect.sizes import MOST_VALUES, refuse_many
from entrepot.dialect.validator import MAX_VIOLATIONS, check_free

looks = 0


def _refuse(value: Any) -> str | None:
    global looks
    looks += 1
    return "is never right"


Word = Annotated[str, Meta(extra={"rules": (Holds(_refuse),)})]


class Item(msgspec.Struct):
    word: Word = "w"


class Other(msgspec.Struct):
    word: Word = "w"
    must: int = 0


def _each_is_wrong(self: Bag) -> list[Violation]:
    return [Violation(("ruled", n), "rule", "is never right") for n in range(len(self.ruled))]


class Bag(msgspec.Struct):
    """Everything that holds many of something; `number` is for what msgspec finds itself."""

    few: Annotated[list[Item], Meta(max_length=3)] = []
    few_by_name: Annotated[dict[str, Item], Meta(max_length=3)] = {}
    items: list[Item] = []
    by_name: dict[str, Item] = {}
    words: list[Word | int] = []
    nested: list[list[Item]] = []
    free: Any = None
    ruled: list[int] = []
    number: int = 0

    __rules__ = (_each_is_wrong,)


def refused(value: Any, read: Callable[..., Any]) -> list[Violation]:
    """The violations; `looks` is how many values a rule looked at."""
    global looks
    looks = 0
    given = json.dumps(value).encode() if read is read_json else value
    with pytest.raises(Invalid) as fault:
        read(given, Bag)
    return list(fault.value.violations)


def fast(value: Any, kind: type[Any]) -> None:
    """The fast way alone, on a value that msgspec finds nothing wrong with."""
    raise Invalid(tuple(broken_rules(msgspec.convert(value, kind), kind)))


MANY, ITEM = 5_000, {"word": "w"}
each_way = pytest.mark.parametrize("read", [read_json, read_plain, fast], ids=lambda f: f.__name__)


@pytest.mark.parametrize("number", [0, "x"], ids=["alone", "beside another"])
@pytest.mark.parametrize("read", [read_json, read_plain], ids=lambda f: f.__name__)
@pytest.mark.parametrize(
    ("field", "most"),
    [("few", [ITEM] * MANY), ("few_by_name", {str(n): ITEM for n in range(MANY)})],
)
def test_what_is_too_long_is_not_entered(
    field: str, most: Any, number: Any, read: Callable[..., Any]
) -> None:
    found = refused({field: most, "number": number}, read)
    assert (field, "too_many") in {(v.field, v.kind) for v in found}
    assert len(found) == (1 if number == 0 else 2)
    assert looks == 0


@each_way
@pytest.mark.parametrize(
    "value",
    [
        {"items": [ITEM] * MANY},
        {"by_name": {str(n): ITEM for n in range(MANY)}},
        {"words": ["w"] * MANY},
        {"nested": [[ITEM] * 5] * MANY},
        {"items": [ITEM] * 60, "by_name": {str(n): ITEM for n in range(MANY)}},
    ],
    ids=lambda v: "+".join(v),
)
def test_no_work_goes_on_once_there_are_enough_violations(
    value: Any, read: Callable[..., Any]
) -> None:
    assert len(refused(value, read)) == MAX_VIOLATIONS
    assert (
        looks <= 4 * MAX_VIOLATIONS
    )  # once by the fast way, and by the careful one alone and within


@each_way
def test_a_structs_own_rules_give_no_more(read: Callable[..., Any]) -> None:
    assert len(refused({"ruled": [1] * MANY}, read)) == MAX_VIOLATIONS


@each_way
@pytest.mark.parametrize("wrong", ["\0", 10**309], ids=["nul", "large"])
@pytest.mark.parametrize("shape", ["list", "dict", "deep"])
def test_nor_does_a_value_that_nothing_is_declared_of(
    shape: str, wrong: Any, read: Callable[..., Any]
) -> None:
    free: Any = [wrong] * MANY
    if shape == "dict":
        free = {str(n): wrong for n in range(MANY)}
    for _ in range(100 if shape == "deep" else 0):
        free = [free]
    assert len(refused({"free": free}, read)) == MAX_VIOLATIONS
    assert len(check_free(free, ())) == MAX_VIOLATIONS


def test_a_deep_value_is_searched_once_and_not_once_a_level() -> None:
    class Counted(list[Any]):
        entered = 0

        def __iter__(self) -> Any:
            Counted.entered += 1
            return super().__iter__()

    free: Any = Counted(["\0", *range(100)])
    for _ in range(100):
        free = [free]
    assert len(check_free(free, ())) == 1
    assert Counted.entered <= 2  # to encode it whole, and to find the place


# Values, counted in the bytes


def count(value: Any) -> int:
    """How many values a JSON value is."""
    if isinstance(value, dict | list):
        return 1 + sum(map(count, value.values() if isinstance(value, dict) else value))
    return 1


MOST = 6
marked = st.text(st.sampled_from('a,[{:"\\ \n'), max_size=6)
shapes = st.recursive(
    st.integers(0, 9) | marked | st.just([]) | st.just({}),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(marked, inner, max_size=4),
    max_leaves=12,
)


@given(shapes, st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", " : ")]))
def test_a_text_is_refused_for_its_values_and_not_for_its_texts(
    value: Any, separators: tuple[str, str]
) -> None:
    raw = json.dumps(value, separators=separators).encode()
    if count(value) <= MOST:
        refuse_many(raw, MOST)
    else:
        with pytest.raises(Malformed, match="more than 6 values"):
            refuse_many(raw, MOST)


@pytest.mark.parametrize("values", [MOST_VALUES - 1, MOST_VALUES, MOST_VALUES + 1])
def test_the_bound_is_where_it_says(values: int) -> None:
    raw = b"[" + b",".join([b"1"] * (values - 1)) + b"]"
    if values <= MOST_VALUES:
        refuse_many(raw)
    else:
        with pytest.raises(Malformed):
            refuse_many(raw)


def test_what_is_empty_is_one_value_wherever_it_stands() -> None:
    for length in (10, *range(65_480, 65_540)):  # it is looked at in steps of 64 KB
        raw = b'["' + b"a" * length + b'",[],{},[ ],{ },"]","}",[[]],"[","{"]'
        refuse_many(raw, 12)
        with pytest.raises(Malformed):
            refuse_many(raw, 11)


@pytest.mark.parametrize("filler", [b",", b"[", b"{", b'\\"', b"\\\\", b'\\",\\"'])
def test_a_text_full_of_commas_and_brackets_is_one_value(filler: bytes) -> None:
    refuse_many(b'["' + filler * 3 * MOST_VALUES + b'",' + b'"a",' * 90_000 + b"1]")


@pytest.mark.parametrize("raw", [b"{}," * 400_000, b'{"a":[' + b"{}," * 400_000 + b"{}]}"])
def test_nothing_is_parsed_of_a_text_with_too_many_values(raw: bytes) -> None:
    with pytest.raises(Malformed, match="100,000 values"):
        read_json(raw, Bag)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(alphabet='a,[{}]\\" \n', max_size=9),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.text(alphabet='k\\",', max_size=3), inner, max_size=4)
        ),
        max_leaves=20,
    ),
    st.sampled_from([1, 2, 7, 64]),
    st.sampled_from([None, 1]),
)
def test_values_are_counted_exactly_wherever_a_step_ends(
    value: Any, step: int, indent: int | None
) -> None:
    raw = json.dumps(value, indent=indent).encode()
    before, sizes._STEP = sizes._STEP, step
    try:
        assert sizes._values(raw, len(raw)) == _count(value)
    finally:
        sizes._STEP = before


def _count(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(map(_count, inner))
