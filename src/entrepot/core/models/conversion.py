"""From one dialect's thing models to another's, by way of the canonical one; nothing lost in silence.

What a conversion loses is not declared but measured: the written text is read again, and every
difference from what was meant stands in the report, with what was there. Knows no dialect.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal, Protocol

import msgspec

from entrepot.core.faults import Malformed, Violation
from entrepot.core.models.differences import ORDER, Difference, Path, differences, undone
from entrepot.core.models.spelling import unspelled
from entrepot.core.models.thing_model import ThingModel
from entrepot.core.unreadable import not_a_model, not_json

UNREADABLE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What a reader meets in JSON that is no model of its format."""

LossKind = Literal[
    "kept",  # said in other words that mean the same
    "approximated",  # said less exactly, or otherwise: `wrote` stands for `was`
    "parked",  # not said at all: it is in this report, and comes back when the model comes home
    "impossible",  # said, and the target's own API will refuse it
]


class Loss(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One difference between a model and what became of it.

    `path` names elements by their ids. `was` and `wrote` are plain JSON values of the canonical
    model, None where there is nothing; `after` is as in `Difference`.
    """

    path: Path
    kind: LossKind
    reason: str
    was: Any = None
    wrote: Any = None
    after: str | None = None


class Report(msgspec.Struct, frozen=True, gc=False):
    """What became of a model on its way from one format to another."""

    source: str
    target: str
    losses: tuple[Loss, ...] = ()

    @property
    def parked(self) -> tuple[Difference, ...]:
        """What brings the model back to what it was (`unpark`)."""
        return tuple(
            Difference(x.path, x.was, x.wrote, x.after)
            for x in self.losses
            if x.kind != "impossible"
        )


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a format says something otherwise."""

    text: str
    kind: LossKind | None = None  # None: parked where nothing was written, else approximated


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Format:
    """A way to write thing models down: a dialect's own, or a standard's.

    `read` and `write` are total on what `check` finds no fault in; `write(read(text))` is the same
    JSON value as `text`. `meaning` reads without what only this format can say. `reasons` are by
    kind of element and member: "property.step", "command", "type.Structure".
    """

    name: str
    title: str
    dialect: str = ""  # whose it is; the store keeps the first of a dialect's
    write: Callable[[ThingModel], bytes]
    read: Reading | None = None  # None: it can only be written
    check: Checking = lambda text, plain=None, /: ()
    recognise: Callable[[Any], bool] = lambda plain: False  # of a decoded JSON value
    reasons: Mapping[str, Reason] = field(default_factory=dict)
    meaning: Reading | None = None  # made of `read`

    def __post_init__(self) -> None:
        if self.read is not None and self.meaning is None:
            object.__setattr__(self, "meaning", unspelled(self.read))

    @property
    def own(self) -> str:
        """The name under which a model's `extras` hold what is this format's alone: two formats of
        one dialect spell otherwise.
        """
        return self.name


class Reading(Protocol):
    """Reads a text. `plain`: the same decoded already, by somebody who knows that each key stands once."""

    def __call__(self, text: bytes, plain: Any = None, /) -> ThingModel: ...


class Checking(Protocol):
    """What is wrong with a text; `plain` as in `Reading`."""

    def __call__(self, text: bytes, plain: Any = None, /) -> Sequence[Violation]: ...


class Converted(msgspec.Struct, frozen=True, gc=False):
    """A model in the target's words, and what became of it."""

    text: bytes
    report: Report


def read(
    text: bytes, source: Format, parked: Iterable[Difference] = (), plain: Any = None
) -> ThingModel:
    """The canonical model that the text says, with what was parked of it put back. `plain` as in `Reading`.

    Raises:
        ValueError: the format can only be written.
        Malformed, Invalid: the text is no model of this format.
    """
    return _complete(_readable(source.read, source)(text, plain), parked)


def well_typed(model: ThingModel) -> ThingModel:
    """The model itself: readers take words from a text and do not ask of what type they are.

    Raises:
        Malformed: a member is of another type than it is declared to be.
    """
    try:
        msgspec.convert(msgspec.to_builtins(model), ThingModel)
    except msgspec.ValidationError as error:
        raise Malformed("body", f"not a thing model: {not_a_model(error)}") from None
    return model


def meaning(
    text: bytes, source: Format, parked: Iterable[Difference] = (), plain: Any = None
) -> ThingModel:
    """The same without what only the source can say: enough for any words but its own.

    Raises:
        ValueError: the format can only be written.
        Malformed, Invalid: the text is no model of this format.
    """
    return _complete(_readable(source.meaning, source)(text, plain), parked)


def _readable(read: Reading | None, source: Format) -> Reading:
    if read is None:
        raise ValueError(f"{source.title} can be written, not read")
    return read


def _complete(model: ThingModel, parked: Iterable[Difference]) -> ThingModel:
    found = tuple(parked)
    return undone(model, found) if found else model


def convert(
    text: bytes, source: Format, target: Format, parked: Iterable[Difference] = ()
) -> Converted:
    """The model in the target's words, with a report of every difference.

    Raises:
        ValueError: the source can only be written.
        Malformed, Invalid: the text is no model of the source.
    """
    return written(read(text, source, parked), target, source.name)


def written(model: ThingModel, target: Format, source: str = "") -> Converted:
    """The canonical model in the target's words, with a report of every difference."""
    text = target.write(model)
    plain, losses = None, list[Loss]()
    if target.meaning is not None:
        plain = msgspec.json.decode(text)
        said = target.meaning(text, plain)  # its own spellings are no loss
        losses += (loss(one, target) for one in differences(model, said, target.own))
    losses += (_refused(violation) for violation in target.check(text, plain))
    return Converted(text, Report(source, target.name, tuple(losses)))


_LONG = 100  # characters of a member that is not worth remembering: its author chose them


def loss(found: Difference, target: Format) -> Loss:
    """The difference with its kind and reason."""
    gone, new = _unsaid(found.now), _unsaid(found.was)
    member = member_of(found.path)
    explained = _explained if len(member) <= _LONG else _explained.__wrapped__
    kind, text = explained(target, member, gone, new)
    return Loss(found.path, kind, text, found.was, found.now, found.after)


def _unsaid(value: Any) -> bool:
    return value is None or value is False or value == ""


_KINDS = {
    "services": "service",
    "properties": "property",
    "commands": "command",
    "events": "event",
    "inputs": "field",
    "outputs": "field",
    "fields": "member",
}


def member_of(path: Path) -> str:
    """The kind of element and the member that a path ends in: "property.type.step"."""
    kind, at, end = "model", 0, len(path)
    while end - at > 1 and (found := _KINDS.get(path[at])) and path[at + 1] != ORDER:
        kind, at = found, at + 2
        if at < end and path[at] == "type" and "fields" in path[at:]:
            at = path.index("fields", at)
    if at == end:
        return kind
    if path[at] == "extras":
        end = at + 2
    elif path[at] in ("names", "tags"):
        end = at + 1
    return ".".join((kind, *path[at:end]))


@lru_cache(4096)  # a report has thousands of differences of a few kinds
def _explained(target: Format, member: str, gone: bool, new: bool) -> tuple[LossKind, str]:
    """How a difference counts, and why there is one."""
    kind: LossKind = "parked" if gone and not _of_type(member) else "approximated"
    reason = next((target.reasons[k] for k in _keys(member) if k in target.reasons), None)
    if reason is None:
        return kind, _unexplained(member, gone, new, target)
    return reason.kind or kind, reason.text


def _of_type(member: str) -> bool:
    """Whether the member says which values there are: a type that says less is another type."""
    _, _, rest = member.partition(".")
    return rest.startswith("type") and rest not in _LABELS


_LABELS = ("type.off", "type.on")


def _keys(member: str) -> list[str]:
    """Under which reasons are looked for, the most telling first."""
    kind, _, rest = member.partition(".")
    keys = [member]
    while rest:
        keys.append(f"any.{rest}")
        rest = rest.rpartition(".")[0]
        if rest:
            keys.append(f"{kind}.{rest}")
    return keys


def _unexplained(member: str, gone: bool, new: bool, target: Format) -> str:
    kind, _, rest = member.partition(".")
    if rest.startswith("extras."):
        return f"only {rest.removeprefix('extras.')} says this"
    if rest.endswith(ORDER):
        return f"{target.title} keeps another order"
    what = f"the {rest.replace('.', ' ')} of a {kind}" if rest else f"this {kind}"
    if gone:
        return f"{target.title} has no place for {what}"
    if new:
        return f"{target.title} always says {what}"
    return f"{target.title} says {what} otherwise"


def _refused(violation: Violation) -> Loss:
    want = f", wanted: {violation.want}" if violation.want is not None else ""
    path = tuple(str(step) for step in violation.path)
    reason = f"the target's API refuses this: {violation.kind.replace('_', ' ')}{want}"
    return Loss(path, "impossible", reason, None, _short(violation.got))


def _short(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool) else None


def _read_canonical(text: bytes, plain: Any = None, /) -> ThingModel:
    try:
        return msgspec.json.decode(text, type=ThingModel)
    except msgspec.DecodeError as error:
        raise Malformed("body", not_json(error)) from None


_MEMBERS = set(ThingModel.__struct_fields__)

CANONICAL = Format(
    name="entrepot",
    title="Entrepot's canonical thing model",
    read=_read_canonical,
    write=msgspec.json.encode,
    recognise=lambda plain: isinstance(plain, dict) and isinstance(plain.get("id"), str)
    and plain.keys() <= _MEMBERS,
)  # fmt: skip
"""The canonical model as JSON: loses nothing, and no vendor takes it."""
