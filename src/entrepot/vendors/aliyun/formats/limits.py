"""The limits that both formats share: identifiers, names, numbers, and how many of what; knows no spelling.

Source: the pages on ThingModelJson's data structure, on TSL's data types and on limits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any, Protocol

import jiter
import msgspec
from msgspec import Meta

from entrepot.core.faults import Invalid, Malformed, Violation
from entrepot.core.models.thing_model import decimal
from entrepot.core.unreadable import not_json
from entrepot.dialect.check import STRICT, broken_rules, read_plain, uncarried
from entrepot.dialect.rules import Holds
from entrepot.dialect.sizes import refuse_many
from entrepot.dialect.validator import MAX_VIOLATIONS
from entrepot.vendors.aliyun.characters import CHINESE, JAPANESE
from entrepot.vendors.aliyun.common import MOST_VALUES
from entrepot.vendors.aliyun.formats.documents import LISTS

MODULES = 20  # custom ones of a product; an older page says 10
FEATURES = 300  # of a module
VALUES = 100  # of an enum
MEMBERS = 50  # of a struct
ARGUMENTS = 100  # in and out, of a service or an event
RESERVED = ("set", "get", "post", "property", "event", "time", "value")
_INT = 2**31
_LETTERS = f"{CHINESE}{JAPANESE}a-zA-Z0-9"

Path = tuple[str | int, ...]
Found = list[Violation]


def _reserved(identifier: Any) -> str | None:
    return f"must not be one of the words {', '.join(RESERVED)}" if identifier in RESERVED else None


Identifier = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=50,
        pattern=r"\A[_a-zA-Z0-9]+\Z",
        extra={"rules": (Holds(_reserved),), "words": "letters, digits and underscores"},
    ),
]
Name = Annotated[
    str,
    Meta(
        min_length=1,
        # DOC BUG: 30 in prose, 40 in the page's schema; the sample of CreateThingModel has 34.
        max_length=40,
        # The union of two rules: the page on ThingModelJson has parentheses and spaces, the console's
        # page (document_detail/126662, 88241) has Japanese characters and slashes.
        pattern=rf"\A[{_LETTERS}][{_LETTERS}_\-()（） \s./]*\Z",
        extra={
            "words": "Chinese and Japanese characters, letters, digits, and after the first also"
            " _-()（）./ and spaces"
        },
    ),
]
Description = Annotated[str, Meta(min_length=1, max_length=2048)]
Specs = Annotated[Any, Meta(extra={"carried": True})]  # `text_faults` has looked at the whole text
ValueName = Annotated[str, Meta(min_length=1, max_length=20)]
NumberText = Annotated[
    str,
    Meta(
        max_length=64,
        pattern=r"\A[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?\Z",
        extra={"words": "the digits of a number"},
    ),
]
ModuleId = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=30,
        pattern=r"\A[_a-zA-Z0-9]+\Z",
        extra={"words": "letters, digits and underscores"},
    ),
]
ModuleName = Annotated[
    str,
    Meta(
        min_length=4,  # a Chinese or Japanese character counts as one here
        max_length=30,
        # Japanese characters: the Chinese page on adding features (add-a-tsl-feature)
        pattern=rf"\A[{_LETTERS}_]+\Z",
        extra={"words": "Chinese and Japanese characters, letters, digits and underscores"},
    ),
]


class Module(msgspec.Struct):
    """What a custom module is called."""

    functionBlockId: ModuleId
    functionBlockName: ModuleName


class NewModule(msgspec.Struct):
    """The same as the thing model actions' parameters call it."""

    FunctionBlockId: ModuleId
    FunctionBlockName: ModuleName


class _NumberSpecs(msgspec.Struct):
    """The specs of a number. INFERRED: each of them may be left out."""

    min: NumberText | None = None
    max: NumberText | None = None
    step: NumberText | None = None
    unit: str | None = None
    unitName: str | None = None
    defaultValue: NumberText | None = None


def _ordered(self: _NumberSpecs) -> Found:
    low, high = decimal(self.min), decimal(self.max)
    if low is None or high is None or low <= high:
        return []
    return [Violation(("max",), "rule", f"must not be below min, {self.min}", self.max)]


def _whole(self: _NumberSpecs) -> Found:
    given = {name: getattr(self, name) for name in ("min", "max", "step", "defaultValue")}
    return [
        Violation((name,), "rule", "must be a whole number of 32 bits", text)
        for name, text in given.items()
        if text is not None and not _is_int(decimal(text))
    ]


class FloatSpecs(_NumberSpecs):
    """The specs of a float or a double."""

    __rules__ = (_ordered,)


class IntSpecs(_NumberSpecs):
    """The specs of an int, which has 32 bits."""

    __rules__ = (_ordered, _whole)


def _is_int(number: Decimal | None) -> bool:
    return number is not None and -_INT <= number < _INT and number == int(number)


NUMBER_SPECS: Mapping[str, type[Any]] = {
    "int": IntSpecs,
    "float": FloatSpecs,
    "double": FloatSpecs,
}


def prefixed(found: Iterable[Violation], path: Path) -> Found:
    """The violations, further down."""
    return [Violation((*path, *v.path), v.kind, v.want, v.got) for v in found]


def faults(plain: Any, kind: Any, path: Path = ()) -> Found:
    """Every violation of a declared struct, in a plain value."""
    try:
        value = msgspec.convert(plain, kind)
    except (msgspec.ValidationError, RecursionError):
        try:
            read_plain(plain, kind, STRICT)
        except Invalid as refused:
            return prefixed(refused.violations, path)
        return []
    found = broken_rules(value, kind)
    return prefixed(found, path) if found else []


def each(plain: Any, kind: Any, path: Path, most: int, least: int = 0) -> Found:
    """The violations of a list of such structs with identifiers of their own; of one that is too long, that."""
    if not isinstance(plain, list):
        return [Violation(path, "type", "array", None)]
    if len(plain) > most:
        return [Violation(path, "too_many", most)]
    found: Found = []
    if not _sound(plain, kind):
        found = _of_each(enumerate(plain), kind, path)
    if len(plain) < least:
        found.append(Violation(path, "too_few", least))
    return found + twice(plain, lambda n: (*path, n))


def _of_each(items: Iterable[tuple[int, Any]], kind: Any, path: Path) -> Found:
    """The first MAX_VIOLATIONS of the items, each of which stands at its number."""
    found: Found = []
    for n, item in items:
        found += faults(item, kind, (*path, n))
        if len(found) >= MAX_VIOLATIONS:
            break
    return found[:MAX_VIOLATIONS]


def _sound(plain: list[Any], kind: Any) -> bool:
    """Whether nothing is wrong with any of them, which one look at all of them tells."""
    try:
        values = msgspec.convert(plain, list[kind])
    except (msgspec.ValidationError, RecursionError):
        return False
    return not broken_rules(values, list[kind])


class _Identified(Protocol):
    identifier: str


def arguments(**lists: Sequence[_Identified]) -> Found:
    """What is wrong with how many parameters a feature has, and with their identifiers together."""
    found: Found = []
    if sum(map(len, lists.values())) > ARGUMENTS:
        found.append(Violation((next(iter(lists)),), "too_many", ARGUMENTS))
    for name, listed in lists.items():
        seen: set[str] = set()
        for n, one in enumerate(listed):
            if one.identifier in seen:
                path = (name, n, "identifier")
                found.append(Violation(path, "duplicate", one.identifier, one.identifier))
            seen.add(one.identifier)
    return found


def twice(items: Sequence[Any], place: Callable[[int], Path]) -> Found:
    """The items whose identifier another had before. `place`: where each of them stands."""
    ids = [i.get("identifier") if isinstance(i, dict) else None for i in items]
    texts = [id for id in ids if isinstance(id, str)]
    seen = set(texts)
    if len(seen) == len(texts):
        return []
    found = []
    for n, id in enumerate(ids):
        if not isinstance(id, str):
            continue
        if id in seen:
            seen.remove(id)
        else:
            found.append(Violation((*place(n), "identifier"), "duplicate", id, id))
    return found


def read_text(text: bytes) -> Any:
    """The decoded JSON.

    Raises:
        Malformed: it holds too many values.
        ValueError: it is none, or has a key twice; says why.
    """
    refuse_many(text, MOST_VALUES)
    return jiter.from_json(text, allow_inf_nan=False, catch_duplicate_keys=True, cache_mode="keys")


Kinds = Mapping[str, type[Any]]
"""What stands in each list of a module."""
_Own = dict[
    str, list[tuple[int, Any]]
]  # the entries of each list that somebody made, with their places


def document_faults(
    plain: Any, kinds: Kinds, skips: Callable[[str, Any], bool], path: Path = ()
) -> Found:
    """The limits that a whole document breaks. `skips`: entries that nobody made.

    Modules are looked into where there are not too many, and their features where these are not.
    """
    if not isinstance(plain, dict):
        return [Violation(path, "type", "object")]
    blocks = plain.get("functionBlocks")
    listed = blocks if isinstance(blocks, list) and len(blocks) <= MODULES else []
    own = [_own(m, skips) if isinstance(m, dict) else {} for m in (plain, *listed)]
    # One look at all features of a kind; only where something is wrong is each looked at.
    doubtful = {
        name: kind
        for name, kind in kinds.items()
        if not _sound([e for m in own if not _crowded(m) for _, e in m.get(name, ())], kind)
    }
    found = _module_faults(plain, own[0], doubtful, path)
    if "functionBlockId" in plain:
        found += faults(plain, Module, path)
    if blocks is None:
        return found
    here = (*path, "functionBlocks")
    if not isinstance(blocks, list):
        return [*found, Violation(here, "type", "array")]
    if len(blocks) > MODULES:
        found.append(Violation(here, "too_many", MODULES))
    ids: set[Any] = set()
    for n, block in enumerate(listed):
        found += faults(block, Module, (*here, n))
        if isinstance(block, dict):
            found += _module_faults(block, own[n + 1], doubtful, (*here, n))
            id = block.get("functionBlockId")
            if isinstance(id, str) and id in ids:
                found.append(Violation((*here, n, "functionBlockId"), "duplicate", id, id))
            ids.add(id if isinstance(id, str) else None)
    return found


def _own(module: Mapping[str, Any], skips: Callable[[str, Any], bool]) -> _Own:
    return {
        name: [(n, e) for n, e in enumerate(listed) if not (isinstance(e, dict) and skips(name, e))]
        for name in LISTS
        if isinstance(listed := module.get(name), list)
    }


def _crowded(own: _Own) -> bool:
    """Whether a module has more features than it may."""
    return sum(map(len, own.values())) > FEATURES


def _module_faults(plain: Mapping[str, Any], own: _Own, doubtful: Kinds, path: Path) -> Found:
    """The limits that the features of one module break; where they are too many, that."""
    if _crowded(own):
        return [Violation(path or ("properties",), "too_many", FEATURES)]
    found: Found = []
    for name in LISTS:
        if name not in own and plain.get(name) is not None:
            found.append(Violation((*path, name), "type", "array"))
        if name in doubtful:
            found += _of_each(own.get(name, ()), doubtful[name], (*path, name))
    every = [(name, n, entry) for name, listed in own.items() for n, entry in listed]
    # INFERRED: of any kind, because UpdateThingModel names a feature by its identifier alone.
    return found + twice([entry for _, _, entry in every], lambda n: (*path, *every[n][:2]))


def text_faults(
    text: bytes, check: Callable[[Any], Sequence[Violation]], plain: Any = None
) -> Sequence[Violation]:
    """What `check` finds in the decoded text."""
    try:
        plain = read_text(text) if plain is None else plain
    except Malformed as fault:
        return (Violation((), "rule", fault.reason),)
    except ValueError as error:
        return (Violation((), "rule", not_json(error)),)
    return [*uncarried(text), *check(plain)][:MAX_VIOLATIONS]
