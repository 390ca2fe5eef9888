"""The places of a call where a text or a number stands, from its declarations; knows no vendor."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from msgspec import inspect as mi

from entrepot.dialect.operation import Operation

_DEEPEST = 6
Step = str | int
# A field that takes a search: each value is also asked for in these words.
_SEARCHED = ("{}", "productKey = '{}'", "assetId = '{}'", "modelId = '{}'", "deviceKey = '{}'",
             "productName.default like '{}'")  # fmt: skip
SEARCHES = {"expression": _SEARCHED}


@dataclass(frozen=True, slots=True)
class Location:
    """One text or number in the parameters or the body of a call. `path` ends with it."""

    in_body: bool
    path: tuple[Step, ...]
    type: mi.StrType | mi.IntType

    def __str__(self) -> str:
        return ".".join(("body" if self.in_body else "parameter", *map(str, self.path)))

    def takes(self, text: str) -> bool:
        """Whether the declared type could take the text, or the number that it spells."""
        if isinstance(self.type, mi.IntType):
            return text.isdigit()
        return (self.type.min_length or 0) <= len(text) <= (self.type.max_length or len(text))

    def values(self, text: str) -> list[str | int]:
        """The text as it can stand there."""
        if isinstance(self.type, mi.IntType):
            return [int(text)]
        return [words.format(text) for words in SEARCHES.get(str(self.path[-1]), ("{}",))]

    def put(
        self, given: Mapping[str, Any], body: Any, value: str | int
    ) -> tuple[dict[str, Any], Any]:
        """Parameters and body of a call with another value at the place."""
        if self.in_body:
            return dict(given), put(copy.deepcopy(body), self.path, value)
        name, rest = self.path[0], self.path[1:]
        flat = f"{name}.1"  # one of several, as the call may already give it
        if rest and flat in given:
            given = {k: v for k, v in given.items() if not k.startswith(f"{name}.")}
        return {**given, str(name): put(given.get(str(name)), rest, value)}, body


def put(whole: Any, path: tuple[Step, ...], value: Any) -> Any:
    """The whole with the value at the path, and whatever is needed above it."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        items = list(whole) if isinstance(whole, list) and whole else [None]
        items[step] = put(items[step], rest, value)
        return items
    fields = dict(whole) if isinstance(whole, dict) else {}
    fields[step] = put(fields.get(step), rest, value)
    return fields


def places(operation: Operation) -> tuple[Location, ...]:
    """Every place of the operation's calls, each once."""
    found: dict[tuple[bool, tuple[Step, ...], type], Location] = {}
    for in_body, declared in ((False, operation.params), (True, operation.body)):
        for path, kind in () if declared is None else _of(mi.type_info(declared), ()):
            found.setdefault((in_body, path, type(kind)), Location(in_body, path, kind))
    return tuple(found.values())


def _of(
    type_: mi.Type, path: tuple[Step, ...]
) -> Iterator[tuple[tuple[Step, ...], mi.StrType | mi.IntType]]:
    if len(path) > _DEEPEST:
        return
    match type_:
        case mi.Metadata():
            yield from _of(type_.type, path)
        case mi.UnionType():
            for one in type_.types:
                yield from _of(one, path)
        case mi.ListType():
            yield from _of(type_.item_type, (*path, 0))
        case mi.DictType():
            yield from _of(type_.value_type, (*path, "key"))
        case mi.StructType():
            for field in type_.fields:
                yield from _of(field.type, (*path, field.encode_name))
        case mi.StrType() | mi.IntType():
            yield path, type_
        case _:
            return
