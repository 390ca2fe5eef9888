"""The constraints that a declaration states beyond msgspec's own."""

from __future__ import annotations

import pytest

from entrepot.dialect.rules import Bytes, Holds, Unique, Wide


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("abcd", None),
        ("abc", ("too_short", 4)),
        ("灯灯", None),
        ("灯", ("too_short", 4)),
        ("灯a灯", None),
        ("a" * 30, None),
        ("a" * 31, ("too_long", 30)),
        ("灯" * 15, None),
        ("灯" * 15 + "a", ("too_long", 30)),
        ("カタカナ" * 4, ("too_long", 30)),
        ("é" * 30, None),
        ("", ("too_short", 4)),
    ],
)
def test_a_wide_character_counts_as_two(text: str, finding: object) -> None:
    assert Wide(4, 30).finding(text) == finding


def test_two_items_may_not_share_the_member() -> None:
    rule = Unique("id")
    assert rule.finding([{"id": "a"}, {"id": "b"}]) is None
    assert rule.finding([{"id": "a"}, {"id": "A"}]) is None
    assert rule.finding([{"id": "a"}, {"id": "b"}, {"id": "a"}]) == ("duplicate", "a")
    assert rule.finding([{"id": 1}, {"id": 1}]) == ("duplicate", 1)
    assert rule.finding([{}, {}, {"id": None}, {"id": None}, {"id": []}, {"id": []}]) is None
    assert rule.finding([]) is None


def test_a_bound_in_bytes_is_of_the_compact_json() -> None:
    assert Bytes(9).finding({"a": "灯"}) == ("too_long", 9)
    assert Bytes(11).finding({"a": "灯"}) is None
    assert Bytes(2).finding([]) is None


def test_any_other_rule_is_a_function_that_says_what_is_broken() -> None:
    rule = Holds(lambda v: "must be even" if v % 2 else None)
    assert rule.finding(3) == ("rule", "must be even")
    assert rule.finding(4) is None
