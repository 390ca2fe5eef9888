"""From one dialect's thing models to another's, by way of the canonical one; nothing lost in silence.

What a conversion loses is not declared but measured: the written text is read again, and every
difference from what was meant stands in the report, with what was there. Knows no dialect.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from entrepot.core.differences import ORDER, Difference, Path, differences, undone
from entrepot.core.faults import Malformed, Violation
from entrepot.core.product import Authored
from entrepot.core.thing_model import ThingModel

_SMALL, _REMEMBERED = 1 << 16, 256  # bytes of a text that is worth remembering, and how many

LossKind = Literal[
    "kept",  # said in other words that mean the same
    "approximated",  # said less exactly, or otherwise: `wrote` stands for `was`
    "parked",  # not said at all: it is in this report, and comes back when the model comes home
    "impossible",  # said, and the target's own API will refuse it
]


class Loss(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One difference between a model and what became of it.

    `path` names elements by their ids. `was` and `wrote` are plain JSON values of the canonical
    model, None where there is nothing.
    """

    path: Path
    kind: LossKind
    reason: str
    was: Any = None
    wrote: Any = None


class Report(msgspec.Struct, frozen=True, gc=False):
    """What became of a model on its way from one format to another."""

    source: str
    target: str
    losses: tuple[Loss, ...] = ()

    @property
    def parked(self) -> tuple[Difference, ...]:
        """What brings the model back to what it was (`unpark`)."""
        return tuple(
            Difference(x.path, x.was, x.wrote) for x in self.losses if x.kind != "impossible"
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
    JSON value as `text`. `reasons` are by kind of element and member: "property.step", "command",
    "type.Structure".
    """

    name: str
    title: str
    dialect: str = ""  # whose it is; the store keeps the first of a dialect's
    write: Callable[[ThingModel], bytes]
    read: Callable[[bytes], ThingModel] | None = None  # None: it can only be written
    check: Callable[[bytes], Sequence[Violation]] = lambda text: ()
    recognise: Callable[[Any], bool] = lambda plain: False  # of a decoded JSON value
    reasons: Mapping[str, Reason] = field(default_factory=dict)

    @property
    def own(self) -> str:
        """The name under which a model's `extras` hold what is this format's alone: two formats of
        one dialect spell otherwise.
        """
        return self.name


class Converted(msgspec.Struct, frozen=True, gc=False):
    """A model in the target's words, and what became of it."""

    text: bytes
    report: Report


def read(text: bytes, source: Format, parked: Iterable[Difference] = ()) -> ThingModel:
    """The canonical model that the text says, with what was parked of it put back.

    Raises:
        ValueError: the format can only be written.
        Malformed, Invalid: the text is no model of this format.
    """
    if source.read is None:
        raise ValueError(f"{source.title} can be written, not read")
    model = source.read(text)
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
    losses: list[Loss] = []
    if target.read is not None:
        said = target.read(text)
        losses += (loss(one, target) for one in differences(model, said, target.own))
    losses += (_refused(violation) for violation in target.check(text))
    return Converted(text, Report(source, target.name, tuple(losses)))


def retold(
    model: ThingModel, words: Format, edit: Callable[[ThingModel], ThingModel]
) -> ThingModel:
    """The model after an author changed what a format shows of it; what it does not show stays as it is.

    Raises:
        ValueError: the format can only be written.
    """
    shown = read(words.write(model), words)
    return undone(edit(shown), differences(model, shown))


def loss(found: Difference, target: Format) -> Loss:
    """The difference with its kind and reason."""
    reason = next((target.reasons[k] for k in _keys(found.path) if k in target.reasons), None)
    kind: LossKind = "approximated" if found.now is not None else "parked"
    if reason is None:
        return Loss(found.path, kind, _unexplained(found, target), found.was, found.now)
    return Loss(found.path, reason.kind or kind, reason.text, found.was, found.now)


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
    kind, rest = "model", list(path)
    while rest and rest[0] in _KINDS and len(rest) > 1 and rest[1] != ORDER:
        kind, rest = _KINDS[rest[0]], rest[2:]
        if rest[:1] == ["type"] and "fields" in rest:
            rest = rest[rest.index("fields") :]
    if rest[:1] == ["extras"]:
        rest = rest[:2]
    elif rest[:1] in (["names"], ["tags"]):
        rest = rest[:1]
    return ".".join([kind, *rest])


def _keys(path: Path) -> list[str]:
    """Under which reasons are looked for, the most telling first."""
    member = member_of(path)
    kind, _, rest = member.partition(".")
    keys = [member]
    while rest:
        keys.append(f"any.{rest}")
        rest = rest.rpartition(".")[0]
        if rest:
            keys.append(f"{kind}.{rest}")
    return keys


def _unexplained(found: Difference, target: Format) -> str:
    kind, _, rest = member_of(found.path).partition(".")
    if rest.startswith("extras."):
        return f"only {rest.removeprefix('extras.')} says this"
    if rest.endswith(ORDER):
        return f"{target.title} keeps another order"
    what = f"the {rest.replace('.', ' ')} of a {kind}" if rest else f"this {kind}"
    if found.now is None:
        return f"{target.title} has no place for {what}"
    if found.was is None:
        return f"{target.title} always says {what}"
    return f"{target.title} says {what} otherwise"


def _refused(violation: Violation) -> Loss:
    want = f", wanted: {violation.want}" if violation.want is not None else ""
    path = tuple(str(step) for step in violation.path)
    reason = f"the target's API refuses this: {violation.kind.replace('_', ' ')}{want}"
    return Loss(path, "impossible", reason, None, _short(violation.got))


def _short(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool) else None


def _read_canonical(text: bytes) -> ThingModel:
    try:
        return msgspec.json.decode(text, type=ThingModel)
    except msgspec.DecodeError as error:
        raise Malformed("body", str(error)) from None


CANONICAL = Format(
    name="entrepot",
    title="Entrepot's canonical thing model",
    read=_read_canonical,
    write=msgspec.json.encode,
    recognise=lambda plain: isinstance(plain, dict) and "services" in plain and "id" in plain
    and isinstance(plain["services"], list),
)  # fmt: skip
"""The canonical model as JSON: loses nothing, and no vendor takes it."""


class Shelf:
    """Every format there is, by its name, and the models that are everybody's."""

    def __init__(
        self, formats: Iterable[Format] = (), public: Mapping[str, Authored] | None = None
    ) -> None:
        self.formats: dict[str, Format] = {}
        self.public = public or {}  # by the keys that products name them by
        self._stored: dict[str, Format] = {}
        for one in formats:
            if one.name in self.formats:
                raise ValueError(f"two formats are called {one.name!r}")
            self.formats[one.name] = one
            if one.dialect:
                self._stored.setdefault(one.dialect, one)
        self._texts: dict[tuple[str, bytes, str], msgspec.Raw | None] = {}

    def model(self, authored: Authored) -> ThingModel | None:
        """What an authored model means; None where nobody here can read it."""
        source = self._stored.get(authored.dialect)
        if source is None:
            return None
        return read(bytes(authored.text), source, authored.parked)

    def text(self, authored: Authored, dialect: str) -> msgspec.Raw | None:
        """The model in the words of a dialect: the author's own text where it is the author's.

        None where nobody here can read it.
        """
        if authored.dialect == dialect:
            return authored.text
        text = bytes(authored.text)
        if len(text) > _SMALL or authored.parked:
            return self._text(authored, dialect)
        key = (authored.dialect, text, dialect)
        if key not in self._texts:
            if len(self._texts) >= _REMEMBERED:
                self._texts.clear()
            self._texts[key] = self._text(authored, dialect)
        return self._texts[key]

    def _text(self, authored: Authored, dialect: str) -> msgspec.Raw | None:
        model = self.model(authored)
        return None if model is None else msgspec.Raw(self._stored[dialect].write(model))

    def authored(self, model: ThingModel, dialect: str) -> Authored:
        """The model as an author of the dialect would have it kept: the words that there are, the rest parked."""
        made = written(model, self._stored[dialect])
        return Authored(dialect, msgspec.Raw(made.text), made.report.parked)

    def revised(self, old: Authored | None, new: Authored) -> Authored:
        """The new model, with what its dialect cannot say of the old one parked beside it."""
        if old is None:
            return new
        if old.dialect == new.dialect:
            return replace(new, parked=old.parked)
        model, target = self.model(old), self._stored.get(new.dialect)
        if model is None or target is None:
            return new
        return replace(new, parked=written(model, target).report.parked)

    def named(self, name: str) -> Format:
        """The format of this name.

        Raises:
            ValueError: there is none; says which there are.
        """
        if name not in self.formats:
            raise ValueError(f"no format is called {name!r}; known are {', '.join(self.formats)}")
        return self.formats[name]

    def recognised(self, plain: Any) -> Format | None:
        """The one format that takes the decoded JSON value for its own; None where none or several do."""
        found = [f for f in self.formats.values() if f.read is not None and f.recognise(plain)]
        return found[0] if len(found) == 1 else None
