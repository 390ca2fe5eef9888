"""Where two thing models differ, member by member, and how to undo it. Knows no dialect.

A path names elements by their ids, so that it stays true when others come and go:
`("services", "battery", "properties", "level", "type", "maximum")`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec.structs import astuple

from entrepot.core.models.thing_model import Element, ThingModel

Path = tuple[str, ...]
ORDER = "#order"
"""The last step of a path to the order in which a list's elements stand."""


class Difference(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What `was` there and what is there `now`, as plain JSON values; None: nothing.

    `after`: of an element that is gone, the id of the one that it stood after; empty: it was first.
    """

    path: Path
    was: Any = None
    now: Any = None
    after: str | None = None


def differences(old: ThingModel, new: ThingModel, ignore: str = "") -> list[Difference]:
    """Every difference, in the order of the model. `ignore`: the extras of this dialect do not count."""
    found: list[Difference] = []
    _members((), old, new, ignore, found)
    return found


_MAPPINGS = {"names", "tags"}  # a default may be a mapping too: one value


def _members(path: Path, old: Any, new: Any, ignore: str, found: list[Difference]) -> None:
    for name, was, now in zip(old.__struct_fields__, astuple(old), astuple(new), strict=True):
        if was is now or was == now:
            continue
        here = (*path, name)
        if name == "extras":
            for dialect in sorted(was.keys() | now.keys()):
                if dialect != ignore:
                    _mapping((*here, dialect), was.get(dialect, {}), now.get(dialect, {}), found)
        elif name in _MAPPINGS:
            _mapping(here, was, now, found)
        elif isinstance(was, tuple):
            _list(here, was, now, ignore, found)
        elif isinstance(was, msgspec.Struct) and type(was) is type(now):
            _members(here, was, now, ignore, found)
        else:
            found.append(Difference(here, _plain(was), _plain(now)))


def _mapping(path: Path, was: dict[str, Any], now: dict[str, Any], found: list[Difference]) -> None:
    for key in (*was, *(k for k in now if k not in was)):
        if was.get(key) != now.get(key):
            found.append(Difference((*path, key), was.get(key), now.get(key)))


def _list(
    path: Path, was: Sequence[Any], now: Sequence[Any], ignore: str, found: list[Difference]
) -> None:
    before, after = _by_id(was), _by_id(now)
    if before is None or after is None:
        found.append(Difference(path, _plain(was), _plain(now)))
        return
    previous = ""
    for id, element in before.items():
        other = after.get(id)
        if other is None:
            found.append(Difference((*path, id), _plain(element), None, previous))
        elif element is not other and element != other:
            _members((*path, id), element, other, ignore, found)
        previous = id
    for id, element in after.items():
        if id not in before:
            found.append(Difference((*path, id), None, _plain(element)))
    ids, now_ids = list(before), list(after)
    if ids != now_ids and [i for i in ids if i in after] != [i for i in now_ids if i in before]:
        found.append(Difference((*path, ORDER), ids, now_ids))


def _by_id(elements: Sequence[Any]) -> dict[str, Any] | None:
    """The elements by their ids; None where they have none, or share one."""
    if elements and not isinstance(elements[0], Element):
        return None
    found = {e.id: e for e in elements}
    return found if len(found) == len(elements) else None


def _plain(value: Any) -> Any:
    if value is None or type(value) in _PLAIN:
        return value
    return msgspec.json.decode(msgspec.json.encode(value))


_PLAIN = {str, bool, int}


def undone(model: ThingModel, found: Iterable[Difference]) -> ThingModel:
    """The model with every member that is still as it is `now` put back to what it `was`.

    What somebody changed since, or whose surroundings are gone, stays as it is.

    Raises:
        ValueError: what was there belongs to no model.
    """
    undoing = _Undoing(_plain(model))
    for one in found:
        undoing.undo(one)
    try:
        return msgspec.convert(undoing.model, ThingModel)
    except msgspec.ValidationError as error:
        raise ValueError(f"what was parked belongs to no thing model: {error}") from None


_LISTS = {"services", "properties", "commands", "events", "inputs", "outputs", "fields"}


class _Undoing:
    """A model as plain JSON, and its elements by their ids."""

    def __init__(self, model: dict[str, Any]) -> None:
        self.model = model
        # By the identity of the list, which is kept beside them so that no other takes it over.
        self._elements: dict[int, tuple[list[Any], dict[str, Any]]] = {}

    def undo(self, one: Difference) -> None:
        """Put back what was there, where what came instead is still there."""
        place: Any = self.model
        for step in one.path[:-1]:
            place = self._step(place, step, make=one.was is not None)
            if not isinstance(place, dict | list):
                return
        last = one.path[-1] if one.path else ""
        if not isinstance(place, list):
            if (place.get(last) or None) != (one.now or None):
                return
            if one.was is None:
                place.pop(last, None)
            else:
                place[last] = one.was
        elif last == ORDER:
            self._reorder(place, one.was)
        else:
            self._undo_element(place, last, one)

    def _step(self, place: Any, step: str, make: bool) -> Any:
        if isinstance(place, list):
            return self._by_id(place).get(step)
        if step not in place and make:
            # A list that is empty and a mapping that is empty are left out.
            place[step] = [] if step in _LISTS else {}
        return place.get(step)

    def _by_id(self, place: list[Any]) -> dict[str, Any]:
        known = self._elements.get(id(place))
        if known is None:
            found = {
                e["id"]: e
                for e in reversed(place)
                if isinstance(e, dict) and isinstance(e.get("id"), str)
            }
            known = self._elements[id(place)] = (place, found)
        return known[1]

    def _undo_element(self, place: list[Any], id: str, one: Difference) -> None:
        elements = self._by_id(place)
        element = elements.get(id)
        if element is None:
            if isinstance(one.was, dict) and one.was.get("id") == id and one.now is None:
                place.insert(self._position_after(place, one.after), one.was)
                elements[id] = one.was
        elif one.was is None and element == one.now:
            del place[_index(place, element)], elements[id]

    def _position_after(self, place: list[Any], id: str | None) -> int:
        if id == "":
            return 0
        before = None if id is None else self._by_id(place).get(id)
        return len(place) if before is None else _index(place, before) + 1

    def _reorder(self, place: list[Any], ids: Any) -> None:
        if not isinstance(ids, list):  # the difference may be from a file
            raise ValueError(f"what was parked belongs to no thing model: {ids!r} is no order")
        rank = {str(id): n for n, id in enumerate(ids)}
        if len(self._by_id(place)) == len(place):
            place.sort(key=lambda e: rank.get(e["id"], len(rank)))


def _index(place: list[Any], element: Any) -> int:
    # Most often the last: elements come back in their order.
    if place[-1] is element:
        return len(place) - 1
    return next(i for i, e in enumerate(place) if e is element)
