"""EnOS searches take the fields they document, and tell an index what every match must have."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.vendors.enos.search.expression import And, Compare, Expression, In, Not, Or, parse
from entrepot.vendors.enos.search.matching import (
    MODEL_FIELDS,
    PRODUCT_FIELDS,
    Fields,
    check,
    matches,
    narrowing,
)


@pytest.mark.parametrize(
    ("fields", "written"),
    [
        (PRODUCT_FIELDS, "productKey = 'a' or modelId in ('b', 'c')"),
        (PRODUCT_FIELDS, "productTags.k = 'v' and not exists(productTags.a/b)"),
        (PRODUCT_FIELDS, "productName like 'a' and productName.default like 'b'"),
        (PRODUCT_FIELDS, "productName.es_ES like 'a'"),
        (MODEL_FIELDS, "modelId in ('planet') and exists(attribute_tags.k)"),
        (MODEL_FIELDS, "tags.k = 'v' or event_tags.k like 'v'"),
    ],
)
def test_what_a_search_offers_is_accepted(fields: Fields, written: str) -> None:
    assert check(parse(written), fields) == []


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("productType = 'Device'",
         "productType =: the fields are productKey, modelId, productName, productTags"),
        ("productKey like 'a'", "productKey like: productKey takes =, in"),
        ("productKey != 'a'", "productKey !=: productKey takes =, in"),
        ("productTags.k in ('a')", "productTags.k in: productTags takes =, exists"),
        ("exists(productTags)", "productTags exists: a key is needed, as in productTags.key"),
        ("modelId.x = 'a'", "modelId.x =: modelId has no parts"),
        ("productName.zh like 'a'", "productName.zh like: productName can be followed by default "
         "or by a locale such as zh_CN"),
        ("productName = 'a'", "productName =: productName takes like"),
    ],
)  # fmt: skip
def test_what_a_search_does_not_offer_is_told_in_plain_words(written: str, told: str) -> None:
    assert [str(problem) for problem in check(parse(written), PRODUCT_FIELDS)] == [told]


def test_every_problem_is_told_at_once() -> None:
    found = check(parse("x = 1 and not (y like 'a' or modelId > 3)"), PRODUCT_FIELDS)
    assert [problem.field for problem in found] == ["x", "y", "modelId"]


# --- narrowing -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "bound"),
    [
        ("productKey = 'a'", {"productKey": ("a",)}),
        ("modelId in ('b', 'a', 'b') and productTags.k = 'v'",
         {"modelId": ("b", "a"), "productTags.k": ("v",)}),
        ("productKey in ('a', 'b') and (productKey in ('b', 'c') and x like 'y')",
         {"productKey": ("b",)}),
        ("productKey = 'a' and productKey = 'b'", {"productKey": ()}),
        ("productKey = 'a' or productKey = 'b'", {"productKey": ("a", "b")}),
        ("productKey = 'a' and x = 'y' or productKey = 'b'", {"productKey": ("a", "b")}),
        ("productKey = 'a' or modelId = 'b'", {}),
        ("productKey != 'a'", {}),
        ("not productKey = 'a'", {}),
        ("productKey = 5", {}),
        ("productKey in ('a', 5)", {}),
        ("productName like 'a'", {}),
    ],
)  # fmt: skip
def test_equality_bounds_an_index_can_use_are_found(
    written: str, bound: dict[str, tuple[str, ...]]
) -> None:
    assert narrowing(parse(written)) == bound


KEYS = st.sampled_from(["a", "tags.k"])
SMALL = st.sampled_from(["x", "y", "5"])


def joined(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    terms = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.builds(And, terms) | st.builds(Or, terms) | st.builds(Not, inner)


BINDING: st.SearchStrategy[Expression] = st.recursive(
    st.builds(Compare, KEYS, st.just("="), SMALL | st.just(5))
    | st.builds(In, KEYS, st.lists(SMALL, min_size=1, max_size=2).map(tuple)),
    joined,
    max_leaves=5,
)


@given(BINDING, st.dictionaries(KEYS, SMALL))
def test_nothing_that_matches_lies_outside_the_bounds(
    tree: Expression, things: dict[str, str]
) -> None:
    bounds = narrowing(tree)
    inside = all(things.get(name) in values for name, values in bounds.items())
    assert inside or not matches(tree, things.get)
