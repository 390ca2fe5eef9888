"""Decode and check against one declaration: fast where all is well, complete where it is not.

msgspec decodes and stops at the first fault. Only then the walker of `walk`, led by the same
declaration, goes through the plain value, mends what the dialect is lenient about, and collects the first
hundred violations. Neither goes on once it has found so many.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, Literal, TypeVar

import jiter
import msgspec
from msgspec import inspect as mi

from entrepot.core.faults import Invalid, Malformed, Violation
from entrepot.core.unreadable import not_json, other_type
from entrepot.dialect.numbers import may_hold_large_numbers, may_hold_rounded_fractions
from entrepot.dialect.sizes import MOST_VALUES, refuse_many
from entrepot.dialect.validator import (
    FROM_TEXT,
    MAX_VIOLATIONS,
    STRICT,
    CarefulValidator,
    Leniency,
    check_free,
    check_whole,
    rules_of,
    struct_rules,
    under,
)

__all__ = [
    "FROM_TEXT", "STRICT", "Leniency",
    "broken_rules", "checker", "decoder", "json_text", "read_json", "read_params", "read_plain", "uncarried",
]  # fmt: skip

S = TypeVar("S", bound=msgspec.Struct)
# Words that msgspec takes for something else: in a field of text, of whole numbers, of anything.
_ODD_TEXT = frozenset(("null",))
_ODD_NUMBER = _ODD_TEXT | {"nan", "inf", "infinity"}
_ODD = _ODD_NUMBER | {"0", "1"}
_NUMERIC = frozenset("0123456789-")
_UNMENDED = "a value that was not mended"  # which the walker mends


def json_text(body: bytes) -> bytes:
    """Returns the body without the byte order mark that some editors and clients put before JSON."""
    return body[3:] if body.startswith(BOM_UTF8) else body


def read_json(
    raw: bytes,
    kind: type[S],
    lenient: Leniency = STRICT,
    plain: Any = None,
    most: int = MOST_VALUES,
) -> S:
    """The JSON text as the declared struct.

    `plain`: the text parsed already, by somebody who knows that no key stands twice. `most`: how many
    values a text may hold that was not.

    Raises:
        Malformed: not JSON, not UTF-8, a key twice in an object, nested too deep, or too many values.
        Invalid: JSON that breaks the declaration; holds every violation.
    """
    if plain is None:
        refuse_many(raw, most)
        plain = _parsed(raw)
    return _convert(plain, raw, kind, lenient)


def _parsed(raw: bytes, fractions: Literal["float", "decimal"] = "float") -> Any:
    try:
        # msgspec keeps the last of two equal keys in silence; jiter refuses them, and nesting bombs.
        # By default it also remembers texts that are values, for as long as the process lives: passwords.
        return jiter.from_json(
            raw,
            allow_inf_nan=False,
            catch_duplicate_keys=True,
            cache_mode="keys",
            float_mode=fractions,
        )
    except ValueError as error:
        raise Malformed("body", not_json(error)) from None


def _convert(plain: Any, raw: bytes, kind: type[S], lenient: Leniency) -> S:
    value: S | None
    try:
        value = decoder(kind).decode(raw)
    except (msgspec.ValidationError, RecursionError):
        value = None
    except msgspec.DecodeError as error:
        raise Malformed("body", not_json(error)) from None
    rounded = lenient.exact_fractions and may_hold_rounded_fractions(raw)
    if value is not None and not rounded and b"\\u0000" not in raw:
        found = broken_rules(value, kind)
        if not found:
            return value
        if len(found) == 1 and found[0].want is not _UNMENDED:  # more have an order to be found in
            raise Invalid(tuple(found))
    return read_plain(plain, kind, lenient, raw)


def read_plain(plain: Any, kind: type[S], lenient: Leniency = STRICT, raw: bytes = b"") -> S:
    """An already parsed value as the declared struct: `read_json`'s careful way.

    `raw`: the text that it was parsed from, where there was one.

    Raises:
        Invalid: with every violation.
    """
    rounded = lenient.exact_fractions and may_hold_rounded_fractions(raw)
    exact = cache(lambda: _parsed(raw, "decimal")) if rounded else None
    sound = _sound if exact is None and ordinary(plain, raw) else None
    validator = CarefulValidator(lenient, sound, exact)
    try:
        mended = validator.run(plain, _type(kind))
        if validator.found:
            raise Invalid(tuple(validator.found))
        value = msgspec.convert(mended, kind, strict=lenient.strict)
    except msgspec.ValidationError as error:  # the walker is meant to know all that msgspec knows
        path, words = other_type(error)
        raise Invalid((Violation(path, "rule", words),)) from None
    if found := broken_rules(value, kind):
        raise Invalid(tuple(found))
    return value


def uncarried(raw: bytes) -> list[Violation]:
    """What no store and no JSON reader is sure to carry, anywhere in a text that is kept as it came.

    Raises:
        Malformed: not JSON.
    """
    if b"\\u0000" not in raw and not may_hold_large_numbers(raw):
        return []
    return check_free(_parsed(raw), ())


def ordinary(plain: Any, raw: bytes) -> bool:
    """Whether the value certainly holds neither U+0000 nor a number that is too large for a float."""
    if may_hold_large_numbers(raw):
        return False
    try:
        again = msgspec.json.encode(plain)
    except (msgspec.MsgspecError, OverflowError, RecursionError, TypeError, ValueError):
        return False
    # Infinity is written as null, so it would show as one null more than there were.
    return b"\\u0000" not in again and again.count(b"null") <= raw.count(b"null")


def _sound(value: Any, kind: type[Any]) -> bool:
    """Whether a part of an ordinary value is as declared."""
    try:
        return not broken_rules(msgspec.convert(value, kind), kind)
    except (msgspec.ValidationError, OverflowError, RecursionError):
        return False


def broken_rules(value: Any, kind: Any) -> list[Violation]:
    """The first MAX_VIOLATIONS of what a decoded value breaks of the rules that msgspec cannot say."""
    check = checker(kind)
    return check(value)[:MAX_VIOLATIONS] if check else []


def read_params(given: Mapping[str, Any], kind: type[S]) -> S:
    """Path and query parameters, all of them text, as the declared struct.

    Raises:
        Invalid: with every violation.
    """
    if is_plain(given, kind):
        try:
            value = msgspec.convert(given, kind, strict=False)
        except msgspec.ValidationError:
            return read_plain(dict(given), kind, FROM_TEXT)
        if not broken_rules(value, kind):
            return value
    return read_plain(dict(given), kind, FROM_TEXT)


def is_plain(given: Mapping[str, Any], kind: Any) -> bool:
    """Returns whether msgspec reads the parameters as they are meant, which is ten times as fast.

    It also takes 1 for true, 1.0 for 1 and "null" for nothing: such words go the careful way, where
    their field could take them so. So do parameters that were given more than once.
    """
    odd_of = _odd_words(kind)
    for name, value in given.items():
        odd = odd_of.get(name)
        if odd is None:
            continue  # the operation does not declare it
        if not isinstance(value, str) or "\0" in value or value.lower() in odd:
            return False
        if odd is not _ODD_TEXT and value[:1] in _NUMERIC and not value.isdigit() and value:
            return False
    return True


@cache
def _odd_words(kind: Any) -> dict[str, frozenset[str]]:
    """Of each field by its name in requests, the words that msgspec takes for something else."""
    odd = {}
    for field in msgspec.structs.fields(kind):
        types = set(_types(mi.type_info(field.type)))
        if types <= {str, type(None)}:
            odd[field.encode_name] = _ODD_TEXT
        elif types <= {int, type(None)}:
            odd[field.encode_name] = _ODD_NUMBER
        else:
            odd[field.encode_name] = _ODD
    return odd


def _types(type_: mi.Type) -> Iterator[type[Any]]:
    """The Python types of what a declared type takes; `object` for what is not text, whole or nothing."""
    if isinstance(type_, mi.Metadata):
        yield from _types(type_.type)
    elif isinstance(type_, mi.UnionType):
        for one in type_.types:
            yield from _types(one)
    elif isinstance(type_, mi.LiteralType):
        yield from map(type, type_.values)
    else:
        yield {mi.StrType: str, mi.IntType: int, mi.NoneType: type(None)}.get(type(type_), object)


@cache
def decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    """The one decoder of this type."""
    return msgspec.json.Decoder(kind)


@cache
def _type(kind: Any) -> mi.Type:
    return mi.type_info(kind)


# The rules that msgspec cannot say, on a decoded value: visits only the branches that have some.

Check = Callable[[Any], list[Violation]]
"""What is wrong with a value; paths begin at it, so that nobody makes one where all is well."""


def _check_free(value: Any) -> list[Violation]:
    return check_free(value, ())


def _check_raw(value: Any) -> list[Violation]:
    return [] if value is msgspec.UNSET else uncarried(bytes(value))


def _check_whole(value: Any) -> list[Violation]:
    return check_whole(value, ())


@cache
def checker(kind: Any) -> Check | None:
    """A function that finds broken `rules` and `__rules__` in a decoded value; None where there are none."""
    return _compile(_type(kind), {})


def _compile(type_: mi.Type, seen: dict[type[Any], Check | None]) -> Check | None:
    rules = rules_of(type_)
    inner = type_.type if isinstance(type_, mi.Metadata) else type_
    extra = (type_.extra or {}) if isinstance(type_, mi.Metadata) else {}
    below = None if extra.get("carried") else _compile_inner(inner, seen)
    mend = extra.get("mend")
    if not rules and mend is None:
        return below

    def check(value: Any) -> list[Violation]:
        if value is None or value is msgspec.UNSET:
            return []
        if mend is not None and isinstance(value, str) and mend(value) != value:
            return [Violation((), "rule", _UNMENDED)]
        found = [Violation((), *f, value if isinstance(value, str | int | float) else None)
                 for rule in rules if (f := rule.finding(value)) is not None]  # fmt: skip
        return found + below(value) if below else found

    return check


def _compile_inner(inner: mi.Type, seen: dict[type[Any], Check | None]) -> Check | None:
    if isinstance(inner, mi.UnionType):
        some = [
            c for t in inner.types if not isinstance(t, mi.NoneType) and (c := _compile(t, seen))
        ]
        return some[0] if some else None
    if isinstance(inner, mi.ListType):
        item = _compile(inner.item_type, seen)
        if item is None:
            return None
        check_item = item

        def check_list(value: Any) -> list[Violation]:
            found: list[Violation] = []
            if value and value is not msgspec.UNSET:
                for i, v in enumerate(value):
                    if some := check_item(v):
                        found += under((i,), some)
                        if len(found) >= MAX_VIOLATIONS:
                            return found[:MAX_VIOLATIONS]
            return found

        return check_list
    if isinstance(inner, mi.DictType):
        return _compile_dict(inner, seen)
    if isinstance(inner, mi.StructType):
        return _compile_struct(inner, seen)
    if isinstance(inner, mi.AnyType):
        return _check_free
    if isinstance(inner, mi.RawType):
        return _check_raw
    if isinstance(inner, mi.IntType) and (inner.ge is None or inner.le is None):
        return _check_whole
    return None


def _compile_dict(inner: mi.DictType, seen: dict[type[Any], Check | None]) -> Check | None:
    item = _compile(inner.value_type, seen)
    if item is None:
        return None

    def check(value: Any) -> list[Violation]:
        if not isinstance(value, dict):  # beside other types, or not there
            return []
        found: list[Violation] = []
        for name, v in value.items():
            if some := item(v):
                found += under((name,), some)
                if len(found) >= MAX_VIOLATIONS:
                    return found[:MAX_VIOLATIONS]
        return found

    return check


def _compile_struct(inner: mi.StructType, seen: dict[type[Any], Check | None]) -> Check | None:
    if inner.cls in seen:
        return seen[inner.cls]
    seen[inner.cls] = None
    below = [(f.name, f.encode_name, c) for f in inner.fields if (c := _compile(f.type, seen))]
    own = struct_rules(inner)
    if not below and own is None:
        return None

    def check(value: Any) -> list[Violation]:
        if value is None or value is msgspec.UNSET:
            return []
        found: list[Violation] = []
        for name, wire_name, check_field in below:
            given = getattr(value, name)
            if given is not None and (some := check_field(given)):
                found += under((wire_name,), some)
                if len(found) >= MAX_VIOLATIONS:
                    return found[:MAX_VIOLATIONS]
        return found + own(value, ()) if own else found

    seen[inner.cls] = check
    return check
