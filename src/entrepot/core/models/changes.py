"""What became of a thing model's text, for the audit log: where it changed, what was there, what is there.

A line as long as the change, not as the model: one that is built part by part would fill the log
with copies of itself otherwise. Knows no model's language.
"""

from __future__ import annotations

from typing import Any

import msgspec

from entrepot.core.models.authored import Authored
from entrepot.core.texts import decoded

Changes = dict[str, list[Any]]
SPELLING = "(spelled otherwise)"
"""In the place of values that are equal and written in another way or order."""
_MOST = 500
"""Where more places than these differ, the whole is shown before and after."""


def model_changes(name: str, before: Authored | None, after: Authored | None) -> Changes:
    """What differs, as [before, after] by the name and the place in the text: `model/services/3/status`.

    The whole, where there was none before or is none after, and where the author's words are others.
    None stands for what is not there.
    """
    if before is None or after is None or before.dialect != after.dialect:
        return {name: [_plain(before), _plain(after)]}
    found: Changes = {}
    _compare(name, _decoded(before.text), _decoded(after.text), found)
    if not found and bytes(before.text) != bytes(after.text):
        found[name] = [SPELLING, SPELLING]
    if before.parked != after.parked:
        _compare(f"{name}, parked", _parked(before), _parked(after), found)
    return {name: [_plain(before), _plain(after)]} if len(found) > _MOST else found


def _plain(model: Authored | None) -> Any:
    if model is None:
        return None
    return [model.dialect, _decoded(model.text), _parked(model)]


def _parked(model: Authored) -> Any:
    return msgspec.json.decode(msgspec.json.encode(model.parked))


def _decoded(text: msgspec.Raw) -> Any:
    try:
        return decoded(text)
    except (msgspec.DecodeError, RecursionError):
        return bytes(text).decode()


def _compare(at: str, was: Any, now: Any, found: Changes) -> None:
    if was == now or len(found) > _MOST:
        return
    if isinstance(was, dict) and isinstance(now, dict):
        for key in (*was, *(k for k in now if k not in was)):
            _compare(f"{at}/{_step(key)}", was.get(key), now.get(key), found)
    elif isinstance(was, list) and isinstance(now, list):
        _compare_lists(at, was, now, found)
    else:
        found[at] = [was, now]


def _compare_lists(at: str, was: list[Any], now: list[Any], found: Changes) -> None:
    """What stands in the middle, between what both begin with and what both end with."""
    shorter = min(len(was), len(now))
    first = next((n for n in range(shorter) if was[n] != now[n]), shorter)
    rest = shorter - first
    last = next((n for n in range(rest) if was[-1 - n] != now[-1 - n]), rest)
    old, new = was[first : len(was) - last], now[first : len(now) - last]
    for n in range(max(len(old), len(new))):
        one, other = (side[n] if n < len(side) else None for side in (old, new))
        _compare(f"{at}/{first + n}", one, other, found)


def _step(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")  # as in a JSON Pointer (RFC 6901)
