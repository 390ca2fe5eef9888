"""Rules that msgspec cannot say are told beside the faults that it can, wherever they can be told."""

from __future__ import annotations

import json
from typing import Annotated, Any

import msgspec
import pytest
from msgspec import Meta

from entrepot.core.faults import Invalid
from entrepot.dialect.check import read_json
from entrepot.dialect.rules import Bytes, Unique
from entrepot.dialect.validator import MAX_VIOLATIONS
from tests.dialect.test_check import Port, Ship, violations


class Hold(msgspec.Struct):
    ports: Annotated[list[Port], Meta(extra={"rules": (Unique("number"), Bytes(60))})]
    note: Annotated[str, Meta(max_length=3)] = ""


TWICE = [{"number": 7}, {"number": 7}]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"ports": TWICE, "note": "long"}, {("ports", "duplicate"), ("note", "too_long")}),
        (
            {"ports": [*TWICE, {"number": 0}]},
            {("ports", "duplicate"), ("ports[2].number", "too_small")},
        ),
        (
            {"ports": [*TWICE, None, 5, {}, {"number": [7]}]},
            {
                ("ports", "duplicate"), ("ports[2]", "null"), ("ports[3]", "type"),
                ("ports[4].number", "missing"), ("ports[5].number", "type"),
            },
        ),
        (
            {"ports": [{"number": n} for n in range(10)]},
            {("ports", "too_long"), ("ports[0].number", "too_small")},
        ),
        ({"ports": "7", "note": "long"}, {("ports", "type"), ("note", "too_long")}),
    ],
)  # fmt: skip
def test_a_list_s_rules_speak_beside_the_faults_of_its_items(
    value: dict[str, Any], found: set[tuple[str, str]]
) -> None:
    assert violations(value, Hold) == found


class Fleet(msgspec.Struct):
    ships: list[Ship]
    flag: Ship | None = None
    size: int = 0


TUG_WITH_HOME = {"name": "lamp", "kind": "tug", "home": {"number": 1}}


def test_a_part_s_own_rules_speak_beside_faults_elsewhere() -> None:
    value = {"ships": [{"name": "x"}, TUG_WITH_HOME], "flag": TUG_WITH_HOME, "size": "many"}
    assert violations(value, Fleet) == {
        ("ships[0].name", "too_short"), ("ships[0].kind", "missing"),
        ("ships[1].home", "rule"), ("flag.home", "rule"), ("size", "type"),
    }  # fmt: skip


def test_a_part_s_own_rules_are_silent_where_the_part_cannot_be_read() -> None:
    assert violations({**TUG_WITH_HOME, "home": {"number": 0}}) == {("home.number", "too_small")}


def test_a_full_list_of_violations_is_not_taken_for_a_fine_part() -> None:
    wrong = [{"name": 5, "kind": 5, "note": 5}] * MAX_VIOLATIONS
    with pytest.raises(Invalid) as refused:
        read_json(json.dumps({"ships": [*wrong, TUG_WITH_HOME]}).encode(), Fleet)
    assert len(refused.value.violations) == MAX_VIOLATIONS
    assert {v.kind for v in refused.value.violations} == {"type"}


@pytest.mark.parametrize("field", ["cargo", "draught", "Re-named"])
def test_a_number_beyond_all_bounds_is_told_on_which_side(field: str) -> None:
    class Free(msgspec.Struct):
        cargo: Any = 0
        draught: float = 0
        renamed: int = msgspec.field(default=0, name="Re-named")

    huge = "9" * 30 if field == "Re-named" else "1e999"
    for sign, kind in (("", "too_large"), ("-", "too_small")):
        with pytest.raises(Invalid) as refused:
            read_json(f'{{"{field}":{sign}{huge}}}'.encode(), Free)
        (violation,) = refused.value.violations
        assert violation.kind == kind
        assert (violation.want > 0) == (kind == "too_large")
