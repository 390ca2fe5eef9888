"""Hypothesis strategies from wire declarations: plain JSON values that a declared type takes.

Knows msgspec's types and no vendor. Rules that msgspec cannot say are left to the caller's filter.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import strategies as st
from msgspec import inspect as mi

# Characters of every width that UTF-8, JSON and XML know how to carry.
TEXT = st.characters(
    codec="utf-8", exclude_characters="\0", exclude_categories=("Cc", "Cs", "Co", "Cn")
)
MOST_ITEMS = 3


@cache
def values(kind: type[Any]) -> st.SearchStrategy[Any]:
    """Plain values (as JSON decodes) of the declared type."""
    return _of(mi.type_info(kind), 0)


def _of(type_: mi.Type, depth: int) -> st.SearchStrategy[Any]:
    match type_:
        case mi.Metadata(type=mi.IntType()) if type_.extra_json_schema:
            bounds = type_.extra_json_schema  # those that hold with other fields only
            return st.integers(bounds.get("minimum"), bounds.get("maximum"))
        case mi.Metadata():
            return _of(type_.type, depth)
        case mi.NoneType():
            return st.none()
        case mi.BoolType():
            return st.booleans()
        case mi.IntType():
            low = type_.ge if type_.ge is not None else -(2**31)
            high = type_.le if type_.le is not None else 2**31
            return st.integers(low, high)
        case mi.FloatType():
            return st.floats(type_.ge, type_.le, allow_nan=False, allow_infinity=False, width=32)
        case mi.StrType():
            return _text(type_)
        case mi.LiteralType():
            return st.sampled_from(type_.values)
        case mi.UnionType():
            return st.one_of([_of(t, depth) for t in type_.types])
        case mi.ListType():
            least = type_.min_length or 0
            most = min(type_.max_length or MOST_ITEMS, least + MOST_ITEMS)
            return st.lists(_of(type_.item_type, depth + 1), min_size=least, max_size=most)
        case mi.DictType():
            return st.dictionaries(
                _of(type_.key_type, depth), _of(type_.value_type, depth), max_size=MOST_ITEMS
            )
        case mi.StructType():
            return _struct(type_, depth)
        case mi.AnyType() | mi.RawType():
            return st.one_of(
                st.none(), st.booleans(), st.integers(-9, 9), st.text(TEXT, max_size=9)
            )
        case _:
            raise TypeError(f"no strategy for {type_!r}")


def _text(type_: mi.StrType) -> st.SearchStrategy[str]:
    least, most = type_.min_length or 0, type_.max_length
    if type_.pattern is None:
        return st.text(TEXT, min_size=least, max_size=min(most or 40, least + 40))
    # Python's \Z is the absolute end, which is what fullmatch means.
    pattern = type_.pattern.removeprefix(r"\A").removesuffix(r"\Z")
    found = st.from_regex(pattern, fullmatch=True, alphabet=TEXT)
    return found.filter(lambda t: least <= len(t) <= (most or 1 << 30))


def _struct(type_: mi.StructType, depth: int) -> st.SearchStrategy[dict[str, Any]]:
    required = {f.encode_name: _of(f.type, depth) for f in type_.fields if f.required}
    optional = {
        f.encode_name: _of(f.type, depth) for f in type_.fields if not f.required and depth < 4
    }
    return st.fixed_dictionaries(required, optional=optional)
