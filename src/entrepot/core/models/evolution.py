"""What a new version of a thing model means for whoever was written against the old one; knows no dialect.

Judged for programs that read and command devices, and for devices in the field that report. What a
caller sends ("in") may grow and not shrink; with what a device sends ("out") it is the other way
round; a property that can be set and read is both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Literal, NamedTuple

import msgspec

from entrepot.core.models.conversion import member_of
from entrepot.core.models.differences import ORDER, Difference, Path, differences
from entrepot.core.models.thing_model import ThingModel

Impact = Literal["compatible", "risky", "breaking"]
IMPACTS: tuple[Impact, ...] = ("compatible", "risky", "breaking")  # from least to worst
What = Literal["added", "removed", "changed"]
Flow = Literal["in", "out", "both"]


class Verdict(NamedTuple):
    """How much a change matters, and why."""

    impact: Impact
    reason: str


class Change(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One difference between two models, judged.

    `path` names elements by their ids; `was` and `now` are plain JSON values of the canonical model,
    None where there is nothing.
    """

    what: What
    impact: Impact
    path: Path
    reason: str
    was: Any = None
    now: Any = None


# --- the tables ------------------------------------------------------------------------------------

_WORDS = Verdict("compatible", "only words about it")
_SAME = Verdict("compatible", "all that worked still works")
_DISTINCT = Verdict("breaking", "elements that share an id cannot be told apart")
_CALLERS_STOP = Verdict("breaking", "what callers send today may be refused")
_CALLERS_LACK = Verdict("breaking", "callers of today do not send it")
_READERS_MEET = Verdict("risky", "programs may meet what they do not know")
_DEVICES_LACK = Verdict("risky", "devices in the field may not have it")
_NOT_SAID = Verdict("risky", "on one side nothing is said of it")

_REMOVED = {
    "field": Verdict("breaking", "whoever sends or reads it finds it gone"),
    "member": Verdict("breaking", "whoever sends or reads it finds it gone"),
    "property": Verdict("breaking", "whoever reads or sets it finds it gone"),
    "command": Verdict("breaking", "whoever calls it finds it gone"),
    "event": Verdict("breaking", "whoever waits for it waits for ever"),
    "service": Verdict("breaking", "whoever uses what is in it finds it gone"),
}
_ADDED = Verdict("compatible", "nobody knows it yet")

_ROOM: dict[tuple[str, Flow], Verdict] = {
    ("narrower", "in"): _CALLERS_STOP,
    ("narrower", "both"): _CALLERS_STOP,
    ("narrower", "out"): Verdict("risky", "devices in the field may send what is not foreseen"),
    ("wider", "in"): _SAME,
    ("wider", "both"): _READERS_MEET,
    ("wider", "out"): _READERS_MEET,
}
_REQUIRED: dict[tuple[bool, Flow], Verdict] = {
    (True, "in"): _CALLERS_LACK,
    (True, "both"): _DEVICES_LACK,
    (True, "out"): _DEVICES_LACK,
    (False, "in"): _SAME,
    (False, "both"): Verdict("risky", "programs may rely on its being there"),
    (False, "out"): Verdict("risky", "programs may rely on its being there"),
}
# Every value of the one is a value of the other.
_WIDER_KINDS = {
    "int": ("long", "double", "decimal"),
    "long": ("decimal",),
    "float": ("double", "decimal"),
    "double": ("decimal",),
}


# --- the rules: of what was, what is now and which way the value goes -------------------------------

Rule = Callable[[Any, Any, Flow], Verdict]


def _always(impact: Impact, reason: str) -> Rule:
    verdict = Verdict(impact, reason)
    return lambda was, now, flow: verdict


def _otherwise(reason: str) -> Rule:
    """Breaking where it was said and is said otherwise now."""
    verdict = Verdict("breaking", reason)
    return lambda was, now, flow: _NOT_SAID if was is None or now is None else verdict


def _kind(was: str, now: str, flow: Flow) -> Verdict:
    if now in _WIDER_KINDS.get(was, ()):
        return _ROOM["wider", flow]
    return Verdict("breaking", f"not every {was} is one of {now}")


def _most(was: Any, now: Any, flow: Flow) -> Verdict:
    wider = now is None or (was is not None and Decimal(now) > Decimal(was))
    return _ROOM["wider" if wider else "narrower", flow]


def _least(was: Any, now: Any, flow: Flow) -> Verdict:
    wider = now is None or (was is not None and Decimal(now) < Decimal(was))
    return _ROOM["wider" if wider else "narrower", flow]


def _step(was: str | None, now: str | None, flow: Flow) -> Verdict:
    return _ROOM["wider" if now is None or _divides(now, was) else "narrower", flow]


def _divides(step: str, whole: str | None) -> bool:
    if whole is None or not Decimal(step):
        return False
    try:
        return not Decimal(whole) % Decimal(step)
    except ArithmeticError:  # too many digits to tell
        return False


def _choices(was: list[list[Any]], now: list[list[Any]], flow: Flow) -> Verdict:
    before, after = [c[0] for c in was], [c[0] for c in now]
    if gone := [v for v in before if v not in after]:
        return Verdict("breaking", f"values are gone: {', '.join(gone)}")
    if new := [v for v in after if v not in before]:
        if flow == "in":
            return _SAME
        return Verdict("risky", f"programs may meet values that they do not know: {', '.join(new)}")
    return _WORDS


def _access(was: str | None, now: str | None, flow: Flow) -> Verdict:
    if was is None or now is None:
        return _NOT_SAID
    names = {"r": "read", "w": "set", "n": "reported"}
    gone = [names[right] for right in was if right not in now]
    if gone:
        return Verdict("breaking", f"it can no longer be {' or '.join(gone)}")
    return _SAME


def _required(was: bool, now: bool, flow: Flow) -> Verdict:
    return _REQUIRED[now, flow]


def _disabled(was: bool, now: bool, flow: Flow) -> Verdict:
    return _REMOVED["service"] if now else _ADDED


_ANOTHER_TYPE = _always("breaking", "a value of another type")
_RULES: dict[str, Rule] = {
    **dict.fromkeys(
        ("name", "names", "description", "tags", "unit_name", "off", "on", ORDER),
        lambda was, now, flow: _WORDS,
    ),
    **dict.fromkeys(
        ("services", "properties", "commands", "events", "inputs", "outputs", "fields"),
        lambda was, now, flow: _DISTINCT,
    ),
    "extras": _always("compatible", "a dialect's own spelling"),
    "id": _always("risky", "it is the model of another key"),
    "type": _ANOTHER_TYPE,
    "item": _ANOTHER_TYPE,
    "base": _otherwise("the values are written as another type"),
    "form": _otherwise("a moment is written in another way"),
    "unit": _otherwise("the same number means something else"),
    "call": _otherwise("callers wait for the answer in another way"),
    "response": _otherwise("callers look for the answer under another name"),
    "kind": _kind,
    "minimum": _least,
    "maximum": _most,
    "max_length": _most,
    "max_items": _most,
    "step": _step,
    "choices": _choices,
    "access": _access,
    "required": _required,
    "disabled": _disabled,
    "default": _always("risky", "what is not said counts as something else"),
    "severity": _always("risky", "who is told of it may depend on this"),
    "static": _always("risky", "when it is reported may depend on this"),
}


# --- judging ---------------------------------------------------------------------------------------


def changes(old: ThingModel, new: ThingModel) -> list[Change]:
    """Every difference with what it means, in the order of the model; none where both say the same."""
    rights = _Rights((old, new))
    return [_judged(one, rights) for one in differences(old, new)]


def worst(found: Sequence[Change]) -> Impact | None:
    """The greatest impact among the changes; None where there are none."""
    return max((c.impact for c in found), key=IMPACTS.index, default=None)


class _Rights:
    """Which way the values of properties go, in any of the models."""

    def __init__(self, models: Sequence[ThingModel]) -> None:
        self._models = models
        self._known: dict[tuple[str, str], Flow] | None = None

    def flow(self, path: Path) -> Flow:
        """Which way the value at the path goes."""
        if len(path) < 4:
            return "both"
        if path[2] != "properties":
            return "in" if len(path) > 4 and path[4] == "inputs" else "out"
        if self._known is None:
            self._known = self._all()
        return self._known.get((path[1], path[3]), "both")

    def _all(self) -> dict[tuple[str, str], Flow]:
        found: dict[tuple[str, str], str] = {}
        for model in self._models:
            for service in model.services:
                for property in service.properties:
                    key = service.id, property.id
                    found[key] = found.get(key, "") + (property.access or "rw")
        return {key: _flow(rights) for key, rights in found.items()}


def _flow(rights: str) -> Flow:
    if "w" not in rights:
        return "out"
    return "both" if "r" in rights or "n" in rights else "in"


def _judged(found: Difference, rights: _Rights) -> Change:
    what: What = "changed"
    if found.was is None:
        what = "added"
    elif found.now is None:
        what = "removed"
    verdict = _verdict(found, rights.flow(found.path))
    return Change(what, verdict.impact, found.path, verdict.reason, found.was, found.now)


def _verdict(found: Difference, flow: Flow) -> Verdict:
    kind, _, rest = member_of(found.path).partition(".")
    if not rest:
        return _REMOVED[kind] if found.now is None else _appeared(kind, found.now, flow)
    if rest.startswith("extras."):
        return _RULES["extras"](None, None, flow)
    if (kind, rest) == ("service", "type"):
        return Verdict("risky", "the service is of another type")
    name = rest.rpartition(".")[2]
    if kind in ("property", "command", "event") and name == "required":  # of devices
        return _DEVICES_LACK if found.now else _REQUIRED[False, "out"]
    return _RULES[name](found.was, found.now, flow)


def _appeared(kind: str, element: dict[str, Any], flow: Flow) -> Verdict:
    if not element.get("required"):
        return _ADDED
    return _CALLERS_LACK if kind in ("field", "member") and flow != "out" else _DEVICES_LACK
