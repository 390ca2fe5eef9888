"""EnOS search expressions are read and evaluated as its pages and samples use them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.vendors.enos.search.expression import (
    MAX_DEPTH,
    MAX_LENGTH,
    MAX_TERMS,
    And,
    Compare,
    Exists,
    Expression,
    ExpressionError,
    In,
    Like,
    Not,
    Or,
    parse,
    text,
)
from entrepot.vendors.enos.search.matching import Name, matches

# --- reading -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("productKey='x'", Compare("productKey", "=", "x")),
        ('modelId in ( "planet", "FmodelP2"  )', In("modelId", ("planet", "FmodelP2"))),
        ("deviceKey like'x'", Like("deviceKey", "x")),
        ("exists(tags.k1)", Exists("tags.k1")),
        ("not exists(tags.k2)", Not(Exists("tags.k2"))),
        ("NOT EXISTS (productTags.k)", Not(Exists("productTags.k"))),
        ("state != 3", Compare("state", "!=", 3)),
        ("productName.zh_CN like '产品'", Like("productName.zh_CN", "产品")),
        ("createTime>=-1.5", Compare("createTime", ">=", -1.5)),
        (
            'createTime > "2020-01-01 00:00:00"',
            Compare("createTime", ">", "2020-01-01 00:00:00"),
        ),
        ('productTags.a/b-c_1 = "it\'s"', Compare("productTags.a/b-c_1", "=", "it's")),
        ("exists = 1", Compare("exists", "=", 1)),
        ("x.not in(1,'b')and\ny=''", And((In("x.not", (1, "b")), Compare("y", "=", "")))),
        (
            "modelId = 'planet' and state = 2",
            And((Compare("modelId", "=", "planet"), Compare("state", "=", 2))),
        ),
        ("a=1 or b=2 and c=3", Or((Compare("a", "=", 1), parse("b=2 and c=3")))),
        ("(a=1 or b=2) and c=3", And((parse("a=1 or b=2"), Compare("c", "=", 3)))),
        ("not a=1 and b=2", And((Not(Compare("a", "=", 1)), Compare("b", "=", 2)))),
        ("((a=1))", Compare("a", "=", 1)),
    ],
)
def test_the_documented_forms_are_read(written: str, meant: Expression) -> None:
    assert parse(written) == meant


@pytest.mark.parametrize(
    ("written", "position", "expected"),
    [
        ("", 1, "a field, exists, not or ("),
        ("   ", 4, "a field, exists, not or ("),
        ("productKey", 11, "one of = != > >= < <= like in"),
        ("productKey == 'a'", 13, "a text in quotes or a number"),
        ("productKey = a", 14, "a text in quotes or a number"),
        ("productKey = 'a", 14, "a closing quote for the text that opens here"),
        ("productKey = 'a' 'b'", 18, "and, or, or the end"),
        ("productKey = 'a' and", 21, "a field, exists, not or ("),
        ("productKey = 'a')", 17, "and, or, or the end"),
        ("(productKey = 'a'", 18, "and, or, or )"),
        ("productName like 5", 18, "a text in quotes"),
        ("productKey in 'a'", 15, "("),
        ("productKey in ()", 16, "a text in quotes or a number"),
        ("productKey in ('a' 'b')", 20, ", or )"),
        ("exists('a')", 8, "a field"),
        ("exists(a", 9, ")"),
        ("and = 1", 1, "a field, exists, not or ("),
        ("a. = 1", 2, "one of = != > >= < <= like in"),
        ("a = 1234567890123456", 5, "a number of at most 15 digits"),
        ("a = 1e5", 6, "and, or, or the end"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(
    written: str, position: int, expected: str
) -> None:
    with pytest.raises(ExpressionError) as refused:
        parse(written)
    assert (refused.value.position, refused.value.expected) == (position, expected)
    assert str(refused.value).startswith(f"at character {position}: expected {expected}, found ")


@pytest.mark.parametrize(
    ("most", "too_much"),
    [
        (f"a='{'x' * (MAX_LENGTH - 4)}'", f"a='{'x' * (MAX_LENGTH - 3)}'"),
        ("(" * MAX_DEPTH + "a=1" + ")" * MAX_DEPTH, "(" * 33 + "a=1" + ")" * 33),
        ("not " * MAX_DEPTH + "a=1", "not " * (MAX_DEPTH + 1) + "a=1"),
        (" or ".join(["a=1"] * MAX_TERMS), " or ".join(["a=1"] * (MAX_TERMS + 1))),
        ("(" * 32 + "a=1" + ")" * 32, "(" * 4096),
    ],
)
def test_expressions_are_bounded(most: str, too_much: str) -> None:
    parse(most)
    with pytest.raises(ExpressionError, match="at most"):
        parse(too_much)


FRAGMENTS = st.sampled_from(
    ["a", "b.c", "and", "or", "not", "in", "like", "exists", "(", ")", ",", "=", "!=", "<", "'x'",
     '"y"', "'", '"', "1", "-2.5", " ", "\n", ".", "é", "\x00", "٣"]
)  # fmt: skip


@given(st.text(max_size=40) | st.lists(FRAGMENTS, max_size=15).map("".join))
def test_any_text_is_read_or_refused_with_a_place_inside_it(written: str) -> None:
    position = 1
    try:
        tree = parse(written)
    except ExpressionError as refused:
        position = refused.position
    else:
        assert parse(text(tree)) == tree
    assert 1 <= position <= len(written) + 1


FIELDS = st.sampled_from(["a", "b", "exists", "tags.k", "tags.a/b-1", "name", "name.default",
                          "name.zh_CN", "name.en_US"])  # fmt: skip
TEXTS = st.text("aAbB1. ", max_size=3) | st.sampled_from(["it's", 'a "b"', "名", "true", "2.0"])
NUMBERS = (
    st.integers(-3, 3)
    | st.integers(-(10**15) + 1, 10**15 - 1)
    | st.sampled_from([0.5, -0.25, 1e-14, 2.0, -0.0, 12345678901234.5])
)
VALUES = TEXTS | NUMBERS
LEAVES = st.one_of(
    st.builds(Compare, FIELDS, st.sampled_from(["=", "!=", ">", ">=", "<", "<="]), VALUES),
    st.builds(In, FIELDS, st.lists(VALUES, min_size=1, max_size=3).map(tuple)),
    st.builds(Like, FIELDS, TEXTS),
    st.builds(Exists, FIELDS),
)


def joined(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    terms = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.builds(And, terms) | st.builds(Or, terms) | st.builds(Not, inner)


TREES: st.SearchStrategy[Expression] = st.recursive(LEAVES, joined, max_leaves=8)


@given(TREES)
def test_a_written_tree_reads_back_as_itself(tree: Expression) -> None:
    assert parse(text(tree)) == tree


def test_a_text_that_no_quotes_can_hold_is_not_written() -> None:
    with pytest.raises(ValueError, match="both kinds of quote"):
        text(Like("a", "'\""))


# --- evaluating ----------------------------------------------------------------------------------

PUMP: dict[str, object] = {
    "productKey": "Ab12Cd34",
    "state": 3,
    "enabled": True,
    "level": "2.50",
    "productTags.site": "north",
    "productTags": {"site": "north"},
    "productName": Name("Pump 7", {"zh_CN": "泵7", "en_US": ""}),
    "createTime": "2020-05-01 10:00:00",
}


@pytest.mark.parametrize(
    ("written", "holds"),
    [
        ("productKey = 'Ab12Cd34'", True),
        ("productKey = 'ab12cd34'", False),
        ("productKey in ('x', 'Ab12Cd34')", True),
        ("productKey != 'x'", True),
        ("productTags.site = 'north'", True),
        ("productTags.other = 'north'", False),
        ("productTags.other != 'north'", True),
        ("exists(productTags.site)", True),
        ("exists(productTags.other)", False),
        ("not exists(productTags.other)", True),
        ("productName like 'ump'", True),
        ("productName like 'PUMP'", True),
        ("productName like '泵'", True),
        ("productName like 'ump*'", False),
        ("productName like 'P%7'", False),
        ("productName.default like '泵'", False),
        ("productName.default like 'Pump'", True),
        ("productName.zh_CN like '泵'", True),
        ("productName.zh_CN like 'Pump'", False),
        ("productName.ja_JP like 'Pump'", True),
        ("productName.en_US like 'Pump'", True),
        ("nothing.zh_CN like ''", False),
        ("productTags.site.deep = 'north'", False),
        ("state = 3", True),
        ("state = '3'", True),
        ("state != '3'", False),
        ("state = '3.0'", True),
        ("state < 10", True),
        ("state < '10'", True),
        ("state = 'three'", False),
        ("state >= 'three'", False),
        ("enabled = 'true'", True),
        ("enabled = 1", True),
        ("enabled = 'false'", False),
        ("level = 2.5", True),
        ("productKey > 5", False),
        ("productTags = 'north'", False),
        ("state like '3'", False),
        ('createTime > "2020-01-01 00:00:00"', True),
        ("createTime <= '2020-01-01 00:00:00'", False),
        ("productKey='x' and state=3 or enabled=1", True),
        ("productKey='x' and (state=3 or enabled=1)", False),
    ],
)
def test_conditions_mean_what_the_pages_say(written: str, holds: bool) -> None:
    assert matches(parse(written), PUMP.get) is holds


ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


def naive(tree: Expression, things: Mapping[str, object]) -> bool:
    """The meaning spelled out over documents whose fields are all text or numbers of one kind."""
    if isinstance(tree, And):
        return all(naive(term, things) for term in tree.terms)
    if isinstance(tree, Or):
        return any(naive(term, things) for term in tree.terms)
    if isinstance(tree, Not):
        return not naive(tree.term, things)
    values = candidates(tree.field, things)
    if isinstance(tree, Exists):
        return len(values) > 0
    if isinstance(tree, Like):
        return any(tree.part.lower() in one.lower() for one in values if isinstance(one, str))
    if isinstance(tree, In):
        return any(agree("=", one, wanted) for one in values for wanted in tree.values)
    if tree.operator == "!=":
        return not any(agree("=", one, tree.value) for one in values)
    return any(agree(tree.operator, one, tree.value) for one in values)


def candidates(asked: str, things: Mapping[str, object]) -> list[object]:
    if asked.startswith("name"):
        name = things.get("name")
        if not isinstance(name, Name):
            return []
        by_part: dict[str, list[object]] = {
            "name": [name.default, *name.locales.values()],
            "name.default": [name.default],
        }
        return by_part.get(asked, [name.locales.get(asked[5:]) or name.default])
    return [things[asked]] if asked in things else []


def agree(comparison: str, stored: object, wanted: object) -> bool:
    if isinstance(stored, str) == isinstance(wanted, str):
        return ORDER[comparison](stored, wanted)
    as_text, as_number = (stored, wanted) if isinstance(stored, str) else (wanted, stored)
    assert isinstance(as_text, str)
    try:
        spelled = float(as_text) if as_text.strip() == as_text and as_text[-1:] != "." else None
    except ValueError:
        return False
    if spelled is None or as_text[:1] == ".":
        return False
    pair = (spelled, as_number) if as_text is stored else (as_number, spelled)
    return ORDER[comparison](*pair)


THINGS = st.fixed_dictionaries(
    {},
    optional={
        "a": TEXTS,
        "b": VALUES,
        "exists": TEXTS,
        "tags.k": TEXTS,
        "tags.a/b-1": TEXTS,
        "name": st.builds(Name, TEXTS, st.dictionaries(st.sampled_from(["zh_CN", "en_US"]), TEXTS)),
    },
)


@given(TREES, THINGS)
def test_evaluation_agrees_with_the_meaning_spelled_out(
    tree: Expression, things: dict[str, object]
) -> None:
    assert matches(tree, things.get) == naive(tree, things)


@given(FIELDS, VALUES, THINGS)
def test_equal_and_unequal_are_opposites(
    asked: str, value: str | int | float, things: dict[str, object]
) -> None:
    equal = matches(Compare(asked, "=", value), things.get)
    assert equal != matches(Compare(asked, "!=", value), things.get)


@given(TREES, st.none() | st.lists(st.integers()) | st.floats() | st.binary())
def test_no_stored_value_breaks_evaluation(tree: Expression, value: object) -> None:
    assert matches(tree, lambda _: value) in (True, False)
