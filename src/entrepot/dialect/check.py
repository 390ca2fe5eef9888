"""Decode and check against one declaration: fast where all is well, complete where it is not.

msgspec decodes and stops at the first fault. Only then the walker, led by the same declaration,
goes through the plain value, mends what the dialect is lenient about, and collects every violation.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import jiter
import msgspec
from msgspec import inspect as mi

from entrepot.core.faults import Invalid, Malformed, Violation
from entrepot.dialect.rules import Rule

S = TypeVar("S", bound=msgspec.Struct)
Path = tuple[str | int, ...]
MAX_VIOLATIONS = 100
MOST_WHOLE = 1 << 63  # and what a store can hold


@dataclass(frozen=True, slots=True)
class Leniency:
    """What a vendor takes although its page says otherwise."""

    number_as_text: bool = False  # 10001 for a String
    text_as_number: bool = False  # "730" for an Integer
    text_as_bool: bool = False  # "false" for a Boolean, any case
    null_as_absent: bool = True  # null for an optional field that has a default


_ODD = frozenset(("0", "1", "null"))
STRICT = Leniency()
FROM_TEXT = Leniency(text_as_number=True, text_as_bool=True)  # query and path parameters


def read_json(raw: bytes, kind: type[S], lenient: Leniency = STRICT) -> S:
    """The JSON text as the declared struct.

    Raises:
        Malformed: not JSON, not UTF-8, a key twice in an object, or nested too deep.
        Invalid: JSON that breaks the declaration; holds every violation.
    """
    try:
        # msgspec keeps the last of two equal keys in silence; jiter refuses them, and nesting bombs.
        plain = jiter.from_json(raw, allow_inf_nan=False, catch_duplicate_keys=True)
    except ValueError as error:
        raise Malformed("body", str(error)) from None
    return _convert(plain, raw, kind, lenient)


def _convert(plain: Any, raw: bytes, kind: type[S], lenient: Leniency) -> S:
    try:
        value = decoder(kind).decode(raw)
    except (msgspec.ValidationError, RecursionError):
        value = None
    except msgspec.DecodeError as error:
        raise Malformed("body", str(error)) from None
    if value is not None and b"\\u0000" not in raw and not broken_rules(value, kind):
        return value  # type: ignore[no-any-return]
    return read_plain(plain, kind, lenient)


def read_plain(plain: Any, kind: type[S], lenient: Leniency = STRICT) -> S:
    """An already parsed value as the declared struct: `read_json`'s careful way.

    Raises:
        Invalid: with every violation.
    """
    walk = _Walk(lenient)
    mended = walk.value(plain, _type(kind), ())
    if walk.found:
        raise Invalid(tuple(walk.found))
    try:
        value = msgspec.convert(
            mended, kind, strict=not (lenient.text_as_number or lenient.text_as_bool)
        )
    except msgspec.ValidationError as error:  # the walker is meant to know all that msgspec knows
        raise Invalid((Violation((), "rule", str(error)),)) from None
    if found := broken_rules(value, kind):
        raise Invalid(tuple(found))
    return value


def broken_rules(value: Any, kind: Any) -> list[Violation]:
    """What a decoded value breaks of the rules that msgspec cannot say."""
    check = checker(kind)
    return check(value, ()) if check else []


def read_params(given: Mapping[str, Any], kind: type[S]) -> S:
    """Path and query parameters, all of them text, as the declared struct.

    Raises:
        Invalid: with every violation.
    """
    # msgspec also takes 1 for true and "null" for nothing: such words go the careful way, and so
    # do parameters that were given more than once.
    if all(isinstance(v, str) and "\0" not in v and v.lower() not in _ODD for v in given.values()):
        try:
            value = msgspec.convert(given, kind, strict=False)
        except msgspec.ValidationError:
            return read_plain(dict(given), kind, FROM_TEXT)
        if not broken_rules(value, kind):
            return value
    return read_plain(dict(given), kind, FROM_TEXT)


@cache
def decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    """The one decoder of this type."""
    return msgspec.json.Decoder(kind)


@cache
def _type(kind: Any) -> mi.Type:
    return mi.type_info(kind)


# The rules that msgspec cannot say, on a decoded value: visits only the branches that have some.

Check = Callable[[Any, Path], list[Violation]]


@cache
def checker(kind: Any) -> Check | None:
    """A function that finds broken `rules` and `__rules__` in a decoded value; None where there are none."""
    return _compile(_type(kind), {})


def rules_of(type_: mi.Type) -> tuple[Rule, ...]:
    """The rules that stand in a type's metadata."""
    return (type_.extra or {}).get("rules", ()) if isinstance(type_, mi.Metadata) else ()


def _compile(type_: mi.Type, seen: dict[type[Any], Check | None]) -> Check | None:
    rules = rules_of(type_)
    inner = type_.type if isinstance(type_, mi.Metadata) else type_
    below = _compile_inner(inner, seen)
    mend = (type_.extra or {}).get("mend") if isinstance(type_, mi.Metadata) else None
    if not rules and mend is None:
        return below

    def check(value: Any, path: Path) -> list[Violation]:
        if value is None or value is msgspec.UNSET:
            return []
        if mend is not None and isinstance(value, str) and mend(value) != value:
            return [Violation(path, "rule", "a value that was not mended")]  # the walker mends it
        found = [Violation(path, *f, value if isinstance(value, str | int | float) else None)
                 for rule in rules if (f := rule.finding(value)) is not None]  # fmt: skip
        return found + below(value, path) if below else found

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

        def check_list(value: Any, path: Path) -> list[Violation]:
            if not value or value is msgspec.UNSET:
                return []
            return [f for i, v in enumerate(value) for f in check_item(v, (*path, i))]

        return check_list
    if isinstance(inner, mi.StructType):
        return _compile_struct(inner, seen)
    if isinstance(inner, mi.AnyType):
        return _check_free
    if isinstance(inner, mi.IntType) and (inner.ge is None or inner.le is None):
        return _check_whole
    return None


def _check_whole(value: Any, path: Path) -> list[Violation]:
    # msgspec takes whole numbers of any length where the declaration sets no bounds.
    if not isinstance(value, int) or -MOST_WHOLE <= value < MOST_WHOLE:
        return []
    return [Violation(path, "too_large" if value > 0 else "too_small", MOST_WHOLE - 1, value)]


def _check_free(value: Any, path: Path) -> list[Violation]:
    """What no store and no JSON can carry, in a value that nothing is declared of."""
    if isinstance(value, str):
        return [Violation(path, "nul")] if "\0" in value else []
    if isinstance(value, float) and not math.isfinite(value):
        return [Violation(path, "too_large", sys.float_info.max)]
    if isinstance(value, list):
        return [v for i, item in enumerate(value) for v in _check_free(item, (*path, i))]
    if isinstance(value, dict):
        return [
            v
            for name, item in value.items()
            for v in (*_check_free(name, (*path, name)), *_check_free(item, (*path, name)))
        ]
    return []


def _compile_struct(inner: mi.StructType, seen: dict[type[Any], Check | None]) -> Check | None:
    if inner.cls in seen:
        return seen[inner.cls]
    seen[inner.cls] = None
    below = [(f.name, f.encode_name, c) for f in inner.fields if (c := _compile(f.type, seen))]
    own: tuple[Callable[[Any], list[Violation]], ...] = getattr(inner.cls, "__rules__", ())
    if not below and not own:
        return None

    def check(value: Any, path: Path) -> list[Violation]:
        if value is None or value is msgspec.UNSET:
            return []
        found: list[Violation] = []
        for name, wire_name, check_field in below:
            found += check_field(getattr(value, name), (*path, wire_name))
        for rule in own:
            found += [Violation((*path, *v.path), v.kind, v.want, v.got) for v in rule(value)]
        return found

    seen[inner.cls] = check
    return check


class _Walk:
    """One walk through a plain value: mends it where the dialect is lenient, collects what is wrong."""

    def __init__(self, lenient: Leniency) -> None:
        self.lenient = lenient
        self.found: list[Violation] = []

    def refuse(self, path: Path, kind: Any, want: Any = None, got: Any = None) -> None:
        if len(self.found) < MAX_VIOLATIONS:
            self.found.append(Violation(path, kind, want, got))

    def value(self, value: Any, type_: mi.Type, path: Path) -> Any:
        rules = rules_of(type_)
        extra: dict[str, Any] = {}
        if isinstance(type_, mi.Metadata):
            extra, type_ = type_.extra or {}, type_.type
        before = len(self.found)
        if "mend" in extra and value is not None:
            value = extra["mend"](value)
        mended = self._typed(value, type_, path, extra.get("words"))
        if rules and len(self.found) == before and mended is not None:
            for rule in rules:
                if (finding := rule.finding(mended)) is not None:
                    self.refuse(
                        path, *finding, mended if isinstance(mended, str | int | float) else None
                    )
        return mended

    def _typed(self, value: Any, type_: mi.Type, path: Path, words: str | None) -> Any:
        match type_:
            case mi.UnionType():
                return self._union(value, type_, path)
            case mi.AnyType() | mi.RawType():
                for violation in _check_free(value, path):
                    self.refuse(violation.path, violation.kind, violation.want)
                if isinstance(type_, mi.AnyType):
                    return value
                return msgspec.Raw(msgspec.json.encode(value))
            case mi.StrType():
                return self._text(value, type_, path, words)
            case mi.BoolType():
                return self._bool(value, path)
            case mi.IntType() | mi.FloatType():
                return self._number(value, type_, path)
            case mi.LiteralType():
                return self._literal(value, type_, path)
            case mi.ListType():
                return self._list(value, type_, path)
            case mi.DictType():
                return self._dict(value, type_, path)
            case mi.StructType():
                return self._struct(value, type_, path)
            case mi.Metadata():
                return self.value(value, type_, path)
            case _:
                raise TypeError(f"{path}: the walker knows no {type_!r}")

    def _union(self, value: Any, type_: mi.UnionType, path: Path) -> Any:
        others = [t for t in type_.types if not isinstance(t, mi.NoneType)]
        if value is None:
            if len(others) == len(type_.types):
                self.refuse(path, "null")
            return None
        if len(others) == 1:
            return self.value(value, others[0], path)
        best: list[Violation] | None = None
        for option in others:
            trial = _Walk(self.lenient)
            mended = trial.value(value, option, path)
            if not trial.found:
                return mended
            if best is None or any(v.kind == "type" for v in best):
                best = trial.found
        for violation in best or []:
            self.refuse(violation.path, violation.kind, violation.want, violation.got)
        return value

    def _text(self, value: Any, type_: mi.StrType, path: Path, words: str | None) -> Any:
        if value is None:
            return self.refuse(path, "null")
        if (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and self.lenient.number_as_text
        ):
            value = str(value)
        if isinstance(value, list) and self.lenient is FROM_TEXT:
            return self.refuse(path, "repeated")
        if not isinstance(value, str):
            return self.refuse(path, "type", "string", value)
        if "\0" in value:
            self.refuse(path, "nul")
        elif type_.min_length is not None and len(value) < type_.min_length:
            kind = "empty" if not value else "too_short"
            self.refuse(path, kind, type_.min_length, value)
        elif type_.max_length is not None and len(value) > type_.max_length:
            self.refuse(path, "too_long", type_.max_length, value)
        elif type_.pattern is not None and not re.search(type_.pattern, value):
            self.refuse(path, "pattern", words or type_.pattern, value)
        return value

    def _bool(self, value: Any, path: Path) -> Any:
        if value is None:
            return self.refuse(path, "null")
        if (
            self.lenient.text_as_bool
            and isinstance(value, str)
            and value.lower() in ("true", "false")
        ):
            return value.lower() == "true"
        return value if isinstance(value, bool) else self.refuse(path, "type", "boolean", value)

    def _number(self, value: Any, type_: mi.IntType | mi.FloatType, path: Path) -> Any:
        if value is None:
            return self.refuse(path, "null")
        whole = isinstance(type_, mi.IntType)
        if isinstance(value, str) and self.lenient.text_as_number:
            value = _number_in(value, whole)
        if isinstance(value, list) and self.lenient is FROM_TEXT:
            return self.refuse(path, "repeated")
        good = isinstance(value, int) or (
            isinstance(value, float) and (not whole or value.is_integer())
        )
        if isinstance(value, bool) or not good:
            return self.refuse(path, "type", "integer" if whole else "number", value)
        if whole:
            value = int(value)
        if type_.ge is not None and value < type_.ge:
            self.refuse(path, "too_small", type_.ge, value)
        elif type_.le is not None and value > type_.le:
            self.refuse(path, "too_large", type_.le, value)
        elif whole and not -MOST_WHOLE <= value < MOST_WHOLE:
            self.refuse(path, "too_large" if value > 0 else "too_small", MOST_WHOLE - 1, value)
        elif not whole and not math.isfinite(value):
            self.refuse(path, "too_large" if value > 0 else "too_small", sys.float_info.max)
        return value

    def _literal(self, value: Any, type_: mi.LiteralType, path: Path) -> Any:
        if value is None:
            return self.refuse(path, "null")
        if isinstance(value, list) and self.lenient is FROM_TEXT:
            return self.refuse(path, "repeated")
        numbers = all(isinstance(v, int) for v in type_.values)
        if numbers and isinstance(value, str) and self.lenient.text_as_number:
            value = _number_in(value, whole=True)
        wanted = int if numbers else str
        if isinstance(value, bool) or not isinstance(value, wanted):
            return self.refuse(path, "type", "integer" if numbers else "string", value)
        if value not in type_.values:
            self.refuse(path, "enum", tuple(type_.values), value)
        return value

    def _list(self, value: Any, type_: mi.ListType, path: Path) -> Any:
        if value is None:
            return self.refuse(path, "null")
        if isinstance(value, str) and self.lenient is FROM_TEXT:
            value = [value]
        if not isinstance(value, list):
            return self.refuse(path, "type", "array", value)
        if type_.min_length is not None and len(value) < type_.min_length:
            self.refuse(path, "too_few", type_.min_length)
        elif type_.max_length is not None and len(value) > type_.max_length:
            self.refuse(path, "too_many", type_.max_length)
        return [self.value(v, type_.item_type, (*path, i)) for i, v in enumerate(value)]

    def _dict(self, value: Any, type_: mi.DictType, path: Path) -> Any:
        if value is None:
            return self.refuse(path, "null")
        if not isinstance(value, dict):
            return self.refuse(path, "type", "object", value)
        if type_.max_length is not None and len(value) > type_.max_length:
            self.refuse(path, "too_many", type_.max_length)
        result = {}
        for name, item in value.items():
            result[self.value(name, type_.key_type, (*path, name))] = self.value(
                item, type_.value_type, (*path, name)
            )
        return result

    def _struct(self, value: Any, type_: mi.StructType, path: Path) -> Any:
        if value is None:
            return self.refuse(path, "null")
        if not isinstance(value, dict):
            return self.refuse(path, "type", "object", value)
        result = {}
        for f in type_.fields:
            if f.encode_name not in value:
                if f.required:
                    self.refuse((*path, f.encode_name), "missing")
                continue
            given = value[f.encode_name]
            if (
                given is None
                and not f.required
                and not _nullable(f.type)
                and self.lenient.null_as_absent
            ):
                continue
            result[f.encode_name] = self.value(given, f.type, (*path, f.encode_name))
        return result


def _nullable(type_: mi.Type) -> bool:
    inner = type_.type if isinstance(type_, mi.Metadata) else type_
    return isinstance(inner, mi.AnyType | mi.RawType) or (
        isinstance(inner, mi.UnionType) and any(isinstance(t, mi.NoneType) for t in inner.types)
    )


def _number_in(text: str, whole: bool) -> Any:
    """The number that the text spells in plain ASCII, else the text itself."""
    pattern = (
        r"[+-]?[0-9]{1,40}" if whole else r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?"
    )
    if not re.fullmatch(pattern, text, re.ASCII):
        return text
    return int(text) if whole else float(text)
