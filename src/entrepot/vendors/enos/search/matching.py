"""What an EnOS search means: an expression evaluated, checked against known fields, narrowed.

Must not know how the things searched are stored: a lookup gives the value of a field by name.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from entrepot.vendors.enos.search.expression import (
    And,
    Compare,
    Exists,
    Expression,
    In,
    Leaf,
    Like,
    Not,
    Or,
    Value,
    number,
)

Lookup: TypeAlias = Callable[[str], object]


@dataclass(slots=True, frozen=True)
class Name:
    """An international name, as a lookup gives it for `X`: also `X.default` and `X.<locale>`."""

    default: str
    locales: Mapping[str, str] = field(default_factory=dict)


Test: TypeAlias = Callable[[Lookup], bool]


def matches(expression: Expression, lookup: Lookup) -> bool:
    """Whether the expression holds for one thing; see `test_of`, for many."""
    return test_of(expression)(lookup)


def test_of(expression: Expression) -> Test:
    """Whether the expression holds, as a function of a lookup.

    The lookup gives a field's value, a Name, or None where absent. A tuple stands for a field that has
    several values at once: one that fits is enough.

    An absent field equals nothing and contains nothing; `!=` is the opposite of `=`, so it holds.
    `like` finds a part without regard to case ("inverter" finds "PV Inverter"; EnOS API FAQs), the
    other operators respect case.
    INFERRED: `!=` on an absent field, and the case of everything but `like`.
    """
    test = _compiled(expression)
    return lambda lookup: test(_Thing(lookup))


class _Thing:
    """What is searched. Each field is looked up once, though 200 conditions may ask for it."""

    __slots__ = ("_folded", "_lookup", "_values")

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._values: dict[str, tuple[object, ...]] = {}
        self._folded: dict[str, tuple[str, ...]] = {}

    def values(self, name: str) -> tuple[object, ...]:
        found = self._values.get(name)
        if found is None:
            found = self._values[name] = _stored(name, self._lookup)
        return found

    def folded(self, name: str) -> tuple[str, ...]:
        """The texts among the values, without their case."""
        found = self._folded.get(name)
        if found is None:
            texts = (value for value in self.values(name) if isinstance(value, str))
            found = self._folded[name] = tuple(text.casefold() for text in texts)
        return found


def _compiled(expression: Expression) -> Callable[[_Thing], bool]:
    match expression:
        case And(terms):
            tests = tuple(map(_compiled, terms))
            return lambda thing: all(test(thing) for test in tests)
        case Or(terms):
            tests = tuple(map(_compiled, terms))
            return lambda thing: any(test(thing) for test in tests)
        case Not(term):
            inner = _compiled(term)
            return lambda thing: not inner(thing)
        case Exists(name):
            return lambda thing: bool(thing.values(name))
        case Like(name, part):
            wanted = part.casefold()
            return lambda thing: any(wanted in text for text in thing.folded(name))
        case In(name, values):
            return lambda thing: any(
                _holds("=", one, value) for one in thing.values(name) for value in values
            )
        case Compare(name, "!=", value):
            return lambda thing: not any(_holds("=", one, value) for one in thing.values(name))
        case Compare(name, comparison, value):
            return lambda thing: any(_holds(comparison, one, value) for one in thing.values(name))


def _stored(name: str, lookup: Lookup) -> tuple[object, ...]:
    found = lookup(name)
    if isinstance(found, Name):
        # A bare name searches every language (EnOS API, Search Product, productName).
        return (found.default, *found.locales.values())
    if isinstance(found, tuple):
        return found
    if found is not None:
        return (found,)
    stem, dot, locale = name.partition(".")
    whole = lookup(stem) if dot else None
    if not isinstance(whole, Name):
        return ()
    # A locale that is absent falls back to the default name (Search Product). INFERRED: so does an
    # empty one, which the vendor's own samples hold for languages nobody filled in.
    return (whole.default if locale == "default" else whole.locales.get(locale) or whole.default,)


_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le
}  # fmt: skip


def _holds(comparison: str, stored: object, literal: Value) -> bool:
    """The vendor's samples write numbers with and without quotes, so a text that spells a number is
    compared with a number as one (`state != 3` and `state != '3'` mean the same; EnOS API FAQs)."""
    if isinstance(stored, bool):
        stored = str(stored).lower() if isinstance(literal, str) else int(stored)
    if isinstance(stored, str) and not isinstance(literal, str):
        stored = number(stored)
    elif isinstance(stored, int | float) and isinstance(literal, str):
        spelled = number(literal)
        return spelled is not None and _TESTS[comparison](stored, spelled)
    if not isinstance(stored, str | int | float):
        return False
    return _TESTS[comparison](stored, literal)


# --- checking ------------------------------------------------------------------------------------


@dataclass(slots=True, frozen=True)
class Field:
    """What may be asked of a field: `operators`, and what may follow its name after a dot."""

    operators: frozenset[str]
    shape: Literal["plain", "map", "name"] = "plain"


Fields: TypeAlias = Mapping[str, Field]

_KEY = Field(frozenset({"=", "in"}))
_NAME = Field(frozenset({"like"}), "name")
_TAGS = Field(frozenset({"=", "exists"}), "map")
_MODEL_TAGS = Field(frozenset({"=", "exists", "like"}), "map")

# Source: EnOS API 2.1, Search Product.
PRODUCT_FIELDS: Final[Fields] = {
    "productKey": _KEY,
    "modelId": _KEY,
    "productName": _NAME,
    "productTags": _TAGS,
}

# Source: EnOS Model API 2.1 to 3.0, Search Thing Model, each edition adding some; `modelId =` is on
# no such page, but the FAQs print it as the first example of all.
MODEL_FIELDS: Final[Fields] = {
    "modelId": Field(frozenset({"=", "in", "like"})),
    "modelName": _NAME,
    "tags": _MODEL_TAGS,
    "attribute_tags": _MODEL_TAGS,
    "measurepoint_tags": _MODEL_TAGS,
    "service_tags": _MODEL_TAGS,
    "event_tags": _MODEL_TAGS,
}

_ANY_KEY = Field(frozenset({"=", "!=", "in"}))
_ANY_MAP = Field(frozenset({"=", "!=", "in", "exists"}), "map")

# Source: EnOS API 2.1, Search Device; `!=` and `status in` are in official samples only. INFERRED:
# nobody reports a firmware yet, but it can be asked for.
DEVICE_FIELDS: Final[Fields] = {
    "modelId": _ANY_KEY,
    "productKey": _ANY_KEY,
    "deviceKey": _ANY_KEY,
    "assetId": _ANY_KEY,
    "productType": Field(frozenset({"="})),
    "deviceName": _NAME,
    "status": _ANY_KEY,
    "deviceTags": _ANY_MAP,
    "deviceAttributes": _ANY_MAP,
    "firmwareVersion": _KEY,
}

_LOCALE = re.compile(r"[a-z]{2,3}_[A-Z]{2}")


@dataclass(slots=True, frozen=True)
class Problem:
    """A readable condition that this search does not offer, with what it does."""

    field: str
    operator: str
    want: str

    def __str__(self) -> str:
        return f"{self.field} {self.operator}: {self.want}"


def check(expression: Expression, fields: Fields) -> list[Problem]:
    """Every condition that asks an unknown field, or asks a known one in a way it does not take."""
    found = []
    for leaf in leaves(expression):
        asked = _operator(leaf)
        want = _want(leaf.field, asked, fields)
        if want:
            found.append(Problem(leaf.field, asked, want))
    return found


def _want(name: str, asked: str, fields: Fields) -> str:
    stem, dot, tail = name.partition(".")
    known = fields.get(stem)
    if known is None:
        return f"the fields are {', '.join(fields)}"
    if known.shape == "map" and not dot:
        return f"a key is needed, as in {stem}.key"
    if known.shape == "plain" and dot:
        return f"{stem} has no parts"
    if known.shape == "name" and dot and tail != "default" and not _LOCALE.fullmatch(tail):
        return f"{stem} can be followed by default or by a locale such as zh_CN"
    if asked not in known.operators:
        return f"{stem} takes {', '.join(sorted(known.operators))}"
    return ""


def _operator(leaf: Leaf) -> str:
    match leaf:
        case Compare():
            return leaf.operator
        case In():
            return "in"
        case Like():
            return "like"
        case Exists():
            return "exists"


def leaves(expression: Expression) -> Iterator[Leaf]:
    """Its conditions, in order."""
    match expression:
        case And(terms) | Or(terms):
            for term in terms:
                yield from leaves(term)
        case Not(term):
            yield from leaves(term)
        case leaf:
            yield leaf


# --- narrowing -----------------------------------------------------------------------------------


def narrowing(expression: Expression) -> dict[str, tuple[str, ...]]:
    """The values to which a match is bound, by field, for an index to use. Empty: nothing matches.

    Holds for fields that store text. Only what every match must fulfil is told: conditions joined
    by `and`, and a field that every branch of an `or` binds. A number binds nothing, since it
    equals more than one text (`5`, `5.0`).
    """
    match expression:
        case Compare(name, "=", str() as value):
            return {name: (value,)}
        case In(name, values):
            texts = tuple(dict.fromkeys(value for value in values if isinstance(value, str)))
            return {name: texts} if all(isinstance(value, str) for value in values) else {}
        case And(terms):
            return _intersection([narrowing(term) for term in terms])
        case Or(terms):
            return _union([narrowing(term) for term in terms])
        case _:
            return {}


def parts(expression: Expression) -> Iterator[tuple[str, str]]:
    """Each field that must have a part in it for a match, with the part."""
    match expression:
        case Like(name, part):
            yield name, part
        case And(terms):
            for term in terms:
                yield from parts(term)


def _intersection(bounds: list[dict[str, tuple[str, ...]]]) -> dict[str, tuple[str, ...]]:
    joined: dict[str, tuple[str, ...]] = {}
    for bound in bounds:
        for name, values in bound.items():
            kept = joined.get(name, values)
            joined[name] = tuple(value for value in kept if value in values)
    return joined


def _union(bounds: list[dict[str, tuple[str, ...]]]) -> dict[str, tuple[str, ...]]:
    shared = [name for name in bounds[0] if all(name in bound for bound in bounds)]
    return {
        name: tuple(dict.fromkeys(value for bound in bounds for value in bound[name]))
        for name in shared
    }
