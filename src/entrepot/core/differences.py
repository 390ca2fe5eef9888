"""Where two thing models differ, member by member, and how to undo it. Knows no dialect.

A path names elements by their ids, so that it stays true when others come and go:
`("services", "battery", "properties", "level", "type", "maximum")`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from entrepot.core.thing_model import Element, ThingModel

Path = tuple[str, ...]
ORDER = "#order"
"""The last step of a path to the order in which a list's elements stand."""


class Difference(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What `was` there and what is there `now`, as plain JSON values; None: nothing."""

    path: Path
    was: Any = None
    now: Any = None


def differences(old: ThingModel, new: ThingModel, ignore: str = "") -> list[Difference]:
    """Every difference, in the order of the model. `ignore`: the extras of this dialect do not count."""
    return list(_members((), old, new, ignore))


def _members(path: Path, old: Any, new: Any, ignore: str) -> Iterator[Difference]:
    for name in old.__struct_fields__:
        was, now = getattr(old, name), getattr(new, name)
        if was is now or was == now:
            continue
        here = (*path, name)
        if name == "extras":
            yield from _extras(here, was, now, ignore)
        elif isinstance(was, dict):
            yield from _mapping(here, was, now)
        elif isinstance(was, tuple):
            yield from _list(here, was, now, ignore)
        elif isinstance(was, msgspec.Struct) and type(was) is type(now):
            yield from _members(here, was, now, ignore)
        else:
            yield Difference(here, _plain(was), _plain(now))


def _extras(
    path: Path, was: dict[str, Any], now: dict[str, Any], ignore: str
) -> Iterator[Difference]:
    for dialect in sorted(was.keys() | now.keys()):
        if dialect != ignore:
            yield from _mapping((*path, dialect), was.get(dialect, {}), now.get(dialect, {}))


def _mapping(path: Path, was: dict[str, Any], now: dict[str, Any]) -> Iterator[Difference]:
    for key in (*was, *(k for k in now if k not in was)):
        if was.get(key) != now.get(key):
            yield Difference((*path, key), was.get(key), now.get(key))


def _list(path: Path, was: Sequence[Any], now: Sequence[Any], ignore: str) -> Iterator[Difference]:
    before, after = _by_id(was), _by_id(now)
    if before is None or after is None:
        yield Difference(path, _plain(was), _plain(now))
        return
    for id, element in before.items():
        other = after.get(id)
        if other is None:
            yield Difference((*path, id), _plain(element))
        elif element is not other and element != other:
            yield from _members((*path, id), element, other, ignore)
    for id, element in after.items():
        if id not in before:
            yield Difference((*path, id), None, _plain(element))
    # What went comes back at the end.
    if [id for id in after if id in before] + [id for id in before if id not in after] != [*before]:
        yield Difference((*path, ORDER), list(before), list(after))


def _by_id(elements: Sequence[Any]) -> dict[str, Any] | None:
    """The elements by their ids; None where they have none, or share one."""
    if not all(isinstance(e, Element) for e in elements):
        return None
    found = {e.id: e for e in elements}
    return found if len(found) == len(elements) else None


def _plain(value: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value))


def undone(model: ThingModel, found: Iterable[Difference]) -> ThingModel:
    """The model with every member that is still as it is `now` put back to what it `was`.

    What somebody changed since, or whose surroundings are gone, stays as it is.
    """
    plain: dict[str, Any] = _plain(model)
    for one in found:
        _undo(plain, one)
    return msgspec.convert(plain, ThingModel)


def _undo(plain: dict[str, Any], one: Difference) -> None:
    place: Any = plain
    *steps, last = one.path
    for step in steps:
        place = _step(place, step, make=one.was is not None)
        if place is None:
            return
    if last == ORDER:
        _reorder(place, one.was)
    elif isinstance(place, list):
        _undo_element(place, last, one)
    elif (place.get(last) or None) == (one.now or None):
        if one.was is None:
            place.pop(last, None)
        else:
            place[last] = one.was


def _step(place: Any, step: str, make: bool) -> Any:
    if isinstance(place, list):
        return next((e for e in place if isinstance(e, dict) and e.get("id") == step), None)
    if step not in place and make:
        # A list that is empty and a mapping that is empty are left out.
        place[step] = [] if step in _LISTS else {}
    return place.get(step)


_LISTS = {"services", "properties", "commands", "events", "inputs", "outputs", "fields"}


def _undo_element(place: list[Any], id: str, one: Difference) -> None:
    index = next((i for i, e in enumerate(place) if e["id"] == id), None)
    if index is None:
        if one.was is not None and one.now is None:
            place.append(one.was)
    elif one.was is None and place[index] == one.now:
        del place[index]


def _reorder(place: list[Any], ids: list[str]) -> None:
    rank = {id: n for n, id in enumerate(ids)}
    place.sort(key=lambda e: rank.get(e["id"], len(rank)))
