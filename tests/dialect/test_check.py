"""Decode and check: takes what the declaration takes, and names every field that it does not."""

from __future__ import annotations

import json
import math
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta
from msgspec import inspect as mi

from entrepot.core.faults import Invalid, Malformed, Violation
from entrepot.dialect.check import (
    STRICT,
    Leniency,
    read_json,
    read_plain,
)
from entrepot.dialect.rules import Holds, Unique
from entrepot.dialect.validator import MAX_VIOLATIONS, CarefulValidator
from tests.contract.declared import values


class Port(msgspec.Struct):
    number: Annotated[int, Meta(ge=1, le=65535)]
    open: bool = False


class Ship(msgspec.Struct, kw_only=True):
    name: Annotated[str, Meta(min_length=2, max_length=8, pattern=r"\A[a-zé灯]+\Z")]
    kind: Literal["barge", "tug"]
    deck: Literal[0, 1, 2] = 0
    draught: Annotated[float, Meta(ge=0, le=30)] | None = None
    ports: Annotated[
        list[Port], Meta(min_length=1, max_length=3, extra={"rules": (Unique("number"),)})
    ] = msgspec.field(default_factory=lambda: [Port(1)])
    home: Port | None = None
    flags: dict[str, str] = {}
    note: Annotated[
        str, Meta(extra={"rules": (Holds(lambda t: "no x" if "x" in t else None),)})
    ] = ""
    cargo: Any = None
    renamed: int = msgspec.field(default=0, name="Re-named")

    @staticmethod
    def _home_is_a_port(self: Ship) -> list[Violation]:
        if self.home and self.kind == "tug":
            return [Violation(("home",), "rule", "a tug has no home")]
        return []

    __rules__ = (_home_is_a_port,)


class Tree(msgspec.Struct):
    name: str
    children: list[Tree] = []


GOOD: dict[str, Any] = {"name": "lamp", "kind": "barge"}

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=12,
)
FIELDS = st.sampled_from(Ship.__struct_encode_fields__)
# Near misses: mostly right, with something of any shape in one or two places.
nearly = st.builds(
    lambda good, wrong: {**good, **wrong},
    values(Ship),
    st.dictionaries(FIELDS, anything, max_size=2),
)


def violations(
    value: Any, kind: type[Any] = Ship, lenient: Leniency = STRICT
) -> set[tuple[str, str]]:
    """(field, kind) of each; empty where the value is taken."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    try:
        read_json(raw, kind, lenient)
    except Invalid as refused:
        return {(v.field, v.kind) for v in refused.violations}
    return set()


def msgspec_takes(raw: bytes) -> bool:
    try:
        msgspec.json.decode(raw, type=Ship)
    except msgspec.MsgspecError:
        return False
    return True


def rules_hold(raw: bytes) -> bool:
    ship = msgspec.json.decode(raw, type=Ship)
    numbers = [p.number for p in ship.ports]
    tug = ship.home is not None and ship.kind == "tug"
    return len(numbers) == len(set(numbers)) and "x" not in ship.note and not tug


# Against msgspec

NO_NULLS = Leniency(null_as_absent=False)


def taken(raw: bytes, kind: type[Any] = Ship, lenient: Leniency = STRICT) -> Any:
    """The struct, or the refusal."""
    try:
        return read_json(raw, kind, lenient)
    except (Malformed, Invalid) as refused:
        return refused


@given(anything | nearly)
def test_it_takes_exactly_what_the_declaration_takes(value: Any) -> None:
    raw = json.dumps(value).encode()
    got = taken(raw, lenient=NO_NULLS)
    if msgspec_takes(raw) and rules_hold(raw) and "\\u0000" not in raw.decode():
        assert got == msgspec.json.decode(raw, type=Ship)
    else:
        assert isinstance(got, Invalid)
        assert got.violations


@given(anything | nearly)
def test_the_careful_way_agrees_with_the_fast_one(value: Any) -> None:
    raw = json.dumps(value).encode()
    fast: Any = violations(raw, lenient=NO_NULLS)
    try:
        read_plain(json.loads(raw), Ship, NO_NULLS)
        careful = set()
    except Invalid as refused:
        careful = {(v.field, v.kind) for v in refused.violations}
    assert fast == careful


class Fleet(msgspec.Struct, kw_only=True):
    """Sound ships among others; where a number is missing, something is wrong in any case."""

    number: int
    ships: list[Ship]
    by_name: dict[str, Ship] = {}
    flagship: Ship | None = None


@given(st.lists(values(Ship) | nearly, max_size=3))
def test_parts_that_are_as_declared_may_be_passed_by(ships: list[Any]) -> None:
    plain = {
        "ships": ships,
        "by_name": {str(n): s for n, s in enumerate(ships[:1])},
        "flagship": ships[-1] if ships else None,
    }
    raw = json.dumps(plain).encode()
    walk = CarefulValidator(STRICT)  # goes through every part
    walk.value(json.loads(raw), mi.type_info(Fleet), ())
    with pytest.raises(Invalid) as refused:
        read_json(raw, Fleet)
    assert list(refused.value.violations) == walk.found


@pytest.mark.parametrize("odd", ['"draught": 1e999', '"cargo": 1e999', r'"note": "\u0000"'])
def test_what_no_store_can_carry_is_found_in_a_part_that_is_as_declared(odd: str) -> None:
    ship = '{"name": "elbe", "kind": "tug", %s}'
    raw = f'{{"ships": [{ship % odd}, {ship % odd}, {ship % odd}]}}'.encode()
    with pytest.raises(Invalid) as refused:
        read_json(raw, Fleet)
    assert len(refused.value.violations) == 4


@given(nearly)
def test_every_violation_stands_at_a_place_that_is_there_or_missing(value: Any) -> None:
    try:
        read_json(json.dumps(value).encode(), Ship)
    except Invalid as refused:
        for violation in refused.violations:
            place = value
            for step in violation.path[:-1]:
                place = place[step]
            if violation.kind == "missing":
                assert violation.path[-1] not in place
            elif violation.path:
                assert place[violation.path[-1]] is place[violation.path[-1]]


@given(st.binary(max_size=60))
def test_any_bytes_are_taken_or_refused_by_a_fault(raw: bytes) -> None:
    for kind in (Ship, Tree):
        assert isinstance(taken(raw, kind), kind | Malformed | Invalid)


@given(values(Ship))
def test_what_one_declares_is_taken_but_for_its_rules(value: Any) -> None:
    kinds = {kind for _, kind in violations(value)}
    assert kinds <= {"duplicate", "rule"}


# Every violation, at its path


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        ({"name": "l"}, {("name", "too_short")}),
        ({"name": ""}, {("name", "empty")}),
        ({"name": "lanternlantern"}, {("name", "too_long")}),
        ({"name": "LAMP"}, {("name", "pattern")}),
        ({"name": "lamp\n"}, {("name", "pattern")}),
        ({"name": None}, {("name", "null")}),
        ({"name": 5}, {("name", "type")}),
        ({"name": "la\0mp"}, {("name", "nul")}),
        ({"name": ["lamp"]}, {("name", "type")}),
        ({"kind": "boat"}, {("kind", "enum")}),
        ({"kind": 1}, {("kind", "type")}),
        ({"deck": 3}, {("deck", "enum")}),
        ({"deck": True}, {("deck", "type")}),
        ({"deck": "1"}, {("deck", "type")}),
        ({"draught": -1}, {("draught", "too_small")}),
        ({"draught": 30.5}, {("draught", "too_large")}),
        ({"draught": "1"}, {("draught", "type")}),
        ({"ports": []}, {("ports", "too_few")}),
        ({"ports": [{"number": n} for n in range(1, 5)]}, {("ports", "too_many")}),
        ({"ports": [{"number": 1}, {"number": 1}]}, {("ports", "duplicate")}),
        ({"ports": [{"number": 0}, {}, 5]}, {
            ("ports[0].number", "too_small"), ("ports[1].number", "missing"), ("ports[2]", "type"),
        }),
        ({"ports": {}}, {("ports", "type")}),
        ({"home": {"number": "1", "open": 1}}, {("home.number", "type"), ("home.open", "type")}),
        ({"kind": "tug", "home": {"number": 1}}, {("home", "rule")}),
        ({"flags": {"a": 1, "b": "x"}}, {("flags.a", "type")}),
        ({"flags": []}, {("flags", "type")}),
        ({"note": "x"}, {("note", "rule")}),
        ({"Re-named": "1"}, {("Re-named", "type")}),
        ({"Re-named": 1.5}, {("Re-named", "type")}),
        ({"Re-named": 2**63}, {("Re-named", "too_large")}),
        ({"Re-named": -(2**200)}, {("Re-named", "too_small")}),
        ({"unknown": 1}, set()),
    ],
    ids=lambda v: json.dumps(v)[:40] if isinstance(v, dict) else "",
)  # fmt: skip
def test_each_wrong_field_is_named(wrong: dict[str, Any], found: set[tuple[str, str]]) -> None:
    assert violations({**GOOD, **wrong}) == found


def test_all_wrong_fields_are_named_in_document_order() -> None:
    with pytest.raises(Invalid) as refused:
        read_json(b'{"Re-named":"x","deck":9,"ports":[{"number":0}],"home":7}', Ship)
    assert [(v.field, v.kind) for v in refused.value.violations] == [
        ("name", "missing"), ("kind", "missing"), ("deck", "enum"),
        ("ports[0].number", "too_small"), ("home", "type"), ("Re-named", "type"),
    ]  # fmt: skip


def test_a_violation_says_what_would_be_right() -> None:
    with pytest.raises(Invalid) as refused:
        read_json(b'{"name":"l","kind":"boat"}', Ship)
    assert refused.value.violations == (
        Violation(("name",), "too_short", 2, "l"),
        Violation(("kind",), "enum", ("barge", "tug"), "boat"),
    )


def test_the_number_of_violations_is_bounded() -> None:
    with pytest.raises(Invalid) as refused:
        read_json(json.dumps({**GOOD, "flags": {str(i): i for i in range(5000)}}).encode(), Ship)
    assert len(refused.value.violations) == MAX_VIOLATIONS


@pytest.mark.parametrize("raw", [b"[]", b"null", b"1", b'"x"', b"true"])
def test_what_is_no_object_is_refused_as_a_whole(raw: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        read_json(raw, Ship)
    assert [v.path for v in refused.value.violations] == [()]


# What is no JSON


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"{}}",
        b"{'name': 1}",
        b'{"name":"lamp","kind":"barge",}',
        b'{"name":"a","name":"lamp","kind":"barge"}',
        b'{"name":"lamp","kind":"barge","ports":[{"number":1,"number":2}]}',
        b'{"name":"lamp","kind":"barge","other":{"a":1,"a":1}}',
        b'{"name":"lamp","kind":"barge","draught":NaN}',
        b'{"name":"lamp","kind":"barge","draught":Infinity}',
        b'{"name":"lamp","kind":"barge","cargo":-Infinity}',
        b'{"name":"la\xffmp","kind":"barge"}',
        b'{"name":"\\ud800","kind":"barge"}',
        b'{"name":"lamp","kind":"barge","cargo":"\\udc00"}',
        b'{"name":"la\x01mp","kind":"barge"}',
        b'\xef\xbb\xbf{"name":"lamp","kind":"barge"}',
        '{"name":"lamp","kind":"barge"}'.encode("utf-16"),
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"cargo":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    ],
    ids=lambda raw: repr(raw[:30]),
)
def test_what_cannot_be_read_is_malformed(raw: bytes) -> None:
    with pytest.raises(Malformed) as refused:
        read_json(raw, Ship)
    assert refused.value.part == "body"
    assert len(refused.value.reason) < 300


@pytest.mark.parametrize("number", [b"1e400", b"-1e999", b"9" * 400, b"1" + b"0" * 4400, b"1e-999"])
@pytest.mark.parametrize("field", [b"draught", b"Re-named", b"cargo", b"deck", b"name"])
def test_a_number_beyond_all_bounds_is_refused_or_taken_but_never_breaks(
    number: bytes, field: bytes
) -> None:
    raw = b'{"name":"lamp","kind":"barge","%s":%s}' % (field, number)
    try:
        ship = read_json(raw, Ship)
    except (Malformed, Invalid):
        return
    for value in (ship.draught, ship.renamed, ship.cargo):
        assert not isinstance(value, float) or math.isfinite(value)


class Scale(msgspec.Struct):
    weight: float = 0
    free: Any = None
    raw: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    either: Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] | float = 0


LEAST_TOO_LARGE = 2**1024


@pytest.mark.parametrize("sign", ["", "-"], ids=["large", "small"])
@pytest.mark.parametrize("field", ["weight", "free", "raw", "either"])
@pytest.mark.parametrize(
    "number", [str(LEAST_TOO_LARGE), "1" * 310, "9" * 4300, "1e309", "1" * 200 + "e200"]
)
def test_a_number_that_no_float_can_hold_is_refused_however_it_is_spelled(
    number: str, field: str, sign: str
) -> None:
    kind = {"": "too_large", "-": "too_small"}[sign]
    for raw in (f'{{"{field}":{sign}{number}}}', f'{{"{field}":{sign}{number},"more":"\\u0000"}}'):
        assert violations(raw.encode(), Scale) == {(field, kind)}
    if field in ("free", "raw"):
        deep = f'{{"{field}":{{"a":[null,{sign}{number}]}}}}'
        assert violations(deep.encode(), Scale) == {(f"{field}.a[1]", kind)}


@pytest.mark.parametrize("field", ["weight", "free", "raw", "either"])
@pytest.mark.parametrize("number", [str(10**308), str(-(10**308)), "1e308", "-0.0", "1e-400", "0"])
def test_a_number_that_a_float_can_hold_is_taken(number: str, field: str) -> None:
    assert violations(f'{{"{field}":{number}}}'.encode(), Scale) == set()


def test_a_nesting_bomb_in_a_type_that_nests_is_refused() -> None:
    for depth in (50, 5_000, 100_000):
        raw = b'{"name":"a","children":[' * depth + b"]}" * depth
        try:
            read_json(raw, Tree)
        except (Malformed, Invalid):
            assert depth > 50
        else:
            assert depth == 50


def test_nul_is_found_wherever_it_hides() -> None:
    assert violations(b'{"name":"lamp","kind":"barge","note":"\\u0000"}') == {("note", "nul")}
    assert violations(b'{"name":"lamp","kind":"barge","flags":{"a":"\\u0000"}}') == {
        ("flags.a", "nul")
    }
    hidden = b'{"name":"lamp","kind":"barge","cargo":{"deep":["\\u0000"]}}'
    assert {kind for _, kind in violations(hidden)} == {"nul"}


def test_a_backslash_before_u0000_is_no_nul() -> None:
    assert violations(b'{"name":"lamp","kind":"barge","note":"\\\\u0000"}') == set()
