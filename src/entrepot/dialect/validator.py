"""The careful way through a plain value, led by its declaration: mends what is lenient, finds what is wrong.

The walk ends at the hundredth violation and does not enter a list that is too long: what a caller sends
decides neither how long the refusal is nor how much work it takes. Knows no bytes and no vendor; `check`
comes here once the fast way has found that something is wrong.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import inspect as mi

from entrepot.core.faults import Violation
from entrepot.dialect.numbers import may_hold_large_numbers
from entrepot.dialect.rules import Holds, Rule

Path = tuple[str | int, ...]
MAX_VIOLATIONS = 100
MOST_WHOLE = 1 << 63  # and what a store can hold
_MOST = sys.float_info.max


class Enough(Exception):
    """Raised when a walk has found MAX_VIOLATIONS: nobody reads more, so no work goes on."""


@dataclass(frozen=True, slots=True)
class Leniency:
    """What a vendor takes although its page says otherwise."""

    number_as_text: bool = False  # 10001 for a String
    text_as_number: bool = False  # "730" for an Integer
    text_as_bool: bool = False  # "false" for a Boolean, any case
    null_as_absent: bool = True  # null for an optional field that has a default
    empty_as_null: bool = False  # "" for a number that is not given
    exact_fractions: bool = False  # a mend takes 7.9999999999999999, which a float rounds to 8

    @property
    def strict(self) -> bool:
        """Whether msgspec, too, must take no text for another value."""
        return not (self.text_as_number or self.text_as_bool)


STRICT = Leniency()
FROM_TEXT = Leniency(text_as_number=True, text_as_bool=True)  # query and path parameters


def rules_of(type_: mi.Type) -> tuple[Rule, ...]:
    """The rules that stand in a type's metadata."""
    return (type_.extra or {}).get("rules", ()) if isinstance(type_, mi.Metadata) else ()


def struct_rules(type_: mi.StructType) -> Callable[[Any, Path], list[Violation]] | None:
    """What a decoded struct breaks of its own `__rules__`; None where it has none."""
    own: tuple[Callable[[Any], list[Violation]], ...] = getattr(type_.cls, "__rules__", ())
    if not own:
        return None

    def check(value: Any, path: Path) -> list[Violation]:
        found: list[Violation] = []
        for rule in own:
            if some := rule(value):
                found += under(path, some[: MAX_VIOLATIONS - len(found)])
        return found

    return check


def under(path: Path, found: list[Violation]) -> list[Violation]:
    """The violations of a part that stands at this path."""
    return [Violation((*path, *v.path), v.kind, v.want, v.got) for v in found]


def check_whole(value: Any, path: Path) -> list[Violation]:
    """A whole number beyond every store: msgspec takes any where the declaration sets no bounds."""
    if not isinstance(value, int) or -MOST_WHOLE <= value < MOST_WHOLE:
        return []
    if value < 0:
        return [Violation(path, "too_small", -MOST_WHOLE, value)]
    return [Violation(path, "too_large", MOST_WHOLE - 1, value)]


def check_finite(value: float, path: Path) -> list[Violation]:
    """A number beyond a float's range, which no JSON reader is sure to hold; a whole one may be as large."""
    if -_MOST <= value <= _MOST:
        return []
    return [
        Violation(path, "too_large", _MOST) if value > 0 else Violation(path, "too_small", -_MOST)
    ]


def check_free(value: Any, path: Path) -> list[Violation]:
    """The first MAX_VIOLATIONS of what no store and no JSON can carry, in a value that nothing is declared of."""
    found: list[Violation] = []
    if not isinstance(value, list | dict) or (value and not _carried(value)):
        _search(value, path, found)
    return found[:MAX_VIOLATIONS]


def _search(value: Any, path: Path, found: list[Violation]) -> None:
    if isinstance(value, str):
        if "\0" in value:
            found.append(Violation(path, "nul"))
    elif isinstance(value, int | float):
        found += check_finite(value, path)
    elif isinstance(value, list | dict):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for step, item in items:
            if len(found) >= MAX_VIOLATIONS:
                return
            if isinstance(step, str) and "\0" in step:
                found.append(Violation((*path, step), "nul"))
            _search(item, (*path, step), found)


def _carried(value: Any) -> bool:
    """Whether a list or an object certainly holds nothing of the kind."""
    try:
        raw = msgspec.json.encode(value)
    except (msgspec.MsgspecError, OverflowError, RecursionError, TypeError, ValueError):
        return False
    # null may have been infinity
    return b"\\u0000" not in raw and b"null" not in raw and not may_hold_large_numbers(raw)


class CarefulValidator:
    """One walk through a plain value: mends it where the dialect is lenient, collects what is wrong.

    `sound` tells quickly of an object that it is as declared, so that nobody need walk through it;
    where it says no, the walk finds out. `exact` parses the text once more, its fractions as decimals.
    All methods but `run` raise Enough.
    """

    def __init__(
        self,
        lenient: Leniency,
        sound: Callable[[Any, type[Any]], bool] | None = None,
        exact: Callable[[], Any] | None = None,
    ) -> None:
        self.lenient = lenient
        self.sound = sound
        self.exact = exact
        self.found: list[Violation] = []

    def run(self, value: Any, type_: mi.Type, path: Path = ()) -> Any:
        """The mended value, which is of use where nothing was found."""
        try:
            return self.value(value, type_, path)
        except Enough:
            return None

    def refuse(self, path: Path, kind: Any, want: Any = None, got: Any = None) -> None:
        """Keep the violation."""
        self.add([Violation(path, kind, want, got)])

    def add(self, violations: list[Violation]) -> None:
        """Keep as many as there is room for."""
        self.found += violations[: MAX_VIOLATIONS - len(self.found)]
        if len(self.found) == MAX_VIOLATIONS:
            raise Enough

    def fine(self, before: int) -> bool:
        """Whether nothing was found since there were `before`."""
        return len(self.found) == before

    def value(self, value: Any, type_: mi.Type, path: Path) -> Any:
        rules = rules_of(type_)
        extra: dict[str, Any] = {}
        if isinstance(type_, mi.Metadata):
            extra, type_ = type_.extra or {}, type_.type
        before = len(self.found)
        if "mend" in extra and value is not None:
            value = self._mend(value, extra["mend"], path)
        mended = self._typed(value, type_, path, extra.get("words"))
        if rules and mended is not None:
            self._rules(mended, rules, path, fine=self.fine(before))
        return mended

    def _mend(self, value: Any, mend: Callable[[Any], Any], path: Path) -> Any:
        """Mends the value; a fraction is mended as it was sent, before a float rounded it."""
        sent = value
        if isinstance(value, float) and self.exact is not None:
            sent = self.exact()
            for step in path:
                sent = sent[step]
        mended = mend(sent)
        return value if mended is sent else mended

    def _rules(self, value: Any, rules: tuple[Rule, ...], path: Path, *, fine: bool) -> None:
        """A list's rules hold for such items as could be read; a function knows only what is fine."""
        if not fine and not isinstance(value, list):
            return
        if not fine:
            rules = tuple(rule for rule in rules if not isinstance(rule, Holds))
            value = [item for item in value if item is not None]
        got = value if isinstance(value, str | int | float) else None
        for rule in rules:
            if (finding := rule.finding(value)) is not None:
                self.refuse(path, *finding, got)

    def _typed(self, value: Any, type_: mi.Type, path: Path, words: str | None) -> Any:
        match type_:  # the most frequent first
            case mi.StructType():
                return self._struct(value, type_, path)
            case mi.StrType():
                return self._text(value, type_, path, words)
            case mi.UnionType():
                return self._union(value, type_, path)
            case mi.AnyType() | mi.RawType():
                self.add(check_free(value, path))
                if isinstance(type_, mi.AnyType):
                    return value
                return msgspec.Raw(msgspec.json.encode(value))
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
            trial = CarefulValidator(self.lenient, self.sound, self.exact)
            mended = trial.run(value, option, path)
            if not trial.found:
                return mended
            if best is None or any(v.kind == "type" for v in best):
                best = trial.found
        self.add(best or [])
        return value

    def _text(self, value: Any, type_: mi.StrType, path: Path, words: str | None) -> Any:
        if value is None:
            return self.refuse(path, "null")
        if (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and self.lenient.number_as_text
        ):
            if found := check_finite(value, path):
                return self.add(found)  # as a text it would be "inf"
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
        elif whole:
            self.add(check_whole(value, path))
        elif found := check_finite(value, path):
            self.add(found)
        else:
            return float(value)  # whole or not: of the two that may stand there it is this one
        return value

    def _literal(self, value: Any, type_: mi.LiteralType, path: Path) -> Any:
        if value is None:
            return self.refuse(path, "null")
        if isinstance(value, list) and self.lenient is FROM_TEXT:
            return self.refuse(path, "repeated")
        numbers = all(isinstance(v, int) for v in type_.values)
        if numbers and isinstance(value, str) and self.lenient.text_as_number:
            value = _number_in(value, whole=True)
        if numbers and isinstance(value, float) and value.is_integer():
            value = int(value)  # as in any field of whole numbers
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
            return self.refuse(path, "too_many", type_.max_length)
        return [self.value(v, type_.item_type, (*path, i)) for i, v in enumerate(value)]

    def _dict(self, value: Any, type_: mi.DictType, path: Path) -> Any:
        if value is None:
            return self.refuse(path, "null")
        if not isinstance(value, dict):
            return self.refuse(path, "type", "object", value)
        if type_.max_length is not None and len(value) > type_.max_length:
            return self.refuse(path, "too_many", type_.max_length)
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
        # Of the whole it is known already that it is not sound.
        if path and self.sound is not None and self.sound(value, type_.cls):
            return value
        before = len(self.found)
        result = {}
        for f in type_.fields:
            if f.encode_name not in value:
                if f.required:
                    self.refuse((*path, f.encode_name), "missing")
                continue
            given = value[f.encode_name]
            if given == "" and self.lenient.empty_as_null and _is_number(f.type):
                given = None
            left_out = given is None and not f.required and not _nullable(f.type)
            if left_out and self.lenient.null_as_absent:
                continue
            result[f.encode_name] = self.value(given, f.type, (*path, f.encode_name))
        own = struct_rules(type_)
        if own and self.fine(before):  # all that is below is too, so this part can be decoded alone
            self.add(own(msgspec.convert(result, type_.cls, strict=self.lenient.strict), path))
        return result


def _nullable(type_: mi.Type) -> bool:
    inner = type_.type if isinstance(type_, mi.Metadata) else type_
    return isinstance(inner, mi.AnyType | mi.RawType) or (
        isinstance(inner, mi.UnionType) and any(isinstance(t, mi.NoneType) for t in inner.types)
    )


def _is_number(type_: mi.Type) -> bool:
    """Returns whether a field takes numbers only, or nothing."""
    if isinstance(type_, mi.Metadata):
        return _is_number(type_.type)
    if isinstance(type_, mi.UnionType):
        return all(_is_number(t) or isinstance(t, mi.NoneType) for t in type_.types)
    if isinstance(type_, mi.LiteralType):
        return all(isinstance(value, int) for value in type_.values)
    return isinstance(type_, mi.IntType | mi.FloatType)


def _number_in(text: str, whole: bool) -> Any:
    """The number that the text spells in plain ASCII, else the text itself."""
    pattern = (
        r"[+-]?[0-9]{1,40}" if whole else r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?"
    )
    if not re.fullmatch(pattern, text, re.ASCII):
        return text
    return int(text) if whole else float(text)
